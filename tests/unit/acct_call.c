/* acct_call.c - see acct_call.h */
#include "tests/unit/acct_call.h"

void
attempt_event(struct event *out, const char *call_id, int hop,
	      enum cdr_outcome outcome, int sip_code)
{
	struct cdr_attempt *attempt = &out->attempt;

	event_init(out, EVENT_ATTEMPT);
	attempt->setup_time = CALL_SETUP;
	attempt->call_id = call_id;
	attempt->from_tag = "f";
	attempt->hop = hop;
	attempt->node = "pop1";
	attempt->carrier = "blue";
	attempt->gateway = "blue-1";
	attempt->target = "198.51.100.7:5060";
	attempt->start_time = CALL_SETUP + 300;
	attempt->end_us = 2999700;
	attempt->outcome = cdr_outcome_text(outcome);
	attempt->expected_cost = 150000;
	attempt->rate_row = "blue-2026/4930";
	if (sip_code != 0)
		attempt->sip_code = sip_code;
}

static void
fill_call(struct cdr *cdr, const char *call_id, const char *to_tag)
{
	cdr->setup_time = CALL_SETUP;
	cdr->call_id = call_id;
	cdr->from_tag = "f";
	cdr->to_tag = to_tag;
	cdr->account = "acme";
	cdr->generation = 7;
}

void
start_event(struct event *out, const char *call_id, const char *to_tag)
{
	struct cdr *cdr = &out->cdr;

	event_init(out, EVENT_START);
	fill_call(cdr, call_id, to_tag);
	cdr->node = "pop1";
	cdr->source = "192.0.2.77:5060";
	cdr->caller = "49301234567";
	cdr->caller_asserted = "+49301234567";
	cdr->dialled = cdr->number = "4930987654";
	cdr->destination_class = "national";
	cdr->carrier = "blue";
	cdr->gateway = "blue-1";
	cdr->hop = 1;
	cdr->route_source = "static";
	cdr->matched_prefix = "4930";
	cdr->ring_time = CALL_SETUP + 1000000;
	cdr->answer_time = CALL_SETUP + 3000000;
	cdr->pdd_us = 1000000;
	cdr->sip_code = 200;
	cdr->token = "valid";
}

void
stop_event(struct event *out, const char *call_id, const char *to_tag,
	   int64_t end_us, enum cdr_end source)
{
	struct cdr *cdr = &out->cdr;

	event_init(out, EVENT_STOP);
	fill_call(cdr, call_id, to_tag);
	cdr->answer_time = CALL_SETUP + 3000000;
	cdr->end_time = CALL_SETUP + end_us;
	cdr->end_source = cdr_end_text(source);
	cdr->sip_code = 200;
	cdr->q850_cause = 16;
	cdr->token = "valid";
}

void
fail_event(struct event *out, const char *call_id, enum cdr_status status,
	   int sip_code, const char *reason)
{
	struct cdr *cdr = &out->cdr;

	start_event(out, call_id, "");
	out->type = EVENT_FAIL;
	cdr->answer_time = CDR_NONE;
	cdr->token = NULL;
	cdr->end_time = CALL_SETUP + 9000000;
	cdr->end_source = cdr_end_text(CDR_END_PROXY);
	cdr->status = cdr_status_text(status);
	cdr->sip_code = sip_code;
	cdr->reason = reason;
}

int
put_event(struct journal *journal, const struct event *event)
{
	uint8_t bytes[EVENT_MAX];
	struct wbuf w;

	wbuf_init(&w, bytes, sizeof(bytes));
	event_encode(&w, event);
	return w.err != 0 ? w.err : journal_add(journal, bytes, w.len);
}
