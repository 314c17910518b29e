/* What the tests of local sockets share. Numbers are those of Linux, x86-64. */
#pragma once

#include <linux_calls/api.h>
#include <tap/api.h>

enum {
	LOCAL = 1, /* AF_UNIX */
	STREAM = 1,
	DATAGRAM = 2,
	PACKET = 5,
	NONBLOCK = 04000,
	DO_NOT_WAIT = 0x40,
	NO_SIGNAL = 0x4000,
	PEEK = 2,
	TRUNCATE = 0x20,
};

struct address {
	uint16_t family;
	char path[108];
};

/* Its length, as bind and connect want it; abstract: a NUL goes before the name. */
uint32_t address_make(struct address *out, const char *name, bool is_abstract);
/* A pair, or the test program ends. */
void pair_make(int32_t pair[2], uint32_t kind);
void pair_close(const int32_t pair[2]);
/* poll's events of one descriptor, now. */
uint32_t ready(int32_t descriptor);

void check_streams(struct tap *tap);
void check_packets(struct tap *tap);
void check_names(struct tap *tap);
void check_connections(struct tap *tap);
void check_travel(struct tap *tap);
