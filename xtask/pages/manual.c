/* The manual page in roff (man(7)), and the same as a page of docs/. */
#include "pages/pages.h"

/* A dot or quote that begins a line is a request, and a backslash an escape. */
static void add_roff(struct text *t, struct str s)
{
	bool start = true;
	for (size_t i = 0; i < s.len; i++) {
		char byte = s.ptr[i];
		if (start && (byte == '.' || byte == '\''))
			text_add(t, STR("\\&"));
		if (byte == '\\')
			text_add(t, STR("\\e"));
		else if (byte == '-')
			text_add(t, STR("\\-"));
		else
			text_add_byte(t, byte);
		start = byte == '\n';
	}
}

static void roff_option(void *context, const struct option *o)
{
	struct text *t = context;
	text_add(t, STR(".TP\n.B "));
	add_roff(t, str_from_c(o->name));
	if (o->value) {
		text_add(t, STR("\\fR \\fI"));
		add_roff(t, str_from_c(o->value));
		text_add(t, STR("\\fR"));
	}
	text_add_byte(t, '\n');
	add_roff(t, str_from_c(o->help));
	text_add_byte(t, '\n');
}

static void own_options(const struct command *c,
                        void (*take)(void *context, const struct option *option), void *context)
{
	for (size_t i = 0; c->options && c->options[i]; i++)
		for (const struct option *o = c->options[i]; o->name; o++)
			take(context, o);
}

static void roff_command(struct text *t, const struct command *c)
{
	text_add(t, STR(".SS xtask "));
	add_roff(t, str_from_c(c->name));
	text_add_byte(t, ' ');
	add_roff(t, str_from_c(c->usage));
	text_add_byte(t, '\n');
	add_roff(t, str_from_c(c->summary));
	text_add(t, STR(".\n"));
	if (c->details) {
		text_add(t, STR(".PP\n"));
		add_roff(t, str_from_c(c->details));
	}
	own_options(c, roff_option, t);
	text_add(t, STR(".PP\n.nf\n"));
	add_roff(t, str_from_c(c->example));
	text_add(t, STR(".fi\n"));
}

struct str pages_manual(struct arena *a, const struct command_table *table)
{
	struct text t = {.arena = a};
	text_add(&t, STR(".TH XTASK 1 \"\" \"RustOS\" \"RustOS\"\n"
	                 ".SH NAME\nxtask \\- build RustOS from package manifests and boot it\n"
	                 ".SH SYNOPSIS\n.B xtask\n.I COMMAND\n[\\fIOPTIONS\\fR]\n"
	                 ".SH DESCRIPTION\n"
	                 "Reads every RUSTOS.package.toml of the project, resolves what depends on "
	                 "what,\nbuilds what is stale, signs it, writes the boot image and runs it "
	                 "in QEMU.\n.SH COMMANDS\n"));
	for (size_t i = 0; i < table->count; i++)
		roff_command(&t, table->commands[i]);
	text_add(&t, STR(".SH OPTIONS OF EVERY COMMAND\n"));
	for (const struct option *o = options_common; o->name; o++)
		roff_option(&t, o);
	text_add(&t, STR(".SH EXIT STATUS\n.TP\n.B 0\ndone\n.TP\n.B 1\n"
	                 "a build, a boot or a test failed\n.TP\n.B 2\n"
	                 "manifests, configuration or usage are wrong\n.TP\n.B 70\n"
	                 "a bug of xtask\n"
	                 ".SH FILES\n.TP\n.B RUSTOS.package.toml\na package\n.TP\n"
	                 ".B config/rustos.toml\nthe settings\n.TP\n.B build/\n"
	                 "all that is made; safe to delete\n"));
	return text_str(&t);
}

static void markdown_option(void *context, const struct option *o)
{
	struct text *t = context;
	text_addf(t, "| `%s%s", o->name, o->value ? " " : "");
	for (const char *c = o->value ? o->value : ""; *c; c++) {
		if (*c == '|')
			text_add_byte(t, '\\');
		text_add_byte(t, *c);
	}
	text_addf(t, "` | %s |\n", o->help);
}

struct str pages_markdown(struct arena *a, const struct command_table *table)
{
	struct text t = {.arena = a};
	text_add(&t, STR("# Commands\n\n"
	                 "Made by `xtask manual --markdown` from the tool's own tables; a test "
	                 "compares them.\n"));
	for (size_t i = 0; i < table->count; i++) {
		const struct command *c = table->commands[i];
		text_addf(&t, "\n## xtask %s\n\n    xtask %s %s\n\n%s%s.\n", c->name, c->name,
		          c->usage, c->is_part ? "A part of `xtask build`. To " : "To ",
		          c->summary);
		if (c->details)
			text_addf(&t, "\n%s", c->details);
		if (c->options)
			text_add(&t, STR("\n| option | |\n|---|---|\n"));
		own_options(c, markdown_option, &t);
		text_add(&t, STR("\n```\n"));
		text_addf(&t, "%s```\n", c->example);
	}
	text_add(&t, STR("\n## Options of every command\n\n| option | |\n|---|---|\n"));
	for (const struct option *o = options_common; o->name; o++)
		markdown_option(&t, o);
	return text_str(&t);
}
