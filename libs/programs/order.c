/* The order in which programs will start when each is ready at once. */
#include <programs/api.h>
#include <rt/api.h>
#include <string.h>

enum { ORDER_LINE_MAX = 900 }; /* of names; what is more goes on in another line */

struct order_line {
	const struct program_table *table;
	size_t len;
	char bytes[ORDER_LINE_MAX];
};

static void order_end_line(struct order_line *line)
{
	if (line->len)
		print("%s: launch order=%.*s\n", line->table->name, (int)line->len, line->bytes);
	line->len = 0;
}

static void order_put(struct order_line *line, struct str package)
{
	if (package.len >= sizeof line->bytes)
		return; /* no package is called so */
	if (line->len + 1 + package.len > sizeof line->bytes)
		order_end_line(line);
	if (line->len)
		line->bytes[line->len++] = ',';
	memcpy(line->bytes + line->len, package.ptr, package.len);
	line->len += package.len;
}

static bool order_is_ready(const struct program_table *table, const struct program *program)
{
	struct str rest = program->entry.deps, package;
	while (registry_list_next(&rest, &package)) {
		const struct program *needed = programs_find(table, package);
		if (needed && !needed->is_elsewhere && !needed->is_ordered)
			return false;
	}
	return true;
}

/* One pass over those that wait for every service, or the others; how many found their place. */
static size_t order_pass(struct order_line *line, bool last)
{
	const struct program_table *table = line->table;
	size_t placed = 0;
	for (size_t i = 0; i < table->count; i++) {
		struct program *program = &table->list[i];
		if (program->is_elsewhere || program->is_ordered || program->is_last != last ||
		    program->state != PROGRAM_WAITING || !order_is_ready(table, program))
			continue;
		program->is_ordered = true;
		order_put(line, program->entry.package_id);
		placed++;
	}
	return placed;
}

void programs_say_order(struct program_table *table)
{
	struct order_line line = {.table = table};
	while (order_pass(&line, false) || order_pass(&line, true))
		;
	order_end_line(&line);
}
