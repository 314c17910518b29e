/* Which drivers are loaded, in which order, over a machine of ours. */
#include "../../../../services/driverd/autoload.c"
#include "../../test.h"
#include <stdio.h>
#include <stdlib.h>

struct machine {
	const char *missing; /* alias that names no device; NULL: all do */
	const char *refused; /* name of a driver whose load fails */
	struct str active; /* a provider group */
	const char *loaded; /* name of a driver that was loaded before; NULL: none */
	char said[1024];
};

static bool is_present(void *context, struct str alias)
{
	const struct machine *machine = context;
	return !machine->missing || !str_equal(alias, str_from_c(machine->missing));
}

static bool is_active(void *context, struct str group)
{
	return str_equal(group, ((const struct machine *)context)->active);
}

static bool is_loaded(void *context, const struct driver *driver, uint64_t *out_module)
{
	const struct machine *machine = context;
	*out_module = 7;
	return machine->loaded && str_equal(driver->row.name, str_from_c(machine->loaded));
}

static enum status load(void *context, const struct driver *driver, uint64_t *out_module)
{
	struct machine *machine = context;
	if (machine->refused && str_equal(driver->row.name, str_from_c(machine->refused)))
		return ERR_NOT_EXECUTABLE;
	if (driver->row.provider_group.len)
		machine->active = driver->row.provider_group;
	*out_module = 1;
	return OK;
}

static void say(void *context, const struct driver *driver, const char *what, const char *reason)
{
	struct machine *machine = context;
	size_t used = strlen(machine->said);
	snprintf(machine->said + used, sizeof machine->said - used, "%.*s %s%s%s\n",
	         STR_ARG(driver->row.name), what, reason ? ": " : "", reason ? reason : "");
}

#define ROW(name, priority, aliases, deps, softdeps, group, fallback)                              \
	"name=" name "\tclass=c\tbus=b\tpriority=" priority "\tpath=p/" name                       \
	".ko\twhen=vfs-ready\taliases=" aliases "\tdeps=" deps "\tsoftdeps=" softdeps              \
	"\tlinux_driver_names=" name "\tprovider_group=" group "\tfallback_only=" fallback "\n"

static void expect(struct machine *machine, const char *registry, const char *said)
{
	struct autoload *autoload = calloc(1, sizeof *autoload);
	const struct autoload_ops ops = {is_present, is_active, is_loaded, load, say, machine};
	autoload_read(autoload, str_from_c(registry));
	autoload_run(autoload, &ops);
	assert_string_equal(machine->said, said);
	assert_int_equal(autoload->loaded + autoload->skipped + autoload->deferred,
	                 autoload->count);
	free(autoload);
}

static void order_is_soft_then_fallback_then_priority_then_name(void **)
{
	struct machine machine = {};
	expect(&machine,
	       ROW("soft", "1", "", "", "b", "", "0") ROW("last", "1", "", "", "", "", "1")
	               ROW("b", "7", "", "", "", "", "0") ROW("a", "7", "", "", "", "", "0")
	                       ROW("first", "-3", "", "", "", "", "0"),
	       "first loaded\na loaded\nb loaded\nlast loaded\nsoft loaded\n");
}

static void dependencies_are_loaded_before(void **)
{
	struct machine machine = {};
	expect(&machine,
	       ROW("a", "1", "", "b", "", "", "0") ROW("b", "2", "", "c", "", "", "0")
	               ROW("c", "3", "", "", "", "", "0"),
	       "c loaded\nb loaded\na loaded\n");
}

static void skipped_dependency_skips_who_needs_it(void **)
{
	struct machine machine = {.missing = "none"};
	expect(&machine,
	       ROW("a", "1", "", "b", "", "", "0") ROW("b", "2", "none", "", "", "", "0")
	               ROW("d", "3", "", "unknown", "", "", "0"),
	       "b skipped: no such device\nd skipped: a dependency is not loaded\n"
	       "a skipped: a dependency is not loaded\n");
}

static void ring_of_dependencies_is_deferred(void **)
{
	struct machine machine = {};
	expect(&machine, ROW("a", "1", "", "b", "", "", "0") ROW("b", "2", "", "a", "", "", "0"),
	       "a deferred: dependency unavailable\nb deferred: dependency unavailable\n");
}

static void group_has_one_driver_and_the_fallback_is_tried_last(void **)
{
	static const char rows[] = ROW("boot", "1", "", "", "", "display", "1")
	        ROW("gpu", "20", "", "", "", "display", "0");
	struct machine good = {}, bad = {.refused = "gpu"};
	expect(&good, rows, "gpu loaded\nboot skipped: its provider group has a driver\n");
	expect(&bad, rows, "gpu skipped: ERR_NOT_EXECUTABLE\nboot loaded\n");
}

/* Its group has a driver then: itself. */
static void what_is_loaded_is_taken_over(void **)
{
	struct machine machine = {.loaded = "gpu", .active = STR("display")};
	expect(&machine,
	       ROW("boot", "1", "", "", "", "display", "1") ROW("needs", "2", "", "gpu", "", "", "0")
	               ROW("gpu", "20", "", "", "", "display", "0"),
	       "gpu runs already\nneeds loaded\nboot skipped: its provider group has a driver\n");
}

static void missing_soft_dependency_is_said_once(void **)
{
	struct machine machine = {};
	expect(&machine, ROW("a", "1", "", "", "gone,gone too", "", "0"),
	       "a goes on: a soft dependency is not loaded\na loaded\n");
}

static void one_of_several_aliases_is_enough(void **)
{
	struct machine machine = {.missing = "x"};
	expect(&machine, ROW("a", "1", "x,y", "", "", "", "0"), "a loaded\n");
}

static void malformed_line_costs_that_line(void **)
{
	struct autoload *autoload = calloc(1, sizeof *autoload);
	autoload_read(autoload, STR("name=broken\n" ROW("a", "many", "", "", "", "", "0")
	                                    ROW("b", "1", "", "", "", "", "2")
	                                            ROW("c", "1", "", "", "", "", "0")));
	assert_int_equal(autoload->malformed, 3);
	assert_int_equal(autoload->count, 1);
	free(autoload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(order_is_soft_then_fallback_then_priority_then_name),
	        cmocka_unit_test(dependencies_are_loaded_before),
	        cmocka_unit_test(skipped_dependency_skips_who_needs_it),
	        cmocka_unit_test(ring_of_dependencies_is_deferred),
	        cmocka_unit_test(group_has_one_driver_and_the_fallback_is_tried_last),
	        cmocka_unit_test(what_is_loaded_is_taken_over),
	        cmocka_unit_test(missing_soft_dependency_is_said_once),
	        cmocka_unit_test(one_of_several_aliases_is_enough),
	        cmocka_unit_test(malformed_line_costs_that_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
