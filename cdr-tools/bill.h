/*
 * bill.h - what one account owes for one period
 *
 * A draft is made from the rated call records alone, in one pass over the calls
 * of the account in the order of their answers, late ones first. A closed bill
 * is what the store keeps of it; its calls are read as they were billed. Amounts
 * are sums of the calls' amounts and exact. Calls without a price are counted,
 * never billed at 0.
 */
#ifndef CDR_TOOLS_BILL_H
#define CDR_TOOLS_BILL_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/map.h"
#include "cdr-tools/period.h"
#include "cdr-tools/taxes.h"
#include "cdr-tools/unpriced.h"
#include "cdr-tools/zones.h"
#include "db/store.h"
#include "tel/money.h"

enum bill_line_kind {
	BILL_CALLS,
	BILL_LATE,     /* of earlier periods, whose bills were closed */
	BILL_ROUNDING, /* what tariffs that round at the bill add */
};

/* All calls of one kind, destination, prefix, price per minute and tax. */
struct bill_line {
	struct map_node node;
	enum bill_line_kind kind;
	const char *destination, *prefix;
	money_e8 rate;
	size_t group; /* of the bill's taxes */
	uint64_t calls;
	int64_t duration_us, billed_s;
	money_e8 amount;
	money_e8 tax; /* its share: the lines of a group add up to its tax */
};

/* What the calls of a bill cost us. Money is of the calls with a margin, in
 * the currency of the bill. */
struct bill_margin {
	uint64_t calls;
	money_e8 revenue, cost, margin;
	uint64_t no_cost;  /* sold, but without a buy amount */
	uint64_t no_price; /* not sold, with a buy amount */
	uint64_t mixed;    /* both, without an exchange rate */
};

struct bill {
	/* which */
	int64_t number; /* 0 = a draft */
	time_us closed; /* when; of bills with a number */
	const char *account, *name; /* the key, and what people call it */
	const char *zone_name;
	const struct zone *zone; /* borrowed from the request's zones; NULL in
				  * bills that were not made = by its name */
	struct period period;
	time_us from, until;
	/* what */
	const char *currency; /* "" without a priced call */
	uint64_t calls;       /* priced */
	uint64_t late;        /* of them, those of earlier periods */
	int64_t duration_us, billed_s;
	money_e8 sum; /* of the lines of calls */
	money_e8 net; /* of all lines */
	money_e8 tax; /* of all groups */
	money_e8 total;    /* net + tax */
	uint64_t unpriced; /* ended calls without a sell amount */
	uint64_t open;     /* answered and not ended yet: not billed */
	struct bill_margin margin;
	struct tax_groups taxes;
	/* by kind, destination, prefix and rate */
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
	bool is_late;
	const struct tax *tax; /* or NULL */
};

/* Called for each priced call, late ones first, both in the order of answers;
 * an error ends the reading and is returned. */
typedef int bill_call_fn(void *arg, const struct bill_call *call);

struct bill_request {
	const char *account;
	struct period period;
	const char *default_zone; /* of accounts without one; IANA */
	const struct bill_tariffs *tariffs;
	const struct taxes *taxes; /* or NULL */
	struct zones *zones;
	struct unpriced *unpriced; /* adds what has no price; or NULL */
	bill_call_fn *on_call;     /* or NULL */
	void *arg;
};

/*
 * The closed bill of the account and the period, or else a draft: the account's
 * calls of the period in its own zone, and the late ones that wait for a bill.
 * An account that is not in the table has its key as name and the default zone.
 * Returns 0, a store error, ERR_INVAL (calls in two currencies, no such zone),
 * ERR_EXISTS (no bill of this period, but one that overlaps it), ERR_CORRUPT
 * (the calls of a closed bill are no longer what it says), ERR_LIMIT (over
 * TAX_MAX_GROUPS taxes), ERR_RANGE (a sum does not fit), ERR_NOMEM or what
 * on_call returned, with error (except for the last). Fini in any case.
 */
int bill_make(struct bill *bill, struct store *store,
	      const struct bill_request *request, char error[STORE_ERROR_MAX]);
/* What the store keeps of a bill that was made and closed: 0, a store error or
 * ERR_NOMEM. */
int bill_load_again(struct bill *bill, struct store *store);
void bill_fini(struct bill *bill);

#endif
