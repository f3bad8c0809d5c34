/* test_edit.c - cuts and insertions over a message */
#include "sip/edit.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define OUT_MAX 2048

static const char text[] = INVITE_LINE
    "Via: SIP/2.0/UDP a;x=\"p,q\" , SIP/2.0/UDP b\r\n"
    "Via: SIP/2.0/UDP c\r\n"
    "Route: <sip:r1,x@h;lr>,\r\n <sip:r2;lr>\r\n"
    "Record-Route: <sip:only;lr>\r\n" H_DIALOG "Subject:\r\n\r\nbody";

struct fixture {
	struct sip_msg msg;
	struct sip_edit edit;
	char out[OUT_MAX];
};

static bool
begin(struct fixture *f)
{
	if (!OK(sip_scan(&f->msg, text, sizeof(text) - 1, NULL)))
		return false;
	sip_edit_init(&f->edit, &f->msg);
	return true;
}

/* Whether the result is what the original is with before replaced by after. */
static bool
replaces(struct fixture *f, const char *before, const char *after)
{
	char expected[OUT_MAX];
	const char *at = strstr(text, before);
	size_t len = 0;
	int n;

	n = snprintf(expected, sizeof(expected), "%.*s%s%s", (int)(at - text),
		     text, after, at + strlen(before));
	if (!OK(sip_edit_apply(&f->edit, f->out, sizeof(f->out), &len)))
		return false;
	CHECK(sip_edit_len(&f->edit) == len);
	return len == (size_t)n && memcmp(f->out, expected, len) == 0;
}

static void
no_splice_leaves_all_bytes(void)
{
	struct fixture f;

	if (!begin(&f))
		return;
	CHECK(replaces(&f, "body", "body"));
	sip_edit_splice(&f.edit, 3, 0, str_make(NULL, 0));
	CHECK(f.edit.n == 0);
	CHECK(replaces(&f, "body", "body"));
}

static void
bytes_behind_the_body_stay_behind(void)
{
	static const char long_text[] =
	    COMPLETE "Content-Length: 1\r\n\r\nxrest";
	struct fixture f;
	size_t len = 0;

	if (!OK(scan_text(&f.msg, long_text)))
		return;
	sip_edit_init(&f.edit, &f.msg);
	OK(sip_edit_apply(&f.edit, f.out, sizeof(f.out), &len));
	CHECK(len == strlen(long_text) - 4);
	CHECK(f.out[len - 1] == 'x');
}

static void
values_are_replaced(void)
{
	struct fixture f;

	if (!begin(&f))
		return;
	sip_edit_set_value(&f.edit, f.msg.first[SIP_HDR_CALL_ID],
			   str_of("new"));
	CHECK(replaces(&f, "a84b4c76e66710@pc33.example.com", "new"));
	begin(&f);
	sip_edit_set_value(&f.edit, f.msg.first[SIP_HDR_SUBJECT],
			   str_of("new"));
	CHECK(replaces(&f, "Subject:", "Subject:new"));
}

static void
rows_are_removed_whole(void)
{
	struct fixture f;

	if (!begin(&f))
		return;
	sip_edit_remove_row(&f.edit, f.msg.first[SIP_HDR_ROUTE]);
	CHECK(replaces(&f, "Route: <sip:r1,x@h;lr>,\r\n <sip:r2;lr>\r\n", ""));
}

static void
lines_are_added_before_a_row_or_on_top(void)
{
	static const struct {
		enum sip_header id;
		const char *before, *after;
	} rows[] = {
		{ SIP_HDR_ROUTE, "Route: <sip:r1", "X: 1\r\nRoute: <sip:r1" },
		{ SIP_HDR_VIA, "Via: SIP/2.0/UDP a",
		  "X: 1\r\nVia: SIP/2.0/UDP a" },
		{ SIP_HDR_OTHER, INVITE_LINE, INVITE_LINE "X: 1\r\n" },
		{ SIP_HDR_WARNING, INVITE_LINE, INVITE_LINE "X: 1\r\n" },
	};
	struct fixture f;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].before);
		if (!begin(&f))
			return;
		sip_edit_add_before(&f.edit, rows[i].id, str_of("X: 1\r\n"));
		CHECK(replaces(&f, rows[i].before, rows[i].after));
	}
}

static void
the_first_value_is_popped(void)
{
	static const struct {
		enum sip_header id;
		const char *before, *after;
	} rows[] = {
		{ SIP_HDR_VIA, "SIP/2.0/UDP a;x=\"p,q\" , SIP/2.0/UDP b",
		  "SIP/2.0/UDP b" },
		{ SIP_HDR_ROUTE, "<sip:r1,x@h;lr>,\r\n <sip:r2;lr>",
		  "<sip:r2;lr>" },
		{ SIP_HDR_RECORD_ROUTE, "Record-Route: <sip:only;lr>\r\n", "" },
		{ SIP_HDR_SUBJECT, "Subject:\r\n", "" },
		{ SIP_HDR_WARNING, "body", "body" },
	};
	struct fixture f;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].before);
		if (!begin(&f))
			return;
		sip_edit_pop_value(&f.edit, rows[i].id);
		CHECK(replaces(&f, rows[i].before, rows[i].after));
	}
}

/* Route values over rows and lists. */
static void
several_values_are_popped(void)
{
	static const struct {
		const char *rows, *left;
		unsigned n;
	} cases[] = {
		{ "Route: <sip:a>, <sip:b>,<sip:c>\r\n",
		  "Route: <sip:a>, <sip:b>,<sip:c>\r\n", 0 },
		{ "Route: <sip:a>, <sip:b>,<sip:c>\r\n", "Route: <sip:c>\r\n",
		  2 },
		{ "Route: <sip:a> ,\t<sip:b>\r\n", "", 2 },
		{ "Route: <sip:a>\r\nRoute: <sip:b>, <sip:c>\r\n",
		  "Route: <sip:c>\r\n", 2 },
		{ "Route: <sip:a>\r\nRoute: <sip:b>\r\n", "", 2 },
		{ "Route: <sip:a>\r\nRoute: <sip:b>\r\n",
		  "Route: <sip:b>\r\n", 1 },
		{ "Route: <sip:a>\r\n", "", 2 },
		{ "", "", 2 },
	};

	for (size_t i = 0; i < N_ROWS(cases); i++) {
		char in[2048], out[2048], expected[2048];
		struct sip_edit edit;
		struct sip_msg msg;
		size_t len = 0;

		test_row(cases[i].rows);
		snprintf(in, sizeof(in), "%s%s\r\n", COMPLETE, cases[i].rows);
		snprintf(expected, sizeof(expected), "%s%s\r\n", COMPLETE,
			 cases[i].left);
		if (!OK(scan_text(&msg, in)))
			continue;
		sip_edit_init(&edit, &msg);
		sip_edit_pop_values(&edit, SIP_HDR_ROUTE, cases[i].n);
		OK(sip_edit_apply(&edit, out, sizeof(out), &len));
		CHECK(len == strlen(expected) &&
		      memcmp(out, expected, len) == 0);
	}
	test_row(NULL);
}

static void
splices_may_come_in_any_order(void)
{
	struct fixture f;
	size_t len = 0;

	if (!begin(&f))
		return;
	sip_edit_splice(&f.edit, 10, 2, str_of("C"));
	sip_edit_splice(&f.edit, 0, 2, str_of("A"));
	sip_edit_splice(&f.edit, 12, 0, str_of("D"));
	sip_edit_splice(&f.edit, 2, 8, str_of("B"));
	sip_edit_splice(&f.edit, 12, 3, str_of("E"));
	sip_edit_splice(&f.edit, 12, 0, str_of("F"));
	sip_edit_splice(&f.edit, 2, 0, str_of("b"));
	sip_edit_splice(&f.edit, f.msg.len, 0, str_of("Z"));
	OK(sip_edit_apply(&f.edit, f.out, sizeof(f.out), &len));
	CHECK(len == sizeof(text) - 1 - 15 + 8);
	CHECK(memcmp(f.out, "ABbCDEF", 7) == 0);
	CHECK(memcmp(f.out + 7, text + 15, sizeof(text) - 16) == 0);
	CHECK(f.out[len - 1] == 'Z');
}

static void
overlapping_splices_are_refused(void)
{
	static const struct {
		const char *what;
		size_t at, cut;
		bool fits;
	} rows[] = {
		{ "the same", 10, 5, false },
		{ "into its beginning", 8, 3, false },
		{ "up to its beginning", 8, 2, true },
		{ "from its inside", 14, 5, false },
		{ "from its end", 15, 5, true },
		{ "around it", 5, 20, false },
		{ "inside it", 11, 1, false },
		{ "insertion inside it", 12, 0, false },
		{ "insertion at its beginning", 10, 0, true },
		{ "insertion at its end", 15, 0, true },
		{ "behind the message", sizeof(text) - 1, 1, false },
		{ "at the end", sizeof(text) - 1, 0, true },
		{ "beyond", sizeof(text), 0, false },
		{ "far beyond", 65536 + 20, 0, false },
		{ "far too much", 20, 65536, false },
		{ "into another, behind insertions at its beginning", 33, 1,
		  false },
		{ "insertion in another, behind such", 33, 0, false },
		{ "between", 20, 10, true },
	};
	struct fixture f;
	size_t len;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		if (!begin(&f))
			return;
		sip_edit_splice(&f.edit, 10, 5, str_of("12345"));
		sip_edit_splice(&f.edit, 30, 5, str_of("12345"));
		sip_edit_splice(&f.edit, 30, 0, str_of("x"));
		sip_edit_splice(&f.edit, 30, 0, str_of("y"));
		sip_edit_splice(&f.edit, rows[i].at, rows[i].cut, str_of("x"));
		CHECK(f.edit.err == (rows[i].fits ? 0 : ERR_INVAL));
		CHECK(sip_edit_apply(&f.edit, f.out, sizeof(f.out), &len) ==
		      f.edit.err);
		sip_edit_splice(&f.edit, 0, 0, str_of("x"));
		CHECK(f.edit.err == (rows[i].fits ? 0 : ERR_INVAL));
	}
}

static void
space_and_number_are_bounded(void)
{
	struct fixture f;
	size_t len = 0;

	if (!begin(&f))
		return;
	sip_edit_splice(&f.edit, 0, 0, str_of("x"));
	CHECK(sip_edit_apply(&f.edit, f.out, sizeof(text) - 1, &len) ==
	      ERR_SPACE);
	OK(sip_edit_apply(&f.edit, f.out, sizeof(text), &len));
	CHECK(len == sizeof(text));
	for (size_t i = 1; i < SIP_MAX_SPLICES; i++)
		sip_edit_splice(&f.edit, 0, 0, str_of("x"));
	CHECK(f.edit.err == 0);
	sip_edit_splice(&f.edit, 0, 0, str_of("x"));
	CHECK(f.edit.err == ERR_LIMIT);
	CHECK(sip_edit_apply(&f.edit, f.out, sizeof(f.out), &len) == ERR_LIMIT);
}

static void
a_message_without_rows_takes_no_lines(void)
{
	struct fixture f;

	CHECK(scan_text(&f.msg, "no SIP\r\n") == ERR_SYNTAX);
	sip_edit_init(&f.edit, &f.msg);
	sip_edit_add_before(&f.edit, SIP_HDR_VIA, str_of("Via: x\r\n"));
	CHECK(f.edit.err == ERR_INVAL);
}

static const struct test tests[] = {
	{ "several values are popped", several_values_are_popped, true },
	{ "no splice leaves all bytes", no_splice_leaves_all_bytes, true },
	{ "bytes behind the body stay behind",
	  bytes_behind_the_body_stay_behind, true },
	{ "values are replaced", values_are_replaced, true },
	{ "rows are removed whole", rows_are_removed_whole, true },
	{ "lines are added before a row or on top",
	  lines_are_added_before_a_row_or_on_top, true },
	{ "the first value is popped", the_first_value_is_popped, true },
	{ "splices may come in any order", splices_may_come_in_any_order,
	  true },
	{ "overlapping splices are refused", overlapping_splices_are_refused,
	  true },
	{ "space and number are bounded", space_and_number_are_bounded, true },
	{ "a message without rows takes no lines",
	  a_message_without_rows_takes_no_lines, true },
};

const struct test_suite suite_edit = TEST_SUITE("edit", tests);
