/* band.c - weekly and holiday times: text, membership, the next change */
#include "tel/band.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define DAYS 7
#define ALL_DAYS 0x7f
#define DAY_MIN 1440
#define DAY_S 86400
#define WEEK_MIN (DAYS * DAY_MIN)

static const char day_names[DAYS][4] = { "mon", "tue", "wed", "thu",
					 "fri", "sat", "sun" };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* 0 = Monday; 1970-01-01 was a Thursday. */
static unsigned
weekday(int64_t local_day)
{
	return (unsigned)(((local_day + 3) % DAYS + DAYS) % DAYS);
}

static int
parse_day(struct str text, unsigned *out)
{
	text = str_trim(text);
	for (unsigned i = 0; i < DAYS; i++) {
		if (str_eq_nocase(text, str_of(day_names[i]))) {
			*out = i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

/* "fri" or "fri-mon", which goes round the end of the week. */
static int
parse_day_range(struct str text, uint8_t *days)
{
	unsigned first, last;
	struct str rest = text;
	int err = parse_day(str_cut(&rest, '-'), &first);

	if (err != 0)
		return err;
	last = first;
	if (rest.p != NULL)
		err = parse_day(rest, &last);
	if (err != 0)
		return err;
	for (unsigned day = first;; day = (day + 1) % DAYS) {
		*days |= (uint8_t)(1u << day);
		if (day == last)
			return 0;
	}
}

static int
parse_days(struct str text, uint8_t *days)
{
	struct str rest = text;

	*days = 0;
	while (rest.p != NULL) {
		int err = parse_day_range(str_cut(&rest, ','), days);

		if (err != 0)
			return err;
	}
	return 0;
}

/* "8:00" or "08:00" in minutes of the day, up to max. */
static int
parse_time(struct str text, unsigned max, uint16_t *out)
{
	struct str minutes = str_trim(text);
	struct str hours = str_cut(&minutes, ':');
	uint64_t hour, minute;

	if (hours.len < 1 || hours.len > 2 || minutes.len != 2)
		return ERR_SYNTAX;
	if (str_parse_u64(hours, 99, &hour) != 0 ||
	    str_parse_u64(minutes, 99, &minute) != 0)
		return ERR_SYNTAX;
	if (minute > 59 || hour * 60 + minute > max)
		return ERR_RANGE;
	*out = (uint16_t)(hour * 60 + minute);
	return 0;
}

static int
parse_times(struct str text, struct band *out)
{
	struct str until = text;
	int err = parse_time(str_cut(&until, '-'), DAY_MIN - 1, &out->from_min);

	if (err == 0)
		err = parse_time(until, DAY_MIN, &out->until_min);
	if (err == 0 && out->until_min == 0)
		out->until_min = DAY_MIN; /* midnight is the end of the day */
	return err;
}

/* Days, times or both; the times begin at the first digit. */
static int
parse_weekly(struct str text, struct band *out)
{
	struct str days, times;
	size_t at = 0;
	int err = 0;

	while (at < text.len && !is_digit(text.p[at]))
		at++;
	days = str_trim(str_make(text.p, at));
	times = str_make(text.p + at, text.len - at);
	if (days.len > 0 && days.len == at && times.len > 0)
		return ERR_SYNTAX; /* nothing between them */
	if (days.len > 0)
		err = parse_days(days, &out->days);
	if (err == 0 && times.len > 0)
		err = parse_times(times, out);
	return err;
}

int
band_parse(struct str text, struct band *out)
{
	text = str_trim(text);
	*out = (struct band){ .kind = BAND_ALWAYS };
	if (text.len == 0)
		return 0;
	if (str_eq_nocase(text, str_of("holidays"))) {
		out->kind = BAND_HOLIDAYS;
		return 0;
	}
	*out = (struct band){ .kind = BAND_WEEKLY,
			      .days = ALL_DAYS,
			      .until_min = DAY_MIN };
	return parse_weekly(text, out);
}

static bool
is_whole_day(const struct band *band)
{
	return band->from_min == 0 && band->until_min == DAY_MIN;
}

/* Days first..last: "mon", "sat,sun", "mon-fri". */
static size_t
format_run(unsigned first, unsigned last, char *out, size_t cap)
{
	int len;

	if (first == last)
		len = snprintf(out, cap, "%s", day_names[first]);
	else
		len = snprintf(out, cap, "%s%c%s", day_names[first],
			       last == first + 1 ? ',' : '-', day_names[last]);
	return (size_t)len;
}

static size_t
format_days(unsigned days, char *out, size_t cap)
{
	size_t len = 0;

	for (unsigned first = 0, last; first < DAYS; first = last + 1) {
		last = first;
		if ((days >> first & 1) == 0)
			continue;
		while (days >> (last + 1) & 1)
			last++;
		if (len > 0)
			out[len++] = ',';
		len += format_run(first, last, out + len, cap - len);
	}
	return len;
}

static const char *
format_weekly(const struct band *band, char out[BAND_TEXT_MAX])
{
	size_t len = 0;

	out[0] = '\0';
	if (band->days != ALL_DAYS || is_whole_day(band))
		len = format_days(band->days, out, BAND_TEXT_MAX);
	if (!is_whole_day(band))
		snprintf(out + len, BAND_TEXT_MAX - len,
			 "%s%02d:%02d-%02d:%02d", len > 0 ? " " : "",
			 band->from_min / 60, band->from_min % 60,
			 band->until_min / 60, band->until_min % 60);
	return out;
}

const char *
band_format(const struct band *band, char out[BAND_TEXT_MAX])
{
	if (band->kind == BAND_WEEKLY)
		return format_weekly(band, out);
	strcpy(out, band->kind == BAND_HOLIDAYS ? "holidays" : "");
	return out;
}

/* The index of the first holiday on or after a local day. */
static size_t
holiday_from(const struct holidays *holidays, int64_t day)
{
	size_t low = 0, high = holidays->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (holidays->days[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
is_holiday(const struct holidays *holidays, int64_t day)
{
	size_t at = holiday_from(holidays, day);

	return at < holidays->n && holidays->days[at] == day;
}

static bool
has_weekly(const struct band *band, int64_t day, int32_t second)
{
	unsigned today = weekday(day);
	bool on_today = band->days >> today & 1;
	bool on_yesterday = band->days >> (today + DAYS - 1) % DAYS & 1;
	int32_t from = band->from_min * 60;
	int32_t until = band->until_min * 60;

	if (until > from)
		return on_today && second >= from && second < until;
	return (on_today && second >= from) || (on_yesterday && second < until);
}

bool
band_has(const struct band *band, const struct zone *zone,
	 const struct holidays *holidays, time_us t)
{
	int64_t day;
	int32_t second;

	if (band->kind == BAND_ALWAYS)
		return true;
	zone_local(zone, t, &day, &second);
	if (band->kind == BAND_HOLIDAYS)
		return is_holiday(holidays, day);
	return has_weekly(band, day, second);
}

/* Seconds from 00:00 of the day to the next edge of the band after second,
 * at the latest the end of the day. */
static int64_t
next_edge(const struct band *band, int32_t second)
{
	int32_t edges[] = { band->from_min * 60, band->until_min * 60 };
	int32_t next = DAY_S;

	for (size_t i = 0; i < 2; i++) {
		if (edges[i] > second && edges[i] < next)
			next = edges[i];
	}
	return next;
}

/* Seconds from 00:00 of the day to the next begin or end of a holiday, or -1
 * when there is none. */
static int64_t
next_holiday(const struct holidays *holidays, int64_t day)
{
	size_t at = holiday_from(holidays, day);

	if (at == holidays->n)
		return -1;
	if (holidays->days[at] == day)
		return DAY_S;
	return (holidays->days[at] - day) * DAY_S;
}

time_us
band_next_change(const struct band *band, const struct zone *zone,
		 const struct holidays *holidays, time_us t)
{
	int64_t day, next;
	int32_t second;
	time_us offset_change, change;

	if (band->kind == BAND_ALWAYS)
		return INT64_MAX;
	if (band->kind == BAND_WEEKLY && band->days == ALL_DAYS &&
	    is_whole_day(band))
		return INT64_MAX;
	zone_local(zone, t, &day, &second);
	next = band->kind == BAND_HOLIDAYS ? next_holiday(holidays, day)
					   : next_edge(band, second);
	if (next < 0)
		return INT64_MAX;
	/* Until the offset changes, local time runs as UTC does. */
	change = t - ((t % US_PER_S) + US_PER_S) % US_PER_S;
	if (__builtin_add_overflow(change, (next - second) * US_PER_S, &change))
		return INT64_MAX;
	offset_change = zone_next_change(zone, t);
	return offset_change < change ? offset_change : change;
}

/* Minutes of the week from 00:00 Monday, and how long. */
struct span {
	int from, len;
};

static struct span
span_of(const struct band *band, unsigned day)
{
	int len = band->until_min - band->from_min;

	return (struct span){ (int)day * DAY_MIN + band->from_min,
			      len > 0 ? len : len + DAY_MIN };
}

static bool
spans_meet(struct span a, struct span b)
{
	return (b.from - a.from + WEEK_MIN) % WEEK_MIN < a.len ||
	       (a.from - b.from + WEEK_MIN) % WEEK_MIN < b.len;
}

bool
band_overlaps(const struct band *a, const struct band *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind != BAND_WEEKLY)
		return true;
	for (unsigned i = 0; i < DAYS * DAYS; i++) {
		unsigned day_a = i / DAYS, day_b = i % DAYS;

		if ((a->days >> day_a & 1) && (b->days >> day_b & 1) &&
		    spans_meet(span_of(a, day_a), span_of(b, day_b)))
			return true;
	}
	return false;
}
