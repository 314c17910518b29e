#include <registry/api.h>

static const struct {
	struct str name;
	enum startup_mode mode;
} startup_modes[] = {
        {STR_INIT("init"), STARTUP_INIT},
        {STR_INIT("session"), STARTUP_SESSION},
        {STR_INIT("desktop"), STARTUP_DESKTOP},
};

static bool startup_mode_from_name(struct str name, enum startup_mode *out_mode)
{
	for (size_t i = 0; i < COUNT(startup_modes); i++) {
		if (!str_equal(name, startup_modes[i].name))
			continue;
		*out_mode = startup_modes[i].mode;
		return true;
	}
	return false;
}

static bool startup_program_from_record(const struct registry_record *record,
                                        struct startup_program *program)
{
	struct str mode;
	return registry_value(record, STR("desktop_id"), &program->desktop_id) &&
	       registry_value(record, STR("package_id"), &program->package_id) &&
	       registry_value(record, STR("mode"), &mode) &&
	       registry_value(record, STR("display_name"), &program->display_name) &&
	       registry_value(record, STR("exec"), &program->exec) &&
	       registry_value(record, STR("launch"), &program->launch) &&
	       registry_value(record, STR("deps"), &program->deps) &&
	       startup_mode_from_name(mode, &program->mode) && program->package_id.len &&
	       program->exec.len;
}

enum status startup_program_next(struct registry_reader *reader,
                                 struct startup_program *out_program)
{
	struct registry_record record;
	enum status status = registry_next(reader, &record);
	if (status == ERR_NOT_FOUND)
		return status;
	out_program->line = record.line;
	if (status != OK)
		return status;
	return startup_program_from_record(&record, out_program) ? OK : ERR_INVALID_ARGS;
}
