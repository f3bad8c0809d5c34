/* timefmt.c - instants as text: RFC 3339 in UTC, plain dates */
#include "base/timefmt.h"

#include <string.h>

#include "base/err.h"

#define DAY_S 86400
#define DAYS_TO_1970 719468 /* from 0000-03-01, proleptic Gregorian */
#define DAYS_PER_ERA 146097 /* 400 years */

/*
 * Both ways count years from the first of March: the day a leap year adds is
 * then the last of its year, and the months behind each other have 153 days
 * in five.
 */
int64_t
days_from_date(int year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t month_from_march = (month + 9) % 12;
	int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;

	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - DAYS_TO_1970;
}

void
date_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t z = days + DAYS_TO_1970;
	int64_t era = (z >= 0 ? z : z - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	int64_t day_of_era = z - era * DAYS_PER_ERA;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 +
			       day_of_era / 36524 - day_of_era / 146096) /
			      365;
	int64_t day_of_year =
	    day_of_era -
	    (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;

	*day = (int)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
	*month = (int)(month_from_march < 10 ? month_from_march + 3
					     : month_from_march - 9);
	*year = (int)(year_of_era + era * 400 + (*month <= 2));
}

/* value in exactly width digits; gives the place behind them. */
static char *
put(char *at, int64_t value, int width)
{
	for (int i = width - 1; i >= 0; i--) {
		at[i] = (char)('0' + value % 10);
		value /= 10;
	}
	return at + width;
}

static char *
put_mark(char *at, char mark)
{
	*at = mark;
	return at + 1;
}

static time_us
clamp(time_us t)
{
	time_us min = days_from_date(0, 1, 1) * DAY_S * US_PER_S;
	time_us max = days_from_date(10000, 1, 1) * DAY_S * US_PER_S - 1;

	if (t < min)
		return min;
	return t > max ? max : t;
}

static void
format(time_us t, bool with_fraction, char out[TIMEFMT_MAX])
{
	const int64_t day_us = DAY_S * US_PER_S;
	int64_t days = t / day_us - (t % day_us < 0);
	int64_t us = t - days * day_us;
	int64_t second = us / US_PER_S;
	int year, month, day;
	char *at = out;

	date_from_days(days, &year, &month, &day);
	at = put_mark(put(at, year, 4), '-');
	at = put_mark(put(at, month, 2), '-');
	at = put_mark(put(at, day, 2), 'T');
	at = put_mark(put(at, second / 3600, 2), ':');
	at = put_mark(put(at, second / 60 % 60, 2), ':');
	at = put(at, second % 60, 2);
	if (with_fraction)
		at = put(put_mark(at, '.'), us % US_PER_S, 6);
	put_mark(put_mark(at, 'Z'), '\0');
}

void
time_format(time_us t, char out[TIMEFMT_MAX])
{
	t = clamp(t);
	format(t, t % US_PER_S != 0, out);
}

void
time_format_offset(time_us t, int32_t offset_s, char out[TIMEFMT_MAX])
{
	int32_t minutes = offset_s / 60;
	int32_t size = minutes < 0 ? -minutes : minutes;
	char *at;

	time_format(clamp(t) + minutes * 60 * US_PER_S, out);
	at = strchr(out, 'Z');
	at = put_mark(at, minutes < 0 ? '-' : '+');
	at = put_mark(put(at, size / 60, 2), ':');
	put_mark(put(at, size % 60, 2), '\0');
}

void
time_format_us(time_us t, char out[TIMEFMT_MAX])
{
	format(clamp(t), true, out);
}

/* Take n digits off *rest. */
static int
take_digits(struct str *rest, size_t n, int *out)
{
	*out = 0;
	if (rest->len < n)
		return ERR_SYNTAX;
	for (size_t i = 0; i < n; i++) {
		if (rest->p[i] < '0' || rest->p[i] > '9')
			return ERR_SYNTAX;
		*out = *out * 10 + (rest->p[i] - '0');
	}
	*rest = str_make(rest->p + n, rest->len - n);
	return 0;
}

/* Take one of the marks off *rest. */
static int
take_mark(struct str *rest, const char *marks)
{
	if (rest->len == 0 || rest->p[0] == '\0' ||
	    strchr(marks, rest->p[0]) == NULL)
		return ERR_SYNTAX;
	*rest = str_make(rest->p + 1, rest->len - 1);
	return 0;
}

static int
days_in_month(int year, int month)
{
	int next_year = month == 12 ? year + 1 : year;

	return (int)(days_from_date(next_year, month % 12 + 1, 1) -
		     days_from_date(year, month, 1));
}

static int
take_date(struct str *rest, int *year, int *month, int *day)
{
	if (take_digits(rest, 4, year) != 0 || take_mark(rest, "-") != 0 ||
	    take_digits(rest, 2, month) != 0 || take_mark(rest, "-") != 0 ||
	    take_digits(rest, 2, day) != 0)
		return ERR_SYNTAX;
	return 0;
}

static bool
is_date(int year, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 &&
	       day <= days_in_month(year, month);
}

int
date_parse(struct str text, int *year, int *month, int *day)
{
	if (take_date(&text, year, month, day) != 0 || text.len > 0)
		return ERR_SYNTAX;
	return is_date(*year, *month, *day) ? 0 : ERR_RANGE;
}

/* Up to six decimals behind a point, as microseconds. */
static int
take_fraction(struct str *rest, int64_t *us)
{
	int64_t unit = US_PER_S / 10;
	int digit;

	*us = 0;
	if (take_mark(rest, ".") != 0)
		return 0;
	if (take_digits(rest, 1, &digit) != 0)
		return ERR_SYNTAX;
	do {
		*us += digit * unit;
		unit /= 10;
	} while (unit > 0 && take_digits(rest, 1, &digit) == 0);
	return 0;
}

/* "Z" or "+01:00" as seconds east: 0, ERR_SYNTAX or ERR_RANGE. */
static int
take_offset(struct str *rest, int *offset_s)
{
	int sign, hour, minute;

	*offset_s = 0;
	if (take_mark(rest, "Zz") == 0)
		return 0;
	sign = rest->len > 0 && rest->p[0] == '-' ? -1 : 1;
	if (take_mark(rest, "+-") != 0 || take_digits(rest, 2, &hour) != 0 ||
	    take_mark(rest, ":") != 0 || take_digits(rest, 2, &minute) != 0)
		return ERR_SYNTAX;
	*offset_s = sign * (hour * 3600 + minute * 60);
	return hour <= 23 && minute <= 59 ? 0 : ERR_RANGE;
}

/* "23:59:60" as second of the day: 0, ERR_SYNTAX or ERR_RANGE. */
static int
take_time(struct str *rest, int *second_of_day)
{
	int hour, minute, second;

	if (take_digits(rest, 2, &hour) != 0 || take_mark(rest, ":") != 0 ||
	    take_digits(rest, 2, &minute) != 0 || take_mark(rest, ":") != 0 ||
	    take_digits(rest, 2, &second) != 0)
		return ERR_SYNTAX;
	*second_of_day = hour * 3600 + minute * 60 + second;
	return hour <= 23 && minute <= 59 && second <= 60 ? 0 : ERR_RANGE;
}

int
time_parse(struct str text, time_us *out)
{
	int year, month, day, second, offset_s, time_err, offset_err;
	int64_t us;

	if (take_date(&text, &year, &month, &day) != 0 ||
	    take_mark(&text, "Tt ") != 0)
		return ERR_SYNTAX;
	time_err = take_time(&text, &second);
	if (time_err == ERR_SYNTAX || take_fraction(&text, &us) != 0)
		return ERR_SYNTAX;
	offset_err = take_offset(&text, &offset_s);
	if (offset_err == ERR_SYNTAX || text.len > 0)
		return ERR_SYNTAX;
	if (!is_date(year, month, day) || time_err != 0 || offset_err != 0)
		return ERR_RANGE;
	*out = (days_from_date(year, month, day) * DAY_S + second - offset_s) *
		   US_PER_S +
	       us;
	return 0;
}
