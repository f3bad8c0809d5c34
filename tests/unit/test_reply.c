/* test_reply.c - responses, ACK and CANCEL of our own */
#include "sip/reply.h"

#include <stdio.h>

#include "base/err.h"
#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define OUT_MAX 2048
#define SENT_BY "SIP/2.0/UDP 192.0.2.9"
#define VIAS "v: " SENT_BY ":5066;branch=1 , SIP/2.0/UDP b\r\nVia: x\r\n"
#define RR \
	"Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: <sip:p3>\r\n"
#define END "Content-Length: 0\r\n\r\n"

static const char request[] =
    "INVITE sip:b@h SIP/2.0\r\n" VIAS RR H_CSEQ H_CALL_ID
    "t: Bob\r\n <sip:bob@example.net>\r\n"
    "Timestamp: 54\r\n"
    "Route: <sip:r1;lr>\r\n" H_MF "Subject: x\r\n" H_FROM
    "Route: <sip:r2;lr>, <sip:r3;lr>\r\n"
    "Content-Length: 4\r\n\r\nbody";

/* From, To, Call-ID and CSeq as they go back. */
#define BACK(to_end) \
	H_FROM "t: Bob\r\n <sip:bob@example.net>" to_end "\r\n" H_CALL_ID H_CSEQ

static void
responses_are_made_from_the_request(void)
{
	static const struct {
		const char *what;
		int status;
		const char *reason, *tag, *headers, *result;
	} rows[] = {
		{ "100: no tag, with Timestamp", 100, NULL, "ours", "",
		  "SIP/2.0 100 Trying\r\n" VIAS BACK(
		      "") "Timestamp: 54\r\n" END },
		{ "180: tag and Record-Route", 180, NULL, "ours", "",
		  "SIP/2.0 180 Ringing\r\n" VIAS RR BACK(";tag=ours") END },
		{ "200", 200, "Fine", "ours", "Contact: <sip:c>\r\n",
		  "SIP/2.0 200 Fine\r\n" VIAS RR BACK(
		      ";tag=ours") "Contact: <sip:c>\r\n" END },
		{ "503: headers, no Record-Route", 503, NULL, "ours",
		  "Retry-After: 5\r\n",
		  "SIP/2.0 503 Service Unavailable\r\n" VIAS BACK(
		      ";tag=ours") "Retry-After: 5\r\n" END },
		{ "no tag given", 400, "Bad Via", "", "",
		  "SIP/2.0 400 Bad Via\r\n" VIAS BACK("") END },
	};
	char out[OUT_MAX];
	struct sip_msg msg;
	struct wbuf w;
	struct addr from;

	sip_value_setup();
	OK(addr_parse(str_of("192.0.2.9:5066"), 0, &from));
	if (!OK(scan_text(&msg, request)))
		return;
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		wbuf_init(&w, out, sizeof(out));
		sip_write_response(&w, &msg, &from, rows[i].status,
				   rows[i].reason, str_of(rows[i].tag),
				   str_of(rows[i].headers));
		OK(w.err);
		CHECK(str_eq_text(str_make(out, w.len), rows[i].result));
		OK(sip_scan(&msg, out, w.len, NULL));
		CHECK(msg.status == rows[i].status);
		OK(scan_text(&msg, request));
	}
}

static void
the_source_is_said_in_the_top_via_only(void)
{
	static const char expected[] =
	    "SIP/2.0 486 Busy Here\r\n"
	    "v: " SENT_BY ":5066;branch=1;received=192.0.2.7 , SIP/2.0/UDP b"
	    "\r\nVia: x\r\n" BACK(";tag=ours") END;
	char out[OUT_MAX];
	struct sip_msg msg;
	struct wbuf w;
	struct addr from;

	sip_value_setup();
	OK(addr_parse(str_of("192.0.2.7:5066"), 0, &from));
	if (!OK(scan_text(&msg, request)))
		return;
	wbuf_init(&w, out, sizeof(out));
	sip_write_response(&w, &msg, &from, 486, NULL, str_of("ours"),
			   str_of(""));
	OK(w.err);
	CHECK(str_eq_text(str_make(out, w.len), expected));
	for (size_t cap = 0; cap < sizeof(expected) - 1; cap++) {
		wbuf_init(&w, out, cap);
		sip_write_response(&w, &msg, &from, 486, NULL, str_of("ours"),
				   str_of(""));
		CHECK(w.err == ERR_SPACE);
	}
}

static void
a_tag_that_is_there_stays(void)
{
	char out[OUT_MAX];
	struct sip_msg msg;
	struct wbuf w;

	if (!OK(scan_text(&msg,
			  "BYE sip:b SIP/2.0\r\nVia: x\r\nTo: <sip:b>"
			  ";tag=2\r\n" H_FROM H_CALL_ID "CSeq: 2 BYE\r\n\r\n")))
		return;
	wbuf_init(&w, out, sizeof(out));
	sip_write_response(&w, &msg, NULL, 200, NULL, str_of("ours"),
			   str_of(""));
	CHECK(str_eq_text(str_make(out, w.len),
			  "SIP/2.0 200 OK\r\nVia: x\r\n" H_FROM
			  "To: <sip:b>;tag=2\r\n" H_CALL_ID
			  "CSeq: 2 BYE\r\n" END));
}

static void
a_bad_request_is_answered_with_what_it_has(void)
{
	char out[OUT_MAX];
	struct sip_msg msg;
	struct wbuf w;
	const char *why = NULL;
	const char *text = "BYE  x\r\nVia: x\r\nCSeq: no\r\n" H_TO H_TO;

	CHECK(sip_scan(&msg, text, strlen(text), &why) == ERR_SYNTAX);
	wbuf_init(&w, out, sizeof(out));
	sip_write_response(&w, &msg, NULL, 400, why, str_of("ours"),
			   str_of(""));
	CHECK(str_eq_text(str_make(out, w.len),
			  "SIP/2.0 400 Malformed Request-URI\r\nVia: x\r\n"
			  "To: Bob <sip:bob@example.net>;tag=ours\r\n"
			  "CSeq: no\r\n" END));
}

static void
nothing_is_made_up_for_missing_rows(void)
{
	char out[OUT_MAX];
	struct sip_msg msg;
	struct wbuf w;

	CHECK(scan_text(&msg, "BYE sip:b SIP/2.0\r\n" H_CALL_ID "\r\n") ==
	      ERR_SYNTAX);
	wbuf_init(&w, out, sizeof(out));
	sip_write_response(&w, &msg, NULL, 400, NULL, str_of("ours"),
			   str_of(""));
	CHECK(str_eq_text(str_make(out, w.len),
			  "SIP/2.0 400 Bad Request\r\n" H_CALL_ID END));
}

#define SENT_RESPONSE                                \
	"SIP/2.0 486 Busy\r\n" VIAS H_CSEQ H_CALL_ID \
	"To: <sip:bob@example.net>;tag=theirs\r\n" H_FROM "\r\n"

static void
ack_and_cancel_are_made_from_the_invite(void)
{
	static const char routes[] =
	    "Route: <sip:r1;lr>\r\nRoute: <sip:r2;lr>, <sip:r3;lr>\r\n";
	static const char via[] =
	    "Via: " SENT_BY ":5066;branch=1\r\nMax-Forwards: 70\r\n";
	char out[OUT_MAX], expected[OUT_MAX];
	struct sip_msg invite, response;
	struct wbuf w;

	if (!OK(scan_text(&invite, request)) ||
	    !OK(scan_text(&response, SENT_RESPONSE)))
		return;
	wbuf_init(&w, out, sizeof(out));
	sip_write_ack(&w, &invite, &response);
	snprintf(expected, sizeof(expected),
		 "ACK sip:b@h SIP/2.0\r\n%s%s%s%s%s%s%s", via, routes, H_FROM,
		 "To: <sip:bob@example.net>;tag=theirs\r\n", H_CALL_ID,
		 "CSeq: 314159 ACK\r\n", END);
	CHECK(str_eq_text(str_make(out, w.len), expected));
	OK(sip_scan(&response, out, w.len, NULL));

	wbuf_init(&w, out, sizeof(out));
	sip_write_cancel(&w, &invite, str_of("Reason: x\r\n"));
	snprintf(expected, sizeof(expected),
		 "CANCEL sip:b@h SIP/2.0\r\n%s%s%s%s%s%s%s%s", via, routes,
		 H_FROM, "t: Bob\r\n <sip:bob@example.net>\r\n", H_CALL_ID,
		 "CSeq: 314159 CANCEL\r\n", "Reason: x\r\n", END);
	CHECK(str_eq_text(str_make(out, w.len), expected));
	OK(sip_scan(&response, out, w.len, NULL));
}

static const struct test tests[] = {
	{ "responses are made from the request",
	  responses_are_made_from_the_request, false },
	{ "the source is said in the top Via only",
	  the_source_is_said_in_the_top_via_only, false },
	{ "a tag that is there stays", a_tag_that_is_there_stays, false },
	{ "a bad request is answered with what it has",
	  a_bad_request_is_answered_with_what_it_has, false },
	{ "nothing is made up for missing rows",
	  nothing_is_made_up_for_missing_rows, true },
	{ "ACK and CANCEL are made from the INVITE",
	  ack_and_cancel_are_made_from_the_invite, false },
};

const struct test_suite suite_reply = TEST_SUITE("reply", tests);
