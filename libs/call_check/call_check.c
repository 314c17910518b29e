#include "call_check.h"

enum { ONES = 0xff };

static struct call_room call_room;

int64_t call_try(const struct call_row *row, const uint64_t a[CALL_ARGUMENTS])
{
	return rustos_syscall(row->number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static bool call_is_memory(const struct call_argument *argument)
{
	return argument->kind != CALL_VALUE && argument->kind != CALL_U32;
}

bool call_names(const struct call_row *row, int64_t answer)
{
	for (const int *error = row->errors; *error; error++)
		if (*error == answer)
			return true;
	return false;
}

void call_prepare(const struct call_row *row, struct call_room *room, uint64_t a[CALL_ARGUMENTS])
{
	for (size_t i = 0; i < CALL_ARGUMENTS; i++)
		a[i] = 0;
	for (size_t i = 0; i < row->count; i++) {
		const struct call_argument *argument = &row->arguments[i];
		if (!call_is_memory(argument))
			continue;
		a[i] = (uintptr_t)room->bytes;
		if (argument->length >= 0)
			a[argument->length] = 1;
	}
}

/* One try; says what was wrong with it. */
static bool call_refuses(const struct call_row *row, const uint64_t a[CALL_ARGUMENTS],
                         const char *what)
{
	int64_t answer = call_try(row, a);
	if (call_names(row, answer))
		return true;
	print("# %s: %s answers %ld (%lx %lx %lx %lx %lx %lx)\n", row->name, what, (long)answer,
	      (unsigned long)a[0], (unsigned long)a[1], (unsigned long)a[2], (unsigned long)a[3],
	      (unsigned long)a[4], (unsigned long)a[5]);
	return false;
}

static bool call_check_address(const struct call_row *row, size_t position)
{
	const struct call_argument *argument = &row->arguments[position];
	const uint64_t bad[] = {
	        0,
	        1,
	        CALL_PAGE,
	        call_room.end,
	        call_room.end - 1, /* all but the first byte is gone; of a string the NUL */
	        (1ull << 47) - 1,
	        1ull << 47,
	        0xffff800000000000,
	        0xffffffff80200000, /* the kernel's code */
	        UINT64_MAX,
	        UINT64_MAX - 7,
	        (uintptr_t)call_rows, /* may only be read */
	};
	bool good = true;
	uint64_t a[CALL_ARGUMENTS];
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		bool is_mapped = bad[i] == (uintptr_t)call_rows;
		bool fits = bad[i] == call_room.end - 1 && argument->size == 1;
		if ((is_mapped && argument->kind != CALL_OUT) || fits)
			continue;
		call_prepare(row, &call_room, a);
		a[position] = bad[i];
		good &= call_refuses(row, a, "a bad address");
	}
	return good;
}

static bool call_check_length(const struct call_row *row, size_t position)
{
	const struct call_argument *argument = &row->arguments[position];
	const uint64_t beyond[] = {argument->max + 1, 1ull << 32, 1ull << 63, UINT64_MAX};
	bool good = true;
	uint64_t a[CALL_ARGUMENTS];
	if (argument->length < 0)
		return true;
	for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
		call_prepare(row, &call_room, a);
		a[argument->length] = beyond[i];
		good &= beyond[i] <= argument->max || call_refuses(row, a, "a length");
	}
	/* as many as there may be, from the last byte of memory on */
	call_prepare(row, &call_room, a);
	a[position] = call_room.end - 1;
	a[argument->length] = argument->max;
	return good & call_refuses(row, a, "the end of memory");
}

static bool call_check_number(const struct call_row *row, size_t position)
{
	uint64_t a[CALL_ARGUMENTS];
	call_prepare(row, &call_room, a);
	a[position] = 1ull << 32;
	bool good = call_refuses(row, a, "a number of 33 bits");
	a[position] = UINT64_MAX;
	return good & call_refuses(row, a, "a number of 64 bits");
}

/* A version, sizes, flags, handles and reserved fields that cannot be. */
static bool call_check_ones(const struct call_row *row)
{
	uint64_t a[CALL_ARGUMENTS];
	call_prepare(row, &call_room, a);
	for (size_t i = 0; i < CALL_ROOM_BYTES; i++)
		call_room.bytes[i] = ONES;
	bool good = call_refuses(row, a, "a structure of ones");
	for (size_t i = 0; i < CALL_ROOM_BYTES; i++)
		call_room.bytes[i] = 0;
	return good;
}

static bool call_check_row(const struct call_row *row, bool *out_tried)
{
	bool good = true;
	for (size_t i = 0; i < row->count; i++) {
		const struct call_argument *argument = &row->arguments[i];
		if (argument->kind == CALL_VALUE)
			continue;
		*out_tried = true;
		if (argument->kind == CALL_U32) {
			good &= call_check_number(row, i);
			continue;
		}
		good &= call_check_address(row, i) & call_check_length(row, i);
		if (argument->kind == CALL_IN && argument->length < 0)
			good &= call_check_ones(row) & call_check_fields(row, &call_room, i);
	}
	return good;
}

static enum status call_room_prepare(void)
{
	uint64_t start;
	if (call_room.end)
		return OK;
	enum status status =
	        rustos_memory_map(0, 2 * CALL_PAGE, MEMORY_READ | MEMORY_WRITE, 0, &start);
	if (status == OK)
		status = rustos_memory_unmap(start + CALL_PAGE, CALL_PAGE);
	if (status != OK)
		return status;
	call_room.end = start + CALL_PAGE;
	*(char *)(call_room.end - 1) = 'x';
	return OK;
}

void call_check_hostile(struct tap *tap, int capability)
{
	tap_check_equal(tap, call_room_prepare(), OK, "there is memory, and its end");
	for (size_t i = 0; i < sizeof call_rows / sizeof call_rows[0]; i++) {
		const struct call_row *row = &call_rows[i];
		bool tried = false;
		if (!row->is_live || !row->returns || row->capability != capability)
			continue;
		bool good = call_check_row(row, &tried);
		if (!good || tried)
			tap_check(tap, good, row->name);
	}
}

void call_check_refusals(struct tap *tap)
{
	for (size_t i = 0; i < sizeof call_rows / sizeof call_rows[0]; i++) {
		const struct call_row *row = &call_rows[i];
		int64_t expected = row->is_live ? ERR_ACCESS_DENIED : ERR_NOT_IMPLEMENTED;
		if (row->is_live && row->capability < 0)
			continue;
		uint64_t a[CALL_ARGUMENTS], ones[CALL_ARGUMENTS];
		call_prepare(row, &call_room, a);
		for (size_t j = 0; j < CALL_ARGUMENTS; j++)
			ones[j] = UINT64_MAX;
		tap_check(tap, call_try(row, a) == expected && call_try(row, ones) == expected,
		          row->name);
	}
}

void call_check_guarded(struct tap *tap)
{
	static const uint64_t guarded[] = {SYS_RUSTOS_DEVICE_LIST, SYS_RUSTOS_VFS_DROP_CONTENT,
	                                   SYS_RUSTOS_VFS_LIST_NODES, SYS_RUSTOS_SERVICE_KEEP,
	                                   SYS_RUSTOS_SERVICE_KEPT};
	for (size_t i = 0; i < sizeof call_rows / sizeof call_rows[0]; i++) {
		uint64_t a[CALL_ARGUMENTS];
		for (size_t j = 0; j < sizeof guarded / sizeof guarded[0]; j++) {
			if (call_rows[i].number != guarded[j])
				continue;
			call_prepare(&call_rows[i], &call_room, a);
			tap_check_equal(tap, call_try(&call_rows[i], a), ERR_ACCESS_DENIED,
			                call_rows[i].name);
		}
	}
}
