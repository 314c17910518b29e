#include "test/junit.h"
#include "diag/utf8.h"

/* What XML 1.0 (section 2.2) cannot hold becomes U+FFFD. */
static void add_escaped(struct text *t, struct str s)
{
	while (s.len) {
		uint32_t code_point = 0;
		size_t len = utf8_decode(s, &code_point);
		bool allowed = len &&
		               (code_point >= 0x20 || code_point == '\n' || code_point == '\t') &&
		               code_point != 0xFFFE && code_point != 0xFFFF;
		if (!allowed)
			text_add(t, STR("\uFFFD"));
		else if (code_point == '<')
			text_add(t, STR("&lt;"));
		else if (code_point == '>')
			text_add(t, STR("&gt;"));
		else if (code_point == '&')
			text_add(t, STR("&amp;"));
		else if (code_point == '"')
			text_add(t, STR("&quot;"));
		else
			text_add(t, str_slice(s, 0, len));
		s = str_slice(s, len ? len : 1, s.len);
	}
}

static void add_seconds(struct text *t, uint64_t us)
{
	text_addf(t, " time=\"%llu.%03llu\"", (unsigned long long)(us / 1000000),
	          (unsigned long long)(us / 1000 % 1000));
}

static void add_problem(struct text *t, const struct test_outcome *o)
{
	const char *element = o->verdict == VERDICT_HOST_ERROR ? "error" : "failure";
	text_addf(t, "      <%s type=\"%s\" message=\"", element, verdict_name(o->verdict));
	add_escaped(t, str_cut(o->reason, '\n').head);
	text_add(t, STR("\">"));
	add_escaped(t, o->reason);
	text_add(t, STR("\nrepeat: "));
	add_escaped(t, o->repeat);
	text_addf(t, "</%s>\n", element);
}

static void add_case(struct text *t, const struct test_outcome *o)
{
	text_addf(t, "    <testcase classname=\"%s\" name=\"", test_kind_name(o->kind));
	add_escaped(t, o->name);
	text_add(t, STR("\""));
	add_seconds(t, o->elapsed_us);
	if (o->verdict == VERDICT_PASSED) {
		text_add(t, STR("/>\n"));
		return;
	}
	text_add(t, STR(">\n"));
	if (o->verdict == VERDICT_SKIPPED) {
		text_add(t, STR("      <skipped message=\""));
		add_escaped(t, o->reason);
		text_add(t, STR("\"/>\n"));
	} else {
		add_problem(t, o);
	}
	text_add(t, STR("    </testcase>\n"));
}

static void add_suite(struct text *t, enum test_kind kind, const struct outcomes *outcomes)
{
	size_t counts[VERDICT_COUNT] = {}, all = 0;
	uint64_t elapsed = 0;
	for (size_t i = 0; i < outcomes->count; i++) {
		const struct test_outcome *o = &outcomes->items[i];
		if (o->kind != kind)
			continue;
		counts[o->verdict]++;
		elapsed += o->elapsed_us;
		all++;
	}
	if (!all)
		return;
	text_addf(t,
	          "  <testsuite name=\"%s\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" "
	          "skipped=\"%zu\"",
	          test_kind_name(kind), all, counts[VERDICT_FAILED] + counts[VERDICT_TIMEOUT],
	          counts[VERDICT_HOST_ERROR], counts[VERDICT_SKIPPED]);
	add_seconds(t, elapsed);
	text_add(t, STR(">\n"));
	for (size_t i = 0; i < outcomes->count; i++)
		if (outcomes->items[i].kind == kind)
			add_case(t, &outcomes->items[i]);
	text_add(t, STR("  </testsuite>\n"));
}

struct str junit_text(struct arena *a, const struct outcomes *outcomes)
{
	struct text t = {.arena = a};
	text_add(&t, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"));
	for (size_t kind = 0; kind < TEST_KIND_COUNT; kind++)
		add_suite(&t, (enum test_kind)kind, outcomes);
	text_add(&t, STR("</testsuites>\n"));
	return text_str(&t);
}
