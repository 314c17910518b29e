#include "executive/first_program.h"
#include "core/api.h"
#include "executive/machine.h"
#include "hal/api.h"
#include "mm/api.h"
#include "ps/api.h"
#include "selftest/api.h"
#include <abi/machine.h>
#include <abi/services.h>
#include <config/kernel.h>

bool first_program_is_selftest(void)
{
	char bytes[LOG_MESSAGE_MAX];
	size_t size;
	enum status status = fw_cfg_read(MACHINE_FW_CFG_SELFTEST, bytes, sizeof bytes, &size);
	return status != ERR_NOT_FOUND && status != ERR_NO_DEVICE;
}

/* False when nobody asked for a self-test. */
static bool first_program_start_selftest(enum status *out_status)
{
	char bytes[LOG_MESSAGE_MAX];
	size_t size;
	*out_status = fw_cfg_read(MACHINE_FW_CFG_SELFTEST, bytes, sizeof bytes, &size);
	if (*out_status == ERR_NOT_FOUND || *out_status == ERR_NO_DEVICE)
		return false;
	if (*out_status == OK)
		*out_status = selftest_start((struct str){bytes, size}, machine_end_with_program);
	return true;
}

enum { FIRST_PROGRAM_ARGUMENTS_MAX = 16, FIRST_PROGRAM_PATH_MAX = 64 };

/* What fw_cfg has for the first program; the texts lie in bytes. Returns how many. */
static size_t first_program_arguments(struct str *out_arguments, char *bytes, size_t capacity)
{
	size_t size, count = 0;
	enum status status = fw_cfg_read(MACHINE_FW_CFG_INIT, bytes, capacity, &size);
	if (status == ERR_TOO_BIG)
		LOG_ERROR(LOG_BOOT, "arguments of the first program ignored: %zu bytes, limit %zu",
		          size, capacity);
	if (status != OK)
		return 0;
	struct str rest = str_trim((struct str){bytes, size});
	while (rest.len && count < FIRST_PROGRAM_ARGUMENTS_MAX - 1) {
		struct str_split split = str_cut(rest, ' ');
		out_arguments[count++] = split.head;
		rest = str_trim(split.rest);
	}
	return count;
}

/* Which program of the signed archive is the first; only tests have another one than usual. Its
 * path lies in bytes. */
static struct str first_program_path(char *bytes, size_t capacity)
{
	struct str path = STR_INIT(MACHINE_PATH_FIRST_PROGRAM);
	size_t size;
	if (!CONFIG_DEBUG_ASSERTIONS)
		return path;
	enum status status = fw_cfg_read(MACHINE_FW_CFG_FIRST_PROGRAM, bytes, capacity, &size);
	if (status == OK)
		path = str_trim((struct str){bytes, size});
	else if (status != ERR_NOT_FOUND && status != ERR_NO_DEVICE)
		LOG_ERROR(LOG_BOOT, "path of the first program ignored: %s", status_name(status));
	return path;
}

enum status first_program_start(void)
{
	enum status selftest;
	if (first_program_start_selftest(&selftest))
		return selftest;
	char path[FIRST_PROGRAM_PATH_MAX], words[LOG_MESSAGE_MAX];
	struct str arguments[FIRST_PROGRAM_ARGUMENTS_MAX] = {first_program_path(path, sizeof path)};
	const struct process_request request = {
	        .path = arguments[0],
	        .arguments = arguments,
	        .argument_count = 1 + first_program_arguments(arguments + 1, words, sizeof words),
	        .capabilities = IPC_SERVICE_CAP_ROOT_SUPERVISOR,
	        .may_register = 1ULL << IPC_SERVICE_ROOTD,
	        .may_look_up = UINT64_MAX,
	        .weight_micros = 1000,
	        .map_archive = true,
	};
	uint64_t pid;
	/* the first pages of the first program are ready before it asks */
	while (frames_clean_one())
		;
	enum status status = process_spawn(&request, &pid);
	if (status != OK)
		LOG_ERROR(LOG_PROCESS, "rootd: cannot start: %s", status_name(status));
	return status;
}
