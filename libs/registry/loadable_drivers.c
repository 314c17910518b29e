#include <registry/api.h>

static bool loadable_number(struct str text, int64_t *out_value)
{
	bool negative = str_starts_with(text, STR("-"));
	int64_t value = 0;
	text = str_slice(text, negative, text.len);
	if (!text.len || text.len > 9)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
		value = value * 10 + (text.ptr[i] - '0');
	}
	*out_value = negative ? -value : value;
	return true;
}

static bool loadable_flag(struct str text, bool *out_flag)
{
	*out_flag = str_equal(text, STR("1"));
	return *out_flag || str_equal(text, STR("0"));
}

static bool loadable_from_record(const struct registry_record *record,
                                 struct loadable_driver *driver)
{
	struct str priority, fallback;
	return registry_value(record, STR("name"), &driver->name) &&
	       registry_value(record, STR("class"), &driver->class_name) &&
	       registry_value(record, STR("bus"), &driver->bus) &&
	       registry_value(record, STR("priority"), &priority) &&
	       registry_value(record, STR("path"), &driver->path) &&
	       registry_value(record, STR("aliases"), &driver->aliases) &&
	       registry_value(record, STR("deps"), &driver->deps) &&
	       registry_value(record, STR("softdeps"), &driver->softdeps) &&
	       registry_value(record, STR("provider_group"), &driver->provider_group) &&
	       registry_value(record, STR("fallback_only"), &fallback) &&
	       loadable_number(priority, &driver->priority) &&
	       loadable_flag(fallback, &driver->fallback_only) && driver->name.len &&
	       driver->path.len;
}

enum status loadable_driver_next(struct registry_reader *reader, struct loadable_driver *out_driver)
{
	struct registry_record record;
	enum status status = registry_next(reader, &record);
	if (status == ERR_NOT_FOUND)
		return status;
	out_driver->line = record.line;
	if (status != OK)
		return status;
	return loadable_from_record(&record, out_driver) ? OK : ERR_INVALID_ARGS;
}
