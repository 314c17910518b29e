#include "cmd/image/packages.h"
#include "deb/store.h"
#include "image/gpt.h"
#include "image/packages/erofs_writer.h"
#include "os/files.h"
#include <errno.h>
#include <string.h>

enum { VOLUME_VERSION = 1 };

struct volume_data {
	struct str *names; /* of the packages, beside the action's inputs */
	uint32_t slack_percent;
	uint64_t epoch;
};

static int packs_read(struct tree *tree, const struct strs *files, const struct str *names,
                      struct text *why)
{
	for (size_t i = 0; i < files->count; i++) {
		struct str pack;
		const char *path = arena_c_str(tree->arena, files->items[i]);
		int error = file_read(tree->arena, path, &pack);
		if (error)
			text_addf(why, "cannot read %s: %s\n", path, strerror(error));
		if (!error)
			error = tree_add_pack(tree, names[i], pack, why);
		if (error)
			return error;
	}
	return 0;
}

static void run_volume(const struct action *action, struct arena *a, struct action_result *out)
{
	const struct volume_data *data = action->data;
	struct text why = {.arena = a};
	struct tree tree = {.arena = a};
	struct guid id = guid_derive(&guid_namespace, STR("package volume"));
	struct erofs_request request = {
	        .tree = &tree,
	        .slack_percent = data->slack_percent,
	        .epoch = data->epoch,
	        .label = STR("packages"),
	};
	memcpy(request.id, id.bytes, sizeof request.id);
	int error = packs_read(&tree, &action->inputs, data->names, &why);
	if (!error)
		error = tree_finish(&tree, data->epoch, &why);
	if (!error)
		error = erofs_write(&request, arena_c_str(a, engine_output(action, 0)), &why);
	if (!error)
		return;
	out->exit_status = 1;
	out->output = text_str(&why);
}

static const struct action_kind kind_pack = {"pack", 1, NULL, false};
static const struct action_kind kind_volume = {"package volume", VOLUME_VERSION, run_volume, false};

void packages_plan_pack(struct pipeline *p, const struct package *package, struct str deb,
                        const struct strs *files)
{
	struct graph *g = &p->plan.graph;
	struct arena *a = g->arena;
	struct str folder = pipeline_path(p, "packs");
	struct str pack =
	        str_format(a, "%.*s/%.*s.cpio", STR_ARG(folder), STR_ARG(package->id.value));
	struct action *action = graph_add(g, &kind_pack);
	action->subject = pack;
	action->confined = true;
	action->argv = deb_pack_argv(a, deb, STR("$out_0"), files);
	strs_add(&action->inputs, a, deb);
	strs_add(&action->outputs, a, pack);
	if (!p->packed)
		p->packed = ARENA_ARRAY(a, struct packed_package, p->system.count);
	p->packed[p->packed_count++] = (struct packed_package){package, pack};
}

struct str packages_plan_volume(struct pipeline *p, uint64_t epoch)
{
	struct graph *g = &p->plan.graph;
	struct arena *a = g->arena;
	if (!p->packed_count)
		return (struct str){};
	struct volume_data *data = ARENA_NEW(a, struct volume_data);
	*data = (struct volume_data){
	        .names = ARENA_ARRAY(a, struct str, p->packed_count),
	        .slack_percent = (uint32_t)p->config.image.slack_percent,
	        .epoch = epoch,
	};
	struct action *action = graph_add(g, &kind_volume);
	struct text params = {.arena = a};
	action->subject = pipeline_path(p, "boot/packages.erofs");
	strs_add(&action->outputs, a, action->subject);
	text_addf(&params, "%llu %u", (unsigned long long)epoch, data->slack_percent);
	for (size_t i = 0; i < p->packed_count; i++) {
		data->names[i] = p->packed[i].package->id.value;
		strs_add(&action->inputs, a, p->packed[i].pack);
		text_addf(&params, "\n%.*s", STR_ARG(data->names[i]));
	}
	action->params = text_str(&params);
	action->data = data;
	return action->subject;
}

struct str packages_owner(const struct pipeline *p, struct tree *cache, struct str path)
{
	struct text why = {.arena = cache->arena};
	if (!cache->count) {
		struct strs files = {};
		struct str *names = ARENA_ARRAY(cache->arena, struct str, p->packed_count + 1);
		for (size_t i = 0; i < p->packed_count; i++) {
			names[i] = p->packed[i].package->id.value;
			strs_add(&files, cache->arena, p->packed[i].pack);
		}
		if (packs_read(cache, &files, names, &why) || tree_finish(cache, 0, &why))
			return (struct str){};
	}
	const struct tree_node *node = tree_find(cache, path);
	return node ? node->package : (struct str){};
}
