/*
 * limit_report.h - what is used up of the limits, as JSON
 */
#ifndef LCRPROXY_LIMIT_REPORT_H
#define LCRPROXY_LIMIT_REPORT_H

#include <jansson.h>

#include "route/snapshot.h"

/* The columns of a table for people, ending with NULL. */
extern const char *const limit_report_keys[];

/* One object per limit: account, class, mode, and for each bound its name
 * (null: none) and NAME_used; amounts as decimal texts. account NULL: those
 * of which anything is in use, at most 10,000. Yours to json_decref; NULL when
 * out of memory. */
json_t *limit_report(const struct snapshot *snapshot,
		     const struct account *account);

#endif
