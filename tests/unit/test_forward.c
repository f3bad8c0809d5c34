/* test_forward.c - the steps of RFC 3261 16.6 and 16.7 on whole messages */
#include "sip/edit.h"

#include <stdio.h>

#include "base/err.h"
#include "sip/value.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define OUT_MAX 4096
#define OUR_VIA "SIP/2.0/UDP proxy.example;branch=z9hG4bKours"

struct row {
	const char *what, *text;
	struct sip_forward forward; /* via is OUR_VIA, from 192.0.2.9:5070 */
	const char *result;
};

static int
forward_text(const struct row *row, char *out, size_t *len)
{
	_Alignas(16) char space[2048];
	struct sip_forward forward = row->forward;
	struct arena arena;
	struct sip_msg msg;
	struct sip_edit edit;
	struct addr from;
	int err;

	sip_value_setup();
	OK(addr_parse(str_of("192.0.2.9:5070"), 0, &from));
	OK(scan_text(&msg, row->text));
	forward.via = str_of(OUR_VIA);
	forward.from = &from;
	arena_init(&arena, space, sizeof(space), 0);
	sip_edit_init(&edit, &msg);
	sip_edit_forward_request(&edit, &arena, &forward);
	err = sip_edit_apply(&edit, out, OUT_MAX, len);
	arena_fini(&arena);
	return err;
}

#define H_MB "Max-Breadth: 60\r\n"
#define THEIR_VIA "SIP/2.0/UDP c.example;rport;branch=z9"
#define STAMPED                                      \
	"SIP/2.0/UDP c.example;rport=5070;branch=z9" \
	";received=192.0.2.9"

static void
requests_are_forwarded(void)
{
	static const struct row rows[] = {
		{ "8. and 3.: Via and Max-Forwards",
		  "INVITE sip:b@h SIP/2.0\r\nVia: " THEIR_VIA
		  "\r\n" H_MF H_DIALOG "\r\nbody",
		  { .n_pop_routes = 0 },
		  "INVITE sip:b@h SIP/2.0\r\nVia: " OUR_VIA "\r\nVia: " STAMPED
		  "\r\nMax-Forwards: 69\r\n" H_MB H_DIALOG "\r\nbody" },
		{ "2. Request-URI, 4. Record-Route, 5. more, 16.4 Route",
		  "INVITE sip:b@h SIP/2.0\r\nv:" THEIR_VIA ",SIP/2.0/UDP d"
		  "\r\nRoute: <sip:us;lr>\r\nRecord-Route: <sip:x;lr>\r\n"
		  "max-forwards :  0010\r\n" H_DIALOG "\r\n",
		  { .ruri = { "sip:+49@c", 9 },
		    .record_route = { "<sip:us;t=1>", 12 },
		    .n_pop_routes = 1,
		    .headers = { "A: 1\r\nB: 2\r\n", 12 } },
		  "INVITE sip:+49@c SIP/2.0\r\nVia: " OUR_VIA
		  "\r\nA: 1\r\nB: 2\r\nv:" STAMPED ",SIP/2.0/UDP d"
		  "\r\nRecord-Route: <sip:us;t=1>\r\n"
		  "Record-Route: <sip:x;lr>\r\n"
		  "max-forwards :  9\r\n" H_MB H_DIALOG "\r\n" },
		{ "the first Record-Route, and the first of two Routes",
		  "INVITE sip:b@h SIP/2.0\r\nVia: " THEIR_VIA
		  "\r\nRoute: <sip:us;lr> , <sip:them;lr>\r\n"
		  "Max-Forwards: 1\r\n" H_DIALOG "\r\n",
		  { .record_route = { "<sip:us;t=1>", 12 }, .n_pop_routes = 1 },
		  "INVITE sip:b@h SIP/2.0\r\nVia: " OUR_VIA
		  "\r\nRecord-Route: <sip:us;t=1>\r\nVia: " STAMPED
		  "\r\nRoute: <sip:them;lr>\r\n"
		  "Max-Forwards: 0\r\n" H_MB H_DIALOG "\r\n" },
		{ "no Max-Forwards",
		  "INVITE sip:b@h SIP/2.0\r\nVia: " THEIR_VIA "\r\n" H_DIALOG
		  "\r\n",
		  { .n_pop_routes = 0 },
		  "INVITE sip:b@h SIP/2.0\r\nVia: " OUR_VIA "\r\nVia: " STAMPED
		  "\r\nMax-Forwards: 70\r\n" H_MB H_DIALOG "\r\n" },
		{ "3. Max-Breadth: one that is low stays",
		  "INVITE sip:b@h SIP/2.0\r\nVia: " THEIR_VIA "\r\n" H_MF
		  "max-breadth: 1\r\n" H_DIALOG "\r\n",
		  { .n_pop_routes = 0 },
		  "INVITE sip:b@h SIP/2.0\r\nVia: " OUR_VIA "\r\nVia: " STAMPED
		  "\r\nMax-Forwards: 69\r\nmax-breadth: 1\r\n" H_DIALOG
		  "\r\n" },
		{ "of several one, of more than 60 60",
		  "INVITE sip:b@h SIP/2.0\r\nVia: " THEIR_VIA "\r\n" H_MF
		  "Max-Breadth: 61\r\n" H_DIALOG "Max-Breadth: 2\r\n\r\n",
		  { .n_pop_routes = 0 },
		  "INVITE sip:b@h SIP/2.0\r\nVia: " OUR_VIA "\r\nVia: " STAMPED
		  "\r\nMax-Forwards: 69\r\n" H_MB H_DIALOG "\r\n" },
		{ "Via is not on top",
		  "INVITE sip:b@h SIP/2.0\r\n" H_MF H_DIALOG "Via: " THEIR_VIA
		  "\r\n\r\n",
		  { .record_route = { "<sip:us;t=1>", 12 } },
		  "INVITE sip:b@h SIP/2.0\r\nRecord-Route: <sip:us;t=1>\r\n"
		  "Max-Forwards: 69\r\n" H_MB H_DIALOG "Via: " OUR_VIA
		  "\r\nVia: " STAMPED "\r\n\r\n" },
	};
	char out[OUT_MAX];
	size_t len = 0;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		if (!OK(forward_text(&rows[i], out, &len)))
			continue;
		CHECK(str_eq_text(str_make(out, len), rows[i].result));
	}
}

static void
streams_get_a_content_length(void)
{
	static const struct {
		const char *what, *text;
		enum sip_transport by;
		const char *added;
	} rows[] = {
		{ "a body", H_DIALOG "\r\nv=0\r\n", SIP_TCP,
		  "Content-Length: 5\r\n" },
		{ "by TLS", H_DIALOG "\r\nv=0\r\n", SIP_TLS,
		  "Content-Length: 5\r\n" },
		{ "none", H_DIALOG "\r\n", SIP_TCP, "Content-Length: 0\r\n" },
		{ "a datagram says it by its end", H_DIALOG "\r\nv=0\r\n",
		  SIP_UDP, "" },
		{ "it says so already", "L: 5\r\n" H_DIALOG "\r\nv=0\r\n",
		  SIP_TCP, "" },
	};
	char text[1024], out[OUT_MAX];

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const char *end = strstr(rows[i].text, "\r\n\r\n") + 2;
		struct sip_edit edit;
		struct sip_msg msg;
		size_t len;

		test_row(rows[i].what);
		snprintf(text, sizeof(text),
			 "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n"
			 "Via: %s\r\n%s",
			 OUR_VIA, rows[i].text);
		if (!OK(sip_scan(&msg, text, strlen(text), NULL)))
			continue;
		sip_edit_init(&edit, &msg);
		sip_edit_forward_response(&edit, rows[i].by);
		if (!OK(sip_edit_apply(&edit, out, sizeof(out), &len)))
			continue;
		snprintf(text, sizeof(text),
			 "SIP/2.0 200 OK\r\nVia: %s\r\n%.*s%s%s", OUR_VIA,
			 (int)(end - rows[i].text), rows[i].text, rows[i].added,
			 end);
		CHECK(str_eq_text(str_make(out, len), text));
	}
}

static void
a_max_forwards_that_cannot_go_down_is_refused(void)
{
	static const struct row rows[] = {
		{ "0",
		  COMPLETE "Max-Forwards: 0\r\n\r\n",
		  { .n_pop_routes = 0 },
		  NULL },
		{ "256",
		  COMPLETE "Max-Forwards: 256\r\n\r\n",
		  { .n_pop_routes = 0 },
		  NULL },
		{ "empty",
		  COMPLETE "Max-Forwards:\r\n\r\n",
		  { .n_pop_routes = 0 },
		  NULL },
		{ "text",
		  COMPLETE "Max-Forwards: x\r\n\r\n",
		  { .n_pop_routes = 0 },
		  NULL },
	};
	char out[OUT_MAX];
	size_t len;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		CHECK(forward_text(&rows[i], out, &len) == ERR_INVAL);
	}
}

/* What comes out can be scanned, whoever adds rows after it. */
static void
too_many_rows_are_refused(void)
{
	struct sip_forward forward = { .via = str_of(OUR_VIA) };
	_Alignas(16) char space[2048];
	struct arena arena;
	struct sip_edit edit;
	struct sip_msg msg;

	if (!OK(scan_text(&msg, COMPLETE H_MF "\r\n")))
		return;
	for (int i = 0; i < 2; i++) {
		arena_init(&arena, space, sizeof(space), 0);
		msg.n_fields = (uint16_t)(SIP_MAX_FIELDS - SIP_ROWS_ADDED + i);
		sip_edit_init(&edit, &msg);
		sip_edit_forward_request(&edit, &arena, &forward);
		CHECK(edit.err == (i == 0 ? 0 : ERR_LIMIT));
		arena_fini(&arena);
	}
}

/* The arena may be short at each step; that shows. */
static void
short_memory_shows(void)
{
	struct sip_forward forward = { .via = str_of(OUR_VIA),
				       .record_route = str_of("<sip:us>") };
	_Alignas(16) char space[2048];
	struct arena arena;
	struct sip_msg msg;
	struct sip_edit edit;
	struct addr from;
	int n_short = 0;

	sip_value_setup();
	OK(addr_parse(str_of("192.0.2.9:5070"), 0, &from));
	forward.from = &from;
	if (!OK(scan_text(&msg, COMPLETE H_MF "\r\n")))
		return;
	for (size_t limit = 1;; limit += 16) {
		arena_init(&arena, space, sizeof(space), limit);
		sip_edit_init(&edit, &msg);
		sip_edit_forward_request(&edit, &arena, &forward);
		arena_fini(&arena);
		if (edit.err != ERR_NOMEM)
			break;
		n_short++;
	}
	CHECK(edit.err == 0);
	CHECK(n_short > 3);
}

static void
the_top_via_of_a_response_goes(void)
{
	static const struct {
		const char *what, *vias, *rest;
	} rows[] = {
		{ "one of two rows", "Via: " OUR_VIA "\r\nVia: x\r\n",
		  "Via: x\r\n" },
		{ "one of two values", "v: " OUR_VIA " ,\r\n x\r\n",
		  "v: x\r\n" },
		{ "the last", "Via: " OUR_VIA "\r\n", "" },
	};
	char text[1024], expected[1024], out[OUT_MAX];
	struct sip_msg msg;
	struct sip_edit edit;
	size_t len = 0;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const char *form = "SIP/2.0 200 OK\r\n%s" H_DIALOG "\r\nbody";

		test_row(rows[i].what);
		snprintf(text, sizeof(text), form, rows[i].vias);
		snprintf(expected, sizeof(expected), form, rows[i].rest);
		if (!OK(scan_text(&msg, text)))
			continue;
		sip_edit_init(&edit, &msg);
		sip_edit_forward_response(&edit, SIP_UDP);
		OK(sip_edit_apply(&edit, out, sizeof(out), &len));
		CHECK(str_eq_text(str_make(out, len), expected));
	}
}

static const struct test tests[] = {
	{ "streams get a Content-Length", streams_get_a_content_length, true },
	{ "requests are forwarded", requests_are_forwarded, false },
	{ "a Max-Forwards that cannot go down is refused",
	  a_max_forwards_that_cannot_go_down_is_refused, false },
	{ "too many rows are refused", too_many_rows_are_refused, true },
	{ "short memory shows", short_memory_shows, false },
	{ "the top Via of a response goes", the_top_via_of_a_response_goes,
	  false },
};

const struct test_suite suite_forward = TEST_SUITE("forward", tests);
