/* period.c - the month a bill is for */
#include "cdr-tools/period.h"

#include <stdio.h>

#include "base/err.h"
#include "base/timefmt.h"

int
period_parse(struct str text, struct period *out)
{
	struct str month = text;
	struct str year = str_cut(&month, '-');
	uint64_t y, m;

	if (year.len != 4 || month.p == NULL || month.len != 2 ||
	    str_parse_u64(year, 9999, &y) != 0 ||
	    str_parse_u64(month, 99, &m) != 0)
		return ERR_SYNTAX;
	if (y < 1970 || y > 9998 || m < 1 || m > 12)
		return ERR_RANGE;
	*out = (struct period){ (int)y, (int)m };
	return 0;
}

const char *
period_format(const struct period *period, char out[PERIOD_TEXT_MAX])
{
	snprintf(out, PERIOD_TEXT_MAX, "%04d-%02d", period->year % 10000,
		 period->month % 100);
	return out;
}

void
period_span(const struct period *period, const struct zone *zone, time_us *from,
	    time_us *until)
{
	int year = period->year + (period->month == 12);
	int month = period->month % 12 + 1;

	*from = zone_instant(zone,
			     days_from_date(period->year, period->month, 1), 0);
	*until = zone_instant(zone, days_from_date(year, month, 1), 0);
}
