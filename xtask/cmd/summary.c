#include "cmd/summary.h"
#include <jansson.h>
#include <stdio.h>

static void print_json(const struct invocation *in, const struct engine_summary *s)
{
	json_t *object =
	        json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "command", in->command->name,
	                  "run", (json_int_t)s->run, "up_to_date", (json_int_t)s->up_to_date,
	                  "failed", (json_int_t)s->failed, "skipped", (json_int_t)s->skipped,
	                  "cached", (json_int_t)s->cached, "removed", (json_int_t)s->removed,
	                  "elapsed_us", (json_int_t)s->elapsed_us);
	json_dumpf(object, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(object);
}

void summary_print(struct invocation *in, const struct engine_summary *s)
{
	report_print(in);
	in->closed = true;
	if (in->json) {
		print_json(in, s);
		return;
	}
	printf("%s: %zu run, %zu up to date, %zu failed", in->command->name, s->run, s->up_to_date,
	       s->failed);
	if (s->cached)
		printf(", %zu from the cache", s->cached);
	if (s->skipped)
		printf(", %zu skipped", s->skipped);
	if (s->removed)
		printf(", %zu removed", s->removed);
	if (s->elapsed_us < 10000)
		printf(", %.1f ms\n", (double)s->elapsed_us / 1000);
	else if (s->elapsed_us < 10000000)
		printf(", %.0f ms\n", (double)s->elapsed_us / 1000);
	else
		printf(", %.1f s\n", (double)s->elapsed_us / 1e6);
}
