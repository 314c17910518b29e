/* completions, manual, schema: each prints one page. */
#include "manifest/schema.h"
#include "pages/pages.h"
#include <stdio.h>

static const struct option options_manual[] = {
        {"--markdown", NULL, "as docs/commands.md has it, instead of for man(1)"},
        {},
};

static const struct option *const manual_options[] = {options_manual, NULL};

static void print(struct str page)
{
	fwrite(page.ptr, 1, page.len, stdout);
}

static int run_completions(struct invocation *in)
{
	static const struct str shells[] = {STR_INIT("bash"), STR_INIT("zsh"), STR_INIT("fish")};
	struct command_table table = {in->commands, in->command_count};
	struct str wanted = in->words.items[0];
	for (size_t i = 0; i < COUNT(shells); i++) {
		if (!str_equal(shells[i], wanted))
			continue;
		print(pages_completions(in->arena, &table, (enum shell)i));
		return EXIT_DONE;
	}
	diag_error(in->diag, (struct span){},
	           diag_did_you_mean(in->diag, wanted, shells, COUNT(shells)),
	           "there are completions for bash, zsh and fish, not for '%.*s'", STR_ARG(wanted));
	return EXIT_USAGE;
}

static int run_manual(struct invocation *in)
{
	struct command_table table = {in->commands, in->command_count};
	bool markdown = option_given(in, "--markdown");
	print(markdown ? pages_markdown(in->arena, &table) : pages_manual(in->arena, &table));
	return EXIT_DONE;
}

static int run_schema(struct invocation *in)
{
	print(pages_json_schema(in->arena, &manifest_schema, "RUSTOS.package.toml"));
	return EXIT_DONE;
}

const struct command command_completions = {
        .name = "completions",
        .group = GROUP_MORE,
        .summary = "print what completes commands and options in a shell",
        .usage = "bash|zsh|fish",
        .details = "`make install` puts them where the shells look.\n",
        .example = "  source <(xtask completions bash)\n",
        .words_min = 1,
        .words_max = 1,
        .anywhere = true,
        .run = run_completions,
};

const struct command command_manual = {
        .name = "manual",
        .group = GROUP_MORE,
        .summary = "print the manual page",
        .usage = "[OPTIONS]",
        .example = "  xtask manual | man -l -\n",
        .options = manual_options,
        .anywhere = true,
        .run = run_manual,
};

const struct command command_schema = {
        .name = "schema",
        .group = GROUP_MORE,
        .summary = "print the JSON Schema of RUSTOS.package.toml, for editors",
        .usage = "[OPTIONS]",
        .details = "docs/manifest.md says how an editor is told of it.\n",
        .example = "  xtask schema > manifest.schema.json\n",
        .anywhere = true,
        .run = run_schema,
};
