/* kind_rows.c - what one column cannot know: whole rows of some tables */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "db/kind_parse.h"
#include "db/kind_table.h"
#include "tel/number.h"

/* "60/1" in one field stands for both increments; one alone stands for both
 * too, and none is per second (the presets). */
void
kind_rates_fill(struct kind_row *row)
{
	struct str *first =
	    &row->fields[kind_column_index(row->kind, "first_increment")];
	struct str *next =
	    &row->fields[kind_column_index(row->kind, "increment")];
	struct str only;

	if (str_trim(*first).len > 0 && str_trim(*next).len > 0)
		return;
	only = str_trim(*first).len > 0 ? *first : *next;
	*first = str_cut(&only, '/');
	*next = only.p != NULL ? only : *first;
}

static const struct store_value *
value_of(const struct kind_row *row, const char *name)
{
	return &row->values[kind_column_index(row->kind, name)];
}

static int
refuse_negative(struct kind_row *row, const char *name)
{
	size_t i = kind_column_index(row->kind, name);
	char text[MONEY_TEXT_MAX];

	if (row->values[i].is_null || row->values[i].number >= 0 ||
	    row->tariff->allow_negative)
		return 0;
	return kind_row_fail(row, i,
			     "%s, expected 0 or more (the tariff %s "
			     "does not allow negative prices)",
			     money_format(row->values[i].number, 0, text),
			     row->tariff->name);
}

int
kind_rates_check(struct kind_row *row)
{
	const struct store_value *from = value_of(row, "valid_from");
	const struct store_value *until = value_of(row, "valid_until");
	size_t i = kind_column_index(row->kind, "valid_until");
	int err = refuse_negative(row, "rate");

	if (err == 0)
		err = refuse_negative(row, "connect_fee");
	if (err != 0)
		return err;
	if (!from->is_null && !until->is_null && until->number <= from->number)
		return kind_row_fail(row, i,
				     "\"%.*s\", expected a time after "
				     "valid_from",
				     STR_ARG(row->fields[i]));
	return 0;
}

typedef int hash_hex(const void *data, size_t len, char *out);

/* What belongs into a column of a hash (KIND_HEX). */
static hash_hex *
hash_of(const struct kind_column *column)
{
	static const struct {
		const char *name;
		hash_hex *hash;
	} hashes[] = {
		{ "ha1_md5", md5_hex },
		{ "ha1_sha256", sha256_hex },
		{ "ha1_sha512_256", sha512_256_hex },
	};
	size_t i = 0;

	while (strcmp(hashes[i].name, column->name) != 0) {
		i++;
		assert(i < sizeof(hashes) / sizeof(hashes[0]));
	}
	return hashes[i].hash;
}

/* RFC 7616, 3.4.2: H(username ":" realm ":" password), of each algorithm that the
 * kind has. */
static int
hash_password(struct kind_row *row, struct str password)
{
	const struct kind *kind = row->kind;
	struct str user = value_of(row, "username")->text;
	struct str realm = value_of(row, "realm")->text;
	char *a1 = arena_printf(row->arena, "%.*s:%.*s:%.*s", STR_ARG(user),
				STR_ARG(realm), STR_ARG(password));

	if (a1 == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < kind->n_columns; i++) {
		char *text;

		if (kind->columns[i].type != KIND_HEX)
			continue;
		text = arena_alloc(row->arena, 65);
		if (text == NULL ||
		    hash_of(&kind->columns[i])(a1, strlen(a1), text) != 0)
			return ERR_NOMEM;
		row->values[i] = store_text(text);
	}
	return 0;
}

int
kind_credentials_check(struct kind_row *row)
{
	size_t at = kind_column_index(row->kind, "password");
	bool has_hash = false;
	bool has_password = !row->values[at].is_null;

	for (size_t i = 0; i < row->kind->n_columns; i++)
		has_hash |= row->kind->columns[i].type == KIND_HEX &&
			    !row->values[i].is_null;
	if (has_hash && has_password)
		return kind_row_fail(row, at,
				     "given beside a hash, expected "
				     "one or the other");
	if (!has_hash && !has_password)
		return kind_row_fail(row, at,
				     "empty, expected a password or a hash "
				     "(ha1_md5, ha1_sha256 ...)");
	return has_password ? hash_password(row, row->values[at].text) : 0;
}

int
kind_exchange_check(struct kind_row *row)
{
	size_t at = kind_column_index(row->kind, "base");

	if (str_eq(value_of(row, "currency")->text, row->values[at].text))
		return kind_row_fail(row, at,
				     "\"%.*s\", expected another one than "
				     "currency",
				     STR_ARG(row->values[at].text));
	return 0;
}

int
kind_taxes_check(struct kind_row *row)
{
	const struct store_value *from = value_of(row, "valid_from");
	const struct store_value *until = value_of(row, "valid_until");

	if (from->is_null || until->is_null ||
	    str_cmp(until->text, from->text) > 0)
		return 0;
	return kind_row_fail(row, kind_column_index(row->kind, "valid_until"),
			     "\"%.*s\", expected a date after valid_from",
			     STR_ARG(until->text));
}

/* Nobody means to block every call by an empty line. */
int
kind_blocks_check(struct kind_row *row)
{
	size_t prefix = kind_column_index(row->kind, "prefix");

	if (row->values[prefix].text.len > 0 ||
	    !value_of(row, "account")->is_null ||
	    !value_of(row, "class")->is_null ||
	    !value_of(row, "carrier")->is_null)
		return 0;
	return kind_row_refuse(row, prefix,
			       "a prefix, account, carrier or class: this "
			       "would block all calls");
}

/* Accounts have no calendar of holidays: tariffs do. */
int
kind_limits_check(struct kind_row *row)
{
	const struct store_value *hours = value_of(row, "hours");

	if (!value_of(row, "trunk")->is_null &&
	    value_of(row, "account")->is_null)
		return kind_row_fail(row,
				     kind_column_index(row->kind, "account"),
				     "empty, expected the account of the "
				     "trunk");
	if (!str_eq_text(hours->text, "holidays"))
		return 0;
	return kind_row_fail(row, kind_column_index(row->kind, "hours"),
			     "\"holidays\", expected days of the week or hours");
}

/* Whole numbers, not their beginnings. */
int
kind_portability_check(struct kind_row *row)
{
	static const char *const names[] = { "number", "routing_number" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t at = kind_column_index(row->kind, names[i]);
		struct str text = row->values[at].text;

		if (text.len < NUMBER_MIN || text.p[0] == '0')
			return kind_row_refuse(row, at,
					       "an E.164 number of 3 to 15 "
					       "digits");
	}
	return 0;
}

/* Who calls is known by something; a certificate is shown by TLS only. */
int
kind_trunks_check(struct kind_row *row)
{
	const struct store_value *transport = value_of(row, "transport");
	size_t at = kind_column_index(row->kind, "address");

	if (value_of(row, "certificate")->text.len == 0)
		return row->values[at].text.len > 0
			   ? 0
			   : kind_row_fail(row, at,
					   "empty, expected an address, or a "
					   "certificate");
	if (transport->is_null || str_eq_text(transport->text, "tls"))
		return 0;
	return kind_row_refuse(row, kind_column_index(row->kind, "transport"),
			       "tls or nothing beside a certificate");
}
