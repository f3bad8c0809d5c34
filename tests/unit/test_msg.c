/* test_msg.c - what the scan finds, its limits, and the Call-ID */
#include "sip/msg.h"

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define BODY "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"

static const char invite[] = INVITE_LINE H_VIA
    "Via: SIP/2.0/UDP first.example.com, SIP/2.0/UDP x\r\n" H_MF H_DIALOG
    "Subject:\r\n"
    "v: SIP/2.0/TCP old.example.com\r\n"
    "X-Own: one\r\n"
    "X-Other: two \t\r\n"
    "Content-Type: application/sdp\r\n"
    "Content-Length: 31\r\n\r\n" BODY;

static bool
value_is(const struct sip_msg *msg, enum sip_header id, const char *text)
{
	return str_eq_text(sip_value(msg, id), text);
}

static void
a_request_is_indexed(void)
{
	struct sip_msg msg;
	const char *why = "";

	if (!OK(sip_scan(&msg, invite, sizeof(invite) - 1, &why)))
		return;
	CHECK(why == NULL);
	CHECK(msg.is_request);
	CHECK(msg.method == SIP_INVITE);
	CHECK(str_eq_text(msg.method_text, "INVITE"));
	CHECK(str_eq_text(msg.ruri, "sip:bob@example.net"));
	CHECK(str_eq_text(msg.call_id, "a84b4c76e66710@pc33.example.com"));
	CHECK(msg.cseq == 314159);
	CHECK(msg.cseq_id == SIP_INVITE);
	CHECK(str_eq_text(msg.cseq_method, "INVITE"));
	CHECK(msg.len == sizeof(invite) - 1);
	CHECK(str_eq_text(msg.body, BODY));
	CHECK(msg.body.p == msg.data + msg.head_len);
	CHECK(msg.n_fields == 13);
	CHECK(value_is(&msg, SIP_HDR_FROM,
		       "Alice <sip:alice@example.com>;tag=1928301774"));
	CHECK(value_is(&msg, SIP_HDR_MAX_FORWARDS, "70"));
	CHECK(value_is(&msg, SIP_HDR_SUBJECT, ""));
	CHECK(sip_value(&msg, SIP_HDR_SUBJECT).p != NULL);
	CHECK(sip_value(&msg, SIP_HDR_ROUTE).p == NULL);
	CHECK(msg.first[SIP_HDR_ROUTE] == -1);
}

static void
rows_of_one_name_are_chained_in_order(void)
{
	static const char *const values[] = {
		"SIP/2.0/UDP pc33.example.com;branch=z9hG4bK776asdhds",
		"SIP/2.0/UDP first.example.com, SIP/2.0/UDP x",
		"SIP/2.0/TCP old.example.com",
	};
	struct sip_msg msg;
	const struct sip_field *field;
	size_t n = 0;

	if (!OK(scan_text(&msg, invite)))
		return;
	for (int i = msg.first[SIP_HDR_VIA]; i >= 0; i = msg.fields[i].next) {
		field = &msg.fields[i];
		if (!CHECK(n < N_ROWS(values)))
			return;
		CHECK(field->id == SIP_HDR_VIA);
		CHECK(str_eq_text(sip_field_value(&msg, field), values[n]));
		n++;
	}
	CHECK(n == N_ROWS(values));
	field = &msg.fields[msg.first[SIP_HDR_OTHER]];
	CHECK(str_eq_text(sip_field_name(&msg, field), "X-Own"));
	field = &msg.fields[field->next];
	CHECK(str_eq_text(sip_field_name(&msg, field), "X-Other"));
	CHECK(str_eq_text(sip_field_value(&msg, field), "two"));
	CHECK(str_eq_text(str_make(msg.data + field->line, field->line_len),
			  "X-Other: two \t\r\n"));
	CHECK(field->next == -1);
}

static void
a_response_is_indexed(void)
{
	struct sip_msg msg;

	if (!OK(scan_text(&msg,
			  "SIP/2.0 486 Busy \xc3\xa4 Here\r\n" H_VIA H_DIALOG
			  "Content-Length: 0\r\n\r\n")))
		return;
	CHECK(!msg.is_request);
	CHECK(msg.status == 486);
	CHECK(str_eq_text(msg.reason, "Busy \xc3\xa4 Here"));
	CHECK(msg.method == SIP_INVITE);
	CHECK(msg.cseq_id == SIP_INVITE);
	CHECK(msg.ruri.p == NULL);
	CHECK(msg.body.len == 0);
	OK(scan_text(&msg, "sip/2.0 100 \r\n" H_VIA H_DIALOG "\r\n"));
	CHECK(msg.status == 100);
	CHECK(msg.reason.len == 0);
}

static void
a_long_header_name_is_kept_whole(void)
{
	char text[1200] = INVITE_LINE H_VIA H_DIALOG;
	size_t len = strlen(text);
	struct sip_msg msg;
	const struct sip_field *field;

	memset(text + len, 'n', 300);
	memcpy(text + len + 300, ": v\r\n\r\n", 8);
	if (!OK(scan_text(&msg, text)))
		return;
	field = &msg.fields[msg.first[SIP_HDR_OTHER]];
	CHECK(sip_field_name(&msg, field).len == 300);
	CHECK(str_eq_text(sip_field_value(&msg, field), "v"));
}

static void
unusual_but_right_is_accepted(void)
{
	static const struct {
		const char *what, *text;
		enum sip_header id;
		const char *value;
	} rows[] = {
		{ "folded value", COMPLETE "Subject: a\r\n b\r\n\tc\r\n\r\n",
		  SIP_HDR_SUBJECT, "a\r\n b\r\n\tc" },
		{ "value begins on the next line",
		  COMPLETE "Subject:\r\n  a\r\n\r\n", SIP_HDR_SUBJECT, "a" },
		{ "last folded line is white",
		  COMPLETE "Subject: a\r\n  \r\n\r\n", SIP_HDR_SUBJECT, "a" },
		{ "white space before the colon",
		  COMPLETE "Subject \t : a\r\n\r\n", SIP_HDR_SUBJECT, "a" },
		{ "no white space at all", COMPLETE "Subject:a\r\n\r\n",
		  SIP_HDR_SUBJECT, "a" },
		{ "compact form", COMPLETE "s: a\r\n\r\n", SIP_HDR_SUBJECT,
		  "a" },
		{ "HT in a value", COMPLETE "Subject: a\tb\r\n\r\n",
		  SIP_HDR_SUBJECT, "a\tb" },
		{ "UTF-8 in a value", COMPLETE "Subject: \xc3\xa4\r\n\r\n",
		  SIP_HDR_SUBJECT, "\xc3\xa4" },
		{ "colon in a value", COMPLETE "Subject: a:b\r\n\r\n",
		  SIP_HDR_SUBJECT, "a:b" },
		{ "quoted control character (25.1)",
		  COMPLETE "Subject: \"a\\\x07\\\x7f\"\r\n\r\n",
		  SIP_HDR_SUBJECT, "\"a\\\x07\\\x7f\"" },
		{ "empty lines before (7.5)", "\r\n\r\n" COMPLETE "\r\n",
		  SIP_HDR_TO, "Bob <sip:bob@example.net>" },
		{ "version in another case",
		  "INVITE sip:x sIp/2.0\r\n" H_VIA H_DIALOG "\r\n", SIP_HDR_TO,
		  "Bob <sip:bob@example.net>" },
		{ "CSeq with leading zeros and a fold",
		  INVITE_LINE H_VIA H_FROM H_TO H_CALL_ID
		  "cseq: 0009\r\n  INVITE\r\n\r\n",
		  SIP_HDR_CSEQ, "0009\r\n  INVITE" },
		{ "unknown method",
		  "IN%ITE sip:x SIP/2.0\r\n" H_VIA H_FROM H_TO H_CALL_ID
		  "CSeq: 2147483647 IN%ITE\r\n\r\n",
		  SIP_HDR_CSEQ, "2147483647 IN%ITE" },
		{ "odd Call-ID",
		  INVITE_LINE H_VIA H_FROM H_TO H_CSEQ
		  "i: a=b%ZK-!.*_+'@w`~)(><:\\/\"][?}{\r\n\r\n",
		  SIP_HDR_CALL_ID, "a=b%ZK-!.*_+'@w`~)(><:\\/\"][?}{" },
		{ "Content-Lengths that agree",
		  COMPLETE "l: 0\r\nContent-Length: 00\r\n\r\n",
		  SIP_HDR_CONTENT_LENGTH, "0" },
		{ "Max-Forwards is for the proxy",
		  COMPLETE "Max-Forwards: many\r\n\r\n", SIP_HDR_MAX_FORWARDS,
		  "many" },
	};
	struct sip_msg msg;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		OK(scan_text(&msg, rows[i].text));
		CHECK(value_is(&msg, rows[i].id, rows[i].value));
		CHECK(msg.head_len == msg.len);
	}
}

static void
a_nul_is_only_accepted_quoted(void)
{
	static const char bare[] = COMPLETE "Subject: \0\r\n\r\n";
	static const char quoted[] = COMPLETE "Subject: \"\\\0\"\r\n\r\n";
	static const char start[] = "INVITE sip:\0 SIP/2.0\r\n" H_VIA "\r\n";
	struct sip_msg msg;

	CHECK(sip_scan(&msg, bare, sizeof(bare) - 1, NULL) == ERR_SYNTAX);
	CHECK(sip_scan(&msg, start, sizeof(start) - 1, NULL) == ERR_SYNTAX);
	OK(sip_scan(&msg, quoted, sizeof(quoted) - 1, NULL));
	CHECK(sip_value(&msg, SIP_HDR_SUBJECT).len == 4);
}

static void
bytes_behind_the_body_are_dropped(void)
{
	static const char text[] =
	    "\r\n" COMPLETE "Content-Length: 3\r\n\r\nabcINVITE\0sip:x";
	static const char whole[] = COMPLETE "\r\na\0c";
	struct sip_msg msg;

	if (!OK(sip_scan(&msg, text, sizeof(text) - 1, NULL)))
		return;
	CHECK(msg.data == text + 2);
	CHECK(str_eq_text(msg.body, "abc"));
	CHECK(msg.len == msg.head_len + 3);
	OK(sip_scan(&msg, whole, sizeof(whole) - 1, NULL));
	CHECK(msg.body.len == 3);
}

static void
limits_are_kept(void)
{
	static char text[SIP_MSG_MAX + 2];
	struct sip_msg msg;
	const char *why;
	size_t len = strlen(COMPLETE);

	memcpy(text, COMPLETE, len);
	for (size_t i = 5; i < SIP_MAX_FIELDS; i++, len += 4)
		memcpy(text + len, "x:\r\n", 4);
	memcpy(text + len, "\r\n", 2);
	OK(sip_scan(&msg, text, len + 2, NULL));
	CHECK(msg.n_fields == SIP_MAX_FIELDS);
	memcpy(text + len, "x:\r\n\r\n", 6);
	CHECK(sip_scan(&msg, text, len + 6, &why) == ERR_LIMIT);
	CHECK(strcmp(why, "Too many header lines") == 0);

	len = strlen(COMPLETE "\r\n");
	memcpy(text, COMPLETE "\r\n", len);
	memset(text + len, 'x', sizeof(text) - len);
	OK(sip_scan(&msg, text, SIP_MSG_MAX, NULL));
	CHECK(msg.len == SIP_MSG_MAX);
	CHECK(sip_scan(&msg, text, SIP_MSG_MAX + 1, &why) == ERR_LIMIT);
	CHECK(strcmp(why, "Message too large") == 0);
	CHECK(msg.n_fields == 0);
}

static void
the_call_id_is_found_cheaply(void)
{
	static const struct {
		const char *what, *text, *value;
	} rows[] = {
		{ "usual", COMPLETE "\r\n", "a84b4c76e66710@pc33.example.com" },
		{ "compact", "X\r\ni: a@b\r\n\r\n", "a@b" },
		{ "upper case", "X\r\nI :a@b\r\n\r\n", "a@b" },
		{ "folded", "X\r\ncALL-iD \t:\r\n \t a@b \r\n\r\n", "a@b" },
		{ "behind others with the letter",
		  "X\r\nContact: <sip:x>\r\nIdentity: y\r\nCall-ID: z\r\n\r\n",
		  "z" },
		{ "not in a fold", "X\r\nSubject: a\r\n Call-ID: b\r\n\r\n",
		  NULL },
		{ "not in the body", "X\r\nTo: a\r\n\r\nCall-ID: b\r\n", NULL },
		{ "not in the start line", "Call-ID: b\r\n\r\n", NULL },
		{ "empty lines first", "\r\n\r\nX\r\ni:a\r\n\r\n", "a" },
		{ "empty", "X\r\nCall-ID: \r\nTo: a\r\n\r\n", NULL },
		{ "no colon", "X\r\nCall-ID a\r\n\r\n", NULL },
		{ "cut off", "X\r\nCall-ID", NULL },
		{ "nothing", "", NULL },
		{ "keep-alive", "\r\n\r\n", NULL },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct str found =
		    sip_find_call_id(rows[i].text, strlen(rows[i].text));

		test_row(rows[i].what);
		CHECK((found.p == NULL) == (rows[i].value == NULL));
		CHECK(str_eq(found, str_of(rows[i].value)));
	}
}

/* A copy of exactly len bytes, so that the address sanitizer sees a read
 * behind them. The find agrees with the scan wherever that succeeds. */
static int
scan_exactly(const char *text, size_t len)
{
	struct sip_msg msg;
	char *copy = mem_alloc(len > 0 ? len : 1);
	int err;

	if (copy == NULL)
		return ERR_NOMEM;
	memcpy(copy, text, len);
	err = sip_scan(&msg, copy, len, NULL);
	if (sip_find_call_id(copy, len).p == NULL && err == 0)
		CHECK(false);
	if (err == 0)
		CHECK(str_eq(sip_find_call_id(copy, len), msg.call_id));
	for (int id = 0; err == 0 && id < SIP_N_HEADERS; id++) {
		struct str value = sip_value(&msg, (enum sip_header)id);
		struct str found =
		    sip_find_value(copy, len, (enum sip_header)id);

		CHECK(found.p == value.p && found.len == value.len);
	}
	CHECK(msg.len <= len);
	CHECK((size_t)msg.head_len <= len);
	mem_free(copy);
	return err;
}

static void
a_message_cut_anywhere_is_refused(void)
{
	for (size_t len = 0; len < sizeof(invite) - 1; len++) {
		int err = scan_exactly(invite, len);

		if (!CHECK(err == ERR_SYNTAX || err == ERR_TRUNCATED))
			return;
	}
	OK(scan_exactly(invite, sizeof(invite) - 1));
}

static void
any_octet_changed_is_survived(void)
{
	static const char octets[] = { 0,   '\r', '\n', ' ', '\t', ':',
				       ';', ',',  '"',  'i', 0x7f, (char)0xff };
	char text[sizeof(invite)];

	for (size_t at = 0; at < sizeof(invite) - 1; at++) {
		memcpy(text, invite, sizeof(invite));
		for (size_t i = 0; i < sizeof(octets); i++) {
			text[at] = octets[i];
			scan_exactly(text, sizeof(invite) - 1);
		}
	}
}

/* An empty line ends the head though a blank is behind it. */
static void
a_body_is_never_taken_for_rows(void)
{
	static const char text[] = INVITE_LINE H_VIA H_MF H_DIALOG
	    "Content-Length: 11\r\n\r\n"
	    " a\r\nx: 90\r\n";

	OK(scan_exactly(text, sizeof(text) - 1));
	CHECK(sip_find_value(text, sizeof(text) - 1, SIP_HDR_SESSION_EXPIRES)
		  .p == NULL);
}

static const struct test tests[] = {
	{ "a request is indexed", a_request_is_indexed, true },
	{ "rows of one name are chained in order",
	  rows_of_one_name_are_chained_in_order, true },
	{ "a response is indexed", a_response_is_indexed, true },
	{ "a long header name is kept whole", a_long_header_name_is_kept_whole,
	  true },
	{ "unusual but right is accepted", unusual_but_right_is_accepted,
	  true },
	{ "a NUL is only accepted quoted", a_nul_is_only_accepted_quoted,
	  true },
	{ "bytes behind the body are dropped",
	  bytes_behind_the_body_are_dropped, true },
	{ "limits are kept", limits_are_kept, true },
	{ "the Call-ID is found cheaply", the_call_id_is_found_cheaply, true },
	{ "a message cut anywhere is refused",
	  a_message_cut_anywhere_is_refused, true },
	{ "any octet changed is survived", any_octet_changed_is_survived,
	  true },
	{ "a body is never taken for rows", a_body_is_never_taken_for_rows,
	  true },
};

const struct test_suite suite_msg = TEST_SUITE("msg", tests);
