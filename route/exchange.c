/* exchange.c - dated exchange rates */
#include "route/exchange.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "route/table_rows.h"

#define DAY_US (INT64_C(86400) * US_PER_S)
#define MAX_RATE (1000000 * MONEY_ONE)

static const char rates_sql[] =
    "SELECT currency, base, date, rate FROM exchange_rates"
    " ORDER BY currency, base, date";

static int
read_currency(struct row *row, int column, const char *name, char out[4])
{
	struct str text = store_col_text(row->stmt, column);

	if (text.len == 3)
		return str_copy(text, out, 4);
	return row_fail(row, "%s is \"%.*s\", expected three letters", name,
			STR_ARG(text));
}

static int
read_rate(void *arg, struct row *row)
{
	struct exchange *exchange = arg;
	struct exchange_rate rate = { .rate = store_col_money(row->stmt, 3) };
	struct str date = store_col_text(row->stmt, 2);
	int year, month, day, err;

	row->key = date;
	if (date_parse(date, &year, &month, &day) != 0)
		return row_fail(row, "date is \"%.*s\", expected YYYY-MM-DD",
				STR_ARG(date));
	rate.day = days_from_date(year, month, day);
	if (rate.rate <= 0 || rate.rate > MAX_RATE)
		return row_fail(row, "rate is not in range, expected more than "
				     "0 and at most a million");
	if (read_currency(row, 0, "currency", rate.currency) != 0 ||
	    read_currency(row, 1, "base", rate.base) != 0)
		return row->err;
	err = mem_grow((void **)&exchange->items, &exchange->cap, exchange->n,
		       sizeof(*exchange->items));
	if (err == 0)
		exchange->items[exchange->n++] = rate;
	return err;
}

int
exchange_load(struct exchange *exchange, struct store *store,
	      char error[STORE_ERROR_MAX])
{
	memset(exchange, 0, sizeof(*exchange));
	return rows_read(store, "exchange_rates", rates_sql, read_rate,
			 exchange, error);
}

void
exchange_fini(struct exchange *exchange)
{
	mem_free(exchange->items);
	memset(exchange, 0, sizeof(*exchange));
}

static int
compare(const struct exchange_rate *rate, const char *currency,
	const char *base, int64_t day)
{
	int order = strcmp(rate->currency, currency);

	if (order == 0)
		order = strcmp(rate->base, base);
	if (order == 0)
		order = rate->day < day ? -1 : rate->day > day;
	return order;
}

/* The rate of a pair in force on day; 0 when there is none. */
static money_e8
find(const struct exchange *exchange, const char *currency, const char *base,
     int64_t day)
{
	size_t low = 0, high = exchange->n;
	const struct exchange_rate *rate;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&exchange->items[middle], currency, base, day) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return 0;
	rate = &exchange->items[low - 1];
	return strcmp(rate->currency, currency) == 0 &&
		       strcmp(rate->base, base) == 0
		   ? rate->rate
		   : 0;
}

struct ratio {
	int64_t mul, div;
};

static int64_t
common_divisor(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* What one unit of from is worth in to, of the pair's own rates. */
static bool
pair(const struct exchange *exchange, const char *from, const char *to,
     int64_t day, struct ratio *out)
{
	money_e8 rate = find(exchange, from, to, day);
	int64_t divisor;

	if (rate > 0) {
		*out = (struct ratio){ rate, MONEY_ONE };
	} else {
		rate = find(exchange, to, from, day);
		if (rate == 0)
			return false;
		*out = (struct ratio){ MONEY_ONE, rate };
	}
	divisor = common_divisor(out->mul, out->div);
	out->mul /= divisor;
	out->div /= divisor;
	return true;
}

/* Through the third currency: 0, ERR_NOTFOUND or ERR_RANGE. */
static int
through(const struct exchange *exchange, const char *from, const char *third,
	const char *to, int64_t day, struct ratio *out)
{
	struct ratio first, second;
	int64_t a, b;

	if (!pair(exchange, from, third, day, &first) ||
	    !pair(exchange, third, to, day, &second))
		return ERR_NOTFOUND;
	a = common_divisor(first.mul, second.div);
	b = common_divisor(second.mul, first.div);
	if (__builtin_mul_overflow(first.mul / a, second.mul / b, &out->mul) ||
	    __builtin_mul_overflow(first.div / b, second.div / a, &out->div))
		return ERR_RANGE;
	return 0;
}

/* The third currency is the first one, in the order of the table, that both
 * have a rate to. */
static int
find_ratio(const struct exchange *exchange, const char *from, const char *to,
	   int64_t day, struct ratio *out)
{
	int err = ERR_NOTFOUND;

	if (pair(exchange, from, to, day, out))
		return 0;
	for (size_t i = 0; i < exchange->n && err == ERR_NOTFOUND; i++) {
		const struct exchange_rate *rate = &exchange->items[i];
		const struct exchange_rate *last = i > 0 ? rate - 1 : NULL;

		if (last != NULL && strcmp(last->base, rate->base) == 0 &&
		    strcmp(last->currency, rate->currency) == 0)
			continue;
		if (strcmp(rate->currency, from) == 0 ||
		    strcmp(rate->currency, to) == 0)
			err = through(exchange, from, rate->base, to, day, out);
		else if (strcmp(rate->base, from) == 0 ||
			 strcmp(rate->base, to) == 0)
			err = through(exchange, from, rate->currency, to, day,
				      out);
	}
	return err;
}

int
exchange_convert(const struct exchange *exchange, money_e8 amount,
		 const char *from, const char *to, time_us t, money_e8 *out)
{
	int64_t day = t / DAY_US - (t % DAY_US < 0);
	struct ratio ratio;
	int err;

	if (strcmp(from, to) == 0) {
		*out = amount;
		return 0;
	}
	if (exchange == NULL)
		return ERR_NOTFOUND;
	err = find_ratio(exchange, from, to, day, &ratio);
	if (err != 0)
		return err;
	return money_mul_div(amount, ratio.mul, ratio.div, MONEY_HALF_UP, out);
}
