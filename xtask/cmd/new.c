#include "new/new.h"
#include "cmd/cmd.h"
#include "manifest/manifest.h"
#include <jansson.h>
#include <stdio.h>

/* An id names one package, wherever its folder lies. What else is wrong with the tree is not asked
 * here. */
static bool id_is_free(struct invocation *in, const struct new_kind *kind, struct str id)
{
	struct manifests manifests = {};
	struct diag unsaid;
	diag_init(&unsaid, in->arena);
	if (str_equal(kind->word, STR("library"))) /* no package */
		return true;
	(void)manifest_read_all(in->arena, &manifests, &unsaid);
	for (size_t i = 0; i < manifests.count; i++) {
		const struct package *package = &manifests.packages[i];
		if (!str_equal(package->id.value, id))
			continue;
		diag_error(in->diag, (struct span){},
		           STR("choose another name; nothing was written"),
		           "the id '%.*s' is taken by %.*s", STR_ARG(id),
		           STR_ARG(package->id.span.source->path));
		return false;
	}
	return true;
}

static int run_new(struct invocation *in)
{
	const struct new_kind *kind = new_kind_find(in->words.items[0], in->diag);
	struct str name = in->words.items[1];
	struct strs paths;
	if (!kind || !id_is_free(in, kind, name) ||
	    !new_create(in->arena, kind, name, &paths, in->diag))
		return EXIT_USAGE;
	for (size_t i = 0; i < paths.count; i++) {
		if (!in->json) {
			printf("new: wrote %.*s\n", STR_ARG(paths.items[i]));
			continue;
		}
		json_t *object =
		        json_pack("{s:s%}", "file", paths.items[i].ptr, paths.items[i].len);
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	}
	if (!in->json)
		printf("new: test it with: %.*s\n",
		       STR_ARG(new_fill(in->arena, str_from_c(kind->next), name)));
	return EXIT_DONE;
}

const struct command command_new = {
        .name = "new",
        .summary = "make a package from a template: it builds, boots and has a test",
        .usage = "app|service|user-driver|bridge-driver|compat|test|library NAME",
        .details = "Writes nothing over. What the keys of the manifest mean: docs/manifest.md.\n",
        .example = "  xtask new app hello\n  xtask new test pipes\n",
        .words_min = 2,
        .words_max = 2,
        .run = run_new,
};
