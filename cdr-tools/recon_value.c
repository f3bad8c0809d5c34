/* recon_value.c - values as carriers write them in their files */
#include "cdr-tools/recon_value.h"

#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/seconds.h"

#define MAX_DIGITS 18
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MONEY_CHARS 40

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
all_digits(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_digit(text.p[i]))
			return false;
	}
	return text.len > 0;
}

/* Up to width digits from the front of *rest. */
static int
take_number(struct str *rest, size_t width, int *out)
{
	size_t n = 0;

	*out = 0;
	while (n < width && n < rest->len && is_digit(rest->p[n]))
		*out = *out * 10 + (rest->p[n++] - '0');
	rest->p += n;
	rest->len -= n;
	return n > 0 ? 0 : ERR_SYNTAX;
}

static bool
take_char(struct str *rest, const char *any)
{
	if (rest->len == 0 || strchr(any, rest->p[0]) == NULL)
		return false;
	rest->p++;
	rest->len--;
	return true;
}

/* Three numbers with one kind of separator: year first, or by dates. */
static int
take_date(struct str *rest, enum recon_dates dates, int64_t *days)
{
	int a, b, c, year, month, day;

	if (take_number(rest, 4, &a) != 0 || !take_char(rest, "-/.") ||
	    take_number(rest, 2, &b) != 0 || !take_char(rest, "-/.") ||
	    take_number(rest, 4, &c) != 0)
		return ERR_SYNTAX;
	year = a > 31 ? a : c;
	month = a > 31 ? b : dates == RECON_DMY ? b : a;
	day = a > 31 ? c : dates == RECON_DMY ? a : b;
	if (year < 100)
		year += 2000;
	if (year < 1970 || year > 9998 || month < 1 || month > 12 || day < 1 ||
	    day > 31)
		return ERR_RANGE;
	*days = days_from_date(year, month, day);
	date_from_days(*days, &a, &b, &c);
	return a == year && b == month && c == day ? 0 : ERR_RANGE;
}

/* ".25" in microseconds. */
static int64_t
take_fraction(struct str *rest)
{
	int64_t us = 0, unit = 100000;

	if (!take_char(rest, ".,"))
		return 0;
	while (rest->len > 0 && is_digit(rest->p[0])) {
		us += (rest->p[0] - '0') * unit;
		unit /= 10;
		rest->p++;
		rest->len--;
	}
	return us;
}

/* "23:59:59.5", "11:59 PM": seconds of the day and microseconds. */
static int
take_clock(struct str *rest, int64_t *second, int64_t *us)
{
	int hour, minute, sec = 0;

	if (take_number(rest, 2, &hour) != 0 || !take_char(rest, ":") ||
	    take_number(rest, 2, &minute) != 0)
		return ERR_SYNTAX;
	if (take_char(rest, ":") && take_number(rest, 2, &sec) != 0)
		return ERR_SYNTAX;
	*us = take_fraction(rest);
	*rest = str_trim(*rest);
	if (rest->len == 2 && (str_eq_nocase(*rest, str_of("AM")) ||
			       str_eq_nocase(*rest, str_of("PM")))) {
		if (hour < 1 || hour > 12)
			return ERR_RANGE;
		hour = hour % 12 + (take_char(rest, "pP") ? 12 : 0);
		rest->len = 0;
	}
	if (hour > 23 || minute > 59 || sec > 60)
		return ERR_RANGE;
	*second = hour * 3600 + minute * 60 + sec;
	return rest->len == 0 ? 0 : ERR_SYNTAX;
}

static int
unix_time(struct str text, time_us *out)
{
	uint64_t value;

	if (text.len != 10 && text.len != 13)
		return ERR_SYNTAX;
	if (str_parse_u64(text, INT64_MAX / US_PER_S, &value) != 0)
		return ERR_RANGE;
	*out = (int64_t)value * (text.len == 10 ? US_PER_S : US_PER_MS);
	return 0;
}

/* How much later the clock on the wall shows the same again; 0 = never. */
static int64_t
again_after(const struct zone *zone, time_us t)
{
	time_us change = zone_next_change(zone, t);
	int64_t back;

	if (change == INT64_MAX)
		return 0;
	back = (zone_offset_s(zone, t) - zone_offset_s(zone, change)) *
	       US_PER_S;
	return back > 0 && t + back >= change ? back : 0;
}

int
recon_time(struct str text, enum recon_dates dates, const struct zone *zone,
	   time_us *out, int64_t *again_us)
{
	int64_t days, second = 0, us = 0;
	int err;

	*again_us = 0;
	text = str_trim(text);
	if (all_digits(text))
		return unix_time(text, out);
	err = time_parse(text, out);
	if (err != ERR_SYNTAX)
		return err;
	err = take_date(&text, dates, &days);
	if (err != 0)
		return err;
	if (text.len > 0 && !take_char(&text, "T "))
		return ERR_SYNTAX;
	text = str_trim(text);
	if (text.len > 0)
		err = take_clock(&text, &second, &us);
	if (err != 0)
		return err;
	*out = zone_instant(zone, days, second) + us;
	*again_us = again_after(zone, *out);
	return 0;
}

/* "1:01", "0:01:01" */
static int
parse_clock(struct str text, int64_t *out_us)
{
	int64_t seconds = 0;
	int part, n = 0;

	do {
		if (take_number(&text, 6, &part) != 0 || n++ == 3)
			return ERR_SYNTAX;
		if (n > 1 && part > 59)
			return ERR_RANGE;
		seconds = seconds * 60 + part;
	} while (take_char(&text, ":"));
	*out_us = seconds * US_PER_S + take_fraction(&text);
	return text.len == 0 ? 0 : ERR_SYNTAX;
}

int
recon_duration(struct str text, int64_t *out_us)
{
	char point[SECONDS_TEXT_MAX];

	text = str_trim(text);
	if (memchr(text.p, ':', text.len) != NULL)
		return parse_clock(text, out_us);
	if (text.len == 0 || text.len >= sizeof(point))
		return ERR_SYNTAX;
	for (size_t i = 0; i < text.len; i++)
		point[i] = text.p[i] == ',' ? '.' : text.p[i];
	return seconds_parse(str_make(point, text.len), out_us);
}

/* Which of '.' and ',' begins the decimals: 0 when none does. */
static int
find_decimal(struct str digits, char *out)
{
	size_t last = 0, n[2] = { 0, 0 };

	*out = '\0';
	for (size_t i = 0; i < digits.len; i++) {
		if (is_digit(digits.p[i]) || digits.p[i] == ' ')
			continue;
		n[digits.p[i] == ',']++;
		last = i;
	}
	if (n[0] + n[1] == 0)
		return 0;
	if (n[0] > 0 && n[1] > 0) {
		/* both: the last one, which must be alone of its kind */
		*out = digits.p[last];
		return n[*out == ','] == 1 ? 0 : ERR_SYNTAX;
	}
	if (n[0] + n[1] > 1)
		return 0; /* 1,234,567 */
	*out = digits.p[last];
	/* 1,234 may be both; 0,234 and 1.234 as decimals are usual */
	if (*out == ',' && digits.len - last == 4 && digits.p[0] != '0' &&
	    last > 0)
		return ERR_INVAL;
	return 0;
}

/* What stands beside an amount: "EUR", "$", a sign beyond ASCII, spaces. */
static bool
is_beside(char c)
{
	return c == ' ' || c == '$' || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

/* Without currency and spaces; a sign is before or behind them. */
static struct str
strip(struct str text, bool *is_negative)
{
	size_t first = 0, end = text.len;

	*is_negative = false;
	while (first < end &&
	       (is_beside(text.p[first]) ||
		(text.p[first] == '-' && !*is_negative))) {
		*is_negative |= text.p[first] == '-';
		first++;
	}
	while (end > first && is_beside(text.p[end - 1]))
		end--;
	return str_make(text.p + first, end - first);
}

/* Digits and separators; spaces of all kinds and apostrophes become ' '. */
static int
keep(struct str text, char kept[MONEY_CHARS], size_t *n_out)
{
	static const char *const spaces[] = { " ", "'", "\xc2\xa0",
					      "\xe2\x80\xaf", "\xe2\x80\x99" };
	size_t n = 0;

	while (text.len > 0 && n < MONEY_CHARS) {
		size_t len = 1;
		char c = text.p[0];

		for (size_t i = 0; i < COUNT(spaces); i++) {
			if (str_starts(text, spaces[i])) {
				len = strlen(spaces[i]);
				c = ' ';
			}
		}
		if (!is_digit(c) && c != '.' && c != ',' && c != ' ')
			return ERR_SYNTAX;
		kept[n++] = c;
		text = str_make(text.p + len, text.len - len);
	}
	*n_out = n;
	return text.len == 0 && n > 0 ? 0 : ERR_SYNTAX;
}

/*
 * With '.' and without separators, which have to stand before groups of three
 * digits, or two where another group follows (1,23,456): a number that is
 * grouped in another way is not what it looks like.
 */
static int
ungroup(struct str kept, char decimal, char plain[MONEY_CHARS], size_t *n_out)
{
	int group = -1; /* digits since the last separator */
	size_t n = 0;

	for (size_t i = 0; i < kept.len; i++) {
		char c = kept.p[i];
		bool is_point = c == decimal;

		if (is_digit(c)) {
			group += group >= 0;
			plain[n++] = c;
			continue;
		}
		if (n == 0 && !is_point)
			return ERR_SYNTAX;
		if (group >= 0 && group != 3 && (is_point || group != 2))
			return ERR_SYNTAX;
		if (memchr(plain, '.', n) != NULL)
			return ERR_SYNTAX;
		group = is_point ? -1 : 0;
		if (is_point)
			plain[n++] = '.';
	}
	*n_out = n;
	return group >= 0 && group != 3 ? ERR_SYNTAX : 0;
}

int
recon_money(struct str text, char decimal, money_e8 *out)
{
	char kept[MONEY_CHARS], plain[MONEY_CHARS];
	bool is_negative;
	size_t n, k = 0;
	int err = keep(strip(text, &is_negative), kept, &n);

	if (err == 0 && decimal == '\0')
		err = find_decimal(str_make(kept, n), &decimal);
	if (err == 0)
		err = ungroup(str_make(kept, n), decimal, plain, &k);
	if (err == 0)
		err = money_parse(str_make(plain, k), out);
	if (err == 0 && is_negative)
		*out = -*out;
	return err;
}

char
recon_money_decimal(struct str text)
{
	char kept[MONEY_CHARS], decimal;
	bool is_negative;
	size_t n;

	if (keep(strip(text, &is_negative), kept, &n) != 0 ||
	    find_decimal(str_make(kept, n), &decimal) != 0)
		return '\0';
	return decimal;
}

int
recon_number(struct str text, uint64_t *out)
{
	uint64_t value = 0;
	size_t n = 0, zeros = 0;

	text = str_trim(text);
	if (text.len > 4 && str_eq_nocase(str_make(text.p, 4), str_of("sip:")))
		text = str_make(text.p + 4, text.len - 4);
	for (size_t i = 0; i < text.len && text.p[i] != '@'; i++) {
		char c = text.p[i];

		if (!is_digit(c)) {
			if (strchr("+-() ./", c) == NULL)
				return ERR_SYNTAX;
			continue;
		}
		if (n == 0 && c == '0') {
			zeros++;
			continue;
		}
		if (++n > MAX_DIGITS)
			return ERR_SYNTAX;
		value = value * 10 + (uint64_t)(c - '0');
	}
	*out = value;
	return n + zeros > 0 && n > 0 ? 0 : ERR_SYNTAX;
}
