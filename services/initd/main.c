#include "initd.h"
#include <abi/loader.h>
#include <abi/services.h>
#include <service/api.h>

/* What main was given, in the auxiliary vector. */
static bool initd_take_facts(struct initd *self, char *const *envp)
{
	uint64_t heap, heap_len, archive, archive_len;
	if (!auxv_find(envp, AT_RUSTOS_BOOTSTRAP_HEAP_BASE, &heap) ||
	    !auxv_find(envp, AT_RUSTOS_BOOTSTRAP_HEAP_LEN, &heap_len) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_BASE, &archive) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_LEN, &archive_len))
		return false;
	self->table = (struct program_table){
	        .name = "initd",
	        .ops = &initd_ops,
	        .context = self,
	        .archive = {{(const char *)archive, archive_len}},
	        .list = (struct program *)heap,
	        .capacity = heap_len / sizeof(struct program),
	};
	return true;
}

static bool initd_is_wanted(void *context, const struct startup_program *entry)
{
	const struct initd *self = context;
	if (entry->mode == STARTUP_SESSION)
		return self->has_session;
	return entry->mode == STARTUP_INIT && !programs_is_core(&self->table, entry->package_id);
}

/* What the boot asked for: fw_cfg's opt/rustos/init, which rootd hands over. */
static void initd_take_words(struct initd *self, char *const *words)
{
	for (; *words; words++) {
		struct str_split split = str_cut(str_from_c(*words), '=');
		if (str_equal(str_from_c(*words), STR("session=none")))
			self->has_session = false;
		else if (!str_equal(split.head, STR("start")))
			print("initd: unknown argument '%s', ignoring it\n", *words);
		else if (!programs_add_package(&self->table, split.rest))
			print("initd: no program of package=%.*s, not starting it\n",
			      STR_ARG(split.rest));
	}
}

static bool initd_read(struct initd *self, char *const *words)
{
	enum { INITD_NS_PER_MS = 1000000 };
	uint64_t begin_ns = initd_ops.now_ns(self);
	print("initd: load entries begin\n");
	programs_find_loader(&self->table);
	initd_take_words(self, words);
	if (!programs_read(&self->table, initd_is_wanted))
		return false;
	/* who is served finds the system whole, with its disks */
	for (size_t i = 0; i < self->table.count; i++)
		self->table.list[i].is_last |= self->table.list[i].entry.mode != STARTUP_INIT;
	print("initd: load entries done count=%zu elapsed_ms=%lu\n", self->table.count,
	      (initd_ops.now_ns(self) - begin_ns) / INITD_NS_PER_MS);
	programs_say_order(&self->table);
	return true;
}

/* All that rootd knows already: the core services, and what an earlier initd has started. */
static enum status initd_adopt(struct initd *self)
{
	struct lease_news news;
	enum status status = initd_next(self, ROOT_ALL, 0, &news);
	for (; status == OK; status = initd_next(self, 0, 0, &news))
		initd_take(self, &news);
	return status == ERR_TIMED_OUT ? OK : status;
}

static enum status initd_run(struct initd *self)
{
	TRY(initd_adopt(self));
	for (;;) {
		struct lease_news news;
		programs_wake(&self->table);
		programs_start(&self->table);
		uint64_t wake_ns = programs_next_ns(&self->table);
		if (!programs_go_on(&self->table))
			break;
		enum status status = initd_next(self, 0, wake_ns ? wake_ns : UINT64_MAX, &news);
		if (status == OK)
			initd_take(self, &news);
		else if (status != ERR_TIMED_OUT)
			return status;
	}
	programs_report_cycles(&self->table);
	print("initd: nothing is to come any more status=%d\n", self->table.status);
	return initd_finish(self, self->table.status);
}

int main(int, char **argv, char **envp)
{
	/* a ticket is used once, however often it is sent */
	static struct initd self = {
	        .has_session = true,
	        .loader = {.service = IPC_SERVICE_LOADERD, .idempotent = 1 << LOADER_SPAWN_EXEC},
	};
	print("initd: main enter\n");
	/* a record of the log, which names the process: its death has something to be told from */
	service_log("initd", LOG_LEVEL_INFO, "service start");
	if (!initd_take_facts(&self, envp)) {
		print("initd: started without the boot archive, giving up\n");
		return 1;
	}
	enum status status = rustos_ipc_lookup_service_endpoint(IPC_SERVICE_ROOTD, &self.root);
	if (status == OK && !initd_read(&self, argv + 1))
		return 1;
	if (status == OK)
		status = initd_run(&self);
	if (status != OK)
		print("initd: rootd does not answer: %s, giving up\n", status_name(status));
	return status == OK ? 0 : 1;
}
