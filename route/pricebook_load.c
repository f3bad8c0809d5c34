/* pricebook_load.c - price lists from the store */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "route/pricebook_build.h"
#include "route/table_rows.h"

#define NAME_MAX_LEN 255

struct loader {
	struct pricebook_builder builder;
	int64_t last_id; /* rows of one tariff come in runs */
	uint32_t last_tariff;
};

static const char tariffs_sql[] =
    "SELECT id, tariff, currency, timezone, decimals, rounding,"
    " duration_rounding, minimum_charge, attempt_fee, round_at,"
    " allow_negative, rate_by FROM tariffs ORDER BY id";

static const char holidays_sql[] = "SELECT tariff, date FROM holidays";

static const char rates_sql[] =
    "SELECT tariff, prefix, destination, rate, connect_fee, first_increment,"
    " increment, grace_s, from_second, band, valid_from, valid_until"
    " FROM rates";

/* Three capital letters. */
static void
read_currency(struct row *row, int column, char out[4])
{
	struct str text = store_col_text(row->stmt, column);
	bool is_good = text.len == 3;

	for (size_t i = 0; i < 3 && is_good; i++) {
		is_good = text.p[i] >= 'A' && text.p[i] <= 'Z';
		out[i] = text.p[i];
	}
	if (!is_good)
		row_fail(row,
			 "currency is \"%.*s\", expected three "
			 "capital letters (ISO 4217)",
			 STR_ARG(text));
}

/* The words for how amounts and seconds are rounded, and when. */
static void
read_rounding(struct row *row, struct tariff *out)
{
	struct str money = store_col_text(row->stmt, 5);
	struct str duration = store_col_text(row->stmt, 6);
	struct str at = store_col_text(row->stmt, 9);
	struct str by = store_col_text(row->stmt, 11);
	enum money_rounding money_rounding = MONEY_HALF_UP;
	enum duration_rounding duration_rounding = DURATION_UP;

	if (money_rounding_parse(money, &money_rounding) != 0)
		row_fail(row,
			 "rounding is \"%.*s\", expected half_up, "
			 "up or down",
			 STR_ARG(money));
	if (duration_rounding_parse(duration, &duration_rounding) != 0)
		row_fail(row,
			 "duration_rounding is \"%.*s\", expected "
			 "up, down, half_up or exact",
			 STR_ARG(duration));
	if (!str_eq_text(at, "call") && !str_eq_text(at, "bill"))
		row_fail(row,
			 "round_at is \"%.*s\", expected call or "
			 "bill",
			 STR_ARG(at));
	if (!str_eq_text(by, "dialled") && !str_eq_text(by, "ported"))
		row_fail(row,
			 "rate_by is \"%.*s\", expected dialled or "
			 "ported",
			 STR_ARG(by));
	out->by_ported = str_eq_text(by, "ported");
	out->rounding = (uint8_t)money_rounding;
	out->duration_rounding = (uint8_t)duration_rounding;
	out->round_at = str_eq_text(at, "bill") ? ROUND_AT_BILL : ROUND_AT_CALL;
}

static int
add_tariff(struct loader *loader, struct row *row, struct tariff *tariff,
	   struct str zone)
{
	char *zone_name = str_dup(zone);
	int err;

	if (zone_name == NULL)
		return ERR_NOMEM;
	tariff->zone_name = zone_name;
	err = pricebook_builder_add_tariff(&loader->builder, tariff);
	mem_free(zone_name);
	if (err == ERR_NOTFOUND)
		return row_fail(row,
				"timezone is \"%.*s\", expected an "
				"IANA name that this system knows",
				STR_ARG(zone));
	if (err != 0)
		return err;
	return pricebook_builder_set_id(&loader->builder,
					store_col_int(row->stmt, 0));
}

static int
read_tariff(void *arg, struct row *row)
{
	struct loader *loader = arg;
	struct tariff tariff = { 0 };
	struct str zone;
	char *name;
	int err;

	row->key = row_text(row, 1, "tariff", NAME_MAX_LEN);
	read_currency(row, 2, tariff.currency);
	zone = row_text(row, 3, "timezone", NAME_MAX_LEN);
	tariff.decimals = (uint8_t)row_int(row, 4, "decimals", 0, 8, 6);
	read_rounding(row, &tariff);
	tariff.minimum_charge = store_col_money(row->stmt, 7);
	tariff.attempt_fee = store_col_money(row->stmt, 8);
	tariff.allow_negative = store_col_bool(row->stmt, 10);
	if (row->err != 0)
		return row->err;
	name = str_dup(row->key);
	if (name == NULL)
		return ERR_NOMEM;
	tariff.name = name;
	err = add_tariff(loader, row, &tariff, zone);
	mem_free(name);
	return err;
}

/* The index of a tariff by its id; NO_TARIFF when it is not there. */
static uint32_t
find_tariff(struct loader *loader, int64_t id)
{
	if (loader->last_id != id || id == 0) {
		loader->last_tariff =
		    pricebook_find_tariff_id(loader->builder.book, id);
		loader->last_id = id;
	}
	return loader->last_tariff;
}

static int
read_holiday(void *arg, struct row *row)
{
	struct loader *loader = arg;
	uint32_t tariff = PRICEBOOK_NO_TARIFF; /* every one */
	int year, month, day;

	row->key = row_text(row, 1, "date", NAME_MAX_LEN);
	if (date_parse(row->key, &year, &month, &day) != 0)
		return row_fail(row,
				"date is \"%.*s\", expected "
				"YYYY-MM-DD",
				STR_ARG(row->key));
	if (!store_col_is_null(row->stmt, 0)) {
		tariff = find_tariff(loader, store_col_int(row->stmt, 0));
		if (tariff == PRICEBOOK_NO_TARIFF) {
			loader->builder.book->n_orphans++;
			return 0;
		}
	}
	return pricebook_builder_add_holiday(&loader->builder, tariff,
					     days_from_date(year, month, day));
}

/* Texts: prefix, destination and band. */
static int
read_texts(struct row *row, struct pricebook_row *out)
{
	struct str band = store_col_text(row->stmt, 9);

	row->key = store_col_text(row->stmt, 1);
	if (prefix_parse(row->key, &out->prefix) != 0)
		row_fail(row,
			 "prefix is \"%.*s\", expected at most "
			 "%d digits",
			 STR_ARG(row->key), PREFIX_MAX);
	out->destination = row_text(row, 2, "destination", NAME_MAX_LEN);
	if (band_parse(band, &out->terms.band) != 0)
		row_fail(row,
			 "band is \"%.*s\", expected days and "
			 "times such as \"mon-fri 08:00-18:00\"",
			 STR_ARG(band));
	return row->err;
}

static int
read_prices(struct row *row, const struct tariff *tariff,
	    struct pricebook_row *out)
{
	char text[MONEY_TEXT_MAX];
	money_e8 least;

	out->terms.not_sold = store_col_is_null(row->stmt, 3);
	out->per_min = store_col_money(row->stmt, 3);
	out->terms.connect_fee = store_col_money(row->stmt, 4);
	least = out->per_min < out->terms.connect_fee ? out->per_min
						      : out->terms.connect_fee;
	if (least < 0 && !tariff->allow_negative)
		row_fail(row,
			 "rate or connect_fee is %s, expected 0 or "
			 "more (the tariff does not "
			 "allow_negative)",
			 money_format(least, 0, text));
	return row->err;
}

static void
read_times(struct row *row, struct rate_terms *out)
{
	out->first_increment_s =
	    (int32_t)row_int(row, 5, "first_increment", 1, INT32_MAX, 1);
	out->increment_s =
	    (int32_t)row_int(row, 6, "increment", 1, INT32_MAX, 1);
	out->grace_s = (int32_t)row_int(row, 7, "grace_s", 0, INT32_MAX, 0);
	out->from_s = (int32_t)row_int(row, 8, "from_second", 0, INT32_MAX, 0);
	out->valid_from = store_col_is_null(row->stmt, 10)
			      ? INT64_MIN
			      : store_col_time(row->stmt, 10);
	out->valid_until = store_col_is_null(row->stmt, 11)
			       ? INT64_MAX
			       : store_col_time(row->stmt, 11);
}

static int
read_rate(void *arg, struct row *row)
{
	struct loader *loader = arg;
	struct pricebook_row rate = { 0 };
	const struct tariff *tariff;

	rate.tariff = find_tariff(loader, store_col_int(row->stmt, 0));
	if (rate.tariff == PRICEBOOK_NO_TARIFF) {
		loader->builder.book->n_orphans++;
		return 0;
	}
	tariff = pricebook_tariff(loader->builder.book, rate.tariff);
	row->owner = tariff->name;
	if (read_texts(row, &rate) != 0 || read_prices(row, tariff, &rate) != 0)
		return row->err;
	read_times(row, &rate.terms);
	if (row->err != 0)
		return row->err;
	return pricebook_builder_add_row(&loader->builder, &rate);
}

/* Say which rows clash. */
static int
describe_clash(const struct pricebook_builder *b, char *error)
{
	char prefix[PREFIX_MAX + 1];

	prefix_format(b->clash.prefix, prefix);
	return rows_fail(error, ERR_INVAL,
			 "rates: %.80s/%s: two rows have the same "
			 "from_second, band and valid_from, expected one",
			 pricebook_tariff(b->book, b->clash.tariff)->name,
			 prefix);
}

static int
finish(struct pricebook_builder *b, struct pricebook **out, char *error)
{
	int err = pricebook_builder_finish(b, out);

	if (err == ERR_EXISTS)
		return describe_clash(b, error);
	if (err != 0)
		return rows_fail(error, err, "rates: %s", err_text(err));
	return 0;
}

static int
read_tables(struct loader *loader, struct store *store, char *error)
{
	int err = rows_read(store, "tariffs", tariffs_sql, read_tariff, loader,
			    error);

	if (err != 0)
		return err;
	pricebook_builder_sort_ids(&loader->builder);
	err = rows_read(store, "holidays", holidays_sql, read_holiday, loader,
			error);
	if (err != 0)
		return err;
	return rows_read(store, "rates", rates_sql, read_rate, loader, error);
}

int
pricebook_load(struct store *store, struct pricebook **out,
	       char error[STORE_ERROR_MAX])
{
	struct loader loader = { .last_tariff = PRICEBOOK_NO_TARIFF };
	int err = pricebook_builder_init(&loader.builder);

	error[0] = '\0';
	if (err != 0)
		rows_fail(error, err, "rates: %s", err_text(err));
	else
		err = read_tables(&loader, store, error);
	if (err == 0)
		err = finish(&loader.builder, out, error);
	pricebook_builder_fini(&loader.builder);
	return err;
}
