/* test_msg_errors.c - what the scan refuses, and what it goes on with */
#include "base/err.h"
#include "sip/msg.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

static void
what_is_wrong_is_refused_and_named(void)
{
	static const struct {
		const char *text;
		int err;
		const char *why;
	} rows[] = {
		/* start line */
		{ "", ERR_SYNTAX, "Start line not ended by CRLF" },
		{ "\r\n\r\n", ERR_SYNTAX, "Start line not ended by CRLF" },
		{ "hello", ERR_SYNTAX, "Start line not ended by CRLF" },
		{ "INVITE sip:x SIP/2.0\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Control character in the start line" },
		{ " INVITE sip:x SIP/2.0\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Request-Line" },
		{ "INVITE\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Request-Line" },
		{ "INVITE  sip:x SIP/2.0\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Request-URI" },
		{ "INVITE sip:x\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Request-URI" },
		{ "INVITE sip:\xc3\xa4 SIP/2.0\r\n" H_VIA H_DIALOG "\r\n",
		  ERR_SYNTAX, "Malformed Request-URI" },
		{ "INVITE sip:x  SIP/2.0\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed SIP-Version" },
		{ "INVITE sip:x SIP/2.0 \r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed SIP-Version" },
		{ "INVITE sip:x; lr SIP/2.0\r\n" H_VIA H_DIALOG "\r\n",
		  ERR_SYNTAX, "Malformed SIP-Version" },
		{ "INVITE sip:x HTTP/1.1\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed SIP-Version" },
		{ "INVITE sip:x SIP/2\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed SIP-Version" },
		{ "INVITE sip:x SIP/2.x\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed SIP-Version" },
		{ "INVITE sip:x\r\n SIP/2.0\r\n" H_VIA H_DIALOG "\r\n",
		  ERR_SYNTAX, "Malformed Request-URI" },
		{ "INVITE sip:x SIP/7.0\r\n" H_VIA H_DIALOG "\r\n",
		  ERR_UNSUPPORTED, "SIP-Version is not 2.0" },
		{ "INVITE sip:x SIP/7.0\r\n" H_VIA "\r\n", ERR_SYNTAX,
		  "Missing or empty From" },
		{ "SIP/2.0 99 Low\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Status-Line" },
		{ "SIP/2.0 099 Low\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Status-Line" },
		{ "SIP/2.0 700 High\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Status-Line" },
		{ "SIP/2.0 4294967301 better\r\n" H_VIA H_DIALOG "\r\n",
		  ERR_SYNTAX, "Malformed Status-Line" },
		{ "SIP/2.0 200\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Status-Line" },
		{ "SIP/2.0  200 OK\r\n" H_VIA H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Status-Line" },
		{ "SIP/3.0 200 OK\r\n" H_VIA H_DIALOG "\r\n", ERR_UNSUPPORTED,
		  "SIP-Version is not 2.0" },
		/* rows */
		{ COMPLETE, ERR_SYNTAX, "No empty line behind the headers" },
		{ COMPLETE "Subject: a", ERR_SYNTAX,
		  "No empty line behind the headers" },
		{ COMPLETE "\r", ERR_SYNTAX,
		  "No empty line behind the headers" },
		{ COMPLETE "Subject\r\n\r\n", ERR_SYNTAX,
		  "Malformed header line" },
		{ COMPLETE ": a\r\n\r\n", ERR_SYNTAX, "Malformed header line" },
		{ COMPLETE "Sub ject: a\r\n\r\n", ERR_SYNTAX,
		  "Malformed header line" },
		{ COMPLETE "Subject\r\n : a\r\n\r\n", ERR_SYNTAX,
		  "Malformed header line" },
		{ COMPLETE "S\xc3\xa4: a\r\n\r\n", ERR_SYNTAX,
		  "Malformed header line" },
		{ COMPLETE "Subject: a\nX: b\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: a\rb\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: a\x01\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: a\x7f\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: \\\x01\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: \"\x01\"\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: \"\\\\\x01\"\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: \"\\\n\"\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		{ COMPLETE "Subject: \"\\\r\"\r\n\r\n", ERR_SYNTAX,
		  "Control character in a header" },
		/* what every message needs */
		{ INVITE_LINE H_DIALOG "\r\n", ERR_SYNTAX,
		  "Missing or empty Via" },
		{ INVITE_LINE "Via: \r\n" H_DIALOG "\r\n", ERR_SYNTAX,
		  "Missing or empty Via" },
		{ INVITE_LINE H_VIA "Via:\r\n" H_DIALOG "\r\n", ERR_SYNTAX,
		  "Malformed Via" },
		{ INVITE_LINE "v: SIP/2.0/UDP a ,\r\n" H_DIALOG "\r\n",
		  ERR_SYNTAX, "Malformed Via" },
		{ INVITE_LINE H_VIA H_TO H_CALL_ID H_CSEQ "\r\n", ERR_SYNTAX,
		  "Missing or empty From" },
		{ INVITE_LINE H_VIA H_FROM H_CALL_ID H_CSEQ "\r\n", ERR_SYNTAX,
		  "Missing or empty To" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CSEQ "\r\n", ERR_SYNTAX,
		  "Missing or empty Call-ID" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CSEQ "i:\r\n\r\n", ERR_SYNTAX,
		  "Missing or empty Call-ID" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID "\r\n", ERR_SYNTAX,
		  "Missing or empty CSeq" },
		{ COMPLETE H_FROM "\r\n", ERR_SYNTAX, "More than one From" },
		{ COMPLETE "t: x\r\n\r\n", ERR_SYNTAX, "More than one To" },
		{ COMPLETE "i: x\r\n\r\n", ERR_SYNTAX,
		  "More than one Call-ID" },
		{ COMPLETE H_CSEQ "\r\n", ERR_SYNTAX, "More than one CSeq" },
		{ COMPLETE H_MF H_MF "\r\n", ERR_SYNTAX,
		  "More than one Max-Forwards" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CSEQ "Call-ID: a b\r\n\r\n",
		  ERR_SYNTAX, "Malformed Call-ID" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CSEQ
		  "Call-ID: \xc3\xa4\r\n\r\n",
		  ERR_SYNTAX, "Malformed Call-ID" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID
		  "CSeq: 2147483648 INVITE\r\n\r\n",
		  ERR_SYNTAX, "Malformed CSeq" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID
		  "CSeq: -1 INVITE\r\n\r\n",
		  ERR_SYNTAX, "Malformed CSeq" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID
		  "CSeq: INVITE\r\n\r\n",
		  ERR_SYNTAX, "Malformed CSeq" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID
		  "CSeq: 1INVITE\r\n\r\n",
		  ERR_SYNTAX, "Malformed CSeq" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID
		  "CSeq: 1 INVITE x\r\n\r\n",
		  ERR_SYNTAX, "Malformed CSeq" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID "CSeq: 1\r\n\r\n",
		  ERR_SYNTAX, "Malformed CSeq" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID "CSeq: 1 BYE\r\n\r\n",
		  ERR_SYNTAX, "CSeq names another method" },
		{ INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID
		  "CSeq: 1 invite\r\n\r\n",
		  ERR_SYNTAX, "CSeq names another method" },
		/* body */
		{ COMPLETE "Content-Length: 1\r\n\r\n", ERR_TRUNCATED,
		  "Body shorter than Content-Length" },
		{ COMPLETE "Content-Length: 99999999999999999999999\r\n\r\n",
		  ERR_TRUNCATED, "Body shorter than Content-Length" },
		{ COMPLETE "Content-Length: -1\r\n\r\n", ERR_SYNTAX,
		  "Malformed Content-Length" },
		{ COMPLETE "Content-Length: 0x0\r\n\r\n", ERR_SYNTAX,
		  "Malformed Content-Length" },
		{ COMPLETE "Content-Length:\r\n\r\n", ERR_SYNTAX,
		  "Malformed Content-Length" },
		{ COMPLETE "Content-Length: 0\r\nl: 1\r\n\r\nx", ERR_SYNTAX,
		  "Content-Lengths differ" },
		{ COMPLETE "Content-Length: 1\r\nl: 0\r\n\r\nx", ERR_SYNTAX,
		  "Content-Lengths differ" },
	};
	struct sip_msg msg;
	const char *why;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].text);
		why = NULL;
		CHECK(sip_scan(&msg, rows[i].text, strlen(rows[i].text),
			       &why) == rows[i].err);
		CHECK(why != NULL && strcmp(why, rows[i].why) == 0);
	}
}

static bool
can_answer(const struct sip_msg *msg)
{
	return msg->is_request && msg->first[SIP_HDR_VIA] >= 0 &&
	       msg->first[SIP_HDR_FROM] >= 0 && msg->first[SIP_HDR_TO] >= 0 &&
	       msg->first[SIP_HDR_CALL_ID] >= 0 &&
	       msg->first[SIP_HDR_CSEQ] >= 0;
}

static void
a_bad_request_can_be_answered(void)
{
	static const struct {
		const char *what, *text;
		bool can;
	} rows[] = {
		{ "two spaces",
		  "INVITE  sip:x SIP/2.0\r\n" H_VIA H_DIALOG "\r\n", true },
		{ "another version",
		  "INVITE sip:x SIP/7.0\r\n" H_VIA H_DIALOG "\r\n", true },
		{ "bad row before the others",
		  INVITE_LINE "Bad\r\n" H_VIA H_DIALOG "\r\n", true },
		{ "bad length before the others",
		  INVITE_LINE "l: -1\r\n" H_VIA H_DIALOG "\r\n", true },
		{ "short body", COMPLETE "l: 9\r\n\r\nx", true },
		{ "bad CSeq", COMPLETE H_CSEQ "\r\n", true },
		{ "no empty line", COMPLETE, true },
		{ "no To", INVITE_LINE H_VIA H_FROM H_CALL_ID H_CSEQ "\r\n",
		  false },
		{ "a control character in To",
		  INVITE_LINE H_VIA H_FROM "To: \x01\r\n" H_CALL_ID H_CSEQ
					   "\r\n",
		  false },
		{ "a response", "SIP/2.0 1 x\r\n" H_VIA H_DIALOG "\r\n",
		  false },
		{ "no SIP", "\x16\x03\x01\r\n" H_VIA H_DIALOG "\r\n", false },
	};
	struct sip_msg msg;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		CHECK(scan_text(&msg, rows[i].text) != 0);
		CHECK(can_answer(&msg) == rows[i].can);
	}
}

static const struct test tests[] = {
	{ "what is wrong is refused and named",
	  what_is_wrong_is_refused_and_named, true },
	{ "a bad request can be answered", a_bad_request_can_be_answered,
	  true },
};

const struct test_suite suite_msg_errors = TEST_SUITE("msg_errors", tests);
