/* build, build-kernel, build-user, stage, image, gen: one pipeline, different goals. */
#include "cmd/image/explain.h"
#include "cmd/pipeline.h"

static const struct option options_build[] = {
        {"--jobs", "N", "actions at once; also -j N (default: one for each CPU)"},
        {"--shuffle", "SEED",
         "start what is ready in a random order, to find what is not declared"},
        {"--keep-going", NULL, "after a failure go on with what does not need it"},
        {"--no-sandbox", NULL, "let compilers and linkers open files that nobody declared"},
        {},
};

static const struct option *const options[] = {options_system, options_build, NULL};

static int run_build(struct invocation *in)
{
	return pipeline_build(in, GOAL_ALL);
}

static int run_kernel(struct invocation *in)
{
	return pipeline_build(in, GOAL_KERNEL);
}

static int run_user(struct invocation *in)
{
	return pipeline_build(in, GOAL_USER);
}

static int run_stage(struct invocation *in)
{
	return pipeline_build(in, GOAL_STAGE);
}

static const struct option options_image[] = {
        {"--explain", NULL, "say what each byte of the image is; builds nothing"},
        {"--compare", "FILE", "with --explain: sizes beside those of an earlier image"},
        {},
};

static const struct option *const image_options[] = {options_system, options_build, options_image,
                                                     NULL};

static int run_image(struct invocation *in)
{
	if (option_given(in, "--explain"))
		return explain_image(in);
	if (in->words.count || option_given(in, "--compare")) {
		diag_error(in->diag, (struct span){}, (struct str){},
		           "only --explain takes an image");
		return EXIT_USAGE;
	}
	return pipeline_build(in, GOAL_IMAGE);
}

const struct command command_build = {
        .name = "build",
        .summary = "build, stage, sign and write the bootable image",
        .usage = "[OPTIONS]",
        .details = "Runs what is stale and nothing else. Leaves build/rustos-boot.img (profile "
                   "default,\n"
                   "preset debug), or build/PROFILE-PRESET/rustos-boot.img. A failed or "
                   "interrupted run\n"
                   "leaves the image that was there.\n",
        .example = "  xtask build\n  xtask build --preset release --set kernel.build.opt_level=3\n",
        .options = options,
        .run = run_build,
};

const struct command command_build_kernel = {
        .name = "build-kernel",
        .summary = "build the kernel only",
        .usage = "[OPTIONS]",
        .example = "  xtask build-kernel\n",
        .options = options,
        .is_part = true,
        .run = run_kernel,
};

const struct command command_build_user = {
        .name = "build-user",
        .summary = "build services, apps and user drivers only",
        .usage = "[OPTIONS]",
        .example = "  xtask build-user --profile test\n",
        .options = options,
        .is_part = true,
        .run = run_user,
};

const struct command command_stage = {
        .name = "stage",
        .summary = "build and lay out the tree of the boot volume (build/image)",
        .usage = "[OPTIONS]",
        .example = "  xtask stage && ls build/image\n",
        .options = options,
        .is_part = true,
        .run = run_stage,
};

const struct command command_image = {
        .name = "image",
        .summary = "write the image and all that it needs, or explain one",
        .usage = "[OPTIONS] [IMAGE]",
        .details = "With --explain each byte of IMAGE (default: what the last build left) belongs "
                   "to a file\nof a package, to a named structure or to padding, which must be "
                   "zero; --json lists\nevery region.\n",
        .example = "  xtask image\n  xtask image --explain --compare former.img\n",
        .options = image_options,
        .words_max = 1,
        .is_part = true,
        .run = run_image,
};
