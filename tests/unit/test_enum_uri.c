/* test_enum_uri.c - what rules made, before anybody routes by it */
#include "enum/uri.h"

#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
test_parse(void)
{
	static const struct {
		const char *text, *why, *scheme, *user, *host;
	} rows[] = {
		{ "sip:a@b.example", NULL, "sip", "a", "b.example" },
		{ "SIPS:a@b:5061;x=1", NULL, "sips", "a", "b" },
		{ "sip:b", NULL, "sip", NULL, "b" },
		{ "sip:a@192.0.2.1:5060", NULL, "sip", "a", "192.0.2.1" },
		{ "sip:a@[2001:db8::1]", NULL, "sip", "a", "[2001:db8::1]" },
		{ "tel:+44-1632", NULL, "tel", "+44-1632", NULL },
		{ "tel:7042;phone-context=x", NULL, "tel", "7042", NULL },
		{ "mailto:a@b", NULL, "mailto", NULL, NULL },
		{ "a@b", "no scheme", NULL, NULL, NULL },
		{ "1a:b", "no scheme", NULL, NULL, NULL },
		{ ":b", "no scheme", NULL, NULL, NULL },
		{ "sip:", "nothing behind the scheme", NULL, NULL, NULL },
		{ "sip:a@", "no host", NULL, NULL, NULL },
		{ "sip:@b", "empty user", NULL, NULL, NULL },
		{ "sip:a@b@c", "two @", NULL, NULL, NULL },
		{ "sip:a@b?x=y", "headers", NULL, NULL, NULL },
		{ "sip:a@b:0", "bad port", NULL, NULL, NULL },
		{ "sip:a@b:65536", "bad port", NULL, NULL, NULL },
		{ "sip:a@-b", "bad host", NULL, NULL, NULL },
		{ "sip:a@b..c", "bad host", NULL, NULL, NULL },
		{ "sip:a@[::x]", "bad host", NULL, NULL, NULL },
		{ "sip:a@[::1]x", "bad host", NULL, NULL, NULL },
		{ "tel:", "nothing behind the scheme", NULL, NULL, NULL },
		{ "tel:+", "no number", NULL, NULL, NULL },
		{ "tel:+12x", "bad number", NULL, NULL, NULL },
		{ "sip:a b@c", "octet that cannot be in a URI", NULL, NULL,
		  NULL },
		{ "sip:\303\274@c", "octet that cannot be in a URI", NULL, NULL,
		  NULL },
		{ "sip:<a>@c", "character that cannot be in a URI", NULL, NULL,
		  NULL },
		{ "sip:%4@c", "bad %-escape", NULL, NULL, NULL },
		{ "sip:a@c%4", "bad %-escape", NULL, NULL, NULL },
	};
	struct enum_uri_parts parts;
	const char *why;

	for (size_t i = 0; i < N(rows); i++) {
		int err;

		test_row(rows[i].text);
		why = NULL;
		err = enum_uri_parse(str_of(rows[i].text), &parts, &why);
		CHECK(err == (rows[i].why != NULL ? ERR_SYNTAX : 0));
		CHECK(rows[i].why == NULL || strcmp(why, rows[i].why) == 0);
		if (err != 0)
			continue;
		CHECK(strcmp(parts.scheme, rows[i].scheme) == 0);
		CHECK(str_eq(parts.user, str_of(rows[i].user)));
		CHECK(str_eq(parts.host, str_of(rows[i].host)));
	}
	test_row(NULL);
}

/* RFC 4769, 4.2 and 5.2 */
static void
test_portability(void)
{
	struct enum_uri_parts parts;
	const char *why;

	OK(enum_uri_parse(str_of("tel:+1-215-555-0123;npdi;rn=+1-215-555-0199"),
			  &parts, &why));
	CHECK(parts.npdi && str_eq_text(parts.rn, "+1-215-555-0199"));
	CHECK(parts.cic.p == NULL);
	OK(enum_uri_parse(
	    str_of("sip:+1215;NPDI;cic=+16789@gw.example;user=phone;rn=1"),
	    &parts, &why));
	CHECK(parts.npdi && str_eq_text(parts.cic, "+16789"));
	CHECK(parts.rn.p == NULL); /* a parameter of the URI, not the user */
}

static void
test_length(void)
{
	char text[ENUM_URI_MAX + 2];
	struct enum_uri_parts parts;
	const char *why = NULL;

	memset(text, 'a', sizeof(text));
	memcpy(text, "x:", 2);
	OK(enum_uri_parse(str_make(text, ENUM_URI_MAX), &parts, &why));
	CHECK(enum_uri_parse(str_make(text, ENUM_URI_MAX + 1), &parts, &why) ==
	      ERR_LIMIT);
	CHECK(strcmp(why, "too long") == 0);
}

static const struct test tests[] = {
	{ "URIs are checked by their scheme", test_parse, true },
	{ "number portability is found where it belongs", test_portability,
	  true },
	{ "URIs are bounded", test_length, true },
};

const struct test_suite suite_enum_uri = TEST_SUITE("enum_uri", tests);
