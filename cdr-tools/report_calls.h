/*
 * report_calls.h - calls that cost more than they bring
 */
#ifndef CDR_TOOLS_REPORT_CALLS_H
#define CDR_TOOLS_REPORT_CALLS_H

#include <stdio.h>

#include "cdr-tools/report_out.h"

/* The calls with a margin below 0, the worst first, at most top of them: 0, a
 * store error or ERR_NOMEM. */
int report_losses(struct store *store, const struct report_options *options,
		  size_t top, enum report_format format, FILE *out);
/* What has no price, by reason and destination; likewise ERR_IO. */
int report_unpriced(struct store *store, const struct report_options *options,
		    size_t top, enum report_format format, FILE *out);

#endif
