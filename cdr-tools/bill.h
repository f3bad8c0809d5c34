/*
 * bill.h - what one account owes for one month
 *
 * Made from the rated call records alone, in one pass over the calls of the
 * account in the order of their answers. Amounts are sums of the calls'
 * amounts and exact. Calls without a price are counted, never billed at 0.
 */
#ifndef CDR_TOOLS_BILL_H
#define CDR_TOOLS_BILL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "cdr-tools/period.h"
#include "cdr-tools/unpriced.h"
#include "db/store.h"
#include "tel/money.h"

/* All calls of one destination, prefix and price per minute. */
struct bill_line {
	struct map_node node;
	const char *destination, *prefix;
	money_e8 rate;
	uint64_t calls;
	int64_t duration_us, billed_s;
	money_e8 amount;
};

/* What the calls of a bill cost us. Money is of the calls with a margin. */
struct bill_margin {
	uint64_t calls;
	money_e8 revenue, cost, margin;
	uint64_t no_cost;  /* sold, but without a buy amount */
	uint64_t no_price; /* not sold, with a buy amount */
	uint64_t mixed;    /* both, without an exchange rate */
};

struct bill {
	/* which */
	const char *account, *name; /* the key, and what people call it */
	const char *zone_name;
	struct period period;
	time_us from, until;
	/* what */
	const char *currency; /* "" without a priced call */
	uint64_t calls;       /* priced */
	int64_t duration_us, billed_s;
	money_e8 sum;      /* of the lines */
	money_e8 net;      /* sum, rounded by tariffs that round at the bill */
	money_e8 tax;      /* 0: there are no taxes yet */
	money_e8 total;    /* net + tax */
	uint64_t unpriced; /* ended calls without a sell amount */
	uint64_t open;     /* answered and not ended yet: not billed */
	struct bill_margin margin;
	/* by destination, prefix and rate */
	struct bill_line **lines;
	size_t n_lines, lines_cap;
	/* for the one who makes it */
	struct map by_key;
	struct hash_key hash_key;
	struct arena texts;
};

/* A tariff whose amounts are rounded at the bill. */
struct bill_tariff {
	const char *name;
	int decimals;
	enum money_rounding rounding;
};

struct bill_tariffs {
	struct bill_tariff *items;
	size_t n, cap;
	struct arena texts;
};

/* The tariffs with round_at 'bill': 0, a store error, ERR_INVAL (a value that
 * cannot be) or ERR_NOMEM, with error. Fini in any case. */
int bill_tariffs_load(struct bill_tariffs *tariffs, struct store *store,
		      char error[STORE_ERROR_MAX]);
void bill_tariffs_fini(struct bill_tariffs *tariffs);

/* One call as it goes into a bill; texts are borrowed from the statement. */
struct bill_call {
	time_us answer;
	struct str caller, number, destination, prefix;
	int64_t duration_us, billed_s;
	money_e8 rate, amount;
};

/* Called for each priced call in the order of answers; an error ends the
 * reading and is returned. */
typedef int bill_call_fn(void *arg, const struct bill_call *call);

struct bill_request {
	const char *account;
	struct period period;
	const char *default_zone; /* of accounts without one; IANA */
	const struct bill_tariffs *tariffs;
	struct unpriced *unpriced; /* adds what has no price; or NULL */
	bill_call_fn *on_call;     /* or NULL */
	void *arg;
};

/*
 * Read the account's calls of the month in its own zone and add them up. An
 * account that is not in the table has its key as name and the default zone.
 * Returns 0, a store error, ERR_INVAL (calls in two currencies, no such zone),
 * ERR_RANGE (a sum does not fit), ERR_NOMEM or what on_call returned, with
 * error (except for the last). Fini in any case.
 */
int bill_make(struct bill *bill, struct store *store,
	      const struct bill_request *request, char error[STORE_ERROR_MAX]);
void bill_fini(struct bill *bill);

#endif
