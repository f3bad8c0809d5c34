/* test_rule_redirect.c - gateways that redirect, and that demand credentials */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_login.h"

extern const struct test_suite suite_rule_redirect;

#define N(table) (sizeof(table) / sizeof((table)[0]))

static struct proxy_world w;

static bool
was(const char *records)
{
	return pw_was(&w, records);
}

/* --- 3xx (16.5, 16.7 step 4) --- */

static const struct {
	const char *what, *settings;
	int code;
	const char *contacts; /* of G1's 3xx */
	enum pw_peer next;    /* who gets the INVITE; PW_CALLER: his the 3xx */
} redirections[] = {
	{ "passed", "pass", 302, "<sip:+4930123456@198.51.100.2>", PW_CALLER },
	{ "a failure", "fail", 302, "<sip:+4930123456@198.51.100.1:5070>",
	  PW_G2 },
	{ "followed to an allowed host", "follow", 302,
	  "<sip:+4930123456@192.0.2.99>", PW_STRANGER },
	{ "300, too", "follow", 300, "<sip:+4930123456@192.0.2.99>",
	  PW_STRANGER },
	{ "305 is a failure", "follow", 305, "<sip:+4930123456@192.0.2.99>",
	  PW_G2 },
	{ "the best q first", "follow", 302,
	  "<sip:+4930123456@192.0.2.50>;q=0.1, "
	  "<sip:+4930123456@192.0.2.99>;q=0.7",
	  PW_STRANGER },
	{ "not to other hosts", "follow", 302, "<sip:+4930123456@192.0.2.50>",
	  PW_G2 },
	{ "nor to maddr", "follow", 302,
	  "<sip:+4930123456@192.0.2.99;maddr=192.0.2.50>", PW_G2 },
	{ "nor to another number", "follow", 302,
	  "<sip:+4930999999@198.51.100.1:5070>", PW_G2 },
	{ "nor up to sips:", "follow", 302, "<sips:+4930123456@192.0.2.99>",
	  PW_G2 },
	{ "none at all", "follow", 302, "", PW_G2 },
};

static void
redirect(size_t i)
{
	char contact[300];
	const char *invite, *next;

	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	snprintf(contact, sizeof(contact), "%s%s%s",
		 redirections[i].contacts[0] != '\0' ? "Contact: " : "",
		 redirections[i].contacts,
		 redirections[i].contacts[0] != '\0' ? "\r\n" : "");
	pw_answer(&w, PW_G1, invite, redirections[i].code, "g1", contact);
	pw_get(&w, PW_G1, "ACK ");
	if (redirections[i].next == PW_CALLER) {
		next = pw_get(&w, PW_CALLER, "SIP/2.0 302 ");
		CHECK(strcmp(pw_header(next, "Contact", 0),
			     redirections[i].contacts) == 0);
	} else {
		next = pw_get(&w, redirections[i].next, "INVITE ");
		CHECK(strcmp(pw_header(next, "Via", 0),
			     pw_header(invite, "Via", 0)) != 0);
		pw_answer(&w, redirections[i].next, next, 200, "x", NULL);
		pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	}
	CHECK(pw_all_quiet(&w));
}

static void
redirected(void)
{
	char settings[200];
	const struct pw_config config = { .name = "re", .settings = settings };

	for (size_t i = 0; i < N(redirections); i++) {
		test_row(redirections[i].what);
		snprintf(settings, sizeof(settings),
			 "routing = { redirects = \"%s\"; redirect_hosts = [ "
			 "\"192.0.2.99\" ]; };",
			 redirections[i].settings);
		if (pw_open(&w, &config))
			redirect(i);
		pw_close(&w);
	}
}

/* It ends: never to where it was, and five times at most. */
static void
redirected_for_ever(void)
{
	const struct pw_config config = {
		.name = "re",
		.settings = "routing = { redirects = \"follow\"; "
			    "redirect_hosts = [ \"192.0.2.0/24\" ]; };",
	};
	char contact[100];
	const char *invite;

	if (!pw_open(&w, &config))
		goto out;
	pw_call(&w, NULL);
	for (int n = 0; n <= 5; n++) {
		enum pw_peer at = n == 0 ? PW_G1 : PW_STRANGER;

		invite = pw_get(&w, at, "INVITE ");
		snprintf(contact, sizeof(contact),
			 "Contact: <sip:+4930123456@192.0.2.99:%d>\r\n",
			 5061 + n);
		pw_answer(&w, at, invite, 302, "g1", contact);
		pw_get(&w, at, "ACK ");
	}
	CHECK(pw_quiet(&w, PW_STRANGER));
	invite = pw_get(&w, PW_G2, "INVITE ");
	pw_answer(&w, PW_G2, invite, 302, "g2", /* was tried */
		  "Contact: <sip:+4930123456@192.0.2.99:5061>\r\n");
	pw_get(&w, PW_G2, "ACK ");
	CHECK(pw_quiet(&w, PW_STRANGER));
	pw_get(&w, PW_G3, "INVITE ");
out:
	pw_close(&w);
}

/* Who has given up is not called elsewhere (16.10). */
static void
redirected_too_late(void)
{
	const struct pw_config config = {
		.name = "re",
		.settings = "routing = { redirects = \"follow\"; "
			    "redirect_hosts = [ \"192.0.2.99\" ]; };",
	};
	const char *call, *invite;

	if (!pw_open(&w, &config))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_skip(&w, PW_CALLER);
	pw_cancel(&w, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, invite, 302, "g1",
		  "Contact: <sip:+4930123456@192.0.2.99>\r\n");
	pw_get(&w, PW_G1, "ACK ");
	pw_get(&w, PW_CALLER, "SIP/2.0 302 ");
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* --- credentials (22.3, RFC 7616, RFC 8760) --- */

static const struct pw_config trunk = { .name = "ra", .more = pw_logins };

#define CHALLENGE(algorithm, nonce, more)                                  \
	"Proxy-Authenticate: Digest realm=\"" PW_REALM "\", nonce=\"" nonce   \
	"\", algorithm=" algorithm ", qop=\"auth\"" more "\r\n"

static bool
is_right(const char *request, const char *nonce, unsigned nc)
{
	return pw_logs_in(request, "Proxy-Authorization", NULL, nonce, nc);
}

/* The INVITE again, with a higher number; the ACK and the BYE as they fit. */
static void
challenged(void)
{
	struct pw_dialog caller;
	const char *first, *again, *got;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_call(&w, NULL);
	first = pw_get(&w, PW_G1, "INVITE ");
	CHECK(pw_count(first, "Proxy-Authorization") == 0);
	pw_answer(&w, PW_G1, first, 407, "c",
		  CHALLENGE("MD5", "m1", "") CHALLENGE("SHA-256", "s1", ""));
	got = pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_cseq(got) == pw_cseq(first));
	again = pw_get(&w, PW_G1, "INVITE ");
	CHECK(is_right(again, "s1", 1)); /* RFC 8760 2.4 */
	CHECK(pw_cseq(again) > pw_cseq(first));
	CHECK(strcmp(pw_header(again, "Via", 0), pw_header(first, "Via", 0)) !=
	      0);
	CHECK(pw_quiet(&w, PW_CALLER));
	pw_answer(&w, PW_G1, first, 407, "c", CHALLENGE("MD5", "m1", ""));
	pw_get(&w, PW_G1, "ACK "); /* once more the first ACK alone */
	pw_answer(&w, PW_G1, again, 180, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 180 ");
	CHECK(pw_cseq(got) == 1);
	pw_answer(&w, PW_G1, again, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_cseq(got) == 1);
	pw_of_answer(&caller, PW_CALLER, got);
	pw_inside_as(&w, &caller, "ACK", 1, NULL);
	got = pw_get(&w, PW_G1, "ACK ");
	CHECK(pw_cseq(got) == pw_cseq(again));
	/* 22.1: the INVITE's */
	CHECK(pw_logs_in(got, "Proxy-Authorization", "INVITE", "s1", 1));
	pw_inside(&w, &caller, "BYE", NULL);
	got = pw_get(&w, PW_G1, "BYE ");
	CHECK(is_right(got, "s1", 2) && pw_cseq(got) > pw_cseq(again));
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(pw_cseq(got) == 2);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 answered 200; start 1; stop caller"));
	pw_call(&w, NULL); /* the next one knows the nonce */
	CHECK(is_right(pw_get(&w, PW_G1, "INVITE "), "s1", 3));
out:
	pw_close(&w);
}

/* Refused credentials lead on, and end as 500; stale nonces are renewed. */
static void
refused(void)
{
	const char *invite, *got;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	invite = pw_asked_again(&w, PW_G1, invite, 407,
				CHALLENGE("MD5", "a", ""));
	CHECK(is_right(invite, "a", 1));
	invite = pw_asked_again(&w, PW_G1, invite, 407,
				CHALLENGE("MD5", "b", ", stale=true"));
	CHECK(is_right(invite, "b", 1));
	pw_answer(&w, PW_G1, invite, 407, "c", CHALLENGE("MD5", "c", ""));
	pw_get(&w, PW_G1, "ACK ");
	invite = pw_get(&w, PW_G2, "INVITE ");
	CHECK(pw_cseq(invite) == 1 &&
	      pw_count(invite, "Proxy-Authorization") == 0);
	pw_answer(&w, PW_G2, invite, 503, "g2", NULL);
	pw_get(&w, PW_G2, "ACK ");
	invite = pw_get(&w, PW_G3, "INVITE ");
	pw_answer(&w, PW_G3, invite, 503, "g3", NULL);
	pw_get(&w, PW_G3, "ACK ");
	got = pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	CHECK(pw_count(got, "Proxy-Authenticate") == 0);
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 rejected 407; attempt 2 rejected 503; "
		  "attempt 3 rejected 503; fail failed 500"));
out:
	pw_close(&w);
}

/* Its time to ring begins with its first response to the second INVITE. */
static void
time_to_ring(void)
{
	const char *invite;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	invite = pw_asked_again(&w, PW_G1, invite, 407,
				CHALLENGE("MD5", "a", ""));
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	pw_run(&w, 19999);
	CHECK(pw_quiet(&w, PW_G2) && pw_quiet(&w, PW_G1));
	pw_run(&w, 1);
	pw_get(&w, PW_G1, "CANCEL ");
	pw_get(&w, PW_G2, "INVITE ");
out:
	pw_close(&w);
}

/* The caller gives up before, at and behind a challenge. */
static void
cancelled(void)
{
	const char *call, *invite;

	if (!pw_open(&w, &trunk))
		goto out;
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	pw_cancel(&w, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_get(&w, PW_G1, "CANCEL ");
	pw_answer(&w, PW_G1, invite, 407, "c", CHALLENGE("MD5", "a", ""));
	pw_get(&w, PW_G1, "ACK "); /* and no INVITE */
	pw_ack(&w, call, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	CHECK(pw_all_quiet(&w));
	CHECK(was("attempt 1 cancelled 407; fail cancelled 487"));
	/* behind it: the second INVITE has had no response yet (9.1) */
	call = pw_call(&w, NULL);
	invite = pw_get(&w, PW_G1, "INVITE ");
	pw_answer(&w, PW_G1, invite, 100, "", NULL);
	invite = pw_asked_again(&w, PW_G1, invite, 407,
				CHALLENGE("MD5", "a", ""));
	pw_cancel(&w, call);
	pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_ack(&w, call, pw_get(&w, PW_CALLER, "SIP/2.0 487 "));
	CHECK(pw_all_quiet(&w));
	pw_answer(&w, PW_G1, invite, 180, "g1", NULL);
	pw_get(&w, PW_G1, "CANCEL ");
out:
	pw_close(&w);
}

static const struct test tests[] = {
	{ "passed, followed, or a failure", redirected, true },
	{ "redirections end", redirected_for_ever, true },
	{ "none is followed after CANCEL", redirected_too_late, true },
	{ "a gateway's challenge is answered", challenged, false },
	{ "credentials that are refused, and nonces that are stale", refused,
	  true },
	{ "who is answered a challenge has his time anew", time_to_ring,
	  true },
	{ "CANCEL at a challenge", cancelled, true },
};

const struct test_suite suite_rule_redirect =
    TEST_SUITE("rule_redirect", tests);
