/* Consoles of sessions: pseudo-terminals whose other side the kernel keeps, whoever dies. */
#include "runtimed.h"
#include <format/api.h>
#include <linux_calls/api.h>
#include <rt/api.h>

enum {
	CONSOLE_FIRST_KEY = 3, /* of service_keep, for number 0; below are tables */
	CONSOLE_OPEN = 02 | 0400 | 02000000, /* read and write, taking no terminal, close on exec */
	CONSOLE_SET_LOCK = 0x40045431,
	CONSOLE_GET_NUMBER = 0x80045430,
	CONSOLE_SET_SIZE = 0x5414,
	CONSOLE_ROWS = 24,
	CONSOLE_COLUMNS = 80,
};
_Static_assert(CONSOLE_FIRST_KEY + RUNTIME_CONSOLES_MAX < SERVICE_KEPT_MAX);

static uint8_t console_free_number(const struct runtime_service *self)
{
	uint64_t taken = 0;
	for (size_t i = 0; i < RUNTIME_PROGRAMS_MAX; i++)
		if (self->kept->programs[i].pid)
			taken |= 1ull << self->kept->members[i].console;
	for (uint8_t number = 1; number <= RUNTIME_CONSOLES_MAX; number++)
		if (!(taken >> number & 1))
			return number;
	return 0;
}

static enum status console_name(int64_t other, struct runtime_console *console)
{
	uint32_t terminal = 0;
	struct format_buffer path = {.ptr = console->path, .size = sizeof console->path};
	int64_t status = CALL(LINUX_IOCTL, other, CONSOLE_GET_NUMBER, &terminal);
	if (status == OK)
		format_append(&path, "/dev/pts/%u%c", terminal, '\0');
	return (enum status)status;
}

static enum status console_prepare(int64_t other, struct runtime_console *console)
{
	static const uint16_t size[] = {CONSOLE_ROWS, CONSOLE_COLUMNS, 0, 0};
	const uint32_t unlocked = 0;
	int64_t status = CALL(LINUX_IOCTL, other, CONSOLE_SET_LOCK, &unlocked);
	if (status == OK)
		status = CALL(LINUX_IOCTL, other, CONSOLE_SET_SIZE, size);
	if (status == OK)
		status = console_name(other, console);
	return (enum status)status;
}

enum status console_open(const struct runtime_service *self, struct runtime_console *out)
{
	*out = (struct runtime_console){.number = console_free_number(self)};
	if (!out->number)
		return ERR_NO_SPACE;
	int64_t other = CALL(LINUX_OPEN, "/dev/ptmx", CONSOLE_OPEN);
	if (other < 0)
		return (enum status)other;
	enum status status = console_prepare(other, out);
	if (status == OK)
		status = rustos_service_keep(CONSOLE_FIRST_KEY + out->number, (uint64_t)other);
	CALL(LINUX_CLOSE, other);
	return status;
}

enum status console_of_session(const struct runtime_service *self, uint64_t session,
                               struct runtime_console *out)
{
	size_t leader = session_leader(self, session);
	int32_t other;
	*out = (struct runtime_console){};
	if (leader == RUNTIME_PROGRAMS_MAX || !self->kept->members[leader].console)
		return OK;
	out->number = self->kept->members[leader].console;
	TRY(console_other_side(out->number, &other));
	enum status status = console_name(other, out);
	CALL(LINUX_CLOSE, other);
	return status;
}

enum status console_other_side(uint8_t number, int32_t *out_descriptor)
{
	uint64_t handle = 0;
	TRY(rustos_service_kept(CONSOLE_FIRST_KEY + number, &handle));
	*out_descriptor = (int32_t)handle;
	return OK;
}

void console_close(uint8_t number)
{
	if (number)
		(void)!rustos_service_keep(CONSOLE_FIRST_KEY + number, 0);
}
