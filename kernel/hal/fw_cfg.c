/*
 * QEMU's firmware configuration device, by port I/O.
 *
 * Numbers in the directory are big endian; the directory is read item by item,
 * so its size costs no memory. QEMU docs/specs/fw_cfg.rst.
 */
#include "hal/api.h"
#include <abi/machine.h>
#include <string.h>

enum {
	FW_CFG_SIGNATURE = 0x0000,
	FW_CFG_FILE_DIRECTORY = 0x0019,
	FW_CFG_NAME_BYTES = 56,
	FW_CFG_FILES_MAX = 4096,
};

struct fw_cfg_file {
	uint32_t size; /* big endian, like selector */
	uint16_t selector;
	uint16_t reserved;
	char name[FW_CFG_NAME_BYTES];
};

static void fw_cfg_select(uint16_t selector)
{
	port_out16(MACHINE_PORT_FW_CFG_SELECTOR, selector);
}

static void fw_cfg_read_bytes(void *buffer, size_t len)
{
	uint8_t *bytes = buffer;
	for (size_t i = 0; i < len; i++)
		bytes[i] = port_in8(MACHINE_PORT_FW_CFG_DATA);
}

static bool fw_cfg_present(void)
{
	char signature[4];
	fw_cfg_select(FW_CFG_SIGNATURE);
	fw_cfg_read_bytes(signature, sizeof signature);
	return memcmp(signature, "QEMU", sizeof signature) == 0;
}

static enum status fw_cfg_find(const char *name, struct fw_cfg_file *out_file)
{
	if (!fw_cfg_present())
		return ERR_NO_DEVICE;

	size_t name_len = strlen(name);
	uint32_t count;
	fw_cfg_select(FW_CFG_FILE_DIRECTORY);
	fw_cfg_read_bytes(&count, sizeof count);
	count = __builtin_bswap32(count);
	if (name_len >= FW_CFG_NAME_BYTES || count > FW_CFG_FILES_MAX)
		return ERR_NOT_FOUND;
	for (uint32_t i = 0; i < count; i++) {
		struct fw_cfg_file file;
		fw_cfg_read_bytes(&file, sizeof file);
		if (memcmp(file.name, name, name_len + 1) == 0) {
			*out_file = file;
			return OK;
		}
	}
	return ERR_NOT_FOUND;
}

enum status fw_cfg_read(const char *name, void *buffer, size_t capacity, size_t *out_size)
{
	struct fw_cfg_file file;
	enum status status = fw_cfg_find(name, &file);
	if (status != OK)
		return status;

	size_t size = __builtin_bswap32(file.size);
	*out_size = size;
	if (size > capacity)
		return ERR_TOO_BIG;
	fw_cfg_select(__builtin_bswap16(file.selector));
	fw_cfg_read_bytes(buffer, size);
	return OK;
}
