/*
 * mm_broker on the memory map of a program that waits (memory_target). Each operation first
 * succeeds; then the same call with one field that cannot be is refused, and the map is the same.
 */
#include "mapping_trial.h"
#include <string.h>

/* Handles that are no files, and numbers that are nothing. */
static bool refuses_handles(const struct map_trial *self, const struct mm_broker_args *base)
{
	const struct spoil handles[] = {
	        SPOIL(descriptor, NOBODY, ERR_BAD_HANDLE),
	        SPOIL(descriptor, 1U << 31, ERR_BAD_HANDLE),
	        SPOIL(descriptor, UINT32_MAX, ERR_BAD_HANDLE),
	        SPOIL(descriptor, self->target.endpoint, ERR_BAD_HANDLE),
	};
	return REFUSES(self, base, handles);
}

static void check_asking(struct map_trial *self, uint16_t op, uint32_t descriptor)
{
	struct mm_broker_args base = map_operation(self, op);
	uint64_t start;
	base.descriptor = descriptor;
	const struct spoil sizes[] = {
	        BAD(out_len, base.out_len - 1),
	        BAD(out_len, base.out_len + 1),
	        SPOIL(out_ptr, self->end, ERR_BAD_ADDRESS),
	        SPOIL(out_ptr, self->end - base.out_len + 1, ERR_BAD_ADDRESS),
	};
	const struct spoil unasked[] = {BAD(descriptor, self->target.memory)};
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), OK, "a process is asked about");
	base.out_ptr = self->end - base.out_len;
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), OK, "memory may end with it");
	tap_check(self->tap, !memcmp(map_answer, (char *)base.out_ptr, base.out_len),
	          "and has the same");
	base.out_ptr = (uintptr_t)map_answer;
	map_trial_begin(self);
	bool good = map_refuses_any(self, &base) & map_refuses_asking(self, &base) &
	            REFUSES(self, &base, sizes);
	good &= op == MM_DESCRIBE_FD ? refuses_handles(self, &base) : REFUSES(self, &base, unasked);
	map_trial_end(self, good);
}

static bool refuses_mapping(const struct map_trial *self, const struct mm_broker_args *base)
{
	/* of two pages; and all that programs may have, of which some is taken */
	const struct spoil anywhere[] = {
	        SPOIL(size, USER_LAST + PAGE - USER_FIRST, ERR_NO_MEMORY),
	        SPOIL(address, map_place(self, MEMORY_TARGET_KEPT), ERR_EXISTS),
	        SPOIL(address, map_place(self, MEMORY_TARGET_KEPT) - PAGE, ERR_EXISTS),
	        SPOIL(address, map_place(self, MEMORY_TARGET_HOLE), ERR_EXISTS),
	        BAD(address, USER_LAST),
	};
	bool good = map_refuses_any(self, base) & map_refuses_change(self, base) &
	            map_refuses_rights(self, base);
	return good & (base->address || REFUSES(self, base, anywhere));
}

static void check_zeroed(struct map_trial *self)
{
	struct mm_broker_args base = map_operation(self, MM_MAP_ANON);
	const struct spoil kinds[] = {BAD(flags, MEMORY_LARGE_PAGES | MEMORY_SHARED)};
	base.rights = READ_WRITE;
	base.size = 2 * PAGE;
	tap_check_equal(self->tap, rustos_mm_broker(&base, &self->views.zeroed), OK,
	                "memory is mapped");
	map_trial_begin(self);
	map_trial_end(self, refuses_mapping(self, &base) & map_refuses_no_file(self, &base) &
	                            REFUSES(self, &base, kinds));
}

/* What a place has goes only when all else is right. */
static void check_replaced(struct map_trial *self)
{
	struct mm_broker_args base = map_operation(self, MM_MAP_ANON);
	const struct spoil kept[] = {SPOIL(flags, 0, ERR_EXISTS)};
	uint64_t start = 0;
	base.rights = READ_WRITE;
	base.flags = MEMORY_REPLACE;
	base.size = PAGE;
	base.address = map_place(self, MEMORY_TARGET_REPLACED);
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), OK, "memory is replaced");
	tap_check(self->tap, start == base.address, "where it was");
	base.address = map_place(self, MEMORY_TARGET_KEPT);
	map_trial_begin(self);
	map_trial_end(self, refuses_mapping(self, &base) & map_refuses_no_file(self, &base) &
	                            REFUSES(self, &base, kept));
}

static void check_file(struct map_trial *self, uint16_t op, uint64_t *out_view)
{
	struct mm_broker_args base = map_operation(self, op);
	/* its other end writes */
	int64_t no_view = op == MM_MAP_FILE_SHARED ? ERR_ACCESS_DENIED : ERR_NO_DEVICE;
	const struct spoil descriptors[] = {
	        SPOIL(descriptor, self->target.pipe_read, no_view),
	        SPOIL(descriptor, self->target.pipe_write, ERR_ACCESS_DENIED),
	        SPOIL(descriptor, self->target.null_device, ERR_NO_DEVICE),
	};
	base.rights = READ_WRITE;
	base.size = 2 * PAGE;
	base.descriptor = self->target.memory;
	tap_check_equal(self->tap, rustos_mm_broker(&base, out_view), OK, "a file is mapped");
	map_trial_begin(self);
	map_trial_end(self, refuses_mapping(self, &base) & map_refuses_file(self, &base) &
	                            refuses_handles(self, &base) &
	                            REFUSES(self, &base, descriptors));
}

/* No device has memory: the base case says so, and then something else is wrong first. */
static void check_device(struct map_trial *self)
{
	struct mm_broker_args base = map_operation(self, MM_MAP_DEVICE_SHARED);
	const struct spoil spoils[] = {
	        BAD(descriptor, self->target.memory),
	        BAD(descriptor, self->target.pipe_read),
	        BAD(flags, MEMORY_SHARED),
	        BAD(flags, UINT32_MAX),
	        BAD(offset, 1),
	        BAD(out_ptr, PAGE),
	        BAD(out_len, 1),
	};
	uint64_t start;
	base.rights = READ_WRITE;
	base.size = 2 * PAGE;
	base.descriptor = self->target.null_device;
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), ERR_NO_DEVICE,
	                "not every device is memory");
	map_trial_begin(self);
	map_trial_end(self, map_refuses_any(self, &base) & refuses_handles(self, &base) &
	                            REFUSES(self, &base, spoils));
}

static void check_rights(struct map_trial *self)
{
	struct mm_broker_args base = map_operation(self, MM_PROTECT);
	const struct spoil holes[] = {
	        SPOIL(address, map_place(self, MEMORY_TARGET_HOLE), ERR_BAD_ADDRESS),
	        SPOIL(size, (MEMORY_TARGET_HOLE + 1) * PAGE, ERR_BAD_ADDRESS),
	        BAD(flags, MEMORY_REPLACE),
	};
	uint64_t start;
	base.rights = MEMORY_READ;
	base.size = PAGE;
	base.address = map_place(self, MEMORY_TARGET_READABLE);
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), OK, "rights are changed");
	base.address = map_place(self, MEMORY_TARGET_KEPT);
	map_trial_begin(self);
	map_trial_end(self, map_refuses_any(self, &base) & map_refuses_change(self, &base) &
	                            map_refuses_rights(self, &base) &
	                            map_refuses_no_file(self, &base) & REFUSES(self, &base, holes));
}

static void check_unmapped(struct map_trial *self)
{
	struct mm_broker_args base = map_operation(self, MM_UNMAP);
	const struct spoil spoils[] = {
	        BAD(rights, MEMORY_READ), BAD(rights, MEMORY_EXECUTE),
	        BAD(rights, UINT32_MAX),  BAD(flags, MEMORY_REPLACE),
	        BAD(address, 0),
	};
	uint64_t start;
	base.size = PAGE;
	base.address = map_place(self, MEMORY_TARGET_GONE);
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), OK, "memory goes");
	base.address = map_place(self, MEMORY_TARGET_KEPT);
	map_trial_begin(self);
	map_trial_end(self, map_refuses_any(self, &base) & map_refuses_change(self, &base) &
	                            map_refuses_no_file(self, &base) &
	                            REFUSES(self, &base, spoils));
}

/* Neither an answered request nor one of who has lost its capability serves for anything. */
static void check_over(struct map_trial *self)
{
	struct mm_broker_args base = map_operation(self, MM_QUERY_LAYOUT);
	uint64_t start;
	base.target_pid = self->own_pid;
	base.reply_cap = self->own_cap;
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), OK, "two wait");
	tap_check_equal(self->tap, rustos_ipc_reply(self->own_cap, NULL, 0), OK, "one is answered");
	tap_check_equal(self->tap, rustos_mm_broker(&base, &start), ERR_NO_PROCESS,
	                "and done with");
	tap_check_equal(self->tap, rustos_ipc_register_service_endpoint(IPC_SERVICE_USERS, 0), OK,
	                "who is no such service any more");
	bool refused = true;
	for (uint16_t op = 0; op <= MM_UNMAP + 1; op++) {
		base = map_operation(self, op);
		refused &= rustos_mm_broker(&base, &start) == ERR_ACCESS_DENIED;
	}
	tap_check(self->tap, refused, "asks and changes nothing, however rightly");
	tap_check_equal(self->tap,
	                rustos_ipc_reply(self->reply_cap, &self->views, sizeof self->views), OK,
	                "the other hears what is mapped");
}

static void call_own(void *endpoint)
{
	uint64_t len;
	(void)!rustos_ipc_call(*(uint64_t *)endpoint, NULL, 0, NULL, 0, &len);
}

static enum status receive(uint64_t endpoint, struct memory_target_request *out,
                           struct ipc_message_info *info)
{
	uint64_t len = 0;
	enum status status =
	        rustos_ipc_receive(endpoint, out, out ? sizeof *out : 0, info, 0, 0, &len);
	return status == OK && len != (out ? sizeof *out : 0) ? ERR_INVALID_ARGS : status;
}

static void check_all(struct map_trial *self)
{
	check_asking(self, MM_QUERY_LAYOUT, 0);
	check_asking(self, MM_DESCRIBE_FD, self->target.memory);
	check_zeroed(self);
	check_file(self, MM_MAP_FILE_SHARED, &self->views.shared);
	check_file(self, MM_MAP_FILE_PRIVATE, &self->views.private);
	check_device(self);
	check_rights(self);
	check_unmapped(self);
	check_replaced(self);
	check_over(self);
}

void check_mappings(struct tap *tap, uint64_t endpoint)
{
	static _Alignas(16) char stack[2 * PAGE];
	static uint64_t own;
	int32_t tid = 0;
	uint64_t start = 0;
	struct map_trial self = {.tap = tap, .own_pid = (uint64_t)CALL(LINUX_GETPID)};
	struct ipc_message_info info = {}, other = {};
	bool made = rustos_memory_map(0, 2 * PAGE, READ_WRITE, 0, &start) == OK &&
	            rustos_memory_unmap(start + PAGE, PAGE) == OK &&
	            rustos_ipc_endpoint_create(&own) == OK;
	tap_check(tap, made && linux_thread_start(call_own, &own, stack + sizeof stack, &tid) > 0,
	          "a thread asks its own process");
	tap_check_equal(tap, receive(own, NULL, &other), OK, "which hears it");
	tap_check_equal(tap, receive(endpoint, &self.target, &info), OK, "and another program");
	self.end = start + PAGE;
	self.pid = info.sender_pid;
	self.reply_cap = info.reply_cap;
	self.own_cap = other.reply_cap;
	check_all(&self);
	linux_thread_join(&tid);
}
