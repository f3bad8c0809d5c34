/*
 * access.h - whether an account may have what it asks for
 */
#ifndef LCRPROXY_ACCESS_H
#define LCRPROXY_ACCESS_H

#include "lcrproxy/call.h"
#include "lcrproxy/refusal.h"
#include "lcrproxy/target.h"

/*
 * The account's state, the number (that the target has; of users of ours none
 * counts), its privilege for calls abroad, and whose number it may show:
 * intake gets number, national and identity. False with why.
 */
bool access_check(struct worker *worker, const struct sip_msg *msg,
		  const struct target *target, struct call_intake *intake,
		  struct refusal *why);
/* What a plan is made by, besides the call. */
struct access_basis {
	const struct snapshot *snapshot;
	const struct policy_rule *rule; /* NULL: none */
};

/* What the rule makes of a plan with err of plan_make: its gateways in
 * its order, a URI outside of the plan, or the hops of its sources in their
 * order. Returns err, ERR_NOROUTE when nothing is left, or 0 where the rule
 * knows a way. */
int access_fix_plan(struct worker *worker, const struct access_basis *by,
		    struct plan *plan, int err);

#endif
