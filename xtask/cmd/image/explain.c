#include "cmd/image/explain.h"
#include "cmd/image/difference.h"
#include "cmd/image/packages.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum side { SIDE_IMAGE, SIDE_FORMER, SIDE_COUNT };

/* One line of the summary. */
struct share {
	enum region_kind kind;
	struct str name; /* package, structure; empty for padding */
	uint64_t bytes[SIDE_COUNT];
	size_t files[SIDE_COUNT];
};

struct summary {
	struct arena *arena;
	const struct pipeline *pipeline;
	struct tree packed; /* what packages brought to the package volume; read when asked for */
	struct share *shares;
	size_t count;
	uint64_t total[SIDE_COUNT];
};

/* The package that a path of the volume or of the boot archive comes from. */
static struct str owner_of(const struct pipeline *p, struct str path)
{
	for (size_t i = 0; i < p->staged.count; i++) {
		const struct staged_file *file = &p->staged.files[i];
		if (str_equal(file->path, path))
			return file->package ? file->package->id.value : STR("(system files)");
	}
	if (str_ends_with(path, STR(".sig")))
		return STR("(signatures)");
	bool symbols = str_starts_with(path, STR("system/boot/"));
	for (size_t i = 0; symbols && i < p->system.count; i++)
		if (p->system.packages[i]->kind.value == KIND_KERNEL)
			return p->system.packages[i]->id.value;
	return str_starts_with(path, STR("system/registry/")) ? STR("(system files)")
	                                                      : STR("(no package)");
}

static struct share *share_of(struct summary *s, enum region_kind kind, struct str name)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->shares[i].kind == kind && str_equal(s->shares[i].name, name))
			return &s->shares[i];
	s->shares[s->count] = (struct share){.kind = kind, .name = name};
	return &s->shares[s->count++];
}

static struct str region_owner(struct summary *s, const struct image_region *r)
{
	if (!str_equal(r->archive, STR(IMAGE_PACKAGES_NAME)))
		return owner_of(s->pipeline, r->name);
	struct str owner = packages_owner(s->pipeline, &s->packed, r->name);
	return owner.len ? owner : STR("(no package)");
}

static struct str share_name(struct summary *s, const struct image_region *r)
{
	if (r->kind == REGION_FILE)
		return region_owner(s, r);
	return r->kind == REGION_STRUCTURE ? r->name : STR("");
}

static void regions_sum(struct summary *s, const struct image_regions *regions, enum side side)
{
	for (size_t i = 0; i < regions->count; i++) {
		const struct image_region *r = &regions->items[i];
		struct share *share = share_of(s, r->kind, share_name(s, r));
		share->bytes[side] += r->len;
		share->files[side]++;
		s->total[side] += r->len;
	}
}

static int share_compare(const void *left, const void *right)
{
	const struct share *a = left, *b = right;
	return a->kind != b->kind ? (int)a->kind - (int)b->kind : str_compare(a->name, b->name);
}

static void regions_print_json(struct summary *s, const struct image_regions *regions)
{
	for (size_t i = 0; i < regions->count; i++) {
		const struct image_region *r = &regions->items[i];
		json_t *object = json_object();
		json_object_set_new(object, "offset", json_integer((json_int_t)r->offset));
		json_object_set_new(object, "bytes", json_integer((json_int_t)r->len));
		json_object_set_new(object, "kind", json_string(region_kind_name(r->kind)));
		json_object_set_new(object, "name", json_stringn(r->name.ptr, r->name.len));
		if (r->kind == REGION_FILE) {
			struct str owner = region_owner(s, r);
			json_object_set_new(object, "package", json_stringn(owner.ptr, owner.len));
		}
		if (r->archive.len)
			json_object_set_new(object, "archive",
			                    json_stringn(r->archive.ptr, r->archive.len));
		json_dumpf(object, stdout, JSON_COMPACT);
		putchar('\n');
		json_decref(object);
	}
}

static void line_print(const char *kind, struct str name, const uint64_t *bytes, bool compared)
{
	printf("%-10s %-26.*s %12llu", kind, STR_ARG(name), (unsigned long long)bytes[SIDE_IMAGE]);
	if (compared)
		printf(" %12llu %+12lld", (unsigned long long)bytes[SIDE_FORMER],
		       (long long)(bytes[SIDE_IMAGE] - bytes[SIDE_FORMER]));
	putchar('\n');
}

static void summary_print_text(struct summary *s, bool compared)
{
	static const char *const kinds[REGION_KIND_COUNT] = {"package", "structure", "padding"};
	qsort(s->shares, s->count, sizeof *s->shares, share_compare);
	printf("%-10s %-26s %12s%s\n", "WHAT", "NAME", "BYTES",
	       compared ? "      EARLIER   DIFFERENCE" : "");
	for (size_t i = 0; i < s->count; i++)
		line_print(kinds[s->shares[i].kind], s->shares[i].name, s->shares[i].bytes,
		           compared);
	line_print("sum", STR("the image's size"), s->total, compared);
}

static bool image_read(struct invocation *in, struct str path, struct explained_image *out)
{
	struct text why = {.arena = in->arena};
	int error = image_open(arena_c_str(in->arena, path), &out->image, &why);
	if (error) {
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s",
		           STR_ARG(text_str(&why)));
		return false;
	}
	error = image_explain(in->arena, &out->image, &out->regions, &why);
	if (!error && out->regions.total_bytes != out->image.disk.len)
		text_addf(&why, "the regions' sum is not the image's size\n");
	struct str_split lines = {.rest = text_str(&why)};
	while (lines.rest.len) {
		lines = str_cut(lines.rest, '\n');
		diag_error(in->diag, (struct span){}, (struct str){}, "%.*s: %.*s", STR_ARG(path),
		           STR_ARG(lines.head));
	}
	return !error && !why.len;
}

static void images_print(const struct pipeline *p, const struct explained_image *image,
                         const struct explained_image *former)
{
	struct invocation *in = p->in;
	struct summary s = {.arena = in->arena, .pipeline = p, .packed = {.arena = in->arena}};
	size_t shares = image->regions.count + (former ? former->regions.count : 0) + 1;
	s.shares = ARENA_ARRAY(in->arena, struct share, shares);
	regions_sum(&s, &image->regions, SIDE_IMAGE);
	if (former)
		regions_sum(&s, &former->regions, SIDE_FORMER);
	if (in->json)
		regions_print_json(&s, &image->regions);
	else
		summary_print_text(&s, former);
	if (former && !in->json)
		difference_print(p, image, former);
}

int explain_image(struct invocation *in)
{
	struct pipeline p;
	struct explained_image image = {.image = {.fd = -1}}, former = {.image = {.fd = -1}};
	pipeline_name(&p, in);
	if (!pipeline_read(&p) || !pipeline_plan(&p))
		return EXIT_USAGE;
	struct str path = in->words.count ? called_path(in, in->words.items[0])
	                                  : pipeline_path(&p, "rustos-boot.img");
	struct str earlier = option_path(in, "--compare");
	bool ok =
	        image_read(in, path, &image) && (!earlier.len || image_read(in, earlier, &former));
	if (ok)
		images_print(&p, &image, earlier.len ? &former : NULL);
	image_close(&image.image);
	image_close(&former.image);
	return ok ? EXIT_DONE : EXIT_FAILED;
}
