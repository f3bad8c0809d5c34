/* test_portability.c - ported numbers, alone and in a snapshot */
#include "route/portability.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"

static struct number
number_of(uint64_t value)
{
	struct number number = { .len = 0 };

	number.len = (uint8_t)snprintf(number.digits, sizeof(number.digits),
				       "%llu", (unsigned long long)value);
	return number;
}

/* Of every length, with holes, over the border of the halves. */
static uint64_t
nth(unsigned i)
{
	static const uint64_t starts[] = { 49, 4915100, UINT64_C(4294965000),
					   UINT64_C(491511000000),
					   UINT64_C(999999999990000) };

	return starts[i % 5] + (uint64_t)(i / 5) * 3;
}

static void
finding(void)
{
	struct portability p = { .n = 0 };
	struct number number, routing;
	enum { N = 10000 };

	number = number_of(49);
	CHECK(!portability_find(&p, &number, &routing));
	for (unsigned i = N; i-- > 0;) {
		number = number_of(nth(i));
		routing = number_of(4900 + i % 7);
		if (!OK(portability_add(&p, &number, &routing)))
			goto out;
	}
	if (!OK(portability_finish(&p)))
		goto out;
	CHECK(p.n == N && p.n_ranges == 4);
	/* 8 bytes each, and little more */
	CHECK(portability_bytes(&p) < N * 8 + 1000);
	for (unsigned i = 0; i < N; i++) {
		number = number_of(nth(i));
		routing.len = 0;
		if (!CHECK(portability_find(&p, &number, &routing)) ||
		    !CHECK(strcmp(routing.digits,
				  number_of(4900 + i % 7).digits) == 0) ||
		    !CHECK(routing.len == 4))
			break;
		number = number_of(nth(i) + 1);
		if (!CHECK(!portability_find(&p, &number, &routing)))
			break;
	}
	number = number_of(48);
	CHECK(!portability_find(&p, &number, &routing));
out:
	portability_fini(&p);
}

static const struct route_csv tables[] = {
	{ "tariffs", "tariff,currency,rate_by\n"
		     "byrn,EUR,ported\nbynr,EUR,dialled\nsell,EUR,ported\n"
		     "only,EUR,dialled\n" },
	{ "rates", "tariff,prefix,rate\n"
		   "byrn,49151,0.01\nbyrn,49170,0.05\n"
		   "bynr,49151,0.02\nbynr,4917,0.09\n"
		   "sell,49,0.06\nsell,49170,0.10\nonly,49151,0.001\n" },
	{ "carriers", "carrier,tariff\nrn,byrn\nnr,bynr\nno,only\n" },
	{ "gateways", "gateway,carrier,uri\na,rn,sip:192.0.2.1\n"
		      "b,nr,sip:192.0.2.2\nc,no,sip:192.0.2.3\n" },
	{ "accounts", "account,tariff\nacme,sell\n" },
	{ "blocks", "account,carrier,prefix\n,rn,4917099\n" },
	{ "portability", "number,routing_number\n"
			 "+4915112345,49170123\n4915199999,4917099\n" },
	{ NULL, NULL },
};

static const struct plan_candidate *
find(const struct route_fixture *f, const char *gateway)
{
	return route_fixture_find(f, gateway);
}

/* Where the number was ported to says who sells it, the tariff says which of
 * the two it charges for. */
static void
in_a_plan(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "portability", tables)))
		goto out;
	query = route_fixture_query(&f, "acme", "4915112345", NULL, 60);
	if (!OK(route_fixture_plan(&f, &query)))
		goto out;
	CHECK(strcmp(route_fixture_hops(&f), "c a b") == 0);
	CHECK(f.plan.sell == 6000000);
	CHECK(snapshot_ported(f.snapshot, &query.number, &query.porting.routing));
	if (!OK(route_fixture_plan(&f, &query)))
		goto out;
	CHECK(strcmp(route_fixture_hops(&f), "b a") == 0);
	CHECK(f.plan.sell == 10000000 && prefix_len(f.plan.sell_prefix) == 5);
	CHECK(find(&f, "a")->cost == 5000000); /* by the routing number */
	CHECK(find(&f, "b")->cost == 2000000); /* by what was dialled */
	CHECK(find(&f, "c")->excluded == PLAN_NO_PREFIX);
	/* a block of either number is one */
	query = route_fixture_query(&f, "acme", "4915199999", NULL, 60);
	CHECK(snapshot_ported(f.snapshot, &query.number, &query.porting.routing));
	if (OK(route_fixture_plan(&f, &query)))
		CHECK(find(&f, "a")->excluded == PLAN_BLOCKED);
	query = route_fixture_query(&f, "acme", "4915100000", NULL, 60);
	CHECK(!snapshot_ported(f.snapshot, &query.number, &query.porting.routing));
	CHECK(snapshot_report(f.snapshot)->ported == 2);
out:
	route_fixture_close(&f);
}

/* The same at its turn. */
static void
at_its_turn(void)
{
	struct route_fixture f;
	struct plan_query query;
	struct plan_hop hop;

	if (!OK(route_fixture_open(&f, "portability", tables)))
		goto out;
	query = route_fixture_query(&f, "acme", "4915112345", NULL, 60);
	CHECK(number_parse(str_of("49170123"), &query.porting.routing) == 0);
	if (!OK(route_fixture_plan(&f, &query)))
		goto out;
	hop = (struct plan_hop){ .account = query.account,
				 .number = &query.number,
				 .routing = &query.porting.routing,
				 .carrier = find(&f, "a")->carrier,
				 .gateway = find(&f, "a")->gateway,
				 .duration_s = 60,
				 .has_sell = true,
				 .sell = 5000000,
				 .now = query.at };
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_NOT_EXCLUDED);
	hop.sell = 4999999;
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_LOSS);
	hop.carrier = find(&f, "c")->carrier;
	CHECK(plan_check_hop(f.snapshot, &hop) == PLAN_NO_PREFIX);
out:
	route_fixture_close(&f);
}

/* --- what gateways are told --- */

static const struct {
	uint8_t how; /* enum gateway_portability */
	const char *params, *expected; /* params NULL: nothing is known */
} told[] = {
	{ PORTABILITY_NONE, "npdi;rn=+49170", "+4915112345" },
	{ PORTABILITY_PARAMS, NULL, "+4915112345" },
	{ PORTABILITY_PARAMS, "npdi", "+4915112345;npdi" },
	{ PORTABILITY_PARAMS, "rn=+49170", "+4915112345;npdi;rn=+49170" },
	{ PORTABILITY_PARAMS, "rn=+49D1", "+4915112345;npdi;rn=+49D1" },
	{ PORTABILITY_NUMBER, "npdi;rn=+49170", "+49170" },
	{ PORTABILITY_NUMBER, "npdi;rn=+49D1", "+4915112345" },
	{ PORTABILITY_NUMBER, "npdi", "+4915112345" },
};

static void
parameters(void)
{
	static const struct dial_plan plan = { "49", "00", "0" };
	struct number number;
	char out[64];

	CHECK(number_parse(str_of("4915112345"), &number) == 0);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		struct gateway gateway = { .prefix = "",
					   .portability = told[i].how };
		struct porting porting = { .source = PORTING_UNKNOWN };

		test_row(told[i].expected);
		if (told[i].params != NULL)
			CHECK(porting_parse(str_of(told[i].params),
					    PORTING_REQUEST, &porting) == 0);
		CHECK(plan_gateway_user(&gateway, &plan, &number, &porting, out,
					sizeof(out)) == 0);
		CHECK(strcmp(out, told[i].expected) == 0);
	}
}

static const struct test tests[] = {
	{ "numbers are found, their neighbours are not", finding, false },
	{ "(a), (c) ported numbers in a plan", in_a_plan, false },
	{ "(f) ported numbers at a hop's turn", at_its_turn, false },
	{ "what gateways are told of it", parameters, true },
};

const struct test_suite suite_portability = TEST_SUITE("portability", tests);
