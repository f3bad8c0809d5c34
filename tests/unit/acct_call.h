/*
 * acct_call.h - calls as their events, for the tests of acct/
 */
#ifndef TESTS_UNIT_ACCT_CALL_H
#define TESTS_UNIT_ACCT_CALL_H

#include "acct/event.h"
#include "acct/journal.h"

#define CALL_SETUP INT64_C(1795417200000000) /* 2026-11-23T07:00:00Z */

/* Event facts of a call: From tag "f", account "acme", node "pop1"; answered
 * CALL_SETUP + 3 s, unless changed afterwards. */
void attempt_event(struct event *out, const char *call_id, int hop,
		   enum cdr_outcome outcome, int sip_code);
void start_event(struct event *out, const char *call_id, const char *to_tag);
/* Ends end_us after CALL_SETUP; says the time of answer. */
void stop_event(struct event *out, const char *call_id, const char *to_tag,
		int64_t end_us, enum cdr_end source);
/* Ends 9 s after CALL_SETUP. */
void fail_event(struct event *out, const char *call_id, enum cdr_status status,
		int sip_code, const char *reason);
/* Add to the journal, without committing. */
int put_event(struct journal *journal, const struct event *event);

#endif
