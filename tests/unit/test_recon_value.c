/* test_recon_value.c - values as carriers write them */
#include "cdr-tools/recon_value.h"

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

static const struct {
	const char *text;
	enum recon_dates dates;
	const char *expected; /* NULL: no time */
} times[] = {
	{ "2026-10-31T23:59:59Z", RECON_DMY, "2026-10-31T23:59:59Z" },
	{ "2026-10-31T23:59:59+02:00", RECON_DMY, "2026-10-31T21:59:59Z" },
	{ "2026-07-31 23:59:59", RECON_DMY, "2026-07-31T21:59:59Z" },
	{ " 2026-12-31 23:59 ", RECON_DMY, "2026-12-31T22:59:00Z" },
	{ "31.12.2026 23:59:59,5", RECON_MDY, NULL },
	{ "31.12.2026 23:59:59,5", RECON_DMY, "2026-12-31T22:59:59.500000Z" },
	{ "31/12/26 00:00", RECON_DMY, "2026-12-30T23:00:00Z" },
	{ "12/31/2026 12:00 AM", RECON_MDY, "2026-12-30T23:00:00Z" },
	{ "12/31/2026 1:05:00 pm", RECON_MDY, "2026-12-31T12:05:00Z" },
	{ "2026/02/28 10:00", RECON_DMY, "2026-02-28T09:00:00Z" },
	{ "2026-12-31", RECON_DMY, "2026-12-30T23:00:00Z" },
	{ "1793494800", RECON_DMY, "2026-11-01T01:00:00Z" },
	{ "1793494800250", RECON_DMY, "2026-11-01T01:00:00.250000Z" },
	{ "2026-02-29 10:00", RECON_DMY, NULL },
	{ "31/31/2026", RECON_DMY, NULL },
	{ "12/31/2026 13:00 PM", RECON_MDY, NULL },
	{ "2026-10-31 24:01", RECON_DMY, NULL },
	{ "2026-10-31 10:00 x", RECON_DMY, NULL },
	{ "yesterday", RECON_DMY, NULL },
	{ "", RECON_DMY, NULL },
};

static void
times_are_read(void)
{
	struct zone *zone;

	if (!OK(zone_new("Europe/Berlin", &zone)))
		return;
	for (size_t i = 0; i < COUNT(times); i++) {
		time_us got = 0, expected = 0;
		int64_t again = -1;
		int err = recon_time(str_of(times[i].text), times[i].dates,
				     zone, &got, &again);

		test_row(times[i].text);
		CHECK((err == 0) == (times[i].expected != NULL));
		if (times[i].expected == NULL)
			continue;
		CHECK(time_parse(str_of(times[i].expected), &expected) == 0);
		CHECK(got == expected && again == 0);
	}
	zone_free(zone);
}

/* In Berlin the hour from two to three comes twice on 25 October 2026. */
static void
times_may_come_twice(void)
{
	static const struct {
		const char *text, *expected;
		int64_t again_s;
	} rows[] = {
		{ "25.10.2026 01:59:59", "2026-10-24T23:59:59Z", 0 },
		{ "25.10.2026 02:00:00", "2026-10-25T00:00:00Z", 3600 },
		{ "25.10.2026 02:59:59", "2026-10-25T00:59:59Z", 3600 },
		{ "25.10.2026 03:00:00", "2026-10-25T02:00:00Z", 0 },
		{ "29.03.2026 02:30:00", "2026-03-29T01:00:00Z", 0 },
		{ "2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00Z", 0 },
	};
	struct zone *zone;

	if (!OK(zone_new("Europe/Berlin", &zone)))
		return;
	for (size_t i = 0; i < COUNT(rows); i++) {
		time_us got = 0, expected = 0;
		int64_t again = -1;

		test_row(rows[i].text);
		CHECK(recon_time(str_of(rows[i].text), RECON_DMY, zone, &got,
				 &again) == 0);
		CHECK(time_parse(str_of(rows[i].expected), &expected) == 0);
		CHECK(got == expected && again == rows[i].again_s * US_PER_S);
	}
	test_row(NULL);
	zone_free(zone);
}

static void
decimals_are_seen(void)
{
	CHECK(recon_money_decimal(str_of("0,02")) == ',');
	CHECK(recon_money_decimal(str_of("EUR 1.234,5")) == ',');
	CHECK(recon_money_decimal(str_of("1.234")) == '.');
	CHECK(recon_money_decimal(str_of("12")) == '\0');
	CHECK(recon_money_decimal(str_of("1,234")) == '\0');
	CHECK(recon_money_decimal(str_of("x")) == '\0');
}

static const struct {
	const char *text;
	char decimal;
	int err;
	const char *expected;
} amounts[] = {
	{ "1,234.56", 0, 0, "1234.56" },
	{ "1.234,56", 0, 0, "1234.56" },
	{ "1'234.56", 0, 0, "1234.56" },
	{ "0,0125", 0, 0, "0.0125" },
	{ "0,125", 0, 0, "0.125" },
	{ "1.234", 0, 0, "1.234" },
	{ "1,234", 0, ERR_INVAL, NULL },
	{ "1,234", '.', 0, "1234" },
	{ "1,234", ',', 0, "1.234" },
	{ "1,234,567", 0, 0, "1234567" },
	{ "EUR 3", 0, 0, "3" },
	{ "$-1.20", 0, 0, "-1.2" },
	{ "1.2.3,4,5", 0, ERR_SYNTAX, NULL },
	{ "1-2", 0, ERR_SYNTAX, NULL },
	{ "- 3 EUR", 0, 0, "-3" },
	{ "\xe2\x82\xac 1\xc2\xa0" "234,50", 0, 0, "1234.5" },
	{ "12,34,567.80", 0, 0, "1234567.8" },
	/* not what they look like */
	{ "0.02", ',', ERR_SYNTAX, NULL },
	{ "0,02", '.', ERR_SYNTAX, NULL },
	{ "1.23,4", 0, ERR_SYNTAX, NULL },
	{ "1,2345", '.', ERR_SYNTAX, NULL },
	{ "1.234.56", 0, ERR_SYNTAX, NULL },
	{ "1.5 000", 0, ERR_SYNTAX, NULL },
	{ "3e5", 0, ERR_SYNTAX, NULL },
	{ "12x34", 0, ERR_SYNTAX, NULL },
	{ "(1.20)", 0, ERR_SYNTAX, NULL },
	{ "1.20?", 0, ERR_SYNTAX, NULL },
	{ "1.20-", 0, ERR_SYNTAX, NULL },
	{ "free", 0, ERR_SYNTAX, NULL },
	{ "99999999999999999999", 0, ERR_RANGE, NULL },
	{ "", 0, ERR_SYNTAX, NULL },
};

static void
amounts_are_read(void)
{
	for (size_t i = 0; i < COUNT(amounts); i++) {
		money_e8 got = 0, expected = 0;
		int err =
		    recon_money(str_of(amounts[i].text), amounts[i].decimal,
				&got);

		test_row(amounts[i].text);
		CHECK(err == amounts[i].err);
		if (amounts[i].expected == NULL)
			continue;
		CHECK(money_parse(str_of(amounts[i].expected), &expected) == 0);
		CHECK(got == expected);
	}
}

static void
durations_and_numbers_are_read(void)
{
	static const struct {
		const char *text;
		int64_t us; /* -1: none */
	} durations[] = {
		{ "61", 61000000 },	  { "61.5", 61500000 },
		{ "61,5", 61500000 },	  { "1:01", 61000000 },
		{ "1:00:01.25", 3601250000 }, { "0:61", -1 },
		{ "-1", -1 },		  { "1:2:3:4", -1 },
		{ "", -1 },		  { "x", -1 },
	};
	static const struct {
		const char *text;
		uint64_t digits; /* 0: none */
	} numbers[] = {
		{ "+49 (30) 123-45", 493012345 }, { "004930", 4930 },
		{ "sip:4930@host", 4930 },	  { "4930", 4930 },
		{ "anonymous", 0 },		  { "", 0 },
		{ "000", 0 }, { "1234567890123456789", 0 },
	};

	for (size_t i = 0; i < COUNT(durations); i++) {
		int64_t us = 0;

		test_row(durations[i].text);
		CHECK((recon_duration(str_of(durations[i].text), &us) == 0
			   ? us
			   : -1) == durations[i].us);
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		uint64_t digits = 0;

		test_row(numbers[i].text);
		CHECK((recon_number(str_of(numbers[i].text), &digits) == 0
			   ? digits
			   : 0) == numbers[i].digits);
	}
}

static const struct test tests[] = {
	{ "times in many notations", times_are_read, false },
	{ "times that come twice", times_may_come_twice, false },
	{ "what begins the decimals", decimals_are_seen, true },
	{ "amounts in many notations, none guessed", amounts_are_read, true },
	{ "durations and numbers", durations_and_numbers_are_read, true },
};
const struct test_suite suite_recon_value = TEST_SUITE("recon_value", tests);
