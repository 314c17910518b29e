/*
 * Frames between the host tool and the agent in the guest, over a line that loses nothing.
 *
 * A frame is one byte of type and its payload, between AGENT_MARK_END bytes; such bytes inside are
 * written as pairs (as RFC 1055 does), so that either side finds the next frame whatever came
 * before: the other side may have gone away in the middle of one. Numbers are little endian.
 */
#pragma once

#include <base/str.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	AGENT_PAYLOAD_MAX = 4096,
	AGENT_LENT_MIN = 512, /* what is shorter is not worth it */
	AGENT_LENT_MAX = 65536,
	AGENT_LENT_BYTES = 8,
	AGENT_RELOADED_WORDS = 4,
	AGENT_RESUMED_RANDOM = 64,
	AGENT_RESUMED_BYTES = 12 + AGENT_RESUMED_RANDOM,
	AGENT_WIRE_MAX = 2 * (AGENT_PAYLOAD_MAX + 1) + 2,
	AGENT_MARK_END = 0xc0,
	AGENT_MARK_PAIR = 0xdb,
	AGENT_PAIR_END = 0xdc,
	AGENT_PAIR_PAIR = 0xdd,
};

enum agent_frame_type {
	/* to the agent */
	AGENT_HELLO = 'H', /* any bytes; ends what an earlier host has begun */
	AGENT_RUN = 'R', /* a command for the shell, which has nothing to read */
	AGENT_RUN_READING = 'Q', /* one that reads what comes as INPUT */
	AGENT_INPUT =
	        'I', /* the next bytes, once those before were taken; none: there are no more */
	AGENT_PUT = 'P', /* mode u32, path: a file is begun */
	AGENT_RELOAD =
	        'L', /* size u32, package: a program is begun that is to replace a service's */
	AGENT_DATA = 'D', /* the next bytes of either */
	AGENT_CLOSE = 'C', /* it is whole */
	AGENT_KILL = 'K', /* the running command */
	AGENT_MEMORY = 'M', /* the host sees the memory that it lends; behind the welcome */
	AGENT_POWER_OFF = 'O',
	AGENT_RESUMED = 'T', /* struct agent_resumed: the machine went on from a snapshot */
	/* from it */
	AGENT_BEGUN = 'b', /* it has just started: what was asked of one before is lost */
	AGENT_WELCOME = 'w', /* the bytes of the hello */
	AGENT_OUT = 'o', /* what the command wrote to its standard output */
	AGENT_ERROR = 'e', /* and to the other one */
	AGENT_INPUT_TAKEN = 'i', /* of INPUT: it lies with the command, or nobody will read it */
	AGENT_STATUS = 's', /* i32: of the command, as a shell has it; of PUT, RELOAD, CLOSE and
	                       RESUMED, 0 or -errno */
	AGENT_MEMORY_THERE = 'm', /* so does the guest: from now on frames may lie there */
	/* in both directions; each has its half of the memory */
	AGENT_LENT = 'B', /* type u32, size u32: a frame of OUT, ERROR, INPUT or DATA lies there */
	AGENT_TAKEN = 'A', /* it does no more: the next one may */
	AGENT_RELOADED = 'r', /* of CLOSE after RELOAD, before its status: struct agent_reloaded */
};

/* On the wire: AGENT_RELOADED_WORDS times u32. */
struct agent_reloaded {
	uint32_t old_pid, new_pid;
	uint32_t took_us;
	uint32_t last_status; /* of one that ended too soon */
};

/*
 * What a machine cannot know that was started from a snapshot: the time, and numbers that others
 * from the same snapshot do not have. On the wire: low and high half of the seconds since 1970,
 * nanoseconds, each u32; random bytes.
 */
struct agent_resumed {
	uint64_t seconds;
	uint32_t nanoseconds;
	char random[AGENT_RESUMED_RANDOM];
};

struct agent_frame {
	uint8_t type;
	struct str payload;
};

/* Into out, which has room for AGENT_WIRE_MAX; payload at most AGENT_PAYLOAD_MAX. The bytes. */
size_t agent_frame_encode(char *out, uint8_t type, struct str payload);

struct agent_decoder {
	uint8_t bytes[AGENT_PAYLOAD_MAX + 1];
	size_t len;
	bool pair; /* the second byte of one is due */
	bool broken; /* no frame until the next mark */
};

/* True: a frame is whole; it lies in the decoder until the next byte. */
bool agent_decoder_feed(struct agent_decoder *decoder, uint8_t byte, struct agent_frame *out_frame);

static inline uint32_t agent_u32(const char *bytes)
{
	const uint8_t *b = (const uint8_t *)bytes;
	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline void agent_put_u32(char *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (char)(value >> 8 * i);
}

static inline void agent_resumed_encode(char out[AGENT_RESUMED_BYTES],
                                        const struct agent_resumed *resumed)
{
	agent_put_u32(out, (uint32_t)resumed->seconds);
	agent_put_u32(out + 4, (uint32_t)(resumed->seconds >> 32));
	agent_put_u32(out + 8, resumed->nanoseconds);
	for (int i = 0; i < AGENT_RESUMED_RANDOM; i++)
		out[12 + i] = resumed->random[i];
}

/* False: it has another length. */
static inline bool agent_resumed_decode(struct str payload, struct agent_resumed *out_resumed)
{
	if (payload.len != AGENT_RESUMED_BYTES)
		return false;
	out_resumed->seconds = agent_u32(payload.ptr) | (uint64_t)agent_u32(payload.ptr + 4) << 32;
	out_resumed->nanoseconds = agent_u32(payload.ptr + 8);
	for (int i = 0; i < AGENT_RESUMED_RANDOM; i++)
		out_resumed->random[i] = payload.ptr[12 + i];
	return true;
}

static inline void agent_lent_encode(char out[AGENT_LENT_BYTES], uint8_t type, size_t len)
{
	agent_put_u32(out, type);
	agent_put_u32(out + 4, (uint32_t)len);
}

/* False: it makes no sense. The bytes are still to be fetched. */
static inline bool agent_lent_decode(struct str payload, uint8_t *out_type, size_t *out_len)
{
	if (payload.len != AGENT_LENT_BYTES)
		return false;
	uint32_t type = agent_u32(payload.ptr);
	*out_type = (uint8_t)type;
	*out_len = agent_u32(payload.ptr + 4);
	bool fits = *out_len <= AGENT_LENT_MAX;
	return fits && (type == AGENT_OUT || type == AGENT_ERROR || type == AGENT_INPUT ||
	                type == AGENT_DATA);
}
