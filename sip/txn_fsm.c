/*
 * txn_fsm.c - the transaction state machines as tables
 *
 * Sections are those of RFC 3261 unless another RFC is named.
 */
#include "sip/txn_fsm.h"

#include <assert.h>
#include <stdbool.h>

#define TRYING_INVITE_MS 200   /* 17.2.1 */
#define TIMER_D_LEAST_MS 32000 /* 17.1.1.2 */

struct rule {
	bool is_listed; /* false: not expected, nothing happens */
	uint8_t next;
	uint16_t actions;
};

struct machine {
	enum txn_state initial;
	struct rule rules[TXN_N_STATES][TXN_N_EVENTS];
};

enum {
	SEND = TXN_ACT_SEND,
	ACK = TXN_ACT_ACK,
	TO_USER = TXN_ACT_TO_USER,
	TIMEOUT = TXN_ACT_TIMEOUT,
	ERROR = TXN_ACT_ERROR,
	AGAIN = TXN_ACT_START_RETRANSMIT,
	QUIET = TXN_ACT_STOP_RETRANSMIT,
	LINGER = TXN_ACT_START_LINGER,
	GUARD = TXN_ACT_START_TIMEOUT,
	ANSWERED = TXN_ACT_STOP_RETRANSMIT | TXN_ACT_STOP_TIMEOUT,
	INVALID = TXN_ACT_INVALID,
};

/* Figure 5 of RFC 6026, 8.4. */
static const struct machine client_invite = {
	TXN_CALLING,
	{
	[TXN_CALLING] = {
		/* 17.1.1.2: timer A */
		[TXN_EV_TIMER_RETRANSMIT] = { true, TXN_CALLING, SEND | AGAIN },
		/* 17.1.1.2: timer B */
		[TXN_EV_TIMER_TIMEOUT] = { true, TXN_TERMINATED, TIMEOUT },
		/* 17.1.4 */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_TERMINATED, ERROR },
		/* 17.1.1.2 */
		[TXN_EV_1XX] = { true, TXN_PROCEEDING, TO_USER | ANSWERED },
		/* RFC 6026 7.2: timer M */
		[TXN_EV_2XX] = { true, TXN_ACCEPTED,
				 TO_USER | ANSWERED | LINGER },
		/* 17.1.1.2: timer D */
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED,
				     ACK | TO_USER | ANSWERED | LINGER },
	},
	[TXN_PROCEEDING] = {
		/* 9.1: 64*T1 after a CANCEL; nothing else runs it here */
		[TXN_EV_TIMER_TIMEOUT] = { true, TXN_TERMINATED, TIMEOUT },
		/* 17.1.1.2 */
		[TXN_EV_1XX] = { true, TXN_PROCEEDING, TO_USER },
		/* RFC 6026 7.2: timer M */
		[TXN_EV_2XX] = { true, TXN_ACCEPTED,
				 TO_USER | ANSWERED | LINGER },
		/* 17.1.1.2: timer D */
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED,
				     ACK | TO_USER | ANSWERED | LINGER },
	},
	[TXN_COMPLETED] = {
		/* 17.1.1.2: not passed to the user again */
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED, ACK },
		/* 17.1.1.2: timer D */
		[TXN_EV_TIMER_LINGER] = { true, TXN_TERMINATED, 0 },
		/* 17.1.1.2: of the ACK */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_TERMINATED, ERROR },
	},
	[TXN_ACCEPTED] = {
		/* RFC 6026 7.2: retransmissions and other forks */
		[TXN_EV_2XX] = { true, TXN_ACCEPTED, TO_USER },
		/* RFC 6026 7.2: timer M */
		[TXN_EV_TIMER_LINGER] = { true, TXN_TERMINATED, 0 },
	},
	},
};

/* Figure 6, 17.1.2.2. */
static const struct machine client = {
	TXN_TRYING,
	{
	[TXN_TRYING] = {
		/* 17.1.2.2: timer E */
		[TXN_EV_TIMER_RETRANSMIT] = { true, TXN_TRYING, SEND | AGAIN },
		/* 17.1.2.2: timer F */
		[TXN_EV_TIMER_TIMEOUT] = { true, TXN_TERMINATED, TIMEOUT },
		/* 17.1.4 */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_TERMINATED, ERROR },
		/* 17.1.2.2: E and F go on */
		[TXN_EV_1XX] = { true, TXN_PROCEEDING, TO_USER },
		/* 17.1.2.2: timer K */
		[TXN_EV_2XX] = { true, TXN_COMPLETED,
				 TO_USER | ANSWERED | LINGER },
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED,
				     TO_USER | ANSWERED | LINGER },
	},
	[TXN_PROCEEDING] = {
		/* 17.1.2.2: timer E, from now on every T2 */
		[TXN_EV_TIMER_RETRANSMIT] = { true, TXN_PROCEEDING,
					      SEND | AGAIN },
		/* 17.1.2.2: timer F */
		[TXN_EV_TIMER_TIMEOUT] = { true, TXN_TERMINATED, TIMEOUT },
		/* 17.1.4 */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_TERMINATED, ERROR },
		/* 17.1.2.2, figure 6 */
		[TXN_EV_1XX] = { true, TXN_PROCEEDING, TO_USER },
		/* 17.1.2.2: timer K */
		[TXN_EV_2XX] = { true, TXN_COMPLETED,
				 TO_USER | ANSWERED | LINGER },
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED,
				     TO_USER | ANSWERED | LINGER },
	},
	[TXN_COMPLETED] = {
		/* 17.1.2.2: timer K */
		[TXN_EV_TIMER_LINGER] = { true, TXN_TERMINATED, 0 },
	},
	},
};

/* Figure 7 of RFC 6026, 8.6. */
static const struct machine server_invite = {
	TXN_PROCEEDING,
	{
	[TXN_PROCEEDING] = {
		/* 17.2.1: the latest provisional response again */
		[TXN_EV_REQUEST] = { true, TXN_PROCEEDING, SEND },
		/* 17.2.1 */
		[TXN_EV_1XX] = { true, TXN_PROCEEDING, SEND },
		/* RFC 6026 7.1: timer L */
		[TXN_EV_2XX] = { true, TXN_ACCEPTED, SEND | LINGER },
		/* 17.2.1: timers G and H */
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED,
				     SEND | AGAIN | GUARD },
		/* RFC 6026 7.1: stays */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_PROCEEDING, ERROR },
	},
	[TXN_COMPLETED] = {
		/* 17.2.1 */
		[TXN_EV_REQUEST] = { true, TXN_COMPLETED, SEND },
		/* 17.2.1: timer I */
		[TXN_EV_ACK] = { true, TXN_CONFIRMED, ANSWERED | LINGER },
		/* 17.2.1: timer G */
		[TXN_EV_TIMER_RETRANSMIT] = { true, TXN_COMPLETED,
					      SEND | AGAIN },
		/* 17.2.1: timer H, the ACK never came */
		[TXN_EV_TIMER_TIMEOUT] = { true, TXN_TERMINATED,
					   TIMEOUT | QUIET },
		/* RFC 6026 7.1: stays */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_COMPLETED, ERROR },
		/* 17.2: one final response */
		[TXN_EV_1XX] = { true, TXN_COMPLETED, INVALID },
		[TXN_EV_2XX] = { true, TXN_COMPLETED, INVALID },
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED, INVALID },
	},
	[TXN_CONFIRMED] = {
		/* 17.2.1: timer I; until then further ACKs are absorbed */
		[TXN_EV_TIMER_LINGER] = { true, TXN_TERMINATED, 0 },
		/* 17.2: one final response */
		[TXN_EV_1XX] = { true, TXN_CONFIRMED, INVALID },
		[TXN_EV_2XX] = { true, TXN_CONFIRMED, INVALID },
		[TXN_EV_3XX_6XX] = { true, TXN_CONFIRMED, INVALID },
	},
	[TXN_ACCEPTED] = {
		/* RFC 6026 7.1: the INVITE again is absorbed, ACKs go up */
		[TXN_EV_ACK] = { true, TXN_ACCEPTED, TO_USER },
		/* RFC 6026 7.1: retransmissions and other forks */
		[TXN_EV_2XX] = { true, TXN_ACCEPTED, SEND },
		/* RFC 6026 7.1: timer L */
		[TXN_EV_TIMER_LINGER] = { true, TXN_TERMINATED, 0 },
		/* RFC 6026 7.1: stays */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_ACCEPTED, ERROR },
		/* 17.2: one final response */
		[TXN_EV_1XX] = { true, TXN_ACCEPTED, INVALID },
		[TXN_EV_3XX_6XX] = { true, TXN_ACCEPTED, INVALID },
	},
	},
};

/* Figure 8, 17.2.2; transport errors as RFC 6026 8.8. */
static const struct machine server = {
	TXN_TRYING,
	{
	[TXN_TRYING] = {
		/* 17.2.2: the request again is dropped */
		[TXN_EV_1XX] = { true, TXN_PROCEEDING, SEND },
		/* 17.2.2: timer J */
		[TXN_EV_2XX] = { true, TXN_COMPLETED, SEND | LINGER },
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED, SEND | LINGER },
	},
	[TXN_PROCEEDING] = {
		/* 17.2.2: the latest provisional response again */
		[TXN_EV_REQUEST] = { true, TXN_PROCEEDING, SEND },
		/* 17.2.2 */
		[TXN_EV_1XX] = { true, TXN_PROCEEDING, SEND },
		/* 17.2.2: timer J */
		[TXN_EV_2XX] = { true, TXN_COMPLETED, SEND | LINGER },
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED, SEND | LINGER },
		/* RFC 6026 8.8: stays */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_PROCEEDING, ERROR },
	},
	[TXN_COMPLETED] = {
		/* 17.2.2: the final response again */
		[TXN_EV_REQUEST] = { true, TXN_COMPLETED, SEND },
		/* 17.2.2: timer J */
		[TXN_EV_TIMER_LINGER] = { true, TXN_TERMINATED, 0 },
		/* RFC 6026 8.8: stays */
		[TXN_EV_TRANSPORT_ERROR] = { true, TXN_COMPLETED, ERROR },
		/* 17.2.2: any other final response is discarded */
		[TXN_EV_1XX] = { true, TXN_COMPLETED, INVALID },
		[TXN_EV_2XX] = { true, TXN_COMPLETED, INVALID },
		[TXN_EV_3XX_6XX] = { true, TXN_COMPLETED, INVALID },
	},
	},
};

static const struct machine *const machines[TXN_N_KINDS] = {
	[TXN_CLIENT_INVITE] = &client_invite,
	[TXN_CLIENT] = &client,
	[TXN_SERVER_INVITE] = &server_invite,
	[TXN_SERVER] = &server,
};

struct txn_step
txn_fsm_step(enum txn_kind kind, enum txn_state state, enum txn_event event)
{
	const struct rule *rule;

	assert(kind < TXN_N_KINDS && state < TXN_N_STATES);
	assert(event < TXN_N_EVENTS);
	rule = &machines[kind]->rules[state][event];
	if (!rule->is_listed)
		return (struct txn_step){ (uint8_t)state, 0 };
	return (struct txn_step){ rule->next, rule->actions };
}

enum txn_state
txn_fsm_initial(enum txn_kind kind)
{
	assert(kind < TXN_N_KINDS);
	return machines[kind]->initial;
}

int64_t
txn_fsm_linger_ms(enum txn_kind kind, enum txn_state state, int64_t t1_ms,
		  int64_t t4_ms, bool is_reliable)
{
	/* D, I, J, K: nothing is on its way that could still come */
	if (is_reliable && state != TXN_ACCEPTED)
		return 0;
	/* K (17.1.2.2) and I (17.2.1) wait for what the network still holds */
	if (kind == TXN_CLIENT || state == TXN_CONFIRMED)
		return t4_ms;
	/* D (17.1.1.2): the far end's T1 is not known */
	if (kind == TXN_CLIENT_INVITE && state == TXN_COMPLETED &&
	    64 * t1_ms < TIMER_D_LEAST_MS)
		return TIMER_D_LEAST_MS;
	/* D, J (17.2.2), L and M (RFC 6026 8.11) */
	return 64 * t1_ms;
}

int64_t
txn_fsm_retransmit_ms(enum txn_kind kind, enum txn_state state, int64_t last_ms,
		      int64_t t1_ms, int64_t t2_ms)
{
	/* E in Proceeding (17.1.2.2) */
	if (kind == TXN_CLIENT && state == TXN_PROCEEDING)
		return t2_ms;
	if (last_ms == 0)
		return t1_ms;
	/* A doubles without bound (17.1.1.2), E and G up to T2 */
	if (kind == TXN_CLIENT_INVITE || 2 * last_ms < t2_ms)
		return 2 * last_ms;
	return t2_ms;
}

int64_t
txn_fsm_trying_ms(enum txn_kind kind, int64_t t1_ms, int64_t t2_ms)
{
	int64_t at_ms = 0, interval_ms;

	if (kind == TXN_SERVER_INVITE)
		return TRYING_INVITE_MS;
	for (interval_ms = t1_ms; interval_ms < t2_ms; interval_ms *= 2)
		at_ms += interval_ms;
	return at_ms;
}

enum txn_event
txn_fsm_event(int status)
{
	if (status < 200)
		return TXN_EV_1XX;
	return status < 300 ? TXN_EV_2XX : TXN_EV_3XX_6XX;
}

const char *
txn_state_text(enum txn_state state)
{
	static const char *const text[TXN_N_STATES] = {
		[TXN_CALLING] = "Calling",       [TXN_TRYING] = "Trying",
		[TXN_PROCEEDING] = "Proceeding", [TXN_COMPLETED] = "Completed",
		[TXN_CONFIRMED] = "Confirmed",   [TXN_ACCEPTED] = "Accepted",
		[TXN_TERMINATED] = "Terminated",
	};

	return state < TXN_N_STATES ? text[state] : "?";
}
