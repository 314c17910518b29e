#include "engine/action_key.h"
#include "engine/state/record.h"
#include "os/files.h"

static struct tracked_file *add_files(struct text *t, struct tracked_file *const *files,
                                      size_t count)
{
	record_add_u32(t, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		if (file_hash(files[i]) != 0)
			return files[i];
		record_add_str(t, files[i]->path);
		record_add_digest(t, &files[i]->digest);
	}
	return NULL;
}

static void add_strs(struct text *t, const struct strs *list)
{
	record_add_u32(t, (uint32_t)list->count);
	for (size_t i = 0; i < list->count; i++)
		record_add_str(t, list->items[i]);
}

static void add_action(struct run *r, struct text *t, const struct action *action)
{
	record_add_str(t, str_from_c(action->kind->name));
	record_add_u32(t, action->kind->version);
	add_strs(t, &action->argv);
	record_add_str(t, action->params);
	add_strs(t, &action->outputs);
	record_add_u8(t, action->depfile.len > 0);
	if (action->launcher.len) /* its columns in debug information are others */
		record_add_str(t, action->launcher);
	for (char **variable = r->environment; !action->kind->run && *variable; variable++)
		record_add_str(t, str_from_c(*variable));
}

struct tracked_file *action_key(struct run *r, const struct step *s,
                                struct tracked_file **discovered, size_t discovered_count,
                                struct digest *out_key)
{
	struct arena a;
	host_arena_init(&a);
	struct text t = {.arena = &a};
	add_action(r, &t, s->action);
	struct tracked_file *missing = add_files(&t, s->inputs, s->action->inputs.count);
	if (!missing && s->tool) {
		missing = add_files(&t, &s->tool->program, 1);
		if (!missing)
			missing = add_files(&t, s->tool->parts, s->tool->part_count);
	}
	if (!missing)
		missing = add_files(&t, discovered, discovered_count);
	if (!missing)
		*out_key = digest_bytes(text_str(&t));
	arena_release(&a);
	return missing;
}
