/*
 * bill_basis.h - what all bills of one run rest on; private to bills
 */
#ifndef CDR_TOOLS_BILL_BASIS_H
#define CDR_TOOLS_BILL_BASIS_H

#include "cdr-tools/bill_accounts.h"
#include "cdr-tools/bill_run.h"

struct bill_basis {
	struct bill_tariffs tariffs;
	struct taxes taxes;
	struct zones zones; /* opened on the way */
	struct bill_accounts accounts;
};

/* For the period and the account of options. 0, ERR_NOTFOUND (no such account),
 * a store error, ERR_INVAL or ERR_NOMEM, with error. Of zeroed storage; fini in
 * any case. */
int bill_basis_load(struct bill_basis *basis, struct store *store,
		    const struct bill_run_options *options,
		    char error[STORE_ERROR_MAX]);
void bill_basis_fini(struct bill_basis *basis);
/* A request for the bill of an account; all of it borrowed. */
struct bill_request bill_basis_request(struct bill_basis *basis,
				       const struct bill_run_options *options,
				       const char *account);

#endif
