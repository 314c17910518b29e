/*
 * Bytes of the engine's state files: bounded reading, plain writing, a checksum.
 *
 * The files never leave the machine, so numbers are in its own byte order. A
 * reader that ran past its end has failed set and gives zeros; check it once, at the end.
 */
#pragma once

#include "engine/engine.h"

struct record_reader {
	const char *at;
	const char *end;
	bool failed;
};

uint8_t record_read_u8(struct record_reader *r);
uint32_t record_read_u32(struct record_reader *r);
uint64_t record_read_u64(struct record_reader *r);
struct digest record_read_digest(struct record_reader *r);
/* A length and that many bytes; points into what is read. */
struct str record_read_str(struct record_reader *r);

void record_add_u8(struct text *t, uint8_t value);
void record_add_u32(struct text *t, uint32_t value);
void record_add_u64(struct text *t, uint64_t value);
void record_add_digest(struct text *t, const struct digest *digest);
void record_add_str(struct text *t, struct str s);

/* Against accidents, not against forgery: any change within one 8-byte word is seen. */
uint64_t record_checksum(struct str bytes);
