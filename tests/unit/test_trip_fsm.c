/* test_trip_fsm.c - the condensed table of appendix 1, and what is sent */
#include "trip/fsm.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"

#define N TRIP_DO_NOTIFY_CEASE
#define H TRIP_DO_NOTIFY_HOLD
#define F TRIP_DO_NOTIFY_FSM
#define SENDS                                                                 \
	(TRIP_DO_SEND_OPEN | TRIP_DO_SEND_KEEPALIVE | TRIP_DO_NOTIFY_CEASE |  \
	 TRIP_DO_NOTIFY_HOLD | TRIP_DO_NOTIFY_FSM | TRIP_DO_NOTIFY_ERROR)

static void
test_table(void)
{
	/* rows: events 1 to 13; columns: states 1 to 6 */
	static const struct {
		int next[6];
		unsigned sends[6];
	} rows[] = {
		{ { 2, 2, 3, 4, 5, 6 }, { 0 } },
		{ { 1, 1, 1, 1, 1, 1 }, { 0, 0, 0, N, N, N } },
		{ { 1, 4, 4, 1, 1, 1 },
		  { 0, TRIP_DO_SEND_OPEN, TRIP_DO_SEND_OPEN, F, F, F } },
		{ { 1, 1, 1, 3, 1, 1 }, { 0 } },
		{ { 1, 3, 3, 1, 1, 1 }, { 0, 0, 0, F, F, F } },
		{ { 1, 1, 1, 1, 1, 1 }, { 0 } },
		{ { 1, 2, 2, 1, 1, 1 }, { 0, 0, 0, F, F, F } },
		{ { 1, 1, 1, 1, 1, 1 }, { 0, 0, 0, H, H, H } },
		{ { 1, 1, 1, 1, 5, 6 },
		  { 0, 0, 0, F, TRIP_DO_SEND_KEEPALIVE,
		    TRIP_DO_SEND_KEEPALIVE } },
		{ { 1, 1, 1, 5, 1, 1 },
		  { 0, 0, 0, TRIP_DO_SEND_KEEPALIVE, F, F } },
		{ { 1, 1, 1, 1, 6, 6 }, { 0, 0, 0, F } },
		{ { 1, 1, 1, 1, 1, 6 }, { 0, 0, 0, F, F, 0 } },
		{ { 1, 1, 1, 1, 1, 1 }, { 0 } },
	};

	for (int event = 1; event <= 13; event++) {
		for (int state = 1; state <= 6; state++) {
			struct trip_step step = trip_fsm_step(
			    (enum trip_state)state, (enum trip_event)event,
			    true);
			char what[64];

			snprintf(what, sizeof(what), "event %d in state %d",
				 event, state);
			test_row(what);
			CHECK((int)step.next == rows[event - 1].next[state - 1]);
			CHECK((step.actions & SENDS) ==
			      rows[event - 1].sends[state - 1]);
			/* who goes to Idle from a connection closes it */
			if (step.next == TRIP_IDLE && state > 1)
				CHECK(step.actions & TRIP_DO_CLOSE);
		}
	}
	test_row(NULL);
}

static void
test_failures(void)
{
	struct trip_step step =
	    trip_fsm_step(TRIP_OPEN_SENT, TRIP_EV_OPEN, false);

	CHECK(step.next == TRIP_IDLE);
	CHECK((step.actions & SENDS) == TRIP_DO_NOTIFY_ERROR);
	step = trip_fsm_step(TRIP_ESTABLISHED, TRIP_EV_UPDATE, false);
	CHECK(step.next == TRIP_IDLE);
	CHECK((step.actions & SENDS) == TRIP_DO_NOTIFY_ERROR);
	/* an OPEN nobody waits for is the machine's error, good or not */
	step = trip_fsm_step(TRIP_ESTABLISHED, TRIP_EV_OPEN, false);
	CHECK((step.actions & SENDS) == TRIP_DO_NOTIFY_FSM);
}

static void
test_timers(void)
{
	CHECK(trip_fsm_step(TRIP_IDLE, TRIP_EV_START, true).actions ==
	      (TRIP_DO_START_RETRY | TRIP_DO_CONNECT));
	CHECK(trip_fsm_step(TRIP_CONNECT, TRIP_EV_OPENED, true).actions &
	      TRIP_DO_STOP_RETRY);
	CHECK(trip_fsm_step(TRIP_OPEN_SENT, TRIP_EV_CLOSED, true).actions &
	      TRIP_DO_START_RETRY);
	CHECK(trip_fsm_step(TRIP_OPEN_SENT, TRIP_EV_OPEN, true).actions &
	      TRIP_DO_NEGOTIATED);
	CHECK(trip_fsm_step(TRIP_ESTABLISHED, TRIP_EV_UPDATE, true).actions &
	      TRIP_DO_RESTART_HOLD);
	CHECK(strcmp(trip_state_text(TRIP_OPEN_CONFIRM), "OpenConfirm") == 0);
}

static const struct test tests[] = {
	{ "each event in each state", test_table, true },
	{ "messages that fail their check", test_failures, true },
	{ "timers start and stop", test_timers, true },
};

const struct test_suite suite_trip_fsm = TEST_SUITE("trip_fsm", tests);
