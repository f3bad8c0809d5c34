/* cdr_help.c - a small business with calls, for the tests of cdr-tools/ */
#include "tests/unit/cdr_help.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"

enum { RETAIL = 1, RED, DOLLAR, WHOLE };

static money_e8
money(const char *text)
{
	money_e8 amount = 0;

	CHECK(money_parse(str_of(text), &amount) == 0);
	return amount;
}

/* One statement, run once per row. */
static int
run_rows(struct store *store, const char *sql, const struct store_value *rows,
	 size_t n_rows, size_t n_columns)
{
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	for (size_t i = 0; i < n_rows && err == 0; i++)
		err = store_run(stmt, rows + i * n_columns, n_columns);
	store_finish(stmt);
	return err;
}

static int
add_tariffs(struct store *store)
{
	static const char tariffs_sql[] =
	    "INSERT INTO tariffs (id, tariff, currency, decimals, round_at)"
	    " VALUES (?, ?, ?, ?, ?)";
	static const char rates_sql[] =
	    "INSERT INTO rates (tariff, prefix, destination, rate,"
	    " first_increment, increment) VALUES (?, ?, ?, ?, ?, ?)";
#define TARIFF(id, name, currency, decimals, at)               \
	store_int(id), store_text(name), store_text(currency), \
	    store_int(decimals), store_text(at)
	const struct store_value tariffs[] = {
		TARIFF(RETAIL, "retail", "EUR", 6, "call"),
		TARIFF(RED, "red", "EUR", 6, "call"),
		TARIFF(DOLLAR, "dollar", "USD", 6, "call"),
		TARIFF(WHOLE, "whole", "EUR", 2, "bill"),
	};
#define RATE(tariff, prefix, name, rate, first, increment)             \
	store_int(tariff), store_text(prefix), store_text(name), rate, \
	    store_int(first), store_int(increment)
	const struct store_value rates[] = {
		RATE(RETAIL, "49", "Germany", store_money(money("0.06")), 60,
		     60),
		RATE(RETAIL, "4930", "Berlin", store_money(money("0.03")), 1,
		     1),
		RATE(RETAIL, "44", "UK", store_money(money("0.12")), 1, 1),
		RATE(RETAIL, "1", "USA", store_null(STORE_MONEY), 1, 1),
		RATE(RED, "49", "", store_money(money("0.02")), 1, 1),
		RATE(DOLLAR, "44", "United Kingdom", store_money(money("0.1")),
		     1, 1),
		RATE(WHOLE, "49", "Germany", store_money(money("0.01")), 1, 1),
	};
	int err = run_rows(store, tariffs_sql, tariffs, 4, 5);

	return err != 0 ? err : run_rows(store, rates_sql, rates, 7, 6);
}

int
cdr_world(struct store *store)
{
	static const char accounts_sql[] =
	    "INSERT INTO accounts (account, name, tariff, timezone)"
	    " VALUES (?, ?, ?, ?)";
	static const char carriers_sql[] =
	    "INSERT INTO carriers (carrier, tariff) VALUES (?, ?)";
	const struct store_value accounts[] = {
		store_text("acme"),    store_text("Acme & Co"),
		store_int(RETAIL),     store_text("Europe/Berlin"),
		store_text("fine"),    store_text(""),
		store_int(WHOLE),      store_null(STORE_TEXT),
		store_text("poor"),    store_text("Poor"),
		store_null(STORE_INT), store_text("UTC"),
	};
	const struct store_value carriers[] = {
		store_text("red"), store_int(RED),     store_text("dollar"),
		store_int(DOLLAR), store_text("bare"), store_null(STORE_INT),
	};
	int err = add_tariffs(store);

	if (err == 0)
		err = run_rows(store, accounts_sql, accounts, 3, 4);
	if (err == 0)
		err = run_rows(store, carriers_sql, carriers, 3, 2);
	return err;
}

int
cdr_prices(struct store *store, struct pricebook **book,
	   struct parties *parties)
{
	char error[STORE_ERROR_MAX];
	int err;

	memset(parties, 0, sizeof(*parties));
	*book = NULL;
	err = pricebook_load(store, book, error);
	return err != 0 ? err : parties_load(parties, store, *book, error);
}

static int
add_call(struct store_stmt *stmt, const struct cdr_test_call *call)
{
	bool is_open = call->duration_us == CDR_TEST_OPEN;
	time_us answer = 0;
	int err = time_parse(str_of(call->answer), &answer);
	const struct store_value params[] = {
		store_text(call->key),
		store_text(call->account),
		store_text(call->carrier),
		store_text(call->number),
		store_text(call->source),
		store_time(answer),
		store_time(answer),
		is_open ? store_null(STORE_TIME)
			: store_time(answer + call->duration_us),
		store_text(call->status),
	};

	return err != 0 ? err : store_run(stmt, params, COUNT(params));
}

int
cdr_add_calls(struct store *store, const struct cdr_test_call *calls, size_t n)
{
	static const char sql[] =
	    "INSERT INTO cdr (call_key, to_tag, account, carrier, number,"
	    " route_source, setup_time, answer_time, end_time, status, caller,"
	    " node) VALUES (?, 't', ?, ?, ?, ?, ?, ?, ?, ?, '4989', 'pop1')";
	struct store_stmt *stmt;
	int err = store_prepare(store, sql, &stmt);

	for (size_t i = 0; i < n && err == 0; i++)
		err = add_call(stmt, &calls[i]);
	store_finish(stmt);
	return err;
}

int
cdr_rated(struct store *store, const struct cdr_test_call *calls, size_t n)
{
	const struct rate_run_options options = {
		.run = 7,
		.from = 0,
		.until = INT64_C(4102444800) * US_PER_S, /* the year 2100 */
	};
	struct rate_run_result result;
	struct parties parties;
	struct pricebook *book;
	char error[STORE_ERROR_MAX];
	int err = cdr_world(store);

	if (err == 0)
		err = cdr_add_calls(store, calls, n);
	if (err != 0)
		return err;
	err = cdr_prices(store, &book, &parties);
	if (err == 0) {
		err = rate_run(&store, 1, book, &parties, &options, &result,
			       error);
		rate_run_result_fini(&result);
	}
	parties_fini(&parties);
	pricebook_free(book);
	return err;
}

int
cdr_add_tax(struct store *store, const char *name, const char *percent,
	    const char *from)
{
	const struct store_value row[] = { store_text(name),
					   store_money(money(percent)),
					   store_text(from) };

	return run_rows(store,
			"INSERT INTO taxes (tax, percent, valid_from)"
			" VALUES (?, ?, ?)",
			row, 1, COUNT(row));
}

int
cdr_close_bill(struct store *store, const char *account, int64_t number,
	       const char *starts, const char *ends)
{
	time_us from = 0, until = 0;
	int err = time_parse(str_of(starts), &from);

	if (err == 0)
		err = time_parse(str_of(ends), &until);
	if (err == 0) {
		const struct store_value row[] = {
			store_int(number),  store_text(account),
			store_text(account), store_time(from),
			store_time(until),  store_time(until),
		};

		err = run_rows(store,
			       "INSERT INTO bills (number, kind, account, name,"
			       " timezone, period, starts, ends, closed,"
			       " currency, calls, duration_us, billed_s, net,"
			       " tax, total) VALUES (?, 'bill', ?, ?, 'UTC',"
			       " 'x', ?, ?, ?, 'EUR', 0, 0, 0, 0, 0, 0)",
			       row, 1, COUNT(row));
	}
	return err;
}

void
cdr_text_open(struct cdr_text *out)
{
	memset(out, 0, sizeof(*out));
	out->file = open_memstream(&out->text, &out->len);
	CHECK(out->file != NULL);
}

const char *
cdr_text_end(struct cdr_text *out)
{
	fclose(out->file);
	out->file = NULL;
	return out->text;
}

void
cdr_text_free(struct cdr_text *out)
{
	if (out->file != NULL)
		fclose(out->file);
	free(out->text);
}

char *
cdr_read_file(const char *path)
{
	FILE *file = fopen(path, "re");
	struct cdr_text out;
	int c;

	if (file == NULL)
		return NULL;
	cdr_text_open(&out);
	while ((c = getc(file)) != EOF)
		putc(c, out.file);
	fclose(file);
	cdr_text_end(&out);
	return out.text;
}
