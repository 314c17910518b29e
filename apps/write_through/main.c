/*
 * Appends record number N to a log by a call that promises that it is on the disk when it ends:
 * O_SYNC, O_DSYNC, and RWF_SYNC and RWF_DSYNC of pwritev2, by turns. Or looks whether the records
 * up to N are there.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { RECORD = 700, WAYS = 4, FLAG_DSYNC = 2, FLAG_SYNC = 4 };

static const struct way {
	int open_flags;
	unsigned write_flags;
} ways[WAYS] = {{O_SYNC, 0}, {0, FLAG_DSYNC}, {O_DSYNC, 0}, {0, FLAG_SYNC}};

static void record_fill(char *record, long number)
{
	memset(record, '.', RECORD);
	(void)snprintf(record, RECORD, "%ld\n", number);
}

static int record_write(const char *path, long number)
{
	char record[RECORD];
	const struct way *way = &ways[number % WAYS];
	const struct iovec part = {record, sizeof record};
	int file = open(path, O_WRONLY | O_CREAT | way->open_flags, 0644);
	record_fill(record, number);
	if (file < 0)
		return 0;
	long done = way->open_flags ? pwrite(file, record, sizeof record, number * RECORD)
	                            : syscall(SYS_pwritev2, file, &part, 1, number * RECORD, 0L,
	                                      (long)way->write_flags);
	return done == RECORD;
}

/* Records from 1 on: none was written only in part, none behind the end. */
static int records_are_there(const char *path, long last)
{
	char record[RECORD], wanted[RECORD];
	int file = open(path, O_RDONLY);
	for (long number = 1; number <= last; number++) {
		record_fill(wanted, number);
		if (pread(file, record, sizeof record, number * RECORD) != RECORD ||
		    memcmp(record, wanted, sizeof record) != 0)
			return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[2], "look") == 0)
		return !records_are_there(argv[1], strtol(argv[3], NULL, 10));
	if (argc != 3 || !record_write(argv[1], strtol(argv[2], NULL, 10))) {
		perror("write_through");
		return 1;
	}
	return 0;
}
