/*
 * qemu_run: checks, command line, session. Also the registry's numbers for it, and the
 * gdb command file of `xtask debug`.
 */
#include "gen/gen.h"
#include "os/files.h"
#include "qemu/command.h"
#include "qemu/pool/pool.h"
#include "qemu/session/marks.h"
#include "qemu/session/session.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Where the kernel loads every program: PROGRAM_IMAGE_BASE of kernel/ps/program/program.h. */
#define PROGRAM_BASE "0x8000400000"

/* Hardware breakpoints work before kernel and programs are in memory. */
static bool write_gdb_commands(struct arena *a, const struct qemu_request *request, struct diag *d)
{
	struct text commands = {.arena = a};
	text_addf(&commands, "set confirm off\nset pagination off\n");
	if (request->kernel.len)
		text_addf(&commands, "file %.*s/artifacts/nucleus.elf\n", STR_ARG(request->out));
	text_addf(&commands,
	          "target remote %.*s/gdb.socket\nhbreak panic_at\nhbreak panic_here\n"
	          "define program\nadd-symbol-file $arg0 -o " PROGRAM_BASE "\nend\n"
	          "document program\n"
	          "program FILE: symbols of a program, as "
	          "program %.*s/artifacts/services/rootd/rootd.elf\nend\n",
	          STR_ARG(request->out), STR_ARG(request->out));
	struct str path = path_join(a, request->out, STR("rustos.gdb"));
	int error = file_write(arena_c_str(a, path), text_str(&commands), 0644);
	if (error)
		diag_error(d, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(path),
		           strerror(error));
	else if (!request->json)
		dprintf(STDERR_FILENO, "qemu: waiting for a debugger: gdb -x %.*s\n",
		        STR_ARG(path));
	return !error;
}

struct str qemu_agent_socket(struct arena *a, struct str out)
{
	return path_join(a, out, STR("run/agent.sock"));
}

/* One that did not resume is removed, and the machine boots. False: not started, reported. */
static bool run_resumed(struct arena *a, const struct qemu_request *request,
                        const struct session_start *start, struct qemu_result *result,
                        struct diag *d)
{
	struct snapshot *snapshot = start->snapshot;
	struct session_start resumed = {.snapshot = snapshot};
	for (size_t i = 0; i < start->argv.count; i++)
		strs_add(&resumed.argv, a, start->argv.items[i]);
	strs_add(&resumed.argv, a, STR("-incoming"));
	strs_add(&resumed.argv, a, STR("defer"));
	snapshot->phase = SNAPSHOT_LOADING;
	bool started = session_run(a, request, &resumed, result, d);
	result->resumed = snapshot->resumed;
	result->snapshot = snapshot->entry->folder;
	pool_entry_close(a, snapshot->entry);
	if (snapshot->phase == SNAPSHOT_LOST) {
		result->pool_note = str_format(a, "its snapshot did not resume (%.*s): booted",
		                               STR_ARG(str_cut(snapshot->problem, '\n').head));
		pool_entry_remove(a, snapshot->entry);
	}
	return started;
}

static bool run_with_pool(struct arena *a, const struct qemu_request *request,
                          const struct session_start *start, struct qemu_result *result,
                          struct diag *d)
{
	bool kvm = strcmp(result->accelerator, "kvm") == 0;
	struct pool_entry entry = pool_entry_name(a, request->pool, &start->argv, kvm);
	struct snapshot snapshot = {.entry = &entry};
	struct session_start with = {start->argv, &snapshot};
	if (pool_entry_open(a, &entry)) {
		bool started = run_resumed(a, request, &with, result, d);
		if (!started || snapshot.phase != SNAPSHOT_LOST)
			return started;
	}
	struct str note = result->pool_note;
	snapshot = (struct snapshot){.entry = &entry, .phase = SNAPSHOT_PROMPT};
	if (!pool_entry_begin(a, &entry))
		with.snapshot = NULL;
	bool started = session_run(a, request, &with, result, d);
	pool_entry_close(a, &entry);
	result->pool_note = note;
	if (!note.len && snapshot.problem.len)
		result->pool_note =
		        str_format(a, "no snapshot was kept: %.*s", STR_ARG(snapshot.problem));
	return started;
}

bool qemu_run(struct arena *a, const struct qemu_request *request, struct qemu_result *out_result,
              struct diag *d)
{
	*out_result = (struct qemu_result){};
	if (!marks_check(request, d))
		return false;
	bool kvm;
	struct strs argv = {};
	if (!qemu_choose_kvm(a, request, &kvm, d) || !qemu_command_for(a, request, kvm, &argv, d) ||
	    (request->debug && !write_gdb_commands(a, request, d)))
		return false;
	struct str logs =
	        request->logs.len ? request->logs : path_join(a, request->out, STR("logs"));
	out_result->accelerator = kvm ? "kvm" : "tcg";
	out_result->serial_file = path_join(a, logs, STR("serial.log"));
	out_result->debugcon_file = path_join(a, logs, STR("debugcon.log"));
	if (request->agent)
		out_result->agent_socket = request->logs.len
		                                   ? path_join(a, request->logs, STR("agent.sock"))
		                                   : qemu_agent_socket(a, request->out);
	struct session_start start = {.argv = argv};
	return request->pool.len ? run_with_pool(a, request, &start, out_result, d)
	                         : session_run(a, request, &start, out_result, d);
}
