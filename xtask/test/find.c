/* Which tests there are, and which of them were asked for. */
#include "os/files.h"
#include "test/scenario.h"
#include <errno.h>
#include <fnmatch.h>
#include <string.h>
#include <unistd.h>

static const char *const kind_names[TEST_KIND_COUNT] = {
        [TEST_UNIT] = "unit",
        [TEST_GOLDEN] = "golden",
        [TEST_SCENARIO] = "scenario",
        [TEST_PROGRAM] = "program",
};

const char *test_kind_name(enum test_kind kind)
{
	return kind_names[kind];
}

bool test_kind_parse(struct str word, enum test_kind *out_kind)
{
	for (size_t i = 0; i < TEST_KIND_COUNT; i++) {
		if (!str_equal(word, str_from_c(kind_names[i])))
			continue;
		*out_kind = (enum test_kind)i;
		return true;
	}
	return false;
}

static void found_add(struct found_tests *list, struct arena *a, struct found_test test)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 64;
		struct found_test *items = ARENA_ARRAY(a, struct found_test, capacity);
		if (list->count)
			memcpy(items, list->items, list->count * sizeof *items);
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = test;
}

static bool report(struct diag *d, struct str path, int error)
{
	diag_error(d, (struct span){}, (struct str){}, "%.*s: %s", STR_ARG(path), strerror(error));
	return false;
}

static struct str without_prefix(struct str s, struct str prefix)
{
	return str_starts_with(s, prefix) ? str_slice(s, prefix.len, s.len) : s;
}

static bool find_units(struct arena *a, const struct test_request *request, struct str folder,
                       struct found_tests *out, struct diag *d)
{
	struct strs files = {};
	if (!file_exists(arena_c_str(a, folder)))
		return true;
	int error = tree_files(a, arena_c_str(a, folder), &files);
	if (error)
		return report(d, folder, error);
	for (size_t i = 0; i < files.count; i++) {
		struct str file = files.items[i];
		if (!str_starts_with(path_name(file), STR("test_")) ||
		    !str_ends_with(file, STR(".c")))
			continue;
		struct str stem = str_slice(file, 0, file.len - 2);
		struct found_test test = {
		        .kind = TEST_UNIT,
		        .name = without_prefix(stem, STR("tests/")),
		        .path = path_join(a, request->unit_programs, stem),
		};
		found_add(out, a, test);
	}
	return true;
}

/* A folder with a file `command` is a case. */
static bool find_golden(struct arena *a, const struct test_request *request,
                        struct found_tests *out, struct diag *d)
{
	struct str cases = path_join(a, request->golden, STR("cases"));
	struct folder folder = {};
	int error = folder_read(a, arena_c_str(a, cases), &folder);
	if (error)
		return error == ENOENT ? true : report(d, cases, error);
	for (size_t i = 0; i < folder.count; i++) {
		struct str name = folder.entries[i].name;
		struct str path = path_join(a, cases, name);
		struct str command = path_join(a, path, STR("command"));
		if (!folder.entries[i].is_folder)
			continue;
		if (!file_exists(arena_c_str(a, command))) {
			report(d, command, ENOENT);
			continue;
		}
		found_add(out, a,
		          (struct found_test){
		                  .kind = TEST_GOLDEN,
		                  .name = path_join(a, STR("golden"), name),
		                  .path = path,
		          });
	}
	return d->errors == 0;
}

static bool find_scenarios(struct arena *a, const struct test_request *request,
                           struct found_tests *out, struct diag *d)
{
	struct folder folder = {};
	int error = folder_read(a, arena_c_str(a, request->scenarios), &folder);
	if (error)
		return error == ENOENT ? true : report(d, request->scenarios, error);
	bool ok = true;
	for (size_t i = 0; i < folder.count; i++) {
		struct str file = folder.entries[i].name;
		if (!str_ends_with(file, STR(".toml")))
			continue;
		struct str stem = str_slice(file, 0, file.len - 5);
		struct str path = path_join(a, request->scenarios, file);
		struct scenario *scenario = ARENA_NEW(a, struct scenario);
		ok &= scenario_read(a, arena_c_str(a, path), scenario, d);
		found_add(out, a,
		          (struct found_test){
		                  .kind = TEST_SCENARIO,
		                  .name = path_join(a, STR("scenario"), stem),
		                  .path = path,
		                  .data = scenario,
		          });
	}
	return ok;
}

static bool find_programs(struct arena *a, const struct test_request *request,
                          struct found_tests *out, struct diag *d)
{
	struct strs files = {};
	if (file_exists(arena_c_str(a, request->programs))) {
		int error = tree_files(a, arena_c_str(a, request->programs), &files);
		if (error)
			return report(d, request->programs, error);
	}
	for (size_t i = 0; i < files.count; i++) {
		if (access(arena_c_str(a, files.items[i]), X_OK) != 0)
			continue;
		struct str below =
		        str_slice(files.items[i], request->programs.len + 1, files.items[i].len);
		found_add(out, a,
		          (struct found_test){
		                  .kind = TEST_PROGRAM,
		                  .name = path_join(a, STR("program"), below),
		                  .path = files.items[i],
		          });
	}
	for (size_t i = 0; i < request->further_programs.count; i++) {
		struct str path = request->further_programs.items[i];
		found_add(out, a,
		          (struct found_test){
		                  .kind = TEST_PROGRAM,
		                  .name = path_join(a, STR("program"), path_name(path)),
		                  .path = path,
		          });
	}
	return true;
}

struct test_request test_request_effective(struct arena *a, const struct test_request *request)
{
	struct test_request r = *request;
	if (!r.unit_sources.count) {
		strs_add(&r.unit_sources, a, STR("tests/unit"));
		strs_add(&r.unit_sources, a, STR("tests/oracle"));
	}
	struct {
		struct str *value;
		struct str otherwise;
	} defaults[] = {
	        {&r.tool, STR("build/bin/xtask")},   {&r.unit_programs, STR("build/test")},
	        {&r.golden, STR("tests/golden")},    {&r.scenarios, STR("tests/scenarios")},
	        {&r.programs, STR("tests/program")}, {&r.work, STR("build/test")},
	};
	for (size_t i = 0; i < COUNT(defaults); i++)
		if (!defaults[i].value->len)
			*defaults[i].value = defaults[i].otherwise;
	if (!r.jobs)
		r.jobs = 2;
	if (!r.timeout_ms)
		r.timeout_ms = 1200000; /* ends what hangs; on a busy host all is slow */
	return r;
}

bool find_tests(struct arena *a, const struct test_request *request, struct found_tests *out_tests,
                struct diag *d)
{
	bool ok = true;
	for (size_t i = 0; i < request->unit_sources.count; i++)
		ok &= find_units(a, request, request->unit_sources.items[i], out_tests, d);
	ok &= find_golden(a, request, out_tests, d);
	ok &= find_scenarios(a, request, out_tests, d);
	ok &= find_programs(a, request, out_tests, d);
	return ok;
}

static bool name_matches(struct arena *a, struct str pattern, struct str name)
{
	bool glob = str_contains(pattern, '*') || str_contains(pattern, '?');
	if (glob)
		return fnmatch(arena_c_str(a, pattern), arena_c_str(a, name), 0) == 0;
	return pattern.len && memmem(name.ptr, name.len, pattern.ptr, pattern.len);
}

/* A whole name stands for that test, not for those whose names go on. */
static bool is_whole_name(const struct found_tests *all, struct str pattern)
{
	for (size_t i = 0; i < all->count; i++)
		if (str_equal(all->items[i].name, pattern))
			return true;
	return false;
}

static bool kind_wanted(const struct test_request *request, enum test_kind kind)
{
	for (size_t i = 0; i < TEST_KIND_COUNT; i++)
		if (request->kinds[i])
			return request->kinds[kind];
	return true;
}

static void report_unknown(struct arena *a, const struct found_tests *all, struct str name,
                           struct diag *d)
{
	struct strs names = {};
	for (size_t i = 0; i < all->count; i++) {
		strs_add(&names, a, all->items[i].name);
		strs_add(&names, a, path_name(all->items[i].name));
	}
	struct str hint = diag_did_you_mean(d, name, names.items, names.count);
	diag_error(d, (struct span){}, hint.len ? hint : STR("`xtask test --list` names them all"),
	           "no test is named like '%.*s'", STR_ARG(name));
}

bool select_tests(struct arena *a, const struct test_request *request,
                  const struct found_tests *all, struct found_tests *out_tests, struct diag *d)
{
	bool *used = ARENA_ARRAY(a, bool, request->names.count + 1);
	bool *whole = ARENA_ARRAY(a, bool, request->names.count + 1);
	for (size_t k = 0; k < request->names.count; k++)
		whole[k] = is_whole_name(all, request->names.items[k]);
	for (size_t i = 0; i < all->count; i++) {
		const struct found_test *test = &all->items[i];
		if (!kind_wanted(request, test->kind))
			continue;
		bool wanted = !request->names.count;
		for (size_t k = 0; k < request->names.count; k++) {
			struct str name = request->names.items[k];
			bool hit = whole[k] ? str_equal(name, test->name)
			                    : name_matches(a, name, test->name);
			used[k] |= hit;
			wanted |= hit;
		}
		if (wanted)
			found_add(out_tests, a, *test);
	}
	bool ok = true;
	for (size_t k = 0; k < request->names.count; k++) {
		if (used[k])
			continue;
		report_unknown(a, all, request->names.items[k], d);
		ok = false;
	}
	return ok;
}
