/* test_zone.c - offsets, their changes, and local times */
#include "base/zone.h"

#include <pthread.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

/* The instant of an RFC 3339 text of this file. */
static time_us
at(const char *text)
{
	time_us t = 0;

	CHECK(time_parse(str_of(text), &t) == 0);
	return t;
}

static void
offsets_are_those_of_the_zone(void)
{
	static const struct {
		const char *zone, *t;
		int32_t offset_s;
	} rows[] = {
		{ "Europe/Berlin", "2026-03-29T00:59:59.999999Z", 3600 },
		{ "Europe/Berlin", "2026-03-29T01:00:00Z", 7200 },
		{ "Europe/Berlin", "2026-10-25T00:59:59.999999Z", 7200 },
		{ "Europe/Berlin", "2026-10-25T01:00:00Z", 3600 },
		{ "Europe/Berlin", "2026-12-31T12:00:00Z", 3600 },
		{ "Europe/Berlin", "2099-07-01T00:00:00Z", 7200 },
		{ "Europe/Berlin", "2099-12-01T00:00:00Z", 3600 },
		{ "Europe/Berlin", "1970-01-01T00:00:00Z", 3600 },
		{ "Europe/Dublin", "2026-01-01T00:00:00Z", 0 },
		{ "Europe/Dublin", "2026-07-01T00:00:00Z", 3600 },
		{ "Europe/Dublin", "2060-01-01T00:00:00Z", 0 },
		{ "Europe/Dublin", "2060-03-28T00:59:59Z", 0 },
		{ "Europe/Dublin", "2060-03-28T01:00:00Z", 3600 },
		{ "Europe/Dublin", "2060-10-31T00:59:59Z", 3600 },
		{ "Europe/Dublin", "2060-10-31T01:00:00Z", 0 },
		{ "Australia/Lord_Howe", "2026-01-01T00:00:00Z", 39600 },
		{ "Australia/Lord_Howe", "2026-07-01T00:00:00Z", 37800 },
		{ "Asia/Kolkata", "2026-01-01T00:00:00Z", 19800 },
		{ "Asia/Kathmandu", "2026-01-01T00:00:00Z", 20700 },
		{ "America/New_York", "2026-07-01T00:00:00Z", -14400 },
		{ "America/Sao_Paulo", "2026-01-01T00:00:00Z", -10800 },
		{ "Pacific/Apia", "2011-12-30T09:59:59Z", -36000 },
		{ "Pacific/Apia", "2011-12-30T10:00:00Z", 50400 },
		{ "UTC", "2026-07-01T00:00:00Z", 0 },
		{ "", "2026-07-01T00:00:00Z", 0 },
		{ "Etc/GMT+5", "2026-07-01T00:00:00Z", -18000 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct zone *zone;

		test_row(rows[i].zone);
		if (!OK(zone_new(rows[i].zone, &zone)))
			continue;
		test_row(rows[i].t);
		CHECK(zone_offset_s(zone, at(rows[i].t)) == rows[i].offset_s);
		zone_free(zone);
	}
	CHECK(zone_offset_s(NULL, at("2026-07-01T00:00:00Z")) == 0);
}

static void
the_next_change_is_the_very_next(void)
{
	static const struct {
		const char *zone, *t, *next; /* next NULL: never again */
	} rows[] = {
		{ "Europe/Berlin", "2026-01-01T00:00:00Z",
		  "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", "2026-03-29T00:59:59.999999Z",
		  "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", "2026-03-29T01:00:00Z",
		  "2026-10-25T01:00:00Z" },
		{ "Europe/Berlin", "2026-10-25T01:00:00Z",
		  "2027-03-28T01:00:00Z" },
		{ "Europe/Berlin", "2037-12-01T00:00:00Z",
		  "2038-03-28T01:00:00Z" },
		{ "Europe/Berlin", "2099-11-01T00:00:00Z",
		  "2100-03-28T01:00:00Z" },
		{ "Australia/Lord_Howe", "2026-01-01T00:00:00Z",
		  "2026-04-04T15:00:00Z" },
		{ "Australia/Lord_Howe", "2026-07-01T00:00:00Z",
		  "2026-10-03T15:30:00Z" },
		{ "Australia/Lord_Howe", "2090-07-01T00:00:00Z",
		  "2090-09-30T15:30:00Z" },
		{ "America/New_York", "2050-01-01T00:00:00Z",
		  "2050-03-13T07:00:00Z" },
		{ "Europe/Dublin", "2060-01-01T00:00:00Z",
		  "2060-03-28T01:00:00Z" },
		/* Daylight time's name went in 1971, not its offset. */
		{ "Europe/London", "1970-01-01T00:00:00Z",
		  "1971-10-31T02:00:00Z" },
		{ "Asia/Kolkata", "1970-01-01T00:00:00Z", NULL },
		{ "Asia/Tokyo", "2026-01-01T00:00:00Z", NULL },
		{ "America/Sao_Paulo", "2026-01-01T00:00:00Z", NULL },
		{ "UTC", "2026-01-01T00:00:00Z", NULL },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct zone *zone;
		time_us next;

		test_row(rows[i].zone);
		if (!OK(zone_new(rows[i].zone, &zone)))
			continue;
		next = rows[i].next != NULL ? at(rows[i].next) : INT64_MAX;
		test_row(rows[i].t);
		CHECK(zone_next_change(zone, at(rows[i].t)) == next);
		zone_free(zone);
	}
	CHECK(zone_next_change(NULL, 0) == INT64_MAX);
}

struct local_row {
	const char *what, *zone;
	int year, month, day;
	int64_t second_of_day;
	const char *t;
};

static const struct local_row local_rows[] = {
	{ "midnight in winter", "Europe/Berlin", 2026, 1, 15, 0,
	  "2026-01-14T23:00:00Z" },
	{ "midnight in summer", "Europe/Berlin", 2026, 7, 15, 0,
	  "2026-07-14T22:00:00Z" },
	{ "the last second before the gap", "Europe/Berlin", 2026, 3, 29, 7199,
	  "2026-03-29T00:59:59Z" },
	{ "the first skipped second", "Europe/Berlin", 2026, 3, 29, 7200,
	  "2026-03-29T01:00:00Z" },
	{ "the last skipped second", "Europe/Berlin", 2026, 3, 29, 10799,
	  "2026-03-29T01:00:00Z" },
	{ "the first second after the gap", "Europe/Berlin", 2026, 3, 29, 10800,
	  "2026-03-29T01:00:00Z" },
	{ "02:30 that occurs twice", "Europe/Berlin", 2026, 10, 25, 9000,
	  "2026-10-25T00:30:00Z" },
	{ "02:00 that occurs twice", "Europe/Berlin", 2026, 10, 25, 7200,
	  "2026-10-25T00:00:00Z" },
	{ "03:00 that occurs once again", "Europe/Berlin", 2026, 10, 25, 10800,
	  "2026-10-25T02:00:00Z" },
	{ "24:00 of a day", "Europe/Berlin", 2026, 3, 29, 86400,
	  "2026-03-29T22:00:00Z" },
	{ "a gap of half an hour", "Australia/Lord_Howe", 2026, 10, 4, 8100,
	  "2026-10-03T15:30:00Z" },
	{ "behind a gap of half an hour", "Australia/Lord_Howe", 2026, 10, 4,
	  9000, "2026-10-03T15:30:00Z" },
	{ "half an hour twice", "Australia/Lord_Howe", 2026, 4, 5, 6300,
	  "2026-04-04T14:45:00Z" },
	{ "a day that was left out", "Pacific/Apia", 2011, 12, 30, 43200,
	  "2011-12-30T10:00:00Z" },
	{ "the day behind it", "Pacific/Apia", 2011, 12, 31, 0,
	  "2011-12-30T10:00:00Z" },
	{ "west of Greenwich", "America/New_York", 2026, 11, 23, 0,
	  "2026-11-23T05:00:00Z" },
	{ "far in the future", "Europe/Berlin", 2099, 7, 1, 0,
	  "2099-06-30T22:00:00Z" },
	{ "no zone", NULL, 2026, 7, 1, 3600, "2026-07-01T01:00:00Z" },
};

static void
a_local_time_is_one_instant(void)
{
	for (size_t i = 0; i < N(local_rows); i++) {
		const struct local_row *row = &local_rows[i];
		struct zone *zone = NULL;
		int64_t days = days_from_date(row->year, row->month, row->day);

		test_row(row->what);
		if (row->zone != NULL && !OK(zone_new(row->zone, &zone)))
			continue;
		CHECK(zone_instant(zone, days, row->second_of_day) ==
		      at(row->t));
		zone_free(zone);
	}
}

static void
an_instant_is_one_local_time(void)
{
	static const struct {
		const char *zone, *t;
		int year, month, day;
		int32_t second_of_day;
	} rows[] = {
		{ "Europe/Berlin", "2026-03-29T00:59:59.999999Z", 2026, 3, 29,
		  7199 },
		{ "Europe/Berlin", "2026-03-29T01:00:00Z", 2026, 3, 29, 10800 },
		{ "Europe/Berlin", "2026-12-31T23:00:00Z", 2027, 1, 1, 0 },
		{ "America/New_York", "2026-01-01T04:59:59Z", 2025, 12, 31,
		  86399 },
		{ "America/New_York", "1969-12-31T23:59:59.999999Z", 1969, 12,
		  31, 68399 },
		{ "UTC", "1969-12-31T23:59:59.999999Z", 1969, 12, 31, 86399 },
		{ "UTC", "2026-07-01T12:00:00Z", 2026, 7, 1, 43200 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct zone *zone;
		int64_t days;
		int32_t second;

		test_row(rows[i].t);
		if (!OK(zone_new(rows[i].zone, &zone)))
			continue;
		zone_local(zone, at(rows[i].t), &days, &second);
		CHECK(days ==
		      days_from_date(rows[i].year, rows[i].month, rows[i].day));
		CHECK(second == rows[i].second_of_day);
		zone_free(zone);
	}
}

/* From one end to the other, whatever the zone's rules are. */
static void
offsets_change_where_the_next_change_says(void)
{
	static const char *const names[] = { "Europe/Berlin",
					     "Africa/Casablanca",
					     "America/Nuuk" };

	for (size_t i = 0; i < N(names); i++) {
		struct zone *zone;
		time_us t = 0, next;

		test_row(names[i]);
		if (!OK(zone_new(names[i], &zone)))
			continue;
		while ((next = zone_next_change(zone, t)) != INT64_MAX) {
			CHECK(next > t);
			CHECK(zone_offset_s(zone, next - 1) ==
			      zone_offset_s(zone, t));
			CHECK(zone_offset_s(zone, next) !=
			      zone_offset_s(zone, t));
			t = next;
		}
		CHECK(t > at("2010-01-01T00:00:00Z"));
		zone_free(zone);
	}
}

static void
what_is_no_zone_is_not_found(void)
{
	static const char *const names[] = {
		"Europe/Nowhere",
		"Europe",
		"europe/berlin",
		"/etc/localtime",
		"../etc/passwd",
		"Europe/../Europe/Berlin",
		"+01:00",
		"CET-1CEST",
		"CET-1CEST,M3.5.0,M10.5.0",
		"leapseconds",
		" Europe/Berlin",
		"Europe/Berlin ",
		"Z",
		":Europe/Berlin",
		"tzdata.zi",
	};

	for (size_t i = 0; i < N(names); i++) {
		struct zone *zone = NULL;

		test_row(names[i]);
		CHECK(zone_new(names[i], &zone) == ERR_NOTFOUND);
		CHECK(zone == NULL);
	}
	zone_free(NULL);
}

static void *
look_up(void *arg)
{
	const struct zone *zone = arg;
	size_t wrong = 0;

	for (int64_t day = 0; day < 20000; day++) {
		int64_t days;
		int32_t second;
		time_us t = zone_instant(zone, day, 43200);

		zone_local(zone, t, &days, &second);
		wrong += days != day || second != 43200;
	}
	return (void *)(uintptr_t)wrong;
}

static void
threads_share_a_zone(void)
{
	pthread_t threads[4];
	struct zone *zone;
	void *wrong;

	if (!OK(zone_new("Europe/Berlin", &zone)))
		return;
	for (size_t i = 0; i < N(threads); i++)
		CHECK(pthread_create(&threads[i], NULL, look_up, zone) == 0);
	for (size_t i = 0; i < N(threads); i++) {
		pthread_join(threads[i], &wrong);
		CHECK(wrong == NULL);
	}
	zone_free(zone);
}

static const struct test tests[] = {
	{ "offsets are those of the zone", offsets_are_those_of_the_zone,
	  false },
	{ "the next change is the very next, also after 2037",
	  the_next_change_is_the_very_next, false },
	{ "a local time is one instant, also in gaps and when it occurs twice",
	  a_local_time_is_one_instant, false },
	{ "an instant is one local time", an_instant_is_one_local_time, false },
	{ "offsets change where the next change says, and nowhere else",
	  offsets_change_where_the_next_change_says, true },
	{ "what is no IANA name is not found", what_is_no_zone_is_not_found,
	  true },
	{ "threads share a zone", threads_share_a_zone, true },
};

const struct test_suite suite_zone = TEST_SUITE("zone", tests);
