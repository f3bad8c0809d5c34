/* bill_basis.c - what all bills of one run rest on */
#include "cdr-tools/bill_basis.h"

#include <stdio.h>

int
bill_basis_load(struct bill_basis *basis, struct store *store,
		const struct bill_run_options *options,
		char error[STORE_ERROR_MAX])
{
	int err = bill_tariffs_load(&basis->tariffs, store, error);

	if (err == 0)
		err = taxes_load(&basis->taxes, store, error);
	if (err == 0)
		err = bill_accounts_find(&basis->accounts, store,
					 &options->period, options->account,
					 error);
	if (err != 0 && error[0] == '\0')
		snprintf(error, STORE_ERROR_MAX, "bills: %s",
			 store_reason(store, err));
	return err;
}

void
bill_basis_fini(struct bill_basis *basis)
{
	bill_accounts_fini(&basis->accounts);
	bill_tariffs_fini(&basis->tariffs);
	taxes_fini(&basis->taxes);
	zones_fini(&basis->zones);
}

struct bill_request
bill_basis_request(struct bill_basis *basis,
		   const struct bill_run_options *options, const char *account)
{
	return (struct bill_request){
		.account = account,
		.period = options->period,
		.default_zone = options->default_zone,
		.tariffs = &basis->tariffs,
		.taxes = &basis->taxes,
		.zones = &basis->zones,
	};
}
