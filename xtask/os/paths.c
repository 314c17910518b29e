#include "os/files.h"

struct str path_join(struct arena *a, struct str folder, struct str name)
{
	if (!folder.len)
		return arena_str(a, name);
	return str_format(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name));
}

struct str path_folder(struct str path)
{
	return str_cut_last(path, '/').head;
}

struct str path_name(struct str path)
{
	return str_cut_last(path, '/').rest;
}

bool path_normalise(struct arena *a, struct str path, struct str *out_path)
{
	struct strs parts = {};
	struct str rest = path;
	while (rest.len) {
		struct str_split cut = str_cut(rest, '/');
		rest = cut.rest;
		if (!cut.head.len || str_equal(cut.head, STR(".")))
			continue;
		if (!str_equal(cut.head, STR(".."))) {
			strs_add(&parts, a, cut.head);
			continue;
		}
		if (!parts.count)
			return false;
		parts.count--;
	}

	struct text t = {.arena = a};
	if (path.len && path.ptr[0] == '/')
		text_add_byte(&t, '/');
	for (size_t i = 0; i < parts.count; i++)
		text_addf(&t, "%s%.*s", i ? "/" : "", STR_ARG(parts.items[i]));
	*out_path = text_str(&t);
	return true;
}
