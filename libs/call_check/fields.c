/*
 * Structures with one field that cannot be: an address, a length, a version, something in what has
 * to be 0. What the kernel says to a wrong version or a reserved field is an error; an address or a
 * number that it does not look at may be anything, but whatever is answered, the registry names it.
 */
#include "call_check.h"
#include <string.h>

enum { FIELD_VERSION = 1, FIELD_ONE = 1 };

struct field_trial {
	const struct call_row *row;
	struct call_room *room;
	const struct call_field *fields;
	uint64_t arguments[CALL_ARGUMENTS];
};

static uintptr_t field_memory(const struct field_trial *trial)
{
	return (uintptr_t)trial->room->bytes + CALL_ROOM_BYTES / 2;
}

static void field_set(const struct field_trial *trial, const struct call_field *field,
                      uint64_t value)
{
	memcpy(trial->room->bytes + field->offset, &value, field->size);
}

/* The right version, memory, lengths of one; all else is 0. */
static void fields_fill(const struct field_trial *trial)
{
	memset(trial->room->bytes, 0, CALL_ROOM_BYTES);
	for (const struct call_field *field = trial->fields; field->size; field++) {
		if (field->kind == CALL_FIELD_ADDRESS)
			field_set(trial, field, field_memory(trial));
		else if (field->kind == CALL_FIELD_LENGTH)
			field_set(trial, field, FIELD_ONE);
		else if (field->kind == CALL_FIELD_VERSION)
			field_set(trial, field, FIELD_VERSION);
	}
}

static bool field_answers(const struct field_trial *trial, const struct call_field *field,
                          uint64_t value, bool must_refuse)
{
	int64_t answer = call_try(trial->row, trial->arguments);
	if (call_names(trial->row, answer) || (answer >= 0 && !must_refuse))
		return true;
	print("# %s: %s of %lx answers %ld\n", trial->row->name, field->name, (unsigned long)value,
	      (long)answer);
	return false;
}

static bool field_try(const struct field_trial *trial, const struct call_field *field,
                      const uint64_t *values, bool must_refuse)
{
	bool good = true;
	for (; *values; values++) {
		fields_fill(trial);
		field_set(trial, field, *values);
		good &= field_answers(trial, field, *values, must_refuse);
	}
	return good;
}

/* As many as there may be, from the last byte of memory on. */
static bool field_try_end(const struct field_trial *trial, const struct call_field *address)
{
	const struct call_field *length = address + 1;
	fields_fill(trial);
	field_set(trial, address, trial->room->end - 1);
	if (length->size && length->kind == CALL_FIELD_LENGTH)
		field_set(trial, length, UINT64_MAX);
	return field_answers(trial, address, trial->room->end - 1, false);
}

static bool field_check(const struct field_trial *trial, const struct call_field *field)
{
	/* 0 ends a list */
	static const uint64_t not_zero[] = {1, UINT64_MAX, 0};
	static const uint64_t versions[] = {FIELD_VERSION + 1, UINT64_MAX, 1ull << 15, 0};
	static const uint64_t numbers[] = {1, 2, 0xffff, 1ull << 31, 1ull << 63, UINT64_MAX, 0};
	static const uint64_t lengths[] = {
	        2,          255,        256,        4095,           4096,       4097,
	        0xffff,     1ull << 16, 1ull << 31, UINT32_MAX,     1ull << 32, 1ull << 47,
	        1ull << 62, 1ull << 63, UINT64_MAX, UINT64_MAX - 7, 0};
	static const uint64_t addresses[] = {1,
	                                     CALL_PAGE,
	                                     (1ull << 47) - 1,
	                                     1ull << 47,
	                                     1ull << 63,
	                                     0xffff800000000000,
	                                     0xffffffff80200000,
	                                     UINT64_MAX,
	                                     UINT64_MAX - 7,
	                                     0};
	switch (field->kind) {
	case CALL_FIELD_RESERVED:
		return field_try(trial, field, not_zero, true);
	case CALL_FIELD_VERSION:
		return field_try(trial, field, versions, true);
	case CALL_FIELD_LENGTH:
		return field_try(trial, field, lengths, false);
	case CALL_FIELD_ADDRESS:
		return field_try(trial, field, addresses, false) & field_try_end(trial, field);
	case CALL_FIELD_VALUE:
		return field_try(trial, field, numbers, false);
	}
	return false;
}

/* A field that is 0 though it may not be: no version, no memory, nothing of it. */
static bool field_check_zero(const struct field_trial *trial, const struct call_field *field)
{
	fields_fill(trial);
	field_set(trial, field, 0);
	return field_answers(trial, field, 0, field->kind == CALL_FIELD_VERSION);
}

bool call_check_fields(const struct call_row *row, struct call_room *room, size_t position)
{
	struct field_trial trial = {
	        .row = row, .room = room, .fields = row->arguments[position].fields};
	bool good = true;
	if (!trial.fields)
		return true;
	call_prepare(row, room, trial.arguments);
	for (const struct call_field *field = trial.fields; field->size; field++)
		good &= field_check(&trial, field) & field_check_zero(&trial, field);
	memset(room->bytes, 0, CALL_ROOM_BYTES);
	return good;
}
