#include "engine/state/record.h"
#include <string.h>

static void record_read(struct record_reader *r, void *out_bytes, size_t size)
{
	if (r->failed || (size_t)(r->end - r->at) < size) {
		r->failed = true;
		memset(out_bytes, 0, size);
		return;
	}
	memcpy(out_bytes, r->at, size);
	r->at += size;
}

uint8_t record_read_u8(struct record_reader *r)
{
	uint8_t value;
	record_read(r, &value, sizeof value);
	return value;
}

uint32_t record_read_u32(struct record_reader *r)
{
	uint32_t value;
	record_read(r, &value, sizeof value);
	return value;
}

uint64_t record_read_u64(struct record_reader *r)
{
	uint64_t value;
	record_read(r, &value, sizeof value);
	return value;
}

struct digest record_read_digest(struct record_reader *r)
{
	struct digest digest;
	record_read(r, &digest, sizeof digest);
	return digest;
}

struct str record_read_str(struct record_reader *r)
{
	size_t len = record_read_u32(r);
	if (r->failed || (size_t)(r->end - r->at) < len) {
		r->failed = true;
		return STR("");
	}
	struct str s = {r->at, len};
	r->at += len;
	return s;
}

void record_add_u8(struct text *t, uint8_t value)
{
	text_add(t, (struct str){(const char *)&value, sizeof value});
}

void record_add_u32(struct text *t, uint32_t value)
{
	text_add(t, (struct str){(const char *)&value, sizeof value});
}

void record_add_u64(struct text *t, uint64_t value)
{
	text_add(t, (struct str){(const char *)&value, sizeof value});
}

void record_add_digest(struct text *t, const struct digest *digest)
{
	text_add(t, (struct str){(const char *)digest->bytes, sizeof digest->bytes});
}

void record_add_str(struct text *t, struct str s)
{
	record_add_u32(t, (uint32_t)s.len);
	text_add(t, s);
}

static uint64_t checksum_step(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0xff51afd7ed558ccdu; /* odd, so that no two sums meet */
	return sum ^ sum >> 32;
}

uint64_t record_checksum(struct str bytes)
{
	uint64_t sum = checksum_step(0x9e3779b97f4a7c15u, bytes.len), word;
	for (; bytes.len >= sizeof word; bytes = str_slice(bytes, sizeof word, bytes.len)) {
		memcpy(&word, bytes.ptr, sizeof word);
		sum = checksum_step(sum, word);
	}
	word = 0;
	if (bytes.len)
		memcpy(&word, bytes.ptr, bytes.len);
	return checksum_step(sum, word);
}
