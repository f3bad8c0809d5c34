/* deck_codes.c - lists, ranges, and what spreadsheets make of codes */
#include "db/deck_codes.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

static bool
is_digits(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!isdigit((unsigned char)text.p[i]))
			return false;
	}
	return true;
}

bool
deck_codes_is_plain(struct str field)
{
	if (field.len > 0 && field.p[0] == '+')
		field = str_make(field.p + 1, field.len - 1);
	return is_digits(field);
}

bool
deck_codes_is_word(struct str field)
{
	for (size_t i = 0; i < field.len; i++) {
		if (!isalnum((unsigned char)field.p[i]))
			return false;
	}
	return true;
}

/* ="1242", '1242, "1242", +1242: the inside. */
static struct str
unwrap(struct str text)
{
	text = str_trim(text);
	if (text.len > 0 && text.p[0] == '=')
		text = str_make(text.p + 1, text.len - 1);
	if (text.len >= 2 && text.p[0] == '"' && text.p[text.len - 1] == '"')
		text = str_make(text.p + 1, text.len - 2);
	if (text.len > 0 && (text.p[0] == '\'' || text.p[0] == '+'))
		text = str_make(text.p + 1, text.len - 1);
	return str_trim(text);
}

/*
 * "1.242E+03" and "1242.0" as digits, as long as nothing was lost: the digits
 * behind the point must not be more than the exponent has room for. A spreadsheet
 * that showed fewer digits than there were has lost some: then the mantissa has
 * fewer digits than the exponent says, and it is refused.
 */
static int
restore(struct str text, char out[PREFIX_MAX + 1])
{
	struct str rest = text, mantissa = str_cut(&rest, 'E'), fraction, whole;
	uint64_t exponent = 0;
	size_t n = 0;

	if (rest.p == NULL) {
		rest = text;
		mantissa = str_cut(&rest, 'e');
	}
	if (rest.p != NULL) {
		if (rest.len > 0 && rest.p[0] == '+')
			rest = str_make(rest.p + 1, rest.len - 1);
		if (str_parse_u64(rest, PREFIX_MAX, &exponent) != 0)
			return ERR_SYNTAX;
	}
	fraction = mantissa;
	whole = str_cut(&fraction, '.');
	if (fraction.p == NULL)
		fraction = str_make("", 0);
	if (whole.len == 0 || !is_digits(whole) || !is_digits(fraction))
		return ERR_SYNTAX;
	while (fraction.len > exponent &&
	       fraction.p[fraction.len - 1] == '0')
		fraction.len--;
	if (fraction.len != exponent || whole.len + exponent > PREFIX_MAX)
		return ERR_SYNTAX;
	memcpy(out, whole.p, whole.len);
	n = whole.len;
	memcpy(out + n, fraction.p, fraction.len);
	out[n + fraction.len] = '\0';
	return 0;
}

static int
read_code(struct str text, char out[PREFIX_MAX + 1])
{
	text = unwrap(text);
	if (is_digits(text))
		return str_copy(text, out, PREFIX_MAX + 1) == 0 ? 0
								: ERR_SYNTAX;
	return restore(text, out);
}

static int
fail(struct deck_codes *codes, const char *why)
{
	codes->why = why;
	codes->is_done = true;
	return ERR_SYNTAX;
}

int
deck_codes_start(struct deck_codes *codes, struct str country,
		 struct str field)
{
	*codes = (struct deck_codes){ .rest = field };
	if (country.len > 0 && read_code(country, codes->country) != 0)
		return fail(codes, "a country code of digits");
	return 0;
}

static int
put(struct deck_codes *codes, const char *code, char out[PREFIX_MAX + 1])
{
	size_t before = strlen(codes->country), len = strlen(code);

	if (before + len > PREFIX_MAX)
		return fail(codes, "codes of at most 15 digits");
	memcpy(out, codes->country, before);
	memcpy(out + before, code, len + 1);
	return 0;
}

static int
next_of_range(struct deck_codes *codes, char out[PREFIX_MAX + 1])
{
	char code[24];

	snprintf(code, sizeof(code), "%0*llu", (int)codes->len,
		 (unsigned long long)codes->next);
	if (codes->next++ == codes->last)
		codes->len = 0;
	return put(codes, code, out);
}

/* "1242-1246", or its end written short: "1242-6". */
static int
start_range(struct deck_codes *codes, const char *first, const char *last)
{
	size_t len = strlen(first), tail = strlen(last);
	char end[PREFIX_MAX + 1];

	if (len == 0 || tail == 0 || tail > len)
		return fail(codes, "a range like 1242-1246");
	memcpy(end, first, len + 1);
	memcpy(end + len - tail, last, tail);
	if (str_parse_u64(str_of(first), UINT64_MAX, &codes->next) != 0 ||
	    str_parse_u64(str_of(end), UINT64_MAX, &codes->last) != 0 ||
	    codes->last < codes->next ||
	    codes->last - codes->next >= DECK_CODES_MAX)
		return fail(codes, "a range that ascends, of at most 10000 "
				   "codes");
	codes->len = (unsigned)len;
	return 0;
}

static struct str
cut_item(struct deck_codes *codes)
{
	size_t n = 0;
	struct str item;

	while (n < codes->rest.len && codes->rest.p[n] != ',' &&
	       codes->rest.p[n] != ';')
		n++;
	item = str_make(codes->rest.p, n);
	codes->is_done = n == codes->rest.len;
	n += n < codes->rest.len; /* the separator */
	codes->rest = str_make(codes->rest.p + n, codes->rest.len - n);
	return item;
}

int
deck_codes_next(struct deck_codes *codes, char out[PREFIX_MAX + 1])
{
	char first[PREFIX_MAX + 1], last[PREFIX_MAX + 1];
	struct str item, rest;

	if (codes->len > 0)
		return next_of_range(codes, out);
	if (codes->is_done)
		return ERR_END;
	rest = cut_item(codes);
	item = str_cut(&rest, '-');
	if (read_code(item, first) != 0)
		return fail(codes, "digits, with all of them: a spreadsheet "
				   "may have cut some");
	if (rest.p == NULL)
		return put(codes, first, out);
	if (read_code(rest, last) != 0)
		return fail(codes, "a range like 1242-1246");
	if (start_range(codes, first, last) != 0)
		return ERR_SYNTAX;
	return next_of_range(codes, out);
}
