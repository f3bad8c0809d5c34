/* watch.c - looking after gateways, and asking them for signs of life */
#include "lcrproxy/watch.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/place.h"
#include "lcrproxy/proxy.h"

#define TICK_MS 200
#define TICK_LEAST_MS 20 /* with many gateways: each tick looks at all */
#define ID_TRIES 1000 /* to find a Call-ID that is this worker's own */

/* The question to all addresses of a gateway: it lives when one of them does. */
struct round {
	struct round *next, **link; /* among the watch's */
	struct watch *watch;
	struct snapshot *snapshot;  /* counted: of the gateway */
	const struct gateway *gateway;
	struct sip_look_up *look_up; /* NULL = none runs */
	size_t n_probes;	     /* that have not ended */
	size_t n_open;		     /* nor told */
	size_t n_places;
	bool is_answered, is_told;
};

/* One OPTIONS on its way. */
struct probe {
	struct probe *next, **link; /* among the watch's */
	struct round *round;
	struct sip_client *client;
	struct sip_flow to;
	struct timer timer;
	bool is_over; /* told */
};

struct watch {
	struct worker *worker;
	struct timer timer;
	struct probe *probes;
	struct round *rounds;
	uint32_t n_sent;
	uint64_t random; /* for jitter, not for secrets */
};

static void
free_round(struct round *round)
{
	sip_look_up_cancel(round->look_up);
	*round->link = round->next;
	if (round->next != NULL)
		round->next->link = round->link;
	snapshot_unref(round->snapshot);
	mem_free(round);
}

/* The first answer tells; else the last silence. */
static void
tell_round(struct round *round, bool is_answered)
{
	round->is_answered |= is_answered;
	if (round->is_told || (!round->is_answered && round->n_open > 0))
		return;
	round->is_told = true;
	health_note_probe(&round->gateway->state->health, round->is_answered);
}

static void
free_probe(struct probe *probe)
{
	struct round *round = probe->round;

	timer_cancel(&round->watch->worker->timers, &probe->timer);
	*probe->link = probe->next;
	if (probe->next != NULL)
		probe->next->link = probe->link;
	mem_free(probe);
	if (--round->n_probes == 0)
		free_round(round);
}

static void
tell(struct probe *probe, bool is_answered)
{
	struct round *round = probe->round;

	if (probe->is_over)
		return;
	probe->is_over = true;
	if (round->n_places > 1)
		place_note(round->watch->worker, &probe->to,
			   is_answered ? 0 : SHUN_MS);
	round->n_open--;
	tell_round(round, is_answered);
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
start_probe(struct probe *probe, const struct sip_place *place, struct str host)
{
	struct watch *watch = probe->round->watch;
	struct worker *worker = watch->worker;
	const char *text;
	int err = place_flow(worker, place, host, -1, &probe->to);

	if (err != 0)
		return err;
	text = make_options(watch, probe->round->gateway, &probe->to);
	if (text == NULL)
		return ERR_NOMEM;
	return sip_client_start(worker->txns, &probe->to, text, strlen(text),
				&events, probe, &probe->client);
}

/* One that cannot be sent says nothing. */
static void
send_probe(struct round *round, const struct sip_place *place, struct str host)
{
	struct watch *watch = round->watch;
	struct worker *worker = watch->worker;
	struct probe *probe = mem_zalloc(1, sizeof(*probe));

	if (probe == NULL)
		return;
	probe->round = round;
	timer_init(&probe->timer, on_probe_timeout, probe);
	if (start_probe(probe, place, host) != 0) {
		mem_free(probe);
		return;
	}
	round->n_probes++;
	round->n_open++;
	probe->next = watch->probes;
	probe->link = &watch->probes;
	if (probe->next != NULL)
		probe->next->link = &probe->next;
	watch->probes = probe;
	timer_start(&worker->timers, &probe->timer,
		    clock_mono_ms(&worker->clock) +
			worker->tuning.probe_timeout_ms);
}

static void
ask_all(struct round *round, const struct sip_places *places)
{
	round->n_places = places->n;
	for (size_t i = 0; i < places->n; i++)
		send_probe(round, &places->at[i],
			   place_gateway_name(round->gateway));
	if (round->n_probes == 0)
		free_round(round);
}

/* A name that leads nowhere is as good as no answer. */
static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct round *round = arg;

	round->look_up = NULL;
	arena_reset(&round->watch->worker->arena); /* many may come at once */
	if (err == 0) {
		ask_all(round, places);
		return;
	}
	if (err != ERR_NOMEM)
		tell_round(round, false);
	free_round(round);
}

static struct round *
make_round(struct watch *watch, const struct gateway *gateway)
{
	struct round *round = mem_zalloc(1, sizeof(*round));

	if (round == NULL)
		return NULL;
	round->watch = watch;
	round->snapshot = snapshot_ref(watch->worker->snapshot);
	round->gateway = gateway;
	round->next = watch->rounds;
	round->link = &watch->rounds;
	if (round->next != NULL)
		round->next->link = &round->next;
	watch->rounds = round;
	return round;
}

static void
begin_round(struct watch *watch, const struct gateway *gateway)
{
	struct round *round = make_round(watch, gateway);
	struct sip_places places = { .n = 1 };
	int err;

	if (round == NULL)
		return;
	err = place_find_gateway(watch->worker, gateway, &places, on_located,
				 round, &round->look_up);
	if (err == ERR_BUSY)
		return;
	on_located(round, err, &places);
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

/* When to look again at the latest. */
static time_us
look_at(struct watch *watch, const struct gateway *gateway, time_us now)
{
	struct worker *worker = watch->worker;
	struct health *health = &gateway->state->health;
	bool has_probes = gateway->probe && gateway->enabled;

	watch_tick(worker->log, gateway, &worker->tuning.health, has_probes,
		   now);
	if (!has_probes)
		return INT64_MAX;
	if (now < health->next_probe)
		return health->next_probe;
	/* the first ones spread out over one interval */
	if (health->next_probe != 0)
		begin_round(watch, gateway);
	health->next_probe =
	    now + with_jitter(watch, worker->tuning.probe_interval_ms) /
		      (health->next_probe != 0 ? 1 : 4);
	return health->next_probe;
}

static int64_t
pause_until(time_us at, time_us now)
{
	time_us pause = at - now;

	if (pause > TICK_MS * US_PER_MS)
		return TICK_MS;
	return pause > TICK_LEAST_MS * US_PER_MS
		   ? (pause + US_PER_MS - 1) / US_PER_MS
		   : TICK_LEAST_MS;
}

static void
on_tick(struct timer *timer, void *arg)
{
	struct watch *watch = arg;
	struct worker *worker = watch->worker;
	time_us now = clock_wall(&worker->clock);
	size_t n = snapshot_n_gateways(worker->snapshot);
	time_us next = INT64_MAX;

	for (size_t i = 0; i < n; i++) {
		time_us again;

		arena_reset(&worker->arena);
		again = look_at(
		    watch, snapshot_gateway(worker->snapshot, (uint32_t)i),
		    now);
		if (again < next)
			next = again;
	}
	timer_start(&worker->timers, timer,
		    clock_mono_ms(&worker->clock) + pause_until(next, now));
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
	while (watch->rounds != NULL)
		free_round(watch->rounds);
	mem_free(watch);
}
