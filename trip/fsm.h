/*
 * fsm.h - the states of a session (RFC 3219 section 9 and appendix 1)
 *
 * Pure: a state and an event give the next state and what is to be done. All
 * else, sockets and timers, is the session's (trip/session.h).
 */
#ifndef TRIP_FSM_H
#define TRIP_FSM_H

#include <stdbool.h>

enum trip_state {
	TRIP_IDLE = 1,
	TRIP_CONNECT = 2,
	TRIP_ACTIVE = 3,
	TRIP_OPEN_SENT = 4,
	TRIP_OPEN_CONFIRM = 5,
	TRIP_ESTABLISHED = 6,
	TRIP_N_STATES = 7,
};

enum trip_event {
	TRIP_EV_START = 1,
	TRIP_EV_STOP = 2,
	TRIP_EV_OPENED = 3,	  /* transport connection open */
	TRIP_EV_CLOSED = 4,	  /* transport connection closed */
	TRIP_EV_OPEN_FAILED = 5,
	TRIP_EV_FATAL = 6,	  /* transport fatal error */
	TRIP_EV_RETRY_TIMER = 7,
	TRIP_EV_HOLD_TIMER = 8,
	TRIP_EV_KEEPALIVE_TIMER = 9,
	TRIP_EV_OPEN = 10,
	TRIP_EV_KEEPALIVE = 11,
	TRIP_EV_UPDATE = 12,
	TRIP_EV_NOTIFICATION = 13,
	TRIP_N_EVENTS = 14,
};

/* In the order in which they are to be done. */
enum trip_do {
	TRIP_DO_START_RETRY = 1 << 0,	/* (re)start the ConnectRetry timer */
	TRIP_DO_STOP_RETRY = 1 << 1,
	TRIP_DO_CONNECT = 1 << 2,	/* initiate, after dropping another */
	TRIP_DO_SEND_OPEN = 1 << 3,	/* and a hold timer of 4 minutes */
	TRIP_DO_SEND_KEEPALIVE = 1 << 4,
	TRIP_DO_NEGOTIATED = 1 << 5,	/* start both timers as negotiated */
	TRIP_DO_RESTART_HOLD = 1 << 6,
	TRIP_DO_ESTABLISH = 1 << 7,	/* routes may flow */
	TRIP_DO_NOTIFY_CEASE = 1 << 8,
	TRIP_DO_NOTIFY_HOLD = 1 << 9,	/* Hold Timer Expired */
	TRIP_DO_NOTIFY_FSM = 1 << 10,	/* Finite State Machine Error */
	TRIP_DO_NOTIFY_ERROR = 1 << 11, /* what the message's check found */
	TRIP_DO_CLOSE = 1 << 12,	/* connection and its resources */
};

struct trip_step {
	enum trip_state next;
	unsigned actions; /* enum trip_do */
};

/* good: what came of an OPEN or UPDATE message; else ignored. */
struct trip_step trip_fsm_step(enum trip_state state, enum trip_event event,
			       bool good);
/* "Idle", "OpenSent" ...; static storage. */
const char *trip_state_text(enum trip_state state);

#endif
