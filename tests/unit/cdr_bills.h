/*
 * cdr_bills.h - bills for the tests of what is written about them
 */
#ifndef TESTS_UNIT_CDR_BILLS_H
#define TESTS_UNIT_CDR_BILLS_H

#include "cdr-tools/bill.h"
#include "tests/unit/cdr_help.h"

/* Calls of October and November 2026: see the rows. */
extern const struct cdr_test_call bill_calls[];
extern const size_t n_bill_calls;

/* A bill with two lines, and rounding when is_rounded; it needs no fini. */
struct cdr_bill {
	struct bill bill;
	struct bill_line line[3];
	struct bill_line *lines[3];
};

void cdr_bill_init(struct cdr_bill *bill, bool is_rounded);

#endif
