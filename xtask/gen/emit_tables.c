/* Headers that are lists of numbers and names: status, services, faults, log, machine, Linux. */
#include "gen/emit.h"

/* `text` with the symbol of a row: "\tERR_NOT_FOUND". */
static void add_symbol(struct text *t, const char *prefix, struct str name)
{
	text_addf(t, "%s%.*s", prefix, STR_ARG(registry_symbol(t->arena, name)));
}

struct str emit_status(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/status.toml", true);
	text_addf(&t, "/* 0 or a negative Linux errno value. */\n"
	              "enum [[nodiscard]] status {\n"
	              "\tOK = 0,\n");
	ROWS(struct registry_status, each, r->statuses) {
		add_symbol(&t, "\tERR_", each->row.name.value);
		text_addf(&t, " = -%lld, /* %.*s: %.*s */\n", (long long)each->number.value,
		          STR_ARG(each->errno_name.value), STR_ARG(each->row.doc.value));
	}
	text_addf(&t, "};\n\n"
	              "/* The enumerator's name; \"ERR_UNKNOWN\" for a number that is none. */\n"
	              "static inline const char *status_name(int status)\n"
	              "{\n"
	              "\tswitch (status) {\n"
	              "\tcase OK:\n"
	              "\t\treturn \"OK\";\n");
	ROWS(struct registry_status, each, r->statuses) {
		add_symbol(&t, "\tcase ERR_", each->row.name.value);
		add_symbol(&t, ":\n\t\treturn \"ERR_", each->row.name.value);
		text_addf(&t, "\";\n");
	}
	text_addf(&t, "\tdefault:\n"
	              "\t\treturn \"ERR_UNKNOWN\";\n"
	              "\t}\n"
	              "}\n");
	return text_str(&t);
}

static const struct registry_capability *find_capability(const struct registry *r, struct str name)
{
	ROWS(struct registry_capability, each, r->capabilities)
		if (str_equal(each->row.name.value, name))
			return each;
	return NULL;
}

static uint64_t capability_mask(const struct registry *r, const struct registry_service *service)
{
	const struct registry_capability *own = find_capability(r, service->capability.value);
	uint64_t mask = own ? 1ULL << own->bit.value : 0;
	for (size_t i = 0; i < service->also_holds.count; i++) {
		const struct registry_capability *also =
		        find_capability(r, service->also_holds.items[i].value);
		mask |= also ? 1ULL << also->bit.value : 0;
	}
	return mask;
}

/* Tables indexed by service id; ids without a row are 0 and NULL. */
static void add_services_by_id(struct text *t, const struct registry *r)
{
	const struct registry_service *by_id[REGISTRY_SERVICE_ID_MAX + 1] = {};
	ROWS(struct registry_service, each, r->services)
		by_id[each->id.value] = each;
	text_addf(t, "\nenum { IPC_SERVICE_ID_MAX = %d };\n", REGISTRY_SERVICE_ID_MAX);
	text_addf(t, "\n/* Bits of the capabilities that go with an id; 0: no such service. */\n"
	             "#define IPC_SERVICE_CAPABILITIES \\\n\t{");
	for (size_t i = 0; i < COUNT(by_id); i++) {
		uint64_t mask = by_id[i] ? capability_mask(r, by_id[i]) : 0;
		text_addf(t, mask ? "%s0x%llx" : "%s%llx", i ? ", " : "", (unsigned long long)mask);
	}
	text_addf(t, "}\n\n/* The package whose program is the service; NULL: no such service. */\n"
	             "#define IPC_SERVICE_NAMES \\\n\t{");
	for (size_t i = 0; i < COUNT(by_id); i++) {
		if (by_id[i])
			text_addf(t, "%s\"%.*s\"", i ? ", " : "",
			          STR_ARG(by_id[i]->row.name.value));
		else
			text_addf(t, "%sNULL", i ? ", " : "");
	}
	text_addf(t, "}\n\n/* How each is started again. */\n#define IPC_SERVICE_RESTARTS \\\n\t{");
	for (size_t i = 0; i < COUNT(by_id); i++) {
		bool restarts = by_id[i] && by_id[i]->restart.value.len;
		add_symbol(t, i ? ", IPC_RESTART_" : "IPC_RESTART_",
		           restarts ? by_id[i]->restart.value : STR("never"));
	}
	uint64_t archive = 0;
	ROWS(struct registry_service, each, r->services)
		archive |= (uint64_t)each->archive.value << each->id.value;
	text_addf(t,
	          "}\n\n/* Bit per id: those that read the boot archive. */\n"
	          "#define IPC_SERVICES_WITH_ARCHIVE 0x%llxULL\n",
	          (unsigned long long)archive);
}

/* How often, and after what time, what has died is started again. */
static void add_restarts(struct text *t, const struct registry *r)
{
	text_addf(t, "\nenum ipc_restart {\n\tIPC_RESTART_NEVER,\n");
	ROWS(struct registry_restart, each, r->restarts) {
		add_symbol(t, "\tIPC_RESTART_", each->row.name.value);
		text_addf(t, ", /* %.*s */\n", STR_ARG(each->row.doc.value));
	}
	text_addf(t, "};\n\n/* budget, first_ms, longest_ms, steady_ms of each. */\n"
	             "#define IPC_RESTART_POLICIES \\\n\t{{0, 0, 0, 0}");
	ROWS(struct registry_restart, each, r->restarts)
		text_addf(t, ", {%lld, %lld, %lld, %lld}", (long long)each->budget.value,
		          (long long)each->first_ms.value, (long long)each->longest_ms.value,
		          (long long)each->steady_ms.value);
	text_addf(t, "}\n");
}

struct str emit_services(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	uint32_t bootstrap = 0;
	emit_start(&t, "registry/services.toml", true);
	text_addf(&t, "/* Service ids. */\nenum ipc_service {\n");
	ROWS(struct registry_service, each, r->services) {
		bool other = each->symbol.span.source;
		add_symbol(&t, "\tIPC_SERVICE_", other ? each->symbol.value : each->row.name.value);
		text_addf(&t, " = %lld, /* %.*s */\n", (long long)each->id.value,
		          STR_ARG(each->row.doc.value));
	}
	text_addf(&t, "};\n\n/* Numbers of the capability bits. */\nenum ipc_service_cap_bit {\n");
	ROWS(struct registry_capability, each, r->capabilities) {
		add_symbol(&t, "\tIPC_SERVICE_CAP_BIT_", each->row.name.value);
		text_addf(&t, " = %lld, /* %.*s */\n", (long long)each->bit.value,
		          STR_ARG(each->row.doc.value));
		if (each->bootstrap.value)
			bootstrap |= 1u << each->bit.value;
	}
	text_addf(&t, "};\n\n/* The same as masks. */\nenum ipc_service_cap {\n");
	ROWS(struct registry_capability, each, r->capabilities) {
		add_symbol(&t, "\tIPC_SERVICE_CAP_", each->row.name.value);
		text_addf(&t, " = 1 << %lld,\n", (long long)each->bit.value);
	}
	text_addf(&t, "\tIPC_SERVICE_CAP_BOOTSTRAP_POLICY = 0x%x,\n};\n", bootstrap);
	add_restarts(&t, r);
	add_services_by_id(&t, r);
	return text_str(&t);
}

/* An enum without numbers, counted from 0, with its count at the end. */
static void add_counted_enum(struct text *t, const char *name, const char *prefix,
                             const char *count, const struct toml_list *rows)
{
	text_addf(t, "enum %s {\n", name);
	ROWS(struct registry_row, row, *rows) {
		add_symbol(t, prefix, row->name.value);
		text_addf(t, ", /* %.*s */\n", STR_ARG(row->doc.value));
	}
	text_addf(t, "\t%s,\n};\n", count);
}

struct str emit_faults(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/faults.toml", true);
	add_counted_enum(&t, "fault_point", "\tFAULT_", "FAULT_POINT_COUNT", &r->faults);
	emit_names(&t, "Initialiser of an array of C strings, by enum fault_point.",
	           "FAULT_POINT_NAMES", &r->faults);
	return text_str(&t);
}

struct str emit_log(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/log.toml", true);
	add_counted_enum(&t, "log_level", "\tLOG_LEVEL_", "LOG_LEVEL_COUNT", &r->levels);
	text_add_byte(&t, '\n');
	add_counted_enum(&t, "log_category", "\tLOG_", "LOG_CATEGORY_COUNT", &r->categories);
	emit_names(&t, "Initialiser of an array of C strings, by enum log_level.",
	           "LOG_LEVEL_NAMES", &r->levels);
	emit_names(&t, "Initialiser of an array of C strings, by enum log_category.",
	           "LOG_CATEGORY_NAMES", &r->categories);
	return text_str(&t);
}

struct str emit_machine(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	emit_start(&t, "registry/machine.toml", true);
	ROWS(struct registry_number, each, r->numbers) {
		add_symbol(&t, "#define MACHINE_", each->row.name.value);
		text_addf(&t, " 0x%llx /* %.*s */\n", (unsigned long long)each->value.value,
		          STR_ARG(each->row.doc.value));
	}
	text_add_byte(&t, '\n');
	ROWS(struct registry_text, each, r->texts) {
		add_symbol(&t, "#define MACHINE_", each->row.name.value);
		text_add_byte(&t, ' ');
		emit_c_string(&t, each->value.value);
		text_addf(&t, " /* %.*s */\n", STR_ARG(each->row.doc.value));
	}
	return text_str(&t);
}

struct str emit_linux_syscalls(struct arena *a, const struct registry *r)
{
	struct text t = {.arena = a};
	const struct registry_linux_syscall *calls = r->linux_syscalls;
	size_t count = r->linux_syscall_count;
	emit_start(&t, "registry/linux_syscalls.toml", true);
	text_addf(&t, "enum linux_syscall {\n");
	for (size_t i = 0; i < count; i++)
		text_addf(&t, "\tLINUX_%.*s = %lld,%s\n",
		          STR_ARG(registry_symbol(a, calls[i].name)), (long long)calls[i].number,
		          calls[i].in_kernel ? " /* answered in the kernel */" : "");
	text_addf(&t, "};\n\nenum { LINUX_SYSCALL_COUNT = %lld };\n\n",
	          count ? (long long)calls[count - 1].number + 1 : 1);
	text_addf(&t,
	          "/* Initialiser of an array of LINUX_SYSCALL_COUNT C strings; NULL where there "
	          "is no call. */\n"
	          "#define LINUX_SYSCALL_NAMES \\\n\t{ \\\n");
	for (size_t i = 0; i < count; i++)
		text_addf(&t, "\t\t[%lld] = \"%.*s\", \\\n", (long long)calls[i].number,
		          STR_ARG(calls[i].name));
	text_addf(&t, "\t}\n");
	return text_str(&t);
}
