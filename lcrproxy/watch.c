/* watch.c - looking after gateways, and asking them for signs of life */
#include "lcrproxy/watch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/place.h"
#include "lcrproxy/proxy.h"

#define TICK_MS 200
#define ID_TRIES 1000 /* to find a Call-ID that is this worker's own */

/* One OPTIONS on its way. */
struct probe {
	struct probe *next, **link; /* among the watch's */
	struct watch *watch;
	struct snapshot *snapshot;  /* counted: of the gateway */
	const struct gateway *gateway;
	struct sip_client *client;
	struct timer timer;
	bool is_over; /* told */
};

struct watch {
	struct worker *worker;
	struct timer timer;
	struct probe *probes;
	uint32_t n_sent;
	uint64_t random; /* for jitter, not for secrets */
};

static void
free_probe(struct probe *probe)
{
	timer_cancel(&probe->watch->worker->timers, &probe->timer);
	*probe->link = probe->next;
	if (probe->next != NULL)
		probe->next->link = probe->link;
	snapshot_unref(probe->snapshot);
	mem_free(probe);
}

static void
tell(struct probe *probe, bool is_answered)
{
	if (!probe->is_over)
		health_note_probe(&probe->gateway->state->health, is_answered);
	probe->is_over = true;
}

/* Whatever it says, it lives; but 503 is not now, and 408 comes from whoever
 * waits for it in vain. */
static void
on_response(void *arg, struct sip_client *client, const struct sip_msg *msg)
{
	(void)client;
	if (msg->status >= 200)
		tell(arg, msg->status != 503 && msg->status != 408);
}

static void
on_failure(void *arg, struct sip_client *client, int err)
{
	(void)client;
	(void)err;
	tell(arg, false);
}

static void
on_gone(void *arg, struct sip_client *client)
{
	(void)client;
	tell(arg, false);
	free_probe(arg);
}

static const struct sip_client_events events = {
	.on_response = on_response,
	.on_failure = on_failure,
	.on_gone = on_gone,
};

static void
on_probe_timeout(struct timer *timer, void *arg)
{
	struct probe *probe = arg;

	(void)timer;
	tell(probe, false);
	sip_client_detach(probe->client);
	free_probe(probe);
}

/* A Call-ID whose messages come to this worker. */
static const char *
make_call_id(struct watch *watch)
{
	struct worker *worker = watch->worker;

	for (int i = 0; i < ID_TRIES; i++) {
		const char *id = arena_printf(
		    &worker->arena, "probe-%x-%x@%s", worker->node->instance,
		    watch->n_sent++, worker->node->name);

		if (id == NULL || worker_is_owner(worker, str_of(id)))
			return id;
	}
	return NULL;
}

/* The OPTIONS as a text in the worker's arena, or NULL. */
static const char *
make_options(struct watch *watch, const struct gateway *gateway,
	     const struct sip_flow *to)
{
	struct worker *worker = watch->worker;
	const char *us = worker->node->listeners.at[to->listener].sent_by;
	char branch[SIP_BRANCH_LEN + 1];
	const char *call_id = make_call_id(watch);
	struct str via;

	sip_branch_make(worker->txns, 0, branch);
	via = proxy_via(worker, to, branch);
	if (call_id == NULL || via.p == NULL)
		return NULL;
	return arena_printf(
	    &worker->arena,
	    "OPTIONS sip:%s SIP/2.0\r\nVia: %.*s\r\nMax-Forwards: 0\r\n"
	    "From: <sip:%s>;tag=%x\r\nTo: <sip:%s>\r\nCall-ID: %s\r\n"
	    "CSeq: 1 OPTIONS\r\nContact: <sip:%s>\r\nAccept: "
	    "application/sdp\r\nContent-Length: 0\r\n\r\n",
	    gateway->host, STR_ARG(via), us, watch->n_sent, gateway->host,
	    call_id, us);
}

static int
start_probe(struct probe *probe)
{
	struct worker *worker = probe->watch->worker;
	struct sip_place place;
	struct sip_flow to;
	const char *text;
	int err;

	place_of_gateway_address(probe->gateway, &place);
	err = place_flow(worker, &place, str_make(NULL, 0), -1, &to);
	if (err != 0)
		return err;
	text = make_options(probe->watch, probe->gateway, &to);
	if (text == NULL)
		return ERR_NOMEM;
	return sip_client_start(worker->txns, &to, text, strlen(text), &events,
				probe, &probe->client);
}

static void
send_probe(struct watch *watch, const struct gateway *gateway)
{
	struct worker *worker = watch->worker;
	struct probe *probe = mem_zalloc(1, sizeof(*probe));

	if (probe == NULL)
		return;
	probe->watch = watch;
	probe->snapshot = snapshot_ref(worker->snapshot);
	probe->gateway = gateway;
	probe->next = watch->probes;
	probe->link = &watch->probes;
	if (probe->next != NULL)
		probe->next->link = &probe->next;
	watch->probes = probe;
	timer_init(&probe->timer, on_probe_timeout, probe);
	if (start_probe(probe) != 0) {
		free_probe(probe); /* says nothing of the gateway */
		return;
	}
	timer_start(&worker->timers, &probe->timer,
		    clock_mono_ms(&worker->clock) +
			worker->tuning.probe_timeout_ms);
}

/* xorshift64 */
static uint64_t
next_random(struct watch *watch)
{
	watch->random ^= watch->random << 13;
	watch->random ^= watch->random >> 7;
	watch->random ^= watch->random << 17;
	return watch->random;
}

/* An interval of 3/4 to 5/4, so that probes do not march in step. */
static time_us
with_jitter(struct watch *watch, int64_t ms)
{
	int64_t us = ms * 1000;

	return us - us / 4 +
	       (int64_t)(next_random(watch) % (uint64_t)(us / 2 + 1));
}

/* Calls to one class of numbers may fail where others pass. */
static void
tick_classes(struct log *log, const struct gateway *gateway,
	     const struct health_rules *rules, time_us now)
{
	char cause[HEALTH_TEXT_MAX];

	for (int i = 0; i < NUMBER_N_CLASSES; i++) {
		struct health *health = &gateway->state->by_class[i];

		if (health_tick(health, rules, false, now))
			log_warning(log,
				    "gateway %s: %s for %s numbers, "
				    "cause=\"%s\"",
				    gateway->name,
				    health_state_text((enum health_state)
							  atomic_load(
							      &health->state)),
				    number_class_text((enum number_class)i),
				    health_cause_text(health, cause));
	}
}

void
watch_tick(struct log *log, const struct gateway *gateway,
	   const struct health_rules *rules, bool has_probes, time_us now)
{
	struct health *health = &gateway->state->health;
	char cause[HEALTH_TEXT_MAX];

	if (health_tick(health, rules, has_probes, now))
		log_warning(log, "gateway %s: %s, cause=\"%s\"", gateway->name,
			    health_state_text((enum health_state)atomic_load(
				&health->state)),
			    health_cause_text(health, cause));
	tick_classes(log, gateway, rules, now);
}

static void
look_at(struct watch *watch, const struct gateway *gateway, time_us now)
{
	struct worker *worker = watch->worker;
	struct health *health = &gateway->state->health;
	bool has_probes = gateway->probe && gateway->enabled &&
			  gateway->addr.family != 0;

	watch_tick(worker->log, gateway, &worker->tuning.health, has_probes,
		   now);
	if (!has_probes || now < health->next_probe)
		return;
	/* the first ones spread out over one interval */
	if (health->next_probe != 0)
		send_probe(watch, gateway);
	health->next_probe =
	    now + with_jitter(watch, worker->tuning.probe_interval_ms) /
		      (health->next_probe != 0 ? 1 : 4);
}

static void
on_tick(struct timer *timer, void *arg)
{
	struct watch *watch = arg;
	struct worker *worker = watch->worker;
	time_us now = clock_wall(&worker->clock);
	size_t n = snapshot_n_gateways(worker->snapshot);

	for (size_t i = 0; i < n; i++) {
		arena_reset(&worker->arena);
		look_at(watch, snapshot_gateway(worker->snapshot, (uint32_t)i),
			now);
	}
	timer_start(&worker->timers, timer,
		    clock_mono_ms(&worker->clock) + TICK_MS);
}

int
watch_start(struct worker *worker)
{
	struct watch *watch;

	if (worker->watch != NULL)
		return 0;
	watch = mem_zalloc(1, sizeof(*watch));
	if (watch == NULL)
		return ERR_NOMEM;
	watch->worker = worker;
	watch->random = worker->node->instance | UINT64_C(1) << 32;
	worker->watch = watch;
	timer_init(&watch->timer, on_tick, watch);
	on_tick(&watch->timer, watch);
	return 0;
}

void
watch_free(struct watch *watch)
{
	if (watch == NULL)
		return;
	timer_cancel(&watch->worker->timers, &watch->timer);
	while (watch->probes != NULL)
		free_probe(watch->probes);
	mem_free(watch);
}
