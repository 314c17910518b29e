/* Completions: commands, options, the words that options and commands take. */
#include "pages/pages.h"

struct writing {
	struct text text;
	const struct command *command;
};

/* In single quotes for a shell. */
static struct str quoted(struct arena *a, struct str s)
{
	struct text t = {.arena = a};
	text_add_byte(&t, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			text_add(&t, STR("'\\'"));
		text_add_byte(&t, s.ptr[i]);
	}
	text_add_byte(&t, '\'');
	return text_str(&t);
}

static struct str blanks_for_bars(struct arena *a, struct str words)
{
	struct text t = {.arena = a};
	for (size_t i = 0; i < words.len; i++)
		text_add_byte(&t, words.ptr[i] == '|' ? ' ' : words.ptr[i]);
	return text_str(&t);
}

#define ASK_PACKAGES "xtask list --json 2>/dev/null | sed -n 's/^{\"id\":\"\\([^\"]*\\)\".*/\\1/p'"
#define ASK_TESTS "xtask test --list 2>/dev/null"
#define ASK_PRESETS "ls config/presets 2>/dev/null | sed 's/\\.toml$//'"

/* A command whose lines are what may stand there; NULL: none. */
static const char *question(enum placeholder place)
{
	switch (place) {
	case PLACE_PACKAGE:
		return ASK_PACKAGES;
	case PLACE_TEST:
		return ASK_TESTS;
	case PLACE_PRESET:
		return ASK_PRESETS;
	default:
		return NULL;
	}
}

/* bash */

static void bash_answer(struct text *t, struct str placeholder)
{
	enum placeholder place = pages_placeholder(placeholder);
	if (place == PLACE_WORDS)
		text_addf(t, "COMPREPLY=($(compgen -W '%.*s' -- \"$word\"))",
		          STR_ARG(blanks_for_bars(t->arena, placeholder)));
	else if (place == PLACE_FILE)
		text_add(t, STR("COMPREPLY=($(compgen -f -- \"$word\"))"));
	else if (place == PLACE_FOLDER)
		text_add(t, STR("COMPREPLY=($(compgen -d -- \"$word\"))"));
	else if (question(place))
		text_addf(t, "COMPREPLY=($(compgen -W \"$(%s)\" -- \"$word\"))", question(place));
	else
		text_add(t, STR("COMPREPLY=()"));
}

static void bash_value(void *context, const struct option *o)
{
	struct writing *w = context;
	if (!o->value)
		return;
	text_addf(&w->text, "\t%s:%s) ", w->command->name, o->name);
	bash_answer(&w->text, str_from_c(o->value));
	text_add(&w->text, STR("; return ;;\n"));
}

static void bash_option(void *context, const struct option *o)
{
	struct writing *w = context;
	text_addf(&w->text, " %s", o->name);
}

static void bash_command(struct writing *w)
{
	struct str word = pages_first_word(w->command);
	text_addf(&w->text, "\t%s)\n\t\toptions='", w->command->name);
	pages_each_option(w->command, bash_option, w);
	text_add(&w->text, STR("'\n\t\t[[ $word == -* ]] || { "));
	bash_answer(&w->text, word);
	text_add(&w->text, STR("; return; }\n\t\t;;\n"));
}

static struct str bash(struct arena *a, const struct command_table *table)
{
	struct writing w = {.text = {.arena = a}};
	text_add(&w.text, STR("# Completion of xtask for bash; made by `xtask completions bash`.\n"
	                      "_xtask()\n{\n"
	                      "\tlocal word=${COMP_WORDS[COMP_CWORD]} options=\n"
	                      "\tlocal before=${COMP_WORDS[COMP_CWORD-1]}\n"
	                      "\tlocal command=${COMP_WORDS[1]}\n"
	                      "\tCOMPREPLY=()\n"
	                      "\tif ((COMP_CWORD == 1)); then\n\t\tCOMPREPLY=($(compgen -W '"));
	for (size_t i = 0; i < table->count; i++)
		text_addf(&w.text, "%s%s", i ? " " : "", table->commands[i]->name);
	text_add(&w.text, STR("' -- \"$word\"))\n\t\treturn\n\tfi\n"
	                      "\tcase $command:$before in\n"));
	for (size_t i = 0; i < table->count; i++) {
		w.command = table->commands[i];
		pages_each_option(w.command, bash_value, &w);
	}
	text_add(&w.text, STR("\tesac\n\tcase $command in\n"));
	for (size_t i = 0; i < table->count; i++) {
		w.command = table->commands[i];
		bash_command(&w);
	}
	text_add(&w.text, STR("\tesac\n\tCOMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n}\n"
	                      "complete -F _xtask xtask\n"));
	return text_str(&w.text);
}

/* zsh; colons and brackets mean something inside a specification. */

static struct str zsh_text(struct arena *a, struct str s)
{
	struct text t = {.arena = a};
	for (size_t i = 0; i < s.len; i++) {
		if (str_contains(STR("[]:\\"), s.ptr[i]))
			text_add_byte(&t, '\\');
		text_add_byte(&t, s.ptr[i]);
	}
	return text_str(&t);
}

static struct str zsh_action(struct arena *a, struct str placeholder)
{
	enum placeholder place = pages_placeholder(placeholder);
	if (place == PLACE_WORDS)
		return str_format(a, "(%.*s)", STR_ARG(blanks_for_bars(a, placeholder)));
	if (place == PLACE_FILE)
		return STR("_files");
	if (place == PLACE_FOLDER)
		return STR("_files -/");
	if (question(place))
		return str_format(a, "($(%s))", question(place));
	return STR(" ");
}

static void zsh_option(void *context, const struct option *o)
{
	struct writing *w = context;
	struct arena *a = w->text.arena;
	struct text spec = {.arena = a};
	text_addf(&spec, "*%s[%.*s]", o->name, STR_ARG(zsh_text(a, str_from_c(o->help))));
	if (o->value)
		text_addf(&spec, ":%.*s:%.*s", STR_ARG(zsh_text(a, str_from_c(o->value))),
		          STR_ARG(zsh_action(a, str_from_c(o->value))));
	text_addf(&w->text, " \\\n\t\t\t%.*s", STR_ARG(quoted(a, text_str(&spec))));
}

static struct str zsh(struct arena *a, const struct command_table *table)
{
	struct writing w = {.text = {.arena = a}};
	text_add(&w.text, STR("#compdef xtask\n"
	                      "# Completion of xtask for zsh; made by `xtask completions zsh`.\n"
	                      "_xtask()\n{\n\tlocal -a commands=(\n"));
	for (size_t i = 0; i < table->count; i++) {
		struct str line =
		        str_format(a, "%s:%.*s", table->commands[i]->name,
		                   STR_ARG(zsh_text(a, str_from_c(table->commands[i]->summary))));
		text_addf(&w.text, "\t\t%.*s\n", STR_ARG(quoted(a, line)));
	}
	text_add(&w.text, STR("\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe command commands\n"
	                      "\t\treturn\n\tfi\n\tlocal command=$words[2]\n\tshift words\n"
	                      "\t((CURRENT--))\n\tcase $command in\n"));
	for (size_t i = 0; i < table->count; i++) {
		w.command = table->commands[i];
		struct str word = pages_first_word(w.command);
		text_addf(&w.text, "\t%s)\n\t\t_arguments", w.command->name);
		pages_each_option(w.command, zsh_option, &w);
		struct str spec = str_format(a, "*:%.*s:%.*s", STR_ARG(zsh_text(a, word)),
		                             STR_ARG(zsh_action(a, word)));
		if (word.len)
			text_addf(&w.text, " \\\n\t\t\t%.*s", STR_ARG(quoted(a, spec)));
		text_add(&w.text, STR("\n\t\t;;\n"));
	}
	text_add(&w.text, STR("\tesac\n}\n_xtask \"$@\"\n"));
	return text_str(&w.text);
}

/* fish */

static void fish_answer(struct text *t, struct str placeholder)
{
	enum placeholder place = pages_placeholder(placeholder);
	if (place == PLACE_WORDS)
		text_addf(t, " -xa '%.*s'", STR_ARG(blanks_for_bars(t->arena, placeholder)));
	else if (place == PLACE_FILE)
		text_add(t, STR(" -rF"));
	else if (place == PLACE_FOLDER)
		text_add(t, STR(" -xa '(__fish_complete_directories)'"));
	else if (question(place))
		text_addf(t, " -xa %.*s",
		          STR_ARG(quoted(t->arena, str_format(t->arena, "(%s)", question(place)))));
	else
		text_add(t, STR(" -x"));
}

static void fish_option(void *context, const struct option *o)
{
	struct writing *w = context;
	text_addf(&w->text, "complete -c xtask -n '__fish_seen_subcommand_from %s' -l %s -d %.*s",
	          w->command->name, o->name + 2,
	          STR_ARG(quoted(w->text.arena, str_from_c(o->help))));
	if (o->value)
		fish_answer(&w->text, str_from_c(o->value));
	text_add_byte(&w->text, '\n');
}

static struct str fish(struct arena *a, const struct command_table *table)
{
	struct writing w = {.text = {.arena = a}};
	text_add(&w.text, STR("# Completion of xtask for fish; made by `xtask completions fish`.\n"
	                      "complete -c xtask -f\n"));
	for (size_t i = 0; i < table->count; i++) {
		const struct command *c = w.command = table->commands[i];
		text_addf(&w.text, "complete -c xtask -n __fish_use_subcommand -a %s -d %.*s\n",
		          c->name, STR_ARG(quoted(a, str_from_c(c->summary))));
		struct str word = pages_first_word(c);
		if (word.len && pages_placeholder(word) != PLACE_FREE) {
			text_addf(&w.text, "complete -c xtask -n '__fish_seen_subcommand_from %s'",
			          c->name);
			fish_answer(&w.text, word);
			text_add_byte(&w.text, '\n');
		}
		pages_each_option(c, fish_option, &w);
	}
	return text_str(&w.text);
}

struct str pages_completions(struct arena *a, const struct command_table *table, enum shell shell)
{
	static struct str (*const makers[])(struct arena *, const struct command_table *) = {
	        [SHELL_BASH] = bash,
	        [SHELL_ZSH] = zsh,
	        [SHELL_FISH] = fish,
	};
	return makers[shell](a, table);
}
