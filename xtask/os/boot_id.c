#include "os/boot_id.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void boot_id_read(char out_id[BOOT_ID_BYTES])
{
	memset(out_id, 0, BOOT_ID_BYTES);
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (read(fd, out_id, BOOT_ID_BYTES - 1) < 0)
		memset(out_id, 0, BOOT_ID_BYTES);
	close(fd);
}

bool boot_id_is_now(const char id[BOOT_ID_BYTES])
{
	char now[BOOT_ID_BYTES];
	boot_id_read(now);
	return now[0] && memcmp(now, id, sizeof now) == 0;
}
