/* Dates and times: RFC 3339 as TOML takes it, with 'T' or one blank between date and time. */
#include "toml/parser.h"

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool digits_at(struct str s, size_t at, size_t count)
{
	if (at + count > s.len)
		return false;
	for (size_t i = at; i < at + count; i++)
		if (!is_digit(s.ptr[i]))
			return false;
	return true;
}

bool date_time_looks_like(struct str token)
{
	return (digits_at(token, 0, 4) && token.len > 4 && token.ptr[4] == '-') ||
	       (digits_at(token, 0, 2) && token.len > 2 && token.ptr[2] == ':');
}

struct reader {
	struct str s;
	size_t at;
	struct token_problem *problem;
};

static bool fail(struct reader *r, const char *message, struct str hint)
{
	*r->problem = (struct token_problem){message, hint};
	return false;
}

static bool take_byte(struct reader *r, char byte)
{
	if (r->at >= r->s.len || r->s.ptr[r->at] != byte)
		return false;
	r->at++;
	return true;
}

/* Exactly count digits. */
static bool take_number(struct reader *r, size_t count, unsigned *out_value)
{
	if (!digits_at(r->s, r->at, count))
		return false;
	unsigned value = 0;
	for (size_t i = 0; i < count; i++)
		value = value * 10 + (unsigned)(r->s.ptr[r->at + i] - '0');
	r->at += count;
	*out_value = value;
	return true;
}

static unsigned month_days(unsigned year, unsigned month)
{
	static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return month == 2 && leap ? 29 : days[month - 1];
}

static bool date_parse(struct reader *r, struct toml_date_time *out)
{
	unsigned year, month, day;
	if (!take_number(r, 4, &year) || !take_byte(r, '-') || !take_number(r, 2, &month) ||
	    !take_byte(r, '-') || !take_number(r, 2, &day))
		return fail(r, "not a date", STR("dates are written 2024-01-31"));
	if (month < 1 || month > 12)
		return fail(r, "a month outside 01..12", (struct str){});
	if (day < 1 || day > month_days(year, month))
		return fail(r, "a day that the month does not have", (struct str){});
	out->year = (uint16_t)year;
	out->month = (uint8_t)month;
	out->day = (uint8_t)day;
	return true;
}

/* Digits behind the point; those after the ninth are dropped. */
static bool fraction_parse(struct reader *r, uint32_t *out_nanosecond)
{
	uint32_t nanosecond = 0, unit = 100000000;
	if (!digits_at(r->s, r->at, 1))
		return fail(r, "digits are missing behind the point of the seconds",
		            (struct str){});
	for (; digits_at(r->s, r->at, 1); r->at++, unit /= 10)
		nanosecond += unit * (uint32_t)(r->s.ptr[r->at] - '0');
	*out_nanosecond = nanosecond;
	return true;
}

static bool time_parse(struct reader *r, struct toml_date_time *out)
{
	unsigned hour, minute, second;
	if (!take_number(r, 2, &hour) || !take_byte(r, ':') || !take_number(r, 2, &minute))
		return fail(r, "not a time", STR("times are written 23:59:00"));
	if (!take_byte(r, ':') || !take_number(r, 2, &second))
		return fail(r, "a time without seconds", STR("TOML 1.0 wants hh:mm:ss"));
	if (hour > 23 || minute > 59 || second > 60)
		return fail(r, "a time that no clock shows", (struct str){});
	out->hour = (uint8_t)hour;
	out->minute = (uint8_t)minute;
	out->second = (uint8_t)second;
	return !take_byte(r, '.') || fraction_parse(r, &out->nanosecond);
}

static bool offset_parse(struct reader *r, struct toml_date_time *out)
{
	if (take_byte(r, 'Z') || take_byte(r, 'z'))
		return true;
	bool negative = r->s.ptr[r->at] == '-';
	unsigned hour, minute;
	r->at++;
	if (!take_number(r, 2, &hour) || !take_byte(r, ':') || !take_number(r, 2, &minute))
		return fail(r, "not a time offset", STR("offsets are written Z, +09:00 or -03:30"));
	if (hour > 23 || minute > 59)
		return fail(r, "a time offset outside 23:59", (struct str){});
	int minutes = (int)(hour * 60 + minute);
	out->offset_minutes = (int16_t)(negative ? -minutes : minutes);
	return true;
}

static bool parse_all(struct reader *r, struct toml_value *value)
{
	struct toml_date_time *out = &value->date_time;
	value->kind = TOML_LOCAL_TIME;
	if (r->s.ptr[2] == ':')
		return time_parse(r, out);
	value->kind = TOML_LOCAL_DATE;
	if (!date_parse(r, out))
		return false;
	if (!take_byte(r, 'T') && !take_byte(r, 't') && !take_byte(r, ' '))
		return true;
	value->kind = TOML_LOCAL_DATE_TIME;
	if (!time_parse(r, out))
		return false;
	if (r->at == r->s.len || !str_contains(STR("Zz+-"), r->s.ptr[r->at]))
		return true;
	value->kind = TOML_OFFSET_DATE_TIME;
	return offset_parse(r, out);
}

bool date_time_parse(struct str token, struct toml_value *value, struct token_problem *out_problem)
{
	struct reader r = {token, 0, out_problem};
	value->date_time = (struct toml_date_time){};
	if (!parse_all(&r, value))
		return false;
	if (r.at < token.len)
		return fail(&r, "text behind a date or time", STR("a string needs quotes"));
	return true;
}
