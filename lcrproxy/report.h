/*
 * report.h - the state of the daemon as JSON, for lcrctl
 */
#ifndef LCRPROXY_REPORT_H
#define LCRPROXY_REPORT_H

#include <jansson.h>

#include "lcrproxy/app.h"

/* The time of day, for answers. */
time_us report_now(void);
/* All: yours to json_decref; NULL when out of memory. */
json_t *report_status(struct app *app);
json_t *report_gateways(struct app *app);

/* For gather.h: a json_t array of a worker's calls. */
void *report_calls_of(struct worker *worker, void *arg);
/* The sum of what counted.h has taken of n workers; takes over the answers. */
json_t *report_counters_sum(void **answers, int n);

#endif
