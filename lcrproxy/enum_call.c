/* enum_call.c - the ENUM stage of a call */
#include "lcrproxy/enum_call.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/enum_worker.h"
#include "lcrproxy/failure.h"
#include "lcrproxy/hunt.h"
#include "lcrproxy/policy.h"
#include "lcrproxy/records.h"
#include "lcrproxy/refusal.h"
#include "lcrproxy/uri_hop.h"

/* The outcome's counter, by its place in struct counters. */
static const size_t counters_of[ENUM_N_OUTCOMES] = {
#define COUNTER(name) offsetof(struct counters, name)
	[ENUM_FOUND] = COUNTER(enum_found),
	[ENUM_NXDOMAIN] = COUNTER(enum_nxdomain),
	[ENUM_NODATA] = COUNTER(enum_nodata),
	[ENUM_UNUSABLE] = COUNTER(enum_unusable),
	[ENUM_LOOP] = COUNTER(enum_loop),
	[ENUM_VOID] = COUNTER(enum_void),
	[ENUM_SERVFAIL] = COUNTER(enum_servfail),
	[ENUM_REFUSED] = COUNTER(enum_refused),
	[ENUM_TIMEOUT] = COUNTER(enum_timeout),
	[ENUM_MALFORMED] = COUNTER(enum_malformed),
#undef COUNTER
};

static void
count(struct worker *worker, const struct enum_answer *answer)
{
	struct counters *counters = &worker->counters;

	counters->enum_lookups++;
	counters->enum_cached += answer->is_cached;
	counters->enum_stale += answer->is_stale;
	++*(uint64_t *)(void *)((char *)counters +
				counters_of[answer->outcome]);
}

/* Gateways that a rule names are what is called, and nothing else. */
static bool
is_allowed(const struct policy_rule *rule)
{
	return rule == NULL || (rule->action != POLICY_PROXY &&
				policy_place_of(rule, POLICY_BY_ENUM) >= 0);
}

bool
enum_call_may_find(const struct worker *worker,
		   const struct call_intake *intake,
		   const struct policy_rule *rule)
{
	return enum_worker_client(worker) != NULL && is_allowed(rule) &&
	       intake->emergency[0] == '\0' && intake->number.len > 0;
}

static bool
is_wanted(const struct call *call, const struct policy_rule *rule)
{
	return enum_worker_client(call->worker) != NULL && is_allowed(rule) &&
	       call->emergency[0] == '\0' &&
	       (call->number.len > 0 || call->isn != NULL);
}

bool
enum_call_takes_isn(const struct worker *worker)
{
	const struct enum_rules *rules = enum_worker_rules(worker);

	for (size_t i = 0; rules != NULL && i < rules->client.n_trees; i++) {
		if (rules->trees[i].form == ENUM_ISN)
			return true;
	}
	return false;
}

/* What the trees are asked for. */
static int
number_of(const struct call *call, struct enum_number *out)
{
	if (call->isn != NULL)
		return enum_number_parse(str_of(call->isn), out);
	*out = (struct enum_number){ .len = call->number.len };
	memcpy(out->digits, call->number.digits, call->number.len);
	return 0;
}

/* The sources whose hops come behind those of ENUM, by a rule that says. */
static uint8_t
sources_behind(const struct policy_rule *rule)
{
	int own = policy_place_of(rule, POLICY_BY_ENUM);
	uint8_t bits = 0;

	if (policy_place_of(rule, POLICY_BY_STATIC) > own)
		bits |= 1U << CDR_STATIC;
	if (policy_place_of(rule, POLICY_BY_TRIP) > own)
		bits |= 1U << CDR_TRIP;
	return bits;
}

/* --- what was found --- */

static bool
is_sip(const struct enum_uri *uri)
{
	return strcmp(uri->scheme, "sip") == 0 ||
	       strcmp(uri->scheme, "sips") == 0;
}

/* Of a gateway of the telephone network, RFC 4769. */
static bool
is_pstn(const struct enum_uri *uri)
{
	return strncmp(uri->service, "pstn", 4) == 0;
}

size_t
enum_call_choose(const struct enum_rules *rules,
		 const struct enum_answer *answer, bool is_ported,
		 const struct enum_uri **out, size_t max, uint64_t *refused)
{
	size_t n = 0;

	for (int pstn = 0; pstn <= !is_ported; pstn++) {
		for (size_t i = 0; i < answer->n_uris; i++) {
			const struct enum_uri *uri = &answer->uris[i];

			if (!is_sip(uri) || is_pstn(uri) != pstn)
				continue;
			if (!enum_rules_allow(rules, uri->host)) {
				if (refused != NULL)
					++*refused;
				continue;
			}
			if (n < max)
				out[n++] = uri;
		}
	}
	return n;
}

/* Where the URIs go among the hops. */
static size_t
place_among(const struct call *call, const struct enum_rules *rules)
{
	size_t at = call->hop;

	if (!call->enum_ranked)
		return rules->by_cost ? call_place_by_cost(call, 0) : at;
	while (at < call->n_hops &&
	       (call->enum_before >> call->hops[at].source & 1) == 0)
		at++;
	return at;
}

/* Where the parameters of RFC 4694 are in a URI of RFC 4769: in the user part of
 * sip, behind the number of tel. p == NULL: nowhere. */
static struct str
number_params(const struct enum_uri *uri)
{
	struct str params = is_sip(uri) ? uri->user : uri->text;

	if (!is_pstn(uri))
		return str_make(NULL, 0);
	(void)str_cut(&params, ';');
	return params;
}

/* Number portability: what the first URI says of it that says something. True
 * when the number was ported. */
static bool
learn(struct call *call, const struct enum_answer *answer)
{
	for (size_t i = 0; i < answer->n_uris; i++) {
		struct str params = number_params(&answer->uris[i]);

		if (params.p != NULL &&
		    porting_parse(params, PORTING_ENUM, &call->porting) == 0 &&
		    call->porting.source != PORTING_UNKNOWN)
			return call->porting.routing.len > 0;
	}
	return false;
}

static int
offer(struct call *call, const struct enum_answer *answer, bool was_known)
{
	struct counters *counters = &call->worker->counters;
	const struct enum_rules *rules = enum_worker_rules(call->worker);
	const struct enum_uri *uris[ENUM_URIS_MAX];
	struct uri_offer offers[ENUM_URIS_MAX];
	size_t added, n;
	int err;

	n = enum_call_choose(rules, answer, was_known, uris, rules->max_targets,
			     &counters->enum_domain_refused);
	for (size_t i = 0; i < n; i++)
		offers[i] = (struct uri_offer){ .uri = uris[i]->text,
						.source = CDR_ENUM };
	err = call_put_uris(call, offers, n, place_among(call, rules), &added);
	if (err == 0)
		counters->enum_own += n - added;
	counters->enum_offered += added > 0;
	return err;
}

/* --- what becomes of the call --- */

/* No way at all: the plan said why it has none. */
static void
refuse_lost(struct call *call)
{
	struct counters *counters = &call->worker->counters;
	char text[80] = "no carrier sells this number";
	struct refusal why =
	    refusal_of(480, 3, text, &counters->refused_no_route);

	if (call->isn != NULL)
		why = refusal_of(404, 1, "nobody has this number",
				 &counters->refused_target);
	else if (call->no_route != PLAN_NO_PREFIX)
		snprintf(text, sizeof(text), "no route: %s",
			 plan_exclusion_text(call->no_route));
	failure_refuse(call, &why);
}

static void
go_on(struct call *call)
{
	if (call->n_hops > 0)
		hunt_start(call);
	else
		refuse_lost(call);
}

static void
use(struct call *call, const struct enum_answer *answer)
{
	struct counters *counters = &call->worker->counters;
	/* RFC 4694 4: nobody is asked twice */
	bool was_known = call->porting.source != PORTING_UNKNOWN;

	if (!was_known && learn(call, answer)) {
		counters->ported_calls++;
		call_replan(call, call->rule);
	}
	if (offer(call, answer, was_known) != 0)
		counters->out_of_memory++; /* by the plan, then */
}

static void
take(struct call *call, const struct enum_answer *answer)
{
	struct worker *worker = call->worker;
	struct refusal why = refusal_of(404, 1, "ENUM: no such number",
					&worker->counters.refused_target);

	count(worker, answer);
	log_debug(worker->log, "call %s: enum, outcome=%s uris=%zu cached=%d",
		  call->call_id, enum_outcome_text(answer->outcome),
		  answer->n_uris, answer->is_cached);
	if (answer->outcome == ENUM_VOID &&
	    enum_worker_rules(worker)->refuses_void) {
		failure_refuse(call, &why);
		return;
	}
	if (answer->n_uris > 0)
		use(call, answer);
	go_on(call);
}

static void
on_answer(void *arg, const struct enum_answer *answer)
{
	struct call *call = arg;

	arena_reset(&call->worker->arena); /* many may come in one turn */
	call->enum_lookup = NULL;
	if (!call->ended)
		take(call, answer);
}

static void
ask(struct call *call)
{
	struct enum_client *client = enum_worker_client(call->worker);
	struct enum_number number;
	struct enum_answer answer;
	int err = number_of(call, &number);

	if (err == 0 && enum_cached(client, &number, &answer)) {
		take(call, &answer);
		return;
	}
	if (err == 0)
		err = enum_start(client, &number, NULL, on_answer, call,
			 &call->enum_lookup);
	if (err == 0)
		return;
	call->enum_lookup = NULL;
	if (err != ERR_INVAL) /* else no tree takes such numbers */
		call->worker->counters.enum_overflow++;
	go_on(call);
}

void
enum_call_begin(struct call *call, const struct policy_rule *rule)
{
	timer_init(&call->timer, NULL, call);
	call->enum_ranked = rule != NULL && rule->n_by > 0;
	if (call->enum_ranked)
		call->enum_before = sources_behind(rule);
	if (is_wanted(call, rule)) {
		call->policy = policy_ref(call->worker->policy);
		call->rule = rule;
		ask(call);
	} else {
		go_on(call);
	}
}

void
enum_call_cancel(struct call *call)
{
	enum_cancel(call->enum_lookup);
	call->enum_lookup = NULL;
}

/* --- other rules --- */

static void
ask_anew(struct call *call)
{
	if (enum_worker_client(call->worker) != NULL)
		ask(call);
	else
		go_on(call);
}

void
enum_calls_stop(struct worker *worker)
{
	for (struct call *call = worker->calls; call != NULL;
	     call = call->next) {
		if (call->enum_lookup == NULL)
			continue;
		enum_call_cancel(call);
		call->asks_again = true;
	}
}

void
enum_calls_resume(struct worker *worker)
{
	struct call *next;

	for (struct call *call = worker->calls; call != NULL; call = next) {
		next = call->next;
		if (!call->asks_again)
			continue;
		call->asks_again = false;
		ask_anew(call);
		arena_reset(&worker->arena);
	}
}
