#include <registry/api.h>

struct registry_reader registry_begin(struct str text)
{
	return (struct registry_reader){.rest = text};
}

static bool registry_line_is_empty(struct str line)
{
	return str_trim(line).len == 0 || line.ptr[0] == '#';
}

static bool registry_key_is_new(const struct registry_record *record, struct str key)
{
	struct str unused;
	return !registry_value(record, key, &unused);
}

static bool registry_parse_line(struct str line, struct registry_record *record)
{
	if (str_contains(line, '\0') || str_contains(line, '\r'))
		return false;
	/* a TAB at the end leaves an empty field, which has no '=' */
	for (struct str rest = line;;) {
		bool last = !str_contains(rest, '\t');
		struct str_split parts = str_cut(rest, '\t');
		struct str_split field = str_cut(parts.head, '=');
		if (!str_contains(parts.head, '=') || field.head.len == 0)
			return false;
		if (record->field_count == REGISTRY_FIELDS_MAX ||
		    !registry_key_is_new(record, field.head))
			return false;
		record->fields[record->field_count++] =
		        (struct registry_field){field.head, field.rest};
		if (last)
			return true;
		rest = parts.rest;
	}
}

enum status registry_next(struct registry_reader *reader, struct registry_record *out_record)
{
	while (reader->rest.len) {
		struct str_split lines = str_cut(reader->rest, '\n');
		reader->rest = lines.rest;
		reader->line++;
		if (registry_line_is_empty(lines.head))
			continue;
		out_record->line = reader->line;
		out_record->field_count = 0;
		return registry_parse_line(lines.head, out_record) ? OK : ERR_INVALID_ARGS;
	}
	return ERR_NOT_FOUND;
}

bool registry_value(const struct registry_record *record, struct str key, struct str *out_value)
{
	for (unsigned i = 0; i < record->field_count; i++) {
		if (!str_equal(record->fields[i].key, key))
			continue;
		*out_value = record->fields[i].value;
		return true;
	}
	return false;
}

bool registry_list_next(struct str *rest, struct str *out_item)
{
	while (rest->len) {
		struct str_split parts = str_cut(*rest, ',');
		*rest = parts.rest;
		if (parts.head.len) {
			*out_item = parts.head;
			return true;
		}
	}
	return false;
}
