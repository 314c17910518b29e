/* The local interrupt controller against registers that remember what was written. */
#include "../../../test.h"
#include "hal/interrupt/apic.h"
#include "hal/trap/trap_frame.h"
#include <string.h>

enum { FAKE_WRITES = 16, FAKE_REGISTERS = 0x400 };

struct fake_write {
	enum apic_register at;
	uint64_t value;
};

static struct {
	uint32_t registers[FAKE_REGISTERS / 16];
	struct fake_write writes[FAKE_WRITES];
	size_t count;
	unsigned busy_reads; /* of the command register, before it says that it is free */
} fake;

static void fake_note(enum apic_register at, uint64_t value)
{
	assert_true(fake.count < FAKE_WRITES);
	fake.writes[fake.count++] = (struct fake_write){at, value};
}

static uint32_t fake_read(enum apic_register at)
{
	enum { PENDING = 1 << 12 };
	if (at == APIC_COMMAND && fake.busy_reads) {
		fake.busy_reads--;
		return PENDING;
	}
	return fake.registers[at / 16];
}

static void fake_store(enum apic_register at, uint32_t value)
{
	fake.registers[at / 16] = value;
	fake_note(at, value);
}

static void fake_command(uint64_t value)
{
	fake_note(APIC_COMMAND, value);
}

static const struct apic_access narrow_access = {
        .name = "narrow", .read = fake_read, .write = fake_store};
static const struct apic_access wide_access = {.name = "wide",
                                               .wide = true,
                                               .read = fake_read,
                                               .write = fake_store,
                                               .write_command = fake_command};
static const struct apic narrow = {.access = &narrow_access};
static const struct apic wide = {.access = &wide_access};

static int fake_reset(void **)
{
	memset(&fake, 0, sizeof fake);
	return 0;
}

static void assert_write(size_t index, enum apic_register at, uint64_t value)
{
	assert_true(index < fake.count);
	assert_int_equal(fake.writes[index].at, at);
	assert_int_equal(fake.writes[index].value, value);
}

static void the_wide_form_is_used_where_the_cpu_or_the_firmware_has_it(void **)
{
	enum { WIDE_ON = 1 << 10 };
	assert_false(apic_wants_wide(false, 0xfee00900));
	assert_true(apic_wants_wide(true, 0xfee00900));
	assert_true(apic_wants_wide(false, 0xfee00900 | WIDE_ON));
}

static void an_id_is_eight_bits_or_all(void **)
{
	fake.registers[APIC_ID / 16] = 0x12000345;
	assert_int_equal(apic_id(&narrow), 0x12);
	assert_int_equal(apic_id(&wide), 0x12000345);
}

static void a_narrow_command_waits_and_is_written_in_two_halves(void **)
{
	fake.busy_reads = 3;
	apic_send(&narrow, 7, 0xe1);
	assert_int_equal(fake.busy_reads, 0);
	assert_int_equal(fake.count, 2);
	assert_write(0, APIC_COMMAND_HIGH, 7 << 24);
	assert_write(1, APIC_COMMAND, 1 << 14 | 0xe1);
}

static void a_wide_command_is_one_write_with_a_long_id(void **)
{
	apic_send(&wide, 0x10001, 0xe1);
	assert_int_equal(fake.count, 1);
	assert_write(0, APIC_COMMAND, 0x10001ULL << 32 | 1 << 14 | 0xe1);
}

static void commands_say_how_they_are_delivered(void **)
{
	apic_send_nmi(&wide, 1);
	apic_send_init(&wide, 1);
	apic_send_start(&wide, 1, 0x8000);
	assert_write(0, APIC_COMMAND, 1ULL << 32 | 1 << 14 | 4 << 8);
	assert_write(1, APIC_COMMAND, 1ULL << 32 | 3 << 14 | 5 << 8);
	assert_write(2, APIC_COMMAND, 1ULL << 32 | 1 << 14 | 6 << 8 | 8);
}

static void a_signal_between_two_halves_leaves_the_first_as_it_was(void **)
{
	fake.registers[APIC_COMMAND_HIGH / 16] = 9 << 24;
	apic_send_nmi_between(&narrow, 2);
	assert_int_equal(fake.count, 3);
	assert_write(0, APIC_COMMAND_HIGH, 2 << 24);
	assert_write(1, APIC_COMMAND, 1 << 14 | 4 << 8);
	assert_write(2, APIC_COMMAND_HIGH, 9 << 24);
	fake.count = 0;
	apic_send_nmi_between(&wide, 2);
	assert_int_equal(fake.count, 1);
}

static void a_command_that_is_never_taken_does_not_stop_the_machine(void **)
{
	fake.busy_reads = UINT32_MAX;
	apic_send(&narrow, 1, 0xe1);
	assert_int_equal(fake.count, 2);
}

static void the_timer_counts_by_its_scale_and_never_zero(void **)
{
	struct apic apic = narrow;
	apic_timer_calibrate(&apic, 200000, 2000000); /* 100 MHz: a count is 10 ns */
	apic_timer_start(&apic, 1000000);
	assert_write(0, APIC_TIMER, INTERRUPT_TIMER);
	assert_in_range(fake.writes[1].value, 99999, 100000);
	apic_timer_start(&apic, 0);
	assert_write(3, APIC_TIMER_INITIAL, 1);
	apic_timer_start(&apic, UINT64_MAX);
	assert_write(5, APIC_TIMER_INITIAL, UINT32_MAX);
	apic_timer_stop(&apic);
	assert_write(6, APIC_TIMER_INITIAL, 0);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup(test, fake_reset)
	const struct CMUnitTest tests[] = {
	        CASE(the_wide_form_is_used_where_the_cpu_or_the_firmware_has_it),
	        CASE(an_id_is_eight_bits_or_all),
	        CASE(a_narrow_command_waits_and_is_written_in_two_halves),
	        CASE(a_wide_command_is_one_write_with_a_long_id),
	        CASE(commands_say_how_they_are_delivered),
	        CASE(a_signal_between_two_halves_leaves_the_first_as_it_was),
	        CASE(a_command_that_is_never_taken_does_not_stop_the_machine),
	        CASE(the_timer_counts_by_its_scale_and_never_zero),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
