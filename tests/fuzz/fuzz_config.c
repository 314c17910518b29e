/*
 * Fuzzer of the configuration: schema, layers, overrides, fault rules.
 *
 * The input is the project's file; behind zero bytes come further texts, in turn
 * for --set, --fault and the environment. A configuration that loads can be
 * shown, and what is shown loads as the same values without a word.
 */
#include "config/config.h"
#include "os/files.h"
#include "require.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXTS_MAX = 8 };

static char *no_environment[] = {NULL};

static void put(const char *path, struct str content)
{
	require(file_write(path, content, 0644) == 0);
}

static void copy(const char *root, const char *path)
{
	struct arena a;
	struct str content;
	host_arena_init(&a);
	require(file_read(&a, str_format(&a, "%s/%s", root, path).ptr, &content) == 0);
	put(path, content);
	arena_release(&a);
}

/* The fuzzer's own paths are relative: only each run is inside the folder. */
static char folder[] = "/tmp/fuzz_config.XXXXXX";
static int outside = -1;

static void remove_folder(void)
{
	if (tree_remove(folder) != 0)
		perror(folder);
}

/* A folder with the project's registry and presets. */
int LLVMFuzzerInitialize(int *, char ***)
{
	char *root = getcwd(NULL, 0);
	outside = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(root && outside >= 0 && mkdtemp(folder) && chdir(folder) == 0);
	require(atexit(remove_folder) == 0);
	copy(root, "registry/log.toml");
	copy(root, "registry/faults.toml");
	copy(root, "config/presets/debug.toml");
	copy(root, "config/presets/release.toml");
	free(root);
	return fchdir(outside);
}

static void check_shown(struct arena *a, const struct config *config)
{
	struct config_request request = {.file = "shown.toml", .environment = no_environment};
	struct config again;
	struct diag d;
	diag_init(&d, a);
	put("shown.toml", config_show(a, config));
	require(config_load(a, &request, &again, &d));
	require(d.errors == 0 && again.value_count == config->value_count);
	for (size_t i = 0; i < again.value_count; i++) {
		const struct config_value *x = &again.values[i], *y = &config->values[i];
		/* Rules that are given act whether enabled or not; those of a file do not. */
		if (!str_equal(x->key, STR("fault_injection.rules")))
			require(str_equal(x->key, y->key) && str_equal(x->text, y->text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a;
	struct diag d;
	struct config config;
	char *environment[TEXTS_MAX + 1] = {};
	size_t variables = 0;
	struct config_request request = {.environment = environment};
	require(chdir(folder) == 0);
	host_arena_init(&a);
	diag_init(&d, &a);
	struct str rest = {(const char *)data, size};
	struct str_split cut = str_cut(rest, '\0');
	put("config/rustos.toml", cut.head);
	for (int i = 0; cut.rest.len && i < TEXTS_MAX; i++) {
		cut = str_cut(cut.rest, '\0');
		if (i % 3 == 0)
			strs_add(&request.sets, &a, cut.head);
		else if (i % 3 == 1)
			strs_add(&request.faults, &a, cut.head);
		else
			environment[variables++] = arena_c_str(&a, cut.head);
	}
	bool ok = config_load(&a, &request, &config, &d);
	require(ok == (d.errors == 0));
	FILE *out = fopen("/dev/null", "w");
	diag_print(&d, out, DIAG_TEXT);
	fclose(out);
	if (ok)
		check_shown(&a, &config);
	arena_release(&a);
	require(fchdir(outside) == 0);
	return 0;
}
