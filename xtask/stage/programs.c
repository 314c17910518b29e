/* Desktop entries of the packages as programs, and their rows and .desktop files. */
#include "os/files.h"
#include "stage/registries.h"

static bool truthy(struct str value)
{
	static const struct str words[] = {STR_INIT("1"), STR_INIT("true"), STR_INIT("True"),
	                                   STR_INIT("yes"), STR_INIT("Yes")};
	for (size_t i = 0; i < COUNT(words); i++)
		if (str_equal(value, words[i]))
			return true;
	return false;
}

static bool autostart_enabled(struct str content)
{
	while (content.len) {
		struct str_split line = str_cut(content, '\n');
		content = line.rest;
		struct str_split field = str_cut(str_trim(line.head), '=');
		if (str_equal(str_trim(field.head), STR("X-GNOME-Autostart-enabled")))
			return truthy(str_trim(field.rest));
	}
	return true;
}

static void program_fill(struct arena *a, const struct registry_input *in, size_t index,
                         struct program *program)
{
	const struct package *p = program->package;
	const struct desktop_entry *entries = p->desktop.items;
	const struct desktop_entry *entry = &entries[index];
	program->entry = entry;
	program->first = index == 0;
	program->desktop_id =
	        p->desktop.count > 1
	                ? str_format(a, "%.*s-%zu.desktop", STR_ARG(p->id.value), index + 1)
	                : str_format(a, "%.*s.desktop", STR_ARG(p->id.value));
	program->image = entry->image.value.len ? entry->image.value : p->install.path.value;
	program->exec = entry->exec.value.len ? entry->exec.value : program->image;

	struct str content;
	struct str autostart = path_join(a, STR("etc/xdg/autostart"), program->desktop_id);
	program->autostart = overlay_read(in->overlay, autostart, &content);
	program->autostart_enabled = program->autostart && autostart_enabled(content);
}

/* A tree is on the package volume whenever its package is in the system. */
static bool program_is_there(const struct registry_input *in, const struct package *p)
{
	return p->install.layout.value == LAYOUT_TREE || artifact_find(in->artifacts, p);
}

struct programs programs_collect(struct arena *a, const struct registry_input *in)
{
	size_t count = 0;
	for (size_t i = 0; i < in->system->count; i++)
		if (program_is_there(in, in->system->packages[i]))
			count += in->system->packages[i]->desktop.count;

	struct programs programs = {.items = ARENA_ARRAY(a, struct program, count)};
	for (size_t i = 0; i < in->system->count; i++) {
		const struct package *p = in->system->packages[i];
		if (!program_is_there(in, p))
			continue;
		for (size_t k = 0; k < p->desktop.count; k++) {
			struct program *program = &programs.items[programs.count++];
			program->package = p;
			program_fill(a, in, k, program);
		}
	}
	return programs;
}

static void add_list(struct text *t, const char *key, const struct toml_strs *list, char separator)
{
	text_addf(t, "%s", key);
	for (size_t i = 0; i < list->count; i++) {
		if (i)
			text_add_byte(t, separator);
		text_add(t, list->items[i].value);
	}
}

static void desktop_row(struct text *t, const struct program *program)
{
	const struct package *p = program->package;
	const struct desktop_entry *e = program->entry;
	text_addf(t, "desktop_id=%.*s\tpackage_id=%.*s\tstartup=%s\tdisplay_name=%.*s",
	          STR_ARG(program->desktop_id), STR_ARG(p->id.value),
	          startup_name((enum startup)p->startup.value), STR_ARG(e->display_name.value));
	text_addf(t, "\timage=%.*s\texec=%.*s\tweight=%lld\tlogical_admin=%d\tconsole_hosted=%d",
	          STR_ARG(program->image), STR_ARG(program->exec),
	          (long long)e->weight_micros.value, e->logical_admin.value,
	          e->console_hosted.value);
	text_addf(t, "\tterminal=%d\thidden=0\tno_display=%d\tautostart_enabled=%d\tlaunch=%s",
	          e->console_hosted.value, p->kind.value == KIND_SERVICE,
	          program->autostart_enabled, launch_name((enum launch)e->launch.value));
	add_list(t, "\tdeps=", &p->runtime_deps, ',');
	add_list(t, "\targs=", &e->args, '|');
	add_list(t, "\tenv=", &e->env, '|');
	text_add_byte(t, '\n');
}

struct str registry_desktop_programs(struct arena *a, const struct registry_input *in)
{
	struct text t = {.arena = a};
	struct programs programs = programs_collect(a, in);
	for (size_t i = 0; i < programs.count; i++)
		desktop_row(&t, &programs.items[i]);
	return text_str(&t);
}

struct str registry_runtime_launch(struct arena *a, const struct registry_input *in)
{
	struct text t = {.arena = a};
	struct programs programs = programs_collect(a, in);
	for (size_t i = 0; i < programs.count; i++) {
		const struct program *program = &programs.items[i];
		if (program->package->startup.value != STARTUP_NONE || program->autostart_enabled)
			desktop_row(&t, program);
	}
	return text_str(&t);
}

struct str registry_startup_programs(struct arena *a, const struct registry_input *in)
{
	struct text t = {.arena = a};
	struct programs programs = programs_collect(a, in);
	for (size_t i = 0; i < programs.count; i++) {
		const struct program *program = &programs.items[i];
		const struct package *p = program->package;
		if (p->startup.value == STARTUP_NONE || !program->first)
			continue;
		text_addf(&t, "desktop_id=%.*s\tpackage_id=%.*s\tmode=%s\tdisplay_name=%.*s",
		          STR_ARG(program->desktop_id), STR_ARG(p->id.value),
		          startup_name((enum startup)p->startup.value),
		          STR_ARG(program->entry->display_name.value));
		text_addf(&t, "\texec=%.*s\tlaunch=%s", STR_ARG(program->exec),
		          launch_name((enum launch)program->entry->launch.value));
		add_list(&t, "\tdeps=", &p->runtime_deps, ',');
		text_add_byte(&t, '\n');
	}
	return text_str(&t);
}

struct str registry_core_programs(struct arena *a, const struct registry_input *in)
{
	struct text t = {.arena = a};
	struct programs programs = programs_collect(a, in);
	for (size_t i = 0; i < programs.count; i++) {
		const struct package *p = programs.items[i].package;
		if (p->startup.value != STARTUP_NONE && p->boot.required.value &&
		    programs.items[i].first)
			text_addf(&t, "package_id=%.*s\n", STR_ARG(p->id.value));
	}
	return text_str(&t);
}

/* Quoted when the token holds blanks, as the Desktop Entry specification's Exec key has it. */
static void add_exec(struct text *t, struct str exec)
{
	if (!str_contains(exec, ' ')) {
		text_add(t, exec);
		return;
	}
	text_add_byte(t, '"');
	for (size_t i = 0; i < exec.len; i++) {
		if (exec.ptr[i] == '"')
			text_add_byte(t, '\\');
		text_add_byte(t, exec.ptr[i]);
	}
	text_add_byte(t, '"');
}

struct str desktop_file(struct arena *a, const struct program *program)
{
	const struct package *p = program->package;
	const struct desktop_entry *e = program->entry;
	struct text t = {.arena = a};
	text_addf(&t, "[Desktop Entry]\nType=Application\nName=%.*s\nExec=",
	          STR_ARG(e->display_name.value));
	add_exec(&t, program->exec);
	text_addf(&t, "\nTerminal=%s\nOnlyShowIn=RustOS;\nNoDisplay=%s\n",
	          e->console_hosted.value ? "true" : "false",
	          p->kind.value == KIND_SERVICE ? "true" : "false");
	text_addf(&t, "X-RustOS-DesktopId=%.*s\nX-RustOS-PackageId=%.*s\nX-RustOS-Startup=%s\n",
	          STR_ARG(program->desktop_id), STR_ARG(p->id.value),
	          startup_name((enum startup)p->startup.value));
	add_list(&t, "X-RustOS-Deps=", &p->runtime_deps, ',');
	text_addf(&t,
	          "\nX-RustOS-WeightMicros=%lld\nX-RustOS-LogicalAdmin=%s\n"
	          "X-RustOS-ConsoleHosted=%s\n",
	          (long long)e->weight_micros.value, e->logical_admin.value ? "true" : "false",
	          e->console_hosted.value ? "true" : "false");
	add_list(&t, "X-RustOS-Argv=", &e->args, '|');
	add_list(&t, "\nX-RustOS-Env=", &e->env, '|');
	text_add_byte(&t, '\n');
	return text_str(&t);
}
