/* kind_value.c - fields of CSV files to values and back */
#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/csv.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "db/kind_parse.h"
#include "db/utf8.h"

#define SHOWN_MAX 60 /* octets of a wrong value in a message */

int
kind_row_fail(struct kind_row *row, size_t i, const char *format, ...)
{
	va_list args;

	row->bad = i;
	va_start(args, format);
	vsnprintf(row->why, sizeof(row->why), format, args);
	va_end(args);
	for (char *p = row->why; *p != '\0'; p++) {
		if (iscntrl((unsigned char)*p))
			*p = '?';
	}
	return ERR_SYNTAX;
}

int
kind_row_refuse(struct kind_row *row, size_t i, const char *expected)
{
	struct str field = row->fields[i];
	bool cut = field.len > SHOWN_MAX;

	if (cut)
		field.len = SHOWN_MAX;
	return kind_row_fail(row, i, "\"%.*s%s\", expected %s", STR_ARG(field),
			     cut ? "..." : "", expected);
}

int
kind_row_keep(struct kind_row *row, size_t i, const char *text)
{
	char *copy = arena_strndup(row->arena, text, strlen(text));

	if (copy == NULL)
		return ERR_NOMEM;
	row->values[i] = store_text(copy);
	return 0;
}

static bool
is_text(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (iscntrl((unsigned char)text.p[i]))
			return false;
	}
	return utf8_is_clean(text);
}

/* Account names become file names. */
static int
parse_name(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];

	if (text.len > (size_t)c->max || text.p[0] == '.' || !is_text(text) ||
	    memchr(text.p, '/', text.len) != NULL)
		return kind_row_refuse(row, i,
				       "up to 64 octets of UTF-8, without '/', "
				       "not beginning with '.'");
	row->values[i] = store_str(text);
	return 0;
}

static int
parse_text(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];
	char expected[80];

	if (text.len <= (size_t)c->max && is_text(text)) {
		row->values[i] =
		    text.len > 0 ? store_str(text) : store_text("");
		return 0;
	}
	snprintf(expected, sizeof(expected),
		 "up to %" PRId64 " octets of UTF-8 on one line", c->max);
	return kind_row_refuse(row, i, expected);
}

static int
parse_user(struct kind_row *row, size_t i, struct str text)
{
	if (memchr(text.p, ':', text.len) != NULL)
		return kind_row_refuse(row, i, "a name without ':'");
	return parse_text(row, i, text);
}

static int
parse_secret(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];

	if (text.len > (size_t)c->max || !is_text(text))
		return kind_row_fail(row, i,
				     "not shown, expected up to %" PRId64
				     " octets of UTF-8 on one line",
				     c->max);
	row->values[i] = store_str(text);
	return 0;
}

static int
parse_int(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];
	char expected[80];
	int64_t n;

	if (str_parse_i64(text, c->min, c->max, &n) == 0) {
		row->values[i] = store_int(n);
		return 0;
	}
	snprintf(expected, sizeof(expected), "%" PRId64 "..%" PRId64, c->min,
		 c->max);
	return kind_row_refuse(row, i, expected);
}

static int
parse_money(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];
	money_e8 amount;

	if (money_parse(text, &amount) != 0)
		return kind_row_refuse(row, i,
				       "an amount like 0.0125, with up to 8 "
				       "decimals");
	if (amount < c->min || amount > c->max)
		return kind_row_refuse(row, i,
				       c->min > 0 ? "an amount above 0"
						  : "an amount of 0 or more");
	row->values[i] = store_money(amount);
	return 0;
}

static int
parse_bool(struct kind_row *row, size_t i, struct str text)
{
	bool value;

	if (str_parse_bool(text, &value) != 0)
		return kind_row_refuse(row, i, "true or false");
	row->values[i] = store_bool(value);
	return 0;
}

/* Midnight where the row's tariff is at home. */
static int
parse_midnight(struct kind_row *row, size_t i, struct str text)
{
	const struct zone *zone = NULL;
	int year, month, day, err;

	if (date_parse(text, &year, &month, &day) != 0)
		return kind_row_refuse(row, i,
				       "a date like 2026-11-23, or RFC 3339");
	err = row->tariff != NULL ? ref_zone(row->tariff, &zone) : 0;
	if (err == ERR_NOTFOUND)
		return kind_row_fail(row, i,
				     "the tariff's time zone \"%s\" is "
				     "not known here, expected an IANA name",
				     row->tariff->zone_name);
	if (err != 0)
		return err;
	row->values[i] =
	    store_time(zone_instant(zone, days_from_date(year, month, day), 0));
	return 0;
}

static int
parse_time(struct kind_row *row, size_t i, struct str text)
{
	time_us t;

	if (time_parse(text, &t) != 0)
		return parse_midnight(row, i, text);
	row->values[i] = store_time(t);
	return 0;
}

static int
parse_date(struct kind_row *row, size_t i, struct str text)
{
	int year, month, day;
	char canonical[40];

	if (date_parse(text, &year, &month, &day) != 0)
		return kind_row_refuse(row, i, "a date like 2026-11-23");
	snprintf(canonical, sizeof(canonical), "%04d-%02d-%02d", year, month,
		 day);
	return kind_row_keep(row, i, canonical);
}

static int
parse_word(struct kind_row *row, size_t i, struct str text)
{
	const char *const *words = row->kind->columns[i].words;
	char expected[200] = "one of";
	size_t len = strlen(expected);

	for (size_t k = 0; words[k] != NULL; k++) {
		if (str_eq_nocase(text, str_of(words[k]))) {
			row->values[i] = store_text(words[k]);
			return 0;
		}
		if (len < sizeof(expected))
			len += (size_t)snprintf(expected + len,
						sizeof(expected) - len, " %s",
						words[k]);
	}
	return kind_row_refuse(row, i, expected);
}

static int
parse_ref(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];
	struct ref *ref = refs_find(row->refs[i], text);
	char expected[80];

	if (ref == NULL) {
		snprintf(expected, sizeof(expected), "a name from the table %s",
			 c->ref);
		return kind_row_refuse(row, i, expected);
	}
	if (strcmp(c->ref, "tariffs") == 0)
		row->tariff = ref;
	row->values[i] = store_int(ref->id);
	return 0;
}

static int
parse_zone(struct kind_row *row, size_t i, struct str text)
{
	struct zone *zone;
	char name[64];
	int err = str_copy(text, name, sizeof(name));

	if (err == 0)
		err = zone_new(name, &zone);
	if (err == ERR_NOMEM)
		return err;
	if (err != 0)
		return kind_row_refuse(row, i,
				       "an IANA time zone like Europe/Berlin");
	zone_free(zone);
	row->values[i] = store_str(text);
	return 0;
}

static const struct {
	kind_parse_fn *parse;
	enum store_type type;
} types[] = {
	[KIND_NAME] = { parse_name, STORE_TEXT },
	[KIND_TEXT] = { parse_text, STORE_TEXT },
	[KIND_USER] = { parse_user, STORE_TEXT },
	[KIND_SECRET] = { parse_secret, STORE_TEXT },
	[KIND_INT] = { parse_int, STORE_INT },
	[KIND_MONEY] = { parse_money, STORE_MONEY },
	[KIND_BOOL] = { parse_bool, STORE_BOOL },
	[KIND_TIME] = { parse_time, STORE_TIME },
	[KIND_DATE] = { parse_date, STORE_TEXT },
	[KIND_PREFIX] = { kind_parse_prefix, STORE_TEXT },
	[KIND_DIGITS] = { kind_parse_digits, STORE_TEXT },
	[KIND_DIAL] = { kind_parse_dial, STORE_TEXT },
	[KIND_BAND] = { kind_parse_band, STORE_TEXT },
	[KIND_WORD] = { parse_word, STORE_TEXT },
	[KIND_REF] = { parse_ref, STORE_INT },
	[KIND_ZONE] = { parse_zone, STORE_TEXT },
	[KIND_URI] = { kind_parse_uri, STORE_TEXT },
	[KIND_CONTACT] = { kind_parse_contact, STORE_TEXT },
	[KIND_NET] = { kind_parse_net, STORE_TEXT },
	[KIND_DOMAIN] = { kind_parse_domain, STORE_TEXT },
	[KIND_CURRENCY] = { kind_parse_currency, STORE_TEXT },
	[KIND_CODES] = { kind_parse_codes, STORE_TEXT },
	[KIND_MEDIA] = { kind_parse_media, STORE_TEXT },
	[KIND_HEX] = { kind_parse_hex, STORE_TEXT },
};

int
kind_parse(struct kind_row *row, size_t i)
{
	const struct kind_column *c = &row->kind->columns[i];
	struct str text = row->fields[i];

	if (c->type != KIND_SECRET)
		text = str_trim(text);
	if (text.len == 0) {
		if (c->flags & KIND_FILLED)
			return kind_row_fail(row, i, "empty, expected a value");
		row->values[i] = store_null(types[c->type].type);
		if (c->preset == NULL)
			return 0;
		text = str_of(c->preset);
	}
	row->fields[i] = text;
	return types[c->type].parse(row, i, text);
}

enum store_type
kind_store_type(const struct kind_column *column)
{
	return types[column->type].type;
}

/* The empty string of a column that may be NULL needs a word of its own. */
static struct str
shown_text(const struct kind_column *column, struct str text)
{
	if (column->type == KIND_DIAL && column->preset == NULL &&
	    text.p != NULL && text.len == 0)
		return str_of("none");
	return text;
}

void
kind_write(const struct kind_column *column, struct store_stmt *stmt, int at,
	   FILE *out)
{
	char text[MONEY_TEXT_MAX + TIMEFMT_MAX];

	if (store_col_is_null(stmt, at)) {
		csv_write_field(out, at == 0, str_of(""));
		return;
	}
	switch (kind_store_type(column)) {
	case STORE_INT:
		snprintf(text, sizeof(text), "%" PRId64,
			 store_col_int(stmt, at));
		break;
	case STORE_TIME:
		time_format(store_col_time(stmt, at), text);
		break;
	case STORE_MONEY:
		money_format(store_col_money(stmt, at), 0, text);
		break;
	case STORE_BOOL:
		strcpy(text, store_col_bool(stmt, at) ? "true" : "false");
		break;
	case STORE_TEXT:
	default:
		csv_write_field(out, at == 0,
				shown_text(column, store_col_text(stmt, at)));
		return;
	}
	csv_write_field(out, at == 0, str_of(text));
}
