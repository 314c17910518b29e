#include "ps/transfer.h"
#include <string.h>

enum status transfer_init(struct transfer *transfer, const struct user_in *parts, size_t part_count)
{
	size_t left = 0;
	for (size_t i = 0; i < part_count; i++) {
		if (parts[i].len && !user_range_holds(parts[i].addr, parts[i].len))
			return ERR_BAD_ADDRESS;
		if (parts[i].len > TRANSFER_MAX - left)
			return ERR_INVALID_ARGS;
		left += parts[i].len;
	}
	*transfer = (struct transfer){.parts = parts, .part_count = part_count, .left = left};
	return OK;
}

void transfer_init_kernel(struct transfer *transfer, void *bytes, size_t len)
{
	*transfer = (struct transfer){
	        .part_count = 1,
	        .left = len,
	        .is_kernel = true,
	        .own = {(uintptr_t)bytes, len},
	};
	transfer->parts = &transfer->own;
}

/* The next piece in one go, at most max bytes. */
static struct user_in transfer_piece(struct transfer *transfer, size_t max)
{
	while (transfer->offset == transfer->parts->len) {
		transfer->parts++;
		transfer->part_count--;
		transfer->offset = 0;
	}
	size_t len = transfer->parts->len - transfer->offset;
	return (struct user_in){transfer->parts->addr + transfer->offset, len < max ? len : max};
}

enum status transfer_to_user(struct transfer *transfer, const void *src, size_t len)
{
	const char *from = src;
	while (len) {
		struct user_in piece = transfer_piece(transfer, len);
		enum status status = OK;
		if (transfer->is_kernel)
			memcpy((void *)piece.addr, from, piece.len);
		else
			status = user_copy_out((struct user_out){piece.addr, piece.len}, from);
		if (status != OK)
			return status;
		transfer->offset += piece.len;
		transfer->left -= piece.len;
		from += piece.len;
		len -= piece.len;
	}
	return OK;
}

enum status transfer_from_user(struct transfer *transfer, void *dst, size_t len)
{
	char *to = dst;
	while (len) {
		struct user_in piece = transfer_piece(transfer, len);
		enum status status = OK;
		if (transfer->is_kernel)
			memcpy(to, (const void *)piece.addr, piece.len);
		else
			status = user_copy_in(to, piece);
		if (status != OK)
			return status;
		transfer->offset += piece.len;
		transfer->left -= piece.len;
		to += piece.len;
		len -= piece.len;
	}
	return OK;
}

void transfer_skip(struct transfer *transfer, size_t len)
{
	while (len) {
		struct user_in piece = transfer_piece(transfer, len);
		transfer->offset += piece.len;
		transfer->left -= piece.len;
		len -= piece.len;
	}
}
