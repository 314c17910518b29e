/* The kernel's audit record, its own code, as rootd reads it: whole, forged, and with too much in
 * it. */
#include "ipc/api.h"
#include "root_fixture.h"

enum { PID = 7, DETAIL = 5, FLOOD = 10 * AUDIT_RECORDS_MAX };

static unsigned told; /* that the record fills */
static struct root_service *reader;

/* What is forged in it on the way to rootd. */
static struct {
	uint64_t alter, drop, repeat; /* sequence numbers; 0: none */
} forged;

static void audit_fills(void)
{
	told++;
}

const struct ipc_ops *ipc_operations(void);

const struct ipc_ops *ipc_operations(void)
{
	static const struct ipc_ops ops = {.audit_fills = audit_fills};
	return &ops;
}

uint64_t clock_ns(void)
{
	return fake.now_ns++;
}

static size_t read_forged(uint64_t first, struct audit_record *out_records, size_t capacity)
{
	size_t count = audit_read(first, out_records, capacity), kept = 0;
	for (size_t i = 0; i < count; i++) {
		struct audit_record record = out_records[i];
		if (record.sequence == forged.drop)
			continue;
		if (record.sequence == forged.alter)
			record.pid ^= 1;
		if (record.sequence == forged.repeat)
			record.sequence--;
		out_records[kept++] = record;
	}
	return kept;
}

/* Nothing waits to be read; rootd has come as far. */
static void begin(void)
{
	struct audit_record last;
	reader = make();
	told = 0;
	memset(&forged, 0, sizeof forged);
	audit_append(AUDIT_GRANT, PID, DETAIL, OK);
	for (uint64_t next = 1; audit_read(next, &last, 1); next = last.sequence + 1) {
		reader->audit.sequence = last.sequence;
		memcpy(reader->audit.hash, last.hash, sizeof last.hash);
	}
	fake.audit = read_forged;
}

static void append(uint32_t event, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		audit_append(event, PID, DETAIL, event == AUDIT_GRANT ? OK : ERR_ACCESS_DENIED);
}

static void refuse(unsigned times)
{
	append(AUDIT_LOOK_UP_REFUSED, times);
}

static void a_record_says_who_was_refused_what(void **)
{
	struct audit_record record;
	begin();
	refuse(1);
	assert_int_equal(audit_read(reader->audit.sequence + 1, &record, 1), 1);
	assert_int_equal(record.event, AUDIT_LOOK_UP_REFUSED);
	assert_int_equal(record.pid, PID);
	assert_int_equal(record.detail, DETAIL);
	assert_int_equal(record.status, ERR_ACCESS_DENIED);
	assert_int_equal(record.sequence, reader->audit.sequence + 1);
}

static void a_record_that_nobody_touched_is_whole(void **)
{
	begin();
	append(AUDIT_GRANT, 3);
	refuse(40);
	append(AUDIT_REVOKE, 2);
	rootd_report_audit(reader);
	assert_true(printed("rootd: audit records=45 lost=0 chain=whole grants=3 revocations=2 "
	                    "refusals=40\n"));
	assert_int_equal(reader->table.status, 0);
	/* it goes on from there */
	refuse(1);
	rootd_report_audit(reader);
	assert_true(printed("records=46 lost=0 chain=whole grants=3 revocations=2 refusals=41\n"));
}

static void an_altered_record_breaks_the_chain(void **)
{
	begin();
	refuse(40);
	forged.alter = reader->audit.sequence + 35;
	rootd_report_audit(reader);
	assert_true(printed("rootd: audit records=40 lost=0 chain=broken "));
	assert_int_equal(reader->table.status, 1);
}

static void a_repeated_number_breaks_the_chain(void **)
{
	begin();
	refuse(3);
	forged.repeat = reader->audit.sequence + 3;
	rootd_report_audit(reader);
	assert_true(printed("chain=broken"));
}

static void a_dropped_record_is_lost(void **)
{
	begin();
	refuse(10);
	forged.drop = reader->audit.sequence + 4;
	rootd_report_audit(reader);
	assert_true(printed("rootd: audit records=9 lost=1 chain=cut "));
}

static void overwritten_records_are_lost(void **)
{
	begin();
	append(AUDIT_GRANT, AUDIT_RECORDS_MAX + 30);
	rootd_report_audit(reader);
	assert_true(printed("records=512 lost=30 chain=cut grants=512 "));
	/* what comes then is proved again */
	append(AUDIT_GRANT, 2);
	forged.alter = reader->audit.sequence + 1;
	rootd_report_audit(reader);
	assert_true(printed("records=514 lost=30 chain=broken "));
}

static void refusals_push_out_nothing_else(void **)
{
	begin();
	append(AUDIT_GRANT, 100);
	refuse(FLOOD);
	append(AUDIT_REVOKE, 100);
	refuse(FLOOD);
	rootd_report_audit(reader);
	assert_true(printed("rootd: audit records=457 lost=9984 chain=cut grants=100 "
	                    "revocations=100 refusals=256\n"));
	/* no failure: anybody can bring it about */
	assert_int_equal(reader->table.status, 0);
}

static void refusals_that_are_read_in_time_are_not_lost(void **)
{
	begin();
	append(AUDIT_GRANT, 1);
	for (unsigned i = 0; i < FLOOD / AUDIT_REFUSALS_MAX; i++) {
		refuse(AUDIT_REFUSALS_MAX);
		assert_int_equal(told, i + 1);
		assert_int_equal(rootd_read_audit(reader), OK);
	}
	rootd_report_audit(reader);
	assert_true(printed("records=5121 lost=0 chain=whole grants=1 revocations=0 "
	                    "refusals=5120\n"));
}

/* Others are refused while rootd reads. */
static size_t read_while_flooded(uint64_t first, struct audit_record *out_records, size_t capacity)
{
	size_t count = audit_read(first, out_records, capacity);
	refuse(AUDIT_REFUSALS_MAX);
	return count;
}

static void who_is_refused_without_end_does_not_keep_rootd(void **)
{
	begin();
	refuse(AUDIT_REFUSALS_MAX);
	fake.audit = read_while_flooded;
	assert_int_equal(rootd_read_audit(reader), OK);
	fake.audit = audit_read;
	rootd_report_audit(reader);
	assert_true(printed("chain=cut"));
	assert_int_equal(reader->table.status, 0);
	/* every one was either recorded or counted */
	assert_int_equal(reader->audit.counts[AUDIT_LOOK_UP_REFUSED] + reader->audit.lost,
	                 AUDIT_REFUSALS_MAX * (1 + AUDIT_RECORDS_MAX / AUDIT_READ_MAX + 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_record_says_who_was_refused_what),
	        cmocka_unit_test(a_record_that_nobody_touched_is_whole),
	        cmocka_unit_test(an_altered_record_breaks_the_chain),
	        cmocka_unit_test(a_repeated_number_breaks_the_chain),
	        cmocka_unit_test(a_dropped_record_is_lost),
	        cmocka_unit_test(overwritten_records_are_lost),
	        cmocka_unit_test(refusals_push_out_nothing_else),
	        cmocka_unit_test(refusals_that_are_read_in_time_are_not_lost),
	        cmocka_unit_test(who_is_refused_without_end_does_not_keep_rootd),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
