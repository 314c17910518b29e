#include "unix_sockets.h"

uint32_t address_make(struct address *out, const char *name, bool is_abstract)
{
	*out = (struct address){.family = LOCAL};
	uint32_t len = is_abstract;
	for (; *name; name++)
		out->path[len++] = *name;
	return (uint32_t)sizeof out->family + len;
}

void pair_make(int32_t pair[2], uint32_t kind)
{
	if (CALL(LINUX_SOCKETPAIR, LOCAL, kind, 0, pair) != OK)
		rustos_process_exit(2);
}

void pair_close(const int32_t pair[2])
{
	CALL(LINUX_CLOSE, pair[0]);
	CALL(LINUX_CLOSE, pair[1]);
}

uint32_t ready(int32_t descriptor)
{
	struct {
		int32_t descriptor;
		uint16_t events, happened;
	} poll = {descriptor, 0xffff, 0};
	CALL(LINUX_POLL, &poll, 1, 0);
	return poll.happened;
}

int main(void)
{
	struct tap tap = {};
	check_streams(&tap);
	check_packets(&tap);
	check_names(&tap);
	check_connections(&tap);
	check_travel(&tap);
	return tap_finish(&tap);
}
