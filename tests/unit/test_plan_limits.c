/* test_plan_limits.c - what gateways cannot carry, and callers' numbers */
#include <string.h>

#include "base/err.h"
#include "route/plan.h"
#include "tel/media.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"

static const struct route_csv tables[] = {
	{ "tariffs", "tariff,currency\na,EUR\n" },
	{ "rates", "tariff,prefix,rate\na,49,0.010\n" },
	{ "carriers", "carrier,tariff\nca,a\n" },
	{ "gateways", "gateway,carrier,uri,priority,media\n"
		      "udp,ca,sip:192.0.2.1,1,\n"
		      "tls,ca,sip:192.0.2.2;transport=tls,2,\n"
		      "sips,ca,sips:gw.example,3,\n"
		      "pcma,ca,sip:192.0.2.3,4,rtp pcma\n"
		      "ip6,ca,sip:[2001:db8::1],5,IP6\n"
		      "name,ca,sip:gw.example,6,\n"
		      "tcp,ca,sip:gw.example;transport=tcp,7,\n" },
	{ "accounts", "account,secure,expected_duration_s\n"
		      "open,false,\nsafe,true,\nsaid,false,70\n" },
	{ "durations", "account,prefix,duration_s\n,4940,110\nopen,4950,55\n" },
	{ "measured_durations", "account,prefix,duration_s,calls\n"
				"open,49,90,20\nopen,4930,80,20\n"
				"said,49,90,20\n,49,100,40\n" },
	{ NULL, NULL },
};

static void
excluded_are(struct route_fixture *f, const struct plan_query *query,
	     enum plan_exclusion why, const char *names)
{
	static const char *const all[] = { "udp", "tls",  "sips", "pcma",
					   "ip6", "name", "tcp" };

	if (!OK(route_fixture_plan(f, query)))
		return;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		bool is_named = strstr(names, all[i]) != NULL;

		test_row(all[i]);
		CHECK(route_fixture_find(f, all[i])->excluded ==
		      (is_named ? why : PLAN_NOT_EXCLUDED));
	}
	test_row(NULL);
}

static void
constraints(void)
{
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "constraints", tables)))
		goto out;
	query = route_fixture_query(&f, "open", "491234", NULL, 60);
	excluded_are(&f, &query, PLAN_MEDIA, "");
	query = route_fixture_query(&f, "safe", "491234", NULL, 60);
	excluded_are(&f, &query, PLAN_INSECURE, "udp pcma ip6 name tcp");
	query = route_fixture_query(&f, "open", "491234", NULL, 60);
	query.media = media_of_sdp(str_of("c=IN IP4 192.0.2.9\r\n"
					  "m=audio 9 RTP/AVP 0\r\n"));
	excluded_are(&f, &query, PLAN_MEDIA, "pcma ip6");
	query.media = media_of_sdp(str_of("c=IN IP6 ::1\r\n"
					  "m=audio 9 RTP/SAVP 8\r\n"));
	excluded_are(&f, &query, PLAN_MEDIA, "pcma");
out:
	route_fixture_close(&f);
}

/* What no listener can send to is out of reach. */
static void
reach(void)
{
	static const struct {
		uint32_t reach;
		const char *excluded;
	} cases[] = {
		{ 0, "" },
		{ SNAPSHOT_REACH(GATEWAY_UDP, false), "tls sips ip6 tcp" },
		{ SNAPSHOT_REACH(GATEWAY_UDP, true),
		  "udp tls sips pcma tcp" },
		{ SNAPSHOT_REACH(GATEWAY_TLS, true) |
		      SNAPSHOT_REACH(GATEWAY_UDP, false),
		  "tls ip6 tcp" },
		{ SNAPSHOT_REACH(GATEWAY_TCP, true) |
		      SNAPSHOT_REACH(GATEWAY_UDP, false),
		  "tls sips ip6" },
	};
	struct route_fixture f;
	struct plan_query query;

	if (!OK(route_fixture_open(&f, "constraints", tables)))
		goto out;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!OK(route_fixture_reload(&f, cases[i].reach)))
			goto out;
		query = route_fixture_query(&f, "open", "491234", NULL, 60);
		excluded_are(&f, &query, PLAN_TRANSPORT, cases[i].excluded);
	}
out:
	route_fixture_close(&f);
}

/* Between what is said of the account and of everybody. */
static void
measured(void)
{
	static const struct {
		const char *account, *number;
		int64_t expected;
	} cases[] = {
		{ "open", "49301", 80 },   { "open", "49401", 90 },
		{ "open", "49501", 55 },   { "open", "33123", 180 },
		{ "said", "49301", 70 },   { "safe", "49401", 110 },
		{ "safe", "49301", 100 },  { NULL, "49301", 100 },
	};
	struct route_fixture f;

	if (!OK(route_fixture_open(&f, "constraints", tables)))
		goto out;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct plan_query query = route_fixture_query(
		    &f, cases[i].account, cases[i].number, NULL, 0);
		int err = route_fixture_plan(&f, &query);

		test_row(cases[i].number);
		if (err == ERR_NOMEM)
			OK(err);
		else
			CHECK(f.plan.duration_s == cases[i].expected);
	}
	test_row(NULL);
out:
	route_fixture_close(&f);
}

static const struct {
	enum number_format format;
	uint8_t strip;
	const char *prefix, *number, *expected;
} callers[] = {
	{ FORMAT_PLUS, 0, "", "493012", "+493012" },
	{ FORMAT_DIGITS, 0, "", "493012", "493012" },
	{ FORMAT_DIGITS, 2, "0", "493012", "03012" },
	{ FORMAT_NATIONAL, 0, "", "493012", "03012" },
	{ FORMAT_NATIONAL, 0, "", "4420", "004420" },
	{ FORMAT_PLUS, 2, "33", "493012", "+333012" },
};

static void
callers_numbers(void)
{
	static const struct dial_plan plan = { "49", "00", "0" };
	struct number number;
	char out[32];

	for (size_t i = 0; i < sizeof(callers) / sizeof(callers[0]); i++) {
		struct gateway gateway = {
			.caller_format = callers[i].format,
			.caller_strip = callers[i].strip,
			.caller_prefix = callers[i].prefix,
			.prefix = "99",
			.strip = 1,
		};

		test_row(callers[i].expected);
		CHECK(number_parse(str_of(callers[i].number), &number) == 0);
		CHECK(plan_gateway_caller(&gateway, &plan, &number, out,
					  sizeof(out)) == 0);
		CHECK(strcmp(out, callers[i].expected) == 0);
		CHECK(plan_gateway_caller(&gateway, &plan, &number, out,
					  strlen(callers[i].expected)) ==
		      ERR_SPACE);
	}
}

static const struct test tests[] = {
	{ "(b) TLS and media that a call needs", constraints, false },
	{ "(b) what no listener can send to", reach, false },
	{ "(c) measured durations have their place", measured, false },
	{ "a caller's number as gateways want it", callers_numbers, true },
};

const struct test_suite suite_plan_limits = TEST_SUITE("plan_limits", tests);
