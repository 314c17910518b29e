/* Files in a tmpfs, by system call where the C library would do more. */
#include "linux_bench.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SAMPLES = 1001, PAGE = 4096, FILES = 16, ENTRIES_BYTES = 4096 };

#define FOLDER "/tmp/bench"
#define FILE_PATH FOLDER "/file-00"

struct file_call {
	int fd;
	size_t len;
	char bytes[PAGE];
};

static void open_close(void *)
{
	int fd = open(FILE_PATH, O_RDONLY);
	must(fd >= 0 && close(fd) == 0, "open");
}

static void stat_path(void *)
{
	struct stat status;
	must(stat(FILE_PATH, &status) == 0, "stat");
}

static void read_some(void *context)
{
	struct file_call *call = context;
	must(pread(call->fd, call->bytes, call->len, 0) == (ssize_t)call->len, "pread");
}

static void write_some(void *context)
{
	struct file_call *call = context;
	must(pwrite(call->fd, call->bytes, call->len, 0) == (ssize_t)call->len, "pwrite");
}

/* The whole folder, to its end. */
static void list(void *context)
{
	static char entries[ENTRIES_BYTES];
	int fd = *(int *)context;
	long got;
	must(lseek(fd, 0, SEEK_SET) == 0, "lseek");
	while ((got = syscall(SYS_getdents64, fd, entries, sizeof entries)) > 0)
		;
	must(got == 0, "getdents64");
}

static void folder_make(void)
{
	char path[64];
	struct file_call page = {.len = PAGE};
	must(mkdir(FOLDER, 0755) == 0, "mkdir");
	for (int i = 0; i < FILES; i++) {
		snprintf(path, sizeof path, FOLDER "/file-%02d", i);
		page.fd = open(path, O_RDWR | O_CREAT, 0644);
		must(page.fd >= 0, "open");
		write_some(&page);
		close(page.fd);
	}
}

void bench_files(void)
{
	static struct file_call call;
	folder_make();
	int folder = open(FOLDER, O_RDONLY | O_DIRECTORY);
	call.fd = open(FILE_PATH, O_RDWR);
	must(call.fd >= 0 && folder >= 0, "open");
	row_measure("open_close", SAMPLES, open_close, NULL);
	row_measure("stat", SAMPLES, stat_path, NULL);
	call.len = 1;
	row_measure("read_1", SAMPLES, read_some, &call);
	row_measure("write_1", SAMPLES, write_some, &call);
	call.len = PAGE;
	row_measure("read_4096", SAMPLES, read_some, &call);
	row_measure("write_4096", SAMPLES, write_some, &call);
	row_measure("getdents_16", SAMPLES, list, &folder);
	close(folder);
	close(call.fd);
}
