/* test_period.c - the month a bill is for */
#include "cdr-tools/period.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

static void
months_are_read(void)
{
	static const struct {
		const char *text;
		int err;
		int year, month;
	} rows[] = {
		{ "2026-10", 0, 2026, 10 },
		{ "1970-01", 0, 1970, 1 },
		{ "9998-12", 0, 9998, 12 },
		{ "1969-12", ERR_RANGE, 0, 0 },
		{ "9999-01", ERR_RANGE, 0, 0 },
		{ "2026-00", ERR_RANGE, 0, 0 },
		{ "2026-13", ERR_RANGE, 0, 0 },
		{ "2026-1", ERR_SYNTAX, 0, 0 },
		{ "26-10", ERR_SYNTAX, 0, 0 },
		{ "2026", ERR_SYNTAX, 0, 0 },
		{ "2026-10-01", ERR_SYNTAX, 0, 0 },
		{ "2026-10-01/2026-10-16", 0, 0, 0 },
		{ "2026-10-01/2026-10-01", ERR_RANGE, 0, 0 },
		{ "2026-10-01/", ERR_SYNTAX, 0, 0 },
		{ "2026-10-01/2026-10-32", ERR_RANGE, 0, 0 },
		{ "1969-10-01/2026-10-01", ERR_RANGE, 0, 0 },
		{ "2026-10/2026-11", ERR_SYNTAX, 0, 0 },
		{ "+026-10", ERR_SYNTAX, 0, 0 },
		{ "", ERR_SYNTAX, 0, 0 },
	};
	char out[PERIOD_TEXT_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct period period = { 0, 0, 0, 0 };

		test_row(rows[i].text);
		CHECK(period_parse(str_of(rows[i].text), &period) ==
		      rows[i].err);
		CHECK(period.year == rows[i].year &&
		      period.month == rows[i].month);
		CHECK(rows[i].err != 0 ||
		      strcmp(period_format(&period, out), rows[i].text) == 0);
	}
}

static void
months_begin_at_local_midnight(void)
{
	static const struct {
		const char *month, *zone, *from, *until;
	} rows[] = {
		{ "2026-10-20/2026-10-26", "Europe/Berlin",
		  "2026-10-19T22:00:00Z", "2026-10-25T23:00:00Z" },
		{ "2026-11", "UTC", "2026-11-01T00:00:00Z",
		  "2026-12-01T00:00:00Z" },
		{ "2026-12", "UTC", "2026-12-01T00:00:00Z",
		  "2027-01-01T00:00:00Z" },
		{ "2026-02", "UTC", "2026-02-01T00:00:00Z",
		  "2026-03-01T00:00:00Z" },
		/* summer time ends within, so the month has an hour more */
		{ "2026-10", "Europe/Berlin", "2026-09-30T22:00:00Z",
		  "2026-10-31T23:00:00Z" },
		{ "2026-10", "America/New_York", "2026-10-01T04:00:00Z",
		  "2026-11-01T04:00:00Z" },
		{ "2026-10", "Pacific/Kiritimati", "2026-09-30T10:00:00Z",
		  "2026-10-31T10:00:00Z" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		time_us from, until, expected_from, expected_until;
		struct period period;
		struct zone *zone;

		test_row(rows[i].zone);
		if (!OK(period_parse(str_of(rows[i].month), &period)) ||
		    !OK(zone_new(rows[i].zone, &zone)) ||
		    !OK(time_parse(str_of(rows[i].from), &expected_from)) ||
		    !OK(time_parse(str_of(rows[i].until), &expected_until)))
			return;
		period_span(&period, zone, &from, &until);
		zone_free(zone);
		CHECK(from == expected_from);
		CHECK(until == expected_until);
	}
}

static const struct test tests[] = {
	{ "months are read and written", months_are_read, true },
	{ "months begin at local midnight", months_begin_at_local_midnight,
	  false },
};
const struct test_suite suite_period = TEST_SUITE("period", tests);
