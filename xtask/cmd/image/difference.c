#include "cmd/image/difference.h"
#include "image/digest_list.h"
#include "os/files.h"
#include <stdio.h>

static struct str region_bytes(const struct explained_image *e, const struct image_region *r)
{
	return str_slice(e->image.disk, r->offset, r->offset + r->len);
}

static const struct image_region *region_find(const struct explained_image *e,
                                              const struct image_region *wanted)
{
	for (size_t i = 0; i < e->regions.count; i++) {
		const struct image_region *r = &e->regions.items[i];
		if (r->kind == REGION_FILE && str_equal(r->name, wanted->name) &&
		    str_equal(r->archive, wanted->archive))
			return r;
	}
	return NULL;
}

static size_t first_difference(struct str a, struct str b)
{
	size_t at = 0;
	while (at < a.len && at < b.len && a.ptr[at] == b.ptr[at])
		at++;
	return at;
}

static bool follows_from_others(struct str path)
{
	return str_ends_with(path, STR(".sig")) || str_equal(path, STR(DIGEST_LIST_PATH)) ||
	       str_equal(path, STR(IMAGE_EXTENTS_PATH));
}

static const struct action *maker_of(const struct pipeline *p, struct str output)
{
	for (size_t i = 0; i < p->plan.graph.count; i++)
		if (strs_contain(&p->plan.graph.actions[i].outputs, output))
			return &p->plan.graph.actions[i];
	return NULL;
}

/* Through copies to the action that made the bytes. */
static const struct action *action_behind(const struct pipeline *p, struct str path)
{
	struct str file = pipeline_path(p, "image");
	const struct action *action;
	file = path_join(p->in->arena, file, path);
	while ((action = maker_of(p, file)) &&
	       str_equal(str_from_c(action->kind->name), STR("copy")) && action->inputs.count &&
	       maker_of(p, action->inputs.items[0]))
		file = action->inputs.items[0];
	return action;
}

static bool file_print(const struct pipeline *p, const struct explained_image *image,
                       const struct explained_image *former, bool dependent)
{
	for (size_t i = 0; i < image->regions.count; i++) {
		const struct image_region *r = &image->regions.items[i];
		if (r->kind != REGION_FILE || follows_from_others(r->name) != dependent)
			continue;
		const struct image_region *other = region_find(former, r);
		struct str bytes = region_bytes(image, r);
		struct str before = other ? region_bytes(former, other) : (struct str){};
		if (other && str_equal(bytes, before))
			continue;
		const struct action *action = action_behind(p, r->name);
		printf("first difference: %.*s, %s %zu, made by: %s %.*s\n", STR_ARG(r->name),
		       other ? "byte" : "which is new; its length is",
		       other ? first_difference(bytes, before) : bytes.len,
		       action ? action->kind->name : "nothing of this tree",
		       action ? (int)action->subject.len : 0, action ? action->subject.ptr : "");
		return true;
	}
	return false;
}

void difference_print(const struct pipeline *p, const struct explained_image *image,
                      const struct explained_image *former)
{
	struct str a = image->image.disk, b = former->image.disk;
	if (str_equal(a, b)) {
		printf("the images are equal\n");
		return;
	}
	if (file_print(p, image, former, false) || file_print(p, image, former, true))
		return;
	size_t at = first_difference(a, b);
	for (size_t i = 0; i < image->regions.count; i++) {
		const struct image_region *r = &image->regions.items[i];
		if (at - r->offset < r->len)
			printf("first difference: byte %zu, in %s '%.*s'\n", at,
			       region_kind_name(r->kind), STR_ARG(r->name));
	}
}
