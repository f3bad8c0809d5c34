/*
 * rate_attempts.h - fees that carriers charge for attempts
 *
 * Every INVITE that reached a carrier whose tariff has an attempt_fee costs
 * that, answered or not. It stays with the attempt, not in the amounts of the
 * call.
 */
#ifndef CDR_TOOLS_RATE_ATTEMPTS_H
#define CDR_TOOLS_RATE_ATTEMPTS_H

#include "cdr-tools/rate_run.h"

/* In one transaction, attempts of calls set up within the span and of the
 * account of options: 0 and how many got a fee, or a store error. What has
 * one keeps it, unless options says rerate. */
int rate_attempts(struct store *store, const struct rate_run_options *options,
		  uint64_t *n_out);

#endif
