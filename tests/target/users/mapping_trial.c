/* Fields that cannot be, and whether something changes. */
#include "mapping_trial.h"
#include <string.h>

enum { ONES = 0xa5, MAPS_BYTES = 8192 };

/* Of every operation. */
static const struct spoil header_spoils[] = {
        BAD(abi_version, 0),
        BAD(abi_version, MM_BROKER_VERSION + 1),
        BAD(abi_version, UINT16_MAX),
        BAD(op, 0),
        BAD(op, MM_UNMAP + 1),
        BAD(op, UINT16_MAX),
        BAD(reserved0, 1),
        BAD(reserved0, 1ULL << 63),
        SPOIL(target_pid, 0, ERR_NO_PROCESS),
        SPOIL(target_pid, 1, ERR_NO_PROCESS),
        SPOIL(target_pid, UINT64_MAX, ERR_NO_PROCESS),
        SPOIL(reply_cap, 0, ERR_NO_PROCESS),
        SPOIL(reply_cap, UINT64_MAX, ERR_NO_PROCESS),
};

static const struct spoil ask_spoils[] = {
        BAD(rights, MEMORY_READ),
        BAD(rights, UINT32_MAX),
        BAD(address, PAGE),
        BAD(address, UINT64_MAX),
        BAD(size, PAGE),
        BAD(size, UINT64_MAX),
        BAD(flags, 1),
        BAD(flags, UINT32_MAX),
        BAD(offset, PAGE),
        BAD(offset, UINT64_MAX),
        BAD(out_len, 0),
        BAD(out_len, 1),
        BAD(out_len, PAGE),
        BAD(out_len, UINT64_MAX),
        SPOIL(out_ptr, 0, ERR_BAD_ADDRESS),
        SPOIL(out_ptr, 8, ERR_BAD_ADDRESS),
        SPOIL(out_ptr, USER_LAST + PAGE - 8, ERR_BAD_ADDRESS),
        SPOIL(out_ptr, USER_LAST + PAGE, ERR_BAD_ADDRESS),
        SPOIL(out_ptr, KERNEL_CODE, ERR_BAD_ADDRESS),
        SPOIL(out_ptr, 0xffff800000000000, ERR_BAD_ADDRESS),
        SPOIL(out_ptr, UINT64_MAX - 7, ERR_BAD_ADDRESS),
        SPOIL(out_ptr, (uintptr_t)header_spoils, ERR_BAD_ADDRESS), /* only to be read */
};

/* Of what changes the map: places, sizes, and an answer where there is none. */
static const struct spoil change_spoils[] = {
        BAD(address, 1),
        BAD(address, USER_FIRST - PAGE),
        BAD(address, USER_FIRST + PAGE - 1),
        BAD(address, USER_LAST + PAGE),
        BAD(address, KERNEL_CODE),
        BAD(address, LAST_PAGE),
        BAD(address, UINT64_MAX),
        BAD(size, 0),
        BAD(size, 1),
        BAD(size, PAGE - 1),
        BAD(size, PAGE + 1),
        BAD(size, 1ULL << 47),
        BAD(size, 1ULL << 63),
        BAD(size, LAST_PAGE),
        BAD(size, UINT64_MAX),
        BAD(flags, MEMORY_WIRED),
        BAD(flags, UNKNOWN),
        BAD(flags, MEMORY_HUGE_PAGES),
        BAD(flags, 1U << 31),
        BAD(flags, UINT32_MAX),
        BAD(offset, 1),
        BAD(offset, PAGE - 1),
        BAD(offset, UINT64_MAX),
        BAD(out_ptr, PAGE),
        BAD(out_len, 1),
        BAD(out_len, UINT64_MAX),
};

static const struct spoil rights_spoils[] = {
        BAD(rights, UNKNOWN),
        BAD(rights, READ_WRITE | 8),
        BAD(rights, UINT32_MAX),
        SPOIL(rights, MEMORY_WRITE | MEMORY_EXECUTE, ERR_ACCESS_DENIED),
        SPOIL(rights, READ_WRITE | MEMORY_EXECUTE, ERR_ACCESS_DENIED),
};

/* Of what is not of a file. */
static const struct spoil no_file_spoils[] = {
        BAD(descriptor, 1),
        BAD(descriptor, UINT32_MAX),
        BAD(offset, PAGE),
};

static const struct spoil file_spoils[] = {
        BAD(flags, MEMORY_LARGE_PAGES),
        BAD(flags, MEMORY_SHARED),
        BAD(offset, 1ULL << 63),
        BAD(offset, LAST_PAGE),
        SPOIL(descriptor, NOBODY, ERR_BAD_HANDLE),
        SPOIL(descriptor, 1U << 31, ERR_BAD_HANDLE),
        SPOIL(descriptor, UINT32_MAX, ERR_BAD_HANDLE),
};

uint8_t map_answer[sizeof(struct mm_layout)];
static char maps_before[MAPS_BYTES], maps_after[MAPS_BYTES];

struct mm_broker_args map_operation(const struct map_trial *self, uint16_t op)
{
	bool asks = op == MM_QUERY_LAYOUT || op == MM_DESCRIBE_FD;
	return (struct mm_broker_args){
	        .abi_version = MM_BROKER_VERSION,
	        .op = op,
	        .target_pid = self->pid,
	        .reply_cap = self->reply_cap,
	        .out_ptr = asks ? (uintptr_t)map_answer : 0,
	        .out_len = op == MM_QUERY_LAYOUT  ? sizeof(struct mm_layout)
	                   : op == MM_DESCRIBE_FD ? sizeof(struct mm_descriptor)
	                                          : 0,
	};
}

uint64_t map_place(const struct map_trial *self, enum memory_target_page page)
{
	return self->target.pages + (uint64_t)page * PAGE;
}

static struct mm_layout map_layout_now(const struct map_trial *self)
{
	struct mm_layout layout = {};
	uint64_t start;
	struct mm_broker_args args = map_operation(self, MM_QUERY_LAYOUT);
	args.out_ptr = (uintptr_t)&layout;
	if (rustos_mm_broker(&args, &start) != OK)
		layout.user_range_end = 0;
	return layout;
}

/* What the kernel says of the process to whoever asks; ends in NUL. */
static bool read_maps(const struct map_trial *self, char text[MAPS_BYTES])
{
	char path[32] = "/proc/", digits[24];
	size_t count = 0, len = strlen(path), used = 0;
	for (uint64_t rest = self->pid; rest; rest /= 10)
		digits[count++] = (char)('0' + rest % 10);
	while (count)
		path[len++] = digits[--count];
	memcpy(path + len, "/maps", sizeof "/maps");
	int64_t file = CALL(LINUX_OPEN, path, 0, 0), got = 1;
	while (got > 0 && used < MAPS_BYTES - 1) {
		got = CALL(LINUX_READ, file, text + used, MAPS_BYTES - 1 - used);
		used += got > 0 ? (size_t)got : 0;
	}
	text[used] = '\0';
	CALL(LINUX_CLOSE, file);
	return got == 0 && used > 0;
}

static bool refuses(const struct map_trial *self, const struct mm_broker_args *base,
                    const struct spoil *spoil)
{
	struct mm_broker_args args = *base;
	uint64_t start = 0;
	memcpy((char *)&args + spoil->offset, &spoil->value, spoil->size);
	int64_t status = rustos_mm_broker(&args, &start);
	struct mm_layout layout = map_layout_now(self);
	bool is_same = memcmp(&layout, &self->layout, sizeof layout) == 0;
	if (status == spoil->status && is_same && !start)
		return true;
	print("# op %d: %lx at %lu answers %ld%s\n", base->op, (unsigned long)spoil->value,
	      (unsigned long)spoil->offset, (long)status, is_same ? "" : ", and changes the map");
	return false;
}

bool map_refuses_all(const struct map_trial *self, const struct mm_broker_args *base,
                     const struct spoil *spoils, size_t count)
{
	bool good = true;
	for (size_t i = 0; i < count; i++)
		good &= refuses(self, base, &spoils[i]);
	return good;
}

/* Processes and requests, but not that of the process. */
bool map_refuses_any(const struct map_trial *self, const struct mm_broker_args *base)
{
	const struct spoil others[] = {
	        SPOIL(target_pid, self->own_pid, ERR_NO_PROCESS),
	        SPOIL(target_pid, self->pid | 1ULL << 32, ERR_NO_PROCESS),
	        SPOIL(reply_cap, self->own_cap, ERR_NO_PROCESS),
	        SPOIL(reply_cap, self->reply_cap ^ 1ULL << 63, ERR_NO_PROCESS),
	};
	return REFUSES(self, base, others) & REFUSES(self, base, header_spoils);
}

void map_trial_begin(struct map_trial *self)
{
	self->layout = map_layout_now(self);
	memset(map_answer, ONES, sizeof map_answer);
	tap_check(self->tap, self->layout.user_range_end && read_maps(self, maps_before),
	          "there is a map");
}

void map_trial_end(const struct map_trial *self, bool good)
{
	bool is_untouched = true;
	for (size_t i = 0; i < sizeof map_answer; i++)
		is_untouched &= map_answer[i] == ONES;
	tap_check(self->tap, good && is_untouched, "with one field that cannot be it is refused");
	tap_check(self->tap,
	          read_maps(self, maps_after) &&
	                  str_equal(str_from_c(maps_before), str_from_c(maps_after)),
	          "and the process's map is the same");
}

bool map_refuses_asking(const struct map_trial *self, const struct mm_broker_args *base)
{
	return REFUSES(self, base, ask_spoils);
}

bool map_refuses_change(const struct map_trial *self, const struct mm_broker_args *base)
{
	return REFUSES(self, base, change_spoils);
}

bool map_refuses_rights(const struct map_trial *self, const struct mm_broker_args *base)
{
	return REFUSES(self, base, rights_spoils);
}

bool map_refuses_no_file(const struct map_trial *self, const struct mm_broker_args *base)
{
	return REFUSES(self, base, no_file_spoils);
}

bool map_refuses_file(const struct map_trial *self, const struct mm_broker_args *base)
{
	return REFUSES(self, base, file_spoils);
}
