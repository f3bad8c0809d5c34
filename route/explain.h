/*
 * explain.h - a decision in words: for lcrctl route, as JSON and as a table
 *
 * Both tell the same: what was asked, the plan in order, and every gateway
 * that is not in it with the reason. plan is what plan_make filled in when it
 * returned 0, ERR_NOROUTE or ERR_NOPRICE.
 */
#ifndef ROUTE_EXPLAIN_H
#define ROUTE_EXPLAIN_H

#include <jansson.h>
#include <stdio.h>

#include "route/plan.h"

/*
 * An object: number, caller (null, or its number, verdict: own, any, foreign,
 * and what is shown, null when the call is refused), routing_number (where it
 * was ported to) and porting_source (request, table, enum), both null when that
 * is not known, media (offered, tel/media.h, or null), class ("national" or "international" by the account's
 * dial plan), number_class (tel/number_class.h), rule ("built-in"), account (null without), policy (of the account, null
 * without: strategy, tolerance, min_margin, min_margin_percent, max_loss), at,
 * duration_s, generation, sources, currency, sell (null without), refused (null, or why
 * there is no plan), candidates, plan (names of gateways). A candidate has
 * rank (null outside the plan), carrier, gateway, uri, user (what it is asked for), from
 * (the user part of the From it gets) and identity (what tells it who is
 * asserted: "pai", "rpid", "keep", "none"), both null without a caller, source ("static", or "trip" when a
 * peer told it), prefix (told by the peer, else rate_prefix), rate_prefix, rate (per
 * minute; null = not sold), connect_fee, first_increment, increment, currency,
 * cost, value (cost in the plan's currency), sell, margin, excluded (null or
 * the reason); what is not known is
 * null. Amounts are decimal texts, exact to 1e-8. Returns 0 or ERR_NOMEM; *out
 * is yours to json_decref.
 */
int route_explain_json(const struct snapshot *snapshot,
		       const struct plan_query *query, const struct plan *plan,
		       json_t **out);
/* The same for people; errors show in ferror(out). */
void route_explain_text(FILE *out, const struct snapshot *snapshot,
			const struct plan_query *query,
			const struct plan *plan);

#endif
