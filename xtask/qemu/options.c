#include "qemu/qemu.h"

/* clang-format off */
const struct qemu_option qemu_options[] = {
	{"--boot", "efi|direct", "through firmware and GRUB (default), or the kernel at once"},
	{"--machine", "NAME", "default (AHCI) or nvme; otherwise qemu.profile decides"},
	{"--memory", "MIB", "instead of qemu.memory_mib"},
	{"--cpus", "N", "instead of qemu.cpus"},
	{"--expect", "MARK", "done as soon as every expected mark was seen; repeatable"},
	{"--in-order", NULL, "the expected marks have to come in this order on one channel"},
	{"--forbid", "MARK", "fail at once when it is seen; repeatable"},
	{"--exit", "END", "run to the end, which has to be pass, N, panic, boot-failure, refused, ..."},
	{"--timeout", "SECONDS", "running longer is a failure"},
	{"--stop-after", "SECONDS", "a planned stop; no failure"},
	{"--fault", "POINT=ACTION", "fault rule for this boot; replaces the configured one; repeatable"},
	{"--log", "LEVELS", "log levels for this boot: `debug`, or `memory=debug;vfs=trace`"},
	{"--snapshot", NULL, "what the guest writes to the disk is thrown away"},
	{"--vars", NULL, "firmware in flash with a variable store kept under the output folder"},
	{"--logs", "FOLDER", "where serial.log and debugcon.log go"},
	{"--debugcon", NULL, "show debugcon on stdout too"},
	{"--display", "BACKEND", "a window, by QEMU's name for it: gtk, sdl, vnc=:0"},
	{"--screenshot", "FILE", ".png or .ppm, taken when the machine is stopped"},
	{"--dry-run", NULL, "print the command line of QEMU and start nothing"},
};
/* clang-format on */
const size_t qemu_option_count = COUNT(qemu_options);
