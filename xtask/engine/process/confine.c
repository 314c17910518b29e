#include "engine/process/confine.h"
#include "engine/sandbox/sandbox.h"
#include "os/files.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct sandbox_rules *rules_of(struct job *j, const struct run *r)
{
	const struct step *s = &r->steps[j->step];
	struct sandbox_rules *rules = ARENA_NEW(&j->arena, struct sandbox_rules);
	char *root = getcwd(NULL, 0);
	sandbox_rules_open(rules, &j->arena, arena_str(&j->arena, str_from_c(root ? root : "/")));
	free(root);
	for (size_t i = 0; i < s->action->inputs.count; i++)
		sandbox_add(rules, &rules->files, s->inputs[i]->path);
	sandbox_add(rules, &rules->files, s->tool->program->path);
	for (size_t i = 0; i < s->tool->part_count; i++)
		sandbox_add(rules, &rules->files, s->tool->parts[i]->path);
	for (size_t i = 0; i < s->action->folders.count; i++)
		sandbox_add(rules, &rules->folders, s->action->folders.items[i]);
	for (size_t i = 0; i < j->temporary_count; i++)
		sandbox_add(rules, &rules->outputs, j->temporary[i]);
	sandbox_rules_close(rules);
	return rules;
}

int confine_start(struct job *j, struct run *r, const struct child_program *program)
{
	j->report = memfd_create("xtask-report", MFD_CLOEXEC);
	if (j->report < 0)
		return errno;
	struct child_program *copy = ARENA_NEW(&j->arena, struct child_program);
	struct sandbox_request *request = ARENA_NEW(&j->arena, struct sandbox_request);
	*copy = *program;
	*request = (struct sandbox_request){copy, rules_of(j, r), j->report};
	return sandbox_start(&j->child, request);
}

static struct str more(struct job *j, size_t count)
{
	return count > 1 ? str_format(&j->arena, " (and %zu more)", count - 1) : STR("");
}

struct str confine_problem(struct job *j, struct run *r)
{
	if (j->report < 0)
		return STR("");
	sandbox_report_read(&j->arena, j->report, &j->reported);
	close(j->report);
	j->report = -1;
	const struct sandbox_report *report = &j->reported;
	if (report->unavailable.len && !r->unconfined) {
		r->unconfined = true;
		diag_warning(r->diag, (struct span){}, STR(""),
		             "what actions read is not checked here: seccomp: %.*s",
		             STR_ARG(report->unavailable));
	}
	if (report->refused.count)
		return str_format(&j->arena, "it reads %.*s%.*s without declaring it",
		                  STR_ARG(report->refused.items[0]),
		                  STR_ARG(more(j, report->refused.count)));
	if (report->overwritten.count)
		return str_format(&j->arena, "it writes %.*s%.*s without declaring it",
		                  STR_ARG(report->overwritten.items[0]),
		                  STR_ARG(more(j, report->overwritten.count)));
	return STR("");
}

static bool is_known(const struct step *s, const struct trace *trace, const struct tracked_file *f)
{
	for (size_t i = 0; i < s->action->inputs.count; i++)
		if (s->inputs[i] == f)
			return true;
	for (size_t i = 0; i < trace->discovered_count; i++)
		if (trace->discovered[i] == f)
			return true;
	return false;
}

struct str confine_check_noted(struct job *j, const struct run *r, const struct trace *trace)
{
	const struct step *s = &r->steps[j->step];
	for (size_t i = 0; i < j->reported.noted.count; i++) {
		struct str path = j->reported.noted.items[i];
		const struct tracked_file *f = file_table_find(&r->files, path);
		if (!f || !is_known(s, trace, f))
			return str_format(&j->arena,
			                  "it reads %.*s, which neither it declares nor its "
			                  "dependency file names",
			                  STR_ARG(path));
	}
	return STR("");
}
