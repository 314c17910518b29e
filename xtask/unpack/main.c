/*
 * xtask-unpack: regular files out of a Debian package (deb(5): an ar archive that holds
 * data.tar.*).
 *
 *     xtask-unpack DEB OUTFILE PATH             the one file PATH of the package, as OUTFILE
 *     xtask-unpack --tree DEB OUTFOLDER PATH... files, and whole folders, below OUTFOLDER
 *     xtask-unpack --pack DEB OUTFILE [PATH...] all of it, or that, with modes, owners and links,
 * as a cpio archive (unpack/pack.h)
 *
 * Exit status 0, 1 when something is not there or can't be written, 2 for wrong usage. Links,
 * devices and paths that leave the package are refused by name; a pack keeps links. A program of
 * its own, so that the tool need not load libarchive.
 */
#include "os/files.h"
#include "unpack/pack.h"
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_WRONG_USAGE = 2, COPY_BYTES = PACK_BUFFER_BYTES };

struct wanted {
	struct str path; /* normalised */
	bool found;
};

struct unpacker {
	struct arena arena;
	const char *deb;
	const char *out;
	bool is_tree; /* whole folders too */
	struct pack *pack; /* NULL: files are made */
	struct wanted *wanted;
	size_t wanted_count;
	struct archive *outer; /* the ar archive, standing at data.tar.* */
	char *outer_block; /* COPY_BYTES: what libarchive reads next */
};

[[gnu::format(printf, 2, 3)]] static int fails(const struct unpacker *u, const char *format, ...)
{
	va_list arguments;
	fprintf(stderr, "xtask-unpack: %s: ", u->deb);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

static la_ssize_t outer_read(struct archive *inner, void *data, const void **out_block)
{
	struct unpacker *u = data;
	la_ssize_t len = archive_read_data(u->outer, u->outer_block, COPY_BYTES);
	*out_block = u->outer_block;
	if (len < 0)
		archive_set_error(inner, EIO, "%s", archive_error_string(u->outer));
	return len;
}

/* The request that path answers: itself, or a folder that it lies in. */
static struct wanted *wanted_find(const struct unpacker *u, struct str path)
{
	for (size_t i = 0; i < u->wanted_count; i++) {
		struct wanted *w = &u->wanted[i];
		bool is_below = str_starts_with(path, w->path) && path.len > w->path.len &&
		                path.ptr[w->path.len] == '/';
		if (str_equal(path, w->path) || (u->is_tree && is_below))
			return w;
	}
	return NULL;
}

static int content_copy(const struct unpacker *u, struct archive *in, const char *target, int fd)
{
	char *block = u->outer_block + COPY_BYTES;
	for (;;) {
		la_ssize_t len = archive_read_data(in, block, COPY_BYTES);
		if (len < 0)
			return fails(u, "%s", archive_error_string(in));
		if (len == 0)
			return EXIT_DONE;
		for (la_ssize_t done = 0; done < len;) {
			ssize_t put = write(fd, block + done, (size_t)(len - done));
			if (put < 0 && errno == EINTR)
				continue;
			if (put <= 0)
				return fails(u, "cannot write %s: %s", target, strerror(errno));
			done += put;
		}
	}
}

static int file_extract(struct unpacker *u, struct archive *in, struct archive_entry *entry,
                        struct str path)
{
	struct str target = str_from_c(u->out);
	if (u->is_tree)
		target = path_join(&u->arena, target, path);
	const char *name = arena_c_str(&u->arena, target);
	int error = folder_create(arena_c_str(&u->arena, path_folder(target)));
	if (error)
		return fails(u, "cannot make the folder of %s: %s", name, strerror(error));
	if (unlink(name) < 0 && errno != ENOENT)
		return fails(u, "cannot replace %s: %s", name, strerror(errno));
	mode_t mode = archive_entry_perm(entry) & 0111 ? 0755 : 0644;
	int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return fails(u, "cannot write %s: %s", name, strerror(errno));
	int status = content_copy(u, in, name, fd);
	if (fchmod(fd, mode) < 0 && status == EXIT_DONE)
		status = fails(u, "cannot write %s: %s", name, strerror(errno));
	if (close(fd) < 0 && status == EXIT_DONE)
		status = fails(u, "cannot write %s: %s", name, strerror(errno));
	if (status != EXIT_DONE)
		unlink(name);
	return status;
}

static int entry_pack(struct unpacker *u, struct archive *in, struct archive_entry *entry,
                      struct str path)
{
	struct str problem = pack_add(u->pack, in, entry, path);
	return problem.len ? fails(u, "%.*s: %.*s", STR_ARG(path), STR_ARG(problem)) : EXIT_DONE;
}

static int entry_take(struct unpacker *u, struct archive *in, struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);
	struct str path;
	if (!name)
		return fails(u, "a path that is no text");
	if (name[0] == '/' || !path_normalise(&u->arena, str_from_c(name), &path))
		return fails(u, "the path %s leaves the package", name);
	struct wanted *wanted = wanted_find(u, path);
	if (u->pack && !u->wanted_count && path.len)
		return entry_pack(u, in, entry, path);
	if (!wanted)
		return EXIT_DONE;
	wanted->found = true;
	if (u->pack)
		return entry_pack(u, in, entry, path);
	const char *link = archive_entry_symlink(entry);
	const char *same = archive_entry_hardlink(entry);
	if (link || same)
		return fails(u, "%s is a link to %s; take that instead", name, link ? link : same);
	if (archive_entry_filetype(entry) == AE_IFDIR) {
		if (u->is_tree)
			return EXIT_DONE; /* made with the first file in it */
		return fails(u, "%s is a folder", name);
	}
	if (archive_entry_filetype(entry) != AE_IFREG)
		return fails(u, "%s is neither a file nor a folder", name);
	return file_extract(u, in, entry, path);
}

static int contents_walk(struct unpacker *u, struct archive *in)
{
	struct archive_entry *entry;
	int result;
	while ((result = archive_read_next_header(in, &entry)) == ARCHIVE_OK) {
		int status = entry_take(u, in, entry);
		if (status != EXIT_DONE)
			return status;
	}
	if (result != ARCHIVE_EOF)
		return fails(u, "%s", archive_error_string(in));
	int status = EXIT_DONE;
	for (size_t i = 0; i < u->wanted_count; i++)
		if (!u->wanted[i].found)
			status = fails(u, "the package has no '%.*s'", STR_ARG(u->wanted[i].path));
	return status;
}

static int contents_read(struct unpacker *u)
{
	struct archive *in = archive_read_new();
	if (!in)
		return fails(u, "out of memory");
	archive_read_support_format_tar(in);
	archive_read_support_filter_gzip(in);
	archive_read_support_filter_bzip2(in);
	archive_read_support_filter_xz(in);
	archive_read_support_filter_zstd(in);
	int status = archive_read_open(in, u, NULL, outer_read, NULL) == ARCHIVE_OK
	                     ? contents_walk(u, in)
	                     : fails(u, "%s", archive_error_string(in));
	archive_read_free(in);
	return status;
}

static int package_read(struct unpacker *u)
{
	struct archive_entry *entry;
	archive_read_support_format_ar(u->outer);
	if (archive_read_open_filename(u->outer, u->deb, COPY_BYTES) != ARCHIVE_OK)
		return fails(u, "%s", archive_error_string(u->outer));
	while (archive_read_next_header(u->outer, &entry) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		if (name && strncmp(name, "data.tar", 8) == 0)
			return contents_read(u);
	}
	return fails(u, "no Debian package: it has no data.tar");
}

static int usage(void)
{
	fputs("usage: xtask-unpack DEB OUTFILE PATH\n"
	      "       xtask-unpack --tree DEB OUTFOLDER PATH...\n"
	      "       xtask-unpack --pack DEB OUTFILE [PATH...]\n",
	      stderr);
	return EXIT_WRONG_USAGE;
}

static int wanted_read(struct unpacker *u, char **words, int count)
{
	u->wanted_count = (size_t)count;
	u->wanted = ARENA_ARRAY(&u->arena, struct wanted, u->wanted_count + 1);
	for (size_t i = 0; i < u->wanted_count; i++)
		if (!path_normalise(&u->arena, str_from_c(words[i]), &u->wanted[i].path) ||
		    !u->wanted[i].path.len)
			return fails(u, "the path %s leaves the package", words[i]);
	return EXIT_DONE;
}

static int run(struct unpacker *u, bool packs)
{
	struct pack pack = {.arena = &u->arena, .buffer = u->outer_block + COPY_BYTES};
	u->outer = archive_read_new();
	if (!u->outer)
		return fails(u, "out of memory");
	if (packs && !(pack.file = fopen(u->out, "we")))
		return fails(u, "cannot write %s: %s", u->out, strerror(errno));
	u->pack = packs ? &pack : NULL;
	int status = package_read(u);
	archive_read_free(u->outer);
	if (packs && !pack_end(&pack) && status == EXIT_DONE)
		status = fails(u, "cannot write %s: %s", u->out, strerror(errno));
	return status;
}

int main(int argc, char **argv)
{
	bool packs = argc > 1 && strcmp(argv[1], "--pack") == 0;
	struct unpacker u = {.is_tree = packs || (argc > 1 && strcmp(argv[1], "--tree") == 0)};
	char **words = argv + 1 + u.is_tree;
	int count = argc - 1 - u.is_tree;
	if (count < (packs ? 2 : 3) || (!u.is_tree && count != 3))
		return usage();
	host_arena_init(&u.arena);
	u.deb = words[0];
	u.out = words[1];
	u.outer_block = arena_alloc(&u.arena, (size_t)COPY_BYTES * 2);
	int status = wanted_read(&u, words + 2, count - 2);
	if (status == EXIT_DONE)
		status = run(&u, packs);
	arena_release(&u.arena);
	return status;
}
