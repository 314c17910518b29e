/* The live system calls, except the one that starts programs. */
#include "core/api.h"
#include "io/api.h"
#include "ps/api.h"
#include <kernel/syscall_prototypes.h>

enum status sys_debug_print(struct user_in text)
{
	if (text.len == 0)
		return OK;
	/* all of it before any of it is printed; too much for a kernel stack */
	char *bytes = heap_alloc(text.len);
	if (!bytes)
		return ERR_NO_MEMORY;
	enum status status = user_copy_in(bytes, text);
	if (status == OK)
		log_write_plain(kernel_log(), (struct str){bytes, text.len});
	heap_free(bytes, text.len);
	return status;
}

/* The program's path as one word of a line, whatever its file is called. */
static void log_text_module(char *out, size_t size)
{
	size_t len = process_path(out, size - 1);
	for (size_t i = 0; i < len; i++)
		if (out[i] <= ' ' || out[i] >= 0x7f || out[i] == '"')
			out[i] = '?';
	out[len] = '\0';
}

enum status sys_log_text(uint32_t level, uint32_t category, struct user_in text)
{
	char bytes[LOG_TEXT_MAX], module[SPAWN_EXEC_PATH_MAX];
	if (level < LOG_LEVEL_TRACE || level > LOG_LEVEL_ERROR || category >= LOG_CATEGORY_COUNT)
		return ERR_INVALID_ARGS;
	TRY(user_copy_in(bytes, text));
	log_text_module(module, sizeof module);
	const struct log_site site = {
	        .file = module, .level = (uint8_t)level, .category = (uint8_t)category};
	log_write(&site, "%.*s", (int)text.len, bytes);
	return OK;
}

/* Events are gone once taken, so the place for them is proved first. */
static enum status lifecycle_probe(struct user_out events)
{
	static const struct lifecycle_record zero[LIFECYCLE_DRAIN_MAX];
	return user_copy_out(events, zero);
}

enum status sys_lifecycle_drain_broker(struct user_out events, uint64_t flags, uint64_t timeout_ns,
                                       uint64_t *out_count)
{
	if (events.len == 0 || (flags & ~(uint64_t)LIFECYCLE_DRAIN_WAIT) || timeout_ns > INT64_MAX)
		return ERR_INVALID_ARGS;
	TRY(lifecycle_probe(events));

	struct process_event taken[LIFECYCLE_DRAIN_MAX];
	size_t capacity = events.len / sizeof(struct lifecycle_record);
	size_t count;
	const struct process_event_wait wait = {
	        .wait = flags & LIFECYCLE_DRAIN_WAIT,
	        .deadline_ns = timeout_ns ? clock_ns() + timeout_ns : 0,
	};
	TRY(process_take_events(taken, capacity, &wait, &count));
	for (size_t i = 0; i < count; i++) {
		struct lifecycle_record record = {
		        .event = taken[i].event,
		        .pid = taken[i].pid,
		        .parent_pid = taken[i].parent_pid,
		        .exit_status = taken[i].status,
		};
		struct user_out place = {events.addr + i * sizeof record, sizeof record};
		TRY(user_copy_out(place, &record));
	}
	*out_count = count;
	return OK;
}

enum status sys_clock_now(uint64_t *out_ns)
{
	*out_ns = clock_ns();
	return OK;
}

enum status sys_process_signal(uint64_t pid, uint32_t signal)
{
	const struct signal_info info = {.signal = signal, .code = SIGNAL_FROM_KERNEL};
	if (signal > SIGNAL_MAX)
		return ERR_INVALID_ARGS;
	if (pid == PROCESS_ALL) {
		/* the last moment at which vfsd answers; whom it fails cannot be told any more */
		if (signal == SIGNAL_KILL)
			(void)!vfs_sync_all(VFS_SYNC_ENDS, IPC_UNTIL_END);
		return signal_send_all(&info);
	}
	if (pid == PROCESS_PROGRAMS)
		return signal_send_programs(&info);
	return pid == process_id(process_current()) ? ERR_NO_PROCESS : signal_send(pid, &info);
}

enum status sys_signal_listen(uint32_t signals)
{
	return signal_listen(signals);
}

enum status sys_signal_heard(uint64_t *out_signals)
{
	*out_signals = signal_heard();
	return OK;
}

enum status sys_process_adopt(uint64_t pid)
{
	return process_adopt(pid);
}

enum status sys_process_set_weight(uint64_t pid, uint64_t weight_micros)
{
	return process_set_weight(pid, weight_micros);
}

enum status sys_machine_end(uint32_t how)
{
	static const enum machine_switch switches[] = {
	        [MACHINE_END_HALT] = MACHINE_HALT,
	        [MACHINE_END_POWER_OFF] = MACHINE_POWER_OFF,
	        [MACHINE_END_RESET] = MACHINE_RESET,
	};
	if (how > MACHINE_END_RESET)
		return ERR_INVALID_ARGS;
	process_setup()->machine_switch_after(switches[how]);
	process_exit(OK);
}

void sys_process_exit(int32_t status)
{
	process_exit(status);
}
