#include "test/scenario.h"
#include "os/files.h"
#include "qemu/session/answers.h"
#include <string.h>

static const struct toml_choice boot_choices[] = {
        {STR_INIT("efi"), BOOT_EFI, NULL},
        {STR_INIT("direct"), BOOT_DIRECT, NULL},
};

static const struct toml_field equal_fields[] = {
        {.key = STR_INIT("first"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct scenario_equal, first),
         .required = true,
         .doc = "text in front of a number"},
        {.key = STR_INIT("second"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct scenario_equal, second),
         .required = true,
         .doc = "text in front of the number that has to be equal"},
        {.key = STR_INIT("minimum"),
         .kind = FIELD_INTEGER,
         .offset = offsetof(struct scenario_equal, minimum),
         .minimum = 0,
         .maximum = INT64_MAX,
         .doc = "both numbers are at least this"},
};

static const struct toml_schema equal_schema = {
        .name = "[[equal]]",
        .fields = equal_fields,
        .field_count = COUNT(equal_fields),
        .size = sizeof(struct scenario_equal),
        .span_offset = offsetof(struct scenario_equal, span),
        .has_span = true,
};

static const struct toml_field answer_fields[] = {
        {.key = STR_INIT("after"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct scenario_answer, mark),
         .required = true,
         .doc = "once the serial line has said this, behind the answer before"},
        {.key = STR_INIT("type"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct scenario_answer, text),
         .required = true,
         .doc = "this is typed; empty: only wait"},
};

static const struct toml_schema answer_schema = {
        .name = "[[answer]]",
        .fields = answer_fields,
        .field_count = COUNT(answer_fields),
        .size = sizeof(struct scenario_answer),
        .span_offset = offsetof(struct scenario_answer, span),
        .has_span = true,
};

static const struct toml_field exec_fields[] = {
        {.key = STR_INIT("command"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct scenario_exec, command),
         .required = true,
         .doc = "for the guest's shell"},
        {.key = STR_INIT("status"),
         .kind = FIELD_INTEGER,
         .offset = offsetof(struct scenario_exec, status),
         .minimum = 0,
         .maximum = 255,
         .doc = "how it has to end (0)"},
        {.key = STR_INIT("stdout"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct scenario_exec, out),
         .doc = "all that it has to write to its standard output"},
        {.key = STR_INIT("expect"),
         .kind = FIELD_STRINGS,
         .offset = offsetof(struct scenario_exec, expect),
         .doc = "texts within what it writes"},
};

static const struct toml_schema exec_schema = {
        .name = "[[exec]]",
        .fields = exec_fields,
        .field_count = COUNT(exec_fields),
        .size = sizeof(struct scenario_exec),
        .span_offset = offsetof(struct scenario_exec, span),
        .has_span = true,
};

#define TEXT_FIELD(name, text)                                                                     \
	{                                                                                          \
		.key = STR_INIT(#name), .kind = FIELD_STRING,                                      \
		.offset = offsetof(struct scenario, name), .doc = text                             \
	}
#define LIST_FIELD(name, text)                                                                     \
	{                                                                                          \
		.key = STR_INIT(#name), .kind = FIELD_STRINGS,                                     \
		.offset = offsetof(struct scenario, name), .doc = text                             \
	}
#define NUMBER_FIELD(name, least, most, text)                                                      \
	{                                                                                          \
		.key = STR_INIT(#name), .kind = FIELD_INTEGER,                                     \
		.offset = offsetof(struct scenario, name), .minimum = least, .maximum = most,      \
		.doc = text                                                                        \
	}

static const struct toml_field scenario_fields[] = {
        {.key = STR_INIT("summary"),
         .kind = FIELD_STRING,
         .offset = offsetof(struct scenario, summary),
         .required = true,
         .doc = "what it shows, in one line"},
        {.key = STR_INIT("boot"),
         .kind = FIELD_WORD,
         .offset = offsetof(struct scenario, boot),
         .required = true,
         .choices = boot_choices,
         .choice_count = COUNT(boot_choices),
         .doc = "efi: firmware and GRUB; direct: the kernel at once"},
        NUMBER_FIELD(timeout_seconds, 1, 3600, "running longer is a failure (300)"),
        TEXT_FIELD(profile, "packages of this profile (default)"),
        TEXT_FIELD(preset, "configuration preset (debug)"),
        TEXT_FIELD(machine, "default, ahci or nvme"),
        TEXT_FIELD(exit, "how it has to end: pass (default), panic, boot-failure, refused, N"),
        TEXT_FIELD(log, "log levels for this boot"),
        NUMBER_FIELD(memory_mib, 16, 1 << 20, "memory of the machine"),
        NUMBER_FIELD(cpus, 1, 256, "processors of the machine"),
        {.key = STR_INIT("data"),
         .kind = FIELD_BOOLEAN,
         .offset = offsetof(struct scenario, data),
         .doc = "there is an empty data volume (false)"},
        {.key = STR_INIT("ordered"),
         .kind = FIELD_BOOLEAN,
         .offset = offsetof(struct scenario, ordered),
         .doc = "the expected marks come in this order on one channel (true)"},
        {.key = STR_INIT("tap"),
         .kind = FIELD_BOOLEAN,
         .offset = offsetof(struct scenario, tap),
         .doc = "the guest prints TAP on debugcon; each of its tests counts (false)"},
        LIST_FIELD(expect, "marks that have to appear"),
        LIST_FIELD(forbid, "marks that must not"),
        LIST_FIELD(faults, "fault rules, POINT=ACTION"),
        LIST_FIELD(arguments, "further arguments of QEMU"),
        {.key = STR_INIT("equal"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct scenario, equal),
         .schema = &equal_schema,
         .doc = "pairs of numbers that have to agree"},
        {.key = STR_INIT("answer"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct scenario, answers),
         .schema = &answer_schema,
         .doc = "what is typed at the prompt, in order; with one there is a session"},
        {.key = STR_INIT("exec"),
         .kind = FIELD_TABLES,
         .offset = offsetof(struct scenario, execs),
         .schema = &exec_schema,
         .doc = "commands that are run in the guest, in order; then it is switched off"},
};

static const struct toml_schema scenario_schema = {
        .name = "the top level",
        .fields = scenario_fields,
        .field_count = COUNT(scenario_fields),
        .size = sizeof(struct scenario),
};

bool scenario_read(struct arena *a, const char *path, struct scenario *out_scenario, struct diag *d)
{
	*out_scenario = (struct scenario){
	        .timeout_seconds.value = 300, /* only what hangs is to be ended */
	        .ordered.value = true,
	        .exit.value = STR("pass"),
	        .profile.value = STR("default"),
	        .preset.value = STR("debug"),
	};
	if (!toml_read_file(a, path, &scenario_schema, out_scenario, d))
		return false;
	if (out_scenario->execs.count && !out_scenario->exit.span.source)
		out_scenario->exit.value = STR("powered-off");
	struct qemu_request probe = {};
	if (qemu_wanted_parse(out_scenario->exit.value, &probe))
		return true;
	diag_error(d, out_scenario->exit.span,
	           STR("pass, a status number, panic, boot-failure, refused, loader-stopped, "
	               "nothing-to-boot or no-status"),
	           "unknown end '%.*s'", STR_ARG(out_scenario->exit.value));
	return false;
}

struct command_line {
	struct arena *arena;
	struct strs words;
};

static void add(struct command_line *line, const char *word)
{
	strs_add(&line->words, line->arena, str_from_c(word));
}

static void add_value(struct command_line *line, const char *option, struct str value)
{
	if (!value.len)
		return;
	add(line, option);
	strs_add(&line->words, line->arena, value);
}

static void add_number(struct command_line *line, const char *option, int64_t value)
{
	if (value)
		add_value(line, option, str_format(line->arena, "%lld", (long long)value));
}

static void set_number(struct command_line *line, const char *key, int64_t value)
{
	if (value)
		add_value(line, "--set", str_format(line->arena, "%s=%lld", key, (long long)value));
}

static void add_list(struct command_line *line, const char *option, const struct toml_strs *list)
{
	for (size_t i = 0; i < list->count; i++)
		add_value(line, option, list->items[i].value);
}

static void add_answers(struct command_line *line, const struct scenario *scenario)
{
	const struct scenario_answer *answers = scenario->answers.items;
	for (size_t i = 0; i < scenario->answers.count; i++) {
		struct qemu_answer answer = {answers[i].mark.value, answers[i].text.value};
		add_value(line, "--answer", answer_text(line->arena, &answer));
	}
}

static void add_execs(struct command_line *line, const struct scenario *scenario)
{
	const struct scenario_exec *execs = scenario->execs.items;
	for (size_t i = 0; i < scenario->execs.count; i++)
		add_value(line, "--exec", execs[i].command.value);
}

static bool exec_says(const struct qemu_exec *result, struct str text)
{
	const struct str parts[] = {result->out, result->error};
	for (size_t i = 0; i < COUNT(parts); i++)
		if (parts[i].len && memmem(parts[i].ptr, parts[i].len, text.ptr, text.len))
			return true;
	return false;
}

struct str scenario_judge_exec(struct arena *a, const struct scenario_exec *exec,
                               const struct qemu_exec *result)
{
	struct str command = exec->command.value;
	if (!result->done)
		return str_format(a, "'%.*s' was not run to its end", STR_ARG(command));
	if (result->status != exec->status.value)
		return str_format(a, "'%.*s' ended with %d, wanted %lld\n%.*s%.*s",
		                  STR_ARG(command), result->status, (long long)exec->status.value,
		                  STR_ARG(result->out), STR_ARG(result->error));
	if (exec->out.span.source && !str_equal(result->out, exec->out.value))
		return str_format(a, "'%.*s' wrote\n%.*sinstead of\n%.*s", STR_ARG(command),
		                  STR_ARG(result->out), STR_ARG(exec->out.value));
	for (size_t i = 0; i < exec->expect.count; i++)
		if (!exec_says(result, exec->expect.items[i].value))
			return str_format(a, "'%.*s' did not write '%.*s' but\n%.*s%.*s",
			                  STR_ARG(command), STR_ARG(exec->expect.items[i].value),
			                  STR_ARG(result->out), STR_ARG(result->error));
	return (struct str){};
}

static void add_system(struct command_line *line, const struct scenario *scenario)
{
	if (!str_equal(scenario->profile.value, STR("default")))
		add_value(line, "--profile", scenario->profile.value);
	if (!str_equal(scenario->preset.value, STR("debug")))
		add_value(line, "--preset", scenario->preset.value);
}

struct strs scenario_build_command(struct arena *a, const struct test_request *request,
                                   const struct scenario *scenario)
{
	struct command_line line = {.arena = a};
	strs_add(&line.words, a, request->tool);
	add(&line, "build");
	add_system(&line, scenario);
	return line.words;
}

struct strs scenario_qemu_command(struct arena *a, const struct test_request *request,
                                  struct str name, const struct scenario *scenario)
{
	struct command_line line = {.arena = a};
	strs_add(&line.words, a, request->tool);
	add(&line, "qemu");
	add(&line, "--snapshot");
	add_system(&line, scenario);
	add_value(&line, "--boot", str_from_c(scenario->boot.value == BOOT_EFI ? "efi" : "direct"));
	if (scenario->machine.value.len)
		add_value(&line, "--set",
		          str_format(a, "qemu.profile=\"%.*s\"", STR_ARG(scenario->machine.value)));
	set_number(&line, "qemu.memory_mib", scenario->memory_mib.value);
	set_number(&line, "qemu.cpus", scenario->cpus.value);
	add_number(&line, "--timeout", scenario->timeout_seconds.value);
	add_value(&line, "--exit", scenario->exit.value);
	add_list(&line, "--expect", &scenario->expect);
	if (scenario->ordered.value && scenario->expect.count > 1)
		add(&line, "--in-order");
	add_list(&line, "--forbid", &scenario->forbid);
	add_answers(&line, scenario);
	add_execs(&line, scenario);
	add_list(&line, "--fault", &scenario->faults);
	add_value(&line, "--log", scenario->log.value);
	struct str logs = path_join(a, path_join(a, request->work, STR("logs")), path_name(name));
	add_value(&line, "--logs", logs);
	if (scenario->data.value)
		add_value(&line, "--data", path_join(a, logs, STR("data.img")));
	if (!scenario->arguments.count)
		return line.words;
	add(&line, "--");
	for (size_t i = 0; i < scenario->arguments.count; i++)
		strs_add(&line.words, a, scenario->arguments.items[i].value);
	return line.words;
}

bool scenario_starts_at_prompt(const struct scenario *scenario)
{
	const struct scenario_answer *answers = scenario->answers.items;
	bool typed = scenario->answers.count, run = scenario->execs.count;
	return scenario->boot.value == BOOT_DIRECT && !scenario->data.value &&
	       !scenario->tap.value && !scenario->faults.count && !scenario->arguments.count &&
	       typed != run && (!typed || str_equal(answers[0].mark.value, STR("/ # ")));
}

static bool find_number(struct str said, struct str before, uint64_t *out_number)
{
	const char *at = said.len ? memmem(said.ptr, said.len, before.ptr, before.len) : NULL;
	if (!at)
		return false;
	struct str rest = str_slice(said, (size_t)(at - said.ptr) + before.len, said.len);
	size_t len = 0;
	while (len < rest.len && rest.ptr[len] >= '0' && rest.ptr[len] <= '9')
		len++;
	return str_to_u64(str_slice(rest, 0, len), out_number);
}

struct str scenario_compare(struct arena *a, const struct scenario_equal *equal, struct str said)
{
	uint64_t first;
	uint64_t second;
	if (!find_number(said, equal->first.value, &first))
		return str_format(a, "no number behind '%.*s'", STR_ARG(equal->first.value));
	if (!find_number(said, equal->second.value, &second))
		return str_format(a, "no number behind '%.*s'", STR_ARG(equal->second.value));
	if (first != second || (int64_t)first < equal->minimum.value)
		return str_format(a, "'%.*s' is %llu, '%.*s' is %llu; wanted: equal, at least %lld",
		                  STR_ARG(equal->first.value), (unsigned long long)first,
		                  STR_ARG(equal->second.value), (unsigned long long)second,
		                  (long long)equal->minimum.value);
	return (struct str){};
}
