/*
 * period.h - the stretch of days a bill is for
 */
#ifndef CDR_TOOLS_PERIOD_H
#define CDR_TOOLS_PERIOD_H

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"

struct period {
	int year, month;	   /* month 1..12, 0 = not a month: */
	int64_t first_day, end_day; /* since 1970, [first, end) */
};

#define PERIOD_TEXT_MAX 32

/* "2026-10", or "2026-10-01/2026-10-15" whose second date is no longer in it:
 * 0, ERR_SYNTAX or ERR_RANGE (no such month or date, a year before 1970 or after
 * 9998, no day in between). */
int period_parse(struct str text, struct period *out);
const char *period_format(const struct period *period,
			  char out[PERIOD_TEXT_MAX]);
/* [*from, *until): the midnights that begin the first day and the one behind
 * the last, local to zone (NULL = UTC). */
void period_span(const struct period *period, const struct zone *zone,
		 time_us *from, time_us *until);

#endif
