/* size: what the staged files of every package weigh. Reads what was built and never builds. */
#include "size/size.h"
#include "cmd/pipeline.h"
#include "os/files.h"
#include <stdio.h>
#include <string.h>

static const struct option options_size[] = {
        {"--compare", "FILE", "beside each figure its change since FILE, which --json wrote"},
        {},
};

static const struct option *const options[] = {options_system, options_size, NULL};

/* Files of the image belong to the package whose install.path holds them. */
static struct str owner_of(const struct pipeline *p, struct str path)
{
	for (size_t i = 0; i < p->system.count; i++) {
		const struct package *package = p->system.packages[i];
		struct str installs = package->install.path.value;
		bool below = str_starts_with(path, installs) && path.len > installs.len &&
		             path.ptr[installs.len] == '/';
		if (installs.len && (below || str_equal(path, installs)))
			return package->id.value;
	}
	return STR("(no package)");
}

static bool add_files(struct invocation *in, const struct pipeline *p, struct size_table *table)
{
	struct str folder = pipeline_path(p, "image");
	struct strs files;
	int error = tree_files(in->arena, folder.ptr, &files);
	if (error) {
		diag_error(in->diag, (struct span){}, STR("xtask build"), "%.*s: %s",
		           STR_ARG(folder), strerror(error));
		return false;
	}
	for (size_t i = 0; i < files.count; i++) {
		struct str below = str_slice(files.items[i], folder.len + 1, files.items[i].len);
		error = size_add_file(in->arena, table, owner_of(p, below), files.items[i].ptr);
		if (!error)
			continue;
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s: %s",
		           STR_ARG(files.items[i]), strerror(error));
		return false;
	}
	return true;
}

static int run_size(struct invocation *in)
{
	struct pipeline p = {};
	struct size_table table = {}, before = {};
	pipeline_name(&p, in);
	struct str file = option_path(in, "--compare");
	if (!manifest_read_all(in->arena, &p.manifests, in->diag) ||
	    !resolve(in->arena, &p.manifests, p.profile, &p.system, in->diag) ||
	    !add_files(in, &p, &table) ||
	    (file.len && !size_read(in->arena, arena_c_str(in->arena, file), &before, in->diag)))
		return EXIT_USAGE;
	struct str shown = in->json ? size_json(in->arena, &table)
	                            : size_text(in->arena, &table, file.len ? &before : NULL);
	fwrite(shown.ptr, 1, shown.len, stdout);
	return EXIT_DONE;
}

const struct command command_size = {
        .name = "size",
        .group = GROUP_MORE,
        .summary = "show what each package weighs, by section, and what changed",
        .usage = "[OPTIONS]",
        .details = "Sections are those of the packages' ELF files, in memory; `other` is what is "
                   "not\nloaded, as symbols, and `file` what lies in the image.\n",
        .example = "  xtask size\n  xtask size --json >before.json\n"
                   "  xtask size --compare before.json\n",
        .options = options,
        .run = run_size,
};
