/*
 * brakes.h - the limits of an account against one call: doc/access.md
 *
 * A call is counted where it begins, priced once it has a plan, costs from its
 * answer on and is counted out where it ends (route/limit_state.h). What a
 * limit in mode observe would have refused is counted and logged only.
 */
#ifndef LCRPROXY_BRAKES_H
#define LCRPROXY_BRAKES_H

#include "lcrproxy/call.h"
#include "lcrproxy/refusal.h"

/* Barred numbers, hours, calls per second, channels, calls of the window:
 * false with why. use (empty) gets what the call is counted in; in both cases
 * limit_leave is due. */
bool brakes_enter(struct worker *worker, const struct call_intake *intake,
		  struct limit_use *use, struct refusal *why);
/* A call that goes on since before the start: counted in whatever the bounds.
 * Its minutes count from now on, and its price is not known. use as above. */
void brakes_resume(struct worker *worker, const struct call_intake *intake,
		   struct limit_use *use);
/* Minutes and money, by the plan's price of the expected call. */
bool brakes_price(struct worker *worker, const struct call_intake *intake,
		  const struct plan *plan, struct limit_use *use,
		  struct refusal *why);

#endif
