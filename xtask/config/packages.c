#include "config/packages.h"
#include "os/files.h"
#include "toml/schema.h"

static struct str take_word(struct str *line)
{
	size_t end = 0;
	*line = str_trim(*line);
	while (end < line->len && line->ptr[end] != ' ' && line->ptr[end] != '\t')
		end++;
	struct str word = str_slice(*line, 0, end);
	*line = str_trim(str_slice(*line, end, line->len));
	return word;
}

static bool read_probe(struct str probe, struct needed_package *out)
{
	if (str_starts_with(probe, STR("/"))) {
		out->kind = PROBE_FILE;
		out->target = probe;
		return true;
	}
	struct str_split cut = str_cut(probe, '>');
	out->target = cut.head;
	out->kind = PROBE_COMMAND;
	if (cut.head.len == probe.len)
		return cut.head.len;
	out->kind = PROBE_VERSION;
	if (!cut.head.len || !str_starts_with(cut.rest, STR("=")))
		return false;
	out->minimum = str_slice(cut.rest, 1, cut.rest.len);
	return version_find(out->minimum).len == out->minimum.len && out->minimum.len;
}

bool packages_read(struct arena *a, struct str path, struct needed_packages *out_packages,
                   struct diag *d)
{
	const struct source *source = source_open(a, arena_c_str(a, path), (struct span){}, d);
	if (!source)
		return false;
	size_t lines = 1;
	for (size_t i = 0; i < source->text.len; i++)
		lines += source->text.ptr[i] == '\n';
	*out_packages = (struct needed_packages){
	        .items = ARENA_ARRAY(a, struct needed_package, lines),
	};
	bool ok = true;
	struct str rest = source->text;
	while (rest.len) {
		struct str_split cut = str_cut(rest, '\n');
		struct str line = cut.head;
		rest = cut.rest;
		if (!str_trim(line).len || str_starts_with(str_trim(line), STR("#")))
			continue;
		uint32_t start = (uint32_t)(line.ptr - source->text.ptr);
		struct needed_package package = {};
		package.name = take_word(&line);
		bool probe = read_probe(take_word(&line), &package);
		package.purpose = line;
		if (probe && line.len) {
			out_packages->items[out_packages->count++] = package;
			continue;
		}
		struct span span = {source, start, start + (uint32_t)cut.head.len};
		diag_error(d, span, STR("probe: /a/file, command, or command>=1.2"),
		           "a line is `package  probe  purpose`");
		ok = false;
	}
	return ok;
}

struct str packages_hint(struct arena *a, struct str command)
{
	struct diag unheard;
	struct needed_packages packages = {};
	diag_init(&unheard, a); /* one error is being reported already */
	if (file_exists(PACKAGES_PATH) && packages_read(a, STR(PACKAGES_PATH), &packages, &unheard))
		for (size_t i = 0; i < packages.count; i++)
			if (packages.items[i].kind != PROBE_FILE &&
			    str_equal(packages.items[i].target, command))
				return str_format(a, "apt-get install %.*s",
				                  STR_ARG(packages.items[i].name));
	return STR("`xtask doctor` lists what is missing");
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

struct str version_find(struct str text)
{
	size_t start = 0;
	while (start < text.len && !is_digit(text.ptr[start]))
		start++;
	size_t end = start;
	while (end < text.len && (is_digit(text.ptr[end]) || text.ptr[end] == '.'))
		end++;
	while (end > start && text.ptr[end - 1] == '.')
		end--;
	return str_slice(text, start, end);
}

int version_compare(struct str a, struct str b)
{
	while (a.len || b.len) {
		struct str_split left = str_cut(a, '.');
		struct str_split right = str_cut(b, '.');
		uint64_t x = 0;
		uint64_t y = 0;
		(void)str_to_u64(left.head, &x); /* an absent part counts as 0 */
		(void)str_to_u64(right.head, &y);
		if (x != y)
			return x < y ? -1 : 1;
		a = left.rest;
		b = right.rest;
	}
	return 0;
}
