#include <agent/api.h>

static size_t frame_put(char *out, uint8_t byte)
{
	if (byte != AGENT_MARK_END && byte != AGENT_MARK_PAIR) {
		out[0] = (char)byte;
		return 1;
	}
	out[0] = (char)AGENT_MARK_PAIR;
	out[1] = (char)(byte == AGENT_MARK_END ? AGENT_PAIR_END : AGENT_PAIR_PAIR);
	return 2;
}

size_t agent_frame_encode(char *out, uint8_t type, struct str payload)
{
	size_t len = 0;
	out[len++] = (char)AGENT_MARK_END;
	len += frame_put(out + len, type);
	for (size_t i = 0; i < payload.len; i++)
		len += frame_put(out + len, (uint8_t)payload.ptr[i]);
	out[len++] = (char)AGENT_MARK_END;
	return len;
}

/* The frame ends here; an empty one is the gap between two. */
static bool decoder_end(struct agent_decoder *decoder, struct agent_frame *out_frame)
{
	size_t len = decoder->len;
	bool whole = len && !decoder->broken && !decoder->pair;
	decoder->len = 0;
	decoder->pair = decoder->broken = false;
	if (whole)
		*out_frame = (struct agent_frame){
		        .type = decoder->bytes[0],
		        .payload = {(const char *)decoder->bytes + 1, len - 1},
		};
	return whole;
}

bool agent_decoder_feed(struct agent_decoder *decoder, uint8_t byte, struct agent_frame *out_frame)
{
	if (byte == AGENT_MARK_END)
		return decoder_end(decoder, out_frame);
	if (!decoder->pair && byte == AGENT_MARK_PAIR) {
		decoder->pair = true;
		return false;
	}
	if (decoder->pair) {
		decoder->broken |= byte != AGENT_PAIR_END && byte != AGENT_PAIR_PAIR;
		byte = byte == AGENT_PAIR_END ? AGENT_MARK_END : AGENT_MARK_PAIR;
		decoder->pair = false;
	}
	if (decoder->len == sizeof decoder->bytes)
		decoder->broken = true;
	else
		decoder->bytes[decoder->len++] = byte;
	return false;
}
