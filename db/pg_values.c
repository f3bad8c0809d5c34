/* pg_values.c - parameters to text and results back, by type */
#include <inttypes.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "db/pg.h"
#include "db/utf8.h"

#define NUMBER_TEXT_MAX 40 /* bytes of any value that is not a text */

int
pg_params_init(struct pg_params *params, size_t n)
{
	memset(params, 0, sizeof(*params));
	if (n == 0)
		return 0;
	params->types = mem_zalloc(n, sizeof(*params->types));
	params->values = mem_zalloc(n, sizeof(*params->values));
	params->n = n;
	if (params->types != NULL && params->values != NULL)
		return 0;
	pg_params_fini(params);
	return ERR_NOMEM;
}

void
pg_params_fini(struct pg_params *params)
{
	mem_free(params->types);
	mem_free(params->values);
	mem_free(params->text);
	memset(params, 0, sizeof(*params));
}

static Oid
oid_of(enum store_type type)
{
	switch (type) {
	case STORE_INT:
		return PG_INT8;
	case STORE_TIME:
		return PG_TIMESTAMPTZ;
	case STORE_MONEY:
		return PG_NUMERIC;
	case STORE_BOOL:
		return PG_BOOL;
	case STORE_TEXT:
	default:
		return PG_TEXT;
	}
}

size_t
pg_room(const struct store_value *value)
{
	return value->type == STORE_TEXT ? UTF8_CLEAN_MAX(value->text.len)
					 : NUMBER_TEXT_MAX;
}

size_t
pg_write(const struct store_value *value, char *out)
{
	char time[TIMEFMT_MAX], money[MONEY_TEXT_MAX];
	int n;

	switch (value->type) {
	case STORE_TEXT:
		return utf8_clean(value->text, out);
	case STORE_TIME:
		time_format_us(value->number, time);
		n = snprintf(out, NUMBER_TEXT_MAX, "%s", time);
		break;
	case STORE_MONEY:
		money_format(value->number, 0, money);
		n = snprintf(out, NUMBER_TEXT_MAX, "%s", money);
		break;
	case STORE_BOOL:
		n = snprintf(out, NUMBER_TEXT_MAX, "%c",
			     value->number != 0 ? 't' : 'f');
		break;
	case STORE_INT:
	default:
		n = snprintf(out, NUMBER_TEXT_MAX, "%" PRId64, value->number);
		break;
	}
	return (size_t)n;
}

static int
reserve(struct pg_params *params, size_t need)
{
	char *text;

	if (need <= params->cap)
		return 0;
	text = mem_alloc(need * 2);
	if (text == NULL)
		return ERR_NOMEM;
	mem_free(params->text);
	params->text = text;
	params->cap = need * 2;
	return 0;
}

int
pg_params_set(struct pg_params *params, const struct store_value *values,
	      bool *same)
{
	size_t need = 0, at = 0;

	for (size_t i = 0; i < params->n; i++)
		need += values[i].is_null ? 0 : pg_room(&values[i]);
	if (reserve(params, need) != 0)
		return ERR_NOMEM;
	*same = true;
	for (size_t i = 0; i < params->n; i++) {
		Oid type = oid_of(values[i].type);

		if (params->types[i] != type)
			*same = false;
		params->types[i] = type;
		params->values[i] = NULL;
		if (values[i].is_null)
			continue;
		params->values[i] = params->text + at;
		at += pg_write(&values[i], params->text + at) + 1;
	}
	return 0;
}

/* "12", and "12.000" of a numeric: sums of bigint are numeric. */
static int
parse_int(struct str text, int64_t *out)
{
	struct str rest = text;
	struct str whole = str_cut(&rest, '.');

	for (size_t i = 0; i < rest.len; i++) {
		if (rest.p[i] != '0')
			return ERR_SYNTAX;
	}
	return str_parse_i64(whole, INT64_MIN, INT64_MAX, out);
}

/* "2026-11-23 07:11:00.25+00": what ISO style prints in the zone UTC. */
static int
parse_time(struct str text, int64_t *out)
{
	char utc[TIMEFMT_MAX];

	if (text.len < 3 || text.len >= sizeof(utc) ||
	    memcmp(text.p + text.len - 3, "+00", 3) != 0)
		return ERR_SYNTAX;
	memcpy(utc, text.p, text.len - 3);
	utc[text.len - 3] = 'Z';
	return time_parse(str_make(utc, text.len - 2), out);
}

static int
parse_bool(struct str text, int64_t *out)
{
	*out = str_eq_text(text, "t");
	return *out || str_eq_text(text, "f") ? 0 : ERR_SYNTAX;
}

static int
parse_text(struct str text, int64_t *out)
{
	(void)text;
	*out = 0;
	return 0;
}

struct decoder {
	const char *name;
	Oid types[5];
	int (*parse)(struct str text, int64_t *out);
};

static const struct decoder decoders[] = {
	[STORE_INT] = { "an integer",
			{ PG_INT8, PG_INT4, PG_INT2, PG_NUMERIC },
			parse_int },
	[STORE_TEXT] = { "a text",
			 { PG_TEXT, PG_VARCHAR, PG_BPCHAR, PG_NAME },
			 parse_text },
	[STORE_TIME] = { "a timestamptz of the years 1 to 9999",
			 { PG_TIMESTAMPTZ },
			 parse_time },
	[STORE_MONEY] = { "a numeric with 8 decimals",
			  { PG_NUMERIC },
			  money_parse },
	[STORE_BOOL] = { "a boolean", { PG_BOOL }, parse_bool },
};

static bool
accepts(const struct decoder *decoder, Oid type)
{
	for (size_t i = 0; decoder->types[i] != 0; i++) {
		if (decoder->types[i] == type)
			return true;
	}
	return false;
}

int
pg_value(struct store *store, const PGresult *row, int column,
	 enum store_type type, struct store_value *out)
{
	const struct decoder *decoder = &decoders[type];
	Oid oid = PQftype(row, column);

	out->text = str_make(PQgetvalue(row, 0, column),
			     (size_t)PQgetlength(row, 0, column));
	if (accepts(decoder, oid) &&
	    decoder->parse(out->text, &out->number) == 0)
		return 0;
	return store_fail(
	    store, ERR_DB, "column %s is \"%.60s\" of type %u, expected %s",
	    PQfname(row, column), out->text.p, oid, decoder->name);
}
