/* qemu and debug: boot the image that was built, listen, and say how it ended. Never builds. */
#include "qemu/qemu.h"
#include "cmd/launch.h"
#include "image/update/redo.h"
#include "os/files.h"
#include "qemu/data_disk.h"
#include "qemu/session/answers.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct option options_qemu[] = {
        {"--boot", "efi|direct",
         "through firmware and GRUB (default), or the kernel at once (PVH)"},
        {"--expect", "MARK", "success once every such text was seen; repeatable"},
        {"--in-order", NULL, "the expected marks must come in the order given"},
        {"--forbid", "MARK", "failure as soon as this text is seen; repeatable"},
        {"--exit", "OUTCOME", "wait for the end, which must be: pass, panic, boot-failure, N, ..."},
        {"--session", "auto|always|never",
         "the shell at the console: when there is a terminal here (auto), or as said"},
        {"--answer", "MARK=TEXT",
         "type TEXT once the serial line said MARK; repeatable, in order; \\r \\n \\xHH"},
        {"--exec", "COMMAND",
         "run it in the guest's shell, then switch the guest off; repeatable; its status is ours; "
         "the first one reads our standard input, unless that is a terminal"},
        {"--timeout", "SECONDS", "failure after so long (default: [qemu] timeout_seconds)"},
        {"--stop-after", "SECONDS", "a stop that was planned: success"},
        {"--fault", "POINT=ACTION",
         "inject a fault, replacing the configured rule of that point; repeatable"},
        {"--log", "LEVELS", "log levels in the guest, as in debug or memory=trace;vfs=off"},
        {"--snapshot", NULL, "throw the guest's writes away"},
        {"--pool", "FOLDER",
         "resume from the snapshot of the same machine at its prompt, or keep one there"},
        {"--image", "FILE", "another disk image than OUT/rustos-boot.img"},
        {"--data", "FILE|none",
         "disk of the data volume, made when it is missing (default: OUT/data.img where there is a "
         "session or --exec, and no --snapshot)"},
        {"--medium", "disk|cd|usb|network",
         "what the image is attached as (default: disk); network: a folder of `xtask export "
         "network`"},
        {"--secure-boot", NULL, "firmware that boots only what the development key signed"},
        {"--certificate", "FILE", "with --secure-boot: what this certificate signed instead"},
        {"--vars", NULL, "firmware with a variable store of its own"},
        {"--display", "BACKEND", "show the screen, as QEMU's -display has it"},
        {"--screenshot", "FILE", "a picture of the screen at the end (.png, .ppm)"},
        {"--debugcon", "file|stdio", "debug console to OUT/logs/debugcon.log, or here too"},
        {"--logs", "FOLDER", "where serial.log and debugcon.log go (default: OUT/logs)"},
        {"--dry-run", NULL, "print QEMU's command line and stop"},
        {},
};

static const struct option *const options[] = {options_system, options_qemu, NULL};

static struct str fault_spec(struct arena *a, const struct fault_config *faults)
{
	struct text t = {.arena = a};
	for (size_t i = 0; i < faults->rules.count; i++)
		text_addf(&t, "%s%.*s", i ? ";" : "", STR_ARG(faults->rules.items[i]));
	return text_str(&t);
}

static bool read_words(struct invocation *in, struct qemu_request *request)
{
	struct str boot = option_value(in, "--boot");
	static const struct str methods[] = {STR_INIT("efi"), STR_INIT("direct")};
	if (boot.len && !str_equal(boot, methods[0]) && !str_equal(boot, methods[1])) {
		diag_error(in->diag, (struct span){},
		           diag_did_you_mean(in->diag, boot, methods, COUNT(methods)),
		           "--boot is efi or direct, not '%.*s'", STR_ARG(boot));
		return false;
	}
	request->boot = str_equal(boot, methods[1]) ? BOOT_DIRECT : BOOT_EFI;

	struct str medium = option_value(in, "--medium");
	static const struct str media[] = {STR_INIT("disk"), STR_INIT("cd"), STR_INIT("usb"),
	                                   STR_INIT("network")};
	for (size_t i = 0; i < COUNT(media); i++)
		if (str_equal(medium, media[i]))
			request->medium = (enum boot_medium)i;
	if (medium.len && !str_equal(medium, media[request->medium])) {
		diag_error(in->diag, (struct span){},
		           diag_did_you_mean(in->diag, medium, media, COUNT(media)),
		           "--medium is disk, cd, usb or network, not '%.*s'", STR_ARG(medium));
		return false;
	}

	struct str exit = option_value(in, "--exit");
	if (exit.len && !qemu_wanted_parse(exit, request)) {
		diag_error(in->diag, (struct span){},
		           STR("pass, panic, boot-failure, refused, timeout, or a number"),
		           "--exit does not know '%.*s'", STR_ARG(exit));
		return false;
	}
	struct str debugcon = option_value(in, "--debugcon");
	if (debugcon.len && !str_equal(debugcon, STR("file")) &&
	    !str_equal(debugcon, STR("stdio"))) {
		diag_error(in->diag, (struct span){}, (struct str){},
		           "--debugcon is file or stdio, not '%.*s'", STR_ARG(debugcon));
		return false;
	}
	request->debugcon_to_stdout = str_equal(debugcon, STR("stdio"));
	return true;
}

/* By default somebody has to be there to type. */
static bool read_session(struct invocation *in, struct qemu_request *request)
{
	struct str when = option_value(in, "--session");
	static const struct str words[] = {STR_INIT("auto"), STR_INIT("always"), STR_INIT("never")};
	if (when.len && !str_equal(when, words[0]) && !str_equal(when, words[1]) &&
	    !str_equal(when, words[2])) {
		diag_error(in->diag, (struct span){},
		           diag_did_you_mean(in->diag, when, words, COUNT(words)),
		           "--session is auto, always or never, not '%.*s'", STR_ARG(when));
		return false;
	}
	struct strs answers = option_values(in, "--answer");
	struct qemu_answer *list = ARENA_ARRAY(in->arena, struct qemu_answer, answers.count + 1);
	for (size_t i = 0; i < answers.count; i++) {
		if (answer_parse(in->arena, answers.items[i], &list[i]))
			continue;
		diag_error(in->diag, (struct span){}, STR("as in --answer '/ # =ls\\r'"),
		           "--answer is MARK=TEXT, not '%.*s'", STR_ARG(answers.items[i]));
		return false;
	}
	request->answers = list;
	request->answer_count = answers.count;
	bool person = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !in->quiet && !in->json;
	request->execs = option_values(in, "--exec");
	request->session =
	        str_equal(when, words[1]) || (!str_equal(when, words[2]) &&
	                                      ((person && !request->execs.count) || answers.count));
	request->passes_input = request->execs.count && !request->session;
	request->agent = request->session || request->execs.count;
	return true;
}

/* What is on a data volume, or in the firmware, would not be that of the snapshot. */
static bool check_pool(struct invocation *in, const struct qemu_request *request)
{
	bool typed = request->answer_count, run = request->execs.count;
	if (!request->pool.len)
		return true;
	if (request->boot != BOOT_DIRECT || !request->snapshot || typed == run ||
	    option_given(in, "--data") || request->screenshot.len) {
		diag_error(in->diag, (struct span){},
		           STR("as in --boot direct --snapshot --exec 'echo here' --pool "
		               "build/test/pool"),
		           "--pool is for --boot direct with --snapshot and either --answer or "
		           "--exec, "
		           "without --data and --screenshot");
		return false;
	}
	int error = folder_create(arena_c_str(in->arena, request->pool));
	if (error)
		diag_error(in->diag, (struct span){}, (struct str){}, "--pool %.*s: %s",
		           STR_ARG(request->pool), strerror(error));
	return !error;
}

static bool read_options(struct invocation *in, struct qemu_request *request)
{
	int64_t timeout, stop_after;
	enum { LONGEST_SECONDS = 1000000 };
	if (!option_number(in, "--timeout", 1, LONGEST_SECONDS, &timeout) ||
	    !option_number(in, "--stop-after", 1, LONGEST_SECONDS, &stop_after))
		return false;
	request->timeout_ms = (uint64_t)timeout * 1000;
	request->stop_after_ms = (uint64_t)stop_after * 1000;
	request->expect = option_values(in, "--expect");
	request->forbid = option_values(in, "--forbid");
	request->in_order = option_given(in, "--in-order");
	request->log = option_value(in, "--log");
	request->snapshot = option_given(in, "--snapshot");
	request->variables = option_given(in, "--vars");
	request->secure_boot = option_given(in, "--secure-boot");
	request->certificate = option_path(in, "--certificate");
	if (request->certificate.len && !request->secure_boot) {
		diag_error(in->diag, (struct span){}, STR("add --secure-boot"),
		           "--certificate is for firmware with Secure Boot");
		return false;
	}
	request->display = option_value(in, "--display");
	request->screenshot = option_path(in, "--screenshot");
	request->logs = option_path(in, "--logs");
	request->pool = option_path(in, "--pool");
	request->extra = in->rest;
	request->quiet = in->quiet;
	request->json = in->json;
	return read_words(in, request) && read_session(in, request) && check_pool(in, request);
}

static int dry_run(struct invocation *in, const struct qemu_request *request)
{
	struct strs argv = {};
	if (!qemu_command(in->arena, request, &argv, in->diag))
		return EXIT_USAGE;
	for (size_t i = 0; i < argv.count; i++)
		printf("%s'%.*s'", i ? " " : "", STR_ARG(argv.items[i]));
	putchar('\n');
	return EXIT_DONE;
}

bool launch_boot(struct invocation *in, const struct qemu_request *request,
                 struct qemu_result *out_result)
{
	struct text why = {.arena = in->arena};
	int held = -1, error = 0;
	if (request->image.len && request->medium != MEDIUM_NETWORK)
		error = image_hold(arena_c_str(in->arena, request->image), &held, &why);
	if (why.len)
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s",
		           STR_ARG(text_str(&why)));
	/* What is not there at all, qemu_run reports with what to do. */
	bool ran =
	        (!error || error == ENOENT) && qemu_run(in->arena, request, out_result, in->diag);
	if (held >= 0)
		close(held);
	return ran;
}

bool launch_prepare(struct invocation *in, struct pipeline *p, struct qemu_request *request)
{
	pipeline_name(p, in);
	struct str file = option_path(in, "--config");
	struct config_request wanted = {
	        .file = file.len ? arena_c_str(in->arena, file) : NULL,
	        .preset = option_value(in, "--preset"),
	        .sets = option_values(in, "--set"),
	        .faults = option_values(in, "--fault"),
	};
	*request = (struct qemu_request){
	        .config = &p->config.qemu,
	        .out = p->out,
	        .image = pipeline_path(p, "rustos-boot.img"),
	        .kernel = pipeline_path(p, "image/nucleus.elf"),
	        .archive = pipeline_path(p, "image/system/boot/early.cpio"),
	};
	bool ok = config_load(in->arena, &wanted, &p->config, in->diag);
	p->registry = registry_load(in->arena, in->diag);
	if (!p->registry || !ok || !qemu_machine_load(p->registry, &request->machine, in->diag) ||
	    !read_options(in, request) ||
	    !registry_log_spec_check(p->registry, request->log, in->diag))
		return false;
	if (option_given(in, "--image"))
		request->image = option_path(in, "--image");
	request->faults = fault_spec(in->arena, &p->config.faults);
	if (option_given(in, "--data"))
		request->data = str_equal(option_value(in, "--data"), STR("none"))
		                        ? (struct str){}
		                        : option_path(in, "--data");
	else if ((request->session || request->execs.count) && !request->snapshot)
		request->data = pipeline_path(p, "data.img");
	if (request->boot == BOOT_DIRECT && !option_given(in, "--image") &&
	    access(arena_c_str(in->arena, request->image), R_OK) != 0)
		request->image = (struct str){};
	return true;
}

/* Of the first command that did not end well. */
static int first_status(const struct qemu_result *result)
{
	for (size_t i = 0; i < result->exec_count; i++)
		if (result->execs[i].status)
			return result->execs[i].status & 0xff;
	return EXIT_DONE;
}

static int launch(struct invocation *in, bool debug)
{
	struct pipeline p;
	struct qemu_request request;
	struct qemu_result result;
	if (!launch_prepare(in, &p, &request))
		return EXIT_USAGE;
	request.debug = debug;
	if (option_given(in, "--dry-run"))
		return dry_run(in, &request);
	if (request.data.len &&
	    !data_disk_prepare(in->arena, request.data, request.config->data_mib, in->diag))
		return EXIT_USAGE;
	/* what the commands print is all that is to be read */
	request.quiet |= request.execs.count > 0;
	if (!launch_boot(in, &request, &result))
		return EXIT_USAGE;
	if (in->json || !request.execs.count)
		qemu_print_result(in->arena, &result, in->json, stdout);
	else if (!result.success)
		qemu_print_result(in->arena, &result, false, stderr);
	return result.success ? first_status(&result) : EXIT_FAILED;
}

static int run_qemu(struct invocation *in)
{
	return launch(in, false);
}

static int run_debug(struct invocation *in)
{
	return launch(in, true);
}

const struct command command_qemu = {
        .name = "qemu",
        .summary = "boot the image in QEMU with the serial line on this terminal",
        .usage = "[OPTIONS] [-- QEMU-ARGUMENTS]",
        .details = "Boots what `xtask build` left and never builds. Ctrl-C goes to the guest, "
                   "Ctrl-A X\n"
                   "ends the machine. The exit code is 0 when the guest ended with status 0 or "
                   "showed\n"
                   "every expected mark; a timeout is a failure, and so is a panic.\n",
        .example = "  xtask qemu\n  xtask qemu --boot direct --fault alloc.frame=fail-after:200 "
                   "--timeout 30\n",
        .options = options,
        .takes_rest = true,
        .run = run_qemu,
};

const struct command command_debug = {
        .name = "debug",
        .summary = "boot as `qemu` does, waiting for gdb",
        .usage = "[OPTIONS] [-- QEMU-ARGUMENTS]",
        .details = "Writes OUT/rustos.gdb: the kernel's symbols, breakpoints at panic, and the "
                   "command `program\nFILE` for the symbols of a program.\n",
        .example = "  xtask debug --boot direct\n  gdb -x build/rustos.gdb\n"
                   "  (gdb) program build/artifacts/services/rootd/rootd.elf\n"
                   "  (gdb) hbreak main\n  (gdb) continue\n",
        .options = options,
        .takes_rest = true,
        .run = run_debug,
};
