/*
 * Rows that a guest measured of itself, read from its debug console. For the programs of bench/
 * that boot one; each defines BENCH_NAME, by which its files and its errors are known.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XTASK "build/bin/xtask"
#define LOGS "build/bench/" BENCH_NAME "_logs"
#define RESULT "build/bench/" BENCH_NAME ".json"

static void run(const char *command)
{
	if (system(command) == 0)
		return;
	fprintf(stderr, BENCH_NAME ": failed: %s\n", command);
	exit(1);
}

enum { GUEST_TEXT_BYTES = 1 << 20 };

/* What a guest said, in memory that stays; no file is the end. */
static char *read_text(const char *path)
{
	char *text = calloc(1, GUEST_TEXT_BYTES);
	FILE *file = fopen(path, "re");
	if (!text || !file) {
		perror(path);
		exit(1);
	}
	text[fread(text, 1, GUEST_TEXT_BYTES - 1, file)] = '\0';
	fclose(file);
	return text;
}

static char *read_lines(void)
{
	return read_text(LOGS "/debugcon.log");
}

static unsigned long value_of(const char *text, const char *name)
{
	char mark[128];
	unsigned long value;
	snprintf(mark, sizeof mark, "bench: name=%s value=", name);
	const char *found = strstr(text, mark);
	if (found && sscanf(found + strlen(mark), "%lu", &value) == 1)
		return value;
	fprintf(stderr, BENCH_NAME ": the guest gave no %s\n", name);
	exit(1);
}
