#include "image/cpio.h"
#include <base/api.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	CPIO_HEADER_BYTES = 110,
	CPIO_FOLDER_MODE = 0040755,
	CPIO_PROGRAM_MODE = 0100755,
	CPIO_FILE_MODE = 0100644,
	CPIO_COPY_BYTES = 1 << 20,
};

/* The name of the entry that ends an archive. */
#define TRAILER STR("TRAILER!!!")

struct cpio_writer {
	FILE *out;
	const char *out_path;
	struct text *why;
	uint64_t epoch;
	uint32_t inode;
	char *buffer; /* CPIO_COPY_BYTES */
};

static int write_failed(struct cpio_writer *w)
{
	int error = errno ? errno : EIO;
	text_addf(w->why, "cannot write %s: %s", w->out_path, strerror(error));
	return error;
}

static int cpio_pad(struct cpio_writer *w, uint64_t len)
{
	static const char zeros[4];
	size_t pad = (size_t)(-len & 3);
	return fwrite(zeros, 1, pad, w->out) == pad ? 0 : write_failed(w);
}

static int cpio_header(struct cpio_writer *w, struct str path, uint32_t mode, uint64_t size,
                       uint32_t links)
{
	bool is_trailer = mode == 0;
	uint32_t inode = is_trailer ? 0 : ++w->inode;
	uint64_t mtime = is_trailer ? 0 : w->epoch;
	int len = fprintf(w->out, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X",
	                  inode, mode, 0u, 0u, links, (unsigned)mtime, (unsigned)size, 0u, 0u, 0u,
	                  0u, (unsigned)(path.len + 1), 0u);
	if (len != CPIO_HEADER_BYTES || fwrite(path.ptr, 1, path.len, w->out) != path.len ||
	    fputc(0, w->out) == EOF)
		return write_failed(w);
	return cpio_pad(w, CPIO_HEADER_BYTES + path.len + 1);
}

static uint32_t file_mode(const char *start, size_t len)
{
	bool is_elf = len >= 4 && memcmp(start, "\177ELF", 4) == 0;
	bool is_script = len >= 2 && memcmp(start, "#!", 2) == 0;
	return is_elf || is_script ? CPIO_PROGRAM_MODE : CPIO_FILE_MODE;
}

static int changed_while_read(struct cpio_writer *w, const struct image_file *file)
{
	text_addf(w->why, "%s changed while it was read", file->host.ptr);
	return EBUSY;
}

static int cpio_content(struct cpio_writer *w, const struct image_file *file, FILE *in)
{
	uint64_t done = 0;
	bool first = true;
	while (first || done < file->size) {
		size_t len = fread(w->buffer, 1, CPIO_COPY_BYTES, in);
		if (ferror(in)) {
			text_addf(w->why, "cannot read %s: %s", file->host.ptr, strerror(errno));
			return EIO;
		}
		if ((len == 0 && file->size) || done + len > file->size)
			return changed_while_read(w, file);
		if (first)
			TRY(cpio_header(w, file->path, file_mode(w->buffer, len), file->size, 1));
		first = false;
		if (fwrite(w->buffer, 1, len, w->out) != len)
			return write_failed(w);
		done += len;
	}
	return fgetc(in) == EOF ? cpio_pad(w, file->size) : changed_while_read(w, file);
}

static int cpio_file(struct cpio_writer *w, const struct image_file *file)
{
	if (str_equal(file->path, TRAILER)) {
		text_addf(w->why, "a cpio archive can't hold a file named %.*s", STR_ARG(TRAILER));
		return EINVAL;
	}
	if (file->size > UINT32_MAX) {
		text_addf(w->why, "%s is larger than a cpio archive can hold", file->host.ptr);
		return EFBIG;
	}
	FILE *in = fopen(file->host.ptr, "rbe");
	if (!in) {
		int error = errno;
		text_addf(w->why, "cannot read %s: %s", file->host.ptr, strerror(error));
		return error;
	}
	int error = cpio_content(w, file, in);
	(void)fclose(in); /* was only read */
	return error;
}

/* The folders of path that former did not lie in. */
static int cpio_folders(struct cpio_writer *w, struct str former, struct str path)
{
	size_t same = 0;
	for (size_t i = 0; i < path.len && i < former.len && path.ptr[i] == former.ptr[i]; i++)
		if (path.ptr[i] == '/')
			same = i + 1;
	for (size_t i = same; i < path.len; i++)
		if (path.ptr[i] == '/')
			TRY(cpio_header(w, str_slice(path, 0, i), CPIO_FOLDER_MODE, 0, 2));
	return 0;
}

static int cpio_entries(struct cpio_writer *w, const struct image_files *files)
{
	struct str former = {};
	for (size_t i = 0; i < files->count; i++) {
		TRY(cpio_folders(w, former, files->items[i].path));
		TRY(cpio_file(w, &files->items[i]));
		former = files->items[i].path;
	}
	return cpio_header(w, TRAILER, 0, 0, 1);
}

int cpio_write(const struct image_files *files, uint64_t epoch, const char *out, struct text *why)
{
	if (epoch > UINT32_MAX) {
		text_addf(why, "time %llu is beyond what a cpio archive can hold",
		          (unsigned long long)epoch);
		return EINVAL;
	}
	struct cpio_writer w = {
	        .out = fopen(out, "wbe"),
	        .out_path = out,
	        .why = why,
	        .epoch = epoch,
	        .buffer = arena_alloc(why->arena, CPIO_COPY_BYTES),
	};
	if (!w.out)
		return write_failed(&w);
	int error = cpio_entries(&w, files);
	errno = 0;
	if (fclose(w.out) && !error)
		return write_failed(&w);
	return error;
}
