/*
 * timefmt.h - instants as text: RFC 3339, plain dates
 */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include "base/clock.h"
#include "base/str.h"

#define TIMEFMT_MAX 40 /* bytes, with the NUL */

/* "2026-11-23T07:11:00Z", or with 6 decimals when the instant has a fraction
 * ("2026-11-23T07:11:00.250000Z"). Years 0000..9999, others are clamped. */
void time_format(time_us t, char out[TIMEFMT_MAX]);
/* The same at an offset from UTC: "2026-11-23T08:11:00+01:00". Seconds of the
 * offset do not count (RFC 3339, 4.2 has none). */
void time_format_offset(time_us t, int32_t offset_s, char out[TIMEFMT_MAX]);
/* Always with 6 decimals. */
void time_format_us(time_us t, char out[TIMEFMT_MAX]);
/*
 * RFC 3339 date-time with Z or numeric offset and up to 6 decimals of a
 * second (a space instead of T is accepted, 5.6): 0, ERR_SYNTAX or ERR_RANGE
 * (no such date). Second 60 is taken as the next second.
 */
int time_parse(struct str text, time_us *out);
/* "2026-11-23" as year, month 1..12, day 1..31: 0, ERR_SYNTAX, ERR_RANGE. */
int date_parse(struct str text, int *year, int *month, int *day);
/* Days from 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t days_from_date(int year, int month, int day);
void date_from_days(int64_t days, int *year, int *month, int *day);

#endif
