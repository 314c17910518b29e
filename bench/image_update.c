/*
 * The boot image beside the programs that others make such images with, on one tree: 5,000 files,
 * 500 MB.
 *
 * Whole images: ours, mkfs.fat + mcopy, genimage, xorriso (an ISO). One changed file of 100 KB:
 * ours in place, told what changed as the engine tells it, and `mcopy -o`, told by its arguments;
 * each in a process of its own, started and waited for. Rows go to build/bench/image_update.json.
 * Sources and images lie in the page cache. Ours forces journal and image to the disk, mcopy
 * nothing; so there is a row with mcopy followed by one fsync() of its image, and one of ours that
 * forces nothing.
 */
#include "image/update/update.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 5000, FOLDERS = 50, FILE_BYTES = 100000, ROUNDS_WHOLE = 3, ROUNDS_UPDATE = 31 };

#define FOLDER "build/bench/image"
#define CHANGED "d07/file-0207.bin"
#define RESULT "build/bench/image_update.json"

struct bench {
	struct arena arena;
	struct image_request request;
	struct action_input *known; /* of each file */
	size_t changed; /* index of CHANGED */
	uint64_t changes; /* a seed for each */
	bool forces; /* what is written to the disk */
	struct image_update_report *report; /* shared with children */
	FILE *result;
};

/* This program's own stand before the C library's; a child of the rows that force nothing sets
 * this. */
static bool forces_nothing;

int fsync(int fd)
{
	return forces_nothing ? 0 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	return forces_nothing ? 0 : (int)syscall(SYS_fdatasync, fd);
}

static void fail(const char *what)
{
	fprintf(stderr, "image_update: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void content_fill(uint64_t *words, uint64_t seed)
{
	for (size_t i = 0; i < FILE_BYTES / 8; i++) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		words[i] = seed;
	}
}

static void tree_make(struct bench *b)
{
	uint64_t *words = arena_alloc(&b->arena, FILE_BYTES);
	b->known = ARENA_ARRAY(&b->arena, struct action_input, FILES);
	for (size_t i = 0; i < FILES; i++) {
		struct str path = str_format(&b->arena, "d%02zu/file-%04zu.bin", i % FOLDERS, i);
		struct str host = str_format(&b->arena, FOLDER "/tree/%s", path.ptr);
		struct str content = {(const char *)words, FILE_BYTES};
		content_fill(words, i + 1);
		if (file_write(host.ptr, content, 0644) != 0)
			fail(host.ptr);
		image_files_add(&b->request.files, &b->arena, path, host);
		b->known[i] = (struct action_input){digest_bytes(content), FILE_BYTES};
		if (str_equal(path, STR(CHANGED)))
			b->changed = i;
	}
	for (size_t i = 0; i < FILES; i++)
		b->request.files.items[i].known = &b->known[i];
}

static void file_change(struct bench *b, uint64_t seed)
{
	static uint64_t words[FILE_BYTES / 8];
	struct str content = {(const char *)words, FILE_BYTES};
	content_fill(words, seed);
	if (file_write(FOLDER "/tree/" CHANGED, content, 0644) != 0)
		fail(CHANGED);
	b->known[b->changed].digest = digest_bytes(content);
}

/* Until the child has ended. */
static double child_us(struct bench *b, void (*body)(struct bench *b))
{
	double begin = now_us();
	pid_t pid = fork();
	if (pid == 0) {
		body(b);
		_exit(0);
	}
	int status;
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status != 0)
		fail("a process failed");
	return now_us() - begin;
}

static void ours(struct bench *b)
{
	struct text why = {.arena = &b->arena};
	forces_nothing = !b->forces;
	if (image_update(&b->request, FOLDER "/ours.img", b->report, &why) != 0) {
		fprintf(stderr, "%.*s\n", STR_ARG(text_str(&why)));
		_exit(1);
	}
}

static void shell(const char *line)
{
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	_exit(127);
}

static void fat_whole(struct bench *)
{
	shell("cd " FOLDER
	      " && rm -f fat.img && /usr/sbin/mkfs.fat -C -F 32 --invariant fat.img 620000 "
	      ">/dev/null && mcopy -s -Q -i fat.img tree/* ::");
}

static void genimage_whole(struct bench *)
{
	shell("cd " FOLDER
	      " && rm -rf gen && mkdir gen && PATH=$PATH:/usr/sbin genimage --rootpath "
	      "empty --inputpath . --outputpath gen --tmppath gen/tmp --config genimage.cfg "
	      ">gen/log 2>&1");
}

static void xorriso_whole(struct bench *)
{
	shell("cd " FOLDER " && rm -f disk.iso && xorriso -outdev disk.iso -map tree / -commit "
	      ">xorriso.log 2>&1");
}

static void mcopy_one(struct bench *b)
{
	pid_t pid = b->forces ? vfork() : 0;
	if (pid > 0) {
		int status, fd;
		bool done = waitpid(pid, &status, 0) == pid && status == 0;
		fd = open(FOLDER "/fat.img", O_RDONLY | O_CLOEXEC);
		_exit(done && fd >= 0 && fsync(fd) == 0 ? 0 : 1);
	}
	execlp("mcopy", "mcopy", "-o", "-D", "o", "-Q", "-i", FOLDER "/fat.img",
	       FOLDER "/tree/" CHANGED, "::/" CHANGED, (char *)NULL);
	_exit(127);
}

static int compare_doubles(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static double whole_ms(struct bench *b, void (*body)(struct bench *b))
{
	double times[ROUNDS_WHOLE];
	for (size_t i = 0; i < ROUNDS_WHOLE; i++) {
		(void)unlink(FOLDER "/ours.img"); /* each round begins with none */
		times[i] = child_us(b, body) / 1000;
	}
	qsort(times, ROUNDS_WHOLE, sizeof times[0], compare_doubles);
	return times[ROUNDS_WHOLE / 2];
}

struct row {
	const char *name;
	double value;
	const char *unit, *peer;
	double peer_value;
};

static void row_add(struct bench *b, const struct row *r)
{
	fprintf(b->result,
	        "{\"name\":\"%s\",\"value\":%.0f,\"unit\":\"%s\",\"peer\":\"%s\",\"peer_value\":%."
	        "0f}\n",
	        r->name, r->value, r->unit, r->peer, r->peer_value);
	printf("%s: %.0f %s, %s %.0f %s\n", r->name, r->value, r->unit, r->peer, r->peer_value,
	       r->unit);
}

static void bench_whole(struct bench *b)
{
	const char *name = "image of 5000 files, 500 MB";
	double theirs[] = {whole_ms(b, genimage_whole), whole_ms(b, xorriso_whole),
	                   whole_ms(b, fat_whole)};
	double value = whole_ms(b, ours);
	row_add(b, &(struct row){name, value, "ms", "mkfs.fat + mcopy", theirs[2]});
	row_add(b, &(struct row){name, value, "ms", "genimage", theirs[0]});
	row_add(b, &(struct row){name, value, "ms", "xorriso", theirs[1]});
}

/* Both in turns, so that whatever else the machine does meets both. */
static void update_measure(struct bench *b, const char *name, const char *peer)
{
	double value[ROUNDS_UPDATE], theirs[ROUNDS_UPDATE];
	for (size_t i = 0; i < ROUNDS_UPDATE; i++) {
		file_change(b, ++b->changes);
		theirs[i] = child_us(b, mcopy_one);
		value[i] = child_us(b, ours);
		if (b->report->whole)
			fail("the image was written anew");
	}
	qsort(value, ROUNDS_UPDATE, sizeof value[0], compare_doubles);
	qsort(theirs, ROUNDS_UPDATE, sizeof theirs[0], compare_doubles);
	row_add(b, &(struct row){name, value[ROUNDS_UPDATE / 2], "us", peer,
	                         theirs[ROUNDS_UPDATE / 2]});
}

static void bench_update(struct bench *b)
{
	b->changes = 1000000;
	b->forces = false;
	update_measure(b, "one changed 100 KB file in that image, forced by neither", "mcopy -o");
	b->forces = true;
	update_measure(b, "one changed 100 KB file in that image, forced to the disk by both",
	               "mcopy -o and fsync");
	double written = (double)(b->report->image_bytes + b->report->journal_bytes +
	                          b->report->record_bytes);
	row_add(b, &(struct row){"bytes written for one changed 100 KB file", written, "bytes",
	                         "the changed bytes", FILE_BYTES});
}

int main(void)
{
	struct bench b = {
	        .request = {.format = IMAGE_DISK,
	                    .label = STR("BENCH"),
	                    .slack_percent = 10,
	                    .epoch = 1700000000,
	                    .identity = STR("bench")},
	        .report = mmap(NULL, sizeof *b.report, PROT_READ | PROT_WRITE,
	                       MAP_SHARED | MAP_ANONYMOUS, -1, 0),
	};
	static const char recipe[] = "image fat.img { vfat { files = { ";
	host_arena_init(&b.arena);
	if (b.report == MAP_FAILED || tree_remove(FOLDER) != 0)
		fail(FOLDER);
	tree_make(&b);
	struct text config = {.arena = &b.arena};
	text_add(&config, str_from_c(recipe));
	for (size_t i = 0; i < FOLDERS; i++)
		text_addf(&config, "%s\"tree/d%02zu\"", i ? ", " : "", i);
	text_addf(&config, " } }\n size = 620M\n}\n");
	if (file_write(FOLDER "/genimage.cfg", text_str(&config), 0644) != 0 ||
	    folder_create(FOLDER "/empty") != 0 || !(b.result = fopen(RESULT, "w")))
		fail(FOLDER);
	bench_whole(&b);
	bench_update(&b);
	if (fclose(b.result) != 0)
		fail(RESULT);
	return tree_remove(FOLDER) ? 1 : 0;
}
