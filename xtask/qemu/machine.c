#include "gen/gen.h"
#include "qemu/qemu.h"

bool qemu_machine_load(const struct registry *registry, struct qemu_machine *out_machine,
                       struct diag *d)
{
	static const struct {
		struct str name;
		size_t offset;
	} rows[] = {
	        {STR_INIT("exit.port"), offsetof(struct qemu_machine, exit_port)},
	        {STR_INIT("exit.panic"), offsetof(struct qemu_machine, exit_panic)},
	        {STR_INIT("exit.boot_failure"), offsetof(struct qemu_machine, exit_boot_failure)},
	        {STR_INIT("exit.program"), offsetof(struct qemu_machine, exit_program)},
	        {STR_INIT("exit.program_max"), offsetof(struct qemu_machine, exit_program_max)},
	};
	bool ok = true;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t value;
		if (!registry_machine_value(registry, rows[i].name, &value) || value < 0) {
			diag_error(d, (struct span){}, (struct str){},
			           "registry/machine.toml has no number '%.*s'",
			           STR_ARG(rows[i].name));
			ok = false;
			continue;
		}
		*(uint64_t *)(void *)((char *)out_machine + rows[i].offset) = (uint64_t)value;
	}
	return ok;
}
