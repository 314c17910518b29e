/* The first user program's view of the kernel: each function checks one area. */
#pragma once

#include <tap/api.h>

struct start_facts {
	int argc;
	char **argv;
	char **envp;
};

void check_start(struct tap *tap, const struct start_facts *facts);
void check_image(struct tap *tap, const struct start_facts *facts);
void check_debug_print(struct tap *tap);
void check_refusals(struct tap *tap);
