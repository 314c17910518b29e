/* What the parts of libs/call_check share. */
#pragma once

#include <call_check/api.h>
#include <rt/call_table.h>

enum { CALL_ARGUMENTS = 6, CALL_PAGE = 4096, CALL_ROOM_BYTES = 1 << 16 };

/* Memory that the calls may use, and two pages of which the second is gone. */
struct call_room {
	uint8_t bytes[CALL_ROOM_BYTES];
	uintptr_t end; /* where memory ends */
};

int64_t call_try(const struct call_row *row, const uint64_t a[CALL_ARGUMENTS]);
/* Is this an error that the registry names for the call? */
bool call_names(const struct call_row *row, int64_t answer);
/* Good memory everywhere, one element each; other numbers are 0. */
void call_prepare(const struct call_row *row, struct call_room *room, uint64_t a[CALL_ARGUMENTS]);

/* The structure that this argument is, with each field in turn being what it cannot be. */
bool call_check_fields(const struct call_row *row, struct call_room *room, size_t position);
