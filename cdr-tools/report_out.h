/*
 * report_out.h - a report as a table for people, CSV or JSON
 */
#ifndef CDR_TOOLS_REPORT_OUT_H
#define CDR_TOOLS_REPORT_OUT_H

#include <jansson.h>
#include <stdio.h>

#include "cdr-tools/report.h"

enum report_format { REPORT_TABLE, REPORT_CSV, REPORT_JSON };

/* 0, ERR_NOMEM; errors of writing show in ferror. Percentiles are taken here,
 * so that values are sorted. */
int report_write(struct report *report, const struct report_options *options,
		 enum report_format format, FILE *out);

/* One measure of a group, by its column name in CSV: 0 or ERR_NOTFOUND (no such
 * column, or not a plain number). Money in 1e-8 units. */
int report_measure(struct str name, const struct report_sums *sums,
		   int64_t *out, bool *is_money);

/* The groups of both reports by how much a measure moved, the most first; those
 * of one report only count as 0 in the other. At most top rows. */
int report_changes(const struct report *now, const struct report *before,
		   const struct report_options *options, const char *measure,
		   size_t top, enum report_format format, FILE *out);

/* a / b in percent with one decimal, "" without any b. */
#define REPORT_PERCENT_MAX 24
const char *report_percent(int64_t a, int64_t b, char out[REPORT_PERCENT_MAX]);

#endif
