/*
 * explain_private.h - what both ways to tell a decision ask; for explain*.c
 */
#ifndef ROUTE_EXPLAIN_PRIVATE_H
#define ROUTE_EXPLAIN_PRIVATE_H

#include "route/explain.h"

#define EXPLAIN_USER_MAX 128 /* a user part, with NUL */

/* "national" or "international". */
const char *explain_class(const struct snapshot *snapshot,
			  const struct plan_query *query);
/* Why there is no plan; NULL when there is one. */
const char *explain_refusal(const struct plan_query *query,
			    const struct plan *plan);
/* Of a candidate whose carrier has a tariff. */
const char *explain_currency(const struct snapshot *snapshot,
			     const struct plan_candidate *c);
/* What remains of sell after cost: false unless both are known in one
 * currency. */
bool explain_margin(const struct plan *plan, const struct plan_candidate *c,
		    money_e8 *out);
/* Whether there is a prefix by which it was found. */
bool explain_has_prefix(const struct plan_candidate *c);
/* Whether the account may present the query's caller ("own", "any", "foreign"),
 * and in *shown, which has it, what is shown instead; len 0: the call is
 * refused. */
const char *explain_caller(const struct snapshot *snapshot,
			   const struct plan_query *query,
			   struct number *shown);
/* The user part of the From that the gateway would get: false when there is no
 * caller, or the call is refused. */
bool explain_from(const struct snapshot *snapshot,
		  const struct plan_query *query,
		  const struct gateway *gateway, char out[EXPLAIN_USER_MAX]);
/* The header that would tell it who is asserted: "pai", "rpid", "keep" (those
 * that come) or "none". */
const char *explain_identity(const struct snapshot *snapshot,
			     const struct plan_query *query,
			     const struct gateway *gateway);

#endif
