/*
 * test_rule_others.c - requests that are no INVITE: the dialogs that SUBSCRIBE
 * and REFER begin (RFC 6665, RFC 3515), and gateways' challenges to any of them
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/proxy_login.h"

extern const struct test_suite suite_rule_others;

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define NATTED "Contact: <sip:me@10.1.1.1:5062>\r\n"

static struct proxy_world w;

#define POLICY                                                              \
	"policy = ( { name = \"p\"; to = \"number\"; method = [ \"MESSAGE\", " \
	"\"SUBSCRIBE\", \"REFER\", \"PUBLISH\", \"OPTIONS\", \"NOTIFY\", "     \
	"\"other\" ]; action = \"route\"; } );"

static const struct pw_config preset = { .name = "ro", .settings = POLICY };
static const struct pw_config foreign = { .name = "ro" };

/* --- what SUBSCRIBE and REFER begin --- */

struct pair {
	struct pw_dialog subscriber, notifier;
	char request[PW_TEXT_MAX]; /* as the notifier got it */
};

static bool
begin(struct pair *pair, const char *method, int status)
{
	char start[24];
	const char *got;

	snprintf(start, sizeof(start), "%s ", method);
	pw_ask(&w, PW_CALLER, &(struct pw_request){ .method = method });
	snprintf(pair->request, sizeof(pair->request), "%s",
		 pw_get(&w, PW_G1, start));
	if (pair->request[0] == '\0')
		return false;
	pw_of_invite(&pair->notifier, PW_G1, pair->request, "g1");
	pw_answer(&w, PW_G1, pair->request, status, "g1",
		  "Expires: 600\r\n");
	snprintf(start, sizeof(start), "SIP/2.0 %d ", status);
	got = pw_get(&w, PW_CALLER, start);
	pw_of_answer(&pair->subscriber, PW_CALLER, got);
	return got[0] != '\0';
}

/* A request inside, there and its answer back. */
static const char *
inside(struct pw_dialog *from, enum pw_peer to, const char *method)
{
	static char copy[PW_TEXT_MAX];
	char start[24];

	snprintf(start, sizeof(start), "%s ", method);
	pw_inside(&w, from, method, NULL);
	snprintf(copy, sizeof(copy), "%s", pw_get(&w, to, start));
	CHECK(pw_count(copy, "Route") == 0 && pw_count(copy, "Via") == 2);
	pw_answer(&w, to, copy, 200, "", NULL);
	pw_get(&w, from->self, "SIP/2.0 200 ");
	return copy;
}

/* 3261 16.6 step 4, 6665 4.3: we are on the way, both ways. */
static void
stays_on_the_way(void)
{
	static const char *const methods[] = { "SUBSCRIBE", "REFER" };
	struct pw_dialog by_notify;
	struct pair pair;
	const char *notify;

	for (size_t i = 0; i < N(methods); i++) {
		test_row(methods[i]);
		if (!pw_open(&w, &preset) ||
		    !begin(&pair, methods[i], i == 0 ? 200 : 202))
			goto next;
		CHECK(pw_count(pair.request, "Record-Route") == 1);
		notify = inside(&pair.notifier, PW_CALLER, "NOTIFY");
		/* 6665 4.3: all NOTIFYs, for the dialog may come from one */
		CHECK(pw_count(notify, "Record-Route") == 1);
		pw_of_invite(&by_notify, PW_CALLER, notify, "x");
		snprintf(by_notify.local, sizeof(by_notify.local), "%s",
			 pw_header(notify, "To", 0));
		CHECK(strcmp(by_notify.routes, pair.subscriber.routes) == 0);
		inside(&by_notify, PW_G1, "SUBSCRIBE"); /* a refresh */
		inside(&pair.subscriber, PW_G1, "SUBSCRIBE");
		notify = inside(&pair.notifier, PW_CALLER, "NOTIFY");
		CHECK(pw_all_quiet(&w));
		CHECK(pw_was(&w, "")); /* no call, no record */
		CHECK(w.worker.counters.token_valid == 4 &&
		      w.worker.counters.astray == 0);
next:
		pw_close(&w);
	}
}

/* What begins no dialog gets none. */
static void
others_stay_without(void)
{
	static const char *const methods[] = { "MESSAGE", "PUBLISH", "OPTIONS",
					       "NOTIFY", "BREW" };
	char start[24];

	for (size_t i = 0; i < N(methods); i++) {
		test_row(methods[i]);
		snprintf(start, sizeof(start), "%s ", methods[i]);
		if (pw_open(&w, &preset)) {
			pw_ask(&w, PW_CALLER,
			       &(struct pw_request){ .method = methods[i] });
			CHECK(pw_count(pw_get(&w, PW_G1, start),
				       "Record-Route") == 0);
		}
		pw_close(&w);
	}
}

/* The subscriber is behind a NAT, the notifier speaks TCP. */
static void
nat_and_transports(void)
{
	const struct pw_config config = {
		.name = "ro2",
		.settings = POLICY,
		.gateways = "gateway,carrier,uri\n"
			    "g1,c1,sip:198.51.100.1;transport=tcp\n",
	};
	struct pw_dialog subscriber, notifier;
	char request[PW_TEXT_MAX];
	const char *got;

	if (!pw_open(&w, &config))
		goto out;
	w.by[PW_G1] = SIP_TCP;
	pw_ask(&w, PW_CALLER,
	       &(struct pw_request){ .method = "SUBSCRIBE",
				     .headers = NATTED });
	snprintf(request, sizeof(request), "%s",
		 pw_get(&w, PW_G1, "SUBSCRIBE "));
	got = pw_header(request, "Record-Route", 0); /* RFC 5658 */
	CHECK(strstr(got, "transport=tcp") != NULL &&
	      strstr(got, ">,") != NULL && strstr(got, ";lcrn=") != NULL);
	pw_of_invite(&notifier, PW_G1, request, "g1");
	pw_answer(&w, PW_G1, request, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(strstr(got, ";lcrn=") == NULL);
	pw_of_answer(&subscriber, PW_CALLER, got);
	CHECK(strstr(notifier.target, "10.1.1.1") != NULL);
	got = inside(&notifier, PW_CALLER, "NOTIFY");
	CHECK(strncmp(pw_header(got, "Via", 0), "SIP/2.0/UDP 203.", 16) == 0);
	CHECK(strncmp(got, "NOTIFY sip:me@10.1.1.1:5062 ", 28) == 0);
	CHECK(strstr(pw_header(got, "Record-Route", 0), ">,") != NULL);
	snprintf(subscriber.target, sizeof(subscriber.target),
		 "sip:it@198.51.100.1;transport=tcp");
	got = inside(&subscriber, PW_G1, "SUBSCRIBE");
	CHECK(strncmp(pw_header(got, "Via", 0), "SIP/2.0/TCP 203.", 16) == 0);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* A NOTIFY of a notifier behind a NAT: the subscriber's refresh finds it. */
static void
nat_of_the_notifier(void)
{
	struct pw_dialog by_notify;
	struct pair pair;
	const char *notify;

	if (!pw_open(&w, &preset) || !begin(&pair, "SUBSCRIBE", 200))
		goto out;
	pw_inside(&w, &pair.notifier, "NOTIFY", NATTED);
	notify = pw_get(&w, PW_CALLER, "NOTIFY ");
	CHECK(strstr(pw_header(notify, "Record-Route", 0), ";lcrn=") != NULL);
	pw_of_invite(&by_notify, PW_CALLER, notify, "x");
	snprintf(by_notify.local, sizeof(by_notify.local), "%s",
		 pw_header(notify, "To", 0));
	pw_answer(&w, PW_CALLER, notify, 200, "", NULL);
	pw_get(&w, PW_G1, "SIP/2.0 200 ");
	notify = inside(&by_notify, PW_G1, "SUBSCRIBE");
	CHECK(strncmp(notify, "SUBSCRIBE sip:me@10.1.1.1:5062 ", 31) == 0);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* What the notifier was told instead of the From stays what it is told. */
static void
from_stays(void)
{
	const struct pw_config config = {
		.name = "rof",
		.settings = POLICY,
		.gateways = "gateway,carrier,uri,trusted\n"
			    "g1,c1,sip:198.51.100.1,false\n",
	};
	struct pair pair;
	struct pw_dialog by_notify;
	const char *got;

	if (!pw_open(&w, &config))
		goto out;
	pw_ask(&w, PW_CALLER,
	       &(struct pw_request){ .method = "SUBSCRIBE",
				     .headers = "Privacy: id\r\n" });
	snprintf(pair.request, sizeof(pair.request), "%s",
		 pw_get(&w, PW_G1, "SUBSCRIBE "));
	CHECK(strstr(pw_header(pair.request, "From", 0), "anonymous") != NULL);
	pw_of_invite(&pair.notifier, PW_G1, pair.request, "g1");
	pw_answer(&w, PW_G1, pair.request, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	CHECK(strstr(pw_header(got, "From", 0), "+49891234@") != NULL);
	pw_of_answer(&pair.subscriber, PW_CALLER, got);
	got = inside(&pair.notifier, PW_CALLER, "NOTIFY");
	pw_of_invite(&by_notify, PW_CALLER, got, "x");
	snprintf(by_notify.local, sizeof(by_notify.local), "%s",
		 pair.subscriber.local);
	got = inside(&by_notify, PW_G1, "SUBSCRIBE");
	CHECK(strstr(pw_header(got, "From", 0), "anonymous") != NULL);
	got = inside(&pair.subscriber, PW_G1, "SUBSCRIBE");
	CHECK(strstr(pw_header(got, "From", 0), "anonymous") != NULL);
out:
	pw_close(&w);
}

/* --- who may send what --- */

static void
nothing_else(void)
{
	static const struct {
		const char *what, *method;
		bool by_notifier;
		const char *target; /* NULL: the other side's */
		int status;	    /* 0: it goes on */
	} rows[] = {
		{ "a call would have no record", "INVITE", false, NULL, 403 },
		{ "nor the other way", "INVITE", true, NULL, 403 },
		{ "a MESSAGE begins for itself", "MESSAGE", false, NULL, 403 },
		{ "and so does anything unknown", "BREW", false, NULL, 403 },
		{ "a BYE ends no record", "BYE", false, NULL, 0 },
		{ "nor the notifier's", "BYE", true, NULL, 0 },
		{ "a refresh to another gateway", "SUBSCRIBE", false,
		  "sip:x@198.51.100.2", 403 },
		{ "a REFER to a gateway", "REFER", false, NULL, 403 },
		{ "the notifier subscribes back", "SUBSCRIBE", true, NULL, 0 },
		{ "but to no gateway", "SUBSCRIBE", true, "sip:x@198.51.100.2",
		  403 },
	};
	char start[24];
	struct pair pair;

	for (size_t i = 0; i < N(rows); i++) {
		struct pw_dialog *d = rows[i].by_notifier ? &pair.notifier
							  : &pair.subscriber;
		enum pw_peer to = rows[i].by_notifier ? PW_CALLER : PW_G1;

		test_row(rows[i].what);
		if (!pw_open(&w, &preset) || !begin(&pair, "SUBSCRIBE", 200))
			goto next;
		if (rows[i].target != NULL)
			snprintf(d->target, sizeof(d->target), "%s",
				 rows[i].target);
		if (rows[i].status == 0) {
			inside(d, to, rows[i].method);
		} else {
			snprintf(start, sizeof(start), "SIP/2.0 %d ",
				 rows[i].status);
			pw_inside(&w, d, rows[i].method, NULL);
			pw_get(&w, d->self, start);
		}
		CHECK(pw_all_quiet(&w));
		CHECK(pw_was(&w, ""));
next:
		pw_close(&w);
	}
}

/* Of another domain: who answered may subscribe back, others may not; REFER goes
 * to whom it likes, but to no gateway. */
static void
another_domain(void)
{
	struct pw_dialog subscriber, notifier, other;
	const char *got;

	if (!pw_open(&w, &foreign))
		goto out;
	pw_ask(&w, PW_CALLER,
	       &(struct pw_request){ .method = "SUBSCRIBE",
				     .ruri = "sip:it@192.0.2.99" });
	got = pw_get(&w, PW_STRANGER, "SUBSCRIBE ");
	pw_of_invite(&notifier, PW_STRANGER, got, "s1");
	pw_answer(&w, PW_STRANGER, got, 200, "s1", NULL);
	pw_of_answer(&subscriber, PW_CALLER,
		     pw_get(&w, PW_CALLER, "SIP/2.0 200 "));
	inside(&notifier, PW_CALLER, "NOTIFY");
	inside(&notifier, PW_CALLER, "SUBSCRIBE");
	inside(&subscriber, PW_STRANGER, "SUBSCRIBE");
	inside(&subscriber, PW_STRANGER, "REFER");
	other = notifier;
	other.self = PW_CALLER;
	snprintf(other.target, sizeof(other.target), "sip:x@192.0.2.99");
	pw_inside(&w, &other, "SUBSCRIBE", NULL); /* not from there */
	pw_get(&w, PW_CALLER, "SIP/2.0 403 ");
	snprintf(subscriber.target, sizeof(subscriber.target),
		 "sip:x@198.51.100.1");
	pw_inside(&w, &subscriber, "SUBSCRIBE", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 403 ");
	pw_inside(&w, &subscriber, "REFER", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 403 ");
	CHECK(pw_all_quiet(&w));
	CHECK(pw_was(&w, "") && w.worker.counters.astray == 3);
out:
	pw_close(&w);
}

/* A subscription that outlives its token is begun anew: 481 says so. */
static void
outlived(void)
{
	struct pair pair;

	if (!pw_open(&w, &preset) || !begin(&pair, "SUBSCRIBE", 200))
		goto out;
	clock_advance_us(&w.worker.clock, INT64_C(8) * 86400 * US_PER_S);
	pw_run(&w, 1);
	pw_inside(&w, &pair.notifier, "NOTIFY", NULL);
	CHECK(pw_count(pw_get(&w, PW_CALLER, "NOTIFY "), "Record-Route") == 0);
	pw_inside(&w, &pair.subscriber, "SUBSCRIBE", NULL);
	pw_get(&w, PW_CALLER, "SIP/2.0 481 ");
out:
	pw_close(&w);
}

/* --- challenges --- */

static const struct pw_config trunk = { .name = "rol",
					.settings = POLICY,
					.more = pw_logins };

#define CHALLENGE(nonce, more)                                             \
	"WWW-Authenticate: Digest realm=\"" PW_REALM "\", nonce=\"" nonce     \
	"\", algorithm=MD5, qop=\"auth\"" more "\r\n"

static bool
is_right(const char *request, const char *nonce, unsigned nc)
{
	return pw_logs_in(request, "Authorization", NULL, nonce, nc);
}

static void
challenged(void)
{
	static const char *const methods[] = { "MESSAGE", "SUBSCRIBE", "REFER",
					       "PUBLISH", "OPTIONS", "BREW" };
	const char *first, *again, *got;
	char start[24];

	for (size_t i = 0; i < N(methods); i++) {
		test_row(methods[i]);
		snprintf(start, sizeof(start), "%s ", methods[i]);
		if (!pw_open(&w, &trunk))
			goto next;
		pw_ask(&w, PW_CALLER,
		       &(struct pw_request){ .method = methods[i],
					     .cseq = 7 });
		first = pw_get(&w, PW_G1, start);
		CHECK(pw_cseq(first) == 28);
		pw_answer(&w, PW_G1, first, 401, "c", CHALLENGE("n1", ""));
		again = pw_get(&w, PW_G1, start);
		CHECK(is_right(again, "n1", 1) && pw_cseq(again) == 29);
		CHECK(strcmp(pw_header(again, "Via", 0),
			     pw_header(first, "Via", 0)) != 0);
		CHECK(pw_all_quiet(&w));
		pw_answer(&w, PW_G1, again, 200, "g1", NULL);
		got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
		CHECK(pw_cseq(got) == 7);
		CHECK(w.worker.counters.challenges_answered == 1);
		/* the next one knows the nonce */
		pw_ask(&w, PW_CALLER,
		       &(struct pw_request){ .method = methods[i] });
		CHECK(is_right(pw_get(&w, PW_G1, start), "n1", 2));
next:
		pw_close(&w);
	}
}

/* Bounded: wrong credentials are offered once, old nonces as often as there are
 * numbers; then others have their turn, and the challenge is none of the sender's
 * business. */
static void
refused(void)
{
	const char *got;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_ask(&w, PW_CALLER, &(struct pw_request){ .method = "MESSAGE" });
	got = pw_get(&w, PW_G1, "MESSAGE ");
	pw_answer(&w, PW_G1, got, 401, "c", CHALLENGE("a", ""));
	got = pw_get(&w, PW_G1, "MESSAGE ");
	CHECK(is_right(got, "a", 1));
	for (int i = 0; i < 2; i++) {
		pw_answer(&w, PW_G1, got, 401, "c",
			  CHALLENGE("b", ", stale=true"));
		got = pw_get(&w, PW_G1, "MESSAGE ");
		CHECK(is_right(got, "b", 1));
	}
	CHECK(pw_cseq(got) == 7);
	pw_answer(&w, PW_G1, got, 401, "c", CHALLENGE("b", ", stale=true"));
	got = pw_get(&w, PW_G2, "MESSAGE ");
	CHECK(pw_cseq(got) == 1 && pw_count(got, "Authorization") == 0);
	w.send_err[PW_G2] = w.send_err[PW_G3] = 0;
	pw_answer(&w, PW_G2, got, 503, "g2", NULL);
	pw_answer(&w, PW_G3, pw_get(&w, PW_G3, "MESSAGE "), 503, "g3", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 500 ");
	CHECK(pw_count(got, "WWW-Authenticate") == 0);
	CHECK(pw_all_quiet(&w));
	CHECK(w.worker.counters.challenges_refused == 1);
out:
	pw_close(&w);
}

/* A gateway without credentials: the sender may have some. */
static void
not_ours(void)
{
	const char *got;

	if (!pw_open(&w, &preset))
		goto out;
	pw_ask(&w, PW_CALLER, &(struct pw_request){ .method = "MESSAGE" });
	got = pw_get(&w, PW_G1, "MESSAGE ");
	pw_answer(&w, PW_G1, got, 401, "c", CHALLENGE("a", ""));
	got = pw_get(&w, PW_CALLER, "SIP/2.0 401 ");
	CHECK(pw_count(got, "WWW-Authenticate") == 1);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* A subscription goes on as its SUBSCRIBE: numbers grow, refreshes log in. */
static void
subscription_logs_in(void)
{
	struct pw_dialog subscriber;
	const char *got;
	unsigned cseq;

	if (!pw_open(&w, &trunk))
		goto out;
	pw_ask(&w, PW_CALLER, &(struct pw_request){ .method = "SUBSCRIBE" });
	got = pw_get(&w, PW_G1, "SUBSCRIBE ");
	pw_answer(&w, PW_G1, got, 401, "c", CHALLENGE("a", ""));
	got = pw_get(&w, PW_G1, "SUBSCRIBE ");
	cseq = pw_cseq(got);
	pw_answer(&w, PW_G1, got, 200, "g1", NULL);
	got = pw_get(&w, PW_CALLER, "SIP/2.0 200 ");
	pw_of_answer(&subscriber, PW_CALLER, got);
	pw_inside(&w, &subscriber, "SUBSCRIBE", NULL);
	got = pw_get(&w, PW_G1, "SUBSCRIBE ");
	CHECK(is_right(got, "a", 2) && pw_cseq(got) > cseq);
	cseq = pw_cseq(got);
	pw_answer(&w, PW_G1, got, 401, "", CHALLENGE("b", ", stale=true"));
	got = pw_get(&w, PW_G1, "SUBSCRIBE ");
	CHECK(is_right(got, "b", 1) && pw_cseq(got) == cseq + 1);
	pw_answer(&w, PW_G1, got, 200, "", NULL);
	CHECK(pw_cseq(pw_get(&w, PW_CALLER, "SIP/2.0 200 ")) == 2);
	CHECK(pw_all_quiet(&w));
out:
	pw_close(&w);
}

/* 8.2.2.2: what the sender sends anew under the same Call-ID and tag does not have
 * a number that one of our repetitions had. */
static void
numbers_of_a_call_id(void)
{
	static const char *const methods[] = { "MESSAGE", "PUBLISH", "INVITE" };
	char start[24];
	unsigned last;

	for (size_t i = 0; i < N(methods); i++) {
		struct pw_request request = { .method = methods[i],
					      .call_id = "same",
					      .cseq = 1 };
		const char *got;

		test_row(methods[i]);
		snprintf(start, sizeof(start), "%s ", methods[i]);
		if (!pw_open(&w, &trunk))
			goto next;
		pw_ask(&w, PW_CALLER, &request);
		pw_answer(&w, PW_G1, pw_get(&w, PW_G1, start), 401, "c",
			  CHALLENGE("n1", ""));
		if (i == 2)
			pw_get(&w, PW_G1, "ACK ");
		got = pw_get(&w, PW_G1, start);
		last = pw_cseq(got);
		pw_answer(&w, PW_G1, got, 420, "c", NULL);
		pw_skip(&w, PW_G1);
		request.cseq = 2;
		pw_ask(&w, PW_CALLER, &request);
		CHECK(pw_cseq(pw_get(&w, PW_G1, start)) > last);
next:
		pw_close(&w);
	}
}

/* --- REGISTER --- */

/* 10: we are no registrar; a rule may send it to one, and nothing of it changes but
 * where it goes. */
static void
registers(void)
{
	static const struct {
		const char *what, *settings, *ruri, *goes;
	} rows[] = {
		{ "no rule: 405", "", "sip:203.0.113.1", NULL },
		{ "a registrar of ours",
		  "policy = ( { name = \"r\"; method = \"REGISTER\"; "
		  "action = \"proxy\"; target = \"sip:192.0.2.99\"; } );",
		  "sip:203.0.113.1", "REGISTER sip:192.0.2.99 SIP/2.0" },
		{ "that of another domain",
		  "policy = ( { name = \"r\"; method = \"REGISTER\"; "
		  "to = \"foreign\"; action = \"foreign\"; } );",
		  "sip:192.0.2.99", "REGISTER sip:192.0.2.99 SIP/2.0" },
	};
	const char *got;

	for (size_t i = 0; i < N(rows); i++) {
		const struct pw_config config = { .name = "ro",
						  .settings =
						      rows[i].settings };

		test_row(rows[i].what);
		if (!pw_open(&w, &config))
			goto next;
		pw_ask(&w, PW_CALLER,
		       &(struct pw_request){
			   .method = "REGISTER",
			   .ruri = rows[i].ruri,
			   .headers = "Contact: <sip:me@192.0.2.10>;q=0.5, "
				      "<sip:you@192.0.2.10>\r\n"
				      "Expires: 600\r\nPath: <sip:p;lr>\r\n" });
		if (rows[i].goes == NULL) {
			got = pw_get(&w, PW_CALLER, "SIP/2.0 405 ");
			CHECK(strstr(pw_header(got, "Allow", 0), "INVITE") !=
				  NULL &&
			      strstr(pw_header(got, "Allow", 0), "REGISTER") ==
				  NULL);
			goto next;
		}
		got = pw_get(&w, PW_STRANGER, "REGISTER ");
		CHECK(strcmp(pw_line(got), rows[i].goes) == 0);
		CHECK(strcmp(pw_header(got, "To", 0), "<" PW_RURI ">") == 0);
		CHECK(strstr(got, "Contact: <sip:me@192.0.2.10>;q=0.5, "
				  "<sip:you@192.0.2.10>\r\nExpires: "
				  "600\r\nPath: <sip:p;lr>\r\n") != NULL);
		CHECK(pw_count(got, "Record-Route") == 0);
		/* its challenge is for who registers */
		pw_answer(&w, PW_STRANGER, got, 401, "r", CHALLENGE("a", ""));
		got = pw_get(&w, PW_CALLER, "SIP/2.0 401 ");
		CHECK(pw_count(got, "WWW-Authenticate") == 1);
		CHECK(pw_all_quiet(&w));
next:
		pw_close(&w);
	}
}

/* --- what is good for nothing but an answer --- */

#define RATE 20

/* Who floods with it is met with silence as one who floods with new requests is:
 * each answer would go wherever the source of a datagram says. */
static void
floods(void)
{
	static const struct {
		const char *what, *start, *text;
	} rows[] = {
		{ "malformed requests", "SIP/2.0 400 ",
		  "INVITE sip:a@203.0.113.1 SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKf%d\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\n"
		  "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n" },
		{ "another version", "SIP/2.0 505 ",
		  "INVITE sip:a@203.0.113.1 SIP/3.0\r\n"
		  "Via: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKf%d\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\n"
		  "CSeq: 1 INVITE\r\nMax-Forwards: 70\r\n\r\n" },
		{ "CANCELs of nothing", "SIP/2.0 481 ",
		  "CANCEL sip:a@203.0.113.1 SIP/2.0\r\n"
		  "Via: SIP/2.0/UDP 192.0.2.99:5060;branch=z9hG4bKf%d\r\n"
		  "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\n"
		  "CSeq: 1 CANCEL\r\nMax-Forwards: 70\r\n\r\n" },
	};
	const struct pw_config config = {
		.name = "ro", .settings = "sip = { source_rate = 20; };"
	};
	char text[1000];

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (!pw_open(&w, &config))
			goto next;
		for (int n = 0; n < 2 * RATE; n++) {
			snprintf(text, sizeof(text), rows[i].text, n);
			pw_send(&w, PW_STRANGER, text);
			if (n < RATE)
				pw_get(&w, PW_STRANGER, rows[i].start);
		}
		CHECK(pw_all_quiet(&w));
		CHECK(w.worker.counters.sources_silenced == 1 &&
		      w.worker.counters.source_dropped == RATE);
		pw_call(&w, NULL); /* nobody else's business */
		pw_get(&w, PW_G1, "INVITE ");
		pw_run(&w, 1000);
		snprintf(text, sizeof(text), rows[i].text, -1);
		pw_send(&w, PW_STRANGER, text);
		pw_get(&w, PW_STRANGER, rows[i].start);
next:
		pw_close(&w);
	}
}

static const struct test tests[] = {
	{ "SUBSCRIBE and REFER: what they begin comes through us",
	  stays_on_the_way, true },
	{ "other requests get no Record-Route", others_stay_without, true },
	{ "NOTIFYs find back through NAT and by the transport",
	  nat_and_transports, true },
	{ "refreshes find a notifier behind a NAT", nat_of_the_notifier, true },
	{ "the From of a subscription stays", from_stays, true },
	{ "who may send what in a subscription", nothing_else, true },
	{ "a subscription at another domain", another_domain, true },
	{ "a subscription that outlives its token", outlived, true },
	{ "a gateway's challenge to what is no INVITE", challenged, true },
	{ "credentials that are refused lead on", refused, true },
	{ "a challenge for which there are no credentials goes up", not_ours,
	  true },
	{ "no two requests of a Call-ID have one number", numbers_of_a_call_id,
	  true },
	{ "REGISTER goes where a rule says, or nowhere", registers, true },
	{ "floods of what is refused at once get no answer", floods, true },
	{ "refreshes of a subscription log in", subscription_logs_in, false },
};

const struct test_suite suite_rule_others = TEST_SUITE("rule_others", tests);
