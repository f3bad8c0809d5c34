/*
 * txn_fsm.h - the four transaction state machines, pure
 *
 * RFC 3261 17 with the Accepted states of RFC 6026 and the corrections of
 * RFC 4320. step() maps a state and an event to the next state and to action
 * bits; the transaction layer (txn.h) performs them, but for the retransmit
 * timers of reliable transports, which do not run.
 * What a state does not expect leaves it as it is and asks for nothing.
 */
#ifndef SIP_TXN_FSM_H
#define SIP_TXN_FSM_H

#include <stdbool.h>
#include <stdint.h>

enum txn_kind { TXN_CLIENT_INVITE, TXN_CLIENT, TXN_SERVER_INVITE, TXN_SERVER,
		TXN_N_KINDS };

enum txn_state { TXN_CALLING, TXN_TRYING, TXN_PROCEEDING, TXN_COMPLETED,
		 TXN_CONFIRMED, TXN_ACCEPTED, TXN_TERMINATED, TXN_N_STATES };

enum txn_event {
	TXN_EV_REQUEST,	     /* server: retransmission of the request */
	TXN_EV_ACK,	     /* server INVITE */
	TXN_EV_1XX,	     /* client: received; server: TU sends */
	TXN_EV_2XX,
	TXN_EV_3XX_6XX,
	TXN_EV_TIMER_RETRANSMIT, /* A, E, G */
	TXN_EV_TIMER_TIMEOUT,	 /* B, F, H */
	TXN_EV_TIMER_LINGER,	 /* D, K, I, J, L, M */
	TXN_EV_TRANSPORT_ERROR,
	TXN_N_EVENTS,
};

enum txn_action {
	TXN_ACT_SEND = 1 << 0,	     /* (re)send the request or last response */
	TXN_ACT_ACK = 1 << 1,	     /* client INVITE: send ACK */
	TXN_ACT_TO_USER = 1 << 2,    /* give the message to the TU */
	TXN_ACT_TIMEOUT = 1 << 3,    /* tell the TU: no answer */
	TXN_ACT_ERROR = 1 << 4,	     /* tell the TU: transport error */
	TXN_ACT_START_RETRANSMIT = 1 << 5, /* restart A, E, G; doubled */
	TXN_ACT_STOP_RETRANSMIT = 1 << 6,
	TXN_ACT_STOP_TIMEOUT = 1 << 7,
	TXN_ACT_START_TIMEOUT = 1 << 8,	   /* H */
	TXN_ACT_START_LINGER = 1 << 9,	   /* D, K, I, J, L or M by state */
	TXN_ACT_INVALID = 1 << 10,	   /* the TU broke its contract */
};

struct txn_step {
	uint8_t next;	   /* enum txn_state */
	uint16_t actions;  /* enum txn_action */
};

struct txn_step txn_fsm_step(enum txn_kind kind, enum txn_state state,
			     enum txn_event event);
enum txn_state txn_fsm_initial(enum txn_kind kind);
/* How long the linger timer runs on entering state, in ms (T1, T4 as given):
 * over reliable transports not at all, but for L and M (RFC 6026 8.11). */
int64_t txn_fsm_linger_ms(enum txn_kind kind, enum txn_state state,
			  int64_t t1_ms, int64_t t4_ms, bool is_reliable);
/* The next interval of A, E or G in state; last_ms is the one before it, 0 at
 * the first start. */
int64_t txn_fsm_retransmit_ms(enum txn_kind kind, enum txn_state state,
			      int64_t last_ms, int64_t t1_ms, int64_t t2_ms);
/* When a server transaction that nobody has answered sends 100 on its own:
 * 200 ms after an INVITE (17.2.1); after any other request the time in which
 * its sender's timer E grows to T2 (RFC 4320 4.1). */
int64_t txn_fsm_trying_ms(enum txn_kind kind, int64_t t1_ms, int64_t t2_ms);
/* The event that a status code, 100..699, is. */
enum txn_event txn_fsm_event(int status);
const char *txn_state_text(enum txn_state state);

#endif
