/*
 * records.h - the events of calls, written to the worker's journal
 *
 * With accounting = false nothing is written; the calls are counted all the same.
 */
#ifndef LCRPROXY_RECORDS_H
#define LCRPROXY_RECORDS_H

#include "lcrproxy/call.h"
#include "tel/cdr.h"

/*
 * Most bytes of a Call-ID or a caller's tag on record. They name a call and are
 * stored whole: with longer ones an event would not fit its record, and the call
 * would go unbilled. Calls with longer ones are refused. A callee's tag is part of
 * a key in the store, whose index takes less: of a longer one the beginning is on
 * record, and a hash of all of it, in all events alike.
 */
#define RECORD_ID_MAX 8192
#define RECORD_TAG_MAX 1024

/* One attempt has come to its end, with the final response (NULL without). */
void record_attempt(const struct attempt *attempt, enum cdr_outcome outcome,
		    const struct sip_msg *response, const char *reason);
/* A dialog was answered, by this response. ends_attempt: that is the end of the
 * attempt, too, and record_attempt is not called for it. */
void record_start(const struct attempt *attempt, const struct answer *answer,
		  const struct sip_msg *response, bool ends_attempt);
/* The call came to nothing: the final status sent, and why. */
void record_fail(const struct call *call, enum cdr_status status,
		 enum cdr_end end, int sip_code, int q850, const char *reason);
/* The same for a call that was refused before it had a plan. */
void record_refusal(struct worker *worker, const struct sip_msg *msg,
		    const struct addr *from, const struct call_intake *intake,
		    int sip_code, int q850, const char *reason);

/* What the BYE of a dialog with a valid token tells. */
struct stop_fact {
	const struct token *token;
	struct str call_id, caller_tag, callee_tag;
	time_us end;
	enum cdr_end by;
	int bye_status;		/* 0: the BYE was never answered */
	int64_t clock_us;	/* on record from a second on */
};
void record_stop(struct worker *worker, const struct stop_fact *fact);

/* What shows that the dialog of a valid token was alive: the 2xx to an INVITE
 * or UPDATE inside it, or the ACK of its answer. */
struct life_fact {
	const struct token *token;
	struct str call_id, caller_tag, callee_tag;
	time_us seen;
	const struct sip_msg *msg; /* of its session interval */
};
void record_life(struct worker *worker, const struct life_fact *fact);

/* The Q.850 cause of a response: of its Reason header (RFC 3326, RFC 6432),
 * else of its status (RFC 3398). */
int record_q850(const struct sip_msg *response);

#endif
