/* test_plan_learnt.c - offers of peers in a plan */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "route/plan.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"

static const struct route_csv tables[] = {
	{ "tariffs", "tariff,currency\nblue,EUR\ngreen,EUR\nretail,EUR\n" },
	{ "rates", "tariff,prefix,rate\n"
		   "blue,49,0.01\n"
		   "blue,44,\n"
		   "green,,0.02\n"
		   "retail,,0.03\n" },
	{ "carriers", "carrier,tariff,quality_min_asr\n"
		      "blue,blue,40\ngreen,green,\nfree,,\n" },
	{ "gateways", "gateway,carrier,uri,priority\n"
		      "b1,blue,sip:192.0.2.1,100\n"
		      "b0,blue,sip:192.0.2.2,50\n"
		      "g1,green,sip:192.0.2.3,100\n" },
	{ "accounts", "account,tariff\nacme,retail\n" },
	{ NULL, NULL },
};

static const struct learnt_source sources[] = {
	{ "blue", false, 0 },
	{ "free", true, 0 },
	{ "free", false, 0 },
	{ "nobody", false, 0 },
	{ "blue", true, 75 }, /* between b0 and b1 */
};

struct told {
	const char *prefix, *server;
	unsigned source;
	int32_t circuits, success;
};

struct world {
	struct route_fixture f;
	struct clock clock;
	struct learnt_book *book;
	struct learnt *learnt;
};

/* One prefix after the other; rows of one prefix stand together. */
static bool
tell(struct world *w, const struct told *rows, size_t n)
{
	struct learnt_offer offers[8];
	size_t n_offers = 0;
	prefix_word prefix;

	for (size_t i = 0; i < n; i++) {
		struct learnt_offer *offer = &offers[n_offers++];

		*offer = (struct learnt_offer){
			.source = &sources[rows[i].source],
			.circuits = rows[i].circuits,
			.success_percent = rows[i].success,
		};
		if (!OK(learnt_book_gateway(w->book, str_of(rows[i].server),
					    offer->source->carrier,
					    &offer->gateway)))
			return false;
		if (i + 1 < n &&
		    strcmp(rows[i + 1].prefix, rows[i].prefix) == 0)
			continue;
		CHECK(prefix_parse(str_of(rows[i].prefix), &prefix) == 0);
		if (!OK(learnt_book_put(w->book, prefix, offers, n_offers)))
			return false;
		n_offers = 0;
	}
	learnt_book_bind(w->book, w->f.snapshot);
	learnt_unref(w->learnt);
	w->learnt = learnt_book_publish(w->book);
	if (!OK(w->learnt != NULL ? 0 : ERR_NOMEM))
		return false;
	learnt_ref(w->learnt);
	return true;
}

static bool
open_world(struct world *w, const struct told *rows, size_t n)
{
	w->book = NULL;
	w->learnt = NULL;
	clock_init_fake(&w->clock, US_PER_S);
	return OK(route_fixture_open(&w->f, "learnt", tables)) &&
	       OK(learnt_book_new(&w->clock, &w->book)) && tell(w, rows, n);
}

static void
close_world(struct world *w)
{
	learnt_unref(w->learnt);
	learnt_book_free(w->book);
	route_fixture_close(&w->f);
}

static bool
plans(struct world *w, const char *number, const char *expected)
{
	struct plan_query query =
	    route_fixture_query(&w->f, "acme", number, NULL, 60);
	int err;

	query.learnt = w->learnt;
	err = route_fixture_plan(&w->f, &query);
	if (!OK(err))
		return false;
	if (CHECK(strcmp(route_fixture_hops(&w->f), expected) == 0))
		return true;
	if (!test_starved())
		fprintf(stderr, "%s: %s, expected %s\n", number,
			route_fixture_hops(&w->f), expected);
	return false;
}

static enum plan_exclusion
why_not(struct world *w, const char *gateway)
{
	const struct plan_candidate *c = route_fixture_find(&w->f, gateway);

	return c != NULL ? c->excluded : PLAN_N_EXCLUSIONS;
}

#define N(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
candidates(void)
{
	static const struct told rows[] = {
		{ "4930", "198.51.100.1", 0, -1, -1 },
		{ "4930", "198.51.100.2", 0, -1, -1 },
		{ "49", "198.51.100.9", 0, -1, -1 },
		{ "", "198.51.100.7", 3, -1, -1 },
	};
	const struct plan_candidate *c;
	struct world w;

	if (!open_world(&w, rows, N(rows)))
		goto out;
	/* before the carrier's own gateways; 49 is hidden by 4930; a carrier
	 * that is in no table has none */
	if (plans(&w, "493012", "198.51.100.1 198.51.100.2 b0 b1 g1")) {
		c = &w.f.plan.candidates[0];
		CHECK(c->learnt != NULL && prefix_len(c->prefix) == 4 &&
		      prefix_len(c->rate_prefix) == 2 && c->cost == 1000000);
		CHECK(w.f.plan.candidates[2].learnt == NULL);
		CHECK(w.f.plan.n_candidates == 5);
	}
	plans(&w, "4989", "198.51.100.9 b0 b1 g1");
	/* announced, and priced by nobody but green */
	plans(&w, "331", "g1");
out:
	close_world(&w);
}

static void
prices(void)
{
	static const struct told rows[] = {
		{ "33", "198.51.100.1", 0, -1, -1 },
		{ "33", "198.51.100.3", 1, -1, -1 },
		{ "33", "198.51.100.4", 2, -1, -1 },
		{ "44", "198.51.100.5", 4, -1, -1 },
		{ "49", "198.51.100.6", 4, -1, -1 },
		{ "7", "198.51.100.6", 4, -1, -1 },
	};
	struct world w;

	if (!open_world(&w, rows, N(rows)))
		goto out;
	/* unpriced = allow: as if it cost nothing */
	if (plans(&w, "331", "198.51.100.3 g1")) {
		CHECK(why_not(&w, "198.51.100.1") == PLAN_NO_PREFIX);
		CHECK(!w.f.plan.candidates[0].has_cost &&
		      w.f.plan.candidates[0].value == 0);
	}
	/* "not sold" is not "has no price" */
	if (plans(&w, "441", "g1"))
		CHECK(why_not(&w, "198.51.100.5") == PLAN_NOT_SOLD);
	/* where there is a price it counts; the place is by priority */
	plans(&w, "491", "b0 198.51.100.6 b1 g1");
	/* the tables' gateways of the same carrier still need one */
	if (plans(&w, "71", "198.51.100.6 g1"))
		CHECK(why_not(&w, "b0") == PLAN_NO_PREFIX);
out:
	close_world(&w);
}

static void
figures(void)
{
	static const struct told rows[] = {
		{ "49", "198.51.100.1", 0, 2, -1 },
		{ "49", "198.51.100.2", 0, 0, -1 },
		{ "49", "198.51.100.3", 0, -1, 39 },
		{ "49", "198.51.100.4", 0, -1, 40 },
	};
	const struct gateway *gateway;
	struct world w;

	if (!open_world(&w, rows, N(rows)) ||
	    !plans(&w, "491", "198.51.100.1 198.51.100.4 b0 b1 g1"))
		goto out;
	CHECK(why_not(&w, "198.51.100.2") == PLAN_CIRCUITS);
	CHECK(why_not(&w, "198.51.100.3") == PLAN_QUALITY);
	gateway = w.f.plan.candidates[0].gateway;
	gateway->state->pending = 1;
	gateway->state->answered = 1;
	if (plans(&w, "491", "198.51.100.4 b0 b1 g1"))
		CHECK(why_not(&w, "198.51.100.1") == PLAN_CIRCUITS);
	gateway->state->disabled = true;
	if (plans(&w, "491", "198.51.100.4 b0 b1 g1"))
		CHECK(why_not(&w, "198.51.100.1") == PLAN_GATEWAY_OFF);
out:
	close_world(&w);
}

/* (f) at its turn: what is told no more is passed over. */
static void
at_its_turn(void)
{
	static const struct told rows[] = {
		{ "49", "198.51.100.1", 0, -1, -1 },
		{ "33", "198.51.100.3", 1, -1, -1 },
	};
	const struct number not_ported = { .len = 0 };
	struct plan_hop hop = { .is_learnt = true, .duration_s = 60 };
	struct plan_query query;
	struct world w;

	if (!open_world(&w, rows, N(rows)) ||
	    !plans(&w, "491", "198.51.100.1 b0 b1 g1"))
		goto out;
	query = route_fixture_query(&w.f, "acme", "491", NULL, 60);
	hop.number = &query.number;
	hop.routing = &not_ported;
	hop.now = query.at;
	hop.gateway = w.f.plan.candidates[0].gateway;
	hop.carrier = w.f.plan.candidates[0].carrier;
	hop.prefix = w.f.plan.candidates[0].prefix;
	hop.learnt = w.learnt;
	CHECK(plan_check_hop(w.f.snapshot, &hop) == PLAN_NOT_EXCLUDED);
	if (OK(learnt_book_put(w.book, hop.prefix, NULL, 0)) &&
	    OK(learnt_book_publish(w.book) != NULL ? 0 : ERR_NOMEM)) {
		hop.learnt = learnt_book_publish(w.book);
		CHECK(plan_check_hop(w.f.snapshot, &hop) == PLAN_WITHDRAWN);
	}
	hop.learnt = NULL;
	CHECK(plan_check_hop(w.f.snapshot, &hop) == PLAN_WITHDRAWN);
	/* nobody asks for a price that need not be there */
	if (!plans(&w, "331", "198.51.100.3 g1"))
		goto out;
	query = route_fixture_query(&w.f, "acme", "331", NULL, 60);
	hop.gateway = w.f.plan.candidates[0].gateway;
	hop.carrier = w.f.plan.candidates[0].carrier;
	hop.prefix = w.f.plan.candidates[0].prefix;
	hop.learnt = w.learnt;
	hop.is_unpriced = true;
	CHECK(plan_check_hop(w.f.snapshot, &hop) == PLAN_NOT_EXCLUDED);
out:
	close_world(&w);
}

static const struct test tests[] = {
	{ "(a) of each carrier the longest prefix told, priced by its tariff",
	  candidates, false },
	{ "(b) what has no price is not sold, unless its source says so",
	  prices, false },
	{ "(b) circuits and success as gateways tell them", figures, false },
	{ "(f) a route that was withdrawn is passed over", at_its_turn, false },
};

const struct test_suite suite_plan_learnt = TEST_SUITE("plan_learnt", tests);
