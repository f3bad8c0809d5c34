/* period.c - the stretch of days a bill is for */
#include "cdr-tools/period.h"

#include <stdio.h>

#include "base/err.h"
#include "base/timefmt.h"

static int
parse_day(struct str text, int64_t *out)
{
	int year, month, day;
	int err = date_parse(text, &year, &month, &day);

	if (err != 0)
		return err;
	if (year < 1970 || year > 9998)
		return ERR_RANGE;
	*out = days_from_date(year, month, day);
	return 0;
}

static int
parse_days(struct str first, struct str end, struct period *out)
{
	struct period days = { 0, 0, 0, 0 };
	int err = parse_day(first, &days.first_day);

	if (err == 0)
		err = parse_day(end, &days.end_day);
	if (err == 0 && days.end_day <= days.first_day)
		err = ERR_RANGE;
	if (err == 0)
		*out = days;
	return err;
}

int
period_parse(struct str text, struct period *out)
{
	struct str days = text;
	struct str first = str_cut(&days, '/');
	struct str month = text;
	struct str year = str_cut(&month, '-');
	uint64_t y, m;

	if (days.p != NULL)
		return parse_days(first, days, out);
	if (year.len != 4 || month.p == NULL || month.len != 2 ||
	    str_parse_u64(year, 9999, &y) != 0 ||
	    str_parse_u64(month, 99, &m) != 0)
		return ERR_SYNTAX;
	if (y < 1970 || y > 9998 || m < 1 || m > 12)
		return ERR_RANGE;
	*out = (struct period){ (int)y, (int)m, 0, 0 };
	return 0;
}

const char *
period_format(const struct period *period, char out[PERIOD_TEXT_MAX])
{
	int year[2], month[2], day[2];

	if (period->month > 0) {
		snprintf(out, PERIOD_TEXT_MAX, "%04d-%02d",
			 period->year % 10000, period->month % 100);
		return out;
	}
	date_from_days(period->first_day, &year[0], &month[0], &day[0]);
	date_from_days(period->end_day, &year[1], &month[1], &day[1]);
	snprintf(out, PERIOD_TEXT_MAX, "%04d-%02d-%02d/%04d-%02d-%02d",
		 year[0] % 10000, month[0] % 100, day[0] % 100,
		 year[1] % 10000, month[1] % 100, day[1] % 100);
	return out;
}

void
period_span(const struct period *period, const struct zone *zone, time_us *from,
	    time_us *until)
{
	int64_t first = period->first_day, end = period->end_day;

	if (period->month > 0) {
		int next = period->month % 12 + 1;

		first = days_from_date(period->year, period->month, 1);
		end = days_from_date(period->year + (period->month == 12), next,
				     1);
	}
	*from = zone_instant(zone, first, 0);
	*until = zone_instant(zone, end, 0);
}
