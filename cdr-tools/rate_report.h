/*
 * rate_report.h - what a rating run did, for people and for programs
 */
#ifndef CDR_TOOLS_RATE_REPORT_H
#define CDR_TOOLS_RATE_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "cdr-tools/rate_run.h"

/* 0 or ERR_NOMEM. */
int rate_report_print(const struct rate_run_result *result,
		      const struct rate_run_options *options, FILE *out);
/* {run, dry_run, calls, sold, bought, with_margin, changed, totals, unpriced};
 * yours to json_decref, NULL when out of memory. */
json_t *rate_report_json(const struct rate_run_result *result,
			 const struct rate_run_options *options);
/* [{calls, reason, who, destination}] and, when there were too many groups, a
 * last one of others; likewise. */
json_t *unpriced_json(const struct unpriced *unpriced);

#endif
