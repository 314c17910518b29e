/* The command table, and nothing else. */
#include "cmd/cmd.h"
#include "cmd/root.h"
#include "os/files.h"
#include "pages/pages.h"
#include <string.h>

static const struct command *const commands[] = {
        &command_build,      &command_qemu,   &command_test,        &command_check,
        &command_debug,      &command_list,   &command_deps,        &command_config,
        &command_lock,       &command_verify, &command_sign,        &command_export,
        &command_documents,  &command_write,  &command_doctor,      &command_build_kernel,
        &command_build_user, &command_stage,  &command_image,       &command_gen,
        &command_clean,      &command_cache,  &command_why,         &command_graph,
        &command_act,        &command_new,    &command_completions, &command_manual,
        &command_schema,     &command_watch,  &command_size,        &command_trace,
        &command_exec,       &command_push,   &command_reload,
};

static const char *const groups[] = {
        [GROUP_MORE] = "more",
        [GROUP_IMAGE] = "of an image",
        [GROUP_BUILD] = "parts of build",
};

static void overview_group(FILE *out, enum command_group group)
{
	fprintf(out, "%s:", groups[group]);
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i]->group == group)
			fprintf(out, " %s", commands[i]->name);
	fprintf(out, "\n");
}

static void overview(FILE *out)
{
	fprintf(out, "xtask builds RustOS from package manifests into a signed EFI image and boots "
	             "it.\n\n"
	             "usage: xtask COMMAND [OPTIONS]\n\n");
	for (size_t i = 0; i < COUNT(commands); i++)
		if (commands[i]->group == GROUP_EVERYDAY)
			fprintf(out, "  %-12s%s\n", commands[i]->name, commands[i]->summary);
	for (enum command_group g = GROUP_MORE; g <= GROUP_BUILD; g++)
		overview_group(out, g);
	fprintf(out, "\n`xtask COMMAND --help` says more. Start with: xtask build && xtask qemu\n");
}

static const struct command *find_command(const char *name, struct diag *d)
{
	struct str names[COUNT(commands)];
	if (name[0] == '-') {
		diag_error(d, (struct span){}, STR("usage: xtask COMMAND [OPTIONS]"),
		           "the command comes before its options, so '%s' stands too early", name);
		return NULL;
	}
	if (strcmp(name, "run") == 0)
		name = "qemu";
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
		names[i] = str_from_c(commands[i]->name);
	}
	struct str hint = diag_did_you_mean(d, str_from_c(name), names, COUNT(names));
	diag_error(d, (struct span){}, hint.len ? hint : STR("`xtask` alone lists the commands"),
	           "unknown command '%s'", name);
	return NULL;
}

static int run_command(struct invocation *in, int count, char **arguments)
{
	if (!arguments_parse(in, count, arguments))
		return EXIT_USAGE;
	if (option_given(in, "--help")) {
		command_help(in->command);
		return EXIT_DONE;
	}
	if (!in->command->anywhere && !root_enter(in))
		return EXIT_USAGE;
	return in->command->run(in);
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		overview(stdout);
		return EXIT_DONE;
	}

	struct arena a;
	struct diag d;
	host_arena_init(&a);
	diag_init(&d, &a);
	struct invocation in = {
	        .arena = &a, .diag = &d, .commands = commands, .command_count = COUNT(commands)};
	in.command = find_command(argv[1], &d);
	int status = in.command ? run_command(&in, argc - 2, argv + 2) : EXIT_USAGE;

	status = report_close(&in, status);
	if (d.errors && status == EXIT_DONE)
		status = EXIT_USAGE;
	arena_release(&a);
	return status;
}
