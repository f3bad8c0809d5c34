/*
 * gateway_state.h - what is known about gateways while the process runs
 *
 * One struct per gateway id, kept across snapshots, so a reload forgets
 * nothing. Counters are atomics that any worker moves; configured and observed
 * state are separate fields and never overwrite each other. Carriers and
 * accounts have such a struct of their own.
 */
#ifndef ROUTE_GATEWAY_STATE_H
#define ROUTE_GATEWAY_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "route/health.h"
#include "route/quality.h"
#include "route/tally.h"
#include "tel/cdr.h"
#include "tel/number_class.h"

#define GATEWAY_PAUSE_MAX_S 3600 /* longer ones are cut */

struct carrier_state {
	uint32_t id;
	_Atomic uint64_t turn;	       /* plans that began with it */
	_Atomic uint64_t later_turn;   /* plans that had it further behind */
	struct quality quality;
	struct tally codes;	       /* attempts, by their final status */
};

struct account_state {
	uint32_t id;
	_Atomic uint64_t turn;	       /* plans of a load_share account */
	struct tally codes;	       /* calls, by what the caller was told */
};

#define GATEWAY_OUTCOMES (CDR_ATTEMPT_LATE_ANSWER + 1)

/* Where this node's registration at a gateway stands (RFC 3261 10). */
enum gateway_registration {
	REGISTRATION_NONE,    /* it does not register there */
	REGISTRATION_TRYING,  /* no answer yet */
	REGISTRATION_GOOD,
	REGISTRATION_FAILED,
	REGISTRATION_LEAVING, /* it is being taken back */
};

struct gateway_state {
	uint32_t id;
	_Atomic bool disabled;	       /* by an operator, lcrctl */
	_Atomic bool is_registered;    /* this node, there */
	_Atomic int32_t pending;       /* INVITEs sent, no final response */
	_Atomic int32_t answered;      /* dialogs known to be up */
	_Atomic uint64_t attempts;     /* begun */
	_Atomic uint64_t outcomes[GATEWAY_OUTCOMES]; /* enum cdr_outcome */
	struct tally codes;	       /* those that ended, by final status */
	struct delays delays;	       /* until it rang, or was answered */
	_Atomic uint64_t calls, talk_s; /* answered calls that have ended */
	_Atomic int64_t last_answer_us, last_failure_us; /* time_us */
	_Atomic int64_t next_call_us;  /* of an even flow, see below */
	_Atomic int64_t pause_until_us; /* it sent Retry-After */
	/* written by who registers, for people */
	_Atomic int registration;      /* enum gateway_registration */
	_Atomic int registration_cause; /* enum sip_registration_cause or a
					* status: of the last failure */
	_Atomic int64_t registration_since_us, registered_until_us;
	struct health health;	       /* of all calls and of probes */
	struct health by_class[NUMBER_N_CLASSES]; /* of calls to one class */
	struct carrier_state *_Atomic carrier; /* NULL until it was loaded */
};

/* "none", "trying", "registered", "failed", "leaving" */
const char *
gateway_registration_text(enum gateway_registration registration);

struct gateway_states;

int gateway_states_new(struct gateway_states **out);
void gateway_states_free(struct gateway_states *states);
/* The state of a gateway, made when new: 0 or ERR_NOMEM. Thread-safe; the
 * pointer is good until gateway_states_free. */
int gateway_states_get(struct gateway_states *states, uint32_t id,
		       struct gateway_state **out);
int carrier_states_get(struct gateway_states *states, uint32_t id,
		       struct carrier_state **out);
int account_states_get(struct gateway_states *states, uint32_t id,
		       struct account_state **out);
/* One that is there; NULL when it was never asked for. */
struct account_state *account_states_find(struct gateway_states *states,
					  uint32_t id);

/*
 * Calls per second: an even flow of cps with room for one second's worth at
 * once (the generic cell rate algorithm). Whether a call may be sent now, -1 =
 * always; and that one was.
 */
bool gateway_state_has_rate(const struct gateway_state *state, int32_t cps,
			    time_us now);
void gateway_state_take_rate(struct gateway_state *state, int32_t cps,
			     time_us now);

/* An attempt has ended; status 0: without a final response. */
void gateway_state_note_end(struct gateway_state *state, time_us now,
			    enum cdr_outcome outcome, int status);
/* Attempts that were answered, also too late; that failed, timed out or not;
 * that timed out. */
uint64_t gateway_state_answers(const struct gateway_state *state);
uint64_t gateway_state_failures(const struct gateway_state *state);
uint64_t gateway_state_timeouts(const struct gateway_state *state);
/* A call of the gateway's carrier: what quality is made of, see quality.h. */
void gateway_state_note_attempt(struct gateway_state *state, time_us now,
				bool is_answered, int64_t delay_ms);
void gateway_state_note_call(struct gateway_state *state, time_us now,
			     int64_t duration_s);

#endif
