/*
 * report.h - traffic, quality and money by account, carrier, time ...
 *
 * One pass over the calls of a stretch of time and one over their attempts, by
 * the instant a call was set up, added up in memory group by group. Calls are
 * counted once, however many dialogs came of them; attempts are INVITEs sent to
 * gateways. What is counted how is in doc/reports.md.
 */
#ifndef CDR_TOOLS_REPORT_H
#define CDR_TOOLS_REPORT_H

#include "base/arena.h"
#include "base/cli.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/zone.h"
#include "cdr-tools/parties.h"
#include "db/store.h"
#include "route/pricebook.h"

enum report_key {
	REPORT_ACCOUNT,
	REPORT_CARRIER,
	REPORT_GATEWAY,
	REPORT_DESTINATION,
	REPORT_HOUR,
	REPORT_DAY,
	REPORT_MONTH,
	REPORT_N_KEYS,
};

#define REPORT_MAX_KEYS 3

struct report_options {
	enum report_key keys[REPORT_MAX_KEYS];
	size_t n_keys;
	time_us from, until; /* set up in [from, until) */
	const struct zone *zone; /* of hours, days and months; NULL = UTC */
	/* only these; NULL = all */
	const char *account, *carrier, *gateway, *destination;
	const char *currency; /* of all amounts; NULL = of the first one */
	/* for the destinations of calls that were not rated; or NULL */
	const struct pricebook *book;
	const struct parties *parties; /* and the exchange rates */
	struct cli_progress *progress; /* or NULL */
};

struct report_sums {
	uint64_t calls, answered;
	uint64_t attempts, seizures; /* sent; and reached the carrier */
	uint64_t attempts_answered, effective;
	int64_t duration_us, billed_s;
	money_e8 revenue, cost; /* cost: of calls and of attempts */
	uint64_t unpriced;	/* answered and ended, without a sell amount */
	uint64_t one_sided;	/* with one of both amounts only */
	int64_t *pdd;		/* of each call that has one, microseconds */
	size_t n_pdd, pdd_cap;
};

struct report_group {
	struct map_node node;
	const char *keys[REPORT_MAX_KEYS];
	struct report_sums sums;
};

struct report {
	struct report_group **groups; /* by keys */
	size_t n, cap;
	struct report_sums total;
	char currency[4];     /* "" without any amount */
	uint64_t unconverted; /* amounts left out: no exchange rate */
	/* for the one who makes it */
	struct map by_key;
	struct hash_key hash_key;
	struct arena texts;
};

/* "account" ...: 0 or ERR_SYNTAX. */
int report_key_parse(struct str text, enum report_key *out);
const char *report_key_text(enum report_key key);

/* 0, a store error, ERR_RANGE (a sum does not fit), ERR_IO or ERR_NOMEM, with
 * error. Fini in any case. */
int report_make(struct report *report, struct store *store,
		const struct report_options *options,
		char error[STORE_ERROR_MAX]);
void report_fini(struct report *report);

/* --- for what reads the rows --- */

int report_init(struct report *report, const struct report_options *options);
/* The group of n texts (n_keys of them), made when there is none. */
int report_find(struct report *report, const struct str *keys, size_t n,
		struct report_group **out);
/* The lower of the values at p percent of all, 0 without any; sorts them. */
int64_t report_percentile(struct report_sums *sums, unsigned p);
/* The groups in order. */
void report_sort(struct report *report, size_t n_keys);

#endif
