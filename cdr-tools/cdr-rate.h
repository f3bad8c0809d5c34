/*
 * cdr-rate.h - the command line of cdr-rate; private to the program
 */
#ifndef CDR_TOOLS_CDR_RATE_H
#define CDR_TOOLS_CDR_RATE_H

#include <jansson.h>

#include "cdr-tools/tool.h"

/* Values as given, NULL when not. */
struct rate_job {
	const struct cli *cli;
	struct tool_store store;
	bool json;
	/* the run */
	struct tool_span span;
	const char *account, *workers;
	size_t n_workers; /* of workers */
	bool rerate, dry_run;
	/* quote */
	const char *tariff, *rates, *calls;
	const char *number, *duration, *at;
	const char *currency, *zone, *decimals, *rounding, *duration_rounding;
	const char *minimum_charge;
	bool allow_negative;
};

/* "cdr-rate quote"; returns the exit status. */
int rate_quote_command(const struct rate_job *job);

/* Write object as one line on standard output and take it over; NULL means out
 * of memory. Returns the exit status. */
int rate_put_json(const struct rate_job *job, json_t *object);

#endif
