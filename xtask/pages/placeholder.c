#include "pages/pages.h"

enum placeholder pages_placeholder(struct str text)
{
	static const struct {
		struct str text;
		enum placeholder place;
	} known[] = {
	        {STR_INIT("FILE"), PLACE_FILE},     {STR_INIT("FOLDER"), PLACE_FOLDER},
	        {STR_INIT("DIR"), PLACE_FOLDER},    {STR_INIT("ID"), PLACE_PACKAGE},
	        {STR_INIT("TEST"), PLACE_TEST},     {STR_INIT("TARGET"), PLACE_FILE},
	        {STR_INIT("PRESET"), PLACE_PRESET},
	};
	if (str_contains(text, '|'))
		return PLACE_WORDS;
	for (size_t i = 0; i < COUNT(known); i++)
		if (str_equal(known[i].text, text))
			return known[i].place;
	return PLACE_FREE;
}

struct str pages_first_word(const struct command *command)
{
	struct str rest = str_from_c(command->usage);
	while (rest.len) {
		struct str_split cut = str_cut(rest, ' ');
		struct str word = cut.head;
		rest = cut.rest;
		if (str_equal(word, STR("[OPTIONS]")))
			continue;
		if (str_starts_with(word, STR("[--")) || str_starts_with(word, STR("--")))
			return (struct str){};
		if (str_starts_with(word, STR("[")))
			word = str_slice(word, 1, word.len);
		while (word.len && str_contains(STR(".]"), word.ptr[word.len - 1]))
			word.len--;
		return word;
	}
	return (struct str){};
}

void pages_each_option(const struct command *command,
                       void (*take)(void *context, const struct option *option), void *context)
{
	for (size_t i = 0; command->options && command->options[i]; i++)
		for (const struct option *o = command->options[i]; o->name; o++)
			take(context, o);
	for (const struct option *o = options_common; o->name; o++)
		take(context, o);
}
