/*
 * credit_file.h - credit notes as CSV and as a page for people
 *
 * Errors show in ferror(file).
 */
#ifndef CDR_TOOLS_CREDIT_FILE_H
#define CDR_TOOLS_CREDIT_FILE_H

#include <stdio.h>

#include "cdr-tools/credit.h"

/* ACCOUNT-credit.csv: a header and a row for each call. */
void credit_csv(FILE *file, const struct credit *credit);
/* Its row of summary.csv. */
void credit_csv_summary_row(FILE *file, const struct credit *credit);
/* ACCOUNT-credit.html */
void credit_html(FILE *file, const struct credit *credit);

#endif
