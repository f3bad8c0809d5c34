/*
 * gateway_state.h - what is known about gateways while the process runs
 *
 * One struct per gateway id, kept across snapshots, so a reload forgets
 * nothing. Counters are atomics that any worker moves; configured and observed
 * state are separate fields and never overwrite each other.
 */
#ifndef ROUTE_GATEWAY_STATE_H
#define ROUTE_GATEWAY_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct gateway_state {
	uint32_t id;
	_Atomic bool disabled;	       /* by an operator, lcrctl */
	_Atomic int32_t pending;       /* INVITEs sent, no final response */
	_Atomic int32_t answered;      /* dialogs known to be up */
	_Atomic uint64_t attempts, answers, failures, timeouts;
	_Atomic int64_t last_answer_us, last_failure_us; /* time_us */
};

struct gateway_states;

int gateway_states_new(struct gateway_states **out);
void gateway_states_free(struct gateway_states *states);
/* The state of a gateway, made when new: 0 or ERR_NOMEM. Thread-safe; the
 * pointer is good until gateway_states_free. */
int gateway_states_get(struct gateway_states *states, uint32_t id,
		       struct gateway_state **out);

#endif
