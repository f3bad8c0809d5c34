/*
 * period.h - the month a bill is for
 */
#ifndef CDR_TOOLS_PERIOD_H
#define CDR_TOOLS_PERIOD_H

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"

struct period {
	int year, month; /* month 1..12 */
};

#define PERIOD_TEXT_MAX 16

/* "2026-10": 0, ERR_SYNTAX or ERR_RANGE (no such month, or a year before 1970
 * or after 9998). */
int period_parse(struct str text, struct period *out);
const char *period_format(const struct period *period,
			  char out[PERIOD_TEXT_MAX]);
/* [*from, *until): the midnights that begin this month and the next, local
 * to zone (NULL = UTC). */
void period_span(const struct period *period, const struct zone *zone,
		 time_us *from, time_us *until);

#endif
