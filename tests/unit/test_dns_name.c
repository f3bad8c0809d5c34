/* test_dns_name.c - domain names in text and on the wire */
#include "base/dns_name.h"

#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

#define L10 "0123456789"
#define L60 L10 L10 L10 L10 L10 L10
#define L63 L60 "abc"

static void
test_parse(void)
{
	static const struct {
		const char *what, *text;
		int err;
		uint8_t len;
		const char *back; /* NULL: as it was */
	} rows[] = {
		{ "root", ".", 0, 1, NULL },
		{ "plain", "a.bc.", 0, 6, NULL },
		{ "no final dot", "a.bc", 0, 6, "a.bc." },
		{ "case stays", "A.bC.", 0, 6, NULL },
		{ "dot in a label", "a\\.b.c.", 0, 7, NULL },
		{ "backslash", "a\\\\.c.", 0, 6, NULL },
		{ "decimal escape", "\\097\\000.", 0, 4, "a\\000." },
		{ "space and octets above 0x7F", "\\032\\255.", 0, 4, NULL },
		{ "empty", "", ERR_SYNTAX, 0, "" },
		{ "empty label", "a..b.", ERR_SYNTAX, 0, "" },
		{ "leading dot", ".a", ERR_SYNTAX, 0, "" },
		{ "escape at the end", "a\\", ERR_SYNTAX, 0, "" },
		{ "short escape", "a\\12", ERR_SYNTAX, 0, "" },
		{ "escape over 255", "\\256.", ERR_SYNTAX, 0, "" },
		{ "escape of no number", "\\1a2.", ERR_SYNTAX, 0, "" },
		{ "longest label", L63 ".", 0, 65, NULL },
		{ "label too long", L63 "d.", ERR_LIMIT, 0, "" },
		{ "longest name", L63 "." L63 "." L63 "." L60 "a.", 0, 255,
		  NULL },
		{ "name too long", L63 "." L63 "." L63 "." L60 "ab.", ERR_LIMIT,
		  0, "" },
	};
	char text[DNS_NAME_TEXT_MAX];
	struct dns_name name;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		CHECK(dns_name_parse(str_of(rows[i].text), &name) ==
		      rows[i].err);
		CHECK(name.len == rows[i].len);
		CHECK(strcmp(dns_name_format(&name, text),
			     rows[i].back != NULL ? rows[i].back
						  : rows[i].text) == 0);
	}
	test_row(NULL);
}

static void
test_widest_text(void)
{
	struct dns_name name = { .len = 255 };
	char text[DNS_NAME_TEXT_MAX];

	for (int i = 0; i < 254; i++)
		name.wire[i] = (uint8_t)(i % 64 == 0 ? 63 : 0xff);
	name.wire[192] = 61;
	CHECK(strlen(dns_name_format(&name, text)) == 250 * 4 + 4);
}

static void
test_compare(void)
{
	static const struct {
		const char *what, *name, *suffix;
		bool is_eq, is_under;
	} rows[] = {
		{ "itself", "a.b.", "a.b.", true, true },
		{ "another case", "A.b.", "a.B.", true, true },
		{ "below", "x.a.b.", "a.b.", false, true },
		{ "above", "b.", "a.b.", false, false },
		{ "below the root", "a.", ".", false, true },
		{ "same octets, other labels", "xa.b.", "a.b.", false, false },
		{ "sibling", "c.b.", "a.b.", false, false },
	};
	static const struct hash_key key = { 1, 2 };
	struct dns_name name, suffix;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		dns_name_parse(str_of(rows[i].name), &name);
		dns_name_parse(str_of(rows[i].suffix), &suffix);
		CHECK(dns_name_eq(&name, &suffix) == rows[i].is_eq);
		CHECK(dns_name_is_under(&name, &suffix) == rows[i].is_under);
		CHECK((dns_name_hash(&key, &name) ==
		       dns_name_hash(&key, &suffix)) == rows[i].is_eq);
	}
	test_row(NULL);
	suffix.len = 0;
	CHECK(!dns_name_is_under(&name, &suffix));
}

static void
test_substitute(void)
{
	static const struct {
		const char *what, *name, *owner, *target;
		int err;
		const char *made;
	} rows[] = {
		{ "RFC 6672, 2.2", "1.2.e164.arpa.", "e164.arpa.", "x.org.", 0,
		  "1.2.x.org." },
		{ "to the root", "a.b.", "b.", ".", 0, "a." },
		{ "the owner itself", "b.", "b.", "c.", ERR_NOTFOUND, NULL },
		{ "not below", "a.b.", "c.", "d.", ERR_NOTFOUND, NULL },
		{ "too long", L63 "." L63 ".b.", "b.", L63 "." L63 ".c.",
		  ERR_LIMIT, NULL },
	};
	struct dns_name name, owner, target, made;
	char text[DNS_NAME_TEXT_MAX];

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		dns_name_parse(str_of(rows[i].name), &name);
		dns_name_parse(str_of(rows[i].owner), &owner);
		dns_name_parse(str_of(rows[i].target), &target);
		CHECK(dns_name_substitute(&name, &owner, &target, &made) ==
		      rows[i].err);
		if (rows[i].err == 0)
			CHECK(strcmp(dns_name_format(&made, text),
				     rows[i].made) == 0);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "text becomes a name and back", test_parse, true },
	{ "the widest name has room as text", test_widest_text, true },
	{ "names are compared by labels without case", test_compare, true },
	{ "a DNAME replaces the end of a name", test_substitute, true },
};

const struct test_suite suite_dns_name = TEST_SUITE("dns_name", tests);
