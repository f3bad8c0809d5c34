/* registrants.c - who registers, by the snapshot, and whose turn it is */
#include "lcrproxy/registrants.h"

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/registrant.h"

#define TICK_MS 200
#define PER_TICK 20	 /* REGISTERs that are begun: 100 a second */
#define SPREAD_MS 10	 /* of the first ones, for each of them, ... */
#define SPREAD_MAX_MS 10000 /* ... but no longer */

struct registrants {
	struct worker *worker;
	struct challenges *challenges;
	struct timer timer;
	struct registrant *list; /* all */
	struct map by_gateway;	 /* those whose rows are there */
	uint32_t generation;	 /* of the snapshot that was looked at */
	bool is_leaving;
};

/* --- by the snapshot --- */

static uint64_t
hash_of(const struct registrants *all, const struct gateway *gateway)
{
	return hash_bytes(&all->worker->node->hash_key, &gateway->id,
			  sizeof(gateway->id));
}

static bool
is_of(const struct map_node *node, const void *key)
{
	const struct registrant *r = MAP_ENTRY(node, struct registrant, node);
	const struct gateway *gateway = key;

	return r->gateway->id == gateway->id;
}

static void
add_one(struct registrants *all, const struct gateway *gateway)
{
	struct worker *worker = all->worker;
	int64_t spread_ms = (int64_t)all->by_gateway.n * SPREAD_MS;
	struct registrant *r;

	if (spread_ms > SPREAD_MAX_MS)
		spread_ms = SPREAD_MAX_MS;
	if (registrant_new(worker, all->challenges, gateway,
			   clock_mono_ms(&worker->clock) + spread_ms,
			   &r) != 0) {
		worker->counters.out_of_memory++;
		return;
	}
	r->next = all->list;
	r->link = &all->list;
	if (r->next != NULL)
		r->next->link = &r->next;
	all->list = r;
	map_add(&all->by_gateway, &r->node, hash_of(all, gateway));
}

/* With the new rows, or away with it. */
static void
move_or_leave(struct registrants *all, struct registrant *r)
{
	const struct gateway *gateway =
	    snapshot_gateway_by_id(all->worker->snapshot, r->gateway->id);

	if (r->is_gone)
		return;
	if (gateway != NULL && registrant_is_like(r, gateway)) {
		registrant_move(r, gateway);
		return;
	}
	map_remove(&all->by_gateway, &r->node);
	registrant_drop(r);
}

static void
follow_snapshot(struct registrants *all)
{
	const struct snapshot *snapshot = all->worker->snapshot;
	uint32_t generation = snapshot_generation(snapshot);

	if (generation == all->generation || all->is_leaving)
		return;
	all->generation = generation;
	for (struct registrant *r = all->list; r != NULL; r = r->next)
		move_or_leave(all, r);
	for (size_t i = 0; i < snapshot_n_gateways(snapshot); i++) {
		const struct gateway *gateway =
		    snapshot_gateway(snapshot, (uint32_t)i);

		if (gateway->enabled &&
		    gateway->enrolment.registers != REGISTERS_NOT &&
		    map_find(&all->by_gateway, hash_of(all, gateway), is_of,
			     gateway) == NULL)
			add_one(all, gateway);
	}
}

/* --- by the clock --- */

static void
look_at_all(struct registrants *all)
{
	struct registrant *r = all->list, *next;
	unsigned n_sent = 0;

	for (; r != NULL; r = next) {
		next = r->next;
		if (registrant_tick(r, n_sent < PER_TICK || all->is_leaving))
			n_sent++;
		if (registrant_is_over(r) && r->is_gone)
			registrant_free(r);
	}
}

static void
on_tick(struct timer *timer, void *arg)
{
	struct registrants *all = arg;
	struct worker *worker = all->worker;

	follow_snapshot(all);
	look_at_all(all);
	timer_start(&worker->timers, timer,
		    clock_mono_ms(&worker->clock) + TICK_MS);
}

int
registrants_start(struct worker *worker)
{
	struct registrants *all;
	int err;

	if (worker->registrants != NULL)
		return 0;
	all = mem_zalloc(1, sizeof(*all));
	if (all == NULL)
		return ERR_NOMEM;
	err = challenges_new(&all->challenges);
	if (err == 0)
		err = map_init(&all->by_gateway, 0);
	if (err != 0) {
		challenges_free(all->challenges);
		mem_free(all);
		return err;
	}
	all->worker = worker;
	worker->registrants = all;
	timer_init(&all->timer, on_tick, all);
	on_tick(&all->timer, all);
	return 0;
}

void
registrants_free(struct registrants *all)
{
	if (all == NULL)
		return;
	timer_cancel(&all->worker->timers, &all->timer);
	while (all->list != NULL)
		registrant_free(all->list);
	map_fini(&all->by_gateway);
	challenges_free(all->challenges);
	mem_free(all);
}

void
registrants_leave(struct registrants *all)
{
	if (all == NULL)
		return;
	all->is_leaving = true;
	for (struct registrant *r = all->list; r != NULL; r = r->next)
		registrant_leave(r);
	look_at_all(all);
}

bool
registrants_are_leaving(const struct registrants *all)
{
	const struct registrant *r = all != NULL ? all->list : NULL;

	while (r != NULL && registrant_is_over(r))
		r = r->next;
	return r != NULL;
}

void
registrants_lost(struct registrants *all, uint32_t conn)
{
	struct registrant *r = all != NULL ? all->list : NULL;

	for (; r != NULL; r = r->next)
		registrant_lost(r, conn);
}
