/* test_rule_long.c - requests that are too long for a datagram (18.1.1) */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_names.h"

extern const struct test_suite suite_rule_long;

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct dns_zone_record zone[] = {
	{ "two.test", DNS_A, 60, "198.51.100.1" },
	{ "two.test", DNS_A, 60, "198.51.100.2" },
};

static const struct pw_config preset = {
	.name = "rl",
	.settings = "policy = ( { name = \"m\"; to = \"number\"; "
		    "method = [ \"MESSAGE\", \"other\" ]; action = \"route\"; } "
		    ");",
};
static const struct pw_config by_name = {
	.name = "rln",
	.gateways = "gateway,carrier,uri\ntwo,c1,sip:two.test\n",
	.settings = "policy = ( { name = \"m\"; to = \"number\"; "
		    "method = [ \"MESSAGE\", \"other\" ]; action = \"route\"; } "
		    ");",
};

static struct proxy_world w;
static struct proxy_names names;

/* Rows that no datagram has room for. */
static const char *
much(void)
{
	static char out[1500];
	size_t len = 0;

	for (int i = 0; i < 3; i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len,
					"X-Much: %0450d\r\n", i);
	return out;
}

static const char *
went_by(const char *text, const char *where)
{
	if (!CHECK(strcmp(pw_where(text), where) == 0))
		fprintf(stderr, "    sent to %s\n", pw_where(text));
	return text;
}

static void
by_tcp(void)
{
	struct pw_dialog caller;
	const char *invite, *got;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL); /* a short one does not */
	(void)went_by(pw_get(&w, PW_G1, "INVITE "), "udp 198.51.100.1:5060");
	pw_call(&w, much());
	invite = went_by(pw_get(&w, PW_G1, "INVITE "),
			 "tcp 198.51.100.1:5060");
	CHECK(strncmp(pw_header(invite, "Via", 0), "SIP/2.0/TCP ", 12) == 0);
	got = strstr(pw_header(invite, "Record-Route", 0), "transport=tcp");
	CHECK(got != NULL && strstr(got, ";lr") != NULL); /* RFC 5658: two */
	w.by[PW_G1] = SIP_TCP;
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&caller, PW_CALLER, got);
	pw_inside_as(&w, &caller, "ACK", 1, much());
	(void)went_by(pw_get(&w, PW_G1, "ACK "), "tcp 198.51.100.1:5060");
	pw_inside(&w, &caller, "INFO", NULL);
	got = went_by(pw_get(&w, PW_G1, "INFO "), "udp 198.51.100.1:5060");
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_inside(&w, &caller, "INFO", much());
	got = went_by(pw_get(&w, PW_G1, "INFO "), "tcp 198.51.100.1:5060");
	CHECK(strncmp(pw_header(got, "Via", 0), "SIP/2.0/TCP ", 12) == 0);
out:
	pw_close(&w);
}

/* The CANCEL goes where its INVITE went. */
static void
cancelled(void)
{
	static char begun[PW_TEXT_MAX];
	const char *invite;

	if (!pw_open(&w, &preset))
		goto out;
	snprintf(begun, sizeof(begun), "%s", pw_call(&w, much()));
	invite = pw_get(&w, PW_G1, "INVITE ");
	w.by[PW_G1] = SIP_TCP;
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_cancel(&w, begun);
	(void)went_by(pw_get(&w, PW_G1, "CANCEL "), "tcp 198.51.100.1:5060");
	pw_answer(&w, PW_G1, invite, 487, "g1", NULL);
	(void)went_by(pw_get(&w, PW_G1, "ACK "), "tcp 198.51.100.1:5060");
out:
	pw_close(&w);
}

/* Where TCP is not to be had it goes by UDP all the same, and the next one does
 * at once, for half a minute. */
static void
back_to_udp(void)
{
	const char *got;

	if (!pw_open(&w, &preset))
		goto out;
	w.stream_err[PW_G1] = ERR_IO;
	pw_call(&w, much());
	pw_run(&w, 1);
	got = went_by(pw_get(&w, PW_G1, "INVITE "), "udp 198.51.100.1:5060");
	CHECK(strncmp(pw_header(got, "Via", 0), "SIP/2.0/UDP ", 12) == 0);
	pw_answer(&w, PW_G1, got, 486, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_quiet(&w, PW_G2));
	CHECK(pw_went(&w,
		      "attempt 1 unreachable; attempt 2 rejected 486; "
		      "fail failed 486",
		      "198.51.100.1:5060 198.51.100.1:5060"));
	pw_run(&w, 20000);
	w.stream_err[PW_G1] = 0;
	pw_call(&w, much());
	got = went_by(pw_get(&w, PW_G1, "INVITE "), "udp 198.51.100.1:5060");
	pw_answer(&w, PW_G1, got, 486, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_run(&w, 11000);
	pw_call(&w, much());
	(void)went_by(pw_get(&w, PW_G1, "INVITE "), "tcp 198.51.100.1:5060");
out:
	pw_close(&w);
}

/* Our TCP is of IPv4 alone: nothing is tried by it that cannot be, which would look
 * as if the gateway were at fault. */
static void
no_tcp_of_that_family(void)
{
	static const struct pw_config config = {
		.name = "rl6",
		.gateways = "gateway,carrier,uri\ng1,c1,sip:[2001:db8::1]\n",
	};
	struct listeners *listeners = &w.node.listeners;
	struct listener *l = &listeners->at[2];
	const char *got;

	if (!pw_open(&w, &config))
		goto out;
	*l = listeners->at[0];
	(void)addr_parse(str_of("[2001:db8::9]"), 5060, &l->addr);
	listeners->n = 3;
	pw_call(&w, much());
	got = went_by(pw_get(&w, PW_STRANGER, "INVITE "),
		      "udp [2001:db8::1]:5060");
	pw_answer(&w, PW_STRANGER, got, 486, "g1", NULL);
	CHECK(pw_was(&w, "attempt 1 rejected 486; fail failed 486"));
out:
	listeners->n = 2;
	pw_close(&w);
}

/* An operator who says UDP means it, and one who says TCP gets no UDP. */
static void
named_transports(void)
{
	static const struct {
		const char *name, *gateways, *where;
	} rows[] = {
		{ "rlu",
		  "gateway,carrier,uri\ng1,c1,sip:198.51.100.1;transport=udp\n"
		  "g2,c2,sip:198.51.100.2\n",
		  "udp 198.51.100.1:5060" },
		{ "rlt",
		  "gateway,carrier,uri\ng1,c1,sip:198.51.100.1;transport=tcp\n"
		  "g2,c2,sip:198.51.100.2\n",
		  "tcp 198.51.100.1:5060" },
	};

	for (size_t i = 0; i < N(rows); i++) {
		const struct pw_config config = { .name = rows[i].name,
						  .gateways =
						      rows[i].gateways };

		test_row(rows[i].where);
		if (!pw_open(&w, &config))
			goto next;
		pw_call(&w, much());
		(void)went_by(pw_get(&w, PW_G1, "INVITE "), rows[i].where);
		w.stream_err[PW_G1] = ERR_IO;
		pw_call(&w, much());
		pw_run(&w, 1);
		if (strncmp(rows[i].where, "udp", 3) == 0)
			pw_get(&w, PW_G1, "INVITE ");
		else
			pw_get(&w, PW_G2, "INVITE ");
		CHECK(pw_quiet(&w, PW_G1));
next:
		pw_close(&w);
	}
}

/* A name with two addresses: each of them by TCP, then by UDP. */
static void
each_address(const char *method, const struct pw_request *request)
{
	static const char *const order[] = { "udp 198.51.100.1:5060",
					     "udp 198.51.100.2:5060" };
	const char *got;

	if (!pn_begin(&names, &w, &by_name, zone, N(zone), 0))
		return;
	w.stream_err[PW_G1] = ERR_IO;
	pw_ask(&w, PW_CALLER, request);
	pn_answer(&names);
	pw_run(&w, 1);
	got = went_by(pw_get(&w, PW_G1, method), order[0]);
	pw_undelivered(&w, got);
	pw_run(&w, 1);
	got = went_by(pw_get(&w, PW_G2, method), "tcp 198.51.100.2:5060");
	CHECK(strncmp(pw_header(got, "Via", 0), "SIP/2.0/TCP ", 12) == 0);
	pw_run(&w, 3000); /* it listens and says nothing */
	got = went_by(pw_get(&w, PW_G2, method), order[1]);
	pw_answer(&w, PW_G2, got, 404, "g2", NULL);
	pw_skip(&w, PW_G2);
	pw_run(&w, 1);
	CHECK(pw_quiet(&w, PW_G1) && pw_quiet(&w, PW_G2));
}

static void
two_addresses(void)
{
	const struct pw_request call = { .headers = much() };
	const struct pw_request message = { .method = "MESSAGE",
					    .headers = much() };

	each_address("INVITE ", &call);
	CHECK(pw_was(&w, "attempt 1 unreachable; attempt 2 unreachable; "
			 "attempt 3 timeout; attempt 4 rejected 404; "
			 "fail failed 404"));
	pn_end(&names, &w);
	each_address("MESSAGE ", &message);
	pn_end(&names, &w);
}

/* Inside a call, to a Contact that is the name. */
static void
inside_a_call(void)
{
	struct pw_talk talk;
	const char *got;

	if (!pn_begin(&names, &w, &preset, zone, N(zone), 0) ||
	    !pw_talk(&w, &talk, NULL))
		goto out;
	pw_inside(&w, &talk.callee, "UPDATE",
		  "Contact: <sip:it@two.test>\r\n");
	pw_answer(&w, PW_CALLER, pw_get(&w, PW_CALLER, "UPDATE "), 200, "",
		  NULL);
	pw_get(&w, PW_G1, "SIP/2.0 200 ");
	snprintf(talk.caller.target, sizeof(talk.caller.target),
		 "sip:it@two.test");
	w.stream_err[PW_G1] = ERR_IO;
	pw_inside(&w, &talk.caller, "INFO", much());
	pn_answer(&names);
	pw_run(&w, 1);
	got = went_by(pw_get(&w, PW_G1, "INFO "), "udp 198.51.100.1:5060");
	pw_undelivered(&w, got);
	pw_run(&w, 1);
	(void)went_by(pw_get(&w, PW_G2, "INFO "), "tcp 198.51.100.2:5060");
	w.stream_err[PW_G2] = ERR_IO;
	pw_inside(&w, &talk.caller, "INFO", much());
	pw_run(&w, 1);
	got = went_by(pw_get(&w, PW_G2, "INFO "), "udp 198.51.100.2:5060");
	pw_answer(&w, PW_G2, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
out:
	pn_end(&names, &w);
}

static const struct test tests[] = {
	{ "what is too long for a datagram goes by TCP", by_tcp, true },
	{ "and its CANCEL and ACK", cancelled, true },
	{ "without TCP by UDP, and for a while at once", back_to_udp, true },
	{ "without TCP of that family by UDP", no_tcp_of_that_family, true },
	{ "a transport that is named stays", named_transports, true },
	{ "of a name each address by TCP, then by UDP", two_addresses, true },
	{ "the same inside a call", inside_a_call, true },
};

const struct test_suite suite_rule_long = TEST_SUITE("rule_long", tests);
