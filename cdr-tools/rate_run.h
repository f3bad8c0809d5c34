/*
 * rate_run.h - price the call records of a store, in batches
 *
 * Every record with an answer, an end and no rating yet is priced once; each
 * batch is one transaction. A run that is killed leaves whole batches: the
 * next run goes on with the rest. A record that changed while it was priced
 * is left for the next run. Calls whose end changed after they were rated, which
 * only those of closed bills still show, are re-rated. A re-rating keeps each rating that it replaces, with
 * its run, in rating_history; it leaves what would not change, so that one that
 * was killed is done again with the same outcome.
 */
#ifndef CDR_TOOLS_RATE_RUN_H
#define CDR_TOOLS_RATE_RUN_H

#include <stdbool.h>

#include "base/cli.h"
#include "cdr-tools/parties.h"
#include "cdr-tools/rate.h"
#include "cdr-tools/unpriced.h"

struct rate_run_options {
	int64_t run;         /* names this run in the records: not 0 */
	time_us from, until; /* answered in [from, until) */
	time_us now;         /* later answers are counted; 0 = none are */
	const char *account; /* NULL = all */
	bool rerate;         /* also what has a rating already */
	bool stale;          /* set by rate_run: what has one of another end */
	bool dry_run;        /* price and count, write nothing */
	size_t batch;        /* records per transaction; 0 = 10,000 */
	struct cli_progress *progress; /* or NULL */
};

/* What a currency's calls came to. */
struct rate_total {
	char currency[4];
	money_e8 sell, buy;
	money_e8 margin; /* of the calls that have one */
};

#define RATE_MAX_TOTALS 32

struct rate_run_result {
	uint64_t calls;   /* rated */
	uint64_t sold;    /* of them with a sell amount, */
	uint64_t bought;  /* with a buy amount, */
	uint64_t margins; /* with a margin */
	uint64_t changed; /* left alone: changed meanwhile */
	uint64_t ends;   /* of calls: had a rating, but of another end */
	uint64_t future; /* of calls: answered after now, by a wrong clock */
	uint64_t damaged; /* not of calls: cannot be read, told to stderr */
	uint64_t same;    /* re-rated: left, since nothing would change */
	uint64_t kept;    /* re-rated: former ratings kept */
	uint64_t attempts; /* that carriers charge for */
	struct rate_total totals[RATE_MAX_TOTALS]; /* in order of arrival */
	size_t n_totals;
	struct unpriced unpriced; /* one call may be in it twice: either side */
};

#define RATE_MAX_WORKERS 16

/* Work with n_stores connections to one store, a thread for each; 1 to
 * RATE_MAX_WORKERS. 0, a store error, ERR_RANGE (a total does not fit), ERR_LIMIT (over
 * RATE_MAX_TOTALS currencies), ERR_IO or ERR_NOMEM; error says what. result
 * counts what was committed; fini in any case. */
int rate_run(struct store *const *stores, size_t n_stores,
	     const struct pricebook *book, const struct parties *parties,
	     const struct rate_run_options *options,
	     struct rate_run_result *result, char error[STORE_ERROR_MAX]);
void rate_run_result_fini(struct rate_run_result *result);

#endif
