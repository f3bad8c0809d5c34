/* records.c - from the state of a call to the facts in its events */
#include "lcrproxy/records.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "acct/event.h"
#include "base/err.h"
#include "base/hash.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/reason.h"
#include "lcrproxy/uri_hop.h"
#include "sip/value.h"
#include "tel/number.h"

#define Q850_MAX 127
#define USUAL_EVENT 1024 /* bytes; far down the stack the caches are cold */

/* Whether a node that only routes has been asked for. */
static bool
is_off(const struct worker *worker)
{
	return !worker->node->settings->accounting;
}

static int
add_event(struct worker *worker, const struct event *event, uint8_t *bytes,
	  size_t cap)
{
	struct wbuf w;

	wbuf_init(&w, bytes, cap);
	event_encode(&w, event);
	return w.err != 0 ? w.err : journal_add(worker->journal, bytes, w.len);
}

static __attribute__((noinline)) int
add_long_event(struct worker *worker, const struct event *event)
{
	uint8_t bytes[EVENT_MAX];

	return add_event(worker, event, bytes, sizeof(bytes));
}

static void
write_event(struct worker *worker, const struct event *event)
{
	uint8_t bytes[USUAL_EVENT];
	int err = add_event(worker, event, bytes, sizeof(bytes));

	if (err == ERR_SPACE)
		err = add_long_event(worker, event);
	worker->has_news = true;
	if (err != 0)
		log_error(worker->log, "journal: event %s lost, %s",
			  event_type_text(event->type), err_text(err));
}

static const char *
copy(struct worker *worker, struct str text)
{
	return text.p != NULL
		   ? arena_strndup(&worker->arena, text.p, text.len)
		   : NULL;
}

/* Memory that is short must not cost the end of a call. */
struct id_texts {
	char call_id[RECORD_ID_MAX + 1];
	char from_tag[RECORD_ID_MAX + 1];
	char to_tag[RECORD_TAG_MAX + 1];
};

#define HASH_LEN 32 /* two hashes in hex */

/* A callee's tag as it is on record; all nodes make the same of it. */
static const char *
format_tag(struct str tag, char out[RECORD_TAG_MAX + 1])
{
	static const struct hash_key keys[] = { { 1, 0 }, { 2, 0 } };

	if (tag.len <= RECORD_TAG_MAX) {
		str_copy(tag, out, RECORD_TAG_MAX + 1);
		return out;
	}
	memcpy(out, tag.p, RECORD_TAG_MAX - HASH_LEN);
	snprintf(out + RECORD_TAG_MAX - HASH_LEN, HASH_LEN + 1,
		 "%016" PRIx64 "%016" PRIx64,
		 hash_bytes(&keys[0], tag.p, tag.len),
		 hash_bytes(&keys[1], tag.p, tag.len));
	return out;
}

/* Which dialog it is. Longer ids than those on record are of no call of ours. */
static void
fill_ids(struct cdr *row, struct id_texts *texts, struct str call_id,
	 struct str caller_tag, struct str callee_tag)
{
	str_copy(call_id, texts->call_id, sizeof(texts->call_id));
	str_copy(caller_tag, texts->from_tag, sizeof(texts->from_tag));
	row->call_id = texts->call_id;
	row->from_tag = texts->from_tag;
	row->to_tag = format_tag(callee_tag, texts->to_tag);
}

int
record_q850(const struct sip_msg *response)
{
	int cause;

	if (response == NULL)
		return 0;
	cause = reason_cause(response, "Q.850");
	return cause > 0 && cause <= Q850_MAX ? cause
					      : q850_from_sip(response->status);
}

static void
set_cause(int64_t *column, int cause)
{
	if (cause != 0)
		*column = cause;
}

/* TARIFF/PREFIX; NULL where nobody asked for a price. */
static const char *
rate_row(const struct call *call, const struct call_hop *hop)
{
	const struct tariff *tariff;
	char prefix[PREFIX_MAX + 1];

	if (call->emergency[0] != '\0' || hop->is_unpriced ||
	    hop->carrier == NULL ||
	    hop->carrier->tariff == PRICEBOOK_NO_TARIFF)
		return NULL;
	tariff = pricebook_tariff(snapshot_prices(call->snapshot),
				  hop->carrier->tariff);
	prefix_format(hop->rate_prefix, prefix);
	return arena_join(&call->worker->arena,
			  (const struct str[]){ str_of(tariff->name),
						str_of("/"), str_of(prefix) },
			  3)
	    .p;
}

/* Who the INVITE was for. */
static void
fill_attempt_gateway(struct cdr_attempt *row, const struct call_hop *hop)
{
	row->carrier = hop_carrier_name(hop);
	row->gateway = hop_gateway_name(hop);
	row->route_source = cdr_source_text(hop->source);
}

/* Where it went; the name when DNS told no place. */
static const char *
target_of(const struct attempt *attempt, const struct call_hop *hop,
	  char text[ADDR_TEXT_MAX])
{
	if (attempt->to.addr.family != 0)
		return addr_format(&attempt->to.addr, text);
	if (hop->gateway != NULL)
		return hop->gateway->host;
	return copy(attempt->call->worker, hop->uri->target.host);
}

/* What an attempt alone tells, and its START does not; but for the reason. */
static void
fill_attempt(struct cdr_attempt *row, const struct attempt *attempt,
	     enum cdr_outcome outcome, const struct sip_msg *response,
	     char target[ADDR_TEXT_MAX])
{
	const struct call_hop *hop = hop_of(attempt);

	row->uri = hop->uri != NULL ? hop->uri->ruri : NULL;
	row->expected_cost = hop->cost;
	row->rate_row = rate_row(attempt->call, hop);
	row->target = target_of(attempt, hop, target);
	row->start_time = attempt->started;
	if (attempt->first_response != 0)
		row->first_response_us =
		    attempt->first_response - attempt->started;
	row->end_us = clock_wall(&attempt->call->worker->clock) -
		      attempt->started;
	row->outcome = cdr_outcome_text(outcome);
	if (response != NULL)
		set_cause(&row->q850_cause, record_q850(response));
}

void
record_attempt(const struct attempt *attempt, enum cdr_outcome outcome,
	       const struct sip_msg *response, const char *reason)
{
	const struct call *call = attempt->call;
	struct worker *worker = call->worker;
	struct event event;
	struct cdr_attempt *row = &event.attempt;
	char target[ADDR_TEXT_MAX];

	if (is_off(worker))
		return;
	event_init(&event, EVENT_ATTEMPT);
	row->setup_time = call->setup;
	row->call_id = call->call_id;
	row->from_tag = call->from_tag;
	row->node = worker->node->name;
	row->hop = attempt->number;
	fill_attempt_gateway(row, hop_of(attempt));
	if (response != NULL) {
		row->sip_code = response->status;
		if (reason == NULL)
			reason = copy(worker, response->reason);
	}
	fill_attempt(row, attempt, outcome, response, target);
	row->reason = reason;
	write_event(worker, &event);
}

static const char *
class_text(const char *emergency, bool is_national, bool is_number)
{
	if (emergency[0] != '\0')
		return "emergency";
	if (!is_number)
		return NULL;
	return is_national ? "national" : "international";
}

/* NULL of nobody. */
static const char *
name_of(const struct account *account)
{
	return account->name[0] != '\0' ? account->name : NULL;
}

/* What START and FAIL both tell of a call. */
static void
fill_call(struct cdr *row, const struct call *call)
{
	row->setup_time = call->setup;
	row->call_id = call->call_id;
	row->from_tag = call->from_tag;
	row->to_tag = "";
	row->node = call->worker->node->name;
	row->generation = snapshot_generation(call->snapshot);
	row->account = name_of(call->account);
	row->source = call->source;
	row->caller = call->caller;
	row->caller_asserted = call->asserted;
	row->dialled = call->dialled;
	if (call->number.len > 0)
		row->number = call->number.digits;
	if (call->porting.routing.len > 0)
		row->ported_to = call->porting.routing.digits;
	row->destination_class = class_text(
	    call->emergency, call->national, call->number.len > 0);
	row->route_source = cdr_source_text(
	    call->n_hops > 0 ? call->hops[0].source : CDR_STATIC);
	if (call->ring != 0)
		row->ring_time = call->ring;
}

static void
fill_hop(struct cdr *row, const struct call *call, unsigned hop_number,
	 unsigned number, char prefix[PREFIX_MAX + 1])
{
	const struct call_hop *hop = &call->hops[hop_number - 1];

	prefix_format(hop->prefix, prefix);
	if (call->emergency[0] == '\0' && hop->carrier != NULL)
		row->matched_prefix = prefix;
	row->hop = number;
	row->carrier = hop_carrier_name(hop);
	row->gateway = hop_gateway_name(hop);
	row->route_source = cdr_source_text(hop->source);
}

/* The interval of Session-Expires (RFC 4028 4), if there is one. */
static void
set_session(struct cdr *row, const struct sip_msg *msg)
{
	struct str rest = sip_value(msg, SIP_HDR_SESSION_EXPIRES);
	struct str seconds = str_trim(str_cut(&rest, ';'));
	uint64_t value;

	if (seconds.len > 0 &&
	    str_parse_u64(seconds, UINT32_MAX, &value) == 0 && value > 0)
		row->session_s = (int64_t)value;
}

/* A call has come to an end or a dialog to be, as the caller was told. */
static void
note_end(const struct snapshot *snapshot, const struct account *account,
	 int status)
{
	struct account_state *state = snapshot_account_state(snapshot, account);

	if (state != NULL)
		tally_add(&state->codes, status);
}

void
record_start(const struct attempt *attempt, const struct answer *answer,
	     const struct sip_msg *response, bool ends_attempt)
{
	const struct call *call = attempt->call;
	char prefix[PREFIX_MAX + 1], tag[RECORD_TAG_MAX + 1];
	char target[ADDR_TEXT_MAX];
	struct event event;
	struct cdr *row = &event.cdr;

	call->worker->counters.starts++;
	note_end(call->snapshot, call->account, response->status);
	if (is_off(call->worker))
		return;
	event_init(&event, EVENT_START);
	fill_call(row, call);
	fill_hop(row, call, attempt->hop, attempt->number, prefix);
	row->to_tag = format_tag(str_of(answer->tag), tag);
	row->answer_time = answer->at;
	row->pdd_us = (call->ring != 0 ? call->ring : answer->at) - call->setup;
	row->sip_code = 200;
	row->token = cdr_token_text(CDR_TOKEN_VALID);
	set_session(row, response);
	/* what sip_session_answer adds for a callee that knows no timers */
	if (row->session_s == CDR_NONE && call->session.caller_knows &&
	    call->session.interval_s > 0)
		row->session_s = call->session.interval_s;
	if (ends_attempt) {
		event_add_attempt(&event);
		if (response->status != row->sip_code)
			event.attempt.sip_code = response->status;
		fill_attempt(&event.attempt, attempt, CDR_ATTEMPT_ANSWERED,
			     response, target);
		event.attempt.reason = copy(call->worker, response->reason);
	}
	write_event(call->worker, &event);
}

void
record_fail(const struct call *call, enum cdr_status status, enum cdr_end end,
	    int sip_code, int q850, const char *reason)
{
	struct worker *worker = call->worker;
	char prefix[PREFIX_MAX + 1];
	struct event event;
	struct cdr *row = &event.cdr;

	note_end(call->snapshot, call->account, sip_code);
	if (is_off(worker))
		return;
	event_init(&event, EVENT_FAIL);
	fill_call(row, call);
	if (call->hop > 0)
		fill_hop(row, call, call->hop, call->n_attempts, prefix);
	row->end_time = clock_wall(&worker->clock);
	if (call->ring != 0)
		row->pdd_us = call->ring - call->setup;
	row->status = cdr_status_text(status);
	row->end_source = cdr_end_text(end);
	row->sip_code = sip_code;
	set_cause(&row->q850_cause, q850);
	row->reason = reason;
	write_event(worker, &event);
}

void
record_refusal(struct worker *worker, const struct sip_msg *msg,
	       const struct addr *from, const struct call_intake *intake,
	       int sip_code, int q850, const char *reason)
{
	char source[ADDR_TEXT_MAX];
	struct event event;
	struct cdr *row = &event.cdr;

	note_end(worker->snapshot, intake->account, sip_code);
	/* A full disk's reserve is for calls in progress. */
	if (is_off(worker) || journal_is_low(worker->journal) ||
	    journal_is_failing(worker->journal))
		return;
	event_init(&event, EVENT_FAIL);
	row->setup_time = intake->setup;
	row->call_id = copy(worker, msg->call_id);
	row->from_tag = copy(worker, intake->from_tag);
	row->to_tag = "";
	row->node = worker->node->name;
	row->generation = snapshot_generation(worker->snapshot);
	row->account = name_of(intake->account);
	row->source = addr_format(from, source);
	row->caller = copy(worker, intake->caller);
	row->caller_asserted = copy(worker, intake->asserted);
	row->dialled = copy(worker, intake->dialled);
	if (intake->number.len > 0) {
		row->number = intake->number.digits;
		if (intake->porting.routing.len > 0)
			row->ported_to = intake->porting.routing.digits;
		row->destination_class =
		    class_text(intake->emergency, intake->national, true);
	}
	row->end_time = clock_wall(&worker->clock);
	row->status = cdr_status_text(CDR_FAILED);
	row->end_source = cdr_end_text(CDR_END_PROXY);
	row->sip_code = sip_code;
	set_cause(&row->q850_cause, q850);
	row->reason = reason;
	write_event(worker, &event);
}

/* The names behind the ids of a token, as far as this node knows them; the
 * START of the same dialog, if it is found, says them too. */
static void
fill_token(struct cdr *row, const struct worker *worker,
	   const struct token *token)
{
	const struct account *account =
	    snapshot_account_by_id(worker->snapshot, token->account);
	const struct gateway *gateway =
	    token->gateway != 0
		? snapshot_gateway_by_id(worker->snapshot, token->gateway)
		: NULL;

	row->setup_time = token->setup;
	if (token->answer != 0)
		row->answer_time = token->answer;
	row->hop = token->hop;
	if (account != NULL)
		row->account = account->name;
	if (gateway != NULL) {
		row->gateway = gateway->name;
		row->carrier =
		    snapshot_carrier(worker->snapshot, gateway->carrier)->name;
	}
	row->generation = token->generation;
}

static void
note_clock(struct worker *worker, struct cdr *row, int64_t clock_us)
{
	if (clock_us < US_PER_S && clock_us > -US_PER_S)
		return;
	row->clock_us = clock_us;
	worker->counters.clock_doubts++;
	log_warning(worker->log,
		    "call %s: the clock at its end is %lld ms ahead of the one "
		    "at its answer",
		    row->call_id, (long long)(clock_us / US_PER_MS));
}

void
record_stop(struct worker *worker, const struct stop_fact *fact)
{
	struct id_texts texts;
	struct event event;
	struct cdr *row = &event.cdr;

	worker->counters.stops++;
	if (is_off(worker))
		return;
	event_init(&event, EVENT_STOP);
	fill_token(row, worker, fact->token);
	fill_ids(row, &texts, fact->call_id, fact->caller_tag,
		 fact->callee_tag);
	row->end_time = fact->end;
	row->end_source = cdr_end_text(fact->by);
	row->status = cdr_status_text(CDR_ANSWERED);
	row->sip_code = 200;
	row->q850_cause = 16; /* normal call clearing */
	row->token = cdr_token_text(CDR_TOKEN_VALID);
	note_clock(worker, row, fact->clock_us);
	/* The callee was there. Of a caller's BYE only its answer shows that. */
	if (fact->by == CDR_END_CALLEE || fact->bye_status / 100 == 2)
		row->last_seen = fact->end;
	if (fact->bye_status == 0)
		row->reason = "BYE not answered";
	else if (fact->bye_status >= 300)
		row->reason = arena_printf(&worker->arena,
					   "BYE answered with %d",
					   fact->bye_status);
	write_event(worker, &event);
}

void
record_life(struct worker *worker, const struct life_fact *fact)
{
	struct id_texts texts;
	struct event event;
	struct cdr *row = &event.cdr;

	worker->counters.refreshes++;
	if (is_off(worker))
		return;
	event_init(&event, EVENT_REFRESH);
	fill_token(row, worker, fact->token);
	fill_ids(row, &texts, fact->call_id, fact->caller_tag,
		 fact->callee_tag);
	row->last_seen = fact->seen;
	set_session(row, fact->msg);
	write_event(worker, &event);
}
