/* The public face: which files come out, and the kernel's configuration. */
#include "gen/emit.h"

const struct registry *registry_load(struct arena *a, struct diag *d)
{
	struct registry *r = ARENA_NEW(a, struct registry);
	size_t errors = d->errors;
	r->incomplete = !registry_read(a, r, d);
	registry_validate(a, r, d);
	return d->errors == errors ? r : NULL;
}

const struct strs *registry_files(const struct registry *r)
{
	return &r->files;
}

bool registry_machine_value(const struct registry *r, struct str name, int64_t *out_value)
{
	ROWS(struct registry_number, each, r->numbers) {
		if (str_equal(each->row.name.value, name)) {
			*out_value = each->value.value;
			return true;
		}
	}
	return false;
}

bool registry_machine_text(const struct registry *r, struct str name, struct str *out_value)
{
	ROWS(struct registry_text, each, r->texts) {
		if (str_equal(each->row.name.value, name)) {
			*out_value = each->value.value;
			return true;
		}
	}
	return false;
}

struct generated gen_abi(struct arena *a, const struct registry *r)
{
	static const struct {
		const char *path;
		struct str (*emit)(struct arena *a, const struct registry *r);
	} outputs[] = {
	        {"abi/faults.h", emit_faults},
	        {"abi/linux_syscalls.h", emit_linux_syscalls},
	        {"abi/log.h", emit_log},
	        {"abi/machine.h", emit_machine},
	        {"abi/services.h", emit_services},
	        {"abi/status.h", emit_status},
	        {"abi/syscalls.h", emit_syscalls},
	        {"kernel/syscall_dispatch.c", emit_syscall_dispatch},
	        {"kernel/syscall_prototypes.h", emit_syscall_prototypes},
	        {"rt/call_table.h", emit_call_table},
	        {"rt/stubs.h", emit_stubs},
	};
	struct generated g = {
	        ARENA_ARRAY(a, struct generated_file, COUNT(outputs) + 2 * r->interface_count),
	        COUNT(outputs)};
	for (size_t i = 0; i < COUNT(outputs); i++)
		g.files[i] =
		        (struct generated_file){str_from_c(outputs[i].path), outputs[i].emit(a, r)};
	for (size_t i = 0; i < r->interface_count; i++) {
		const struct registry_interface *each = &r->interfaces[i];
		struct str name = each->row.name.value;
		g.files[g.count++] = (struct generated_file){
		        str_format(a, "abi/%.*s.h", STR_ARG(name)), emit_interface(a, r, each)};
		g.files[g.count++] =
		        (struct generated_file){str_format(a, "rt/%.*s_service.h", STR_ARG(name)),
		                                emit_interface_service(a, r, each)};
	}
	return g;
}

struct generated gen_kernel_config(struct arena *a, const struct registry *r,
                                   const struct config *c)
{
	struct text t = {.arena = a};
	emit_start(&t, "config/rustos.toml and its overrides", true);
	text_addf(&t, "#define CONFIG_PRESET ");
	emit_c_string(&t, c->preset);
	text_addf(&t,
	          "\n"
	          "#define CONFIG_DEBUG_ASSERTIONS %d\n"
	          "#define CONFIG_FAULT_POINTS %d\n"
	          "#define CONFIG_BOOT_TRACE %d\n"
	          "#define CONFIG_LOG_ENABLED %d\n"
	          "#define CONFIG_LOG_RING_BYTES %lld\n"
	          "#define CONFIG_LOG_SERIAL_MIRROR %d\n"
	          "/* Lines of this level and above are compiled in everywhere; 0: by threshold "
	          "only. */\n"
	          "#define CONFIG_LOG_COMPILED_LEVEL %d\n"
	          "/* Least level that is logged, by enum log_category; 0: none. */\n"
	          "#define CONFIG_LOG_THRESHOLDS \\\n"
	          "\t{ \\\n",
	          c->kernel.debug_assertions, c->faults.compiled, c->logging.boot_trace_enabled,
	          c->logging.enabled, (long long)c->logging.ring_buffer_bytes,
	          c->logging.serial_mirror, c->logging.compiled_level);
	ROWS(struct registry_row, category, r->categories) {
		int threshold = 0;
		for (size_t i = 0; i < c->logging.category_count; i++)
			if (str_equal(c->logging.category_names[i], category->name.value))
				threshold = c->logging.thresholds[i];
		text_addf(&t, "\t\t%d, /* %.*s */ \\\n", threshold, STR_ARG(category->name.value));
	}
	text_addf(&t, "\t}\n");
	struct generated g = {ARENA_NEW(a, struct generated_file), 1};
	g.files[0] = (struct generated_file){STR("config/kernel.h"), text_str(&t)};
	return g;
}
