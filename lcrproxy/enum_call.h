/*
 * enum_call.h - the ENUM stage of a call: between its plan and the hunt
 *
 * The number is looked up in the trees of the configuration, from memory or
 * while the call waits; the SIP URIs that were found become hops of the call
 * (uri_hop.h). Whatever happens, within the deadline of the stage the hunt
 * begins.
 */
#ifndef LCRPROXY_ENUM_CALL_H
#define LCRPROXY_ENUM_CALL_H

#include "enum/enum.h"
#include "lcrproxy/call.h"

struct enum_rules;
struct policy_rule;

/* Whether a number that nobody sells may be somewhere all the same, and rule
 * (NULL: none) lets it be looked for. */
bool enum_call_may_find(const struct worker *worker,
			const struct call_intake *intake,
			const struct policy_rule *rule);
/* The call has its plan, which may be empty when the number may be found: look
 * it up, if it is to be, then hunt_start, or the refusal. rule may say where
 * among the sources of routes the URIs come, or that none are asked for. */
void enum_call_begin(struct call *call, const struct policy_rule *rule);
/* Whether there is a tree of ISNs (number*itad) to look in. */
bool enum_call_takes_isn(const struct worker *worker);
/* Nothing is awaited any more. */
void enum_call_cancel(struct call *call);

/* The client of the worker goes, another one comes: what waits is let go of,
 * and begun anew. */
void enum_calls_stop(struct worker *worker);
void enum_calls_resume(struct worker *worker);

/* "sip" before "pstn:sip": which of an answer's URIs a call may be offered to,
 * in this order. out has room for max; returns how many. refused (may be NULL)
 * gets how many hosts were refused. */
size_t enum_call_choose(const struct enum_rules *rules,
			const struct enum_answer *answer, bool is_ported,
			const struct enum_uri **out, size_t max,
			uint64_t *refused);

#endif
