/* test_caller_from.c - a From that goes on changed, and is told again */
#include "lcrproxy/caller_from.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/identity.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_caller_from;

#define TEXT_MAX 1024

/* A request inside a dialog with this From and these Routes. */
static bool
scan(char text[TEXT_MAX], const char *from, const char *routes,
     struct sip_msg *msg)
{
	snprintf(text, TEXT_MAX,
		 "BYE sip:1@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n%s"
		 "From: %s\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\n"
		 "CSeq: 2 BYE\r\n\r\n",
		 routes, from);
	return OK(sip_scan(msg, text, strlen(text), NULL));
}

static const struct {
	const char *what, *from;
	struct from_change change;
	const char *realm, *expected;
} edits[] = {
	{ "kept", "<sip:a@b>;tag=1", { FROM_KEPT, "" }, "r", "<sip:a@b>;tag=1" },
	{ "anonymous", "\"A\" <sip:a@b>;x=y;tag=1", { FROM_ANONYMOUS, "" }, "r",
	  "\"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=1" },
	{ "anonymous, RFC 2543", "sip:a@b", { FROM_ANONYMOUS, "" }, "r",
	  "\"Anonymous\" <sip:anonymous@anonymous.invalid>" },
	{ "our domain", "\"A\" <sip:a@b>;tag=1", { FROM_OWN, "+49" },
	  "example.net", "<sip:+49@example.net>;tag=1" },
	{ "our address", "<sip:a@b>;tag=1", { FROM_OWN, "%2349" },
	  "2001:db8::1", "<sip:%2349@[2001:db8::1]>;tag=1" },
	{ "the user part", "\"A, B\" <sips:+49@b:5061;p=q>;tag=1",
	  { FROM_USER, "049" }, "r", "\"A, B\" <sips:049@b:5061;p=q>;tag=1" },
	{ "without brackets", "sip:+49@b;tag=1", { FROM_USER, "049" }, "r",
	  "sip:049@b;tag=1" },
	{ "no user part", "<sip:b>;tag=1", { FROM_USER, "049" }, "r",
	  "<sip:b>;tag=1" },
};

static void
edited(void)
{
	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		char text[TEXT_MAX], out[TEXT_MAX], line[256];
		struct arena arena;
		struct sip_edit edit;
		struct sip_msg msg;
		size_t len;

		test_row(edits[i].what);
		if (!scan(text, edits[i].from, "", &msg))
			break;
		arena_init(&arena, NULL, 0, 65536);
		sip_edit_init(&edit, &msg);
		from_edit(&edit, &arena, &edits[i].change, edits[i].realm);
		if (OK(sip_edit_apply(&edit, out, sizeof(out) - 1, &len))) {
			out[len] = '\0';
			snprintf(line, sizeof(line), "\r\nFrom: %s\r\n",
				 edits[i].expected);
			CHECK(strstr(out, line) != NULL);
		}
		arena_fini(&arena);
	}
	test_row(NULL);
}

static const struct {
	const char *what;
	struct from_change change;
	const char *tag;    /* of the request */
	const char *routes; /* a format for the parameter */
	unsigned n_own;
	bool is_found;
} marks[] = {
	{ "ours", { FROM_ANONYMOUS, "" }, "1", "Route: <sip:p;lr%s>\r\n", 1,
	  true },
	{ "with a user", { FROM_OWN, "+49301" }, "1",
	  "Route: <sip:p;lr%s>\r\n", 1, true },
	{ "an escaped one", { FROM_USER, "%2349*1" }, "1",
	  "Route: <sip:p;lr%s;x=y>;z\r\n", 1, true },
	{ "the second of two", { FROM_USER, "0301" }, "1",
	  "Route: <sip:p;lr>, <sip:p;lr%s>\r\n", 2, true },
	{ "in a row of its own", { FROM_USER, "0301" }, "1",
	  "Route: <sip:p;lr>\r\nRoute: <sip:p;lr%s>\r\n", 2, true },
	{ "another proxy's", { FROM_ANONYMOUS, "" }, "1",
	  "Route: <sip:p;lr>, <sip:q;lr%s>\r\n", 1, false },
	{ "the callee's request", { FROM_ANONYMOUS, "" }, "2",
	  "Route: <sip:p;lr%s>\r\n", 1, false },
	{ "nothing", { FROM_KEPT, "" }, "1", "Route: <sip:p;lr%s>\r\n", 1,
	  false },
};

static void
told_again(void)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		char text[TEXT_MAX], routes[256], from[64], param[160];
		struct from_change found;
		struct arena arena;
		struct sip_msg msg;
		struct str made;

		test_row(marks[i].what);
		arena_init(&arena, NULL, 0, 65536);
		made = from_param(&arena, &marks[i].change, str_of("1"));
		if (!OK(made.p != NULL ? 0 : ERR_NOMEM)) {
			arena_fini(&arena);
			break;
		}
		snprintf(param, sizeof(param), "%.*s", STR_ARG(made));
		snprintf(from, sizeof(from), "<sip:a@b>;tag=%s", marks[i].tag);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(routes, sizeof(routes), marks[i].routes, param);
#pragma GCC diagnostic pop
		if (scan(text, from, routes, &msg)) {
			from_read(&msg, marks[i].n_own, &found);
			CHECK(found.kind == (marks[i].is_found
						 ? marks[i].change.kind
						 : FROM_KEPT));
			CHECK(!marks[i].is_found ||
			      strcmp(found.user, marks[i].change.user) == 0);
		}
		arena_fini(&arena);
	}
	test_row(NULL);
}

/* What a caller may write there itself: no more than a user part comes of it. */
static const struct {
	const char *value;
	enum from_kind kind;
	const char *user;
} foreign[] = {
	{ "90f599e3", FROM_KEPT, "" },
	{ "90f599e", FROM_KEPT, "" },
	{ "90f599e3x1", FROM_KEPT, "" },
	{ "90f599e3o", FROM_KEPT, "" },
	{ "90f599e3u", FROM_KEPT, "" },
	{ "90f599e3o+49@evil", FROM_OWN, "+49" },
	{ "90f599e3u1\\", FROM_USER, "1" },
	{ "00000000a", FROM_KEPT, "" },
};

static void
forged(void)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		char text[TEXT_MAX], routes[256];
		struct from_change found;
		struct sip_msg msg;

		test_row(foreign[i].value);
		/* with the CRC of "1" in front */
		snprintf(routes, sizeof(routes), "Route: <sip:p;lcrf=%s>\r\n",
			 foreign[i].value);
		if (!scan(text, "<sip:a@b>;tag=1", routes, &msg))
			break;
		from_read(&msg, 1, &found);
		CHECK(found.kind == foreign[i].kind);
		CHECK(found.kind == FROM_KEPT ||
		      strcmp(found.user, foreign[i].user) == 0);
	}
	test_row(NULL);
}

/* As many characters as there may be: cut, and ended. */
static void
long_user(void)
{
	char text[TEXT_MAX], routes[512], digits[201];
	struct from_change found;
	struct sip_msg msg;

	memset(digits, '1', sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	snprintf(routes, sizeof(routes), "Route: <sip:p;lcrf=90f599e3u%s>\r\n",
		 digits);
	if (!scan(text, "<sip:a@b>;tag=1", routes, &msg))
		return;
	from_read(&msg, 1, &found);
	CHECK(found.kind == FROM_USER &&
	      strlen(found.user) == FROM_USER_MAX - 1);
}

static void
restored(void)
{
	char text[TEXT_MAX];
	struct sip_edit edit;
	struct sip_msg msg;

	if (!scan(text, "<sip:a@b>;tag=1", "", &msg))
		return;
	sip_edit_init(&edit, &msg);
	from_restore(&edit, str_of("<sip:a@b>;tag=1"));
	from_restore(&edit, str_make(NULL, 0));
	CHECK(edit.n == 0 && edit.err == 0);
	from_restore(&edit, str_of("<sip:c@d>;tag=1"));
	CHECK(edit.n == 1 && edit.err == 0);
}

static const struct test tests[] = {
	{ "the From that goes on", edited, false },
	{ "the parameter of the Record-Route", told_again, false },
	{ "what callers write there themselves", forged, true },
	{ "a user part that is too long", long_user, true },
	{ "responses get it back", restored, true },
};
const struct test_suite suite_caller_from = TEST_SUITE("caller_from", tests);
