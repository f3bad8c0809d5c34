/* test_plan_policy.c - what accounts ask of the decision (doc/routing.md) */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "route/plan.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"

static const struct route_csv tables[] = {
	{ "tariffs", "tariff,currency\na,EUR\nb,EUR\nc,USD\nsell,EUR\n" },
	{ "rates", "tariff,prefix,rate\na,49,0.010\nb,49,0.011\nc,49,0.024\n"
		   "sell,49,0.015\nsell,4930,0.0105\nsell,4940,0.005\n"
		   "sell,4950,0.0125\n" },
	{ "carriers", "carrier,tariff,quality_min_asr\n"
		      "ca,a,\ncb,b,\ncc,c,30\n" },
	{ "gateways", "gateway,carrier,uri,weight,cps\n"
		      "a1,ca,sip:192.0.2.1,3,\n"
		      "a2,ca,sip:192.0.2.2,1,\n"
		      "b1,cb,sip:192.0.2.3,,2\n"
		      "c1,cc,sip:192.0.2.4,,\n" },
	{ "accounts", "account,tariff,strategy,tolerance,min_margin_percent,"
		      "max_loss,expected_duration_s\n"
		      "plain,sell,,,,,\n"
		      "percent,sell,,,30,,\n"
		      "fifth,sell,,,20,,\n"
		      "loser,sell,,,,0.006,\n"
		      "best,,quality,,,,60\n"
		      "near,,tolerance,10,,,60\n"
		      "shares,,load_share,,,,60\n" },
	{ "exchange_rates", "currency,base,date,rate\n"
			    "EUR,USD,2026-03-27,2\n" },
	{ "blocks", "account,carrier,prefix\n,cb,4999\nplain,,4988\n" },
	{ "durations", "account,prefix,duration_s\n"
		       "plain,4930,90\n,49,120\n,4930,100\n" },
	{ "shares", "account,carrier,percent\nshares,ca,70\nshares,cb,30\n" },
	{ NULL, NULL },
};

static bool
open_fixture(struct route_fixture *f)
{
	return OK(route_fixture_open(f, "policy", tables));
}

static void
hops_are(struct route_fixture *f, const struct plan_query *query,
	 const char *expected)
{
	int err = route_fixture_plan(f, query);

	if (err == ERR_NOMEM) {
		OK(err);
		return;
	}
	if (!CHECK(strcmp(route_fixture_hops(f), expected) == 0) &&
	    !test_starved())
		fprintf(stderr, "plan: %s, expected %s\n",
			route_fixture_hops(f), expected);
}

static void
excluded_is(const struct route_fixture *f, const char *gateway,
	    enum plan_exclusion expected)
{
	const struct plan_candidate *c = route_fixture_find(f, gateway);

	CHECK(test_starved() || (c != NULL && c->excluded == expected));
}

static void
currencies(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (open_fixture(&f)) {
		/* 0.024 USD are 0.012 EUR: the third, not the dearest */
		query = route_fixture_query(&f, "plain", "491234", NULL, 60);
		hops_are(&f, &query, "a1 a2 b1 c1");
		if (f.plan.n_hops == 4) {
			CHECK(f.plan.candidates[3].cost == 2400000);
			CHECK(f.plan.candidates[3].value == 1200000);
		}
		/* a second before the rate begins there is none */
		query = route_fixture_query(&f, "plain", "491234",
					    "2026-03-26T23:59:59Z", 60);
		hops_are(&f, &query, "a1 a2 b1");
		excluded_is(&f, "c1", PLAN_CURRENCY);
	}
	route_fixture_close(&f);
}

static void
margins(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!open_fixture(&f))
		goto out;
	/* 0.0105 less 0.011: nobody loses who was not asked */
	query = route_fixture_query(&f, "plain", "49301", NULL, 60);
	hops_are(&f, &query, "a1 a2");
	excluded_is(&f, "b1", PLAN_LOSS);
	/* 33.3 % of 0.015 is left of a's 0.010, 26.7 % of b's 0.011 */
	query = route_fixture_query(&f, "percent", "491234", NULL, 60);
	hops_are(&f, &query, "a1 a2");
	excluded_is(&f, "b1", PLAN_MARGIN_PERCENT);
	/* exactly 20 % of 0.0125 is left of a's 0.010 */
	query = route_fixture_query(&f, "fifth", "49501", NULL, 60);
	hops_are(&f, &query, "a1 a2");
	/* up to 0.006 may be lost: 0.005 - 0.011 just so */
	query = route_fixture_query(&f, "loser", "49401", NULL, 60);
	hops_are(&f, &query, "a1 a2 b1");
	excluded_is(&f, "c1", PLAN_LOSS);
out:
	route_fixture_close(&f);
}

static void
blocks(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!open_fixture(&f))
		goto out;
	query = route_fixture_query(&f, "plain", "499912", NULL, 60);
	hops_are(&f, &query, "a1 a2 c1");
	excluded_is(&f, "b1", PLAN_BLOCKED);
	query = route_fixture_query(&f, "plain", "498812", NULL, 60);
	hops_are(&f, &query, "");
	excluded_is(&f, "a1", PLAN_BLOCKED);
	query = route_fixture_query(&f, NULL, "498812", NULL, 60);
	hops_are(&f, &query, "a1 a2 b1 c1"); /* of another's call */
out:
	route_fixture_close(&f);
}

static void
durations(void)
{
	static const struct {
		const char *account, *number;
		int64_t own, preset, expected;
	} cases[] = {
		{ "plain", "4930", 33, 7, 33 }, { "plain", "4930", 0, 7, 90 },
		{ "plain", "4940", 0, 7, 120 }, { "best", "4930", 0, 7, 60 },
		{ NULL, "4930", 0, 7, 100 },	{ NULL, "33", 0, 7, 7 },
		{ NULL, "33", 0, 0, 180 },
	};
	struct route_fixture f;

	if (open_fixture(&f)) {
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct plan_query query = route_fixture_query(
			    &f, cases[i].account, cases[i].number, NULL,
			    cases[i].own);

			query.default_duration_s = cases[i].preset;
			if (route_fixture_plan(&f, &query) != ERR_NOMEM)
				CHECK(f.plan.duration_s == cases[i].expected);
		}
	}
	route_fixture_close(&f);
}

/* 20 attempts of a carrier, so many of them answered after so long. */
static void
measure(const struct route_fixture *f, const char *gateway, time_us at,
	int answers, int64_t delay_ms)
{
	for (int i = 0; i < 20; i++)
		gateway_state_note_attempt(route_fixture_state(f, gateway), at,
					   i < answers, delay_ms);
}

static void
by_quality(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!open_fixture(&f))
		goto out;
	query = route_fixture_query(&f, "best", "491234", NULL, 0);
	hops_are(&f, &query, "a1 a2 b1 c1"); /* nothing is known: cost */
	measure(&f, "a1", query.at, 8, 100);
	measure(&f, "c1", query.at, 12, 100);
	hops_are(&f, &query, "c1 b1 a1 a2"); /* b: the mean */
	measure(&f, "b1", query.at, 12, 50);
	hops_are(&f, &query, "b1 c1 a1 a2"); /* as good, and cheaper */
	measure(&f, "b1", query.at, 12, 500);
	hops_are(&f, &query, "c1 b1 a1 a2"); /* it takes 0.1 s longer */
	/* within 10 % of a's 0.010 is b's 0.011, but not c's 0.012 */
	query = route_fixture_query(&f, "near", "491234", NULL, 0);
	hops_are(&f, &query, "b1 a1 a2 c1");
	/* below its own floor of 30 % */
	measure(&f, "c1", query.at, 0, -1);
	measure(&f, "c1", query.at, 0, -1);
	hops_are(&f, &query, "b1 a1 a2");
	excluded_is(&f, "c1", PLAN_QUALITY);
out:
	route_fixture_close(&f);
}

/* 1,000 calls: 70 % and 30 % by the account, and inside of a 3 to 1. */
static void
by_shares(void)
{
	struct route_fixture f;
	struct plan_query query;
	int n_a = 0, n_a1 = 0;

	if (!open_fixture(&f))
		goto out;
	query = route_fixture_query(&f, "shares", "491234", NULL, 0);
	hops_are(&f, &query, "a1 a2 b1 c1"); /* asked, it changes nothing */
	hops_are(&f, &query, "a1 a2 b1 c1");
	query.takes_turn = true;
	for (int i = 0; i < 1000; i++) {
		const char *first;

		if (route_fixture_plan(&f, &query) != 0)
			goto out;
		first = f.plan.candidates[0].gateway->name;
		n_a += first[0] == 'a';
		n_a1 += strcmp(first, "a1") == 0;
		/* c has no share: it is the last resort */
		CHECK(f.plan.candidates[3].gateway->name[0] == 'c');
	}
	CHECK(n_a >= 698 && n_a <= 702);
	CHECK(n_a1 >= 523 && n_a1 <= 527);
	/* what cannot take the call leaves its share to the others */
	route_fixture_state(&f, "a1")->disabled = true;
	route_fixture_state(&f, "a2")->disabled = true;
	hops_are(&f, &query, "b1 c1");
out:
	route_fixture_close(&f);
}

static void
call_rate(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!open_fixture(&f))
		goto out;
	query = route_fixture_query(&f, "plain", "491234", NULL, 60);
	for (int i = 0; i < 2; i++)
		gateway_state_take_rate(route_fixture_state(&f, "b1"), 2,
					query.at);
	hops_are(&f, &query, "a1 a2 c1");
	excluded_is(&f, "b1", PLAN_CPS);
	query.now = query.at + US_PER_S;
	hops_are(&f, &query, "a1 a2 b1 c1");
out:
	route_fixture_close(&f);
}

/* Time has gone by since the plan: dates, prices and states are looked at
 * again. */
static void
at_its_turn(void)
{
	struct route_fixture f;
	struct plan_query query;
	struct number routing = { .len = 0 };
	struct plan_hop hop;

	if (!open_fixture(&f))
		goto out;
	query = route_fixture_query(&f, "plain", "491234", NULL, 60);
	hops_are(&f, &query, "a1 a2 b1 c1");
	if (f.plan.n_hops != 4)
		goto out;
	hop = (struct plan_hop){ .account = query.account,
				 .number = &query.number,
				 .routing = &routing,
				 .carrier = f.plan.candidates[3].carrier,
				 .gateway = f.plan.candidates[3].gateway,
				 .duration_s = 60,
				 .has_sell = true,
				 .sell = f.plan.sell,
				 .now = query.at };
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_NOT_EXCLUDED);
	hop.sell = 1199999; /* a hair below its cost */
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_LOSS);
	hop.now -= 86400 * US_PER_S; /* the exchange rate has not begun */
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_CURRENCY);
	hop.has_sell = false;
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_NOT_EXCLUDED);
	hop.duration_s = INT64_MAX;
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_NO_PRICE);
	route_fixture_state(&f, "c1")->disabled = true;
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_GATEWAY_OFF);
out:
	route_fixture_close(&f);
}

static const struct test tests[] = {
	{ "(b), (c) costs are compared in one currency", currencies, false },
	{ "(b) margins and losses are the account's to say", margins, false },
	{ "(b) blocks of everybody and of an account", blocks, false },
	{ "(b) calls per second count", call_rate, false },
	{ "(c) the expected duration has an order of rules", durations,
	  false },
	{ "(d) quality is measured, and floors are kept", by_quality, false },
	{ "(d), (e) shares are exact in the long run", by_shares, true },
	{ "(f) a hop is looked at again at its turn", at_its_turn, false },
};

const struct test_suite suite_plan_policy = TEST_SUITE("plan_policy", tests);
