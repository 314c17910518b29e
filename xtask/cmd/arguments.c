#include "cmd/cmd.h"
#include "os/files.h"
#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 28, HELP_END = 100 };

const struct option options_common[] = {
        {"--help", NULL, "this text"},
        {"--json", NULL, "results and errors as JSON, one object a line"},
        {"--quiet", NULL, "no progress; errors and the last line only"},
        {"--root", "DIR",
         "the project's folder (default: the nearest above with registry/ and config/)"},
        {},
};

const struct option options_system[] = {
        {"--config", "FILE", "another file instead of config/rustos.toml"},
        {"--preset", "PRESET", "debug (default) or release, see config/presets/"},
        {"--profile", "NAME", "packages of this profile (default: default)"},
        {"--set", "TABLE.KEY=VALUE",
         "one configuration value, as in --set kernel.build.opt_level=3"},
        {},
};

static const struct option *find_option(const struct command *command, struct str name)
{
	for (const struct option *o = options_common; o->name; o++)
		if (str_equal(name, str_from_c(o->name)))
			return o;
	for (size_t i = 0; command->options && command->options[i]; i++)
		for (const struct option *o = command->options[i]; o->name; o++)
			if (str_equal(name, str_from_c(o->name)))
				return o;
	return NULL;
}

static void report_unknown(struct invocation *in, struct str name)
{
	struct strs names = {};
	for (const struct option *o = options_common; o->name; o++)
		strs_add(&names, in->arena, str_from_c(o->name));
	for (size_t i = 0; in->command->options && in->command->options[i]; i++)
		for (const struct option *o = in->command->options[i]; o->name; o++)
			strs_add(&names, in->arena, str_from_c(o->name));
	struct str hint = diag_did_you_mean(in->diag, name, names.items, names.count);
	if (!hint.len && in->command->option_hint)
		hint = str_from_c(in->command->option_hint);
	if (!hint.len)
		hint = str_format(in->arena, "`xtask %s --help` lists its options",
		                  in->command->name);
	diag_error(in->diag, (struct span){}, hint, "unknown option '%.*s' of `xtask %s`",
	           STR_ARG(name), in->command->name);
}

/* True when the next argument was taken as the option's value. */
static bool take_option(struct invocation *in, struct str argument, const char *next)
{
	struct str_split cut = str_cut(argument, '=');
	bool inline_value = cut.head.len < argument.len;
	const struct option *option = find_option(in->command, cut.head);
	if (!option) {
		report_unknown(in, cut.head);
		return false;
	}
	struct given_option *given = &in->given[in->given_count];
	*given = (struct given_option){.name = option->name, .value = cut.rest};
	if (!option->value && inline_value) {
		diag_error(in->diag, (struct span){}, (struct str){}, "option '%s' takes no value",
		           option->name);
		return false;
	}
	if (option->value && !inline_value) {
		if (!next) {
			diag_error(in->diag, (struct span){}, (struct str){},
			           "option '%s' needs %s", option->name, option->value);
			return false;
		}
		given->value = str_from_c(next);
	}
	in->given_count++;
	return option->value && !inline_value;
}

static void check_words(struct invocation *in)
{
	const struct command *c = in->command;
	struct str hint = str_format(in->arena, "usage: xtask %s %s", c->name, c->usage);
	if (in->words.count > c->words_max)
		diag_error(in->diag, (struct span){}, hint, "`xtask %s` does not take '%.*s'",
		           c->name, STR_ARG(in->words.items[c->words_max]));
	if (in->words.count < c->words_min)
		diag_error(in->diag, (struct span){}, hint, "`xtask %s` needs %s", c->name,
		           c->words_min == 1 ? "one more word" : "more words");
	if (in->has_rest && !c->takes_rest)
		diag_error(in->diag, (struct span){}, hint, "`xtask %s` takes nothing behind `--`",
		           c->name);
}

/* -j N, -jN, as make and ninja have it */
static struct str jobs_option(struct arena *a, struct str argument)
{
	struct str number = str_slice(argument, 2, argument.len);
	return number.len ? str_format(a, "--jobs=%.*s", STR_ARG(number)) : STR("--jobs");
}

bool arguments_parse(struct invocation *in, int count, char **arguments)
{
	in->given = ARENA_ARRAY(in->arena, struct given_option, (size_t)count + 1);
	for (int i = 0; i < count; i++) {
		struct str argument = str_from_c(arguments[i]);
		if (str_equal(argument, STR("--"))) {
			in->has_rest = true;
			for (i++; i < count; i++)
				strs_add(&in->rest, in->arena, str_from_c(arguments[i]));
			break;
		}
		if (str_equal(argument, STR("-h")))
			argument = STR("--help");
		else if (str_starts_with(argument, STR("-j")))
			argument = jobs_option(in->arena, argument);
		if (!str_starts_with(argument, STR("-")) || argument.len == 1)
			strs_add(&in->words, in->arena, argument);
		else if (take_option(in, argument, i + 1 < count ? arguments[i + 1] : NULL))
			i++;
	}
	in->json = option_given(in, "--json");
	in->quiet = option_given(in, "--quiet");
	if (!option_given(in, "--help"))
		check_words(in);
	return in->diag->errors == 0;
}

struct str option_value(const struct invocation *in, const char *name)
{
	for (size_t i = in->given_count; i > 0; i--)
		if (strcmp(in->given[i - 1].name, name) == 0)
			return in->given[i - 1].value;
	return (struct str){};
}

struct strs option_values(const struct invocation *in, const char *name)
{
	struct strs values = {};
	for (size_t i = 0; i < in->given_count; i++)
		if (strcmp(in->given[i].name, name) == 0)
			strs_add(&values, in->arena, in->given[i].value);
	return values;
}

bool option_given(const struct invocation *in, const char *name)
{
	for (size_t i = 0; i < in->given_count; i++)
		if (strcmp(in->given[i].name, name) == 0)
			return true;
	return false;
}

struct str called_path(const struct invocation *in, struct str path)
{
	if (!path.len || path.ptr[0] == '/')
		return path;
	return path_join(in->arena, in->start_folder, path);
}

struct str option_path(const struct invocation *in, const char *name)
{
	return called_path(in, option_value(in, name));
}

bool option_number(const struct invocation *in, const char *name, int64_t minimum, int64_t maximum,
                   int64_t *out_number)
{
	uint64_t number;
	*out_number = 0;
	if (!option_given(in, name))
		return true;
	struct str value = option_value(in, name);
	if (str_to_u64(value, &number) && number >= (uint64_t)minimum &&
	    number <= (uint64_t)maximum) {
		*out_number = (int64_t)number;
		return true;
	}
	diag_error(in->diag, (struct span){}, (struct str){},
	           "option '%s' must be a number from %lld to %lld, not '%.*s'", name,
	           (long long)minimum, (long long)maximum, STR_ARG(value));
	return false;
}

/* Words from the column on, `ahead` bytes away, in lines of 100 columns. */
static void print_words(const char *text, int ahead)
{
	int column = HELP_COLUMN;
	printf("%*s", ahead, "");
	for (struct str rest = str_from_c(text); rest.len;) {
		struct str_split cut = str_cut(rest, ' ');
		if (column > HELP_COLUMN && column + (int)cut.head.len >= HELP_END) {
			printf("\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			column += printf(" ");
		}
		column += printf("%.*s", STR_ARG(cut.head));
		rest = cut.rest;
	}
	printf("\n");
}

static void print_options(const struct option *options)
{
	for (const struct option *o = options; o->name; o++) {
		int width =
		        printf("  %s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
		if (width > HELP_COLUMN - 1) {
			printf("\n");
			width = 0;
		}
		print_words(o->help, HELP_COLUMN - width);
	}
}

void command_help(const struct command *command)
{
	printf("xtask %s: %s\n\nusage: xtask %s %s\n", command->name, command->summary,
	       command->name, command->usage);
	if (command->details)
		printf("\n%s", command->details);
	printf("\noptions:\n");
	for (size_t i = 0; command->options && command->options[i]; i++)
		print_options(command->options[i]);
	print_options(options_common);
	printf("\nexample:\n%s", command->example);
}
