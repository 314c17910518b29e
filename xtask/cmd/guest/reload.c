/* reload: one program of the running guest, from what was just built. */
#include "cmd/guest/guest.h"
#include "os/files.h"
#include "resolve/resolve.h"
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct option *const reload_options[] = {options_system, options_guest, NULL};

/* Does it start with the machine, from one file that needs no other? */
static bool is_replaceable(const struct package *package)
{
	if (package->kind.value == KIND_SERVICE)
		return true;
	return (package->startup.value == STARTUP_INIT ||
	        package->startup.value == STARTUP_SESSION) &&
	       package->build.builder.value == BUILDER_C_PROGRAM;
}

/* Such a package of the profile, or NULL, with what else there would be. */
static const struct package *find_program(struct pipeline *p, struct str id)
{
	struct str names[256];
	size_t count = 0;
	for (size_t i = 0; i < p->system.count; i++) {
		const struct package *package = p->system.packages[i];
		if (!is_replaceable(package))
			continue;
		if (str_equal(package->id.value, id))
			return package;
		if (count < COUNT(names))
			names[count++] = package->id.value;
	}
	struct str hint = diag_did_you_mean(p->in->diag, id, names, count);
	diag_error(p->in->diag, (struct span){},
	           hint.len ? hint : STR("`xtask list` shows which there are"),
	           "profile %.*s starts no program '%.*s' that could be replaced",
	           STR_ARG(p->profile), STR_ARG(id));
	return NULL;
}

/* The end of the last segment; 0: this is no such file. */
static uint64_t segments_end(const Elf64_Ehdr *header, struct str file)
{
	uint64_t end = sizeof *header;
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
	    header->e_phentsize != sizeof(Elf64_Phdr) || header->e_phoff > file.len ||
	    header->e_phnum > (file.len - header->e_phoff) / sizeof(Elf64_Phdr))
		return 0;
	for (size_t i = 0; i < header->e_phnum; i++) {
		Elf64_Phdr segment;
		memcpy(&segment, file.ptr + header->e_phoff + i * sizeof segment, sizeof segment);
		uint64_t segment_end;
		if (__builtin_add_overflow(segment.p_offset, segment.p_filesz, &segment_end) ||
		    segment_end > file.len)
			return 0;
		if (segment_end > end)
			end = segment_end;
	}
	uint64_t headers_end = header->e_phoff + (uint64_t)header->e_phnum * sizeof(Elf64_Phdr);
	return headers_end > end ? headers_end : end;
}

/* What a machine loads of a program: most of the file is for the debugger, and the line is slow. */
static struct str without_sections(struct arena *a, struct str file)
{
	Elf64_Ehdr header;
	if (file.len < sizeof header)
		return file;
	memcpy(&header, file.ptr, sizeof header);
	uint64_t end = segments_end(&header, file);
	if (!end)
		return file;
	header.e_shoff = header.e_shnum = header.e_shstrndx = 0;
	char *bytes = ARENA_ARRAY(a, char, end);
	memcpy(bytes, file.ptr, end);
	memcpy(bytes, &header, sizeof header);
	return (struct str){bytes, end};
}

static bool read_program(struct pipeline *p, const struct package *package, struct str *out)
{
	struct arena *a = p->in->arena;
	const struct artifact *artifact = artifact_find(&p->plan.artifacts, package);
	struct str path = artifact ? artifact->files.items[0] : (struct str){};
	struct str file;
	int error = artifact ? file_read(a, arena_c_str(a, path), &file) : ENOENT;
	if (error)
		diag_error(p->in->diag, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(path),
		           strerror(error));
	else
		*out = without_sections(a, file);
	return error == 0;
}

/* What the guest's refusal means. */
static void report_refusal(struct invocation *in, const struct guest_run *run, struct str id)
{
	static const struct {
		int error;
		const char *text;
	} reasons[] = {
	        {EACCES, "the guest takes this only from an agent that it was told to start"},
	        {ENOENT, "the guest has no such program"},
	        {EBUSY, "another reload is under way in the guest"},
	        {ENOEXEC, "the guest takes it for no program; the old one still runs"},
	        {EOPNOTSUPP, "this guest's kernel starts only signed programs (preset release)"},
	        {ETIMEDOUT, "it did not register in time; the one of the image is started again"},
	};
	if (run->status == -EIO && run->reloaded) {
		diag_error(in->diag, (struct span){}, STR("the one of the image is started again"),
		           "%.*s ended with status %d before it was there", STR_ARG(id),
		           (int)run->reload.last_status);
		return;
	}
	const char *text = strerror(-run->status);
	for (size_t i = 0; i < COUNT(reasons); i++)
		if (reasons[i].error == -run->status)
			text = reasons[i].text;
	diag_error(in->diag, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(id), text);
}

static bool reload(struct invocation *in, struct guest_run *run, struct str id, struct str program)
{
	struct text head = {.arena = in->arena};
	char bytes[4];
	agent_put_u32(bytes, (uint32_t)program.len);
	text_add(&head, (struct str){bytes, sizeof bytes});
	text_add(&head, id);
	bool done = guest_ask(in, run, AGENT_RELOAD, text_str(&head)) &&
	            guest_send_data(in, run, program) &&
	            guest_ask(in, run, AGENT_CLOSE, (struct str){});
	if (run->has_status && run->status)
		report_refusal(in, run, id);
	return done;
}

static void print_done(const struct invocation *in, const struct guest_run *run, struct str id)
{
	const struct agent_reloaded *r = &run->reload;
	if (in->json)
		printf("{\"service\":\"%.*s\",\"old_pid\":%u,\"pid\":%u,\"took_us\":%u}\n",
		       STR_ARG(id), r->old_pid, r->new_pid, r->took_us);
	else
		printf("reload: %.*s pid %u -> %u, away for %u.%03u ms\n", STR_ARG(id), r->old_pid,
		       r->new_pid, r->took_us / 1000, r->took_us % 1000);
}

static int run_reload(struct invocation *in)
{
	struct str id = in->words.items[0], program;
	struct guest_run run = {};
	struct pipeline p;
	pipeline_name(&p, in);
	if (!pipeline_read(&p))
		return EXIT_USAGE;
	const struct package *package = find_program(&p, id);
	if (!package)
		return EXIT_USAGE;
	guest_hear_interrupts();
	/* without a guest nothing needs to be built */
	if (!guest_begin(in, &run))
		return EXIT_FAILED;
	p.only = package;
	int code = pipeline_goal(&p, GOAL_USER);
	if (code == EXIT_DONE && !read_program(&p, package, &program))
		code = EXIT_FAILED;
	if (code == EXIT_DONE && !reload(in, &run, id, program))
		code = EXIT_FAILED;
	guest_close(&run.client);
	if (code == EXIT_DONE && !in->quiet)
		print_done(in, &run, id);
	return code;
}

const struct command command_reload = {
        .name = "reload",
        .summary = "build one service or program, and put it in the running guest",
        .usage = "[OPTIONS] PACKAGE",
        .details = "For a guest of preset debug that `xtask qemu` runs with a shell at its "
                   "console. Builds a\n"
                   "service, or another program of ours that starts with the machine, sends it, "
                   "ends the old\n"
                   "process and starts the new one; one that had ended is started once more. It "
                   "is started\n"
                   "again where the image's would be. One that ends before it was there, or three "
                   "times, is\n"
                   "replaced by the image's, and the image on disk stays as it is.\n",
        .example = "  xtask reload storaged\n",
        .options = reload_options,
        .words_min = 1,
        .words_max = 1,
        .group = GROUP_MORE,
        .run = run_reload,
};
