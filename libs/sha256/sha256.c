#include <sha256/api.h>
#include <string.h>

/* FIPS 180-4, section 4.2.2. */
static const uint32_t sha256_constants[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4,
        0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
        0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f,
        0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
        0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc,
        0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
        0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116,
        0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
        0xc67178f2};

static uint32_t sha256_rotate(uint32_t word, unsigned by)
{
	return word >> by | word << (32 - by);
}

static void sha256_schedule(const uint8_t *block, uint32_t words[64])
{
	for (unsigned i = 0; i < 16; i++, block += 4)
		words[i] = (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 |
		           (uint32_t)block[2] << 8 | block[3];
	for (unsigned i = 16; i < 64; i++) {
		uint32_t a = words[i - 15], b = words[i - 2];
		uint32_t low = sha256_rotate(a, 7) ^ sha256_rotate(a, 18) ^ a >> 3;
		uint32_t high = sha256_rotate(b, 17) ^ sha256_rotate(b, 19) ^ b >> 10;
		words[i] = words[i - 16] + low + words[i - 7] + high;
	}
}

static void sha256_block(struct sha256 *state, const uint8_t *block)
{
	uint32_t words[64], v[8];
	sha256_schedule(block, words);
	memcpy(v, state->words, sizeof v);
	for (unsigned i = 0; i < 64; i++) {
		uint32_t high =
		        sha256_rotate(v[4], 6) ^ sha256_rotate(v[4], 11) ^ sha256_rotate(v[4], 25);
		uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
		uint32_t first = v[7] + high + choice + sha256_constants[i] + words[i];
		uint32_t low =
		        sha256_rotate(v[0], 2) ^ sha256_rotate(v[0], 13) ^ sha256_rotate(v[0], 22);
		uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
		memmove(v + 1, v, 7 * sizeof v[0]);
		v[4] += first;
		v[0] = first + low + majority;
	}
	for (unsigned i = 0; i < 8; i++)
		state->words[i] += v[i];
}

void sha256_init(struct sha256 *state)
{
	*state = (struct sha256){.words = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_update(struct sha256 *state, const void *bytes, size_t len)
{
	const uint8_t *from = bytes;
	while (len) {
		size_t used = state->total % SHA256_BLOCK_BYTES;
		size_t part = SHA256_BLOCK_BYTES - used < len ? SHA256_BLOCK_BYTES - used : len;
		memcpy(state->block + used, from, part);
		state->total += part;
		from += part;
		len -= part;
		if (used + part == SHA256_BLOCK_BYTES)
			sha256_block(state, state->block);
	}
}

void sha256_finish(struct sha256 *state, uint8_t out_digest[SHA256_BYTES])
{
	static const uint8_t padding[SHA256_BLOCK_BYTES] = {0x80};
	uint64_t bits = state->total * 8;
	size_t used = state->total % SHA256_BLOCK_BYTES;
	sha256_update(state, padding, (used < 56 ? 56 : 120) - used);
	uint8_t length[8];
	for (unsigned i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	sha256_update(state, length, sizeof length);
	for (unsigned i = 0; i < SHA256_BYTES; i++)
		out_digest[i] = (uint8_t)(state->words[i / 4] >> (24 - 8 * (i % 4)));
}
