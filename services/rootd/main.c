#include "rootd.h"

uint64_t rootd_now_ns(void)
{
	uint64_t ns;
	return rustos_clock_now(&ns) == OK ? ns : 0;
}

/* What main was given by the kernel, in the auxiliary vector. */
static bool rootd_take_boot_facts(struct root_service *self, char *const *envp)
{
	uint64_t heap, heap_len, archive, archive_len;
	if (!auxv_find(envp, AT_RUSTOS_BOOTSTRAP_HEAP_BASE, &heap) ||
	    !auxv_find(envp, AT_RUSTOS_BOOTSTRAP_HEAP_LEN, &heap_len) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_BASE, &archive) ||
	    !auxv_find(envp, AT_RUSTOS_BOOT_ARCHIVE_LEN, &archive_len))
		return false;
	struct program_table *table = &self->table;
	table->archive = (struct boot_archive){{(const char *)archive, archive_len}};
	table->capacity = heap_len / (sizeof(struct program) + sizeof(struct lease));
	table->list = (struct program *)heap;
	self->leases = (struct lease *)(table->list + table->capacity);
	return true;
}

/* What the boot asked for: fw_cfg's opt/rustos/init. It is for who orders programs. */
static void rootd_take_words(struct root_service *self, char *const *words)
{
	for (; *words; words++) {
		if (self->word_count < ROOTD_WORDS_MAX)
			self->words[self->word_count++] = *words;
		else
			print("rootd: no room for the argument '%s', ignoring it\n", *words);
	}
}

/* Services without clients would wait for ever, and so would what a session has left behind. */
static void rootd_end_the_rest(const struct root_service *self)
{
	for (size_t i = 0; i < self->table.count; i++) {
		const struct program *program = &self->table.list[i];
		if (program->state == PROGRAM_RUNNING)
			print("rootd: ending package=%.*s pid=%lu\n",
			      STR_ARG(program->entry.package_id), program->pid);
	}
	rootd_end_programs();
}

static bool rootd_register(struct root_service *self)
{
	enum status status = rustos_ipc_endpoint_create(&self->endpoint);
	if (status == OK)
		status = rustos_ipc_register_service_endpoint(ROOT_SERVICE, self->endpoint);
	if (status != OK)
		print("rootd: cannot register: %s, giving up\n", status_name(status));
	else
		print("rootd: supervisor endpoint registered\n");
	return status == OK;
}

int main(int, char **argv, char **envp)
{
	static struct root_service self;
	print("rootd: bootstrap enter\n");
	if (!rootd_take_boot_facts(&self, envp)) {
		print("rootd: the kernel gave no boot archive or heap, giving up\n");
		return 1;
	}
	rootd_take_words(&self, argv + 1);
	if (!rootd_read_core(&self) || !rootd_register(&self))
		return 1;
	enum status status = rootd_serve(&self);
	if (status != OK) {
		print("rootd: cannot serve: %s, giving up\n", status_name(status));
		return 1;
	}
	programs_report_cycles(&self.table);
	rootd_end_the_rest(&self);
	rootd_report_audit(&self);
	print("rootd: all programs have exited status=%d\n", self.table.status);
	return self.table.status;
}
