#include "engine/process/command_line.h"
#include <stdlib.h>
#include <unistd.h>

/* Length of "$out_N", "$dep" or "$root" at the start of s and what it stands for; 0: neither. */
static size_t variable(struct str s, const struct substitution *by, struct str *out_value)
{
	if (str_starts_with(s, STR("$dep"))) {
		*out_value = by->depfile;
		return STR("$dep").len;
	}
	if (str_starts_with(s, STR("$root")) && by->root.len) {
		*out_value = by->root;
		return STR("$root").len;
	}
	if (!str_starts_with(s, STR("$out_")))
		return 0;
	size_t end = STR("$out_").len, first_digit = end;
	while (end < s.len && s.ptr[end] >= '0' && s.ptr[end] <= '9')
		end++;
	uint64_t index;
	if (!str_to_u64(str_slice(s, first_digit, end), &index) || index >= by->output_count)
		return 0;
	*out_value = by->outputs[index];
	return end;
}

static struct str argument_substitute(struct arena *a, struct str argument,
                                      const struct substitution *by)
{
	if (!str_contains(argument, '$'))
		return arena_str(a, argument);
	struct text t = {.arena = a};
	while (argument.len) {
		struct str value;
		size_t len = argument.ptr[0] == '$' ? variable(argument, by, &value) : 0;
		if (len)
			text_add(&t, value);
		else
			text_add_byte(&t, argument.ptr[0]);
		argument = str_slice(argument, len ? len : 1, argument.len);
	}
	return arena_str(a, text_str(&t));
}

struct str command_line_root(struct arena *a)
{
	char *root = getcwd(NULL, 0);
	struct str copy = arena_str(a, str_from_c(root ? root : "."));
	free(root);
	return copy;
}

char **command_line_argv(struct arena *a, const struct strs *argv, const struct substitution *by)
{
	char **result = ARENA_ARRAY(a, char *, argv->count + 1);
	for (size_t i = 0; i < argv->count; i++)
		result[i] = arena_c_str(a, argument_substitute(a, argv->items[i], by));
	return result;
}

static bool is_plain(struct str word)
{
	static const struct str plain = STR_INIT(
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-");
	for (size_t i = 0; i < word.len; i++)
		if (!str_contains(plain, word.ptr[i]))
			return false;
	return word.len > 0;
}

static void add_quoted(struct text *t, struct str word)
{
	text_add_byte(t, '\'');
	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] == '\'')
			text_add(t, STR("'\\''"));
		else
			text_add_byte(t, word.ptr[i]);
	}
	text_add_byte(t, '\'');
}

struct str command_line_show(struct arena *a, const struct action *action)
{
	struct substitution finals = {action->outputs.items, action->outputs.count, action->depfile,
	                              command_line_root(a)};
	struct text t = {.arena = a};
	for (size_t i = 0; i < action->argv.count; i++) {
		struct str word = argument_substitute(a, action->argv.items[i], &finals);
		if (i)
			text_add_byte(&t, ' ');
		if (is_plain(word))
			text_add(&t, word);
		else
			add_quoted(&t, word);
	}
	return text_str(&t);
}
