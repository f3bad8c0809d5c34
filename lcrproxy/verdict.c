/* verdict.c - what a failure of a gateway means */
#include "lcrproxy/verdict.h"

#include "lcrproxy/challenge.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/place.h"
#include "lcrproxy/reason.h"
#include "sip/value.h"
#include "tel/cdr.h"

/* The status that counts: that of the cause, where this tells more. */
static int
telling_status(const struct verdict_rules *rules, int status, int q850)
{
	/* normal clearing, normal unspecified, interworking: nothing */
	bool is_vague = q850 == 0 || q850 == 16 || q850 == 31 || q850 == 127;
	int told = is_vague ? 0 : sip_from_q850(q850);

	if (!rules->q850_decides || status < 400 || status >= 600)
		return status;
	return told != 0 ? told : status;
}

bool
verdict_reroutes(const struct verdict_rules *rules, int status, int q850,
	      bool has_rung)
{
	if (status == 408 && has_rung)
		return false;
	if (codes_has(rules->gateway_stop, status))
		return false;
	return codes_has(rules->gateway_reroute, status) ||
	       codes_has(rules->reroute, telling_status(rules, status, q850));
}

static void
rules_of(const struct attempt *attempt, struct verdict_rules *out)
{
	const struct call_hop *hop = hop_of(attempt);
	const struct tuning *tuning = &attempt->call->worker->tuning;

	*out = (struct verdict_rules){
		.reroute = &tuning->reroute,
		.gateway_reroute = hop->source == CDR_ENUM
				       ? &tuning->enum_reroute
				       : hop_reroute(hop),
		.gateway_stop = hop_stop(hop),
		.q850_decides = tuning->q850_decides,
	};
}

bool
verdict_of(const struct attempt *attempt, const struct sip_msg *msg)
{
	struct verdict_rules rules;

	/* a quarrel of ours with the gateway, not the caller's */
	if (challenge_is(msg->status) && attempt->space.is_spaced &&
	    hop_has_logins(hop_of(attempt)))
		return true;
	rules_of(attempt, &rules);
	return verdict_reroutes(&rules, msg->status,
				reason_cause(msg, "Q.850"),
				attempt->rang != 0);
}

bool
verdict_is_of_place(const struct attempt *attempt, const struct sip_msg *msg)
{
	struct verdict_rules rules;

	rules_of(attempt, &rules);
	return msg->status == 503 && !codes_has(rules.gateway_stop, 503) &&
	       telling_status(&rules, 503, reason_cause(msg, "Q.850")) == 503;
}

int
verdict_status(const struct attempt *attempt, const struct sip_msg *msg)
{
	struct verdict_rules rules;
	int status;

	rules_of(attempt, &rules);
	status =
	    telling_status(&rules, msg->status, reason_cause(msg, "Q.850"));
	return status != 503 ? status : 500;
}

/* The seconds of Retry-After of a 503, 0 without. */
static int64_t
pause_of(const struct sip_msg *msg)
{
	int64_t seconds = reason_retry_after_s(msg, GATEWAY_PAUSE_MAX_S);

	return msg->status == 503 && seconds > 0 ? seconds : 0;
}

static void
rest_gateway(const struct attempt *attempt, int64_t ms)
{
	const struct call *call = attempt->call;
	const struct call_hop *hop = hop_of(attempt);

	atomic_store(&hop->gateway->state->pause_until_us,
		     clock_wall(&call->worker->clock) + ms * US_PER_MS);
	log_info(call->worker->log,
		 "gateway %s: asks for a pause, milliseconds=%lld",
		 hop_text(hop), (long long)ms);
}

/* Retry-After: that gateway gets no calls until then (RFC 3261 21.5.4). Where
 * it has several addresses, that was one of them. */
void
verdict_note_pause(const struct attempt *attempt, const struct sip_msg *msg)
{
	const struct call *call = attempt->call;
	const struct call_hop *hop = &call->hops[attempt->hop - 1];
	int64_t seconds = pause_of(msg);

	if (seconds == 0 || hop->gateway == NULL ||
	    (hop->gateway->addr.family == 0 && call->places != NULL &&
	     attempt->hop == call->hop))
		return;
	rest_gateway(attempt, seconds * 1000);
}

/* Of several addresses this was the last one that might have been asked: until
 * one of them may be again, calls are not sent there to hear the same. */
static void
note_whole_pause(const struct attempt *attempt)
{
	const struct call *call = attempt->call;
	int64_t ms = 0;

	if (hop_of(attempt)->gateway != NULL && call->places != NULL &&
	    attempt->hop == call->hop)
		ms = place_rest_ms(call->worker, call->places);
	if (ms > 0)
		rest_gateway(attempt, ms);
}

void
verdict_note_place(const struct attempt *attempt, enum cdr_outcome outcome,
		   const struct sip_msg *msg)
{
	struct worker *worker = attempt->call->worker;
	bool is_dead = outcome == CDR_ATTEMPT_UNREACHABLE ||
		       (outcome == CDR_ATTEMPT_TIMEOUT && attempt->rang == 0 &&
			attempt->first_response == 0);
	int64_t pause_ms;

	if (attempt->to.addr.family == 0)
		return;
	if (is_dead) {
		place_note(worker, &attempt->to, SHUN_MS);
	} else if (msg != NULL && msg->status == 503) {
		pause_ms = pause_of(msg) * 1000;
		place_note(worker, &attempt->to,
			   pause_ms != 0 ? pause_ms : SHUN_MS);
		if (pause_ms != 0)
			note_whole_pause(attempt);
	} else if (msg != NULL) {
		place_note(worker, &attempt->to, 0);
	}
}

void
verdict_note_health(const struct attempt *attempt, enum cdr_outcome outcome,
		    const struct sip_msg *msg)
{
	struct gateway_state *state = hop_state(hop_of(attempt));
	bool is_bad = false;

	switch (outcome) {
	case CDR_ATTEMPT_CANCELLED:
	case CDR_ATTEMPT_LATE_ANSWER: /* was noted when it was given up */
		return;
	case CDR_ATTEMPT_UNREACHABLE:
		is_bad = true;
		break;
	case CDR_ATTEMPT_TIMEOUT:
		is_bad = attempt->rang == 0;
		break;
	case CDR_ATTEMPT_REJECTED:
		is_bad = msg != NULL && verdict_of(attempt, msg);
		break;
	case CDR_ATTEMPT_ANSWERED:
	case CDR_ATTEMPT_REDIRECTED:
		break;
	}
	if (state == NULL)
		return;
	health_note_call(&state->health, is_bad);
	health_note_call(&state->by_class[attempt->call->class], is_bad);
}
