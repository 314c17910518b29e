/* config check, config show. */
#include "config/config.h"
#include "cmd/cmd.h"
#include <jansson.h>
#include <stdio.h>

static const struct option *const options[] = {options_system, NULL};

static void show_json(const struct config *config)
{
	for (size_t i = 0; i < config->value_count; i++) {
		const struct config_value *v = &config->values[i];
		json_t *object =
		        json_pack("{s:s%, s:s%, s:s%}", "key", v->key.ptr, v->key.len, "value",
		                  v->text.ptr, v->text.len, "origin", v->origin.ptr, v->origin.len);
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	}
}

static int run_config(struct invocation *in)
{
	struct str what = in->words.items[0];
	static const struct str words[] = {STR_INIT("check"), STR_INIT("show")};
	bool show = str_equal(what, words[1]);
	if (!show && !str_equal(what, words[0])) {
		diag_error(in->diag, (struct span){},
		           diag_did_you_mean(in->diag, what, words, COUNT(words)),
		           "`xtask config` knows check and show, not '%.*s'", STR_ARG(what));
		return EXIT_USAGE;
	}

	struct str file = option_path(in, "--config");
	struct config_request request = {
	        .file = file.len ? arena_c_str(in->arena, file) : NULL,
	        .preset = option_value(in, "--preset"),
	        .sets = option_values(in, "--set"),
	};
	struct config config;
	if (!config_load(in->arena, &request, &config, in->diag))
		return EXIT_USAGE;
	if (show && in->json)
		show_json(&config);
	else if (show)
		printf("%.*s", STR_ARG(config_show(in->arena, &config)));
	else
		printf("config: ok (%.*s, preset %.*s, %zu values)\n", STR_ARG(config.source),
		       STR_ARG(config.preset), config.value_count);
	return EXIT_DONE;
}

const struct command command_config = {
        .name = "config",
        .summary = "check the configuration, or show every value and where it comes from",
        .usage = "check|show [OPTIONS]",
        .example = "  xtask config check\n  xtask config show --preset release\n",
        .options = options,
        .words_min = 1,
        .words_max = 1,
        .run = run_config,
};
