/* The block brokers, as a service with vfs_policy uses them. */
#include "device_check.h"
#include <abi/services.h>
#include <string.h>

enum { BLOCK = 512, LARGE = 65536, FLIGHTS = 8 };

static uint8_t first[LARGE], second[LARGE];

static enum status blocks(uint16_t op, uint32_t device, uint64_t at, void *bytes, uint64_t len)
{
	const struct block_broker_args args = {
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = op,
	        .device = device,
	        .first_block = at,
	        .block_count = len / BLOCK,
	        .buffer_ptr = (uintptr_t)bytes,
	        .buffer_len = len,
	};
	return rustos_block_broker(&args);
}

static uint64_t block_count(uint16_t op, uint32_t device)
{
	uint32_t size = 0;
	uint64_t count = 0;
	const struct block_broker_args args = {
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = op,
	        .device = device,
	        .out_logical_block_size_ptr = (uintptr_t)&size,
	        .out_block_count_ptr = (uintptr_t)&count,
	};
	return rustos_block_broker(&args) == OK && size == BLOCK ? count : 0;
}

static void check_boot_volume(struct tap *tap)
{
	uint64_t count = block_count(BLOCK_OP_BOOT_INFO, 0);
	tap_check(tap, count > 1000, "the boot volume has a size");
	tap_check_equal(tap, blocks(BLOCK_OP_BOOT_READ, 0, 0, first, BLOCK), OK, "it is read");
	tap_check(tap, first[510] == 0x55 && first[511] == 0xaa, "and begins as FAT does");
	tap_check_equal(tap, blocks(BLOCK_OP_BOOT_READ, 0, 0, second, LARGE), OK,
	                "64 KiB are read at once");
	tap_check(tap, memcmp(first, second, BLOCK) == 0, "with the same beginning");
	tap_check_equal(tap, blocks(BLOCK_OP_BOOT_READ, 0, count, first, BLOCK), ERR_INVALID_ARGS,
	                "there is nothing behind its end");
	tap_check_equal(tap, blocks(BLOCK_OP_BOOT_READ, 0, count - 1, first, 2 * BLOCK),
	                ERR_INVALID_ARGS, "nor across it");
	tap_check_equal(tap, blocks(BLOCK_OP_BOOT_READ, 0, UINT64_MAX, first, BLOCK),
	                ERR_INVALID_ARGS, "nor around it");
	tap_check_equal(tap, blocks(BLOCK_OP_WRITE, 0, 1, first, BLOCK), ERR_ACCESS_DENIED,
	                "it is never written");
	tap_check_equal(tap, blocks(BLOCK_OP_BOOT_READ, 0, 0, first, 0), ERR_INVALID_ARGS,
	                "no blocks are refused");
	tap_check_equal(tap, blocks(BLOCK_OP_BOOT_READ, 0, 0, (void *)8, BLOCK), ERR_BAD_ADDRESS,
	                "and a bad address");
	tap_check_equal(tap, blocks(BLOCK_OP_READ, 99, 0, first, BLOCK), ERR_NO_DEVICE,
	                "and a device that is not there");
	tap_check_equal(tap, blocks(77, 0, 0, first, BLOCK), ERR_INVALID_ARGS,
	                "and an operation that nobody knows");
}

static void fill(uint8_t *bytes, size_t len, unsigned seed)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(seed + i * 31 + i / 509);
}

static void check_data_disk(struct tap *tap, uint32_t device)
{
	fill(first, LARGE, 1);
	tap_check_equal(tap, blocks(BLOCK_OP_WRITE, device, 64, first, LARGE), OK,
	                "a data disk is written");
	tap_check_equal(tap, blocks(BLOCK_OP_FLUSH, device, 0, NULL, 0), OK, "and flushed");
	tap_check_equal(tap, blocks(BLOCK_OP_READ, device, 64, second, LARGE), OK, "and read");
	tap_check(tap, memcmp(first, second, LARGE) == 0, "with what was written");
}

struct flight {
	uint64_t transfer;
	bool arrived;
};

static enum status submit(uint16_t op, uint32_t device, uint64_t at, uint64_t cookie,
                          struct flight *flight, uint64_t endpoint)
{
	const struct block_submit_args args = {
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = op,
	        .device = device,
	        .first_block = at,
	        .block_count = op == BLOCK_OP_FLUSH ? 0 : 8,
	        .endpoint = endpoint,
	        .cookie = cookie,
	};
	return rustos_block_submit(&args, &flight->transfer);
}

static enum status next_event(uint64_t endpoint, struct ipc_message_info *info)
{
	uint64_t len;
	return rustos_ipc_receive(endpoint, NULL, 0, info, IPC_RECEIVE_NO_REQUESTS, 0, &len);
}

static void check_flights(struct tap *tap, uint32_t device, uint64_t endpoint)
{
	struct flight flights[FLIGHTS] = {};
	unsigned arrived = 0, right = 0;
	for (uint64_t i = 0; i < FLIGHTS; i++)
		if (submit(BLOCK_OP_READ, device, 64 + i * 8, i, &flights[i], endpoint) != OK)
			tap_check(tap, false, "a read is started");
	for (; arrived < FLIGHTS; arrived++) {
		struct ipc_message_info info = {};
		if (next_event(endpoint, &info) != OK || info.kind != IPC_MESSAGE_EVENT ||
		    info.reply_cap >= FLIGHTS || info.sender_tid || flights[info.reply_cap].arrived)
			break;
		struct flight *flight = &flights[info.reply_cap];
		flight->arrived = true;
		uint8_t bytes[BLOCK];
		/* second still holds what lies there */
		if (rustos_block_take(flight->transfer, BLOCK, bytes, sizeof bytes) == OK)
			right += memcmp(bytes, second + info.reply_cap * 8 * BLOCK + BLOCK,
			                BLOCK) == 0;
		if (rustos_handle_close(flight->transfer) != OK)
			break;
	}
	tap_check_equal(tap, arrived, FLIGHTS, "each of eight reads under way is told of once");
	tap_check_equal(tap, right, FLIGHTS, "and has its bytes");
}

/* Who closes the handle of a write has it behind him, however slow the disk is. */
static void check_close_waits(struct tap *tap, uint32_t device, uint64_t endpoint)
{
	uint64_t transfer = 0;
	struct ipc_message_info info = {};
	fill(first, LARGE, 2);
	const struct block_submit_args args = {
	        .abi_version = BLOCK_BROKER_VERSION,
	        .op = BLOCK_OP_WRITE,
	        .device = device,
	        .first_block = 64,
	        .block_count = LARGE / BLOCK,
	        .buffer_ptr = (uintptr_t)first,
	        .buffer_len = LARGE,
	        .endpoint = endpoint,
	        .cookie = 81,
	};
	tap_check_equal(tap, rustos_block_submit(&args, &transfer), OK, "a write is started");
	tap_check_equal(tap, rustos_handle_close(transfer), OK, "its handle is closed");
	tap_check_equal(tap, blocks(BLOCK_OP_READ, device, 64, second, LARGE), OK, "it is read");
	tap_check(tap, memcmp(first, second, LARGE) == 0, "with what was written");
	/* before it, the read that nobody took */
	while (next_event(endpoint, &info) == OK && info.reply_cap == 80)
		;
	tap_check(tap, info.reply_cap == 81 && info.sender_tid == 0, "and it is told of");
}

static void check_transfers(struct tap *tap, uint32_t device, uint64_t endpoint)
{
	struct flight flight = {};
	struct ipc_message_info info = {};
	tap_check_equal(tap, submit(BLOCK_OP_FLUSH, device, 0, 77, &flight, endpoint), OK,
	                "a flush is started");
	tap_check_equal(tap, next_event(endpoint, &info), OK, "and told of");
	tap_check(tap, info.reply_cap == 77 && info.sender_tid == 0, "by its cookie");
	tap_check_equal(tap, rustos_block_take(flight.transfer, 0, first, BLOCK), ERR_INVALID_ARGS,
	                "it has no bytes");
	tap_check_equal(tap, rustos_handle_close(flight.transfer), OK, "its handle is closed");
	tap_check_equal(tap, submit(BLOCK_OP_READ, device, 1ULL << 40, 78, &flight, endpoint), OK,
	                "a read far outside is started");
	tap_check_equal(tap, next_event(endpoint, &info), OK, "and told of");
	tap_check_equal(tap, (int64_t)info.sender_tid, ERR_INVALID_ARGS, "with what was wrong");
	tap_check_equal(tap, rustos_handle_close(flight.transfer), OK, "its handle is closed, too");
	tap_check_equal(tap, submit(BLOCK_OP_READ, device, 0, 79, &flight, 1), ERR_BAD_HANDLE,
	                "nobody would hear: refused");
	/* the program may lose interest, and end meanwhile */
	tap_check_equal(tap, submit(BLOCK_OP_READ, device, 0, 80, &flight, endpoint), OK,
	                "a read that nobody takes is started");
	tap_check_equal(tap, rustos_handle_close(flight.transfer), OK, "and given up");
}

void check_blocks(struct tap *tap, uint32_t data_device)
{
	uint64_t endpoint = 0;
	check_block_stranger(tap, data_device);
	tap_check_equal(tap, rustos_ipc_endpoint_create(&endpoint), OK, "there is an endpoint");
	tap_check_equal(tap,
	                rustos_ipc_register_service_endpoint(IPC_SERVICE_DEVICE_CHECK, endpoint),
	                OK, "this program becomes a service that may move blocks");
	check_boot_volume(tap);
	check_data_disk(tap, data_device);
	check_flights(tap, data_device, endpoint);
	check_transfers(tap, data_device, endpoint);
	check_close_waits(tap, data_device, endpoint);
	check_block_arguments(tap, data_device);
}
