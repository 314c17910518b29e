#include "cmd/image/actions.h"
#include "cmd/image/packages.h"
#include "deb/store.h"
#include "image/cpio.h"
#include "image/digest_list.h"
#include "image/grub.h"
#include "image/symbols.h"
#include "image/update/update.h"
#include "os/files.h"
#include "sign/authenticode.h"
#include "sign/openpgp.h"
#include <stdlib.h>
#include <string.h>

#define ARCHIVE_PATH "system/boot/early.cpio"
#define SYMBOLS_PATH "system/boot/nucleus.sym"

uint64_t image_epoch(void)
{
	const char *given = getenv("SOURCE_DATE_EPOCH");
	uint64_t epoch;
	return given && str_to_u64(str_from_c(given), &epoch) ? epoch : OPENPGP_KEY_TIME;
}

static struct str decimal(struct arena *a, uint64_t number)
{
	return str_format(a, "%llu", (unsigned long long)number);
}

static uint64_t from_params(struct str params)
{
	uint64_t number = 0;
	return str_to_u64(params, &number) ? number : 0;
}

static void finish(struct action_result *out, int error, const struct text *why)
{
	if (!error)
		return;
	out->exit_status = 1;
	out->output = text_str(why);
	if (!out->output.len)
		out->output = str_format(why->arena, "%s\n", strerror(error));
}

static const char *output(const struct action *action, struct arena *a)
{
	return arena_c_str(a, engine_output(action, 0));
}

static const char *input(const struct action *action, struct arena *a, size_t index)
{
	return arena_c_str(a, action->inputs.items[index]);
}

static void run_symbols(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text why = {.arena = a};
	finish(out, symbols_write(input(action, a, 0), output(action, a), &why), &why);
}

static void run_archive(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text why = {.arena = a};
	struct image_files files = *(const struct image_files *)action->data;
	int error = image_files_prepare(&files, &why);
	if (!error)
		error = cpio_write(&files, from_params(str_cut(action->params, '\n').head),
		                   output(action, a), &why);
	finish(out, error, &why);
}

/* The key is the action's data: a file that is an input, too, or a URI. */
static void run_public_key(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text why = {.arena = a};
	finish(out, openpgp_export_file(action->data, output(action, a), &why), &why);
}

static void run_sign(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text why = {.arena = a};
	finish(out,
	       openpgp_sign_file(action->data, from_params(str_cut(action->params, ' ').head),
	                         input(action, a, 0), output(action, a), &why),
	       &why);
}

static void run_efi_sign(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text why = {.arena = a};
	finish(out,
	       efi_sign_file(action->data, input(action, a, 1), input(action, a, 0),
	                     output(action, a), &why),
	       &why);
}

static void run_digests(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text why = {.arena = a};
	struct image_files files = *(const struct image_files *)action->data;
	for (size_t i = 0; i < files.count; i++)
		files.items[i].known = &action->known[i];
	finish(out, digest_list_write(&files, output(action, a), &why), &why);
}

static void run_image(const struct action *action, struct arena *a, struct action_result *out)
{
	struct text why = {.arena = a};
	struct image_request request = *(const struct image_request *)action->data;
	struct image_update_report report;
	for (size_t i = 0; i < request.files.count; i++)
		request.files.items[i].known = &action->known[i];
	if (request.packages.host.len)
		request.packages.known = &action->known[request.files.count];
	finish(out, image_update(&request, output(action, a), &report, &why), &why);
}

static const struct action_kind kind_symbols = {"symbols", 1, run_symbols, false};
static const struct action_kind kind_archive = {"archive", 1, run_archive, false};
static const struct action_kind kind_public_key = {"public key", 1, run_public_key, false};
static const struct action_kind kind_sign = {"sign", 1, run_sign, false};
static const struct action_kind kind_efi_sign = {"efi sign", 1, run_efi_sign, false};
static const struct action_kind kind_digests = {"digests", 1, run_digests, false};
static const struct action_kind kind_image = {"image", IMAGE_LAYOUT_VERSION, run_image, true};
static const struct action_kind kind_grub = {"grub", 1, NULL, false};
static const struct action_kind kind_unpack = {"unpack", 1, NULL, false};

/* An action with one output that is shown by its name. */
static struct action *add(struct graph *g, const struct action_kind *kind, struct str out)
{
	struct action *action = graph_add(g, kind);
	action->subject = out;
	strs_add(&action->outputs, g->arena, out);
	return action;
}

static void key_add(struct action *action, struct arena *a, struct str key)
{
	action->data = arena_c_str(a, key);
	action->params = str_format(a, "%.*s %.*s", STR_ARG(action->params), STR_ARG(key));
	if (!str_starts_with(key, STR(SIGNING_KEY_URI)))
		strs_add(&action->inputs, a, key);
}

static struct str public_key_path(const struct pipeline *p)
{
	return pipeline_path(p, "boot/public-key.gpg");
}

bool image_plan_boot(struct graph *g, const struct package *package, struct artifact *out,
                     void *context, struct diag *d)
{
	struct pipeline *p = context;
	struct arena *a = g->arena;
	(void)d;
	struct str file = path_join(a, pipeline_path(p, "artifacts"), package->install.path.value);
	struct grub_request request = {
	        .program = STR("grub-mkimage"),
	        .public_key = public_key_path(p),
	        .configuration = path_join(a, package->folder, package->build.source.value),
	        .out = STR("$out_0"),
	};
	p->boot_configuration = request.configuration;
	struct str plain = pipeline_path(p, "boot/grub.efi");
	struct action *action = add(g, &kind_grub, plain);
	action->confined = true;
	action->argv = grub_mkimage_argv(a, &request);
	action->inputs = grub_module_paths(a);
	strs_add(&action->inputs, a, request.public_key);
	strs_add(&action->inputs, a, request.configuration);
	struct action *sign = add(g, &kind_efi_sign, file);
	strs_add(&sign->inputs, a, plain);
	strs_add(&sign->inputs, a, p->efi_certificate);
	key_add(sign, a, p->efi_key);
	strs_add(&out->files, a, file);
	strs_add(&out->paths, a, package->install.path.value);
	return true;
}

void say_fetching(const struct deb_package *package)
{
	fprintf(stderr, "fetching %.*s %.*s\n", STR_ARG(package->name.value),
	        STR_ARG(package->version.value));
}

static bool fetch_deb(struct pipeline *p, const struct package *package, struct str *out_deb,
                      struct diag *d)
{
	struct arena *a = p->in->arena;
	struct deb_lock lock = {};
	strs_add(&p->plan.files, a, STR(DEB_LOCK_PATH));
	if (!deb_lock_read(a, DEB_LOCK_PATH, &lock, d))
		return false;
	const struct deb_package *locked = deb_lock_find(&lock, package->build.deb.value);
	if (!locked) {
		diag_error(d, package->build.deb.span, STR("`xtask lock --update` adds it"),
		           "'%.*s' does not stand in " DEB_LOCK_PATH,
		           STR_ARG(package->build.deb.value));
		return false;
	}
	struct text why = {.arena = a};
	const struct deb_store store = {DEB_STORE_PATH, p->in->quiet ? NULL : say_fetching};
	if (deb_store_fetch(a, &store, locked, &why) != 0) {
		diag_error(d, package->build.deb.span, (struct str){}, "%.*s",
		           STR_ARG(str_trim(text_str(&why))));
		return false;
	}
	*out_deb = deb_store_path(a, DEB_STORE_PATH, locked);
	return true;
}

bool image_plan_deb(struct graph *g, const struct package *package, struct artifact *out,
                    void *context, struct diag *d)
{
	struct pipeline *p = context;
	struct arena *a = g->arena;
	struct str deb;
	if (!fetch_deb(p, package, &deb, d))
		return false;

	struct strs wanted = {};
	for (size_t i = 0; i < package->build.files.count; i++)
		strs_add(&wanted, a, package->build.files.items[i].value);
	if (package->install.layout.value == LAYOUT_TREE) {
		packages_plan_pack(p, package, deb, &wanted);
		return true;
	}
	bool single = package->install.layout.value == LAYOUT_FILE;
	struct str folder = pipeline_path(p, "artifacts");
	for (size_t i = 0; i < wanted.count; i++) {
		struct str path =
		        single ? package->install.path.value
		               : path_join(a, package->install.path.value, wanted.items[i]);
		struct str file = path_join(a, folder, path);
		struct strs one = {};
		strs_add(&one, a, wanted.items[i]);
		struct action *action = add(g, &kind_unpack, file);
		action->confined = true;
		action->argv = deb_unpack_argv(a, deb, STR("$out_0"), false, &one);
		strs_add(&action->inputs, a, deb);
		strs_add(&out->files, a, file);
		strs_add(&out->paths, a, path);
	}
	return true;
}

/* Files of an archive or image while its action is planned: what it packs, needs and depends on. */
struct packing {
	struct image_files *files;
	struct action *action;
	struct text params;
};

static void add_file(struct packing *packing, struct str path, struct str file)
{
	struct arena *a = packing->params.arena;
	image_files_add(packing->files, a, path, file);
	strs_add(&packing->action->inputs, a, file);
	text_addf(&packing->params, "\n%.*s\t%.*s", STR_ARG(path), STR_ARG(file));
}

static struct str plan_archive(struct pipeline *p)
{
	struct arena *a = p->in->arena;
	struct graph *g = &p->plan.graph;
	struct str file = pipeline_path(p, "image/" ARCHIVE_PATH);
	struct image_files *files = ARENA_NEW(a, struct image_files);

	if (p->plan.nucleus.len) {
		struct action *symbols =
		        add(g, &kind_symbols, pipeline_path(p, "boot/nucleus.sym"));
		strs_add(&symbols->inputs, a, p->plan.nucleus);
	}
	struct action *action = add(g, &kind_archive, file);
	struct packing packing = {files, action, {.arena = a}};
	text_add(&packing.params, decimal(a, image_epoch()));
	for (size_t i = 0; i < p->staged.count; i++)
		if (p->staged.files[i].preload)
			add_file(&packing, p->staged.files[i].path, p->staged.files[i].file);
	if (p->plan.nucleus.len)
		add_file(&packing, STR(SYMBOLS_PATH), pipeline_path(p, "boot/nucleus.sym"));
	action->params = text_str(&packing.params);
	action->data = files;
	return file;
}

static struct str plan_signature(struct pipeline *p, struct str file)
{
	struct arena *a = p->in->arena;
	struct action *action =
	        add(&p->plan.graph, &kind_sign, str_format(a, "%.*s.sig", STR_ARG(file)));
	strs_add(&action->inputs, a, file);
	action->params = decimal(a, image_epoch());
	key_add(action, a, p->key);
	return action->outputs.items[0];
}

static void plan_image(struct pipeline *p, const struct image_files *extra, struct str packages)
{
	struct arena *a = p->in->arena;
	struct image_request *request = ARENA_NEW(a, struct image_request);
	*request = (struct image_request){
	        .format = IMAGE_DISK,
	        .label = p->config.image.label,
	        .slack_percent = (uint32_t)p->config.image.slack_percent,
	        .epoch = image_epoch(),
	        .identity = STR("RustOS"),
	};
	struct action *action =
	        add(&p->plan.graph, &kind_image, pipeline_path(p, "rustos-boot.img"));
	struct packing packing = {&request->files, action, {.arena = a}};
	text_addf(&packing.params, "%llu %.*s %u", (unsigned long long)request->epoch,
	          STR_ARG(request->label), request->slack_percent);
	for (size_t i = 0; i < p->staged.count; i++)
		add_file(&packing, p->staged.files[i].path, p->staged.files[i].file);
	for (size_t i = 0; i < extra->count; i++)
		add_file(&packing, extra->items[i].path, extra->items[i].host);
	if (packages.len) { /* behind all files: see run_image */
		request->packages.host = packages;
		request->packages.path = STR(IMAGE_PACKAGES_NAME);
		strs_add(&action->inputs, a, packages);
	}
	action->params = text_str(&packing.params);
	action->data = request;
	p->image_request = request;
}

static struct str staged_file_of(const struct pipeline *p, struct str path)
{
	for (size_t i = 0; i < p->staged.count; i++)
		if (str_equal(p->staged.files[i].path, path))
			return p->staged.files[i].file;
	return (struct str){};
}

/* Adds PATH.sig for each file that GRUB's configuration opens: the one list of what is signed. */
static bool plan_signatures(struct pipeline *p, struct str archive, struct image_files *extra)
{
	struct arena *a = p->in->arena;
	struct str configuration;
	if (!p->boot_configuration.len)
		return true; /* a profile without a boot loader */
	const char *path = arena_c_str(a, p->boot_configuration);
	int error = file_read(a, path, &configuration);
	if (error) {
		diag_error(p->in->diag, (struct span){}, (struct str){}, "%s: %s", path,
		           strerror(error));
		return false;
	}
	strs_add(&p->plan.files, a, p->boot_configuration);
	struct strs opened = grub_signed_paths(a, configuration);
	for (size_t i = 0; i < opened.count; i++) {
		bool is_archive = str_equal(opened.items[i], STR(ARCHIVE_PATH));
		struct str file = is_archive ? archive : staged_file_of(p, opened.items[i]);
		if (!file.len) {
			diag_error(p->in->diag, (struct span){}, (struct str){},
			           "%s opens '%.*s', which is not in the image", path,
			           STR_ARG(opened.items[i]));
			return false;
		}
		image_files_add(extra, a, str_format(a, "%.*s.sig", STR_ARG(opened.items[i])),
		                plan_signature(p, file));
	}
	return true;
}

/* The list of all digests so far, and its signature. */
static void plan_digests(struct pipeline *p, struct image_files *extra, struct str packages)
{
	struct arena *a = p->in->arena;
	struct str file = pipeline_path(p, "image/" DIGEST_LIST_PATH);
	struct image_files *files = ARENA_NEW(a, struct image_files);
	struct packing packing = {files, add(&p->plan.graph, &kind_digests, file), {.arena = a}};
	for (size_t i = 0; i < p->staged.count; i++)
		add_file(&packing, p->staged.files[i].path, p->staged.files[i].file);
	for (size_t i = 0; i < extra->count; i++)
		add_file(&packing, extra->items[i].path, extra->items[i].host);
	if (packages.len)
		add_file(&packing, STR(IMAGE_PACKAGES_NAME), packages);
	packing.action->params = text_str(&packing.params);
	packing.action->data = files;
	image_files_add(extra, a, STR(DIGEST_LIST_PATH), file);
	image_files_add(extra, a, STR(DIGEST_LIST_PATH ".sig"), plan_signature(p, file));
}

bool image_plan(struct pipeline *p)
{
	struct arena *a = p->in->arena;
	struct image_files extra = {};
	struct action *key = add(&p->plan.graph, &kind_public_key, public_key_path(p));
	key_add(key, a, p->key);

	struct str archive = plan_archive(p);
	image_files_add(&extra, a, STR(ARCHIVE_PATH), archive);
	if (!plan_signatures(p, archive, &extra))
		return false;
	struct str packages = packages_plan_volume(p, image_epoch());
	plan_digests(p, &extra, packages);
	plan_image(p, &extra, packages);
	return true;
}
