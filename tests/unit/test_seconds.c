/* test_seconds.c - durations as decimal seconds */
#include "cdr-tools/seconds.h"

#include "base/err.h"
#include "tests/unit/cdr_help.h"

static void
seconds_are_read(void)
{
	static const struct {
		const char *text;
		int err;
		int64_t us;
	} rows[] = {
		{ "0", 0, 0 },
		{ "61", 0, 61000000 },
		{ "61.25", 0, 61250000 },
		{ ".000001", 0, 1 },
		{ "1.00000100", 0, 1000001 },
		{ "0.0000001", ERR_RANGE, 0 },
		{ "-1", ERR_RANGE, 0 },
		{ "99999999999999", ERR_RANGE, 0 },
		{ "", ERR_SYNTAX, 0 },
		{ "1:01", ERR_SYNTAX, 0 },
		{ " 1", ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t us = 0;

		test_row(rows[i].text);
		CHECK(seconds_parse(str_of(rows[i].text), &us) == rows[i].err);
		CHECK(rows[i].err != 0 || us == rows[i].us);
	}
}

static void
seconds_are_written(void)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 1, "0.000001" },
		{ 61000000, "61" },
		{ 61250000, "61.25" },
		{ 100000000, "100" },
		{ -500000, "-0.5" },
		{ INT64_MIN, "-9223372036854.775808" },
	};
	char out[SECONDS_TEXT_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].text);
		CHECK(strcmp(seconds_format(rows[i].us, out), rows[i].text) ==
		      0);
	}
}

static const struct test tests[] = {
	{ "seconds with up to 6 decimals are read", seconds_are_read, true },
	{ "seconds are written without trailing zeros", seconds_are_written,
	  true },
};
const struct test_suite suite_seconds = TEST_SUITE("seconds", tests);
