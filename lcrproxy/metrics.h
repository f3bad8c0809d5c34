/*
 * metrics.h - what a harvest says, as metrics
 *
 * Labels are names of the store and words of this program: never a number, a
 * Call-ID or anything else that a stranger sends. doc/metrics.md lists all of them.
 */
#ifndef LCRPROXY_METRICS_H
#define LCRPROXY_METRICS_H

#include "lcrproxy/exposition.h"
#include "lcrproxy/harvest.h"

/* All of it; max_accounts of the accounts have metrics of their own. What went
 * wrong is in out->err. */
void metrics_write(struct exposition *out, const struct harvest *harvest,
		   size_t max_accounts);

/* --- its parts --- */

/* One row of a family; help of the first alone. */
struct metric_row {
	const char *family;
	enum metric_type type;
	const char *help;
	const char *label, *value; /* NULL: without */
	size_t offset;		   /* in struct counted */
};
extern const struct metric_row metric_rows[];
extern const size_t n_metric_rows;

void metrics_counters(struct exposition *out, const struct counted *sum);
void metrics_requests(struct exposition *out, const struct counted *sum);
/* Version, snapshot, reloads, threads, and what the system knows of the
 * process. */
void metrics_node(struct exposition *out, const struct harvest *harvest);
void metrics_process(struct exposition *out);
void metrics_acct(struct exposition *out, const struct harvest *harvest);
/* Nothing without TRIP. */
void metrics_trip(struct exposition *out, const struct harvest *harvest);
void metrics_gateways(struct exposition *out, const struct snapshot *snapshot,
		      time_us now);
void metrics_accounts(struct exposition *out, const struct snapshot *snapshot,
		      size_t max_accounts);

/* A family of one sample without labels. */
void metrics_one(struct exposition *out, const char *family,
		 enum metric_type type, const char *help, int64_t value);
void metrics_one_us(struct exposition *out, const char *family,
		    enum metric_type type, const char *help, int64_t us);

#endif
