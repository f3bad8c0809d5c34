/* test_rule_flows.c - by which connection, from which of our addresses (18.2.2)
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_names.h"
#include "tests/unit/proxy_world.h"

extern const struct test_suite suite_rule_flows;

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define ANOTHER 77 /* connection */
#define ELSEWHERE 2 /* listener */

static const struct pw_config preset = { .name = "rflow" };

static struct proxy_world w;

/* How a message went that pw_get gave. */
static const struct sip_flow *
flow_of(const char *text)
{
	for (size_t i = 0; i < w.n_sent; i++) {
		if (w.sent[i].text == text)
			return &w.sent[i].to;
	}
	test_check(false, "a message that was sent", __FILE__, __LINE__);
	return &w.sent[0].to;
}

/* One side asks, the other answers; how it went. */
static const struct sip_flow *
ask(struct pw_dialog *from, enum pw_peer to, const char *method)
{
	char start[20];
	const char *got;

	snprintf(start, sizeof(start), "%s ", method);
	pw_inside(&w, from, method, NULL);
	got = pw_get(&w, to, start);
	if (got[0] == '\0')
		return &w.sent[0].to;
	pw_answer(&w, to, got, 200, "", NULL);
	pw_get(&w, from->self, "SIP/2.0 200 ");
	return flow_of(got);
}

/* Who comes back by another connection is reached by that from then on. */
static void
a_side_that_connects_again(void)
{
	struct pw_talk talk;

	if (!pw_open(&w, &preset))
		goto out;
	w.by[PW_CALLER] = SIP_TCP;
	if (!pw_talk(&w, &talk, NULL))
		goto out;
	snprintf(talk.callee.target, sizeof(talk.callee.target),
		 "sip:me@192.0.2.10;transport=tcp");
	CHECK(ask(&talk.callee, PW_CALLER, "INFO")->conn ==
	      w.conn[PW_CALLER]);
	w.conn[PW_CALLER] = ANOTHER;
	(void)ask(&talk.caller, PW_G1, "INFO");
	CHECK(ask(&talk.callee, PW_CALLER, "INFO")->conn == ANOTHER);
	/* an ACK says it as well */
	w.conn[PW_CALLER] = ANOTHER + 1;
	pw_inside_as(&w, &talk.caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	w.conn[PW_CALLER] = 0;
	CHECK(ask(&talk.callee, PW_CALLER, "INFO")->conn == ANOTHER + 1);
out:
	pw_close(&w);
}

/* Not so a gateway: where it connects from nobody may listen (RFC 5923). */
static void
a_gateway_that_connects(void)
{
	const struct pw_config config = {
		.name = "rfg",
		.gateways = "gateway,carrier,uri\n"
			    "g1,c1,sip:198.51.100.1;transport=tcp\n",
	};
	struct pw_talk talk;
	uint32_t ours;

	if (!pw_open(&w, &config))
		goto out;
	w.by[PW_G1] = SIP_TCP;
	ours = w.conn[PW_G1];
	if (!pw_talk(&w, &talk, NULL))
		goto out;
	w.conn[PW_G1] = ANOTHER;
	(void)ask(&talk.callee, PW_CALLER, "INFO");
	snprintf(talk.caller.target, sizeof(talk.caller.target),
		 "sip:it@198.51.100.1;transport=tcp");
	CHECK(ask(&talk.caller, PW_G1, "INFO")->conn == ours);
out:
	pw_close(&w);
}

/* 16.7 step 5: the call has failed and its transaction is over, and there is an
 * answer nevertheless. It goes where the others went. */
static void
an_answer_that_is_late(void)
{
	static char first[PW_TEXT_MAX];
	const struct pw_request call = {
		.via = "Via: SIP/2.0/TCP pbx.example;branch=z9hG4bKlate\r\n"
	};
	const char *invite, *got;
	uint32_t conn;

	if (!pw_open(&w, &preset))
		goto out;
	w.by[PW_CALLER] = SIP_TCP;
	conn = w.conn[PW_CALLER];
	snprintf(first, sizeof(first), "%s", pw_ask(&w, PW_CALLER, &call));
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_run(&w, 3000);
	pw_skip(&w, PW_CALLER);
	got = pw_get(&w, PW_G2, "INVITE ");
	pw_answer(&w, PW_G2, got, 486, "g2", NULL);
	pw_skip(&w, PW_G2);
	pw_ack(&w, first, pw_get(&w, PW_CALLER, "SIP/2.0 486 "));
	pw_run(&w, 1000);
	pw_skip(&w, PW_G1);
	w.conn[PW_CALLER] = ANOTHER;
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(flow_of(got)->conn == conn && flow_of(got)->listener == 1);
	CHECK(flow_of(got)->transport == SIP_TCP);
	CHECK(flow_of(got)->addr.port == 5060); /* of the sent-by */
	pw_ack(&w, first, got);
out:
	pw_close(&w);
}

/* Both sides know one of our addresses: requests inside the call come from it,
 * whatever the system's routes (or the first listener) would say. */
static void
one_address_of_several(void)
{
	struct pw_talk talk;
	char *at;

	if (!pw_open(&w, &preset) || !pw_talk(&w, &talk, NULL))
		goto out;
	/* as if the call had come by, and gone from, a third one */
	w.node.listeners.at[ELSEWHERE] = w.node.listeners.at[0];
	w.node.listeners.at[ELSEWHERE].port = 5080;
	w.node.listeners.at[ELSEWHERE].addr.port = 5080;
	w.node.listeners.n = ELSEWHERE + 1;
	at = strstr(talk.callee.routes, ":5060");
	if (!CHECK(at != NULL))
		goto out;
	memcpy(at, ":5080", 5);
	CHECK(ask(&talk.callee, PW_CALLER, "INFO")->listener == ELSEWHERE);
out:
	w.node.listeners.n = ELSEWHERE;
	pw_close(&w);
}

/* A NAT gives a caller another port when it has forgotten him: where he was last
 * heard from is where he is. The callee's Contact is his own affair. */
static void
another_port_of_a_nat(void)
{
	static const char param[] = ";lcrn=c000020a13c4>\r\n";
	struct pw_talk talk;
	char *at;

	if (!pw_open(&w, &preset) || !pw_talk(&w, &talk, NULL))
		goto out;
	snprintf(talk.callee.target, sizeof(talk.callee.target),
		 "sip:me@10.1.2.3");
	at = strchr(talk.callee.routes, '>');
	if (!CHECK(at != NULL))
		goto out;
	snprintf(at, sizeof(param), "%s", param);
	CHECK(ask(&talk.callee, PW_CALLER, "INFO")->addr.port == 5060);
	w.port[PW_CALLER] = 40001;
	(void)ask(&talk.caller, PW_G1, "INFO");
	CHECK(ask(&talk.callee, PW_CALLER, "INFO")->addr.port == 40001);
	w.port[PW_CALLER] = 40002;
	pw_inside_as(&w, &talk.caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	CHECK(ask(&talk.callee, PW_CALLER, "BYE")->addr.port == 40002);
	(void)pw_records(&w);
out:
	pw_close(&w);
}

/* --- whom a TLS server must prove to be --- */

static const struct dns_zone_record zone[] = {
	{ "gw.test", DNS_A, 60, "198.51.100.1" },
};
static struct proxy_names names;

/* A call by TLS to a gateway that is a name. */
static bool
talk_by_tls(const struct pw_config *config, struct pw_talk *talk)
{
	struct listeners *listeners = &w.node.listeners;

	if (!pw_open(&w, config))
		return false;
	listeners->at[ELSEWHERE] = listeners->at[1];
	listeners->at[ELSEWHERE].transport = SIP_TLS;
	listeners->ip4 |= 1U << SIP_TLS;
	listeners->n = ELSEWHERE + 1;
	if (!pn_open(&names, &w, zone, N(zone), 0))
		return false;
	pw_call(&w, NULL);
	pn_answer(&names);
	snprintf(talk->invite, sizeof(talk->invite), "%s",
		 pw_get(&w, PW_G1, "INVITE "));
	w.by[PW_G1] = SIP_TLS;
	pw_answer(&w, PW_G1, talk->invite, 200, "g1", NULL);
	pw_of_answer(&talk->caller, PW_CALLER,
		     pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pw_of_invite(&talk->callee, PW_G1, talk->invite, "g1");
	(void)pw_records(&w);
	return true;
}

/* Its Contact is an address, for which it has no certificate: its domain proves
 * itself there, be the call known here or not. */
static void
tls_to_a_contact(void)
{
	static const struct {
		const char *what;
		struct pw_config config;
	} rows[] = {
		{ "a call that is known",
		  { .name = "rft",
		    .gateways = "gateway,carrier,uri\n"
				"g1,c1,sips:gw.test:5061\n" } },
		{ "one that is not",
		  { .name = "rfu",
		    .settings = "sip = { max_dialogs = 0; };",
		    .gateways = "gateway,carrier,uri\n"
				"g1,c1,sips:gw.test:5061\n" } },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct pw_talk talk;
		const char *got;

		test_row(rows[i].what);
		if (!talk_by_tls(&rows[i].config, &talk))
			goto next;
		pw_inside(&w, &talk.callee, "UPDATE",
			  "Contact: <sip:it@198.51.100.2:5061;transport=tls>"
			  "\r\n");
		pw_answer(&w, PW_CALLER, pw_get(&w, PW_CALLER, "UPDATE "), 200,
			  "", NULL);
		pw_get(&w, PW_G1, "SIP/2.0 200 ");
		snprintf(talk.caller.target, sizeof(talk.caller.target),
			 "sip:it@198.51.100.2:5061;transport=tls");
		pw_inside_as(&w, &talk.caller, "ACK", 1, NULL);
		got = pw_get(&w, PW_G2, "ACK ");
		CHECK(flow_of(got)->transport == SIP_TLS);
		CHECK(flow_of(got)->name != 0);
		CHECK(ask(&talk.caller, PW_G2, "INFO")->name != 0);
next:
		w.node.listeners.n = ELSEWHERE;
		pw_close(&w);
		pn_close(&names);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "a caller that connects again", a_side_that_connects_again, true },
	{ "a gateway that connects", a_gateway_that_connects, true },
	{ "another port of a NAT", another_port_of_a_nat, true },
	{ "an answer that is late goes where the others went",
	  an_answer_that_is_late, true },
	{ "one address of several", one_address_of_several, true },
	{ "by TLS to a Contact that is an address", tls_to_a_contact, true },
};

const struct test_suite suite_rule_flows = TEST_SUITE("rule_flows", tests);
