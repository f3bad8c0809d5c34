/* test_rule_repeat.c - INVITEs and other requests that a gateway wants once more:
 * with credentials in several realms, with a longer session (RFC 3261 22.3, RFC
 * 7616, RFC 4028) */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_login.h"

extern const struct test_suite suite_rule_repeat;

static struct proxy_world w;

static bool
was(const char *records)
{
	return pw_was(&w, records);
}

static bool
has(const char *text, const char *name, const char *value)
{
	return strcmp(pw_header(text, name, 0), value) == 0;
}

/* --- credentials --- */

static const struct route_csv logins[] = {
	{ "gateway_credentials", "gateway,realm,username,password\n"
				 "g1,edge," PW_USER "," PW_PASSWORD "\n"
				 "g1,core," PW_USER "," PW_PASSWORD "\n" },
	{ NULL, NULL },
};
static const struct pw_config trunk = { .name = "rp", .more = logins };

#define EDGE(nonce) \
	"Proxy-Authenticate: Digest realm=\"edge\", nonce=\"" nonce \
	"\", qop=\"auth\"\r\n"
#define CORE(nonce) \
	"WWW-Authenticate: Digest realm=\"core\", nonce=\"" nonce \
	"\", qop=\"auth\"\r\n"

static bool
edge_is_right(const char *request, const char *nonce, unsigned nc)
{
	return pw_logs_in(request, "Proxy-Authorization", NULL, nonce, nc);
}

static bool
core_is_right(const char *request, const char *nonce, unsigned nc)
{
	return pw_logs_in(request, "Authorization", NULL, nonce, nc);
}

/* The gateway's proxy asks, then what is behind it: both get theirs, from then on
 * at once. */
static void
two_realms(void)
{
	const char *invite, *got;
	struct pw_dialog caller;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	invite = pw_asked_again(&w, PW_G1, invite, 407, EDGE("e1"));
	CHECK(edge_is_right(invite, "e1", 1) &&
	      pw_count(invite, "Authorization") == 0);
	invite = pw_asked_again(&w, PW_G1, invite, 401, CORE("c1"));
	CHECK(edge_is_right(invite, "e1", 2) && core_is_right(invite, "c1", 1));
	CHECK(pw_cseq(invite) == 6);
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_cseq(got) == 1);
	pw_of_answer(&caller, PW_CALLER, got);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	CHECK(pw_cseq(pw_get(&w, PW_G1, "ACK ")) == 6);
	pw_inside(&w, &caller, "BYE", NULL);
	got = pw_get(&w, PW_G1, "BYE ");
	CHECK(edge_is_right(got, "e1", 3) && core_is_right(got, "c1", 2));
	CHECK(pw_cseq(got) > 3);
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(was("attempt 1 answered 200; start 1; stop caller"));
out:
	pw_close(&w);
}

/* What was refused in its realm is not sent once more, be another one asked
 * meanwhile. */
static void
two_refused(void)
{
	const char *invite;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	invite = pw_asked_again(&w, PW_G1, invite, 407, EDGE("e1"));
	invite = pw_asked_again(&w, PW_G1, invite, 401, CORE("c1"));
	pw_answer(&w, PW_G1, invite, 407, "e", EDGE("e2"));
	pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_quiet(&w, PW_G1));
	pw_get(&w, PW_G2, "INVITE ");
out:
	pw_close(&w);
}

/* nextnonce: calls and requests inside them use what their 2xx said. */
static void
next_nonces(void)
{
	const char *invite, *got;
	struct pw_dialog caller;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	invite = pw_asked_again(&w, PW_G1, invite, 407, EDGE("e1"));
	pw_answer(&w, PW_G1, invite, 200, "g1",
		  "Authentication-Info: nextnonce=\"e2\", qop=auth\r\n");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&caller, PW_CALLER, got);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_inside(&w, &caller, "INFO", NULL);
	got = pw_get(&w, PW_G1, "INFO ");
	CHECK(edge_is_right(got, "e2", 1));
	/* the 2xx again says nothing new: a nonce is counted on */
	pw_answer(&w, PW_G1, invite, 200, "g1",
		  "Authentication-Info: nextnonce=\"e2\", qop=auth\r\n");
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_inside(&w, &caller, "BYE", NULL);
	got = pw_get(&w, PW_G1, "BYE ");
	CHECK(edge_is_right(got, "e2", 2));
	pw_answer(&w, PW_G1, got, 200, "",
		  "Authentication-Info: nextnonce=\"e3\"\r\n");
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_call(&w, NULL);
	CHECK(edge_is_right(pw_get(&w, PW_G1, "INVITE "), "e3", 1));
out:
	pw_close(&w);
}

/* The ACK of a 2xx has what its INVITE had (13.2.2.4), inside the call, too, and
 * as long as it may come again. */
static void
acknowledged(void)
{
	char first[300], again[300];
	const char *invite, *got;
	struct pw_dialog caller;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 407, "e", EDGE("e1"));
	got = pw_get(&w, PW_G1, "ACK "); /* its INVITE had none */
	CHECK(pw_count(got, "Proxy-Authorization") == 0);
	invite = pw_get(&w, PW_G1, "INVITE ");
	snprintf(first, sizeof(first), "%s",
		 pw_header(invite, "Proxy-Authorization", 0));
	CHECK(first[0] != '\0');
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&caller, PW_CALLER, got);
	for (int i = 0; i < 2; i++) {
		pw_inside_as(&w, &caller, "ACK", 1, NULL);
		got = pw_get(&w, PW_G1, "ACK ");
		CHECK(has(got, "Proxy-Authorization", first));
	}
	pw_inside(&w, &caller, "INVITE", NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	snprintf(again, sizeof(again), "%s",
		 pw_header(invite, "Proxy-Authorization", 0));
	CHECK(edge_is_right(invite, "e1", 2));
	pw_answer(&w, PW_G1, invite, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_inside_as(&w, &caller, "ACK", 2, NULL);
	CHECK(has(pw_get(&w, PW_G1, "ACK "), "Proxy-Authorization", again));
	pw_run(&w, 70000);
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_CALLER);
	pw_inside_as(&w, &caller, "ACK", 2, NULL);
	CHECK(has(pw_get(&w, PW_G1, "ACK "), "Proxy-Authorization", ""));
out:
	pw_close(&w);
}

/* The connection of the INVITE that was answered is the gateway's, be it the second
 * one. */
static void
by_connection(void)
{
	const struct pw_config config = {
		.name = "rt",
		.more = logins,
		.gateways = "gateway,carrier,uri\n"
			    "g1,c1,sip:198.51.100.1;transport=tcp\n",
	};
	const char *invite;

	if (!pw_open(&w, &config))
		goto out;
	w.by[PW_G1] = SIP_TCP;
	w.conn[PW_G1] = 77;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	invite = pw_asked_again(&w, PW_G1, invite, 407, EDGE("e1"));
	pw_answer(&w, PW_G1, invite, 200, "g1", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(w.worker.live.newest != NULL &&
	      w.worker.live.newest->way.gateway.conn == 77);
out:
	pw_close(&w);
}

/* A re-INVITE that was sent again: its PRACK names it as it was sent last. */
static void
reliable_again(void)
{
	static char invite[PW_TEXT_MAX];
	char rack[60];
	struct pw_talk talk;
	const char *got;

	if (!pw_open(&w, &trunk) || !pw_talk(&w, &talk, NULL))
		goto out;
	pw_inside(&w, &talk.caller, "INVITE", "Supported: 100rel\r\n");
	got = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, got, 407, "", EDGE("e1"));
	pw_get(&w, PW_G1, "ACK ");
	snprintf(invite, sizeof(invite), "%s", pw_get(&w, PW_G1, "INVITE "));
	CHECK(pw_cseq(invite) == pw_cseq(got) + 1);
	pw_answer(&w, PW_G1, invite, 183, "",
		  "Require: 100rel\r\nRSeq: 9\r\n");
	pw_get(&w, PW_CALLER, "SIP/2.0 183 ");
	pw_inside(&w, &talk.caller, "PRACK", "RAck: 9 2 INVITE\r\n");
	got = pw_get(&w, PW_G1, "PRACK ");
	snprintf(rack, sizeof(rack), "9 %u INVITE", pw_cseq(invite));
	CHECK(has(got, "RAck", rack) && pw_cseq(got) > pw_cseq(invite));
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_G1, invite, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_inside_as(&w, &talk.caller, "ACK", 2, NULL);
	CHECK(pw_cseq(pw_get(&w, PW_G1, "ACK ")) == pw_cseq(invite));
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* Who has given up a re-INVITE is told so, not what the gateway asked of us. */
static void
cancelled_again(void)
{
	static char asked[PW_TEXT_MAX];
	struct pw_talk talk;
	const char *invite;

	if (!pw_open(&w, &trunk) || !pw_talk(&w, &talk, NULL))
		goto out;
	snprintf(asked, sizeof(asked), "%s",
		 pw_inside(&w, &talk.caller, "INVITE", NULL));
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	pw_cancel(&w, asked);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, invite, 407, "", EDGE("e1"));
	pw_get(&w, PW_G1, "ACK ");
	pw_ack(&w, asked, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* --- sessions --- */

static const struct pw_config preset = { .name = "rs" };

/* Of a caller who knows no session timers the interval is ours: a gateway that
 * wants a longer one gets it, with the next number, and so do refreshes. */
static void
too_short_for_a_gateway(void)
{
	const char *invite, *got;
	struct pw_dialog caller;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	CHECK(has(invite, "Session-Expires", "1800"));
	pw_answer(&w, PW_G1, invite, 422, "g1", "Min-SE: 3600\r\n");
	pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_quiet(&w, PW_CALLER) && pw_quiet(&w, PW_G2));
	invite = pw_get(&w, PW_G1, "INVITE ");
	CHECK(has(invite, "Session-Expires", "3600") &&
	      has(invite, "Min-SE", "3600") && pw_cseq(invite) == 5);
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	CHECK(pw_cseq(pw_get(&w, PW_CALLER, "SIP/2.0 180 ")) == 1);
	pw_answer(&w, PW_G1, invite, 200, "g1",
		  "Session-Expires: 3600;refresher=uas\r\n");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_cseq(got) == 1);
	pw_of_answer(&caller, PW_CALLER, got);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	CHECK(pw_cseq(pw_get(&w, PW_G1, "ACK ")) == 5);
	pw_inside(&w, &caller, "INVITE", NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	CHECK(pw_cseq(invite) > 2);
	pw_answer(&w, PW_G1, invite, 422, "", "Min-SE: 3600\r\n");
	pw_get(&w, PW_G1, "ACK ");
	got = pw_get(&w, PW_G1, "INVITE ");
	CHECK(pw_cseq(got) == pw_cseq(invite) + 1 &&
	      has(got, "Session-Expires", "3600") &&
	      has(got, "Min-SE", "3600"));
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_inside_as(&w, &caller, "ACK", 2, NULL);
	CHECK(pw_cseq(pw_get(&w, PW_G1, "ACK ")) == pw_cseq(invite) + 1);
	pw_inside(&w, &caller, "BYE", NULL);
	got = pw_get(&w, PW_G1, "BYE ");
	CHECK(pw_cseq(got) > pw_cseq(invite) + 1);
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* Once: what is refused with what it wanted is refused. The next gateway is asked
 * as the first one was. */
static void
too_short_for_ever(void)
{
	const char *invite, *got, *call;

	if (!pw_open(&w, &preset))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	invite = pw_asked_again(&w, PW_G1, invite, 422, "Min-SE: 3600\r\n");
	pw_answer(&w, PW_G1, invite, 503, "g1", NULL);
	pw_get(&w, PW_G1, "ACK ");
	invite = pw_get(&w, PW_G2, "INVITE ");
	CHECK(has(invite, "Session-Expires", "1800") &&
	      has(invite, "Min-SE", "") && pw_cseq(invite) == 1);
	pw_answer(&w, PW_G2, invite, 422, "g2", "Min-SE: 2000\r\n");
	pw_get(&w, PW_G2, "ACK ");
	invite = pw_get(&w, PW_G2, "INVITE ");
	pw_answer(&w, PW_G2, invite, 422, "g2", "Min-SE: 2000\r\n");
	pw_get(&w, PW_G2, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 422 ");
	CHECK(pw_cseq(got) == 1);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 rejected 503; attempt 2 rejected 422; "
		  "fail failed 422"));
	/* a gateway without credentials still asks the caller for his */
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	invite = pw_asked_again(&w, PW_G1, invite, 422, "Min-SE: 3600\r\n");
	pw_answer(&w, PW_G1, invite, 407, "e", EDGE("e1"));
	pw_get(&w, PW_G1, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 407 ");
	pw_ack(&w, call, got);
out:
	pw_close(&w);
}

/* Who gives up meanwhile is not called again. */
static void
too_short_and_cancelled(void)
{
	const char *invite, *call;

	if (!pw_open(&w, &preset))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	pw_cancel(&w, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, invite, 422, "g1", "Min-SE: 3600\r\n");
	pw_get(&w, PW_G1, "ACK ");
	pw_get(&w, PW_CALLER, "SIP/2.0 4");
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "two realms of a gateway get their credentials", two_realms, true },
	{ "of two realms the one that refused is not asked again", two_refused,
	  true },
	{ "the next nonce is used by what comes next", next_nonces, true },
	{ "an ACK has the credentials of its INVITE", acknowledged, false },
	{ "the connection of the INVITE that was answered is known",
	  by_connection, true },
	{ "a PRACK names the re-INVITE that was sent again", reliable_again,
	  true },
	{ "CANCEL of a re-INVITE at a challenge: 487", cancelled_again, true },
	{ "a gateway that wants longer sessions gets them",
	  too_short_for_a_gateway, true },
	{ "once, and without harm to the next one", too_short_for_ever, true },
	{ "no longer session after CANCEL", too_short_and_cancelled, true },
};

const struct test_suite suite_rule_repeat = TEST_SUITE("rule_repeat", tests);
