/* report.c - JSON of what the daemon knows */
#include "lcrproxy/report.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/timefmt.h"
#include "config.h"
#include "lcrproxy/call.h"
#include "lcrproxy/counted.h"
#include "lcrproxy/hop.h"
#include "lcrproxy/registrant.h"
#include "lcrproxy/trip_node.h"
#include "lcrproxy/uri_hop.h"
#include "lcrproxy/worker.h"

#define CALLS_MAX 10000 /* listed per worker */

time_us
report_now(void)
{
	struct clock clock;

	clock_init_system(&clock);
	return clock_wall(&clock);
}

static json_t *
time_json(time_us t)
{
	char text[TIMEFMT_MAX];

	if (t == 0)
		return json_null();
	time_format(t, text);
	return json_string(text);
}

static json_t *
snapshot_json(const struct snapshot *snapshot)
{
	const struct snapshot_report *report = snapshot_report(snapshot);
	const struct pricebook_survey *prices = &report->prices;
	char checksum[17], all[17];

	snprintf(checksum, sizeof(checksum), "%016llx",
		 (unsigned long long)prices->checksum);
	snprintf(all, sizeof(all), "%016llx",
		 (unsigned long long)report->checksum);
	return json_pack("{s:s s:s s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I s:I"
			 " s:I s:I s:I s:I s:I s:I}",
			 "checksum", all, "prices_checksum", checksum, "rates_not_sold",
			 (json_int_t)prices->not_sold, "rates_expired",
			 (json_int_t)prices->expired, "rates_future",
			 (json_int_t)prices->future, "rates_superseded",
			 (json_int_t)prices->superseded, "rates_overlapping",
			 (json_int_t)prices->overlapping, "blocks",
			 (json_int_t)report->blocks, "durations",
			 (json_int_t)report->durations, "shares",
			 (json_int_t)report->shares, "exchange_rates",
			 (json_int_t)report->exchange_rates, "accounts",
			 (json_int_t)report->accounts, "trunks",
			 (json_int_t)report->trunks, "carriers",
			 (json_int_t)report->carriers, "gateways",
			 (json_int_t)report->gateways, "tariffs",
			 (json_int_t)report->tariffs, "rates",
			 (json_int_t)report->rates, "bytes",
			 (json_int_t)report->bytes, "load_ms",
			 (json_int_t)report->load_ms, "warnings",
			 (json_int_t)report->warnings);
}

/* How old the oldest event that waits can be. */
static json_t *
age_json(int64_t caught_up_ago_us)
{
	return caught_up_ago_us < 0
		   ? json_null()
		   : json_integer(caught_up_ago_us / US_PER_S);
}

static json_t *
accounting_json(struct app *app)
{
	struct acct_status status;

	acct_status(app_node(app)->acct, &status);
	return json_pack(
	    "{s:I s:I s:I s:I s:I s:I s:o s:I s:I s:I s:b s:o s:o s:s}", "events_shipped",
	    (json_int_t)status.shipper.events, "rows_merged",
	    (json_int_t)status.shipper.rows, "bad_events",
	    (json_int_t)status.shipper.bad_events, "corrupt_bytes",
	    (json_int_t)status.shipper.corrupt_bytes, "failures",
	    (json_int_t)status.shipper.failures, "backlog_bytes",
	    (json_int_t)status.backlog_bytes, "backlog_age_s",
	    age_json(status.caught_up_ago_us), "calls_swept",
	    (json_int_t)status.swept.swept, "calls_reopened",
	    (json_int_t)status.swept.reopened, "unwritten_bytes",
	    (json_int_t)status.unwritten_bytes, "journal_full",
	    (int)status.is_full, "last_success",
	    time_json(status.shipper.last_success), "store_lost_at",
	    time_json(status.store_lost_at), "store_error",
	    status.store_error);
}

json_t *
report_status(struct app *app)
{
	const struct node *node = app_node(app);
	const struct snapshot *snapshot = app_snapshot(app);

	return json_pack("{s:s s:s s:s s:I s:i s:b s:b s:I s:o s:o}", "version",
			 PACKAGE_VERSION, "node", node->name, "listen",
			 node->listeners.at[0].sent_by, "uptime_s",
			 (json_int_t)((report_now() - node->started_us) / US_PER_S),
			 "workers", node->n_workers, "stopping",
			 (int)node->stopping, "draining", (int)node->draining,
			 "generation",
			 (json_int_t)snapshot_generation(snapshot), "snapshot",
			 snapshot_json(snapshot), "accounting",
			 accounting_json(app));
}

/* For a table's cell: "-" where nobody registers. */
static const char *
registered_text(const struct gateway *gateway)
{
	if (gateway->enrolment.registers == REGISTERS_NOT)
		return "-";
	return gateway_registration_text((enum gateway_registration)atomic_load(
	    &gateway->state->registration));
}

/* The classes of numbers for which it is not up. */
static json_t *
classes_json(const struct gateway_state *state)
{
	json_t *object = json_object();

	for (int i = 0; i < NUMBER_N_CLASSES; i++) {
		const struct health *health = &state->by_class[i];
		enum health_state is =
		    (enum health_state)atomic_load(&health->state);
		char cause[HEALTH_TEXT_MAX];

		if (is == HEALTH_UP)
			continue;
		json_object_set_new(
		    object, number_class_text((enum number_class)i),
		    json_pack("{s:s s:s s:o}", "health", health_state_text(is),
			      "cause", health_cause_text(health, cause),
			      "since",
			      time_json(atomic_load(&health->since_us))));
	}
	return object;
}

static json_t *
registration_json(const struct gateway *gateway)
{
	const struct gateway_state *state = gateway->state;
	const char *aor = gateway->enrolment.aor;
	char cause[64];

	return json_pack(
	    "{s:s s:o s:s s:o s:s}", "state",
	    gateway_registration_text((enum gateway_registration)atomic_load(
		&state->registration)),
	    "since", time_json(atomic_load(&state->registration_since_us)),
	    "cause",
	    registrant_cause_text(atomic_load(&state->registration_cause),
				  cause, sizeof(cause)),
	    "expires", time_json(atomic_load(&state->registered_until_us)),
	    "aor", aor != NULL ? aor : "");
}

static json_t *
gateway_json(const struct gateway *gateway, const char *carrier)
{
	struct gateway_state *state = gateway->state;
	char cause[HEALTH_TEXT_MAX];

	return json_pack(
	    "{s:s s:s s:s s:s s:b s:b s:s s:s s:o s:o s:i s:i s:I s:I s:I s:I "
	    "s:o s:o s:s s:o}",
	    "gateway", gateway->name, "carrier", carrier, "uri", gateway->uri,
	    "source", learnt_gateway_is(gateway) ? "trip" : "static", "enabled", (int)gateway->enabled, "operator_off",
	    (int)atomic_load(&state->disabled), "health",
	    health_state_text(
		(enum health_state)atomic_load(&state->health.state)),
	    "cause", health_cause_text(&state->health, cause), "health_since",
	    time_json(atomic_load(&state->health.since_us)), "classes",
	    classes_json(state), "pending",
	    (int)atomic_load(&state->pending), "answered",
	    (int)atomic_load(&state->answered), "attempts",
	    (json_int_t)atomic_load(&state->attempts), "answers",
	    (json_int_t)gateway_state_answers(state), "failures",
	    (json_int_t)gateway_state_failures(state), "timeouts",
	    (json_int_t)gateway_state_timeouts(state), "last_answer",
	    time_json(atomic_load(&state->last_answer_us)), "last_failure",
	    time_json(atomic_load(&state->last_failure_us)), "registered",
	    registered_text(gateway), "registration",
	    registration_json(gateway));
}

static void
add_learnt(void *arg, const struct gateway *gateway, const char *carrier,
	   size_t n_sets)
{
	(void)n_sets;
	json_array_append_new(arg, gateway_json(gateway, carrier));
}

json_t *
report_gateways(struct app *app)
{
	const struct snapshot *snapshot = app_snapshot(app);
	json_t *rows = json_array();

	for (size_t i = 0; i < snapshot_n_gateways(snapshot); i++) {
		const struct gateway *gateway =
		    snapshot_gateway(snapshot, (uint32_t)i);

		json_array_append_new(
		    rows,
		    gateway_json(gateway, snapshot_carrier(snapshot,
							   gateway->carrier)
					      ->name));
	}
	if (app_trip(app) != NULL)
		(void)learnt_book_gateways(trip_node_book(app_trip(app)),
					   add_learnt, rows);
	return rows;
}

/* Where a call stands that has no answer yet. */
static const char *
pending_state(const struct call *call)
{
	if (call->ring != 0)
		return "ringing";
	return call->hop > 0 ? "calling" : "looking up";
}

static const char *
or_empty(const char *text)
{
	return text != NULL ? text : "";
}

static json_t *
pending_json(const struct worker *worker, const struct call *call)
{
	static const struct call_hop nowhere;
	const struct call_hop *hop =
	    call->hop > 0 ? &call->hops[call->hop - 1] : &nowhere;
	char number[NUMBER_MAX + 2];

	return json_pack(
	    "{s:s s:s s:s s:s s:s s:s s:s s:o s:I}", "call_id",
	    call->call_id, "state", pending_state(call), "account",
	    call->account->name, "number",
	    log_number(worker->log,
		       str_make(call->number.digits, call->number.len), number,
		       sizeof(number)),
	    "carrier", or_empty(hop_carrier_name(hop)), "gateway",
	    or_empty(hop_gateway_name(hop)), "uri",
	    hop->uri != NULL ? hop->uri->ruri : "", "since", time_json(call->setup), "seconds",
	    (json_int_t)((clock_wall(&worker->clock) - call->setup) /
			 US_PER_S));
}

static json_t *
live_json(const struct worker *worker, const struct live_call *call)
{
	char number[NUMBER_MAX + 2];
	struct str call_id = live_call_id(call);

	return json_pack(
	    "{s:s% s:s s:s s:s s:s s:s s:s s:o s:I}", "call_id", call_id.p,
	    call_id.len, "state", "answered", "account", call->account,
	    "number",
	    log_number(worker->log,
		       str_make(call->number.digits, call->number.len), number,
		       sizeof(number)),
	    "carrier", call->carrier, "gateway", call->gateway_name, "uri",
	    call->uri, "since", time_json(call->answer), "seconds",
	    (json_int_t)((clock_wall(&worker->clock) - call->answer) /
			 US_PER_S));
}

static void
add_live(const struct worker *worker, const struct live *live, json_t *rows)
{
	for (const struct live_call *call = live->newest;
	     call != NULL && json_array_size(rows) < CALLS_MAX;
	     call = call->older)
		json_array_append_new(rows, live_json(worker, call));
}

void *
report_calls_of(struct worker *worker, void *arg)
{
	json_t *rows = json_array();

	(void)arg;
	for (const struct call *call = worker->calls; call != NULL;
	     call = call->next) {
		if (!call->ended && json_array_size(rows) < CALLS_MAX)
			json_array_append_new(rows, pending_json(worker, call));
	}
	add_live(worker, &worker->live, rows);
	add_live(worker, &worker->resumed, rows);
	return rows;
}

static void
add(json_t *object, const char *key, uint64_t value)
{
	json_object_set_new(object, key, json_integer((json_int_t)value));
}

static void
add_transactions(json_t *object, const struct sip_txns_counters *txns)
{
	for (int i = 1; i < SIP_N_METHODS; i++) {
		char key[32] = "requests_";

		if (txns->requests[i] == 0)
			continue;
		strncat(key, sip_method_text((enum sip_method)i),
			sizeof(key) - strlen(key) - 1);
		add(object, key, txns->requests[i]);
	}
	add(object, "retransmissions_in", txns->retransmissions_in);
	add(object, "retransmissions_out", txns->retransmissions_out);
	add(object, "bad_messages", txns->bad);
	add(object, "stray_responses", txns->stray_responses);
	add(object, "timeouts", txns->timeouts);
	add(object, "transport_errors", txns->transport_errors);
	add(object, "overload", txns->overload);
	add(object, "server_transactions", txns->servers);
	add(object, "client_transactions", txns->clients);
	add(object, "transaction_bytes", txns->bytes);
}

static void
add_connections(json_t *object, const struct sip_tcp_counters *tcp)
{
	add(object, "connections", tcp->open);
	add(object, "connections_accepted", tcp->accepted);
	add(object, "connections_opened", tcp->opened);
	add(object, "connections_refused", tcp->refused);
	add(object, "connections_failed", tcp->failed);
	add(object, "connections_slow", tcp->slow);
	add(object, "tls_failed", tcp->tls_failed);
	add(object, "tls_resumed", tcp->tls_resumed);
	add(object, "connection_aliases", tcp->aliases);
	add(object, "pings_in", tcp->pings);
	add(object, "pings_out", tcp->pings_sent);
	add(object, "pongs_in", tcp->pongs);
	add(object, "stream_messages_in", tcp->received);
	add(object, "stream_messages_out", tcp->sent);
	add(object, "stream_messages_bad", tcp->bad);
}

static void
add_counted(json_t *object, const struct counted *counted)
{
	add(object, "pending_calls", counted->pending);
	add(object, "answered_calls", counted->answered);
	for (size_t i = 0; i < n_counter_fields; i++)
		add(object, counter_fields[i].name,
		    counter_get(&counted->calls, &counter_fields[i]));
	add_transactions(object, &counted->txns);
	add(object, "datagrams_in", counted->udp.received);
	add(object, "datagrams_out", counted->udp.sent);
	add(object, "send_errors", counted->udp.send_errors);
	add(object, "undelivered", counted->udp.undelivered);
	add_connections(object, &counted->tcp);
	add(object, "dns_look_ups", counted->dns.look_ups);
	add(object, "dns_queries", counted->dns.queries);
	add(object, "dns_failures", counted->dns.failures);
}

json_t *
report_counters_sum(void **answers, int n)
{
	json_t *object = json_object();
	struct counted sum = { .pending = 0 };

	for (int i = 0; i < n; i++) {
		if (answers[i] != NULL)
			counted_add(&sum, answers[i]);
		mem_free(answers[i]);
	}
	add_counted(object, &sum);
	return object;
}
