/*
 * bill_calls.h - the calls of a bill, read from the records; private to bills
 */
#ifndef CDR_TOOLS_BILL_CALLS_H
#define CDR_TOOLS_BILL_CALLS_H

#include "cdr-tools/bill_sum.h"

struct bill_maker {
	struct bill *bill;
	struct store *store;
	const struct bill_request *request;
	struct bill_tariff_sums *sums; /* of each of request->tariffs */
	char *error;
};

/* Describe and return err. */
int bill_fail(struct bill_maker *maker, int err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Read the late calls and those of the period, each as it was when the bill of
 * bill->number was closed, or as it is now for a draft, and add them up. */
int bill_calls_read(struct bill_maker *maker);

#endif
