/*
 * bill_csv.h - bills as CSV
 *
 * Columns are promised to the scripts of others: doc/rating.md lists them.
 * Errors show in ferror(file).
 */
#ifndef CDR_TOOLS_BILL_CSV_H
#define CDR_TOOLS_BILL_CSV_H

#include <stdio.h>

#include "cdr-tools/bill.h"

/* ",NUMBER,closed", or ",,draft" for 0. */
void bill_csv_number(FILE *file, int64_t bill);
/* summary.csv: a header, then one row per bill. */
void bill_csv_summary_header(FILE *file);
void bill_csv_summary_row(FILE *file, const struct bill *bill);
/* ACCOUNT.csv: all lines with a header. What rounding at the bill added or
 * took is a line of its own, so that the amounts sum up to net. */
void bill_csv_lines(FILE *file, const struct bill *bill);
/* ACCOUNT-calls.csv */
void bill_csv_calls_header(FILE *file);
void bill_csv_call(FILE *file, const struct bill_call *call);

#endif
