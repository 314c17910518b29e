/*
 * Time of day: the CMOS clock, read once, or what was set, and the monotonic clock from there on.
 *
 * Motorola MC146818A; the century is taken to be the 21st.
 */
#include "hal/api.h"

enum {
	CMOS_INDEX = 0x70,
	CMOS_DATA = 0x71,
	CMOS_STATUS_A = 0x0a,
	CMOS_STATUS_B = 0x0b,
	CMOS_UPDATING = 0x80,
	CMOS_BINARY = 0x04,
	CMOS_24_HOURS = 0x02,
	CMOS_AFTERNOON = 0x80,
	CMOS_TRIES = 100000,
	CMOS_FIELDS = 6,
};

static const uint64_t real_ns_per_second = 1000000000;
static uint64_t real_time_at_start; /* atomic; ns since 1970 when clock_ns was 0; 0: not read */

static uint8_t cmos_read(uint8_t index)
{
	port_out8(CMOS_INDEX, index);
	return port_in8(CMOS_DATA);
}

/* second, minute, hour, day, month, year */
static void cmos_read_fields(uint8_t fields[CMOS_FIELDS])
{
	static const uint8_t places[CMOS_FIELDS] = {0, 2, 4, 7, 8, 9};
	for (int i = 0; i < CMOS_TRIES && (cmos_read(CMOS_STATUS_A) & CMOS_UPDATING); i++)
		cpu_pause();
	uint8_t format = cmos_read(CMOS_STATUS_B);
	for (int i = 0; i < CMOS_FIELDS; i++)
		fields[i] = cmos_read(places[i]);
	bool afternoon = !(format & CMOS_24_HOURS) && (fields[2] & CMOS_AFTERNOON);
	fields[2] &= (uint8_t)~CMOS_AFTERNOON;
	for (int i = 0; i < CMOS_FIELDS && !(format & CMOS_BINARY); i++)
		fields[i] = (uint8_t)((fields[i] >> 4) * 10 + (fields[i] & 15));
	if (!(format & CMOS_24_HOURS))
		fields[2] = (uint8_t)(fields[2] % 12 + (afternoon ? 12 : 0));
}

uint64_t real_time_seconds(const uint8_t fields[6])
{
	/* days before a month of a year that begins in March */
	int64_t month = fields[4], year = 2000 + fields[5];
	year -= month <= 2;
	int64_t shifted = (month + 9) % 12;
	int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * shifted + 2) / 5 +
	               fields[3] - 1 - 719468;
	return (uint64_t)(((days * 24 + fields[2]) * 60 + fields[1]) * 60 + fields[0]);
}

uint64_t clock_real_ns(void)
{
	uint64_t start = __atomic_load_n(&real_time_at_start, __ATOMIC_RELAXED);
	if (!start) {
		uint8_t fields[CMOS_FIELDS];
		cmos_read_fields(fields);
		start = real_time_seconds(fields) * real_ns_per_second - clock_ns();
		uint64_t expected = 0;
		if (!__atomic_compare_exchange_n(&real_time_at_start, &expected, start, false,
		                                 __ATOMIC_RELAXED, __ATOMIC_RELAXED))
			start = expected;
	}
	return start + clock_ns();
}

enum status clock_real_set(uint64_t ns)
{
	uint64_t up = clock_ns();
	if (ns <= up)
		return ERR_INVALID_ARGS;
	__atomic_store_n(&real_time_at_start, ns - up, __ATOMIC_RELAXED);
	return OK;
}
