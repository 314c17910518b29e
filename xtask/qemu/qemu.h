/*
 * QEMU launcher: starts a machine, listens to it, and says how it ended.
 *
 * Serial, debugcon and QMP come over sockets that this process reads; QEMU runs
 * in its own process group and dies with this process, whatever ends it. A run
 * ends in exactly one outcome; only a status from the guest's own program, or
 * marks that were asked for, count as success.
 */
#pragma once

#include "config/config.h"

struct registry;

enum boot_medium { MEDIUM_DISK, MEDIUM_CD, MEDIUM_USB, MEDIUM_NETWORK };
enum boot_method { BOOT_EFI, BOOT_DIRECT };

enum qemu_outcome {
	QEMU_PASS, /* the guest's program ended with status 0 */
	QEMU_EXPECTED, /* every expected mark was seen; stopped by us */
	QEMU_STOPPED, /* stop_after is over; stopped by us */
	QEMU_LEFT, /* the person at the terminal pressed Ctrl-A X */
	QEMU_POWERED_OFF, /* the guest switched the machine off, as `poweroff` does */
	QEMU_GUEST_STATUS, /* the guest's program ended with another status */
	QEMU_PANIC, /* exit value or a panic mark */
	QEMU_BOOT_FAILURE, /* the kernel could not start its first program */
	QEMU_REFUSED, /* GRUB or the firmware refused a signature */
	QEMU_LOADER_STOPPED, /* GRUB found no kernel, or could not load it */
	QEMU_NOTHING_TO_BOOT, /* the firmware found nothing to boot */
	QEMU_FORBIDDEN, /* a forbidden mark was seen */
	QEMU_MARK_MISSING, /* the run ended, and an expected mark was not seen */
	QEMU_TIMEOUT,
	QEMU_NO_STATUS, /* the guest reset, or QEMU ended without saying why */
	QEMU_CRASHED, /* QEMU was killed by a signal that we did not send */
	QEMU_HOST_ERROR, /* QEMU did not start or gave up: bad argument, locked image, ... */
	QEMU_INTERRUPTED, /* a signal ended this process's wait */
	QEMU_OUTCOME_COUNT,
};

/* Rows of registry/machine.toml. */
struct qemu_machine {
	uint64_t exit_port;
	uint64_t exit_panic;
	uint64_t exit_boot_failure;
	uint64_t exit_program; /* + status of the program, at most exit_program_max */
	uint64_t exit_program_max;
};

/* False after reporting rows that are missing. */
bool qemu_machine_load(const struct registry *registry, struct qemu_machine *out_machine,
                       struct diag *d);

/* Once mark was seen on the serial line, behind the answer before, text is typed. */
struct qemu_answer {
	struct str mark, text;
};

/* A command for the shell in the guest, and what came of it. */
struct qemu_exec {
	struct str command;
	bool done;
	int32_t status; /* as a shell has it */
	struct str out, error; /* what it wrote */
};

struct qemu_request {
	const struct qemu_config
	        *config; /* machine profile, memory, cpus, accelerator, firmware, timeout */
	struct qemu_machine machine;
	enum boot_method boot;
	struct str out; /* OUT: "build"; for firmware copies, variables, gdb files */
	struct str logs; /* folder of serial.log and debugcon.log; empty: OUT/logs */
	struct str
	        image; /* boot disk; needed for BOOT_EFI, attached if not empty for BOOT_DIRECT */
	struct str kernel, archive; /* BOOT_DIRECT: nucleus.elf and early.cpio */
	struct str faults; /* spec for opt/rustos/fault-injection; empty: none */
	struct str log; /* spec for opt/rustos/log; empty: none */
	bool session; /* programs of startup mode "session" are started, and a reset is one */
	const struct qemu_answer *answers; /* in this order */
	size_t answer_count;
	struct strs execs; /* commands that are run in the guest; then it is switched off */
	bool passes_input; /* the first of them reads our standard input */
	bool agent; /* a channel to the agent in the guest, at a socket */
	enum boot_medium medium; /* how the image is attached */
	struct str data; /* disk of the data volume; empty: none */
	bool snapshot; /* guest writes are thrown away */
	struct str
	        pool; /* folder of snapshots (qemu/pool/pool.h); empty: none is taken or resumed */
	bool secure_boot; /* firmware that trusts the development certificate and nothing else */
	struct str certificate; /* PEM file that it trusts instead; empty: none */
	bool variables; /* firmware in flash with a private variable store, kept in OUT */

	struct strs expect;
	bool in_order; /* the expected marks, in this order on one channel */
	struct strs forbid; /* panic marks are always forbidden */
	bool has_wanted; /* wait for the end, which has to be this */
	enum qemu_outcome wanted;
	uint64_t wanted_status; /* of QEMU_GUEST_STATUS */
	uint64_t timeout_ms; /* 0: config's; that 0 too: none. Running into it is a failure */
	uint64_t stop_after_ms; /* 0: none. A stop that was planned */

	struct str display; /* QEMU display backend; empty: none */
	struct str screenshot; /* .png or .ppm, taken at the end; empty: none */
	bool debugcon_to_stdout; /* besides its file */
	/* Wait for gdb on the socket OUT/gdb.socket; a command file is written to OUT/rustos.gdb.
	 */
	bool debug;
	struct strs extra; /* behind --, passed to QEMU as they are */
	bool quiet; /* no guest output on stdout */
	bool json; /* the result as JSON; implies quiet */
	/* Everything the guest says, as it comes; may be NULL. elapsed: since QEMU's start. */
	void (*heard)(void *context, bool debugcon, struct str bytes, uint64_t elapsed_us);
	void *heard_context;
	const char *program; /* NULL: $QEMU_BIN, else qemu-system-x86_64 */
};

struct qemu_result {
	enum qemu_outcome outcome;
	bool success;
	uint64_t guest_status; /* of QEMU_PASS and QEMU_GUEST_STATUS */
	struct str detail; /* what decided: the mark, the line, QEMU's own message */
	struct strs missing; /* expected marks not seen */
	size_t expected; /* number of expected marks */
	const struct qemu_exec *execs;
	size_t exec_count;
	bool resumed; /* from a snapshot, not booted */
	struct str snapshot; /* what it was resumed from */
	struct str pool_note; /* why a snapshot was not resumed that was there, or not kept */
	uint64_t elapsed_us;
	const char *accelerator; /* "kvm", "tcg" */
	struct str serial_file, debugcon_file;
	struct str agent_socket; /* empty: none */
};

/*
 * False when something needed is missing; that is reported with what to build or
 * install, and nothing was started.
 */
bool qemu_run(struct arena *a, const struct qemu_request *request, struct qemu_result *out_result,
              struct diag *d);
/* Where the agent of a guest is to be found that was started without a folder for logs. */
struct str qemu_agent_socket(struct arena *a, struct str out);
/* The closing line, or one JSON object a line. */
void qemu_print_result(struct arena *a, const struct qemu_result *result, bool json, FILE *out);
/* "pass", "guest-status", "boot-failure", ...: in JSON, in scenarios and for --exit. */
const char *qemu_outcome_name(enum qemu_outcome outcome);
/* Those names, and a number N: QEMU_GUEST_STATUS with that status (0: QEMU_PASS). */
bool qemu_wanted_parse(struct str text, struct qemu_request *request);

/* The whole command line, for --dry-run and for tests; reports like qemu_run. */
bool qemu_command(struct arena *a, const struct qemu_request *request, struct strs *out_argv,
                  struct diag *d);

enum kvm_answer {
	KVM_WORKS,
	KVM_ABSENT,
	KVM_NO_PERMISSION,
	KVM_BROKEN,
	KVM_SLOW,
	KVM_NOT_WITH_QEMU
};
/*
 * Runs a few guest instructions through /dev/kvm, then through QEMU's use of it,
 * in children with a time limit. The answer is remembered in state_file (NULL: not,
 * and without QEMU), keyed by boot id, the device's stat() and the program.
 */
enum kvm_answer kvm_probe(struct arena *a, const char *state_file, const char *program);
const char *kvm_answer_text(enum kvm_answer answer);

/* The configured firmware, or OVMF where Debian puts it; empty when there is none. */
struct str firmware_find(struct arena *a, struct str configured);
