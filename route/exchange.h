/*
 * exchange.h - dated exchange rates
 *
 * A rate of a day (UTC) is in force until the pair's next one. Between two
 * currencies that have no rate of their own, either way, the rates of both to
 * a third one count. Immutable once loaded.
 */
#ifndef ROUTE_EXCHANGE_H
#define ROUTE_EXCHANGE_H

#include <stddef.h>

#include "base/clock.h"
#include "db/store.h"
#include "tel/money.h"

/* One unit of currency is rate units of base. */
struct exchange_rate {
	char currency[4], base[4];
	int64_t day; /* since 1970-01-01 */
	money_e8 rate;
};

struct exchange {
	struct exchange_rate *items; /* by currency, base and day */
	size_t n, cap;
};

/* 0, a store error, ERR_INVAL (a value that cannot be) or ERR_NOMEM, with
 * error. Fini in any case. */
int exchange_load(struct exchange *exchange, struct store *store,
		  char error[STORE_ERROR_MAX]);
void exchange_fini(struct exchange *exchange);

/* amount of currency from in currency to at t, rounded half up to 8 decimals
 * in one step: 0, ERR_NOTFOUND (no rate) or ERR_RANGE. The same currency needs
 * no rate; exchange may be NULL, which has none. */
int exchange_convert(const struct exchange *exchange, money_e8 amount,
		     const char *from, const char *to, time_us t,
		     money_e8 *out);

#endif
