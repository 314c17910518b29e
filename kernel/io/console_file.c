/* The console as a file: what is written goes where the log goes. */
#include "core/api.h"
#include "io/api.h"
#include <base/cleanup.h>

enum {
	CONSOLE_CHUNK = 256,
	CONSOLE_MODE = 020620,
	CONSOLE_DEVICE = 5 << 8 | 1,
	CONSOLE_BLOCK_BYTES = 1024,
};

static enum status console_file_read(struct file *, struct transfer *, size_t *out_count)
{
	*out_count = 0;
	return OK;
}

static enum status console_file_write(struct file *, struct transfer *from, size_t *out_count)
{
	char bytes[CONSOLE_CHUNK];
	while (from->left) {
		size_t len = from->left < sizeof bytes ? from->left : sizeof bytes;
		TRY(transfer_from_user(from, bytes, len));
		log_write_plain(kernel_log(), (struct str){bytes, len});
		*out_count += len;
	}
	return OK;
}

static void console_file_describe(struct file *, struct file_facts *out_facts)
{
	*out_facts = (struct file_facts){
	        .mode = CONSOLE_MODE,
	        .inode = CONSOLE_DEVICE,
	        .device = CONSOLE_DEVICE,
	        .block_bytes = CONSOLE_BLOCK_BYTES,
	};
}

static void console_file_release(struct file *file)
{
	heap_free(file, sizeof *file);
}

static const struct file_ops console_file_ops = {
        .name = "console",
        .read = console_file_read,
        .write = console_file_write,
        .describe = console_file_describe,
        .release = console_file_release,
};

enum status console_file_open(struct file **out_file)
{
	struct file *file = HEAP_NEW(struct file);
	if (!file)
		return ERR_NO_MEMORY;
	file_init(file, &console_file_ops, NULL, FILE_READ_WRITE);
	*out_file = file;
	return OK;
}
