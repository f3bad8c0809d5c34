/* test_plan_random.c - plans against the oracle, in many small worlds */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "db/schema.h"
#include "route/plan.h"
#include "tel/media.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_world.h"
#include "tests/unit/tel_random.h"

/*
 * 25,000 plans in each run; a number in LCR_TEST_WORLDS is that of worlds, of
 * 500 plans each, and 2,000 of them make a million.
 */
enum { N_WORLDS = 50, N_ASKED = 500 };

struct totals {
	int results[3]; /* planned, ERR_NOROUTE, ERR_NOPRICE */
	int exclusions[PLAN_N_EXCLUSIONS];
	int hops, tied, ported;
};

struct place {
	struct world world;
	struct gateway_states *states;
	struct snapshot *snapshot;
	struct totals totals;
};

static int
index_of(const struct place *place, const struct gateway *gateway)
{
	for (int i = 0; i < WORLD_GATEWAYS; i++) {
		if ((uint32_t)world_gateway_id(i) == gateway->id)
			return i;
	}
	(void)place;
	return -1;
}

static bool
is_same_candidate(const struct plan_candidate *c,
		  const struct world_candidate *expected)
{
	char prefix[PREFIX_MAX + 1];

	if (c->excluded != expected->excluded ||
	    c->has_cost != expected->has_cost ||
	    (c->has_cost && c->cost != expected->cost) ||
	    c->has_value != expected->has_value ||
	    (c->has_value && c->value != expected->value) ||
	    (c->rate == NULL) != (expected->rate == NULL))
		return false;
	if (c->rate == NULL)
		return true;
	prefix_format(c->prefix, prefix);
	return strcmp(prefix, expected->rate->prefix) == 0 &&
	       c->rate->per_min ==
		   (expected->rate->is_sold ? expected->rate->per_min : 0) &&
	       c->terms->first_increment_s == expected->rate->first;
}

static bool
compare(const struct place *place, const struct plan *plan,
	const struct world_plan *expected)
{
	bool good = CHECK((int)plan->n_hops == expected->n_hops) &&
		    CHECK(plan->n_candidates == WORLD_GATEWAYS) &&
		    CHECK(plan->has_sell == expected->has_sell) &&
		    CHECK(!plan->has_sell || plan->sell == expected->sell) &&
		    CHECK(plan->duration_s == expected->duration_s);
	bool is_seen[WORLD_GATEWAYS] = { false };

	for (size_t i = 0; i < plan->n_candidates && good; i++) {
		const struct plan_candidate *c = &plan->candidates[i];
		int at = index_of(place, c->gateway);
		uint32_t rank = i < plan->n_hops ? (uint32_t)i + 1 : 0;

		good = CHECK(at >= 0 && !is_seen[at]) &&
		       CHECK(c->rank == rank) &&
		       CHECK(rank == 0 || expected->hops[i] == at) &&
		       CHECK(is_same_candidate(c, &expected->candidates[at]));
		if (good)
			is_seen[at] = true;
	}
	return good;
}

/* A call asks for the hops alone: they are the same. */
static bool
ask_for_hops(const struct place *place, const struct plan_query *asked,
	     struct arena *arena, const struct plan *plan)
{
	struct plan_query query = *asked;
	struct plan hops;
	bool good;

	query.only_hops = true;
	(void)plan_make(place->snapshot, &query, arena, &hops);
	good = CHECK(hops.n_hops == plan->n_hops) &&
	       CHECK(hops.n_candidates ==
		     (plan->n_hops > 0 ? plan->n_hops : plan->n_candidates));
	for (size_t i = 0; i < hops.n_candidates && good; i++)
		good = CHECK(hops.candidates[i].gateway ==
			     plan->candidates[i].gateway) &&
		       CHECK(hops.candidates[i].rank ==
			     plan->candidates[i].rank) &&
		       CHECK(hops.candidates[i].excluded ==
			     plan->candidates[i].excluded) &&
		       CHECK(hops.candidates[i].cost ==
			     plan->candidates[i].cost);
	return good;
}

static void
count(struct totals *totals, int err, const struct plan *plan)
{
	totals->results[err == 0 ? 0 : err == ERR_NOROUTE ? 1 : 2]++;
	totals->hops += (int)plan->n_hops;
	for (size_t i = 0; i < plan->n_candidates; i++)
		totals->exclusions[plan->candidates[i].excluded]++;
	for (size_t i = 1; i < plan->n_hops; i++) {
		const struct plan_candidate *c = &plan->candidates[i];

		totals->tied +=
		    c[-1].cost == c->cost && c[-1].carrier != c->carrier;
	}
}

static bool
ask(struct place *place, struct arena *arena)
{
	static const int64_t durations[] = { 1, 30, 61, 180, 333, 0, 0, 0 };
	struct world *world = &place->world;
	int account = (int)random_below(&world->seed, WORLD_ACCOUNTS + 2) - 2;
	struct plan_query query = {
		.at = world_time(world),
		.now = world->now,
		.duration_s = durations[random_below(&world->seed, 8)],
		.max_hops = 1 + (int32_t)random_below(&world->seed, 8),
	};
	bool is_endless = random_below(&world->seed, 50) == 0;
	struct world_call call = { .account = account,
				   .number = query.number.digits,
				   .at = query.at,
				   .duration_s = query.duration_s,
				   .max_hops = query.max_hops };
	struct world_plan expected;
	struct plan plan;
	char what[128], media[64];
	int err;

	if (is_endless)
		query.duration_s = call.duration_s = CHARGE_MAX_S + 1;
	world_number(world, &query.number);
	if (snapshot_ported(place->snapshot, &query.number, &query.porting.routing))
		place->totals.ported++;
	for (int i = 0; i < WORLD_MEDIA; i++)
		call.offers[i] = random_below(&world->seed, 3) == 0;
	CHECK(media_parse(str_of(world_media_text(call.offers, media)),
			  &query.media) == 0);
	if (account >= 0)
		query.account = snapshot_account_by_name(
		    place->snapshot, str_of(world->accounts[account].name));
	snprintf(what, sizeof(what), "%s at %lld for %lld s, account %d",
		 query.number.digits, (long long)query.at,
		 (long long)query.duration_s, account);
	test_row(what);
	world_decide(world, &call, &expected);
	err = plan_make(place->snapshot, &query, arena, &plan);
	count(&place->totals, err, &plan);
	return CHECK(err == expected.err) &&
	       compare(place, &plan, &expected) &&
	       ask_for_hops(place, &query, arena, &plan);
}

/* A snapshot of the world, by way of a store. */
static int
load(struct place *place)
{
	struct snapshot_settings settings = { .states = place->states };
	char error[STORE_ERROR_MAX];
	struct store *store;
	int err = store_open("sqlite::memory:", STORE_CREATE, &store, error);

	if (err != 0)
		return err;
	err = schema_migrate(store);
	if (err == 0)
		err = world_store(&place->world, store);
	if (err == 0)
		err = snapshot_load(store, &settings, 1, NULL, &place->snapshot,
				    error);
	if (err != 0)
		fprintf(stderr, "%s, %s\n", error, store_error(store));
	store_close(store);
	return err;
}

/* False to go no further. */
static bool
visit(struct place *place, uint64_t seed)
{
	struct arena arena;
	bool good = OK(world_init(&place->world, seed)) &&
		    OK(gateway_states_new(&place->states)) && OK(load(place));

	arena_init(&arena, NULL, 0, 0);
	good = good && OK(world_set_states(&place->world, place->states));
	for (int i = 0; i < N_ASKED && good; i++) {
		good = ask(place, &arena);
		arena_reset(&arena);
	}
	arena_fini(&arena);
	snapshot_unref(place->snapshot);
	gateway_states_free(place->states);
	place->snapshot = NULL;
	place->states = NULL;
	world_fini(&place->world);
	return good;
}

static int
n_worlds(void)
{
	const char *text = getenv("LCR_TEST_WORLDS");
	int n = text != NULL ? atoi(text) : 0;

	return n > N_WORLDS ? n : N_WORLDS;
}

static void
like_the_oracle(void)
{
	static struct place place;
	const struct totals *totals = &place.totals;
	char what[32];

	place = (struct place){ 0 };
	for (int i = 0; i < n_worlds(); i++) {
		if (!visit(&place, 1000 + (uint64_t)i))
			return;
	}
	test_row(NULL);
	/* everything happened often enough to have been compared */
	for (int i = 0; i < 3; i++)
		CHECK(totals->results[i] > N_WORLDS * N_ASKED / 50);
	for (int i = 0; i < PLAN_N_EXCLUSIONS; i++) {
		snprintf(what, sizeof(what), "exclusion %d: %d", i,
			 totals->exclusions[i]);
		test_row(what);
		/* nothing is learnt here: test_plan_learnt.c */
		if (i != PLAN_CIRCUITS && i != PLAN_WITHDRAWN)
			CHECK(totals->exclusions[i] > 500);
	}
	test_row(NULL);
	CHECK(totals->hops > N_WORLDS * N_ASKED / 2);
	CHECK(totals->tied > 1000);
	CHECK(totals->ported > 1000);
}

static const struct test tests[] = {
	{ "plans are those of the oracle", like_the_oracle, true },
};

const struct test_suite suite_plan_random = TEST_SUITE("plan_random", tests);
