/* test_rule_names.c - calls and requests that wait for DNS, or go by it */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_names.h"

extern const struct test_suite suite_rule_names;

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define POLICY                                                            \
	"policy = ( { name = \"m\"; method = [ \"MESSAGE\", \"other\" ]; " \
	"to = \"number\"; action = \"route\"; } );"

/* far.test is two servers of a stranger, further.test another one. */
static const struct dns_zone_record zone[] = {
	{ "two.test", DNS_A, 60, "198.51.100.1" },
	{ "two.test", DNS_A, 60, "198.51.100.2" },
	{ "third.test", DNS_A, 60, "198.51.100.3" },
	{ "silent.test", DNS_A, 60, NULL },
	{ "lost.test", DNS_A, 60, NULL },
	{ "_sip._udp.silent.test", DNS_A, 60, NULL },
	{ "_sip._tcp.silent.test", DNS_A, 60, NULL },
	{ "_sip._udp.half.test", DNS_SRV, 60, "1 0 5060 lost.test" },
	{ "_sip._udp.half.test", DNS_SRV, 60, "2 0 5060 third.test" },
	{ "brief.test", DNS_A, 1, "198.51.100.1" },
	{ "_sip._udp.far.test", DNS_SRV, 60, "1 0 5071 stranger.test" },
	{ "_sip._udp.far.test", DNS_SRV, 60, "2 0 5072 stranger.test" },
	{ "stranger.test", DNS_A, 60, "192.0.2.99" },
	{ "_sip._udp.trap.test", DNS_SRV, 60, "1 0 5060 two.test" },
	{ "_sip._udp.trap.test", DNS_SRV, 60, "2 0 5060 us.test" },
	{ "_sip._udp.trap.test", DNS_SRV, 60, "3 0 5073 stranger.test" },
	{ "us.test", DNS_A, 60, "203.0.113.1" },
};

#define HEAD "gateway,carrier,uri\n"
#define G3 "g3,c3,sip:198.51.100.3\n"

static const struct pw_config two = { .name = "rn2",
	.settings = POLICY,
	.gateways = HEAD "two,c1,sip:two.test\n" G3 };
static const struct pw_config silent = { .name = "rns",
	.settings = POLICY,
	.gateways = HEAD "silent,c1,sip:silent.test\n" G3 };
static const struct pw_config half = { .name = "rnh",
	.settings = POLICY,
	.gateways = HEAD "half,c1,sip:half.test\n" };
static const struct pw_config brief = { .name = "rnb",
	.settings = POLICY,
	.gateways = HEAD "brief,c1,sip:brief.test\n" };
static const struct pw_config later = { .name = "rnl",
	.settings = POLICY,
	.gateways = HEAD "g1,c1,sip:198.51.100.1\ntwo,c2,sip:third.test\n"
		    "g2,c3,sip:198.51.100.2\n" };
static const struct pw_config two_names = { .name = "rnn",
	.settings = POLICY,
	.gateways = HEAD "third,c1,sip:third.test\ntwo,c2,sip:two.test\n" };

static struct proxy_world w;
static struct proxy_names names;

static bool
begin(const struct pw_config *config, int timeout_ms)
{
	return pn_begin(&names, &w, config, zone, N(zone), timeout_ms);
}

static void
end(void)
{
	pn_end(&names, &w);
}

static const char *
offered(enum pw_peer gateway)
{
	return pw_get(&w, gateway, "INVITE ");
}

static void
refuse(enum pw_peer from, const char *invite, int status, const char *headers)
{
	pw_answer(&w, from, invite, status, "no", headers);
	pw_get(&w, from, "ACK ");
}

/* --- calls that wait --- */

static void
a_call_waits(void)
{
	static char begun[PW_TEXT_MAX];

	if (!begin(&two, 0))
		goto out;
	snprintf(begun, sizeof(begun), "%s", pw_call(&w, NULL));
	CHECK(pw_all_quiet(&w));
	pw_run(&w, 199);
	CHECK(pw_all_quiet(&w));
	pw_run(&w, 1); /* 17.2.1: it is not left in the dark */
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	pw_send(&w, PW_CALLER, begun); /* absorbed */
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	pw_run(&w, 2700);
	CHECK(pw_all_quiet(&w));
	pn_answer(&names);
	(void)offered(PW_G1);
	/* from now on it has all its time */
	pw_run(&w, 2999);
	pw_skip(&w, PW_G1);
	CHECK(pw_all_quiet(&w));
	pw_run(&w, 1);
	refuse(PW_G2, offered(PW_G2), 486, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(pw_went(&w,
		      "attempt 1 timeout; attempt 2 rejected 486; "
		      "fail failed 486",
		      "198.51.100.1:5060 198.51.100.2:5060"));
out:
	end();
}

static void
cancelled_while_it_waits(void)
{
	static char begun[PW_TEXT_MAX];

	if (!begin(&two, 0))
		goto out;
	snprintf(begun, sizeof(begun), "%s", pw_call(&w, NULL));
	pw_run(&w, 100);
	pw_cancel(&w, begun);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_ack(&w, begun, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	CHECK(pw_was(&w, "fail cancelled 487"));
	pw_run(&w, 40000); /* the call is gone */
	CHECK(w.worker.calls == NULL);
	pn_answer(&names); /* nobody waits for it */
	pw_run(&w, 60000);
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, ""));
	pw_call(&w, NULL);
	pn_answer(&names);
	(void)offered(PW_G1);
out:
	end();
}

/* Until the look-up's end, and whoever needs no name does not wait at all. */
static void
dns_is_dead(void)
{
	static const struct pw_request other = { .ruri = "sip:nobody@"
						 "198.51.100.9" };
	const char *got;

	if (!begin(&silent, 2000))
		goto out;
	names.is_silent = true;
	pw_call(&w, NULL);
	pw_run(&w, 1999);
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	CHECK(pw_quiet(&w, PW_G3));
	pw_ask(&w, PW_CALLER, &other);
	CHECK(w.sent[w.n_sent - 1].at_ms == pw_now(&w));
	pw_skip(&w, PW_STRANGER);
	pw_run(&w, 1);
	got = offered(PW_G3);
	refuse(PW_G3, got, 486, NULL);
	CHECK(pw_went(&w,
		      "attempt 1 unreachable; attempt 2 rejected 486; "
		      "fail failed 486",
		      "silent.test 198.51.100.3:5060"));
	CHECK(sip_location_counters(w.worker.location)->timeouts == 1);
out:
	end();
}

/* Where a look-up may take longer than a gateway may be silent, the latter
 * ends it. */
static void
dns_is_slow(void)
{
	if (!begin(&silent, 0))
		goto out;
	pw_call(&w, NULL);
	pn_answer(&names); /* what it says of silent.test: nothing */
	pw_run(&w, 2999);
	CHECK(pw_quiet(&w, PW_G3));
	pw_run(&w, 1);
	(void)offered(PW_G3);
	names.zone = NULL; /* and what comes then is for nobody */
	names.n = 0;
	pn_answer(&names);
	CHECK(pw_quiet(&w, PW_G1) && pw_quiet(&w, PW_G2) &&
	      pw_quiet(&w, PW_G3));
	CHECK(pw_went(&w, "attempt 1 unreachable", "silent.test"));
out:
	end();
}

static void
crowds_wait_together(void)
{
	if (!begin(&two, 2000))
		goto out;
	for (int i = 0; i < 50; i++)
		pw_call(&w, NULL);
	CHECK(pw_quiet(&w, PW_G1));
	CHECK(pn_queries(&names) <= 5); /* one name: asked once */
	pn_answer(&names);
	for (int i = 0; i < 50; i++)
		(void)offered(PW_G1);
	CHECK(pw_all_quiet(&w));
out:
	end();
}

/* What was known serves on while DNS fails (RFC 8767). */
static void
old_answers_serve(void)
{
	if (!begin(&brief, 2000))
		goto out;
	pw_call(&w, NULL);
	pn_answer(&names);
	refuse(PW_G1, offered(PW_G1), 486, NULL);
	pw_run(&w, 5000);
	names.rcode = DNS_SERVFAIL;
	pw_call(&w, NULL);
	pn_answer(&names);
	refuse(PW_G1, offered(PW_G1), 486, NULL);
	pw_run(&w, 35000);
	names.rcode = 0;
	names.is_silent = true;
	pw_call(&w, NULL);
	pw_run(&w, 2000);
	refuse(PW_G1, offered(PW_G1), 486, NULL);
out:
	end();
}

/* A server whose name nobody tells costs the first call the time of a look-up,
 * the next ones nothing, and none of them the other server. */
static void
one_bad_target(void)
{
	if (!begin(&half, 2000))
		goto out;
	pw_call(&w, NULL);
	pn_answer(&names);
	pw_run(&w, 1999);
	CHECK(pw_quiet(&w, PW_G3));
	pw_run(&w, 1);
	refuse(PW_G3, offered(PW_G3), 486, NULL);
	for (int i = 0; i < 20; i++) {
		pw_skip(&w, PW_CALLER);
		pw_run(&w, 1000);
		pw_call(&w, NULL);
		refuse(PW_G3, offered(PW_G3), 486, NULL);
	}
out:
	end();
}

/* --- what comes while a call waits --- */

/* The gateway before it, given up for its silence, is heard of after all. */
static void
events_of_the_one_before(void)
{
	static const struct {
		const char *what;
		int status; /* 0: ICMP; -1: nothing until timer B */
	} rows[] = {
		{ "it cannot be reached", 0 },
		{ "timer B", -1 },
		{ "503", 503 },
		{ "486", 486 },
		{ "180", 180 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		const char *first;

		test_row(rows[i].what);
		if (!begin(&later, 0))
			goto next;
		pw_call(&w, NULL);
		first = offered(PW_G1);
		pw_run(&w, 3000); /* third.test is asked for */
		pw_skip(&w, PW_G1);
		if (rows[i].status == 0)
			pw_undelivered(&w, first);
		else if (rows[i].status > 0)
			pw_answer(&w, PW_G1, first, rows[i].status, "g1",
				  NULL);
		pw_run(&w, 1);
		CHECK(pw_quiet(&w, PW_G2) && pw_quiet(&w, PW_G3));
		pn_answer(&names);
		refuse(PW_G3, offered(PW_G3), 486, NULL);
		pw_skip(&w, PW_G1);
		CHECK(pw_quiet(&w, PW_G2) && pw_quiet(&w, PW_G3));
		CHECK(pw_was(&w, "attempt 1 timeout; attempt 2 rejected 486; "
				 "fail failed 486"));
next:
		end();
	}
}

/* It answers: the call is its, and what DNS says then is for nobody. */
static void
answered_while_it_waits(void)
{
	const char *first;
	struct pw_dialog caller;

	if (!begin(&later, 0))
		goto out;
	pw_call(&w, NULL);
	first = offered(PW_G1);
	pw_run(&w, 3000);
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_CALLER);
	pw_answer(&w, PW_G1, first, 200, "g1", NULL);
	pw_of_answer(&caller, PW_CALLER, pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	pn_answer(&names);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G1, "ACK ");
	pw_run(&w, 60000);
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, "attempt 1 timeout; attempt 1 late_answer 200; "
			 "start 1"));
out:
	end();
}

/* --- requests that are no INVITE --- */

static const struct pw_request message = { .method = "MESSAGE" };
static const struct pw_request to_far = { .method = "MESSAGE",
					  .ruri = "sip:x@far.test" };

static void
messages_go_on(void)
{
	const char *first, *second;

	for (int how = 0; how < 3; how++) {
		if (!begin(&two, 0))
			goto next;
		pw_ask(&w, PW_CALLER, &message);
		pn_answer(&names);
		first = pw_get(&w, PW_G1, "MESSAGE ");
		if (how == 0)
			pw_answer(&w, PW_G1, first, 503, "g1", NULL);
		else if (how == 1)
			pw_undelivered(&w, first);
		else
			pw_run(&w, 3000);
		pw_run(&w, 1);
		second = pw_get(&w, PW_G2, "MESSAGE ");
		CHECK(strcmp(pw_line(first), pw_line(second)) == 0);
		pw_skip(&w, PW_G1); /* timer E */
		CHECK(pw_quiet(&w, PW_G3));
		pw_answer(&w, PW_G2, second, 200, "g2", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(pw_all_quiet(&w));
		/* the next one goes to the address that lives */
		pw_ask(&w, PW_CALLER, &message);
		second = pw_get(&w, PW_G2, "MESSAGE ");
		pw_answer(&w, PW_G2, second, 404, "g2", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 404 ");
		CHECK(pw_all_quiet(&w));
next:
		end();
	}
}

/* All addresses of a name, then the next gateway. */
static void
messages_leave_the_name(void)
{
	if (!begin(&two, 0))
		goto out;
	pw_ask(&w, PW_CALLER, &message);
	pn_answer(&names);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "MESSAGE "), 503, "g1", NULL);
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "MESSAGE "), 503, "g2", NULL);
	pw_answer(&w, PW_G3, pw_get(&w, PW_G3, "MESSAGE "), 503, "g3", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	CHECK(pw_all_quiet(&w));
out:
	end();
}

/* What is heard of the one before while DNS is asked for the next. */
static void
messages_wait_once(void)
{
	for (int how = 0; how < 3; how++) {
		const char *first;

		if (!begin(&two_names, 0))
			goto next;
		pw_ask(&w, PW_CALLER, &message);
		pn_answer(&names);
		first = pw_get(&w, PW_G3, "MESSAGE ");
		pw_run(&w, 3000);
		pw_skip(&w, PW_G3);
		if (how == 0)
			pw_answer(&w, PW_G3, first, 503, "g3", NULL);
		else if (how == 1)
			pw_undelivered(&w, first);
		else
			pw_answer(&w, PW_G3, first, 404, "g3", NULL);
		pw_run(&w, 1);
		pn_answer(&names);
		first = pw_get(&w, PW_G1, "MESSAGE ");
		CHECK(pw_all_quiet(&w)); /* once */
		pw_answer(&w, PW_G1, first, 200, "g1", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(pw_all_quiet(&w));
next:
		end();
	}
}

/* To another domain: its servers in turn, by calls and messages. */
static void
other_domains(void)
{
	static const struct pw_request call = { .ruri = "sip:x@far.test" };
	const char *first, *second;

	if (!begin(&two, 0))
		goto out;
	pw_ask(&w, PW_CALLER, &call);
	pn_answer(&names);
	first = offered(PW_STRANGER);
	CHECK(strcmp(pw_where(first), "udp 192.0.2.99:5071") == 0);
	CHECK(strcmp(pw_line(first), "INVITE sip:x@far.test SIP/2.0") == 0);
	refuse(PW_STRANGER, first, 503, NULL);
	second = offered(PW_STRANGER);
	CHECK(strcmp(pw_where(second), "udp 192.0.2.99:5072") == 0);
	refuse(PW_STRANGER, second, 486, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(pw_went(&w,
		      "attempt 1 rejected 503; attempt 2 rejected 486; "
		      "fail failed 486",
		      "192.0.2.99:5071 192.0.2.99:5072"));
	pw_run(&w, 31000);
	pw_skip(&w, PW_CALLER);
	pw_ask(&w, PW_CALLER, &to_far);
	pn_answer(&names);
	first = pw_get(&w, PW_STRANGER, "MESSAGE ");
	CHECK(strcmp(pw_where(first), "udp 192.0.2.99:5071") == 0);
	pw_answer(&w, PW_STRANGER, first, 503, "x", NULL);
	second = pw_get(&w, PW_STRANGER, "MESSAGE ");
	CHECK(strcmp(pw_where(second), "udp 192.0.2.99:5072") == 0);
	pw_answer(&w, PW_STRANGER, second, 503, "x", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	CHECK(pw_all_quiet(&w));
out:
	end();
}

/* Some of whose servers are a gateway and this proxy: those are left out. */
static void
traps(void)
{
	static const struct pw_request call = { .ruri = "sip:x@trap.test" };
	static const struct pw_request text = { .method = "MESSAGE",
						.ruri = "sip:x@trap.test" };
	static const struct pw_config addresses = { .name = "rna",
	.settings = POLICY,
	.gateways = HEAD "g1,c1,sip:198.51.100.1\ng2,c2,sip:198.51.100.2\n"
	};

	if (!begin(&addresses, 0))
		goto out;
	pw_ask(&w, PW_CALLER, &call);
	pn_answer(&names);
	refuse(PW_STRANGER, offered(PW_STRANGER), 486, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(pw_went(&w, "attempt 1 rejected 486; fail failed 486",
		      "192.0.2.99:5073"));
	pw_ask(&w, PW_CALLER, &text);
	pw_answer(&w, PW_STRANGER, pw_get(&w, PW_STRANGER, "MESSAGE "), 200,
		  "x", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
out:
	end();
}

/* --- inside calls --- */

/* A call whose callee is at a name, which G1 told by an UPDATE; NULL: it is at
 * the address of G1. */
static bool
begin_inside(struct pw_talk *talk, const char *contact)
{
	static const struct route_csv logins[] = {
		{ "gateway_credentials", "gateway,realm,username,password\n"
					 "g1,edge,we,secret\n" },
		{ NULL, NULL },
	};
	static const struct pw_config one = { .name = "rni",
	.settings = POLICY,
	.gateways = HEAD "g1,c1,sip:198.51.100.1\n",
	.more = logins };
	char header[100];

	if (!begin(&one, 2000) || !pw_talk(&w, talk, NULL))
		return false;
	if (contact == NULL)
		return true;
	snprintf(header, sizeof(header), "Contact: <%s>\r\n", contact);
	pw_inside(&w, &talk->callee, "UPDATE", header);
	pw_answer(&w, PW_CALLER, pw_get(&w, PW_CALLER, "UPDATE "), 200, "",
		  NULL);
	pw_get(&w, PW_G1, "SIP/2.0 200 ");
	(void)pw_records(&w);
	snprintf(talk->caller.target, sizeof(talk->caller.target), "%s",
		 contact);
	return pw_all_quiet(&w);
}

static void
inside(const char *method)
{
	char start[40];
	struct pw_talk talk;
	const char *first, *second;

	snprintf(start, sizeof(start), "%s ", method);
	/* the last one is timer B's, of an INVITE only: of others the caller's
	 * transaction ends with ours */
	for (int how = 0; how < 3 + (strcmp(method, "INVITE") == 0); how++) {
		if (!begin_inside(&talk, "sip:it@two.test"))
			goto next;
		if (how == 3)
			w.worker.tuning.first_response_timeout_ms = 60000;
		pw_inside(&w, &talk.caller, method, NULL);
		CHECK(pw_all_quiet(&w)); /* it waits */
		pn_answer(&names);
		first = pw_get(&w, PW_G1, start);
		if (how == 0) {
			pw_answer(&w, PW_G1, first, 503, "", NULL);
			if (strcmp(method, "INVITE") == 0)
				pw_get(&w, PW_G1, "ACK ");
		} else if (how == 1) {
			pw_undelivered(&w, first);
		} else {
			pw_run(&w, how == 2 ? 3000 : 32000);
		}
		pw_run(&w, 1);
		pw_skip(&w, PW_G1);
		second = pw_get(&w, PW_G2, start);
		CHECK(strcmp(pw_line(first), pw_line(second)) == 0);
		pw_skip(&w, PW_CALLER);
		pw_answer(&w, PW_G2, second, 200, "", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(pw_all_quiet(&w));
next:
		end();
	}
}

static void
requests_inside_go_on(void)
{
	static const char *const methods[] = { "BYE", "INFO", "UPDATE",
					       "INVITE", "REFER" };

	for (size_t i = 0; i < N(methods); i++) {
		test_row(methods[i]);
		inside(methods[i]);
	}
}

/* What was sent again with credentials has not been heard yet: silence leads on as it
 * did before. */
static void
silent_once_it_was_asked(void)
{
	struct pw_talk talk;
	const char *first, *second;

	if (!begin_inside(&talk, "sip:it@two.test"))
		goto out;
	pw_inside(&w, &talk.caller, "INVITE", NULL);
	pn_answer(&names);
	first = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, first, 100, "", NULL);
	pw_answer(&w, PW_G1, first, 407, "",
		  "Proxy-Authenticate: Digest realm=\"edge\", nonce=\"n\"\r\n");
	pw_get(&w, PW_G1, "ACK ");
	first = pw_get(&w, PW_G1, "INVITE ");
	CHECK(pw_count(first, "Proxy-Authorization") == 1);
	pw_run(&w, 3001);
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_CALLER);
	second = pw_get(&w, PW_G2, "INVITE ");
	pw_answer(&w, PW_G2, second, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
out:
	end();
}

/* A re-INVITE that is cancelled while DNS is asked has gone nowhere. */
static void
cancelled_inside(void)
{
	static char begun[PW_TEXT_MAX];
	struct pw_talk talk;
	const char *got;

	if (!begin_inside(&talk, "sip:it@two.test"))
		goto out;
	snprintf(begun, sizeof(begun), "%s",
		 pw_inside(&w, &talk.caller, "INVITE", NULL));
	pw_cancel(&w, begun);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 487 ");
	pw_ack(&w, begun, got);
	pn_answer(&names);
	CHECK(pw_all_quiet(&w));
	/* and at the second address: both get theirs */
	snprintf(begun, sizeof(begun), "%s",
		 pw_inside(&w, &talk.caller, "INVITE", NULL));
	pn_answer(&names);
	(void)pw_get(&w, PW_G1, "INVITE ");
	pw_run(&w, 3000);
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_CALLER);
	got = pw_get(&w, PW_G2, "INVITE ");
	pw_answer(&w, PW_G2, got, 180, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_cancel(&w, begun);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "CANCEL "), 200, "", NULL);
	pw_answer(&w, PW_G2, got, 487, "", NULL);
	pw_get(&w, PW_G2, "ACK ");
	pw_ack(&w, begun, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	CHECK(pw_all_quiet(&w));
out:
	end();
}

/* A BYE whose next hop nobody can tell ends the record all the same, but not one
 * that is sent to a name that is not the callee's. */
static void
a_bye_to_nowhere(void)
{
	static const struct {
		const char *what, *contact, *target, *told, *records;
	} rows[] = {
		{ "DNS says nothing", "sip:it@silent.test",
		  "sip:it@silent.test", "SIP/2.0 504 ", "stop caller" },
		{ "there is no such name", "sip:it@gone.test",
		  "sip:it@gone.test", "SIP/2.0 502 ", "stop caller" },
		{ "another name", "sip:it@two.test", "sip:it@gone.test",
		  "SIP/2.0 403 ", "" },
		{ "another name, silent", "sip:it@two.test",
		  "sip:it@silent.test", "SIP/2.0 403 ", "" },
		{ "a name instead of an address", NULL, "sip:it@gone.test",
		  "SIP/2.0 403 ", "" },
	};
	struct pw_talk talk;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (!begin_inside(&talk, rows[i].contact))
			goto next;
		snprintf(talk.caller.target, sizeof(talk.caller.target), "%s",
			 rows[i].target);
		pw_inside(&w, &talk.caller, "BYE", NULL);
		pn_answer(&names);
		pw_run(&w, 2000);
		pw_get(&w, PW_CALLER, rows[i].told);
		CHECK(pw_all_quiet(&w));
		CHECK(pw_was(&w, rows[i].records));
next:
		end();
	}
}

static const struct test tests[] = {
	{ "a call waits for DNS, and is not left in the dark", a_call_waits,
	  false },
	{ "CANCEL while DNS is asked", cancelled_while_it_waits, true },
	{ "DNS is dead: a bounded time, the next gateway", dns_is_dead, true },
	{ "DNS is slow: no longer than a silent gateway", dns_is_slow, true },
	{ "many wait for one answer", crowds_wait_together, true },
	{ "old answers serve on", old_answers_serve, true },
	{ "one bad target costs one look-up", one_bad_target, true },
	{ "what is heard of the gateway before while DNS is asked",
	  events_of_the_one_before, true },
	{ "the gateway before answers while DNS is asked",
	  answered_while_it_waits, true },
	{ "a MESSAGE goes on to the next address", messages_go_on, true },
	{ "behind the last one to the next gateway", messages_leave_the_name,
	  true },
	{ "a MESSAGE waits for one look-up at a time", messages_wait_once,
	  true },
	{ "another domain's servers in turn", other_domains, true },
	{ "servers that are gateways or this proxy are left out", traps,
	  true },
	{ "requests inside a call go on to the next address",
	  requests_inside_go_on, true },
	{ "silence leads on behind a challenge, too", silent_once_it_was_asked,
	  true },
	{ "CANCEL of a re-INVITE that waits, and at the second address",
	  cancelled_inside, true },
	{ "a BYE whose way DNS does not tell", a_bye_to_nowhere, true },
};

const struct test_suite suite_rule_names = TEST_SUITE("rule_names", tests);
