/* gen: what the registry and the configuration become, without building anything. */
#include "cmd/pipeline.h"
#include "os/files.h"
#include <string.h>

static const struct option options_gen[] = {
        {"--abi-lock", NULL, "write registry/abi.lock anew, after an intended change"},
        {"--reference", "DIR", "write the reference pages of the ABI there"},
        {"--jobs", "N", "files at once"},
        {},
};

static const struct option *const options[] = {options_system, options_gen, NULL};

static bool write_text(struct invocation *in, struct str path, struct str content)
{
	int error = file_write(arena_c_str(in->arena, path), content, 0644);
	if (error)
		diag_error(in->diag, (struct span){}, (struct str){}, "cannot write %.*s: %s",
		           STR_ARG(path), strerror(error));
	return error == 0;
}

static int run_gen(struct invocation *in)
{
	bool lock = option_given(in, "--abi-lock"), pages = option_given(in, "--reference");
	if (!lock && !pages)
		return pipeline_build(in, GOAL_GEN);

	const struct registry *registry = registry_load(in->arena, in->diag);
	if (!registry)
		return EXIT_USAGE;
	struct str text;
	if (lock && !gen_accept_abi_lock(in->arena, registry, &text, in->diag))
		return EXIT_USAGE;
	if (lock && !write_text(in, STR("registry/abi.lock"), text))
		return EXIT_FAILED;
	struct generated reference = {};
	if (pages)
		reference = gen_reference(in->arena, registry);
	for (size_t i = 0; i < reference.count; i++) {
		struct str path = path_join(in->arena, option_path(in, "--reference"),
		                            path_name(reference.files[i].path));
		if (!write_text(in, path, reference.files[i].content))
			return EXIT_FAILED;
	}
	if (!in->json)
		printf("gen: wrote %s%zu reference pages\n", lock ? "registry/abi.lock and " : "",
		       reference.count);
	return EXIT_DONE;
}

const struct command command_gen = {
        .name = "gen",
        .summary = "generate headers, tables, stubs and reference pages from registry/",
        .usage = "[OPTIONS]",
        .example = "  xtask gen\n  xtask gen --abi-lock\n  xtask gen --reference build/docs/abi\n",
        .options = options,
        .is_part = true,
        .run = run_gen,
};
