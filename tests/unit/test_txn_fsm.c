/* test_txn_fsm.c - every row of the state machines, and that there are no more
 */
#include "sip/txn_fsm.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

enum {
	SEND = TXN_ACT_SEND,
	ACK = TXN_ACT_ACK,
	USER = TXN_ACT_TO_USER,
	TIMEOUT = TXN_ACT_TIMEOUT,
	ERROR = TXN_ACT_ERROR,
	AGAIN = TXN_ACT_START_RETRANSMIT,
	STOP = TXN_ACT_STOP_RETRANSMIT | TXN_ACT_STOP_TIMEOUT,
	QUIET = TXN_ACT_STOP_RETRANSMIT,
	H = TXN_ACT_START_TIMEOUT,
	LINGER = TXN_ACT_START_LINGER,
	INVALID = TXN_ACT_INVALID,
};

struct row {
	const char *what;
	enum txn_kind kind;
	enum txn_state state;
	enum txn_event event;
	enum txn_state next;
	unsigned actions;
};

static const struct row rows[] = {
	/* RFC 6026 8.4, figure 5 */
	{ "timer A", TXN_CLIENT_INVITE, TXN_CALLING, TXN_EV_TIMER_RETRANSMIT,
	  TXN_CALLING, SEND | AGAIN },
	{ "timer B", TXN_CLIENT_INVITE, TXN_CALLING, TXN_EV_TIMER_TIMEOUT,
	  TXN_TERMINATED, TIMEOUT },
	{ "transport error in Calling", TXN_CLIENT_INVITE, TXN_CALLING,
	  TXN_EV_TRANSPORT_ERROR, TXN_TERMINATED, ERROR },
	{ "1xx in Calling", TXN_CLIENT_INVITE, TXN_CALLING, TXN_EV_1XX,
	  TXN_PROCEEDING, USER | STOP },
	{ "2xx in Calling", TXN_CLIENT_INVITE, TXN_CALLING, TXN_EV_2XX,
	  TXN_ACCEPTED, USER | STOP | LINGER },
	{ "300-699 in Calling", TXN_CLIENT_INVITE, TXN_CALLING, TXN_EV_3XX_6XX,
	  TXN_COMPLETED, ACK | USER | STOP | LINGER },
	{ "64*T1 after CANCEL", TXN_CLIENT_INVITE, TXN_PROCEEDING,
	  TXN_EV_TIMER_TIMEOUT, TXN_TERMINATED, TIMEOUT },
	{ "1xx in Proceeding", TXN_CLIENT_INVITE, TXN_PROCEEDING, TXN_EV_1XX,
	  TXN_PROCEEDING, USER },
	{ "2xx in Proceeding", TXN_CLIENT_INVITE, TXN_PROCEEDING, TXN_EV_2XX,
	  TXN_ACCEPTED, USER | STOP | LINGER },
	{ "300-699 in Proceeding", TXN_CLIENT_INVITE, TXN_PROCEEDING,
	  TXN_EV_3XX_6XX, TXN_COMPLETED, ACK | USER | STOP | LINGER },
	{ "300-699 in Completed", TXN_CLIENT_INVITE, TXN_COMPLETED,
	  TXN_EV_3XX_6XX, TXN_COMPLETED, ACK },
	{ "timer D", TXN_CLIENT_INVITE, TXN_COMPLETED, TXN_EV_TIMER_LINGER,
	  TXN_TERMINATED, 0 },
	{ "transport error of the ACK", TXN_CLIENT_INVITE, TXN_COMPLETED,
	  TXN_EV_TRANSPORT_ERROR, TXN_TERMINATED, ERROR },
	{ "2xx in Accepted", TXN_CLIENT_INVITE, TXN_ACCEPTED, TXN_EV_2XX,
	  TXN_ACCEPTED, USER },
	{ "timer M", TXN_CLIENT_INVITE, TXN_ACCEPTED, TXN_EV_TIMER_LINGER,
	  TXN_TERMINATED, 0 },

	/* RFC 3261 17.1.2.2, figure 6 */
	{ "timer E", TXN_CLIENT, TXN_TRYING, TXN_EV_TIMER_RETRANSMIT,
	  TXN_TRYING, SEND | AGAIN },
	{ "timer F", TXN_CLIENT, TXN_TRYING, TXN_EV_TIMER_TIMEOUT,
	  TXN_TERMINATED, TIMEOUT },
	{ "transport error in Trying", TXN_CLIENT, TXN_TRYING,
	  TXN_EV_TRANSPORT_ERROR, TXN_TERMINATED, ERROR },
	{ "1xx in Trying", TXN_CLIENT, TXN_TRYING, TXN_EV_1XX, TXN_PROCEEDING,
	  USER },
	{ "2xx in Trying", TXN_CLIENT, TXN_TRYING, TXN_EV_2XX, TXN_COMPLETED,
	  USER | STOP | LINGER },
	{ "300-699 in Trying", TXN_CLIENT, TXN_TRYING, TXN_EV_3XX_6XX,
	  TXN_COMPLETED, USER | STOP | LINGER },
	{ "timer E in Proceeding", TXN_CLIENT, TXN_PROCEEDING,
	  TXN_EV_TIMER_RETRANSMIT, TXN_PROCEEDING, SEND | AGAIN },
	{ "timer F in Proceeding", TXN_CLIENT, TXN_PROCEEDING,
	  TXN_EV_TIMER_TIMEOUT, TXN_TERMINATED, TIMEOUT },
	{ "transport error in Proceeding", TXN_CLIENT, TXN_PROCEEDING,
	  TXN_EV_TRANSPORT_ERROR, TXN_TERMINATED, ERROR },
	{ "1xx in Proceeding", TXN_CLIENT, TXN_PROCEEDING, TXN_EV_1XX,
	  TXN_PROCEEDING, USER },
	{ "2xx in Proceeding", TXN_CLIENT, TXN_PROCEEDING, TXN_EV_2XX,
	  TXN_COMPLETED, USER | STOP | LINGER },
	{ "300-699 in Proceeding", TXN_CLIENT, TXN_PROCEEDING, TXN_EV_3XX_6XX,
	  TXN_COMPLETED, USER | STOP | LINGER },
	{ "timer K", TXN_CLIENT, TXN_COMPLETED, TXN_EV_TIMER_LINGER,
	  TXN_TERMINATED, 0 },

	/* RFC 6026 8.6, figure 7 */
	{ "INVITE again", TXN_SERVER_INVITE, TXN_PROCEEDING, TXN_EV_REQUEST,
	  TXN_PROCEEDING, SEND },
	{ "1xx from TU", TXN_SERVER_INVITE, TXN_PROCEEDING, TXN_EV_1XX,
	  TXN_PROCEEDING, SEND },
	{ "2xx from TU", TXN_SERVER_INVITE, TXN_PROCEEDING, TXN_EV_2XX,
	  TXN_ACCEPTED, SEND | LINGER },
	{ "300-699 from TU", TXN_SERVER_INVITE, TXN_PROCEEDING, TXN_EV_3XX_6XX,
	  TXN_COMPLETED, SEND | AGAIN | H },
	{ "transport error, Proceeding", TXN_SERVER_INVITE, TXN_PROCEEDING,
	  TXN_EV_TRANSPORT_ERROR, TXN_PROCEEDING, ERROR },
	{ "INVITE in Completed", TXN_SERVER_INVITE, TXN_COMPLETED,
	  TXN_EV_REQUEST, TXN_COMPLETED, SEND },
	{ "ACK in Completed", TXN_SERVER_INVITE, TXN_COMPLETED, TXN_EV_ACK,
	  TXN_CONFIRMED, STOP | LINGER },
	{ "timer G", TXN_SERVER_INVITE, TXN_COMPLETED, TXN_EV_TIMER_RETRANSMIT,
	  TXN_COMPLETED, SEND | AGAIN },
	{ "timer H", TXN_SERVER_INVITE, TXN_COMPLETED, TXN_EV_TIMER_TIMEOUT,
	  TXN_TERMINATED, TIMEOUT | QUIET },
	{ "transport error, Completed", TXN_SERVER_INVITE, TXN_COMPLETED,
	  TXN_EV_TRANSPORT_ERROR, TXN_COMPLETED, ERROR },
	{ "1xx after final", TXN_SERVER_INVITE, TXN_COMPLETED, TXN_EV_1XX,
	  TXN_COMPLETED, INVALID },
	{ "2xx after final", TXN_SERVER_INVITE, TXN_COMPLETED, TXN_EV_2XX,
	  TXN_COMPLETED, INVALID },
	{ "300-699 after final", TXN_SERVER_INVITE, TXN_COMPLETED,
	  TXN_EV_3XX_6XX, TXN_COMPLETED, INVALID },
	{ "timer I", TXN_SERVER_INVITE, TXN_CONFIRMED, TXN_EV_TIMER_LINGER,
	  TXN_TERMINATED, 0 },
	{ "1xx after ACK", TXN_SERVER_INVITE, TXN_CONFIRMED, TXN_EV_1XX,
	  TXN_CONFIRMED, INVALID },
	{ "2xx after ACK", TXN_SERVER_INVITE, TXN_CONFIRMED, TXN_EV_2XX,
	  TXN_CONFIRMED, INVALID },
	{ "300-699 after ACK", TXN_SERVER_INVITE, TXN_CONFIRMED, TXN_EV_3XX_6XX,
	  TXN_CONFIRMED, INVALID },
	{ "ACK in Accepted", TXN_SERVER_INVITE, TXN_ACCEPTED, TXN_EV_ACK,
	  TXN_ACCEPTED, USER },
	{ "2xx in Accepted", TXN_SERVER_INVITE, TXN_ACCEPTED, TXN_EV_2XX,
	  TXN_ACCEPTED, SEND },
	{ "timer L", TXN_SERVER_INVITE, TXN_ACCEPTED, TXN_EV_TIMER_LINGER,
	  TXN_TERMINATED, 0 },
	{ "transport error, Accepted", TXN_SERVER_INVITE, TXN_ACCEPTED,
	  TXN_EV_TRANSPORT_ERROR, TXN_ACCEPTED, ERROR },
	{ "1xx after 2xx", TXN_SERVER_INVITE, TXN_ACCEPTED, TXN_EV_1XX,
	  TXN_ACCEPTED, INVALID },
	{ "300-699 after 2xx", TXN_SERVER_INVITE, TXN_ACCEPTED, TXN_EV_3XX_6XX,
	  TXN_ACCEPTED, INVALID },

	/* RFC 3261 17.2.2, figure 8 */
	{ "1xx from TU, Trying", TXN_SERVER, TXN_TRYING, TXN_EV_1XX,
	  TXN_PROCEEDING, SEND },
	{ "2xx from TU, Trying", TXN_SERVER, TXN_TRYING, TXN_EV_2XX,
	  TXN_COMPLETED, SEND | LINGER },
	{ "300-699 from TU, Trying", TXN_SERVER, TXN_TRYING, TXN_EV_3XX_6XX,
	  TXN_COMPLETED, SEND | LINGER },
	{ "request again", TXN_SERVER, TXN_PROCEEDING, TXN_EV_REQUEST,
	  TXN_PROCEEDING, SEND },
	{ "1xx from TU", TXN_SERVER, TXN_PROCEEDING, TXN_EV_1XX, TXN_PROCEEDING,
	  SEND },
	{ "2xx from TU", TXN_SERVER, TXN_PROCEEDING, TXN_EV_2XX, TXN_COMPLETED,
	  SEND | LINGER },
	{ "300-699 from TU", TXN_SERVER, TXN_PROCEEDING, TXN_EV_3XX_6XX,
	  TXN_COMPLETED, SEND | LINGER },
	{ "transport error", TXN_SERVER, TXN_PROCEEDING, TXN_EV_TRANSPORT_ERROR,
	  TXN_PROCEEDING, ERROR },
	{ "request in Completed", TXN_SERVER, TXN_COMPLETED, TXN_EV_REQUEST,
	  TXN_COMPLETED, SEND },
	{ "timer J", TXN_SERVER, TXN_COMPLETED, TXN_EV_TIMER_LINGER,
	  TXN_TERMINATED, 0 },
	{ "transport error, Completed", TXN_SERVER, TXN_COMPLETED,
	  TXN_EV_TRANSPORT_ERROR, TXN_COMPLETED, ERROR },
	{ "1xx after final", TXN_SERVER, TXN_COMPLETED, TXN_EV_1XX,
	  TXN_COMPLETED, INVALID },
	{ "2xx after final", TXN_SERVER, TXN_COMPLETED, TXN_EV_2XX,
	  TXN_COMPLETED, INVALID },
	{ "300-699 after final", TXN_SERVER, TXN_COMPLETED, TXN_EV_3XX_6XX,
	  TXN_COMPLETED, INVALID },
};

static void
test_rows(void)
{
	for (size_t i = 0; i < N(rows); i++) {
		const struct row *row = &rows[i];
		struct txn_step step =
		    txn_fsm_step(row->kind, row->state, row->event);

		test_row(row->what);
		CHECK(step.next == row->next);
		CHECK(step.actions == row->actions);
	}
}

static bool
is_listed(int kind, int state, int event)
{
	for (size_t i = 0; i < N(rows); i++) {
		if ((int)rows[i].kind == kind && (int)rows[i].state == state &&
		    (int)rows[i].event == event)
			return true;
	}
	return false;
}

static void
check_unlisted(int kind, int state, int event)
{
	struct txn_step step;
	char text[80];

	if (is_listed(kind, state, event))
		return;
	step = txn_fsm_step((enum txn_kind)kind, (enum txn_state)state,
			    (enum txn_event)event);
	snprintf(text, sizeof(text), "kind %d, %s, event %d", kind,
		 txn_state_text((enum txn_state)state), event);
	test_row(text);
	CHECK(step.next == state);
	CHECK(step.actions == 0);
	test_row(NULL);
}

static void
test_others(void)
{
	for (int kind = 0; kind < TXN_N_KINDS; kind++) {
		for (int state = 0; state < TXN_N_STATES; state++) {
			for (int event = 0; event < TXN_N_EVENTS; event++)
				check_unlisted(kind, state, event);
		}
	}
}

static void
test_initial(void)
{
	CHECK(txn_fsm_initial(TXN_CLIENT_INVITE) == TXN_CALLING);
	CHECK(txn_fsm_initial(TXN_CLIENT) == TXN_TRYING);
	CHECK(txn_fsm_initial(TXN_SERVER_INVITE) == TXN_PROCEEDING);
	CHECK(txn_fsm_initial(TXN_SERVER) == TXN_TRYING);
}

static void
test_linger(void)
{
	static const struct {
		const char *what;
		enum txn_kind kind;
		enum txn_state state;
		int64_t t1_ms, ms;
	} table[] = {
		{ "D", TXN_CLIENT_INVITE, TXN_COMPLETED, 500, 32000 },
		{ "D is 32 s at least", TXN_CLIENT_INVITE, TXN_COMPLETED, 100,
		  32000 },
		{ "D grows with T1", TXN_CLIENT_INVITE, TXN_COMPLETED, 1000,
		  64000 },
		{ "M", TXN_CLIENT_INVITE, TXN_ACCEPTED, 100, 6400 },
		{ "K", TXN_CLIENT, TXN_COMPLETED, 500, 5000 },
		{ "I", TXN_SERVER_INVITE, TXN_CONFIRMED, 500, 5000 },
		{ "L", TXN_SERVER_INVITE, TXN_ACCEPTED, 500, 32000 },
		{ "J", TXN_SERVER, TXN_COMPLETED, 500, 32000 },
	};

	for (size_t i = 0; i < N(table); i++) {
		test_row(table[i].what);
		CHECK(txn_fsm_linger_ms(table[i].kind, table[i].state,
					table[i].t1_ms, 5000, false) ==
		      table[i].ms);
		CHECK(txn_fsm_linger_ms(table[i].kind, table[i].state,
					table[i].t1_ms, 5000, true) ==
		      (table[i].state == TXN_ACCEPTED ? table[i].ms : 0));
	}
}

static void
check_schedule(enum txn_kind kind, enum txn_state state, const int64_t *ms)
{
	int64_t last = 0;

	for (size_t i = 0; i < 6; i++) {
		last = txn_fsm_retransmit_ms(kind, state, last, 500, 4000);
		CHECK(last == ms[i]);
	}
}

static void
test_schedules(void)
{
	static const int64_t a[] = { 500, 1000, 2000, 4000, 8000, 16000 };
	static const int64_t e[] = { 500, 1000, 2000, 4000, 4000, 4000 };
	static const int64_t t2[] = { 4000, 4000, 4000, 4000, 4000, 4000 };

	test_row("A");
	check_schedule(TXN_CLIENT_INVITE, TXN_CALLING, a);
	test_row("E");
	check_schedule(TXN_CLIENT, TXN_TRYING, e);
	test_row("E in Proceeding");
	check_schedule(TXN_CLIENT, TXN_PROCEEDING, t2);
	test_row("G");
	check_schedule(TXN_SERVER_INVITE, TXN_COMPLETED, e);
	test_row("T2 that is no power of two times T1");
	CHECK(txn_fsm_retransmit_ms(TXN_CLIENT, TXN_TRYING, 2000, 500, 3000) ==
	      3000);
}

static void
test_trying(void)
{
	CHECK(txn_fsm_trying_ms(TXN_SERVER_INVITE, 500, 4000) == 200);
	/* E: 500, 1000, 2000, and then it is T2 */
	CHECK(txn_fsm_trying_ms(TXN_SERVER, 500, 4000) == 3500);
	CHECK(txn_fsm_trying_ms(TXN_SERVER, 1000, 4000) == 3000);
	CHECK(txn_fsm_trying_ms(TXN_SERVER, 500, 3000) == 3500);
}

static void
test_events(void)
{
	CHECK(txn_fsm_event(100) == TXN_EV_1XX);
	CHECK(txn_fsm_event(199) == TXN_EV_1XX);
	CHECK(txn_fsm_event(200) == TXN_EV_2XX);
	CHECK(txn_fsm_event(299) == TXN_EV_2XX);
	CHECK(txn_fsm_event(300) == TXN_EV_3XX_6XX);
	CHECK(txn_fsm_event(699) == TXN_EV_3XX_6XX);
}

static void
test_texts(void)
{
	CHECK(strcmp(txn_state_text(TXN_CALLING), "Calling") == 0);
	CHECK(strcmp(txn_state_text(TXN_TRYING), "Trying") == 0);
	CHECK(strcmp(txn_state_text(TXN_PROCEEDING), "Proceeding") == 0);
	CHECK(strcmp(txn_state_text(TXN_COMPLETED), "Completed") == 0);
	CHECK(strcmp(txn_state_text(TXN_CONFIRMED), "Confirmed") == 0);
	CHECK(strcmp(txn_state_text(TXN_ACCEPTED), "Accepted") == 0);
	CHECK(strcmp(txn_state_text(TXN_TERMINATED), "Terminated") == 0);
	CHECK(strcmp(txn_state_text(TXN_N_STATES), "?") == 0);
}

static const struct test tests[] = {
	{ "every row of the figures is as the RFCs say", test_rows, true },
	{ "anything else changes nothing", test_others, true },
	{ "machines begin where they should", test_initial, true },
	{ "D, I, J, K, L and M have their lengths", test_linger, true },
	{ "A doubles, E and G double up to T2", test_schedules, true },
	{ "100 comes after 200 ms, or when E has grown to T2", test_trying,
	  true },
	{ "status codes are events", test_events, true },
	{ "states have names", test_texts, true },
};

const struct test_suite suite_txn_fsm = TEST_SUITE("txn_fsm", tests);
