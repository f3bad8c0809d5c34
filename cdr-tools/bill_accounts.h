/*
 * bill_accounts.h - whose bills there are to make
 */
#ifndef CDR_TOOLS_BILL_ACCOUNTS_H
#define CDR_TOOLS_BILL_ACCOUNTS_H

#include "base/arena.h"
#include "cdr-tools/period.h"
#include "cdr-tools/unpriced.h"
#include "db/store.h"

struct bill_accounts {
	const char **names; /* in order */
	size_t n, cap;
	struct arena texts;
};

/*
 * Accounts that may have something in a period: calls, late ones, corrections,
 * or a closed bill; with only, that one if it is there or in the table of
 * accounts. 0, ERR_NOTFOUND (only is nowhere, with error), a store error or
 * ERR_NOMEM. Fini in any case.
 */
int bill_accounts_find(struct bill_accounts *accounts, struct store *store,
		       const struct period *period, const char *only,
		       char error[STORE_ERROR_MAX]);
void bill_accounts_fini(struct bill_accounts *accounts);

/* Count the calls of the period, in a zone, that name no account, and add them
 * to tally: 0, a store error, ERR_NOTFOUND (no such zone) or ERR_NOMEM. */
int bill_accounts_nobody(struct store *store, const struct period *period,
			 const char *zone_name, struct unpriced *tally,
			 uint64_t *n_out);

#endif
