/* What a volume holds, as one number: names, facts and bytes, wherever they lie on the disk. */
#pragma once

#include "image.h"

static inline uint64_t mix(uint64_t digest, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	for (size_t k = 0; k < len; k++)
		digest = (digest ^ at[k]) * 0x100000001b3;
	return digest;
}

static inline uint64_t digest_of_file(struct ext_volume *v, uint32_t inode, uint64_t digest)
{
	static uint8_t bytes[1 << 16];
	size_t len = 1;
	for (uint64_t at = 0; len; at += len) {
		const struct ext_range range = {at, sizeof bytes};
		assert_int_equal(ext_read(v, inode, range, bytes, &len), OK);
		digest = mix(digest, bytes, len);
	}
	return digest;
}

static inline uint64_t digest_of(struct ext_volume *v, uint32_t directory, uint64_t digest)
{
	struct ext_entry entry = {};
	while (ext_list(v, directory, entry.cookie, &entry) == OK) {
		struct ext_facts facts;
		assert_int_equal(ext_facts(v, entry.inode, &facts), OK);
		const uint64_t told[] = {facts.mode, facts.links, facts.size,
		                         (uint64_t)facts.modify_ns};
		digest = mix(digest, entry.name, entry.name_len);
		digest = mix(digest, told, sizeof told);
		if (entry.kind == 0040000 && entry.name[0] != '.')
			digest = digest_of(v, entry.inode, digest);
		if (entry.kind == 0100000)
			digest = digest_of_file(v, entry.inode, digest);
	}
	return digest;
}
