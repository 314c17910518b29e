#include "config_fixture.h"

static void assert_rules(struct project *p, const char *expected)
{
	struct text t = {.arena = &p->arena};
	assert_loads(p);
	for (size_t i = 0; i < p->config.faults.rules.count; i++)
		text_addf(&t, "%s%.*s", i ? ";" : "", STR_ARG(p->config.faults.rules.items[i]));
	assert_str(text_str(&t), str_from_c(expected));
}

static void configured_rules_act_only_when_enabled(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml", "[fault_injection]\nenabled = false\n"
	                               "rules = [\n  \"alloc.frame = fail-after:200\",\n"
	                               "  \"block.read=off\", # note\n]\n");
	assert_rules(p, "");
	assert_value(p, "fault_injection.rules", "[]", "config/rustos.toml:3, not enabled");
	add_set(p, "fault_injection.enabled=true");
	assert_rules(p, "alloc.frame=fail-after:200;block.read=off");
	assert_value(p, "fault_injection.rules",
	             "[\"alloc.frame=fail-after:200\", \"block.read=off\"]",
	             "config/rustos.toml:3");
}

static void a_given_rule_replaces_the_configured_one_and_acts_always(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml", "[fault_injection]\nenabled = true\n"
	                               "rules = [\"alloc.frame=off\", \"block.read=off\"]\n");
	set_variable(p, "RUSTOS_FAULTS=block.read=fail; process.spawn = rate:10:5");
	assert_rules(p, "alloc.frame=off;block.read=fail;process.spawn=rate:10:5");
	add_fault(p, "block.read=drop-every:3");
	add_fault(p, "alloc.frame=delay-ms:5");
	assert_rules(p, "alloc.frame=delay-ms:5;block.read=drop-every:3;process.spawn=rate:10:5");
	assert_value(p, "fault_injection.rules",
	             "[\"alloc.frame=delay-ms:5\", \"block.read=drop-every:3\", "
	             "\"process.spawn=rate:10:5\"]",
	             "config/rustos.toml:3, environment RUSTOS_FAULTS, --fault");
	add_set(p, "fault_injection.enabled=false");
	assert_rules(p, "block.read=drop-every:3;process.spawn=rate:10:5;alloc.frame=delay-ms:5");
}

static void wrong_rules_are_named_wherever_they_stand(void **state)
{
	struct project *p = *state;
	put_file("config/rustos.toml", "[fault_injection]\nrules = [\n"
	                               "  \"alloc.fram=off\",\n"
	                               "  \"nowhere=off\",\n"
	                               "  \"alloc.frame\",\n"
	                               "  \"alloc frame=off\",\n"
	                               "  \"\",\n"
	                               "  \"block.read=drop-every:0\",\n"
	                               "  \"block.read=rate:1001\",\n"
	                               "  \"block.read=sometimes\",\n"
	                               "  \"block.read=off\",\n"
	                               "  \"block.read=fail\",\n]\n");
	set_variable(p, "RUSTOS_FAULTS=block.read=fail;alloc.frame=fali");
	add_fault(p, "alloc.frame=fail, alloc.frame=off");
	add_fault(p, "");
	add_fault(p, "block.read=off:1");
	assert_fails(
	        p,
	        "config/rustos.toml:3:3: unknown fault point 'alloc.fram' | did you mean "
	        "'alloc.frame'?\n"
	        "config/rustos.toml:4:3: unknown fault point 'nowhere' | registry/faults.toml "
	        "lists the "
	        "points\n"
	        "config/rustos.toml:5:3: invalid fault rule 'alloc.frame': fault rule must be "
	        "location=action | for example alloc.frame=fail-after:200\n"
	        "config/rustos.toml:6:3: invalid fault rule 'alloc frame=off': fault location "
	        "contains an "
	        "invalid character\n"
	        "config/rustos.toml:7:3: invalid fault rule '': fault rule is empty\n"
	        "config/rustos.toml:8:3: invalid fault rule 'block.read=drop-every:0': fault "
	        "action number "
	        "is invalid | drop-every:N with N from 1, fail-after:N, delay-ms:N, "
	        "rate:PERMILLE[:SEED], "
	        "decimal\n"
	        "config/rustos.toml:9:3: invalid fault rule 'block.read=rate:1001': fault action "
	        "rate must "
	        "be in 0..=1000 permille\n"
	        "config/rustos.toml:10:3: invalid fault rule 'block.read=sometimes': fault action "
	        "is not "
	        "supported | off, fail, drop-every:N, fail-after:N, rate:PERMILLE[:SEED], "
	        "delay-ms:N\n"
	        "config/rustos.toml:12:3: a second rule for fault point 'block.read' | the first "
	        "one is at "
	        "config/rustos.toml:11:3\n"
	        "environment RUSTOS_FAULTS:1:31: invalid fault rule 'alloc.frame=fali': fault "
	        "action is "
	        "not supported | did you mean 'fail'?\n"
	        "--fault:1:19: a second rule for fault point 'alloc.frame' | the first one is at "
	        "--fault:1:1\n"
	        "--fault:1:1: invalid fault rule '': fault rule is empty\n"
	        "--fault:1:1: invalid fault rule 'block.read=off:1': fault action is not supported "
	        "| off, "
	        "fail, drop-every:N, fail-after:N, rate:PERMILLE[:SEED], delay-ms:N\n");
}

static void a_kernel_without_fault_points_takes_no_rules(void **state)
{
	struct project *p = *state;
	p->request.preset = STR("release");
	put_file("config/rustos.toml", "[fault_injection]\nenabled = true\n"
	                               "rules = [\"alloc.frame=off\", \"block.read=fail\"]\n");
	assert_rules(p, "");
	assert_str(said(p),
	           STR("config/rustos.toml:3:29: warning: the kernel is built without fault "
	               "points, ignoring 'block.read=fail'\n"));
	diag_init(&p->diag, &p->arena);
	put_file("config/rustos.toml", "");
	set_variable(p, "RUSTOS_FAULTS=block.read=fail");
	add_fault(p, "alloc.frame=fail");
	assert_fails(
	        p,
	        "environment RUSTOS_FAULTS:1:15: the kernel of preset 'release' is built without "
	        "fault points, so 'block.read=fail' can't act | use --preset debug, or "
	        "[fault_injection] compiled = true\n"
	        "--fault:1:1: the kernel of preset 'release' is built without fault points, so "
	        "'alloc.frame=fail' can't act | use --preset debug, or [fault_injection] compiled "
	        "= true\n");
	diag_init(&p->diag, &p->arena);
	add_set(p, "fault_injection.compiled=true");
	assert_rules(p, "block.read=fail;alloc.frame=fail");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        PROJECT_TEST(configured_rules_act_only_when_enabled),
	        PROJECT_TEST(a_given_rule_replaces_the_configured_one_and_acts_always),
	        PROJECT_TEST(wrong_rules_are_named_wherever_they_stand),
	        PROJECT_TEST(a_kernel_without_fault_points_takes_no_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
