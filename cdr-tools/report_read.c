/* report_read.c - calls and attempts into groups */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/report.h"
#include "db/sql_text.h"

static const char calls_sql[] =
    "SELECT call_key, setup_time, account, carrier, gateway, number,"
    " destination, answer_time, duration_us, pdd_us, status, sell_seconds,"
    " sell_amount, sell_currency, buy_amount, buy_currency FROM cdr"
    " WHERE setup_time >= ? AND setup_time < ?";
static const char calls_order[] = " ORDER BY setup_time, call_key, to_tag";

enum {
	CALL_KEY,
	SETUP,
	ACCOUNT,
	CARRIER,
	GATEWAY,
	NUMBER,
	DESTINATION,
	ANSWER,
	DURATION,
	PDD,
	STATUS,
	SECONDS,
	SELL,
	SELL_CURRENCY,
	BUY,
	BUY_CURRENCY
};

/* An attempt belongs to the account and number of its call. */
static const char attempts_sql[] =
    "SELECT a.call_key, a.setup_time, c.account, a.carrier, a.gateway,"
    " c.number, c.destination, a.sip_code, a.outcome, a.fee, a.fee_currency"
    " FROM cdr_attempt a LEFT JOIN cdr c ON"
    " c.setup_time = a.setup_time AND c.id = (SELECT min(x.id)"
    " FROM cdr x WHERE x.setup_time = a.setup_time"
    " AND x.call_key = a.call_key)"
    " WHERE a.setup_time >= ? AND a.setup_time < ?";

enum { CODE = 7, OUTCOME, FEE, FEE_CURRENCY };

struct reader {
	struct report *report;
	struct store *store;
	const struct report_options *options;
	char last_key[64]; /* the call of the row before */
	int64_t last_setup;
	uint64_t done;
};

/* *sum += amount of currency, in the one of the report. */
static int
add_money(struct reader *reader, money_e8 *sum, money_e8 amount,
	  struct str currency, time_us at)
{
	struct report *report = reader->report;
	const struct parties *parties = reader->options->parties;
	char from[4] = "";
	money_e8 value;
	int err;

	if (amount == 0)
		return 0;
	(void)str_copy(currency, from, sizeof(from));
	if (report->currency[0] == '\0')
		memcpy(report->currency, from, sizeof(from));
	err = exchange_convert(parties != NULL ? &parties->exchange : NULL,
			       amount, from, report->currency, at, &value);
	if (err == ERR_NOTFOUND) {
		report->unconverted++;
		return 0;
	}
	if (err != 0)
		return err;
	return __builtin_add_overflow(*sum, value, sum) ? ERR_RANGE : 0;
}

/* What the account's tariff calls the number, for calls without a rating. */
static struct str
destination_of(const struct reader *reader, struct store_stmt *stmt)
{
	struct str known = store_col_text(stmt, DESTINATION);
	const struct report_options *options = reader->options;
	const struct party *party;
	struct price_match match;
	struct number number;

	if (known.len > 0 || options->book == NULL)
		return known;
	party = party_find(&options->parties->accounts,
			   store_col_text(stmt, ACCOUNT));
	if (party == NULL || party->tariff == PRICEBOOK_NO_TARIFF ||
	    store_col_is_null(stmt, NUMBER) ||
	    number_parse(store_col_text(stmt, NUMBER), &number) != 0 ||
	    pricebook_find(options->book, party->tariff, &number,
			   store_col_time(stmt, SETUP), &match) != 0)
		return known;
	return str_of(pricebook_destination(options->book, match.now));
}

#define TIME_KEY_MAX 64

static struct str
time_key(const struct reader *reader, enum report_key key, time_us t,
	 char out[TIME_KEY_MAX])
{
	int year, month, day, len;
	int32_t second;
	int64_t days;

	zone_local(reader->options->zone, t, &days, &second);
	date_from_days(days, &year, &month, &day);
	if (key == REPORT_MONTH)
		len = snprintf(out, TIME_KEY_MAX, "%04d-%02d", year, month);
	else if (key == REPORT_DAY)
		len = snprintf(out, TIME_KEY_MAX, "%04d-%02d-%02d", year, month,
			       day);
	else
		len = snprintf(out, TIME_KEY_MAX, "%04d-%02d-%02d %02d:00",
			       year, month, day, second / 3600);
	return str_make(out, (size_t)len);
}

/* The group of a row; NULL when it is filtered out. */
static int
find_group(struct reader *reader, struct store_stmt *stmt,
	   struct report_group **out)
{
	const struct report_options *options = reader->options;
	char times[REPORT_MAX_KEYS][TIME_KEY_MAX];
	struct str keys[REPORT_MAX_KEYS];
	struct str destination = str_make("", 0);
	bool by_destination = options->destination != NULL;

	for (size_t i = 0; i < options->n_keys; i++)
		by_destination |= options->keys[i] == REPORT_DESTINATION;
	if (by_destination)
		destination = destination_of(reader, stmt);
	*out = NULL;
	if (options->destination != NULL &&
	    !str_eq_text(destination, options->destination))
		return 0;
	for (size_t i = 0; i < options->n_keys; i++) {
		enum report_key key = options->keys[i];

		if (key == REPORT_DESTINATION)
			keys[i] = destination;
		else if (key < REPORT_DESTINATION)
			keys[i] = store_col_text(
			    stmt, ACCOUNT + (int)(key - REPORT_ACCOUNT));
		else
			keys[i] = time_key(reader, key,
					   store_col_time(stmt, SETUP),
					   times[i]);
	}
	return report_find(reader->report, keys, options->n_keys, out);
}

static int
add_pdd(struct report_sums *sums, int64_t us)
{
	int err = mem_grow((void **)&sums->pdd, &sums->pdd_cap, sums->n_pdd,
			   sizeof(int64_t));

	if (err == 0)
		sums->pdd[sums->n_pdd++] = us;
	return err;
}

/* Whether this row is a further dialog of the call before. */
static bool
is_same_call(struct reader *reader, struct store_stmt *stmt)
{
	struct str key = store_col_text(stmt, CALL_KEY);
	int64_t setup = store_col_time(stmt, SETUP);
	bool same = setup == reader->last_setup &&
		    str_eq_text(key, reader->last_key);

	reader->last_setup = setup;
	if (str_copy(key, reader->last_key, sizeof(reader->last_key)) != 0)
		reader->last_key[0] = '\0';
	return same;
}

static int
add_call(struct reader *reader, struct store_stmt *stmt,
	 struct report_sums *sums, bool is_same)
{
	bool is_answered = !store_col_is_null(stmt, ANSWER);
	bool has_sell = !store_col_is_null(stmt, SELL);
	bool has_buy = !store_col_is_null(stmt, BUY);
	time_us at = store_col_time(stmt, is_answered ? ANSWER : SETUP);
	int err = 0;

	sums->calls += !is_same;
	sums->answered += is_answered && !is_same;
	/* what ended before its answer did not last (doc/records.md) */
	if (store_col_int(stmt, DURATION) > 0)
		sums->duration_us += store_col_int(stmt, DURATION);
	sums->billed_s += store_col_int(stmt, SECONDS);
	sums->one_sided += has_sell != has_buy;
	sums->unpriced += !has_sell && is_answered &&
			  !store_col_is_null(stmt, DURATION);
	if (!is_same && !store_col_is_null(stmt, PDD))
		err = add_pdd(sums, store_col_int(stmt, PDD));
	if (err == 0)
		err = add_money(reader, &sums->revenue,
				store_col_money(stmt, SELL),
				store_col_text(stmt, SELL_CURRENCY), at);
	if (err == 0)
		err =
		    add_money(reader, &sums->cost, store_col_money(stmt, BUY),
			      store_col_text(stmt, BUY_CURRENCY), at);
	return err;
}

static int
take_call(struct reader *reader, struct store_stmt *stmt)
{
	bool is_same = is_same_call(reader, stmt);
	struct report_group *group;
	int err = find_group(reader, stmt, &group);

	if (err == 0 && group != NULL)
		err = add_call(reader, stmt, &group->sums, is_same);
	return err;
}

/* E.411's network effectiveness: what failed for want of the people called. */
static bool
is_effective(struct store_stmt *stmt, struct str outcome)
{
	int64_t code = store_col_int(stmt, CODE);

	return str_eq_text(outcome, "answered") ||
	       str_eq_text(outcome, "late_answer") ||
	       str_eq_text(outcome, "cancelled") || code == 480 ||
	       code == 486 || code == 487 || code == 600 || code == 603;
}

static int
take_attempt(struct reader *reader, struct store_stmt *stmt)
{
	struct str outcome = store_col_text(stmt, OUTCOME);
	struct report_group *group;
	struct report_sums *sums;
	int err = find_group(reader, stmt, &group);

	if (err != 0 || group == NULL)
		return err;
	sums = &group->sums;
	sums->attempts++;
	sums->seizures += !str_eq_text(outcome, "unreachable");
	sums->attempts_answered += str_eq_text(outcome, "answered") ||
				   str_eq_text(outcome, "late_answer");
	sums->effective += is_effective(stmt, outcome);
	return add_money(reader, &sums->cost, store_col_money(stmt, FEE),
			 store_col_text(stmt, FEE_CURRENCY),
			 store_col_time(stmt, SETUP));
}

static void
add_filter(struct sql_text *sql, const char *column, const char *value,
	   struct store_value *params, size_t *n)
{
	if (value == NULL)
		return;
	sql_add(sql, " AND %s = ?", column);
	params[(*n)++] = store_text(value);
}

typedef int row_fn(struct reader *reader, struct store_stmt *stmt);

static int
read_rows(struct reader *reader, const char *sql,
	  const struct store_value *params, size_t n,
	  row_fn *take)
{
	struct cli_progress *progress = reader->options->progress;
	struct store_stmt *stmt;
	int err = store_prepare(reader->store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, n);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = take(reader, stmt);
		if (progress != NULL && ++reader->done % 1000 == 0)
			cli_progress_at(progress, reader->done);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* The rows of a query, those of the options' account, carrier and gateway, whose
 * columns are columns[0..2]. */
static int
read_filtered(struct reader *reader, const char *select,
	      const char *const columns[3], const char *order, row_fn *take)
{
	const struct report_options *options = reader->options;
	struct store_value params[5] = { store_time(options->from),
					 store_time(options->until) };
	struct sql_text sql = { 0 };
	size_t n = 2;
	int err;

	sql_add(&sql, "%s", select);
	add_filter(&sql, columns[0], options->account, params, &n);
	add_filter(&sql, columns[1], options->carrier, params, &n);
	add_filter(&sql, columns[2], options->gateway, params, &n);
	sql_add(&sql, "%s", order);
	err = sql.err;
	if (err == 0)
		err = read_rows(reader, sql.text, params, n, take);
	sql_fini(&sql);
	return err;
}

static int
read_calls(struct reader *reader)
{
	static const char *const columns[] = { "account", "carrier",
					       "gateway" };

	return read_filtered(reader, calls_sql, columns, calls_order,
			     take_call);
}

static int
read_attempts(struct reader *reader)
{
	static const char *const columns[] = { "c.account", "a.carrier",
					       "a.gateway" };

	return read_filtered(reader, attempts_sql, columns, "", take_attempt);
}

static int
add_to_total(struct report_sums *total, const struct report_sums *sums)
{
	total->calls += sums->calls;
	total->answered += sums->answered;
	total->attempts += sums->attempts;
	total->seizures += sums->seizures;
	total->attempts_answered += sums->attempts_answered;
	total->effective += sums->effective;
	total->duration_us += sums->duration_us;
	total->billed_s += sums->billed_s;
	total->unpriced += sums->unpriced;
	total->one_sided += sums->one_sided;
	if (__builtin_add_overflow(total->revenue, sums->revenue,
				   &total->revenue) ||
	    __builtin_add_overflow(total->cost, sums->cost, &total->cost))
		return ERR_RANGE;
	for (size_t i = 0; i < sums->n_pdd; i++) {
		int err = add_pdd(total, sums->pdd[i]);

		if (err != 0)
			return err;
	}
	return 0;
}

int
report_make(struct report *report, struct store *store,
	    const struct report_options *options, char error[STORE_ERROR_MAX])
{
	struct reader reader = { .report = report,
				 .store = store,
				 .options = options };
	int err = report_init(report, options);

	if (err == 0)
		err = read_calls(&reader);
	if (err == 0)
		err = read_attempts(&reader);
	report_sort(report, options->n_keys);
	for (size_t i = 0; i < report->n && err == 0; i++)
		err = add_to_total(&report->total, &report->groups[i]->sums);
	if (err != 0)
		snprintf(error, STORE_ERROR_MAX, "call records: %s",
			 err == ERR_DB || err == ERR_CONFLICT
			     ? store_error(store)
			     : err_text(err));
	return err;
}
