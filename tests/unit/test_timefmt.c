/* test_timefmt.c - RFC 3339 texts and dates, both ways */
#include "base/timefmt.h"

#include "base/err.h"
#include "tests/unit/harness.h"

#define T_2026 INT64_C(1795417860) /* 2026-11-23T07:11:00Z, from date(1) */
#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
formats_offsets(void)
{
	static const struct {
		int64_t us;
		int32_t offset_s;
		const char *text;
	} rows[] = {
		{ 0, 3600, "2026-11-23T08:11:00+01:00" },
		{ 250000, -(3 * 3600 + 1800), "2026-11-23T03:41:00.250000-03:30" },
		{ 0, 0, "2026-11-23T07:11:00+00:00" },
		{ 0, 1172, "2026-11-23T07:30:00+00:19" }, /* not 00:19:32 */
		{ 0, 14 * 3600, "2026-11-23T21:11:00+14:00" },
	};
	char out[TIMEFMT_MAX];

	for (size_t i = 0; i < N(rows); i++) {
		time_us t = T_2026 * US_PER_S + rows[i].us, back = 0;

		test_row(rows[i].text);
		time_format_offset(t, rows[i].offset_s, out);
		CHECK(strcmp(out, rows[i].text) == 0);
		CHECK(time_parse(str_of(out), &back) == 0 && back == t);
	}
	time_format_offset(INT64_MAX, 86399, out); /* clamped, and it fits */
	CHECK(strlen(out) < TIMEFMT_MAX);
	test_row(NULL);
}

static void
formats_instants(void)
{
	static const struct {
		time_us t;
		const char *text, *text_us;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z" },
		{ T_2026 * US_PER_S, "2026-11-23T07:11:00Z",
		  "2026-11-23T07:11:00.000000Z" },
		{ T_2026 * US_PER_S + 250000, "2026-11-23T07:11:00.250000Z",
		  "2026-11-23T07:11:00.250000Z" },
		{ -1, "1969-12-31T23:59:59.999999Z",
		  "1969-12-31T23:59:59.999999Z" },
		{ INT64_C(951782399) * US_PER_S, "2000-02-28T23:59:59Z",
		  "2000-02-28T23:59:59.000000Z" },
		{ INT64_C(951782400) * US_PER_S, "2000-02-29T00:00:00Z",
		  "2000-02-29T00:00:00.000000Z" },
		{ INT64_C(4107542400) * US_PER_S, "2100-03-01T00:00:00Z",
		  "2100-03-01T00:00:00.000000Z" },
		{ INT64_MIN, "0000-01-01T00:00:00Z",
		  "0000-01-01T00:00:00.000000Z" },
		{ INT64_MAX, "9999-12-31T23:59:59.999999Z",
		  "9999-12-31T23:59:59.999999Z" },
	};
	char out[TIMEFMT_MAX];

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].text);
		time_format(rows[i].t, out);
		CHECK(strcmp(out, rows[i].text) == 0);
		time_format_us(rows[i].t, out);
		CHECK(strcmp(out, rows[i].text_us) == 0);
	}
}

static void
parses_instants(void)
{
	static const struct {
		const char *text;
		time_us t;
	} rows[] = {
		{ "2026-11-23T07:11:00Z", T_2026 * US_PER_S },
		{ "2026-11-23t07:11:00z", T_2026 * US_PER_S },
		{ "2026-11-23 07:11:00Z", T_2026 * US_PER_S },
		{ "2026-11-23T08:11:00+01:00", T_2026 * US_PER_S },
		{ "2026-11-23T00:41:00-06:30", T_2026 * US_PER_S },
		{ "2026-11-24T07:10:00+23:59", T_2026 * US_PER_S },
		{ "2026-11-23T07:11:00-00:00", T_2026 * US_PER_S },
		{ "2026-11-23T07:11:00.5Z", T_2026 * US_PER_S + 500000 },
		{ "2026-11-23T07:11:00.000001Z", T_2026 * US_PER_S + 1 },
		{ "2026-11-23T07:11:00.123456+00:00",
		  T_2026 * US_PER_S + 123456 },
		{ "2026-11-23T07:10:60Z", T_2026 * US_PER_S },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1969-12-31T23:59:59.999999Z", -1 },
		{ "0000-01-01T00:00:00Z", INT64_C(-62167219200) * US_PER_S },
		{ "9999-12-31T23:59:59Z", INT64_C(253402300799) * US_PER_S },
	};

	for (size_t i = 0; i < N(rows); i++) {
		time_us t = 77;

		test_row(rows[i].text);
		if (OK(time_parse(str_of(rows[i].text), &t)))
			CHECK(t == rows[i].t);
	}
}

static void
refuses_what_is_no_instant(void)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "", ERR_SYNTAX },
		{ "2026-11-23", ERR_SYNTAX },
		{ "2026-11-23T", ERR_SYNTAX },
		{ "2026-11-23T07:11Z", ERR_SYNTAX },
		{ "2026-11-23T07:11:00", ERR_SYNTAX },
		{ "2026-11-23T07:11:00.Z", ERR_SYNTAX },
		{ "2026-11-23T07:11:00.1234567Z", ERR_SYNTAX },
		{ "2026-11-23T07:11:00Zx", ERR_SYNTAX },
		{ "2026-11-23T07:11:00+0100", ERR_SYNTAX },
		{ "2026-11-23T07:11:00+01", ERR_SYNTAX },
		{ "2026-11-23T07:11:00 Z", ERR_SYNTAX },
		{ "2026-11-23_07:11:00Z", ERR_SYNTAX },
		{ " 2026-11-23T07:11:00Z", ERR_SYNTAX },
		{ "26-11-23T07:11:00Z", ERR_SYNTAX },
		{ "2026-1-23T07:11:00Z", ERR_SYNTAX },
		{ "2026-11-23T+7:11:00Z", ERR_SYNTAX },
		{ "2026-00-23T07:11:00Z", ERR_RANGE },
		{ "2026-13-23T07:11:00Z", ERR_RANGE },
		{ "2026-02-29T07:11:00Z", ERR_RANGE },
		{ "2026-11-31T07:11:00Z", ERR_RANGE },
		{ "2026-11-23T24:00:00Z", ERR_RANGE },
		{ "2026-11-23T07:60:00Z", ERR_RANGE },
		{ "2026-11-23T07:11:61Z", ERR_RANGE },
		{ "2026-11-23T07:11:00+24:00", ERR_RANGE },
		{ "2026-11-23T07:11:00+01:60", ERR_RANGE },
	};

	for (size_t i = 0; i < N(rows); i++) {
		time_us t = 77;

		test_row(rows[i].text);
		CHECK(time_parse(str_of(rows[i].text), &t) == rows[i].err);
		CHECK(t == 77);
	}
	CHECK(time_parse(str_make("2026-11-23\0", 11), &(time_us){ 0 }) ==
	      ERR_SYNTAX);
}

static void
parses_dates(void)
{
	static const struct {
		const char *text;
		int err, year, month, day;
	} rows[] = {
		{ "2026-11-23", 0, 2026, 11, 23 },
		{ "2024-02-29", 0, 2024, 2, 29 },
		{ "2000-02-29", 0, 2000, 2, 29 },
		{ "1900-02-29", ERR_RANGE, 0, 0, 0 },
		{ "2026-12-31", 0, 2026, 12, 31 },
		{ "2026-12-32", ERR_RANGE, 0, 0, 0 },
		{ "2026-04-31", ERR_RANGE, 0, 0, 0 },
		{ "2026-01-00", ERR_RANGE, 0, 0, 0 },
		{ "2026-13-01", ERR_RANGE, 0, 0, 0 },
		{ "2026-11-2", ERR_SYNTAX, 0, 0, 0 },
		{ "2026-11-233", ERR_SYNTAX, 0, 0, 0 },
		{ "2026/11/23", ERR_SYNTAX, 0, 0, 0 },
		{ "", ERR_SYNTAX, 0, 0, 0 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		int year, month, day;
		int err = date_parse(str_of(rows[i].text), &year, &month, &day);

		test_row(rows[i].text);
		CHECK(err == rows[i].err);
		if (err == 0)
			CHECK(year == rows[i].year && month == rows[i].month &&
			      day == rows[i].day);
	}
}

/* Counted on by the day with month lengths written out, so that the formulas
 * have something else to agree with. */
static void
days_and_dates_agree_day_by_day(void)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31 };
	int year = -400, month = 1, day = 1;

	for (int64_t days = -865625; days < 200000; days++) {
		bool leap =
		    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
		int y, m, d;

		date_from_days(days, &y, &m, &d);
		if (!CHECK(y == year && m == month && d == day) ||
		    !CHECK(days_from_date(year, month, day) == days))
			return;
		if (day++ < lengths[month - 1] + (leap && month == 2))
			continue;
		day = 1;
		if (month++ < 12)
			continue;
		month = 1;
		year++;
	}
	CHECK(year == 2517);
}

static void
what_is_formatted_can_be_parsed(void)
{
	char out[TIMEFMT_MAX];

	for (time_us t = -INT64_C(62167219200) * US_PER_S;
	     t < INT64_C(253402300800) * US_PER_S;
	     t += INT64_C(987654321987653)) {
		time_us back = 0;

		time_format(t, out);
		test_row(out);
		if (!OK(time_parse(str_of(out), &back)) || !CHECK(back == t))
			return;
	}
}

static const struct test tests[] = {
	{ "instants are formatted, clamped to four-digit years",
	  formats_instants, true },
	{ "instants are formatted at an offset", formats_offsets, true },
	{ "date-times with Z, offsets and decimals are parsed", parses_instants,
	  true },
	{ "what is no instant is refused with the right error",
	  refuses_what_is_no_instant, true },
	{ "dates are parsed", parses_dates, true },
	{ "days and dates agree over 2,900 years",
	  days_and_dates_agree_day_by_day, true },
	{ "what is formatted can be parsed", what_is_formatted_can_be_parsed,
	  true },
};

const struct test_suite suite_timefmt = TEST_SUITE("timefmt", tests);
