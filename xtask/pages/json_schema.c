/* JSON Schema (draft 2020-12, as editors read it) from a table of fields. */
#include "pages/pages.h"
#include <jansson.h>
#include <stdlib.h>

static json_t *schema_object(const struct toml_schema *schema);

static json_t *string(struct str s)
{
	return json_stringn(s.ptr, s.len);
}

static json_t *typed(const char *type)
{
	return json_pack("{s:s}", "type", type);
}

static json_t *words(const struct toml_field *field)
{
	json_t *list = json_array(), *object = json_object();
	for (size_t i = 0; i < field->choice_count; i++) {
		const struct toml_choice *choice = &field->choices[i];
		if (choice->refused)
			continue;
		json_array_append_new(list, string(choice->word));
		uint64_t number;
		if (field->number_is_word && str_to_u64(choice->word, &number))
			json_array_append_new(list, json_integer((json_int_t)number));
	}
	json_object_set_new(object, "enum", list);
	return object;
}

static json_t *integer(const struct toml_field *field)
{
	json_t *object = typed("integer");
	if (field->minimum || field->maximum) {
		json_object_set_new(object, "minimum", json_integer(field->minimum));
		json_object_set_new(object, "maximum", json_integer(field->maximum));
	}
	return object;
}

static json_t *list_of(json_t *item)
{
	json_t *object = typed("array");
	json_object_set_new(object, "items", item);
	return object;
}

static json_t *field_object(const struct toml_field *field)
{
	switch (field->kind) {
	case FIELD_STRING:
		return typed("string");
	case FIELD_INTEGER:
		return integer(field);
	case FIELD_BOOLEAN:
		return typed("boolean");
	case FIELD_WORD:
		return words(field);
	case FIELD_STRINGS:
		return list_of(typed("string"));
	case FIELD_TABLE:
		return schema_object(field->schema);
	case FIELD_TABLES:
		return list_of(schema_object(field->schema));
	}
	return json_object();
}

static json_t *schema_object(const struct toml_schema *schema)
{
	json_t *object = typed("object"), *properties = json_object(), *required = json_array();
	for (size_t i = 0; i < schema->field_count; i++) {
		const struct toml_field *field = &schema->fields[i];
		if (field->refused)
			continue;
		json_t *property = field_object(field);
		if (field->doc)
			json_object_set_new(property, "description", json_string(field->doc));
		if (field->required)
			json_array_append_new(required, string(field->key));
		json_object_setn_new(properties, field->key.ptr, field->key.len, property);
	}
	json_object_set_new(object, "properties", properties);
	if (json_array_size(required))
		json_object_set(object, "required", required);
	json_decref(required);
	json_object_set_new(object, "additionalProperties", json_boolean(schema->open));
	return object;
}

struct str pages_json_schema(struct arena *a, const struct toml_schema *schema, const char *title)
{
	json_t *object = json_object();
	json_object_set_new(object, "$schema",
	                    json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(object, "title", json_string(title));
	json_t *fields = schema_object(schema);
	json_object_update(object, fields);
	json_decref(fields);
	char *dumped = json_dumps(object, JSON_INDENT(2));
	struct str text = str_format(a, "%s\n", dumped);
	free(dumped);
	json_decref(object);
	return text;
}
