/* test_rule_places.c - calls to a name with several addresses (RFC 3263 4.3) */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_names.h"

extern const struct test_suite suite_rule_places;

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define LONG "a-server-whose-name-is-as-long-as-it-may-be-in-a-label-of-dns"
#define MANY(n, port)                                                \
	{ "_sip._udp.many.test", DNS_SRV, 60,                        \
	  #n " 0 " #port " " LONG #n ".servers.test" },                      \
	{ LONG #n ".servers.test", DNS_A, 60, "198.51.100.1" }

/* two.test: at G1, then at G2. The last of many.test is at G2, one is nowhere. */
static const struct dns_zone_record zone[] = {
	{ "two.test", DNS_A, 60, "198.51.100.1" },
	{ "two.test", DNS_A, 60, "198.51.100.2" },
	{ "third.test", DNS_A, 60, "198.51.100.3" },
	{ "silent.test", DNS_A, 60, NULL },
	{ "_sip._udp.half.test", DNS_SRV, 60, "1 0 5060 lost.test" },
	{ "_sip._udp.half.test", DNS_SRV, 60, "2 0 5060 third.test" },
	{ "lost.test", DNS_A, 60, NULL },
	{ "_sip._udp.shares.test", DNS_SRV, 60, "1 10 5071 two-a.test" },
	{ "_sip._udp.shares.test", DNS_SRV, 60, "1 30 5073 two-a.test" },
	{ "_sip._udp.shares.test", DNS_SRV, 60, "2 90 5079 two-a.test" },
	{ "two-a.test", DNS_A, 60, "198.51.100.1" },
	MANY(1, 5101), MANY(2, 5102), MANY(3, 5103), MANY(4, 5104),
	MANY(5, 5105), MANY(6, 5106), MANY(7, 5107), MANY(8, 5108),
	MANY(9, 5109), MANY(10, 5110), MANY(11, 5111), MANY(12, 5112),
	{ "_sip._udp.many.test", DNS_SRV, 60, "7 0 5199 gone.test" },
	{ "_sip._udp.many.test", DNS_SRV, 60, "13 0 5113 third.test" },
};

#define HEAD "gateway,carrier,uri\n"
#define G3 "g3,c3,sip:198.51.100.3\n"

static const struct pw_config two_and_g3 = { .name = "rp2",
	.gateways = HEAD "two,c1,sip:two.test\n" G3 };
static const struct pw_config two = { .name = "rp1",
	.gateways = HEAD "two,c1,sip:two.test\n" };
static const struct pw_config two_stops = { .name = "rps",
	.gateways = "gateway,carrier,uri,stop_codes\ntwo,c1,sip:two.test,503\n" };
static const struct pw_config many = { .name = "rpm",
	.gateways = HEAD "many,c1,sip:many.test\n" G3 };
static const struct pw_config weighted = { .name = "rpw",
	.gateways = HEAD "shares,c1,sip:shares.test\n" };

static struct proxy_world w;
static struct proxy_names names;

/* A world whose first gateway is a name, and g3 an address. */
static bool
begin_with(const struct pw_config *gateways, const char *settings)
{
	struct pw_config config = *gateways;

	config.settings = settings;
	return pn_begin(&names, &w, &config, zone, N(zone), 0);
}

static bool
begin(void)
{
	return begin_with(&two_and_g3, NULL);
}

static void
end(void)
{
	pn_end(&names, &w);
}

/* A call that waited for DNS, and does no longer. */
static const char *
call(void)
{
	const char *invite = pw_call(&w, NULL);

	pn_answer(&names);
	return invite;
}

static const char *
offered(enum pw_peer gateway)
{
	return pw_get(&w, gateway, "INVITE ");
}

static void
refuse(enum pw_peer from, const char *invite, int status, const char *headers)
{
	const char *ack;

	pw_answer(&w, from, invite, status, "no", headers);
	ack = pw_get(&w, from, "ACK ");
	CHECK(strcmp(pw_where(ack), pw_where(invite)) == 0);
	CHECK(strcmp(pw_header(ack, "Via", 0), pw_header(invite, "Via", 0)) ==
	      0);
}

/* The second address is asked: the same request, under another name. */
static const char *
offered_again(const char *first)
{
	const char *second = offered(PW_G2);

	CHECK(strcmp(pw_line(second), "INVITE sip:+4930123456@two.test "
				      "SIP/2.0") == 0);
	CHECK(strcmp(pw_line(first), "INVITE sip:+4930123456@two.test "
				     "SIP/2.0") == 0);
	CHECK(strcmp(pw_header(first, "Via", 0), pw_header(second, "Via", 0)) !=
	      0);
	CHECK(strcmp(pw_header(first, "Call-ID", 0),
		     pw_header(second, "Call-ID", 0)) == 0);
	return second;
}

/* --- what leads to the next address --- */

static void
silence_leads_on(void)
{
	const char *first, *second;

	if (!begin())
		goto out;
	call();
	first = offered(PW_G1);
	pw_run(&w, 2999);
	CHECK(pw_quiet(&w, PW_G2) && pw_quiet(&w, PW_G3));
	pw_run(&w, 1);
	second = offered_again(first);
	pw_skip(&w, PW_G1); /* timer A */
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	refuse(PW_G2, second, 486, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(pw_quiet(&w, PW_G3) && pw_quiet(&w, PW_CALLER));
	CHECK(pw_went(&w,
		      "attempt 1 timeout; attempt 2 rejected 486; "
		      "fail failed 486",
		      "198.51.100.1:5060 198.51.100.2:5060"));
	CHECK(w.worker.counters.failovers == 1);
out:
	end();
}

/* Timer B (17.1.1.2) and the longest time an operator may wait are over in the
 * same moment: one step, not two. */
static void
timer_b_leads_on(void)
{
	if (!begin_with(&two_and_g3,
			"routing = { first_response_timeout_ms = 32000; "
			"hunt_timeout_ms = 600000; };"))
		goto out;
	call();
	(void)offered(PW_G1);
	pw_run(&w, 31999);
	CHECK(pw_quiet(&w, PW_G2));
	pw_run(&w, 1);
	refuse(PW_G2, offered(PW_G2), 486, NULL);
	CHECK(pw_went(&w,
		      "attempt 1 timeout; attempt 2 rejected 486; "
		      "fail failed 486",
		      "198.51.100.1:5060 198.51.100.2:5060"));
out:
	end();
}

/* 100 is a sign of life, and no ringing. */
static void
no_ringing_leads_on(void)
{
	const char *first;

	if (!begin())
		goto out;
	call();
	first = offered(PW_G1);
	pw_answer(&w, PW_G1, first, 100, "", NULL);
	pw_run(&w, 20000);
	(void)offered_again(first);
	pw_get(&w, PW_G1, "CANCEL ");
	CHECK(pw_went(&w, "attempt 1 timeout", "198.51.100.1:5060"));
out:
	end();
}

static void
errors_lead_on(void)
{
	const char *first;

	if (!begin())
		goto out;
	w.send_err[PW_G1] = ERR_IO; /* it cannot even be sent */
	call();
	pw_run(&w, 1);
	refuse(PW_G2, offered(PW_G2), 486, NULL);
	CHECK(pw_went(&w,
		      "attempt 1 unreachable; attempt 2 rejected 486; "
		      "fail failed 486",
		      "198.51.100.1:5060 198.51.100.2:5060"));
	pw_run(&w, 31000); /* the first is no longer shunned */
	pw_skip(&w, PW_CALLER);
	w.send_err[PW_G1] = 0;
	call();
	first = offered(PW_G1);
	pw_undelivered(&w, first); /* ICMP */
	pw_run(&w, 1);
	refuse(PW_G2, offered_again(first), 486, NULL);
	pw_undelivered(&w, first); /* again */
	pw_run(&w, 1);
	CHECK(pw_quiet(&w, PW_G1) && pw_quiet(&w, PW_G2) &&
	      pw_quiet(&w, PW_G3));
	CHECK(pw_went(&w,
		      "attempt 1 unreachable; attempt 2 rejected 486; "
		      "fail failed 486",
		      "198.51.100.1:5060 198.51.100.2:5060"));
out:
	end();
}

/* A 503 is of one address; its Retry-After is no pause of the gateway's. */
static void
unavailable_leads_on(void)
{
	const char *first;

	if (!begin())
		goto out;
	call();
	first = offered(PW_G1);
	refuse(PW_G1, first, 503, "Retry-After: 60\r\n");
	refuse(PW_G2, offered_again(first), 486, NULL);
	CHECK(pw_went(&w,
		      "attempt 1 rejected 503; attempt 2 rejected 486; "
		      "fail failed 486",
		      "198.51.100.1:5060 198.51.100.2:5060"));
	pw_run(&w, 40000);
	pw_skip(&w, PW_CALLER);
	call(); /* the next one goes to the other address at once */
	refuse(PW_G2, offered(PW_G2), 486, NULL);
	CHECK(pw_quiet(&w, PW_G1));
	CHECK(pw_went(&w, "attempt 1 rejected 486; fail failed 486",
		      "198.51.100.2:5060"));
	pw_run(&w, 20000);
	pw_skip(&w, PW_CALLER);
	call(); /* the minute is over */
	(void)offered(PW_G1);
out:
	end();
}

/* When each address has asked for a pause the gateway rests, until the first of
 * them is over. */
static void
all_are_unavailable(void)
{
	if (!begin())
		goto out;
	call();
	refuse(PW_G1, offered(PW_G1), 503, "Retry-After: 60\r\n");
	refuse(PW_G2, offered(PW_G2), 503, "Retry-After: 20\r\n");
	refuse(PW_G3, offered(PW_G3), 486, NULL);
	pw_run(&w, 19999);
	pw_skip(&w, PW_CALLER);
	call();
	refuse(PW_G3, offered(PW_G3), 486, NULL);
	CHECK(pw_quiet(&w, PW_G1) && pw_quiet(&w, PW_G2));
	pw_run(&w, 1);
	call();
	refuse(PW_G2, offered(PW_G2), 486, NULL);
	CHECK(pw_quiet(&w, PW_G1) && pw_quiet(&w, PW_G3));
out:
	end();
}

/* Which codes lead to another gateway is one thing, that a 503 is of one
 * address is another; but where the gateway's 503 is meant, it is. */
static void
unavailable_and_the_codes(void)
{
	static const struct {
		const char *what;
		const struct pw_config *gateways;
		const char *headers;
		bool leads_on;
		int told;
	} rows[] = {
		{ "no 503 among the codes", &two, NULL, true, 0 },
		{ "503 is the gateway's last word", &two_stops, NULL, false,
		  500 },
		{ "a cause that says it is the callee", &two,
		  "Reason: Q.850;cause=17\r\n", false, 486 },
	};
	char start[20];

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (!begin_with(rows[i].gateways,
				"routing = { reroute_codes = \"404\"; };"))
			goto next;
		call();
		refuse(PW_G1, offered(PW_G1), 503, rows[i].headers);
		if (rows[i].leads_on) {
			(void)offered(PW_G2);
		} else {
			CHECK(pw_quiet(&w, PW_G2));
			snprintf(start, sizeof(start), "SIP/2.0 %d ",
				 rows[i].told);
			pw_get(&w, PW_CALLER, start);
		}
next:
		end();
	}
}

/* --- what does not --- */

/* next: the gateway behind it is asked instead. */
static const struct {
	int status;
	bool next;
} answers[] = {
	{ 302, false }, { 400, false }, { 401, false }, { 403, false },
	{ 404, false }, { 480, false }, { 486, false }, { 488, false },
	{ 500, true },	{ 501, false }, { 502, true },	{ 504, true },
	{ 600, false }, { 603, false }, { 604, false },
};

static void
other_answers_leave_the_gateway(void)
{
	char row[40], start[20];

	for (size_t i = 0; i < N(answers); i++) {
		int status = answers[i].status;

		snprintf(row, sizeof(row), "%d", status);
		test_row(row);
		if (!begin())
			goto next;
		call();
		refuse(PW_G1, offered(PW_G1), status,
		       "Contact: <sip:x@192.0.2.77>\r\n");
		if (answers[i].next) {
			refuse(PW_G3, offered(PW_G3), 486, NULL);
			pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
		} else {
			snprintf(start, sizeof(start), "SIP/2.0 %d ", status);
			pw_get(&w, PW_CALLER, start);
		}
		CHECK(pw_all_quiet(&w)); /* the second address is not asked */
next:
		end();
	}
}

/* --- answers of an address that was given up --- */

/* The first address is given up, the second has the call. */
static bool
begin_at_second(const char **first, const char **second)
{
	if (!begin())
		return false;
	call();
	*first = offered(PW_G1);
	pw_run(&w, 3000);
	*second = offered_again(*first);
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_CALLER);
	return true;
}

static void
late_failures_are_absorbed(void)
{
	static const int codes[] = { 302, 404, 486, 487, 503 };
	const char *first, *second;
	char row[20];

	for (size_t i = 0; i < N(codes); i++) {
		snprintf(row, sizeof(row), "%d", codes[i]);
		test_row(row);
		if (!begin_at_second(&first, &second))
			goto next;
		refuse(PW_G1, first, codes[i], NULL);
		CHECK(pw_all_quiet(&w));
		pw_answer(&w, PW_G2, second, 180, "g2", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
		CHECK(pw_all_quiet(&w));
		CHECK(pw_was(&w, "attempt 1 timeout"));
next:
		end();
	}
}

/* 16.7 step 5: it speaks for the callee, and what is pending ends with it. */
static void
late_6xx_ends_it(void)
{
	const char *first, *second;

	if (!begin_at_second(&first, &second))
		goto out;
	pw_answer(&w, PW_G2, second, 180, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	refuse(PW_G1, first, 603, NULL);
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "CANCEL "), 200, "g2", NULL);
	refuse(PW_G2, second, 487, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 603 ");
	CHECK(pw_quiet(&w, PW_G3));
	pw_skip(&w, PW_CALLER); /* timer G */
	CHECK(pw_was(&w, "attempt 1 timeout; attempt 2 cancelled; "
			 "fail failed 603"));
out:
	end();
}

/* 9.1: the CANCEL had to wait for this; the caller is not told. */
static void
late_ringing_is_cancelled(void)
{
	const char *first, *second, *cancel;

	if (!begin_at_second(&first, &second))
		goto out;
	pw_answer(&w, PW_G1, first, 180, "g1", NULL);
	CHECK(pw_quiet(&w, PW_CALLER));
	cancel = pw_get(&w, PW_G1, "CANCEL ");
	CHECK(strcmp(pw_where(cancel), "udp 198.51.100.1:5060") == 0);
	CHECK(strcmp(pw_header(cancel, "Via", 0),
		     pw_header(first, "Via", 0)) == 0);
	pw_answer(&w, PW_G1, cancel, 200, "g1", NULL);
	refuse(PW_G1, first, 487, NULL);
	CHECK(pw_all_quiet(&w));
	pw_answer(&w, PW_G2, second, 200, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_went(&w,
		      "attempt 1 timeout; attempt 2 answered 200; start 2",
		      "198.51.100.1:5060 198.51.100.2:5060"));
out:
	end();
}

/* ACK and both directions go where the answer came from. */
static void
talk_to(enum pw_peer gateway, const char *answer, const char *invite)
{
	struct pw_dialog caller, callee;
	const char *got;

	pw_of_answer(&caller, PW_CALLER, answer);
	pw_of_invite(&callee, gateway, invite, pw_to_tag(answer));
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, gateway, "ACK ");
	pw_inside(&w, &callee, "UPDATE", NULL);
	pw_answer(&w, PW_CALLER, pw_get(&w, PW_CALLER, "UPDATE "), 200, "",
		  NULL);
	pw_get(&w, gateway, "SIP/2.0 200 ");
	CHECK(pw_was(&w, "life"));
	pw_inside(&w, &caller, "BYE", NULL);
	got = pw_get(&w, gateway, "BYE ");
	pw_answer(&w, gateway, got, 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, "stop caller"));
}

static void
the_second_answers(void)
{
	const char *first, *second;

	if (!begin_at_second(&first, &second))
		goto out;
	pw_answer(&w, PW_G2, second, 200, "g2", NULL);
	CHECK(pw_was(&w, "attempt 1 timeout; attempt 2 answered 200; "
			 "start 2"));
	talk_to(PW_G2, pw_get(&w, PW_CALLER, "SIP/2.0 200 "), second);
out:
	end();
}

static void
a_late_answer_wins(void)
{
	const char *first, *second, *answer, *cancel;

	if (!begin_at_second(&first, &second))
		goto out;
	pw_answer(&w, PW_G2, second, 180, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_answer(&w, PW_G1, first, 200, "g1", NULL);
	answer = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(strcmp(pw_to_tag(answer), "g1") == 0);
	cancel = pw_get(&w, PW_G2, "CANCEL ");
	pw_answer(&w, PW_G2, cancel, 200, "g2", NULL);
	refuse(PW_G2, second, 487, NULL);
	CHECK(pw_went(&w,
		      "attempt 1 timeout; attempt 1 late_answer 200; "
		      "start 1; attempt 2 cancelled",
		      "198.51.100.1:5060 198.51.100.1:5060 "
		      "198.51.100.2:5060"));
	talk_to(PW_G1, answer, first);
out:
	end();
}

/* A callee whose Contact is the name: what the caller sends goes to the address
 * that lives, for the other one was silent a moment ago. */
static void
the_contact_is_the_name(void)
{
	static char answer[PW_TEXT_MAX];
	const char *first, *second, *got;
	struct pw_dialog caller;
	char *at;

	if (!begin_at_second(&first, &second))
		goto out;
	pw_make_answer(answer, PW_G2, second, 200, "g2", NULL);
	at = strstr(answer, "@198.51.100.2>");
	if (!CHECK(at != NULL))
		goto out;
	memcpy(at, "@two.test>;a=", 13); /* as long but for one */
	at[13] = 'b';
	pw_send(&w, PW_G2, answer);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&caller, PW_CALLER, got);
	CHECK(strcmp(caller.target, "sip:it@two.test") == 0);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	pw_get(&w, PW_G2, "ACK ");
	pw_inside(&w, &caller, "BYE", NULL);
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "BYE "), 200, "", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, "attempt 1 timeout; attempt 2 answered 200; start 2; "
			 "stop caller"));
out:
	end();
}

/* --- callers who give up --- */

static void
cancelled_at_the_second(void)
{
	const char *first, *second, *invite;
	static char begun[PW_TEXT_MAX];

	if (!begin())
		goto out;
	invite = call();
	snprintf(begun, sizeof(begun), "%s", invite);
	first = offered(PW_G1);
	pw_run(&w, 3000);
	second = offered_again(first);
	pw_skip(&w, PW_G1);
	pw_skip(&w, PW_CALLER);
	pw_cancel(&w, begun);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_ack(&w, begun, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	CHECK(pw_was(&w, "attempt 1 timeout; attempt 2 cancelled; "
			 "fail cancelled 487"));
	pw_answer(&w, PW_G2, second, 180, "g2", NULL); /* both are there now */
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "CANCEL "), 200, "g2", NULL);
	refuse(PW_G2, second, 487, NULL);
	pw_answer(&w, PW_G1, first, 180, "g1", NULL);
	pw_answer(&w, PW_G1, pw_get(&w, PW_G1, "CANCEL "), 200, "g1", NULL);
	refuse(PW_G1, first, 487, NULL);
	pw_run(&w, 10000);
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, ""));
out:
	end();
}

/* It rings: its own 487 goes up, and no other address has a turn. */
static void
cancelled_while_the_second_rings(void)
{
	static char begun[PW_TEXT_MAX];
	const char *second;

	if (!begin())
		goto out;
	snprintf(begun, sizeof(begun), "%s", call());
	refuse(PW_G1, offered(PW_G1), 503, NULL);
	second = offered(PW_G2);
	pw_answer(&w, PW_G2, second, 180, "g2", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	pw_cancel(&w, begun);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_answer(&w, PW_G2, pw_get(&w, PW_G2, "CANCEL "), 200, "g2", NULL);
	CHECK(pw_all_quiet(&w));
	refuse(PW_G2, second, 487, NULL);
	pw_ack(&w, begun, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, "attempt 1 rejected 503; attempt 2 cancelled 487; "
			 "fail cancelled 487"));
out:
	end();
}

/* Whatever its end is, a call that was cancelled is not offered further. */
static void
cancelled_and_unavailable(void)
{
	static char begun[PW_TEXT_MAX];
	const char *first;

	if (!begin())
		goto out;
	snprintf(begun, sizeof(begun), "%s", call());
	first = offered(PW_G1);
	pw_answer(&w, PW_G1, first, 180, "g1", NULL);
	pw_cancel(&w, begun);
	pw_skip(&w, PW_CALLER);
	pw_skip(&w, PW_G1);
	refuse(PW_G1, first, 503, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	CHECK(pw_all_quiet(&w));
out:
	end();
}

/* --- all addresses --- */

static void
all_are_dead(void)
{
	const char *third;

	if (!begin())
		goto out;
	call();
	pw_run(&w, 5999);
	CHECK(pw_quiet(&w, PW_G3));
	pw_run(&w, 1);
	third = offered(PW_G3);
	pw_skip(&w, PW_CALLER);
	pw_answer(&w, PW_G3, third, 180, "g3", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	refuse(PW_G3, third, 486, NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 486 ");
	CHECK(pw_went(&w,
		      "attempt 1 timeout; attempt 2 timeout; "
		      "attempt 3 rejected 486; fail failed 486",
		      "198.51.100.1:5060 198.51.100.2:5060 "
		      "198.51.100.3:5060"));
	CHECK(w.worker.counters.failovers == 2);
out:
	end();
}

/* Once all are over the caller has one answer, and timer B of each nothing to
 * add. */
static void
all_are_dead_and_no_other(void)
{
	const char *got;

	if (!begin_with(&two, NULL))
		goto out;
	call();
	pw_run(&w, 6000);
	pw_get(&w, PW_CALLER, "SIP/2.0 100 ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 408 ");
	CHECK(pw_count(got, "Reason") == 2);
	CHECK(pw_went(&w,
		      "attempt 1 timeout; attempt 2 timeout; fail failed 408",
		      "198.51.100.1:5060 198.51.100.2:5060"));
	pw_run(&w, 60000);
	CHECK(pw_was(&w, ""));
	w.send_err[PW_G1] = w.send_err[PW_G2] = ERR_IO;
	pw_skip(&w, PW_CALLER);
	call();
	pw_run(&w, 2);
	pw_get(&w, PW_CALLER, "SIP/2.0 500 "); /* 16.9: as if 503 */
	CHECK(pw_went(&w,
		      "attempt 1 unreachable; attempt 2 unreachable; "
		      "fail failed 500",
		      "198.51.100.1:5060 198.51.100.2:5060"));
out:
	end();
}

/* Fourteen servers, whose records fit no datagram, each under its own name: one
 * is not there and none but the last can be reached. */
static void
many_servers(void)
{
	const char *last;
	char want[1024];
	size_t len = 0;

	if (!begin_with(&many, NULL))
		goto out;
	w.send_err[PW_G1] = ERR_IO;
	call();
	pw_run(&w, 100);
	last = offered(PW_G3);
	CHECK(strcmp(pw_where(last), "udp 198.51.100.3:5113") == 0);
	CHECK(names.server.n_tcp == 1);
	refuse(PW_G3, last, 486, NULL);
	for (int i = 1; i <= 13; i++)
		len += (size_t)snprintf(want + len, sizeof(want) - len,
					"%s198.51.100.%d:%d", i > 1 ? " " : "",
					i < 13 ? 1 : 3, 5100 + i);
	(void)pw_records(&w);
	if (!CHECK(strcmp(w.targets, want) == 0))
		fprintf(stderr, "    tried: %s\n", w.targets);
out:
	end();
}

/* Of the lowest priority, by weight; the other is for when they fail. */
static void
shares(void)
{
	int light = 0, heavy = 0;

	if (!begin_with(&weighted, NULL))
		goto out;
	for (int i = 0; i < 60; i++) {
		const char *got;

		call();
		got = offered(PW_G1);
		light += strcmp(pw_where(got), "udp 198.51.100.1:5071") == 0;
		heavy += strcmp(pw_where(got), "udp 198.51.100.1:5073") == 0;
		refuse(PW_G1, got, 486, NULL);
		pw_skip(&w, PW_CALLER);
		w.n_sent = 0;
	}
	CHECK(light + heavy == 60);
	CHECK(heavy > 35 && light > 5);
out:
	end();
}

static const struct test tests[] = {
	{ "silence leads to the next address", silence_leads_on, false },
	{ "so does timer B", timer_b_leads_on, true },
	{ "and 100 without ringing", no_ringing_leads_on, true },
	{ "a transport error leads to the next address at once",
	  errors_lead_on, true },
	{ "503 leads to the next address, and rests but the first",
	  unavailable_leads_on, true },
	{ "when all addresses said so the gateway rests", all_are_unavailable,
	  true },
	{ "503 of an address is not of the codes that reroute",
	  unavailable_and_the_codes, true },
	{ "any other answer leaves the gateway",
	  other_answers_leave_the_gateway, true },
	{ "late failures of a given up address are absorbed",
	  late_failures_are_absorbed, true },
	{ "but a late 6xx ends the call", late_6xx_ends_it, true },
	{ "late ringing is cancelled", late_ringing_is_cancelled, true },
	{ "ACK and BYE go to the address that answered", the_second_answers,
	  true },
	{ "a late answer wins over the second address", a_late_answer_wins,
	  true },
	{ "a Contact that is the name leads to who lives",
	  the_contact_is_the_name, true },
	{ "CANCEL before the second address says anything",
	  cancelled_at_the_second, true },
	{ "CANCEL while the second address rings",
	  cancelled_while_the_second_rings, true },
	{ "CANCEL and 503: nobody else is asked", cancelled_and_unavailable,
	  true },
	{ "all addresses are dead: the next gateway", all_are_dead, true },
	{ "and without one, one answer", all_are_dead_and_no_other, true },
	{ "fourteen servers, by TCP, one after the other", many_servers,
	  true },
	{ "of one priority the weights are shares", shares, true },
};

const struct test_suite suite_rule_places = TEST_SUITE("rule_places", tests);
