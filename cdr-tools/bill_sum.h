/*
 * bill_sum.h - adding calls up, line by line; private to bill.c
 */
#ifndef CDR_TOOLS_BILL_SUM_H
#define CDR_TOOLS_BILL_SUM_H

#include "cdr-tools/bill.h"

/* Of zeroed storage: 0, ERR_NOMEM or ERR_IO. Fini in any case. */
int bill_sum_init(struct bill *bill);
void bill_sum_fini(struct bill *bill);
/* A copy of text that lives as long as the bill: 0 or ERR_NOMEM. */
int bill_keep(struct bill *bill, struct str text, const char **out);
/* *sum += value: 0 or ERR_RANGE. */
int bill_add(int64_t *sum, int64_t value);
/* Add a call to its line and to the whole: 0, ERR_NOMEM or ERR_RANGE. */
int bill_sum_add(struct bill *bill, const struct bill_call *call);
/* Net and total, and the lines in order. sums[i] is what tariffs->items[i]
 * came to. 0 or ERR_RANGE. */
int bill_sum_end(struct bill *bill, const struct bill_tariffs *tariffs,
		 const money_e8 *sums);

#endif
