/* test_plan.c - the decision, step by step (doc/routing.md) */
#include "route/plan.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"

#define GATEWAY(name, carrier, n) name "," carrier ",sip:192.0.2." #n "\n"

/* fails_with(ERR_NOMEM) is the sweep's business. */
static bool
returns(int err, int expected)
{
	if (err == ERR_NOMEM)
		return OK(err);
	return CHECK(err == expected);
}

static bool
hops_are(struct route_fixture *f, const char *expected)
{
	bool good = CHECK(strcmp(route_fixture_hops(f), expected) == 0);

	if (!good && !test_starved())
		fprintf(stderr, "plan: %s, expected %s\n",
			route_fixture_hops(f), expected);
	return good;
}

static bool
is_excluded(const struct route_fixture *f, const char *gateway,
	    enum plan_exclusion expected)
{
	const struct plan_candidate *c = route_fixture_find(f, gateway);

	return CHECK(c != NULL) && CHECK(c->excluded == expected) &&
	       CHECK((c->rank == 0) == (expected != PLAN_NOT_EXCLUDED));
}

/* --- the example of doc/routing.md, with its numbers --- */

static const struct route_csv example[] = {
	{ "tariffs", "tariff,currency\nblue,EUR\ngreen,EUR\nretail,EUR\n" },
	{ "rates", "tariff,prefix,destination,rate,first_increment,increment,"
		   "valid_until\n"
		   "blue,49,Germany,0.0100,60,60,\n"
		   "blue,4930,Berlin,0.0050,60,60,2026-01-01\n"
		   "green,49,Germany,0.0120,1,1,\n"
		   "retail,49,Germany,0.0300,60,60,\n" },
	{ "carriers", "carrier,tariff\nblue,blue\ngreen,green\n" },
	{ "gateways", "gateway,carrier,uri\n" GATEWAY("blue-1", "blue", 1)
			  GATEWAY("green-1", "green", 2) },
	{ "accounts", "account,tariff\nacme,retail\n" },
	{ NULL, NULL },
};

static void
check_example(struct route_fixture *f, int64_t duration_s, const char *order,
	      money_e8 blue, money_e8 green, money_e8 sell)
{
	struct plan_query query =
	    route_fixture_query(f, "acme", "493012345678", NULL, duration_s);

	if (!returns(route_fixture_plan(f, &query), 0))
		return;
	hops_are(f, order);
	CHECK(route_fixture_find(f, "blue-1")->cost == blue);
	CHECK(route_fixture_find(f, "green-1")->cost == green);
	CHECK(prefix_len(route_fixture_find(f, "blue-1")->prefix) == 2);
	CHECK(f->plan.has_sell && f->plan.sell == sell);
	CHECK(strcmp(f->plan.currency, "EUR") == 0);
}

static void
worked_example(void)
{
	struct route_fixture f;

	if (OK(route_fixture_open(&f, "example", example))) {
		check_example(&f, 30, "green-1 blue-1", 1000000, 600000,
			      3000000);
		check_example(&f, 180, "blue-1 green-1", 3000000, 3600000,
			      9000000);
		check_example(&f, 0, "blue-1 green-1", 3000000, 3600000,
			      9000000); /* 0 = 180 */
	}
	route_fixture_close(&f);
}

/* --- (a), (b): what rules a carrier or a gateway out --- */

static const struct route_csv excluding[] = {
	{ "tariffs", "tariff,currency\n"
		     "eur1,EUR\neur2,EUR\nusd,USD\nnot,EUR\nsell,EUR\n" },
	{ "rates", "tariff,prefix,rate,from_second\n"
		   "eur1,49,0.01,\n"
		   "eur1,33,,\n"
		   "eur2,,0.02,\n"
		   "usd,49,0.001,\n"
		   "not,49,0.001,\n"
		   "not,4930,,\n"
		   "sell,49,0.0201,\n"
		   "sell,44,,\n" },
	{ "carriers", "carrier,tariff,enabled\n"
		      "cheap,eur1,\n"
		      "dear,eur2,\n"
		      "dollar,usd,\n"
		      "gone,eur1,no\n"
		      "none,,\n"
		      "refuses,not,\n" },
	{ "gateways", "gateway,carrier,uri,capacity,enabled\n"
		      "c1,cheap,sip:192.0.2.1,2,\n"
		      "c2,cheap,sip:192.0.2.2,,no\n"
		      "c3,cheap,sip:192.0.2.3;transport=sctp,,\n"
		      "d1,dear,sip:192.0.2.3,,\n"
		      "u1,dollar,sip:192.0.2.4,,\n"
		      "g1,gone,sip:192.0.2.5,,\n"
		      "n1,none,sip:192.0.2.6,,\n"
		      "r1,refuses,sip:192.0.2.7,,\n" },
	{ "accounts", "account,tariff,min_margin\n"
		      "payer,sell,\n"
		      "careful,sell,0.0002\n"
		      "free,,1\n" },
	{ NULL, NULL },
};

static void
each_exclusion(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "excluding", excluding)))
		goto out;
	query = route_fixture_query(&f, "payer", "493012345", NULL, 60);
	if (!returns(route_fixture_plan(&f, &query), 0))
		goto out;
	hops_are(&f, "c1 d1");
	CHECK(f.plan.n_candidates == 8 && f.plan.n_hops == 2);
	CHECK(f.plan.candidates[0].rank == 1 && f.plan.candidates[1].rank == 2);
	is_excluded(&f, "c1", PLAN_NOT_EXCLUDED);
	is_excluded(&f, "c2", PLAN_GATEWAY_DISABLED);
	is_excluded(&f, "c3", PLAN_TRANSPORT);
	is_excluded(&f, "u1", PLAN_CURRENCY);
	is_excluded(&f, "g1", PLAN_CARRIER_DISABLED);
	is_excluded(&f, "n1", PLAN_CARRIER_NO_TARIFF);
	is_excluded(&f, "r1", PLAN_NOT_SOLD);
	/* what is known is told, of excluded ones too */
	CHECK(route_fixture_find(&f, "g1")->has_cost);
	CHECK(route_fixture_find(&f, "g1")->cost == 1000000);
	CHECK(route_fixture_find(&f, "u1")->has_cost);
	CHECK(route_fixture_find(&f, "n1")->rate == NULL);
	CHECK(route_fixture_find(&f, "r1")->rate != NULL);
	CHECK(route_fixture_find(&f, "r1")->terms->not_sold);
	CHECK(prefix_len(route_fixture_find(&f, "r1")->prefix) == 4);
	CHECK(!route_fixture_find(&f, "r1")->has_cost);
	/* of nobody's call the first carrier with a price names the currency */
	query.account = NULL;
	if (returns(route_fixture_plan(&f, &query), 0)) {
		hops_are(&f, "c1 d1");
		CHECK(!f.plan.has_sell);
		CHECK(strcmp(f.plan.currency, "EUR") == 0);
	}
out:
	route_fixture_close(&f);
}

static void
gateway_states(void)
{
	struct route_fixture f;
	struct plan_query query;
	struct gateway_state *state;

	if (!OK(route_fixture_open(&f, "excluding", excluding)))
		goto out;
	query = route_fixture_query(&f, NULL, "493012345", NULL, 60);
	state = route_fixture_state(&f, "c1");
	state->pending = 1;
	if (returns(route_fixture_plan(&f, &query), 0))
		hops_are(&f, "c1 d1");
	state->answered = 1; /* of 2 */
	if (returns(route_fixture_plan(&f, &query), 0)) {
		hops_are(&f, "d1");
		is_excluded(&f, "c1", PLAN_CAPACITY);
	}
	state->pending = INT32_MAX;
	state->answered = INT32_MAX;
	if (returns(route_fixture_plan(&f, &query), 0))
		is_excluded(&f, "c1", PLAN_CAPACITY);
	state->disabled = true;
	if (returns(route_fixture_plan(&f, &query), 0))
		is_excluded(&f, "c1", PLAN_GATEWAY_OFF);
	route_fixture_state(&f, "d1")->disabled = true;
	if (returns(route_fixture_plan(&f, &query), ERR_NOROUTE)) {
		CHECK(f.plan.n_hops == 0 && f.plan.n_candidates == 8);
		is_excluded(&f, "d1", PLAN_GATEWAY_OFF);
	}
out:
	route_fixture_close(&f);
}

static void
no_route(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "excluding", excluding)))
		goto out;
	/* 33 is not sold by eur1; all others but dear have no prefix */
	query = route_fixture_query(&f, NULL, "33123", NULL, 60);
	route_fixture_state(&f, "d1")->disabled = true;
	if (returns(route_fixture_plan(&f, &query), ERR_NOROUTE)) {
		is_excluded(&f, "c1", PLAN_NOT_SOLD);
		is_excluded(&f, "u1", PLAN_NO_PREFIX);
		CHECK(route_fixture_find(&f, "u1")->rate == NULL);
		CHECK(strcmp(f.plan.currency, "EUR") == 0); /* dear's */
	}
	/* too long for any tariff to compute */
	query = route_fixture_query(&f, NULL, "491234", NULL, INT64_MAX);
	if (returns(route_fixture_plan(&f, &query), ERR_NOROUTE)) {
		is_excluded(&f, "c1", PLAN_NO_PRICE);
		CHECK(strcmp(f.plan.currency, "") == 0);
	}
out:
	route_fixture_close(&f);
}

static void
selling(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "excluding", excluding)))
		goto out;
	/* sells at 0.0201: dear's 0.02 leaves 0.0001, less than 0.0002 */
	query = route_fixture_query(&f, "careful", "491234", NULL, 60);
	if (returns(route_fixture_plan(&f, &query), 0)) {
		hops_are(&f, "r1 c1");
		is_excluded(&f, "d1", PLAN_MARGIN);
		CHECK(f.plan.has_sell && f.plan.sell == 2010000);
		CHECK(prefix_len(f.plan.sell_prefix) == 2);
	}
	query = route_fixture_query(&f, "careful", "491234", NULL, 120);
	if (returns(route_fixture_plan(&f, &query), 0))
		hops_are(&f, "r1 c1 d1"); /* exactly 0.0002 */
	/* who pays nothing has no margin to keep */
	query = route_fixture_query(&f, "free", "491234", NULL, 60);
	if (returns(route_fixture_plan(&f, &query), 0)) {
		hops_are(&f, "r1 c1 d1");
		CHECK(!f.plan.has_sell);
	}
	/* a price that is not there, and one that is not sold */
	for (int i = 0; i < 2; i++) {
		query = route_fixture_query(
		    &f, "payer", i == 0 ? "33123" : "44123", NULL, 60);
		if (!returns(route_fixture_plan(&f, &query), ERR_NOPRICE))
			goto out;
		CHECK(f.plan.n_hops == 0 && f.plan.n_candidates == 8);
		CHECK(!f.plan.has_sell);
		is_excluded(&f, "d1", PLAN_UNBILLABLE);
		CHECK(route_fixture_find(&f, "d1")->has_cost);
		is_excluded(&f, "c1", i == 0 ? PLAN_NOT_SOLD : PLAN_NO_PREFIX);
	}
out:
	route_fixture_close(&f);
}

/* --- (d), (e): order --- */

static const struct route_csv ordering[] = {
	{ "tariffs", "tariff,currency\none,EUR\ntwo,EUR\nthree,EUR\n" },
	{ "rates", "tariff,prefix,rate\n"
		   "one,49,0.01\ntwo,49,0.02\nthree,49,0.02\n" },
	{ "carriers", "carrier,tariff,priority,weight\n"
		      "f-last,three,9,1\n"
		      "e-name,two,9,1\n"
		      "d-weight,two,9,2\n"
		      "c-priority,three,8,1\n"
		      "b-cost,one,9,1\n" },
	{ "gateways", "gateway,carrier,uri,priority,weight\n"
		      "z,b-cost,sip:192.0.2.1,1,1\n"
		      "y,b-cost,sip:192.0.2.2,2,9\n"
		      "x,b-cost,sip:192.0.2.3,1,2\n"
		      "w,b-cost,sip:192.0.2.4,1,1\n"
		      "p,c-priority,sip:192.0.2.5,,\n"
		      "q,d-weight,sip:192.0.2.6,,\n"
		      "r,e-name,sip:192.0.2.7,,\n"
		      "s,f-last,sip:192.0.2.8,,\n" },
	{ "accounts", "account,strategy\nleast,least_cost\nfirst,priority\n" },
	{ NULL, NULL },
};

static void
order_of_hops(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "ordering", ordering)))
		goto out;
	query = route_fixture_query(&f, NULL, "491234", NULL, 60);
	if (returns(route_fixture_plan(&f, &query), 0))
		hops_are(&f, "x w z y p q r s");
	query = route_fixture_query(&f, "least", "491234", NULL, 60);
	if (returns(route_fixture_plan(&f, &query), 0))
		hops_are(&f, "x w z y p q r s");
	query = route_fixture_query(&f, "first", "491234", NULL, 60);
	if (returns(route_fixture_plan(&f, &query), 0))
		hops_are(&f, "p x w z y q r s");
out:
	route_fixture_close(&f);
}

static void
max_hops(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "ordering", ordering)))
		goto out;
	query = route_fixture_query(&f, NULL, "491234", NULL, 60);
	query.max_hops = 3;
	route_fixture_state(&f, "w")->disabled = true; /* is none of the 3 */
	if (returns(route_fixture_plan(&f, &query), 0)) {
		hops_are(&f, "x z y");
		is_excluded(&f, "w", PLAN_GATEWAY_OFF);
		is_excluded(&f, "p", PLAN_MAX_HOPS_REACHED);
		/* the others follow in the order they would have had */
		CHECK(strcmp(f.plan.candidates[3].gateway->name, "w") == 0);
		CHECK(strcmp(f.plan.candidates[4].gateway->name, "p") == 0);
		CHECK(strcmp(f.plan.candidates[7].gateway->name, "s") == 0);
	}
	query.max_hops = 1;
	if (returns(route_fixture_plan(&f, &query), 0))
		hops_are(&f, "x");
	for (int32_t i = -1; i <= 0; i++) {
		query.max_hops = i;
		if (returns(route_fixture_plan(&f, &query), 0))
			CHECK(f.plan.n_hops == 7);
	}
	query.max_hops = INT32_MAX;
	if (returns(route_fixture_plan(&f, &query), 0))
		CHECK(f.plan.n_hops == 7);
out:
	route_fixture_close(&f);
}

/* More gateways than any plan may have. */
static const struct route_csv crowd[] = {
	{ "tariffs", "tariff,currency\none,EUR\n" },
	{ "rates", "tariff,prefix,rate\none,,0.01\n" },
	{ "carriers", "carrier,tariff\nc,one\n" },
	{ "gateways",
	  "gateway,carrier,uri\n" GATEWAY("01", "c", 1) GATEWAY("02", "c", 2)
	      GATEWAY("03", "c", 3) GATEWAY("04", "c", 4) GATEWAY("05", "c", 5)
		  GATEWAY("06", "c", 6) GATEWAY("07", "c", 7) GATEWAY(
		      "08", "c", 8) GATEWAY("09", "c", 9) GATEWAY("10", "c", 10)
		      GATEWAY("11", "c", 11) GATEWAY("12", "c", 12)
			  GATEWAY("13", "c", 13) GATEWAY("14", "c", 14)
			      GATEWAY("15", "c", 15) GATEWAY("16", "c", 16)
				  GATEWAY("17", "c", 17) },
	{ NULL, NULL },
};

static void
no_more_than_max(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (OK(route_fixture_open(&f, "crowd", crowd))) {
		query = route_fixture_query(&f, NULL, "1", NULL, 60);
		query.max_hops = 100;
		if (returns(route_fixture_plan(&f, &query), 0)) {
			CHECK(f.plan.n_hops == PLAN_MAX_HOPS);
			is_excluded(&f, "17", PLAN_MAX_HOPS_REACHED);
		}
	}
	route_fixture_close(&f);
}

static void
empty_snapshot(void)
{
	static const struct route_csv none[] = { { NULL, NULL } };
	struct route_fixture f;
	struct plan_query query;

	if (OK(route_fixture_open(&f, "nothing", none))) {
		query = route_fixture_query(&f, NULL, "4930", NULL, 60);
		if (returns(route_fixture_plan(&f, &query), ERR_NOROUTE))
			CHECK(f.plan.n_candidates == 0 && f.plan.n_hops == 0);
	}
	route_fixture_close(&f);
}

/* --- what a gateway gets --- */

static const struct {
	enum number_format format;
	uint8_t strip;
	const char *prefix, *number, *expected;
} users[] = {
	{ FORMAT_PRESET, 0, "", "493012", "+493012" },
	{ FORMAT_PRESET, 2, "", "493012", "3012" },
	{ FORMAT_PRESET, 2, "0", "493012", "03012" },
	{ FORMAT_PRESET, 0, "00", "493012", "00493012" },
	{ FORMAT_PRESET, 0, "+", "493012", "+493012" },
	{ FORMAT_PRESET, 6, "7", "493012", "7" },
	{ FORMAT_PRESET, 15, "", "493012", "" },
	{ FORMAT_PRESET, 0, "9#", "493012", "9%23493012" },
	{ FORMAT_PLUS, 0, "", "493012", "+493012" },
	{ FORMAT_PLUS, 2, "33", "493012", "+333012" },
	{ FORMAT_DIGITS, 0, "", "493012", "493012" },
	{ FORMAT_NATIONAL, 0, "", "493012", "03012" },
	{ FORMAT_NATIONAL, 1, "9", "493012", "93012" },
	{ FORMAT_NATIONAL, 0, "", "4420", "004420" },
	{ FORMAT_NATIONAL, 0, "", "123456789012345", "00123456789012345" },
};

static void
numbers_for_gateways(void)
{
	static const struct dial_plan plan = { "49", "00", "0" };
	struct number number;
	char out[32];

	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		struct gateway gateway = { .format = users[i].format,
					   .strip = users[i].strip,
					   .prefix = users[i].prefix };
		size_t len = strlen(users[i].expected);

		test_row(users[i].expected);
		CHECK(number_parse(str_of(users[i].number), &number) == 0);
		if (OK(plan_gateway_user(&gateway, &plan, &number, NULL, out,
					 sizeof(out))))
			CHECK(strcmp(out, users[i].expected) == 0);
		CHECK(plan_gateway_user(&gateway, &plan, &number, NULL, out, len) ==
		      ERR_SPACE);
		CHECK(plan_gateway_user(&gateway, &plan, &number, NULL, out,
					len + 1) == 0);
	}
}

static void
texts(void)
{
	CHECK(plan_exclusion_text(PLAN_NOT_EXCLUDED) == NULL);
	for (int i = PLAN_NOT_EXCLUDED + 1; i < PLAN_N_EXCLUSIONS; i++)
		CHECK(plan_exclusion_text((enum plan_exclusion)i) != NULL);
}

static const struct test tests[] = {
	{ "the example in doc/routing.md is right", worked_example, false },
	{ "(b) every exclusion has its reason", each_exclusion, false },
	{ "(b) what gateways do and operators want counts", gateway_states,
	  false },
	{ "a call that nobody takes has reasons and no plan", no_route, false },
	{ "(b) what the account pays counts", selling, false },
	{ "(d), (e) carriers and gateways are ordered", order_of_hops, false },
	{ "a plan is no longer than wanted", max_hops, false },
	{ "nor than any may be", no_more_than_max, true },
	{ "an empty snapshot has no route", empty_snapshot, false },
	{ "gateways get numbers as they want them", numbers_for_gateways,
	  true },
	{ "all reasons have texts", texts, true },
};

const struct test_suite suite_plan = TEST_SUITE("plan", tests);
