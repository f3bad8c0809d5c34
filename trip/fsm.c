/* fsm.c - the table of RFC 3219 appendix 1 */
#include "trip/fsm.h"

#include <assert.h>

#define RETRY TRIP_DO_START_RETRY
#define NO_RETRY TRIP_DO_STOP_RETRY
#define CLOSE TRIP_DO_CLOSE
#define STOP (TRIP_DO_NOTIFY_CEASE | TRIP_DO_CLOSE)
#define HOLD (TRIP_DO_NOTIFY_HOLD | TRIP_DO_CLOSE)
#define BROKEN (TRIP_DO_NOTIFY_FSM | TRIP_DO_CLOSE)
#define OPENED (TRIP_DO_STOP_RETRY | TRIP_DO_SEND_OPEN)
#define QUIET (TRIP_DO_STOP_RETRY | TRIP_DO_CLOSE)

/* Where the tables and the text differ for a connection closed in OpenConfirm,
 * the tables count: Idle (doc/trip.md, trap 5). */
static const struct trip_step table[TRIP_N_STATES][TRIP_N_EVENTS] = {
	[TRIP_IDLE] = {
		[TRIP_EV_START] = { TRIP_CONNECT, RETRY | TRIP_DO_CONNECT },
		/* all others: nothing */
	},
	[TRIP_CONNECT] = {
		[TRIP_EV_START] = { TRIP_CONNECT, 0 },
		[TRIP_EV_STOP] = { TRIP_IDLE, QUIET },
		[TRIP_EV_OPENED] = { TRIP_OPEN_SENT, OPENED },
		[TRIP_EV_CLOSED] = { TRIP_IDLE, QUIET },
		[TRIP_EV_OPEN_FAILED] = { TRIP_ACTIVE, RETRY | CLOSE },
		[TRIP_EV_FATAL] = { TRIP_IDLE, QUIET },
		[TRIP_EV_RETRY_TIMER] = { TRIP_CONNECT,
					  RETRY | TRIP_DO_CONNECT },
		[TRIP_EV_HOLD_TIMER] = { TRIP_IDLE, QUIET },
		[TRIP_EV_KEEPALIVE_TIMER] = { TRIP_IDLE, QUIET },
		[TRIP_EV_OPEN] = { TRIP_IDLE, QUIET },
		[TRIP_EV_KEEPALIVE] = { TRIP_IDLE, QUIET },
		[TRIP_EV_UPDATE] = { TRIP_IDLE, QUIET },
		[TRIP_EV_NOTIFICATION] = { TRIP_IDLE, QUIET },
	},
	[TRIP_ACTIVE] = {
		[TRIP_EV_START] = { TRIP_ACTIVE, 0 },
		[TRIP_EV_STOP] = { TRIP_IDLE, QUIET },
		[TRIP_EV_OPENED] = { TRIP_OPEN_SENT, OPENED },
		[TRIP_EV_CLOSED] = { TRIP_IDLE, QUIET },
		[TRIP_EV_OPEN_FAILED] = { TRIP_ACTIVE, RETRY | CLOSE },
		[TRIP_EV_FATAL] = { TRIP_IDLE, QUIET },
		[TRIP_EV_RETRY_TIMER] = { TRIP_CONNECT,
					  RETRY | TRIP_DO_CONNECT },
		[TRIP_EV_HOLD_TIMER] = { TRIP_IDLE, QUIET },
		[TRIP_EV_KEEPALIVE_TIMER] = { TRIP_IDLE, QUIET },
		[TRIP_EV_OPEN] = { TRIP_IDLE, QUIET },
		[TRIP_EV_KEEPALIVE] = { TRIP_IDLE, QUIET },
		[TRIP_EV_UPDATE] = { TRIP_IDLE, QUIET },
		[TRIP_EV_NOTIFICATION] = { TRIP_IDLE, QUIET },
	},
	[TRIP_OPEN_SENT] = {
		[TRIP_EV_START] = { TRIP_OPEN_SENT, 0 },
		[TRIP_EV_STOP] = { TRIP_IDLE, STOP },
		[TRIP_EV_OPENED] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_CLOSED] = { TRIP_ACTIVE, RETRY | CLOSE },
		[TRIP_EV_OPEN_FAILED] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_FATAL] = { TRIP_IDLE, CLOSE },
		[TRIP_EV_RETRY_TIMER] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_HOLD_TIMER] = { TRIP_IDLE, HOLD },
		[TRIP_EV_KEEPALIVE_TIMER] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_OPEN] = { TRIP_OPEN_CONFIRM,
				   TRIP_DO_SEND_KEEPALIVE |
				       TRIP_DO_NEGOTIATED },
		[TRIP_EV_KEEPALIVE] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_UPDATE] = { TRIP_IDLE, BROKEN },
		/* The table's "others" would answer; 4.5 and 6.4 forbid it. */
		[TRIP_EV_NOTIFICATION] = { TRIP_IDLE, CLOSE },
	},
	[TRIP_OPEN_CONFIRM] = {
		[TRIP_EV_START] = { TRIP_OPEN_CONFIRM, 0 },
		[TRIP_EV_STOP] = { TRIP_IDLE, STOP },
		[TRIP_EV_OPENED] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_CLOSED] = { TRIP_IDLE, CLOSE },
		[TRIP_EV_OPEN_FAILED] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_FATAL] = { TRIP_IDLE, CLOSE },
		[TRIP_EV_RETRY_TIMER] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_HOLD_TIMER] = { TRIP_IDLE, HOLD },
		[TRIP_EV_KEEPALIVE_TIMER] = { TRIP_OPEN_CONFIRM,
					      TRIP_DO_SEND_KEEPALIVE },
		[TRIP_EV_OPEN] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_KEEPALIVE] = { TRIP_ESTABLISHED,
					TRIP_DO_RESTART_HOLD |
					    TRIP_DO_ESTABLISH },
		[TRIP_EV_UPDATE] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_NOTIFICATION] = { TRIP_IDLE, CLOSE },
	},
	[TRIP_ESTABLISHED] = {
		[TRIP_EV_START] = { TRIP_ESTABLISHED, 0 },
		[TRIP_EV_STOP] = { TRIP_IDLE, STOP },
		[TRIP_EV_OPENED] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_CLOSED] = { TRIP_IDLE, CLOSE },
		[TRIP_EV_OPEN_FAILED] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_FATAL] = { TRIP_IDLE, CLOSE },
		[TRIP_EV_RETRY_TIMER] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_HOLD_TIMER] = { TRIP_IDLE, HOLD },
		[TRIP_EV_KEEPALIVE_TIMER] = { TRIP_ESTABLISHED,
					      TRIP_DO_SEND_KEEPALIVE },
		[TRIP_EV_OPEN] = { TRIP_IDLE, BROKEN },
		[TRIP_EV_KEEPALIVE] = { TRIP_ESTABLISHED,
					TRIP_DO_RESTART_HOLD },
		[TRIP_EV_UPDATE] = { TRIP_ESTABLISHED, TRIP_DO_RESTART_HOLD },
		[TRIP_EV_NOTIFICATION] = { TRIP_IDLE, CLOSE },
	},
};

struct trip_step
trip_fsm_step(enum trip_state state, enum trip_event event, bool good)
{
	static const struct trip_step failed = {
		TRIP_IDLE, TRIP_DO_NOTIFY_ERROR | TRIP_DO_CLOSE
	};
	static const struct trip_step ignored = { TRIP_IDLE, 0 };

	assert(state >= TRIP_IDLE && state < TRIP_N_STATES);
	assert(event >= TRIP_EV_START && event < TRIP_N_EVENTS);
	if (!good && ((state == TRIP_OPEN_SENT && event == TRIP_EV_OPEN) ||
		      (state == TRIP_ESTABLISHED && event == TRIP_EV_UPDATE)))
		return failed;
	if (table[state][event].next == 0)
		return ignored;
	return table[state][event];
}

const char *
trip_state_text(enum trip_state state)
{
	static const char *const text[TRIP_N_STATES] = {
		"?",	    "Idle",	   "Connect",	 "Active",
		"OpenSent", "OpenConfirm", "Established"
	};

	return text[state];
}
