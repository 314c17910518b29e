/*
 * block_broker with one field that cannot be. Each operation first succeeds; then the same call
 * with that field changed is refused, and neither the disk nor the caller's memory is another
 * afterwards.
 */
#include "device_check.h"
#include <abi/services.h>
#include <stddef.h>
#include <string.h>

#define KERNEL_CODE 0xffffffff80200000
#define USER_LAST 0x7ffffffff000 /* the last page that can be a program's */

enum { BLOCK = 512, AT = 64, COUNT_OF_BLOCKS = 2, MOST = 65536, PAGE = 4096, ONES = 0xa5 };

struct spoil {
	size_t offset, size;
	uint64_t value;
	int64_t status;
};

#define SPOIL(field, value, status)                                                                \
	{                                                                                          \
		offsetof(struct block_broker_args, field),                                         \
		        sizeof((struct block_broker_args){}.field), value, status                  \
	}

/* Of every operation. */
static const struct spoil header_spoils[] = {
        SPOIL(abi_version, 0, ERR_INVALID_ARGS),
        SPOIL(abi_version, BLOCK_BROKER_VERSION + 1, ERR_INVALID_ARGS),
        SPOIL(abi_version, UINT16_MAX, ERR_INVALID_ARGS),
        SPOIL(op, 0, ERR_INVALID_ARGS),
        SPOIL(op, BLOCK_OP_FLUSH + 1, ERR_INVALID_ARGS),
        SPOIL(op, UINT16_MAX, ERR_INVALID_ARGS),
};

static const struct spoil device_spoils[] = {
        SPOIL(device, 1 << 30, ERR_NO_DEVICE),
        SPOIL(device, 1U << 31, ERR_NO_DEVICE),
        SPOIL(device, UINT32_MAX, ERR_NO_DEVICE),
};

/* Of what moves COUNT_OF_BLOCKS blocks; where a disk ends is for check_end. */
static const struct spoil move_spoils[] = {
        SPOIL(first_block, 1ULL << 55, ERR_INVALID_ARGS), /* byte 0, once more */
        SPOIL(first_block, 1ULL << 63, ERR_INVALID_ARGS),
        SPOIL(first_block, UINT64_MAX, ERR_INVALID_ARGS),
        SPOIL(first_block, UINT64_MAX - 1, ERR_INVALID_ARGS),
        SPOIL(block_count, 0, ERR_INVALID_ARGS),
        SPOIL(block_count, COUNT_OF_BLOCKS - 1, ERR_INVALID_ARGS),
        SPOIL(block_count, COUNT_OF_BLOCKS + 1, ERR_INVALID_ARGS),
        SPOIL(block_count, MOST / BLOCK, ERR_INVALID_ARGS),
        SPOIL(block_count, MOST / BLOCK + 1, ERR_INVALID_ARGS),
        SPOIL(block_count, 1ULL << 55, ERR_INVALID_ARGS),
        /* as many bytes as there is room for, but for the bits that are lost */
        SPOIL(block_count, (1ULL << 55) + COUNT_OF_BLOCKS, ERR_INVALID_ARGS),
        SPOIL(block_count, UINT64_MAX, ERR_INVALID_ARGS),
        SPOIL(buffer_len, 0, ERR_INVALID_ARGS),
        SPOIL(buffer_len, 1, ERR_INVALID_ARGS),
        SPOIL(buffer_len, COUNT_OF_BLOCKS *BLOCK - 1, ERR_INVALID_ARGS),
        SPOIL(buffer_len, COUNT_OF_BLOCKS *BLOCK + 1, ERR_INVALID_ARGS),
        SPOIL(buffer_len, MOST, ERR_INVALID_ARGS),
        SPOIL(buffer_len, MOST + BLOCK, ERR_INVALID_ARGS),
        SPOIL(buffer_len, UINT64_MAX, ERR_INVALID_ARGS),
        SPOIL(buffer_len, (1ULL << 32) + COUNT_OF_BLOCKS * BLOCK, ERR_INVALID_ARGS),
        SPOIL(buffer_ptr, 0, ERR_BAD_ADDRESS),
        SPOIL(buffer_ptr, 8, ERR_BAD_ADDRESS),
        SPOIL(buffer_ptr, USER_LAST + PAGE - BLOCK, ERR_BAD_ADDRESS),
        SPOIL(buffer_ptr, 1ULL << 47, ERR_BAD_ADDRESS),
        SPOIL(buffer_ptr, 0xffff800000000000, ERR_BAD_ADDRESS),
        SPOIL(buffer_ptr, KERNEL_CODE, ERR_BAD_ADDRESS),
        SPOIL(buffer_ptr, UINT64_MAX - BLOCK, ERR_BAD_ADDRESS),
        SPOIL(buffer_ptr, UINT64_MAX, ERR_BAD_ADDRESS),
};

/* Of what moves none. */
static const struct spoil still_spoils[] = {
        SPOIL(first_block, 1, ERR_INVALID_ARGS),
        SPOIL(first_block, UINT64_MAX, ERR_INVALID_ARGS),
        SPOIL(block_count, 1, ERR_INVALID_ARGS),
        SPOIL(block_count, UINT64_MAX, ERR_INVALID_ARGS),
        SPOIL(buffer_ptr, PAGE, ERR_INVALID_ARGS),
        SPOIL(buffer_ptr, KERNEL_CODE, ERR_INVALID_ARGS),
        SPOIL(buffer_len, BLOCK, ERR_INVALID_ARGS),
        SPOIL(buffer_len, UINT64_MAX, ERR_INVALID_ARGS),
};

static const struct spoil info_spoils[] = {
        SPOIL(out_logical_block_size_ptr, 0, ERR_BAD_ADDRESS),
        SPOIL(out_logical_block_size_ptr, USER_LAST + PAGE - 1, ERR_BAD_ADDRESS),
        SPOIL(out_logical_block_size_ptr, KERNEL_CODE, ERR_BAD_ADDRESS),
        SPOIL(out_logical_block_size_ptr, (uintptr_t)info_spoils, ERR_BAD_ADDRESS),
        SPOIL(out_logical_block_size_ptr, UINT64_MAX - 1, ERR_BAD_ADDRESS),
        SPOIL(out_block_count_ptr, 0, ERR_BAD_ADDRESS),
        SPOIL(out_block_count_ptr, USER_LAST + PAGE - 1, ERR_BAD_ADDRESS),
        SPOIL(out_block_count_ptr, KERNEL_CODE, ERR_BAD_ADDRESS),
        SPOIL(out_block_count_ptr, (uintptr_t)info_spoils, ERR_BAD_ADDRESS),
        SPOIL(out_block_count_ptr, UINT64_MAX - 1, ERR_BAD_ADDRESS),
};

struct spoil_trial {
	struct tap *tap;
	uint32_t device; /* that may be written */
	uint64_t blocks; /* that it has */
	uint64_t end; /* of memory: nothing is mapped from there on */
};

static uint8_t before[MOST], after[MOST], buffer[MOST + BLOCK];
static uint32_t block_bytes;
static uint64_t block_count;

static struct block_broker_args move(const struct spoil_trial *self, uint16_t op)
{
	return (struct block_broker_args){
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = op,
	        .device = op == BLOCK_OP_BOOT_READ ? 0 : self->device,
	        .first_block = AT,
	        .block_count = COUNT_OF_BLOCKS,
	        .buffer_ptr = (uintptr_t)buffer,
	        .buffer_len = COUNT_OF_BLOCKS * BLOCK,
	};
}

static struct block_broker_args ask(const struct spoil_trial *self, uint16_t op)
{
	bool flushes = op == BLOCK_OP_FLUSH;
	return (struct block_broker_args){
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = op,
	        .device = op == BLOCK_OP_BOOT_INFO ? 0 : self->device,
	        .out_logical_block_size_ptr = flushes ? 0 : (uintptr_t)&block_bytes,
	        .out_block_count_ptr = flushes ? 0 : (uintptr_t)&block_count,
	};
}

/* The first and the last blocks of the disk: what wrapped around would have hit them. */
static bool look(const struct spoil_trial *self, uint8_t *bytes)
{
	enum { PART = MOST / 2 };
	struct block_broker_args args = move(self, BLOCK_OP_READ);
	args.first_block = 0;
	args.block_count = PART / BLOCK;
	args.buffer_ptr = (uintptr_t)bytes;
	args.buffer_len = PART;
	bool is_read = rustos_block_broker(&args) == OK;
	args.first_block = self->blocks - PART / BLOCK;
	args.buffer_ptr += PART;
	return is_read && rustos_block_broker(&args) == OK;
}

static bool is_untouched(void)
{
	for (size_t i = 0; i < sizeof buffer; i++)
		if (buffer[i] != ONES)
			return false;
	return true;
}

static bool refuses(const struct block_broker_args *base, const struct spoil *spoil)
{
	struct block_broker_args args = *base;
	memcpy((char *)&args + spoil->offset, &spoil->value, spoil->size);
	int64_t status = rustos_block_broker(&args);
	if (status == spoil->status)
		return true;
	print("# op %d: %lx at %lu answers %ld\n", base->op, (unsigned long)spoil->value,
	      (unsigned long)spoil->offset, (long)status);
	return false;
}

static bool refuses_all(const struct block_broker_args *base, const struct spoil *spoils,
                        size_t count)
{
	bool good = true;
	for (size_t i = 0; i < count; i++)
		good &= refuses(base, &spoils[i]);
	return good;
}

/* Blocks behind the end of the disk, and memory that ends too soon. */
static bool refuses_ends(const struct spoil_trial *self, const struct block_broker_args *base)
{
	const struct spoil device[] = {
	        SPOIL(first_block, self->blocks - 1, ERR_INVALID_ARGS),
	        SPOIL(first_block, self->blocks, ERR_INVALID_ARGS),
	        SPOIL(first_block, self->blocks + 1, ERR_INVALID_ARGS),
	};
	const struct spoil memory[] = {
	        SPOIL(buffer_ptr, self->end, ERR_BAD_ADDRESS),
	        SPOIL(buffer_ptr, self->end - BLOCK, ERR_BAD_ADDRESS),
	        SPOIL(buffer_ptr, self->end - COUNT_OF_BLOCKS * BLOCK + 1, ERR_BAD_ADDRESS),
	        SPOIL(buffer_ptr, (uintptr_t)move_spoils, ERR_BAD_ADDRESS), /* only to be read */
	};
	bool writes = base->op == BLOCK_OP_WRITE, boots = base->op == BLOCK_OP_BOOT_READ;
	return (boots || refuses_all(base, device, COUNT(device))) &
	       refuses_all(base, memory, COUNT(memory) - writes);
}

static void check_move(const struct spoil_trial *self, uint16_t op, const char *name)
{
	const struct block_broker_args base = move(self, op);
	const struct spoil boot[] = {SPOIL(device, self->device, ERR_INVALID_ARGS)};
	bool boots = op == BLOCK_OP_BOOT_READ;
	tap_check_equal(self->tap, rustos_block_broker(&base), OK, name);
	memset(buffer, ONES, sizeof buffer);
	bool good = look(self, before) & refuses_all(&base, header_spoils, COUNT(header_spoils)) &
	            refuses_all(&base, move_spoils, COUNT(move_spoils)) &
	            refuses_ends(self, &base) &
	            (boots ? refuses_all(&base, boot, COUNT(boot))
	                   : refuses_all(&base, device_spoils, COUNT(device_spoils)));
	tap_check(self->tap, good, "with one field that cannot be it is refused");
	tap_check(self->tap, is_untouched(), "and no byte of memory changes");
	tap_check(self->tap, look(self, after) && memcmp(before, after, MOST) == 0,
	          "nor of the disk");
}

static void check_still(const struct spoil_trial *self, uint16_t op, const char *name)
{
	const struct block_broker_args base = ask(self, op);
	const struct spoil boot[] = {SPOIL(device, self->device, ERR_INVALID_ARGS)};
	bool boots = op == BLOCK_OP_BOOT_INFO, flushes = op == BLOCK_OP_FLUSH;
	tap_check_equal(self->tap, rustos_block_broker(&base), OK, name);
	block_count = 0;
	bool good = refuses_all(&base, header_spoils, COUNT(header_spoils)) &
	            refuses_all(&base, still_spoils, COUNT(still_spoils)) &
	            (boots ? refuses_all(&base, boot, COUNT(boot))
	                   : refuses_all(&base, device_spoils, COUNT(device_spoils)));
	if (!flushes)
		good &= refuses_all(&base, info_spoils, COUNT(info_spoils));
	tap_check(self->tap, good, "with one field that cannot be it is refused");
	tap_check_equal(self->tap, (int64_t)block_count, 0, "and says nothing");
}

/* As much as there may be, from where it may lie, to where the disk ends. */
static void check_limits(const struct spoil_trial *self)
{
	struct block_broker_args args = move(self, BLOCK_OP_READ);
	args.buffer_ptr = self->end - COUNT_OF_BLOCKS * BLOCK;
	tap_check_equal(self->tap, rustos_block_broker(&args), OK, "memory may end with a read");
	args.first_block = self->blocks - COUNT_OF_BLOCKS;
	tap_check_equal(self->tap, rustos_block_broker(&args), OK, "and so may the disk");
	args.buffer_ptr = (uintptr_t)buffer + 1;
	tap_check_equal(self->tap, rustos_block_broker(&args), OK, "memory is not of blocks");
	tap_check(self->tap,
	          memcmp(buffer + 1, (char *)self->end - args.buffer_len, args.buffer_len) == 0,
	          "and has the same bytes");
	args.first_block = 0;
	args.block_count = MOST / BLOCK;
	args.buffer_ptr = (uintptr_t)buffer;
	args.buffer_len = MOST;
	tap_check_equal(self->tap, rustos_block_broker(&args), OK, "64 KiB move at once");
	args.block_count += 1;
	args.buffer_len += BLOCK;
	tap_check_equal(self->tap, rustos_block_broker(&args), ERR_INVALID_ARGS, "and no more");
}

static void check_read_only(const struct spoil_trial *self)
{
	const struct block_broker_args base = move(self, BLOCK_OP_WRITE);
	const struct spoil boot = SPOIL(device, 0, ERR_ACCESS_DENIED);
	tap_check(self->tap, refuses(&base, &boot), "what the machine boots from is not written");
}

void check_block_stranger(struct tap *tap, uint32_t data_device)
{
	const struct spoil_trial self = {.tap = tap, .device = data_device};
	memset(buffer, ONES, sizeof buffer);
	bool refused = true;
	for (uint16_t op = 0; op <= BLOCK_OP_FLUSH + 1; op++) {
		bool moves =
		        op == BLOCK_OP_BOOT_READ || op == BLOCK_OP_READ || op == BLOCK_OP_WRITE;
		const struct block_broker_args base = moves ? move(&self, op) : ask(&self, op);
		refused &= rustos_block_broker(&base) == ERR_ACCESS_DENIED;
	}
	tap_check(tap, refused, "who is no file service moves no blocks, however rightly asked");
	tap_check(tap, is_untouched() && !block_bytes && !block_count, "nor sees any");
}

void check_block_arguments(struct tap *tap, uint32_t data_device)
{
	uint64_t start = 0;
	struct spoil_trial self = {.tap = tap, .device = data_device};
	const struct block_broker_args size = ask(&self, BLOCK_OP_INFO);
	bool made = rustos_memory_map(0, 2 * PAGE, MEMORY_READ | MEMORY_WRITE, 0, &start) == OK &&
	            rustos_memory_unmap(start + PAGE, PAGE) == OK &&
	            rustos_block_broker(&size) == OK;
	tap_check(tap, made && block_bytes == BLOCK, "there is a disk, and the end of memory");
	self.end = start + PAGE;
	self.blocks = block_count;
	check_limits(&self);
	check_move(&self, BLOCK_OP_READ, "a disk is read");
	check_move(&self, BLOCK_OP_BOOT_READ, "the boot volume is read");
	memset(buffer, 1, sizeof buffer);
	check_move(&self, BLOCK_OP_WRITE, "a disk is written");
	check_read_only(&self);
	check_still(&self, BLOCK_OP_INFO, "a disk has a size");
	check_still(&self, BLOCK_OP_BOOT_INFO, "and the boot volume");
	check_still(&self, BLOCK_OP_FLUSH, "a disk is flushed");
}
