#include "image/update/pieces.h"
#include "os/files.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { COPY_BYTES = 64 * 1024 };

uint64_t image_slot(uint64_t count, uint32_t slack_percent)
{
	uint64_t rung = 1;
	if (!slack_percent && count > 1)
		return count;
	while (rung < count)
		rung += (rung * slack_percent + 99) / 100;
	return rung;
}

static void piece_add(struct image_pieces *p, const struct image_piece *piece)
{
	if (!piece->len)
		return;
	if (p->count == p->capacity) {
		size_t capacity = p->capacity ? p->capacity * 2 : 64;
		struct image_piece *items = ARENA_ARRAY(p->arena, struct image_piece, capacity);
		if (p->count)
			memcpy(items, p->items, p->count * sizeof *items);
		p->items = items;
		p->capacity = capacity;
	}
	p->items[p->count++] = *piece;
}

void image_pieces_add_bytes(struct image_pieces *pieces, uint64_t offset, const void *bytes,
                            size_t len)
{
	piece_add(pieces, &(struct image_piece){.offset = offset, .len = len, .bytes = bytes});
}

void image_pieces_add_file(struct image_pieces *pieces, uint64_t offset,
                           const struct image_file *file)
{
	piece_add(pieces, &(struct image_piece){.offset = offset, .len = file->size, .file = file});
}

static int piece_compare(const void *left, const void *right)
{
	const struct image_piece *a = left, *b = right;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

void image_pieces_sort(struct image_pieces *pieces)
{
	if (pieces->count)
		qsort(pieces->items, pieces->count, sizeof *pieces->items, piece_compare);
}

int image_put(int fd, uint64_t offset, const void *bytes, size_t len, struct text *why)
{
	const char *at = bytes;
	while (len) {
		ssize_t put = pwrite(fd, at, len, (off_t)offset);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0) {
			int error = put ? errno : EIO;
			text_addf(why, "cannot write the image at byte %llu: %s",
			          (unsigned long long)offset, strerror(error));
			return error;
		}
		at += put;
		offset += (uint64_t)put;
		len -= (size_t)put;
	}
	return 0;
}

static int read_fails(const struct image_piece *piece, int error, struct text *why)
{
	if (error == EBUSY)
		text_addf(why, "%s changed while it was read", piece->file->host.ptr);
	else
		text_addf(why, "cannot read %s: %s", piece->file->host.ptr, strerror(error));
	return error;
}

int image_piece_read(struct arena *a, const struct image_piece *piece, struct str *out_content,
                     struct text *why)
{
	int error = file_read(a, piece->file->host.ptr, out_content);
	if (!error && out_content->len != piece->len)
		error = EBUSY;
	return error ? read_fails(piece, error, why) : 0;
}

static bool bytes_are_zero(const char *bytes, size_t len)
{
	return len == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, len - 1) == 0);
}

struct copy {
	int fd; /* of the image */
	char *buffer; /* COPY_BYTES */
	EVP_MD_CTX *sha; /* NULL: no digests wanted */
	struct text *why;
};

/* The next part of a file's piece; 0 bytes at its end. */
static int part_read(const struct image_piece *piece, int in, uint64_t done, struct copy *c,
                     size_t *out_len)
{
	ssize_t len;
	while ((len = read(in, c->buffer, COPY_BYTES)) < 0)
		if (errno != EINTR)
			return read_fails(piece, errno, c->why);
	if ((len == 0 && done < piece->len) || done + (uint64_t)len > piece->len)
		return read_fails(piece, EBUSY, c->why);
	*out_len = (size_t)len;
	return 0;
}

static int content_copy(struct copy *c, const struct image_piece *piece, int in,
                        struct digest *out_digest)
{
	uint64_t done = 0;
	size_t len = 0;
	if (c->sha && !EVP_DigestInit_ex(c->sha, EVP_sha256(), NULL))
		return ENOMEM;
	do {
		TRY(part_read(piece, in, done, c, &len));
		if (!bytes_are_zero(c->buffer, len))
			TRY(image_put(c->fd, piece->offset + done, c->buffer, len, c->why));
		if (c->sha && !EVP_DigestUpdate(c->sha, c->buffer, len))
			return ENOMEM;
		done += len;
	} while (len);
	return c->sha && !EVP_DigestFinal_ex(c->sha, out_digest->bytes, NULL) ? ENOMEM : 0;
}

static int piece_write(struct copy *c, const struct image_piece *piece, struct digest *out_digest)
{
	if (piece->bytes)
		return image_put(c->fd, piece->offset, piece->bytes, piece->len, c->why);
	int in = open(piece->file->host.ptr, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return read_fails(piece, errno, c->why);
	int error = content_copy(c, piece, in, out_digest);
	close(in);
	return error;
}

static int space_reserve(const struct image_pieces *p, int fd, struct text *why)
{
	int error = ftruncate(fd, (off_t)p->total_bytes) ? errno : 0;
	if (error) {
		text_addf(why, "cannot make an image of %llu bytes: %s",
		          (unsigned long long)p->total_bytes, strerror(error));
		return error;
	}
	if (p->reserved_bytes)
		error = fallocate(fd, 0, 0, (off_t)p->reserved_bytes) ? errno : 0;
	if (!error || error == EOPNOTSUPP || error == ENOSYS)
		return 0; /* without the call, a full disk shows while writing */
	text_addf(why, "cannot reserve %llu bytes for the image: %s",
	          (unsigned long long)p->reserved_bytes, strerror(error));
	return error;
}

int image_pieces_write(const struct image_pieces *pieces, int fd, struct digest *out_digests,
                       struct text *why)
{
	struct digest unused;
	struct copy c = {.fd = fd, .buffer = arena_alloc(why->arena, COPY_BYTES), .why = why};
	TRY(space_reserve(pieces, fd, why));
	if (out_digests && !(c.sha = EVP_MD_CTX_new()))
		return ENOMEM;
	int error = 0;
	for (size_t i = 0; i < pieces->count && !error; i++)
		error = piece_write(&c, &pieces->items[i], out_digests ? &out_digests[i] : &unused);
	EVP_MD_CTX_free(c.sha);
	return error;
}
