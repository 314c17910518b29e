/* The chart as text and as SVG 1.1. */
#include "trace/trace.h"

enum {
	BAR_CELLS = 48,
	ROW_HEIGHT = 18,
	LABEL_WIDTH = 260,
	CHART_WIDTH = 900,
	MARGIN = 8,
};

static void add_ms(struct text *t, uint64_t us)
{
	text_addf(t, "%7llu.%llu", (unsigned long long)(us / 1000),
	          (unsigned long long)(us / 100 % 10));
}

/* What ran, and before it what it waited for. */
static void add_bar(struct text *t, const struct trace_span *s, uint64_t end)
{
	uint64_t first = s->start_us * BAR_CELLS / end, last = s->end_us * BAR_CELLS / end;
	uint64_t waits = (s->start_us - s->waited_us) * BAR_CELLS / end;
	for (uint64_t cell = 0; cell < BAR_CELLS; cell++)
		text_add_byte(t, cell < waits || cell > last ? ' ' : cell < first ? '.' : '#');
}

struct str trace_text(struct arena *a, const struct trace *trace)
{
	struct text t = {.arena = a};
	uint64_t end = trace->end_us ? trace->end_us : 1;
	text_addf(&t, "%-32s %9s %9s\n", "WHAT", "START/ms", "TOOK/ms");
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_span *s = &trace->spans[i];
		int len = s->name.len < 32 ? (int)s->name.len : 32;
		text_addf(&t, "%-32.*s ", len, s->name.ptr);
		add_ms(&t, s->start_us);
		text_add_byte(&t, ' ');
		add_ms(&t, s->end_us - s->start_us);
		text_add(&t, STR(" |"));
		add_bar(&t, s, end);
		text_add_byte(&t, '|');
		if (s->awaited.len)
			text_addf(&t, " waited %.1f ms for %.*s", (double)s->waited_us / 1e3,
			          STR_ARG(s->awaited));
		text_add_byte(&t, '\n');
	}
	return text_str(&t);
}

static void add_escaped(struct text *t, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char byte = (unsigned char)s.ptr[i];
		if (byte == '<')
			text_add(t, STR("&lt;"));
		else if (byte == '&')
			text_add(t, STR("&amp;"));
		else
			text_add_byte(t, byte < 0x20 || byte >= 0x7F ? '?' : (char)byte);
	}
}

static void add_row(struct text *t, const struct trace_span *s, uint64_t end, int y)
{
	static const char *const colours[TRACE_GROUP_COUNT] = {
	        [TRACE_FIRMWARE] = "#8a8a8a",
	        [TRACE_LOADER] = "#b58900",
	        [TRACE_KERNEL] = "#268bd2",
	        [TRACE_PROGRAM] = "#2aa198",
	};
	double scale = (double)CHART_WIDTH / (double)end;
	double x = LABEL_WIDTH + (double)s->start_us * scale;
	double width = (double)(s->end_us - s->start_us) * scale;
	text_addf(t, "<text x=\"%d\" y=\"%d\">", MARGIN, y + ROW_HEIGHT - 5);
	add_escaped(t, s->name);
	text_add(t, STR("</text>"));
	if (s->awaited.len)
		text_addf(
		        t,
		        "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"2\" fill=\"#cccccc\"/>",
		        x - (double)s->waited_us * scale, y + ROW_HEIGHT / 2,
		        (double)s->waited_us * scale);
	text_addf(t,
	          "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\">"
	          "<title>",
	          x, y + 2, width < 1 ? 1 : width, ROW_HEIGHT - 4, colours[s->group]);
	add_escaped(t, s->name);
	text_addf(t, ": %s, from %.1f ms, %.1f ms", trace_group_name(s->group),
	          (double)s->start_us / 1e3, (double)(s->end_us - s->start_us) / 1e3);
	if (s->awaited.len) {
		text_addf(t, ", waited %.1f ms for ", (double)s->waited_us / 1e3);
		add_escaped(t, s->awaited);
	}
	text_add(t, STR("</title></rect>\n"));
}

struct str trace_svg(struct arena *a, const struct trace *trace)
{
	struct text t = {.arena = a};
	uint64_t end = trace->end_us ? trace->end_us : 1;
	int height = (int)(trace->count + 1) * ROW_HEIGHT + 2 * MARGIN;
	int width = LABEL_WIDTH + CHART_WIDTH + 2 * MARGIN;
	text_addf(&t,
	          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
	          "font-family=\"sans-serif\" font-size=\"12\">\n"
	          "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n",
	          width, height, width, height);
	for (size_t i = 0; i < trace->count; i++)
		add_row(&t, &trace->spans[i], end, MARGIN + (int)i * ROW_HEIGHT);
	text_addf(&t, "<text x=\"%d\" y=\"%d\">%.1f ms in all</text>\n</svg>\n", MARGIN,
	          height - MARGIN, (double)end / 1e3);
	return text_str(&t);
}
