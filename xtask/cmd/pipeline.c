#include "cmd/pipeline.h"
#include "cmd/image/actions.h"
#include "cmd/summary.h"
#include "os/files.h"
#include "sign/key.h"
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PROFILE "default"
#define DEFAULT_PRESET "debug"

extern char **environ;

struct str pipeline_path(const struct pipeline *p, const char *name)
{
	return path_join(p->in->arena, p->out, str_from_c(name));
}

void pipeline_name(struct pipeline *p, struct invocation *in)
{
	*p = (struct pipeline){.in = in};
	p->profile = option_value(in, "--profile");
	if (!p->profile.len)
		p->profile = STR(DEFAULT_PROFILE);
	p->preset = option_value(in, "--preset");
	if (!p->preset.len)
		p->preset = STR(DEFAULT_PRESET);
	bool plain = str_equal(p->profile, STR(DEFAULT_PROFILE)) &&
	             str_equal(p->preset, STR(DEFAULT_PRESET));
	p->out = plain ? STR("build")
	               : str_format(in->arena, "build/%.*s-%.*s", STR_ARG(p->profile),
	                            STR_ARG(p->preset));
}

bool pipeline_read(struct pipeline *p)
{
	struct invocation *in = p->in;
	struct str file = option_path(in, "--config");
	struct config_request request = {
	        .file = file.len ? arena_c_str(in->arena, file) : NULL,
	        .preset = option_value(in, "--preset"),
	        .sets = option_values(in, "--set"),
	};
	bool ok = config_load(in->arena, &request, &p->config, in->diag);
	ok &= manifest_read_all(in->arena, &p->manifests, in->diag);
	p->registry = registry_load(in->arena, in->diag);
	ok &= p->registry != NULL;
	/* Dependencies of manifests that could be read are checked in the same run. */
	ok &= resolve(in->arena, &p->manifests, p->profile, &p->system, in->diag);
	return ok;
}

static void plan_generated(struct pipeline *p, struct graph *g, const struct generated *generated,
                           struct strs *kernel_sources)
{
	struct arena *a = p->in->arena;
	for (size_t i = 0; i < generated->count; i++) {
		const struct generated_file *file = &generated->files[i];
		struct str path = path_join(a, pipeline_path(p, "gen"), file->path);
		plan_write(g, path, file->content);
		strs_add(&p->generated, a, path);
		if (str_starts_with(file->path, STR("kernel/")) &&
		    str_ends_with(file->path, STR(".c")))
			strs_add(kernel_sources, a, path);
	}
}

static bool ensure_key(struct pipeline *p)
{
	struct text why = {.arena = p->in->arena};
	const struct signing_config *given = &p->config.signing;
	p->key = given->key.len ? given->key : STR(SIGNING_DEVELOPMENT_KEY);
	if (!given->efi_key.len != !given->efi_certificate.len) {
		diag_error(p->in->diag, (struct span){}, (struct str){},
		           "signing.efi_key and signing.efi_certificate belong together");
		return false;
	}
	p->efi_key = given->efi_key.len ? given->efi_key : STR(SIGNING_EFI_DEVELOPMENT_KEY);
	p->efi_certificate = given->efi_certificate.len ? given->efi_certificate
	                                                : STR(SIGNING_EFI_DEVELOPMENT_CERTIFICATE);
	int error = given->key.len ? 0 : signing_key_ensure(SIGNING_DEVELOPMENT_KEY, &why);
	const struct str keys[] = {p->key, p->efi_key};
	for (size_t i = 0; given->release && i < COUNT(keys) && !error; i++)
		error = signing_key_refuse_development(arena_c_str(p->in->arena, keys[i]), &why);
	if (!error)
		return true;
	diag_error(p->in->diag, (struct span){}, STR("`[signing]` names other keys"), "%.*s",
	           STR_ARG(str_trim(text_str(&why))));
	return false;
}

bool pipeline_plan(struct pipeline *p)
{
	struct arena *a = p->in->arena;
	struct graph written = {.arena = a};
	struct strs kernel_sources = {};
	struct generated abi = gen_abi(a, p->registry);
	struct generated settings = gen_kernel_config(a, p->registry, &p->config);
	if (!ensure_key(p))
		return false;
	plan_generated(p, &written, &abi, &kernel_sources);
	plan_generated(p, &written, &settings, &kernel_sources);

	const struct plan_request request = {
	        .config = &p->config,
	        .system = &p->system,
	        .out = p->out,
	        .generated = p->generated,
	        .generated_kernel_sources = kernel_sources,
	        .hooks = {image_plan_boot, image_plan_deb, p},
	};
	if (!plan_packages(a, &request, &p->plan, p->in->diag))
		return false;
	for (size_t i = 0; i < written.count; i++)
		*graph_add(&p->plan.graph, written.actions[i].kind) = written.actions[i];

	const struct stage_request stage = {&p->system, &p->plan.artifacts, "assets/image", p->out};
	if (!stage_plan(a, &stage, &p->plan.graph, &p->staged, p->in->diag))
		return false;
	if (!image_plan(p))
		return false;
	plan_write(&p->plan.graph, pipeline_path(p, "compile_commands.json"),
	           engine_compile_commands(a, &p->plan.graph));
	return true;
}

/* Everything besides files that decides what is planned: a new tool, options, environment. */
static struct str identity(const struct pipeline *p, enum goal goal)
{
	struct arena *a = p->in->arena;
	struct text t = {.arena = a};
	struct stat self;
	if (stat("/proc/self/exe", &self) == 0)
		text_addf(&t, "tool %llu %lld %lld.%09ld\n", (unsigned long long)self.st_ino,
		          (long long)self.st_size, (long long)self.st_mtim.tv_sec,
		          self.st_mtim.tv_nsec);
	text_addf(&t, "goal %d %.*s %.*s\n", (int)goal, STR_ARG(p->profile), STR_ARG(p->preset));
	if (p->only)
		text_addf(&t, "only %.*s\n", STR_ARG(p->only->id.value));
	for (size_t i = 0; i < p->in->given_count; i++)
		text_addf(&t, "%s %.*s\n", p->in->given[i].name, STR_ARG(p->in->given[i].value));
	static const struct str prefixes[] = {STR_INIT("RUSTOS_"), STR_INIT("KERNEL_"),
	                                      STR_INIT("VENDOR_"), STR_INIT("SOURCE_DATE_EPOCH")};
	for (char **variable = environ; *variable; variable++)
		for (size_t i = 0; i < COUNT(prefixes); i++)
			if (str_starts_with(str_from_c(*variable), prefixes[i]))
				text_addf(&t, "%s\n", *variable);
	return text_str(&t);
}

static bool wanted_kind(enum goal goal, enum package_kind kind)
{
	if (goal == GOAL_KERNEL)
		return kind == KIND_KERNEL;
	return kind == KIND_SERVICE || kind == KIND_APP || kind == KIND_COMPAT ||
	       kind == KIND_USER_DRIVER;
}

static struct strs targets(const struct pipeline *p, enum goal goal)
{
	struct arena *a = p->in->arena;
	struct strs paths = {};
	if (goal == GOAL_GEN)
		return p->generated;
	if (goal == GOAL_IMAGE)
		strs_add(&paths, a, pipeline_path(p, "rustos-boot.img"));
	for (size_t i = 0; goal == GOAL_STAGE && i < p->staged.count; i++)
		strs_add(&paths, a, p->staged.files[i].file);
	for (size_t i = 0;
	     (goal == GOAL_KERNEL || goal == GOAL_USER) && i < p->plan.artifacts.count; i++) {
		const struct artifact *artifact = &p->plan.artifacts.items[i];
		if (!wanted_kind(goal, (enum package_kind)artifact->package->kind.value) ||
		    (p->only && p->only != artifact->package))
			continue;
		for (size_t k = 0; k < artifact->files.count; k++)
			strs_add(&paths, a, artifact->files.items[k]);
	}
	return paths;
}

static void add_all(struct strs *list, struct arena *a, const struct strs *more)
{
	for (size_t i = 0; i < more->count; i++)
		strs_add(list, a, more->items[i]);
}

struct numbers {
	int64_t jobs, shuffle; /* 0: not given */
};

static bool run_engine(struct pipeline *p, enum goal goal, const struct numbers *numbers,
                       struct engine_summary *summary)
{
	struct arena *a = p->in->arena;
	struct engine_request request = {
	        .graph = &p->plan.graph,
	        .out = arena_c_str(a, p->out),
	        .targets = targets(p, goal),
	        .jobs = (int)numbers->jobs,
	        .keep_going = option_given(p->in, "--keep-going"),
	        .shuffle = (uint64_t)numbers->shuffle,
	        .cache =
	                {
	                        .folder = p->config.cache.folder,
	                        .url = p->config.cache.url,
	                        .write = p->config.cache.write,
	                        .ignore_remote = str_equal(p->preset, STR("release")),
	                        .key = p->config.cache.key,
	                        .trusted = p->config.cache.trusted,
	                },
	        .unconfined = option_given(p->in, "--no-sandbox"),
	        .identity = identity(p, goal),
	        .plan_files = p->plan.files,
	        .plan_folders = p->plan.folders,
	        .quiet = p->in->quiet,
	        .json = p->in->json,
	};
	add_all(&request.plan_files, a, &p->manifests.files);
	add_all(&request.plan_files, a, &p->config.files_read);
	add_all(&request.plan_files, a, registry_files(p->registry));
	add_all(&request.plan_files, a, &p->staged.inputs);
	add_all(&request.plan_folders, a, &p->manifests.folders);
	add_all(&request.plan_folders, a, &p->staged.overlay_folders);
	return engine_run(&request, summary, p->in->diag);
}

int pipeline_goal(struct pipeline *p, enum goal goal)
{
	struct engine_summary summary = {};
	if (!pipeline_plan(p))
		return EXIT_USAGE;
	return run_engine(p, goal, &(struct numbers){}, &summary) ? EXIT_DONE : EXIT_FAILED;
}

int pipeline_build(struct invocation *in, enum goal goal)
{
	struct pipeline p;
	struct engine_summary summary = {};
	struct numbers numbers;
	if (!option_number(in, "--jobs", 1, 1024, &numbers.jobs) ||
	    !option_number(in, "--shuffle", 1, INT64_MAX, &numbers.shuffle))
		return EXIT_USAGE;
	pipeline_name(&p, in);
	if (engine_unchanged(arena_c_str(in->arena, p.out), identity(&p, goal), &summary)) {
		summary_print(in, &summary);
		return EXIT_DONE;
	}
	if (!pipeline_read(&p) || !pipeline_plan(&p))
		return EXIT_USAGE;
	bool ok = run_engine(&p, goal, &numbers, &summary);
	summary_print(in, &summary);
	return ok ? EXIT_DONE : EXIT_FAILED;
}
