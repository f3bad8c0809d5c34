/* test_band.c - weekly and holiday times */
#include "tel/band.h"

#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define MINUTE_US (60 * US_PER_S)
#define DAY_MIN 1440
#define WEEK_MIN (7 * DAY_MIN)
#define FORTNIGHT_MIN (2 * WEEK_MIN)

static const struct {
	const char *text;
	struct band band;
	const char *canonical;
} parsed_rows[] = {
	{ "", { BAND_ALWAYS, 0, 0, 0 }, "" },
	{ "  ", { BAND_ALWAYS, 0, 0, 0 }, "" },
	{ "holidays", { BAND_HOLIDAYS, 0, 0, 0 }, "holidays" },
	{ " Holidays ", { BAND_HOLIDAYS, 0, 0, 0 }, "holidays" },
	{ "mon-fri 08:00-18:00",
	  { BAND_WEEKLY, 0x1f, 480, 1080 },
	  "mon-fri 08:00-18:00" },
	{ "Mon-Fri\t8:00 - 18:00",
	  { BAND_WEEKLY, 0x1f, 480, 1080 },
	  "mon-fri 08:00-18:00" },
	{ "sat,sun", { BAND_WEEKLY, 0x60, 0, 1440 }, "sat,sun" },
	{ "sun, sat", { BAND_WEEKLY, 0x60, 0, 1440 }, "sat,sun" },
	{ "sat-sun", { BAND_WEEKLY, 0x60, 0, 1440 }, "sat,sun" },
	{ "18:00-24:00", { BAND_WEEKLY, 0x7f, 1080, 1440 }, "18:00-24:00" },
	{ "18:00-00:00", { BAND_WEEKLY, 0x7f, 1080, 1440 }, "18:00-24:00" },
	{ "mon-sun 18:00-24:00",
	  { BAND_WEEKLY, 0x7f, 1080, 1440 },
	  "18:00-24:00" },
	{ "22:00-06:00", { BAND_WEEKLY, 0x7f, 1320, 360 }, "22:00-06:00" },
	{ "mon-sun", { BAND_WEEKLY, 0x7f, 0, 1440 }, "mon-sun" },
	{ "00:00-24:00", { BAND_WEEKLY, 0x7f, 0, 1440 }, "mon-sun" },
	{ "fri-mon", { BAND_WEEKLY, 0x71, 0, 1440 }, "mon,fri-sun" },
	{ "tue", { BAND_WEEKLY, 0x02, 0, 1440 }, "tue" },
	{ "wed-wed", { BAND_WEEKLY, 0x04, 0, 1440 }, "wed" },
	{ "mon,tue,thu,fri,sun 22:15-06:45",
	  { BAND_WEEKLY, 0x5b, 1335, 405 },
	  "mon,tue,thu,fri,sun 22:15-06:45" },
	{ "mon,tue,mon-wed", { BAND_WEEKLY, 0x07, 0, 1440 }, "mon-wed" },
	{ "sun 08:00-08:00",
	  { BAND_WEEKLY, 0x40, 480, 480 },
	  "sun 08:00-08:00" },
	{ "23:59-00:01", { BAND_WEEKLY, 0x7f, 1439, 1 }, "23:59-00:01" },
};

static void
texts_are_parsed_and_have_one_form(void)
{
	for (size_t i = 0; i < N(parsed_rows); i++) {
		struct band band, again;
		char out[BAND_TEXT_MAX];

		test_row(parsed_rows[i].text);
		if (!OK(band_parse(str_of(parsed_rows[i].text), &band)))
			continue;
		CHECK(memcmp(&band, &parsed_rows[i].band, sizeof(band)) == 0);
		CHECK(strcmp(band_format(&band, out),
			     parsed_rows[i].canonical) == 0);
		if (OK(band_parse(str_of(out), &again)))
			CHECK(memcmp(&band, &again, sizeof(band)) == 0);
	}
}

static void
other_texts_are_refused(void)
{
	static const struct {
		const char *text;
		int err;
	} rows[] = {
		{ "always", ERR_SYNTAX },
		{ "mo", ERR_SYNTAX },
		{ "monday", ERR_SYNTAX },
		{ "mon,", ERR_SYNTAX },
		{ ",mon", ERR_SYNTAX },
		{ "mon,,tue", ERR_SYNTAX },
		{ "mon-", ERR_SYNTAX },
		{ "-mon", ERR_SYNTAX },
		{ "mon-tue-wed", ERR_SYNTAX },
		{ "mon08:00-18:00", ERR_SYNTAX },
		{ "mon 08:00", ERR_SYNTAX },
		{ "mon 08-18", ERR_SYNTAX },
		{ "08:00-", ERR_SYNTAX },
		{ "08:0-18:00", ERR_SYNTAX },
		{ "08:000-18:00", ERR_SYNTAX },
		{ "008:00-18:00", ERR_SYNTAX },
		{ "08:00:00-18:00", ERR_SYNTAX },
		{ "08:00-18:00 mon", ERR_SYNTAX },
		{ "08:00-12:00,14:00-18:00", ERR_SYNTAX },
		{ "holidays 08:00-18:00", ERR_SYNTAX },
		{ "0x:00-18:00", ERR_SYNTAX },
		{ "08:60-18:00", ERR_RANGE },
		{ "24:00-06:00", ERR_RANGE },
		{ "08:00-24:01", ERR_RANGE },
		{ "08:00-25:00", ERR_RANGE },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct band band;

		test_row(rows[i].text);
		CHECK(band_parse(str_of(rows[i].text), &band) == rows[i].err);
	}
}

static struct band
band_of(const char *text)
{
	struct band band = { 0 };

	CHECK(band_parse(str_of(text), &band) == 0);
	return band;
}

static time_us
time_of(const char *text)
{
	time_us t = 0;

	CHECK(time_parse(str_of(text), &t) == 0);
	return t;
}

static void
a_band_has_an_instant_or_not(void)
{
	/* 2026-11-23 is a Monday; Berlin is an hour ahead of UTC then. */
	static const struct {
		const char *band, *at;
		bool expected;
	} rows[] = {
		{ "", "1955-01-01T00:00:00Z", true },
		{ "mon", "2026-11-22T22:59:59.999999Z", false },
		{ "mon", "2026-11-22T23:00:00Z", true },
		{ "mon", "2026-11-23T22:59:59.999999Z", true },
		{ "mon", "2026-11-23T23:00:00Z", false },
		{ "08:00-18:00", "2026-11-23T06:59:59.999999Z", false },
		{ "08:00-18:00", "2026-11-23T07:00:00Z", true },
		{ "08:00-18:00", "2026-11-23T16:59:59.999999Z", true },
		{ "08:00-18:00", "2026-11-23T17:00:00Z", false },
		{ "sun 22:00-06:00", "2026-11-22T20:59:59Z", false },
		{ "sun 22:00-06:00", "2026-11-22T21:00:00Z", true },
		{ "sun 22:00-06:00", "2026-11-23T04:59:59Z", true },
		{ "sun 22:00-06:00", "2026-11-23T05:00:00Z", false },
		{ "sun 22:00-06:00", "2026-11-22T04:00:00Z", false },
		{ "sun 08:00-08:00", "2026-11-23T06:59:59Z", true },
		{ "sun 08:00-08:00", "2026-11-23T07:00:00Z", false },
		{ "thu", "1969-12-31T23:00:00Z", true },
		{ "wed", "1969-12-31T22:59:59Z", true },
		{ "mon", "1969-12-28T23:00:00Z", true },
		{ "sun", "1969-12-28T22:59:59.5Z", true },
		{ "holidays", "2026-12-24T22:59:59.999999Z", false },
		{ "holidays", "2026-12-24T23:00:00Z", true },
		{ "holidays", "2026-12-26T22:59:59Z", true },
		{ "holidays", "2026-12-26T23:00:00Z", false },
	};
	int64_t days[] = { days_from_date(2026, 12, 25),
			   days_from_date(2026, 12, 26) };
	struct holidays holidays = { days, 2 };
	struct zone *berlin;

	if (!OK(zone_new("Europe/Berlin", &berlin)))
		return;
	for (size_t i = 0; i < N(rows); i++) {
		struct band band = band_of(rows[i].band);

		test_row(rows[i].at);
		CHECK(band_has(&band, berlin, &holidays, time_of(rows[i].at)) ==
		      rows[i].expected);
	}
	zone_free(berlin);
}

/* Minute by minute, from the days and times: whether it is in the band. */
static void
fill_week(const struct band *band, bool week[WEEK_MIN])
{
	int len = band->until_min - band->from_min;

	memset(week, 0, WEEK_MIN * sizeof(week[0]));
	if (len <= 0)
		len += DAY_MIN;
	for (int day = 0; day < 7; day++) {
		for (int i = 0; i < len && (band->days >> day & 1); i++)
			week[(day * DAY_MIN + band->from_min + i) % WEEK_MIN] =
			    true;
	}
}

struct fortnight {
	const struct zone *zone;
	struct holidays holidays;
	time_us begin;
	bool has[FORTNIGHT_MIN];
};

static time_us
minute_at(const struct fortnight *f, int i)
{
	return f->begin + i * MINUTE_US;
}

/* What the band has, from the week's minutes or the holidays. */
static void
fill_fortnight(struct fortnight *f, const struct band *band)
{
	bool week[WEEK_MIN];

	fill_week(band, week);
	for (int i = 0; i < FORTNIGHT_MIN; i++) {
		time_us t = minute_at(f, i);
		int64_t local = t / US_PER_S + zone_offset_s(f->zone, t);
		int64_t day = local / 86400; /* 0 was a Thursday */

		f->has[i] =
		    week[((day + 3) % 7) * DAY_MIN + local / 60 % DAY_MIN];
		for (size_t k = 0;
		     band->kind == BAND_HOLIDAYS && k < f->holidays.n; k++)
			f->has[i] |= f->holidays.days[k] == day;
	}
}

/* The band against the brute force: has at every minute, and no change
 * before what next_change says. */
static void
check_fortnight(struct fortnight *f, const struct band *band)
{
	time_us change = INT64_MAX; /* the true one after minute i */
	time_us next;
	int n_jumps = 0;

	fill_fortnight(f, band);
	for (int i = FORTNIGHT_MIN - 1; i >= 0; i--) {
		time_us t = minute_at(f, i);

		if (!CHECK(band_has(band, f->zone, &f->holidays, t) ==
			   f->has[i]))
			return;
		next = band_next_change(band, f->zone, &f->holidays, t);
		if (!CHECK(next > t && next <= change))
			return;
		if (i == 0)
			break;
		if (f->has[i] != f->has[i - 1])
			change = t;
		next = band_next_change(band, f->zone, &f->holidays, t - 1);
		if (!CHECK(next >= t && next <= change))
			return;
	}
	for (next = f->begin; next < minute_at(f, FORTNIGHT_MIN); n_jumps++)
		next = band_next_change(band, f->zone, &f->holidays, next);
	/* three edges a day, a clock change and what it repeats */
	CHECK(n_jumps <= 14 * 3 + 4);
}

static const char *const some_bands[] = {
	"mon-fri 08:00-18:00", "sat,sun",
	"18:00-24:00",         "22:00-06:00",
	"sun 22:00-06:00",     "02:00-03:00",
	"sun 02:30-03:30",     "mon-sun",
	"sat 00:00-00:01",     "fri 23:59-00:01",
	"wed,sun 08:00-08:00", "holidays",
};

static void
changes_are_found_across_clock_changes(void)
{
	static const char *const begins[] = { "2026-03-20T00:00:00Z",
					      "2026-10-17T00:00:00Z" };
	static const char *const zones[] = { "Europe/Berlin", "Asia/Kolkata",
					     "America/St_Johns", "UTC" };
	static struct fortnight f;
	int64_t days[] = { days_from_date(2026, 3, 29),
			   days_from_date(2026, 4, 1),
			   days_from_date(2026, 10, 24),
			   days_from_date(2026, 10, 25) };

	for (size_t i = 0; i < N(zones) * N(begins); i++) {
		struct zone *zone;

		if (!OK(zone_new(zones[i / N(begins)], &zone)))
			return;
		f.zone = zone;
		f.holidays = (struct holidays){ days, N(days) };
		f.begin = time_of(begins[i % N(begins)]);
		for (size_t k = 0; k < N(some_bands); k++) {
			struct band band = band_of(some_bands[k]);

			test_row(some_bands[k]);
			check_fortnight(&f, &band);
		}
		zone_free(zone);
	}
}

static void
what_never_changes_says_so(void)
{
	struct holidays holidays = { NULL, 0 };
	struct band always = band_of(""), week = band_of("mon-sun");
	struct band days = band_of("holidays"), night = band_of("22:00-06:00");
	int64_t past[] = { 0, 1 };

	CHECK(band_next_change(&always, NULL, &holidays, 0) == INT64_MAX);
	CHECK(band_next_change(&week, NULL, &holidays, 0) == INT64_MAX);
	CHECK(band_next_change(&days, NULL, &holidays, 0) == INT64_MAX);
	holidays = (struct holidays){ past, 2 };
	CHECK(band_next_change(&days, NULL, &holidays, 200000 * US_PER_S) ==
	      INT64_MAX);
	CHECK(band_next_change(&days, NULL, &holidays, -1) == 0);
	CHECK(band_next_change(&night, NULL, &holidays, INT64_MAX - 1) ==
	      INT64_MAX);
}

static void
bands_meet_where_their_minutes_do(void)
{
	bool a[WEEK_MIN], b[WEEK_MIN];

	for (size_t i = 0; i < N(some_bands) * N(some_bands); i++) {
		struct band x = band_of(some_bands[i / N(some_bands)]);
		struct band y = band_of(some_bands[i % N(some_bands)]);
		bool meet = false;

		test_row(some_bands[i / N(some_bands)]);
		if (x.kind == BAND_WEEKLY && y.kind == BAND_WEEKLY) {
			fill_week(&x, a);
			fill_week(&y, b);
			for (int k = 0; k < WEEK_MIN; k++)
				meet |= a[k] && b[k];
		} else {
			meet = x.kind == y.kind;
		}
		CHECK(band_overlaps(&x, &y) == meet);
	}
}

static void
always_overlaps_only_always(void)
{
	struct band always = band_of(""), week = band_of("mon-sun");
	struct band days = band_of("holidays");

	CHECK(band_overlaps(&always, &always));
	CHECK(!band_overlaps(&always, &week));
	CHECK(!band_overlaps(&week, &always));
	CHECK(!band_overlaps(&always, &days));
	CHECK(!band_overlaps(&week, &days));
	CHECK(band_overlaps(&days, &days));
}

static const struct test tests[] = {
	{ "texts are parsed and have one form",
	  texts_are_parsed_and_have_one_form, true },
	{ "other texts are refused", other_texts_are_refused, true },
	{ "a band has an instant or not", a_band_has_an_instant_or_not, false },
	/* not swept: only zones are allocated, eight times over */
	{ "changes are found across clock changes",
	  changes_are_found_across_clock_changes, true },
	{ "what never changes says so", what_never_changes_says_so, true },
	{ "bands meet where their minutes do",
	  bands_meet_where_their_minutes_do, true },
	{ "always overlaps only always", always_overlaps_only_always, true },
};

const struct test_suite suite_band = TEST_SUITE("band", tests);
