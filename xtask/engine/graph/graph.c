#include "engine/engine.h"
#include <string.h>

struct action *graph_add(struct graph *g, const struct action_kind *kind)
{
	if (g->count == g->capacity) {
		size_t capacity = g->capacity ? 2 * g->capacity : 64;
		struct action *actions = ARENA_ARRAY(g->arena, struct action, capacity);
		if (g->count)
			memcpy(actions, g->actions, g->count * sizeof *actions);
		g->actions = actions;
		g->capacity = capacity;
	}
	struct action *action = &g->actions[g->count++];
	*action = (struct action){.kind = kind};
	return action;
}

struct str engine_output(const struct action *action, size_t index)
{
	return action->temporary ? action->temporary[index] : action->outputs.items[index];
}
