/*
 * bill_sum.h - adding calls up, line by line; private to bills
 */
#ifndef CDR_TOOLS_BILL_SUM_H
#define CDR_TOOLS_BILL_SUM_H

#include "cdr-tools/bill.h"

/* What a tariff's calls came to, by tax: as they are, to 8 decimals each, and
 * exactly. */
struct bill_tariff_sum {
	money_e8 amount;
	money_60 exact;
};

struct bill_tariff_sums {
	struct bill_tariff_sum of_group[TAX_MAX_GROUPS];
};

/* Of zeroed storage: 0, ERR_NOMEM or ERR_IO. Fini in any case. */
int bill_sum_init(struct bill *bill);
void bill_sum_fini(struct bill *bill);
/* A copy of text that lives as long as the bill: 0 or ERR_NOMEM. */
int bill_keep(struct bill *bill, struct str text, const char **out);
/* *sum += value: 0 or ERR_RANGE. */
int bill_add(int64_t *sum, int64_t value);
/* Add a call to its line and to the whole, and tell the group of its tax: 0,
 * ERR_NOMEM, ERR_LIMIT or ERR_RANGE. */
int bill_sum_add(struct bill *bill, const struct bill_call *call,
		 size_t *group);
/* A further line, all of it given, texts copied: 0 or ERR_NOMEM. */
int bill_sum_line(struct bill *bill, const struct bill_line *like,
		  struct bill_line **out);
/* The lines in order, rounding, taxes, net and total. sums[i] is what
 * tariffs->items[i] came to. 0, ERR_NOMEM or ERR_RANGE. */
int bill_sum_end(struct bill *bill, const struct bill_tariffs *tariffs,
		 const struct bill_tariff_sums *sums);

#endif
