#include <random/api.h>
#include <sha256/api.h>
#include <string.h>

_Static_assert(RANDOM_KEY_BYTES == (int)SHA256_BYTES);

static uint32_t chacha20_rotate(uint32_t value, unsigned bits)
{
	return value << bits | value >> (32 - bits);
}

static void chacha20_mix(uint32_t *x, const uint8_t at[4])
{
	uint32_t *a = &x[at[0]], *b = &x[at[1]], *c = &x[at[2]], *d = &x[at[3]];
	*a += *b, *d = chacha20_rotate(*d ^ *a, 16);
	*c += *d, *b = chacha20_rotate(*b ^ *c, 12);
	*a += *b, *d = chacha20_rotate(*d ^ *a, 8);
	*c += *d, *b = chacha20_rotate(*b ^ *c, 7);
}

void chacha20_block(const uint8_t key[RANDOM_KEY_BYTES], const struct chacha20_position *position,
                    uint8_t out[CHACHA20_BLOCK_BYTES])
{
	static const uint8_t rounds[8][4] = {{0, 4, 8, 12},  {1, 5, 9, 13},  {2, 6, 10, 14},
	                                     {3, 7, 11, 15}, {0, 5, 10, 15}, {1, 6, 11, 12},
	                                     {2, 7, 8, 13},  {3, 4, 9, 14}};
	uint32_t start[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
	memcpy(start + 4, key, RANDOM_KEY_BYTES);
	start[12] = position->counter;
	memcpy(start + 13, position->nonce, RANDOM_NONCE_BYTES);

	uint32_t x[16];
	memcpy(x, start, sizeof x);
	for (int twice = 0; twice < 10; twice++)
		for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++)
			chacha20_mix(x, rounds[i]);
	for (size_t i = 0; i < sizeof x / sizeof x[0]; i++)
		x[i] += start[i];
	memcpy(out, x, sizeof x);
}

void random_generator_add(struct random_generator *generator, const void *bytes, size_t len)
{
	struct sha256 state;
	sha256_init(&state);
	sha256_update(&state, generator->key, sizeof generator->key);
	sha256_update(&state, bytes, len);
	sha256_finish(&state, generator->key);
}

void random_generator_fill(struct random_generator *generator, void *buffer, size_t len)
{
	struct chacha20_position position = {};
	uint8_t block[CHACHA20_BLOCK_BYTES], *to = buffer, next[RANDOM_KEY_BYTES];
	chacha20_block(generator->key, &position, block);
	memcpy(next, block, sizeof next);
	while (len) {
		position.counter++;
		chacha20_block(generator->key, &position, block);
		size_t part = len < sizeof block ? len : sizeof block;
		memcpy(to, block, part);
		to += part;
		len -= part;
	}
	memcpy(generator->key, next, sizeof next);
	memset(block, 0, sizeof block);
	memset(next, 0, sizeof next);
	/* the compiler must not think that nobody looks */
	__asm__ volatile("" : : "r"(block), "r"(next) : "memory");
}
