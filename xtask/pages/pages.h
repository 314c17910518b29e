/*
 * Pages about the tool, all made from its table of commands and the tables of its formats:
 * completions for shells, the manual page, docs/commands.md, and the JSON Schema of manifests.
 */
#pragma once

#include "cmd/cmd.h"
#include "toml/schema.h"

struct command_table {
	const struct command *const *commands;
	size_t count;
};

enum shell { SHELL_BASH, SHELL_ZSH, SHELL_FISH };

struct str pages_completions(struct arena *a, const struct command_table *table, enum shell shell);
/* roff, for man(1). */
struct str pages_manual(struct arena *a, const struct command_table *table);
struct str pages_markdown(struct arena *a, const struct command_table *table);
/* JSON Schema, draft 2020-12. */
struct str pages_json_schema(struct arena *a, const struct toml_schema *schema, const char *title);

/* What may stand for a value or a word, from its placeholder. */
enum placeholder {
	PLACE_FREE, /* anything */
	PLACE_WORDS, /* "a|b" */
	PLACE_FILE,
	PLACE_FOLDER,
	PLACE_PACKAGE,
	PLACE_TEST,
	PLACE_PRESET,
};
enum placeholder pages_placeholder(struct str text);
/* The placeholder of a command's first word: "check|show" of "check|show [OPTIONS]"; empty: none.
 */
struct str pages_first_word(const struct command *command);
/* Calls back for each option of a command: its own, then those of every command. */
void pages_each_option(const struct command *command,
                       void (*take)(void *context, const struct option *option), void *context);

extern const struct command command_completions, command_manual, command_schema;
