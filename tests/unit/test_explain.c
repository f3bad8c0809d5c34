/* test_explain.c - a decision as JSON and as a table */
#include "route/explain_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tel/media.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"

static const struct route_csv sample[] = {
	{ "tariffs", "tariff,currency\nblue,EUR\ngreen,EUR\nusd,USD\n"
		     "retail,EUR\n" },
	{ "rates", "tariff,prefix,rate,connect_fee,first_increment,increment\n"
		   "blue,49,0.0100,,60,60\n"
		   "green,4930,0.0120,0.001,1,1\n"
		   "usd,,0.02,,,\n"
		   "blue,33,,,,\n"
		   "retail,49,0.03125,,60,60\n" },
	{ "carriers", "carrier,tariff\nblue,blue\ngreen,green\nsam,usd\n"
		      "none,\n" },
	{ "gateways", "gateway,carrier,uri,enabled\n"
		      "blue-1,blue,sip:192.0.2.1,\n"
		      "green-1,green,sip:192.0.2.2:5070,\n"
		      "sam-1,sam,sip:192.0.2.3,\n"
		      "none-1,none,sip:192.0.2.4,\n" },
	{ "accounts", "account,tariff,country_code\n"
		      "acme,retail,\nswiss,,41\n" },
	{ NULL, NULL },
};

/* jansson's memory is ours too while a test runs. */
static bool
open_fixture(struct route_fixture *f)
{
	json_set_alloc_funcs(mem_alloc, mem_free);
	return OK(route_fixture_open(f, "explain", sample));
}

static void
close_fixture(struct route_fixture *f)
{
	route_fixture_close(f);
	json_set_alloc_funcs(malloc, free);
}

static bool
plan(struct route_fixture *f, const struct plan_query *query, int expected)
{
	int err = route_fixture_plan(f, query);

	return err == ERR_NOMEM ? OK(err) : CHECK(err == expected);
}

/* The JSON of a query as text without spaces, in f->arena; NULL when there is
 * none. */
static const char *
explain(struct route_fixture *f, const struct plan_query *query)
{
	json_t *json = NULL;
	char *text, *copy;

	if (!OK(route_explain_json(f->snapshot, query, &f->plan, &json)))
		return NULL;
	text = json_dumps(json, JSON_COMPACT | JSON_PRESERVE_ORDER);
	json_decref(json);
	if (text == NULL)
		return NULL;
	copy = arena_strndup(&f->arena, text, strlen(text));
	mem_free(text);
	return copy;
}

static void
check_json(struct route_fixture *f, const struct plan_query *query,
	   const char *expected)
{
	const char *text = explain(f, query);

	if (test_starved())
		return;
	if (!CHECK(text != NULL && strcmp(text, expected) == 0))
		fprintf(stderr, "%s\n", text != NULL ? text : "nothing");
}

static void
json_of_a_plan(void)
{
	static const char expected[] =
	    "{\"number\":\"4930123\",\"caller\":null,\"routing_number\":null,"
	    "\"porting_source\":null,\"media\":null,\"class\":\"national\",\"number_class\":\"unknown\","
	    "\"rule\":\"built-in\",\"account\":\"acme\","
	    "\"policy\":{\"strategy\":\"least_cost\",\"tolerance\":null,"
	    "\"min_margin\":null,\"min_margin_percent\":null,"
	    "\"max_loss\":\"0\"},"
	    "\"at\":\"2026-03-27T12:00:00Z\",\"duration_s\":60,"
	    "\"generation\":7,\"sources\":[\"static\"],\"currency\":\"EUR\","
	    "\"sell\":\"0.03125\",\"refused\":null,\"candidates\":["
	    "{\"rank\":1,\"carrier\":\"blue\",\"gateway\":\"blue-1\","
	    "\"uri\":\"sip:192.0.2.1\",\"user\":\"+4930123\",\"from\":null,\"identity\":null,\"source\":\"static\",\"prefix\":\"49\",\"rate\":\"0.01\","
	    "\"connect_fee\":\"0\",\"first_increment\":60,\"increment\":60,\"rate_prefix\":\"49\","
	    "\"currency\":\"EUR\",\"cost\":\"0.01\",\"value\":\"0.01\",\"sell\":\"0.03125\","
	    "\"margin\":\"0.02125\",\"excluded\":null},"
	    "{\"rank\":2,\"carrier\":\"green\",\"gateway\":\"green-1\","
	    "\"uri\":\"sip:192.0.2.2:5070\",\"user\":\"+4930123\",\"from\":null,\"identity\":null,\"source\":\"static\",\"prefix\":\"4930\","
	    "\"rate\":\"0.012\",\"connect_fee\":\"0.001\","
	    "\"first_increment\":1,\"increment\":1,\"rate_prefix\":\"4930\",\"currency\":\"EUR\","
	    "\"cost\":\"0.013\",\"value\":\"0.013\",\"sell\":\"0.03125\",\"margin\":\"0.01825\","
	    "\"excluded\":null},"
	    "{\"rank\":null,\"carrier\":\"none\",\"gateway\":\"none-1\","
	    "\"uri\":\"sip:192.0.2.4\",\"user\":\"+4930123\",\"from\":null,\"identity\":null,\"source\":\"static\",\"prefix\":null,\"rate\":null,"
	    "\"connect_fee\":null,\"first_increment\":null,"
	    "\"increment\":null,\"rate_prefix\":null,\"currency\":null,\"cost\":null,"
	    "\"value\":null,\"sell\":\"0.03125\",\"margin\":null,"
	    "\"excluded\":\"carrier has no tariff\"},"
	    "{\"rank\":null,\"carrier\":\"sam\",\"gateway\":\"sam-1\","
	    "\"uri\":\"sip:192.0.2.3\",\"user\":\"+4930123\",\"from\":null,\"identity\":null,\"source\":\"static\",\"prefix\":\"\",\"rate\":\"0.02\","
	    "\"connect_fee\":\"0\",\"first_increment\":1,\"increment\":1,\"rate_prefix\":\"\","
	    "\"currency\":\"USD\",\"cost\":\"0.02\",\"value\":null,\"sell\":\"0.03125\","
	    "\"margin\":null,"
	    "\"excluded\":\"currency differs and has no exchange rate\"}],"
	    "\"plan\":[\"blue-1\",\"green-1\"]}";
	struct route_fixture f;
	struct plan_query query;

	if (open_fixture(&f)) {
		query = route_fixture_query(&f, "acme", "4930123", NULL, 60);
		if (plan(&f, &query, 0))
			check_json(&f, &query, expected);
	}
	close_fixture(&f);
}

/* What a refusal looks like; and nobody's call, abroad for a Swiss. */
static void
json_without_a_plan(void)
{
	struct route_fixture f;
	struct plan_query query;
	const char *text;

	if (!open_fixture(&f))
		goto out;
	query = route_fixture_query(&f, "acme", "33123", NULL, 60);
	if (plan(&f, &query, ERR_NOPRICE)) {
		text = explain(&f, &query);
		CHECK(text != NULL &&
		      strstr(text, "\"refused\":\"account has no price for "
				   "this number\"") != NULL);
		CHECK(text != NULL && strstr(text, "\"plan\":[]}") != NULL);
		CHECK(text != NULL && strstr(text, "\"sell\":null") != NULL);
		/* blue's row says "not sold": no rate, and why */
		CHECK(text != NULL &&
		      strstr(text, "\"prefix\":\"33\",\"rate\":null,") != NULL);
		CHECK(text != NULL &&
		      strstr(text, "\"excluded\":\"carrier does not sell this "
				   "prefix\"") != NULL);
	}
	query = route_fixture_query(&f, "swiss", "4930123", NULL, 0);
	route_fixture_state(&f, "blue-1")->disabled = true;
	route_fixture_state(&f, "green-1")->disabled = true;
	if (plan(&f, &query, ERR_NOROUTE)) {
		text = explain(&f, &query);
		CHECK(text != NULL &&
		      strstr(text, "\"class\":\"international\"") != NULL);
		CHECK(text != NULL && strstr(text, "\"refused\":\"") != NULL &&
		      strstr(text, "\"duration_s\":180") != NULL);
	}
out:
	close_fixture(&f);
}

static void
check_text(struct route_fixture *f, const struct plan_query *query,
	   const char *expected)
{
	char text[4096] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	if (!CHECK(out != NULL))
		return;
	route_explain_text(out, f->snapshot, query, &f->plan);
	fclose(out);
	if (!CHECK(strcmp(text, expected) == 0) && !test_starved())
		fprintf(stderr, "%s", text);
}

static void
text_of_a_plan(void)
{
	static const char expected[] =
	    "number 4930123 (national, unknown), 60 s at 2026-03-27T12:00:00Z, "
	    "generation 7\n"
	    "account acme pays 0.03125 EUR (prefix \"49\")\n"
	    "policy least_cost\n"
	    "\n"
	    "RANK  CARRIER  GATEWAY  PREFIX    RATE     FEE  INCREMENTS"
	    "    COST  CURRENCY   MARGIN  EXCLUDED\n"
	    "   1  blue     blue-1   49      0.0100  0.0000  60/60     "
	    "  0.0100  EUR       0.02125\n"
	    "   2  green    green-1  4930    0.0120  0.0010  1/1       "
	    "  0.0130  EUR       0.01825\n"
	    "   -  none     none-1                                     "
	    "                             carrier has no tariff\n"
	    "   -  sam      sam-1    \"\"      0.0200  0.0000  1/1       "
	    "  0.0200  USD                currency differs and has no exchange "
	    "rate\n";
	struct route_fixture f;
	struct plan_query query;

	if (open_fixture(&f)) {
		query = route_fixture_query(&f, "acme", "4930123", NULL, 60);
		if (plan(&f, &query, 0))
			check_text(&f, &query, expected);
	}
	close_fixture(&f);
}

static const struct {
	const char *what;
	enum number_format format;
	enum gateway_identity identity;
	bool trusted, hides;
	const char *said, *from, *told;
} callers[] = {
	{ "as it came", FORMAT_PRESET, IDENTITY_KEEP, true, false, "089777",
	  "089777", "keep" },
	{ "nobody said how it came", FORMAT_PRESET, IDENTITY_PAI, true, false,
	  NULL, "+4989777", "pai" },
	{ "in a format", FORMAT_DIGITS, IDENTITY_RPID, true, true, "089777",
	  "774989777", "rpid" },
	{ "not hidden", FORMAT_PLUS, IDENTITY_NONE, false, false, "089777",
	  "+774989777", "none" },
	{ "hidden", FORMAT_PLUS, IDENTITY_PAI, false, true, "089777",
	  "anonymous", "none" },
};

static void
callers_told(void)
{
	struct route_fixture f;
	char from[EXPLAIN_USER_MAX];

	if (!open_fixture(&f))
		goto out;
	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		const struct gateway gateway = {
			.caller_format = callers[i].format,
			.caller_prefix = "77",
			.identity = (uint8_t)callers[i].identity,
			.trusted = callers[i].trusted,
		};
		struct plan_query query =
		    route_fixture_query(&f, "acme", "4930123", NULL, 60);

		test_row(callers[i].what);
		CHECK(!explain_from(f.snapshot, &query, &gateway, from));
		CHECK(number_parse(str_of("4989777"), &query.caller) == 0);
		query.caller_said = callers[i].said;
		query.hides = callers[i].hides;
		CHECK(explain_from(f.snapshot, &query, &gateway, from) &&
		      strcmp(from, callers[i].from) == 0);
		CHECK(strcmp(explain_identity(f.snapshot, &query, &gateway),
			     callers[i].told) == 0);
	}
	test_row(NULL);
out:
	close_fixture(&f);
}

/* What else is asked: a caller, a ported number, media. */
static void
what_was_asked(void)
{
	struct route_fixture f;
	struct plan_query query;
	const char *text;

	if (!open_fixture(&f))
		goto out;
	query = route_fixture_query(&f, "acme", "4930123", NULL, 60);
	CHECK(porting_set(str_of("+4930999"), PORTING_TABLE, &query.porting) ==
	      0);
	CHECK(media_parse(str_of("rtp pcma"), &query.media) == 0);
	CHECK(number_parse(str_of("4989777"), &query.caller) == 0);
	if (!plan(&f, &query, 0))
		goto out;
	text = explain(&f, &query);
	CHECK(text != NULL &&
	      strstr(text, "\"caller\":{\"number\":\"4989777\",\"verdict\":"
			   "\"any\",\"shown\":\"4989777\"},"
			   "\"routing_number\":\"4930999\","
			   "\"porting_source\":\"table\","
			   "\"media\":\"rtp pcma\"") != NULL);
out:
	close_fixture(&f);
}

static void
text_without_a_plan(void)
{
	static const struct route_csv none[] = { { NULL, NULL } };
	struct route_fixture f;
	struct plan_query query;

	if (OK(route_fixture_open(&f, "nothing", none))) {
		query = route_fixture_query(&f, NULL, "33123", NULL, 60);
		if (plan(&f, &query, ERR_NOROUTE))
			check_text(&f, &query,
				   "number 33123 (international, short_code), 60 s at "
				   "2026-03-27T12:00:00Z, generation 7\n"
				   "no plan: no carrier sells this number\n");
	}
	route_fixture_close(&f);
}

static const struct test tests[] = {
	{ "JSON tells of every gateway", json_of_a_plan, false },
	{ "what gateways are told of the caller", callers_told, false },
	{ "what was asked is told", what_was_asked, false },
	{ "JSON tells why there is no plan", json_without_a_plan, false },
	{ "the table is aligned", text_of_a_plan, false },
	{ "the table tells why there is no plan", text_without_a_plan, false },
};

const struct test_suite suite_explain = TEST_SUITE("explain", tests);
