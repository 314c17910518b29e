#include "io/device_files.h"
#include "core/api.h"
#include "io/api.h"
#include "io/input_file.h"
#include "io/terminal/terminal.h"
#include <base/cleanup.h>
#include <string.h>

enum { DEVICE_MODE = 020666 };

static enum status null_read(struct file *, struct transfer *, size_t *)
{
	return OK;
}

static enum status null_write(struct file *, struct transfer *from, size_t *out_count)
{
	*out_count = from->left;
	from->left = 0;
	return OK;
}

static enum status zero_read(struct file *, struct transfer *to, size_t *out_count)
{
	static const char zero[PAGE_SIZE];
	while (to->left) {
		size_t len = to->left < sizeof zero ? to->left : sizeof zero;
		TRY(transfer_to_user(to, zero, len));
		*out_count += len;
	}
	return OK;
}

static enum status full_write(struct file *, struct transfer *, size_t *)
{
	return ERR_NO_SPACE;
}

static enum status random_read(struct file *, struct transfer *to, size_t *out_count)
{
	enum { RANDOM_PIECE = 256 };
	while (to->left) {
		char bytes[RANDOM_PIECE];
		size_t len = to->left < sizeof bytes ? to->left : sizeof bytes;
		random_fill(bytes, len);
		TRY(transfer_to_user(to, bytes, len));
		*out_count += len;
	}
	return OK;
}

/* Mixed in for all, at once: nobody can make the numbers worse by it. */
static enum status random_write(struct file *, struct transfer *from, size_t *out_count)
{
	enum { RANDOM_PIECE = 256 };
	while (from->left) {
		char bytes[RANDOM_PIECE];
		size_t len = from->left < sizeof bytes ? from->left : sizeof bytes;
		TRY(transfer_from_user(from, bytes, len));
		random_add(bytes, len);
		*out_count += len;
	}
	return OK;
}

/* A position that means nothing, for programs that seek. */
static uint64_t device_size(struct file *)
{
	return 0;
}

static void device_describe(struct file *, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){.mode = DEVICE_MODE, .block_bytes = PAGE_SIZE};
}

static void device_release(struct file *file)
{
	heap_free(file, sizeof *file);
}

#define DEVICE_OPS(name_, read_, write_)                                                           \
	{                                                                                          \
		.name = (name_), .read = (read_), .write = (write_), .size = device_size,          \
		.describe = device_describe, .release = device_release,                            \
	}

static const struct file_ops null_ops = DEVICE_OPS("null", null_read, null_write);
static const struct file_ops zero_ops = DEVICE_OPS("zero", zero_read, null_write);
static const struct file_ops full_ops = DEVICE_OPS("full", zero_read, full_write);
static const struct file_ops random_ops = DEVICE_OPS("random", random_read, random_write);

static const struct {
	uint64_t number;
	const struct file_ops *ops; /* NULL: a terminal */
} device_files[] = {
        {DEVICE_NULL, &null_ops},     {DEVICE_ZERO, &zero_ops},      {DEVICE_FULL, &full_ops},
        {DEVICE_RANDOM, &random_ops}, {DEVICE_URANDOM, &random_ops}, {DEVICE_SERIAL, NULL},
        {DEVICE_TERMINAL, NULL},      {DEVICE_CONSOLE, NULL},
};

enum { DEVICE_FILES = sizeof device_files / sizeof device_files[0] };

enum status device_file_open(uint64_t number, uint32_t flags, struct file **out_file)
{
	size_t i = 0;
	if (number == DEVICE_HOST_CHANNEL)
		return host_channel_open(number, flags, out_file);
	if (number == DEVICE_INPUT || number == DEVICE_INPUT_EVDEV)
		return input_file_open(number, flags, out_file);
	if (number == DEVICE_PSEUDO_TERMINAL)
		return pseudo_terminal_create(flags, out_file);
	if (number >> 8 == PSEUDO_TERMINAL_MAJOR)
		return terminal_open(number, flags, out_file);
	while (i < DEVICE_FILES && device_files[i].number != number)
		i++;
	if (i == DEVICE_FILES)
		return ERR_NO_DEVICE_ADDRESS;
	if (!device_files[i].ops)
		return terminal_open(number, flags, out_file);
	struct file *file = HEAP_NEW(struct file);
	if (!file)
		return ERR_NO_MEMORY;
	file_init(file, device_files[i].ops, NULL, flags & (FILE_ACCESS_MASK | FILE_NONBLOCK));
	*out_file = file;
	return OK;
}

/* Names below /dev; those with a function come and go with their drivers. */
static const struct {
	const char *name;
	uint64_t number;
	uint32_t mode;
	bool (*is_present)(void);
} device_nodes[] = {
        {"null", DEVICE_NULL, 020666, NULL},
        {"zero", DEVICE_ZERO, 020666, NULL},
        {"full", DEVICE_FULL, 020666, NULL},
        {"random", DEVICE_RANDOM, 020666, NULL},
        {"urandom", DEVICE_URANDOM, 020666, NULL},
        {"tty", DEVICE_TERMINAL, 020666, NULL},
        {"console", DEVICE_CONSOLE, 020600, NULL},
        {"ttyS0", DEVICE_SERIAL, 020660, NULL},
        {"ttyS1", DEVICE_HOST_CHANNEL, 020600, NULL},
        {"ptmx", DEVICE_PSEUDO_TERMINAL, 020666, NULL},
        {"input0", DEVICE_INPUT, 020600, input_is_present},
        {"input/event0", DEVICE_INPUT_EVDEV, 020600, input_is_present},
};

_Static_assert(COUNT(device_nodes) <= DEVICE_LIST_MAX);

size_t device_list(struct device_node *out_nodes, size_t capacity)
{
	size_t count = 0;
	for (; count < COUNT(device_nodes) && count < capacity; count++) {
		struct device_node *node = &out_nodes[count];
		*node = (struct device_node){.rdev = device_nodes[count].number,
		                             .mode = device_nodes[count].mode,
		                             .is_present = !device_nodes[count].is_present ||
		                                           device_nodes[count].is_present()};
		memcpy(node->name, device_nodes[count].name, strlen(device_nodes[count].name));
	}
	return count;
}
