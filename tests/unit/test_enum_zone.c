/* test_enum_zone.c - pieces of zone files, and numbers */
#include "enum/zone.h"

#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static int
parse(const char *text, struct enum_zone **zone, struct enum_zone_error *error)
{
	struct dns_name origin;

	dns_name_parse(str_of("x."), &origin);
	return enum_zone_parse(str_of(text), &origin, zone, error);
}

static void
test_errors(void)
{
	static const struct {
		const char *text, *why;
		unsigned line;
	} rows[] = {
		{ "a NAPTR 1 2 \"u\" \"\" \"\"", "wrong number of fields", 1 },
		{ "\n\na NAPTR x 2 \"\" \"\" \"\" .", "bad number", 3 },
		{ "a NAPTR 65536 2 \"\" \"\" \"\" .", "bad number", 1 },
		{ "a NAPTR 1 2 \"u", "quotes not closed", 1 },
		{ "a NAPTR ( 1 2", "parentheses do not match", 1 },
		{ "a NOPE 1", "unknown type", 1 },
		{ "a", "no type", 1 },
		{ "a..b CNAME c", "bad name", 1 },
		{ "a NAPTR 1 1 \"\\25\" \"\" \"\" .", "bad escape", 1 },
		{ "$ORIGIN", "a directive takes one word", 1 },
		{ "$TTL x", "bad TTL", 1 },
		{ "$INCLUDE x", "unknown directive", 1 },
	};
	struct enum_zone *zone;
	struct enum_zone_error error;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].text);
		CHECK(parse(rows[i].text, &zone, &error) == ERR_SYNTAX);
		CHECK(error.why != NULL && strcmp(error.why, rows[i].why) == 0);
		CHECK(error.line == rows[i].line);
	}
	test_row(NULL);
}

static void
test_answers(void)
{
	static const char text[] =
	    "$TTL 1h30m ; a comment\n"
	    "@ SOA ns host 1 2 3 4 60\n"
	    "a IN 5 NAPTR ( 1 2 ; in parentheses\n"
	    "  \"u\" \"E2U+sip\" \"!^.*$!sip:\\\\1\\033!\" . )\n"
	    "  NAPTR 3 4 \"\" \"\" \"\" b\n"
	    "c CNAME a\n"
	    "*.w CNAME c\n"
	    "d.e A 192.0.2.1\n"
	    "old DNAME new.x.\n"
	    "q.new NAPTR 5 6 \"\" \"\" \"\" .\n";
	static const struct {
		const char *name;
		unsigned rcode, n_answers, n_authority;
	} rows[] = {
		{ "a.x", 0, 2, 0 },     { "A.X", 0, 2, 0 },
		{ "c.x", 0, 3, 0 },     { "z.w.x", 0, 4, 0 },
		{ "y.z.w.x", 0, 4, 0 }, { "d.e.x", 0, 0, 1 },
		{ "e.x", 0, 0, 1 },     { "b.x", 3, 0, 1 },
		{ "q.old.x", 0, 2, 0 }, { "r.old.x", 3, 1, 1 },
	};
	struct enum_zone *zone;
	struct enum_zone_error error;
	struct dns_message m;
	struct dns_name name;
	uint8_t message[2048];
	size_t len;

	if (!OK(parse(text, &zone, &error)))
		return;
	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].name);
		dns_name_parse(str_of(rows[i].name), &name);
		len = enum_zone_answer(zone, &name, DNS_NAPTR, message,
				       sizeof(message));
		OK(dns_message_parse(message, len, &m));
		CHECK(m.rcode == rows[i].rcode);
		CHECK(m.n_answers == rows[i].n_answers);
		CHECK(m.n_authority == rows[i].n_authority);
	}
	test_row(NULL);
	dns_name_parse(str_of("a.x"), &name);
	CHECK(enum_zone_answer(zone, &name, DNS_NAPTR, message, 40) == 0);
	enum_zone_free(zone);
}

static void
test_numbers(void)
{
	static const struct {
		const char *text;
		int err;
		enum enum_form form;
		const char *aus, *domain;
	} rows[] = {
		{ "+44-1632 960083", 0, ENUM_PLUS, "+441632960083",
		  "3.8.0.0.6.9.2.3.6.1.4.4.x." },
		{ "49(30)1", 0, ENUM_PLUS, "+49301", "1.0.3.9.4.x." },
		{ "7042", 0, ENUM_DIGITS, "7042", "2.4.0.7.x." },
		{ "1234*256", 0, ENUM_ISN, "1234*256", "4.3.2.1.256.x." },
		{ "", ERR_SYNTAX, ENUM_PLUS, NULL, NULL },
		{ "+", ERR_SYNTAX, ENUM_PLUS, NULL, NULL },
		{ "+44a", ERR_SYNTAX, ENUM_PLUS, NULL, NULL },
		{ "4+4", ERR_SYNTAX, ENUM_PLUS, NULL, NULL },
		{ "12*", ERR_SYNTAX, ENUM_PLUS, NULL, NULL },
		{ "12*1*2", ERR_SYNTAX, ENUM_PLUS, NULL, NULL },
		{ "123456789012345678901234567890123", ERR_RANGE, ENUM_PLUS,
		  NULL, NULL },
	};
	struct enum_number number;
	struct enum_aus aus;
	struct dns_name suffix, name;
	char text[DNS_NAME_TEXT_MAX];

	dns_name_parse(str_of("x"), &suffix);
	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].text);
		CHECK(enum_number_parse(str_of(rows[i].text), &number) ==
		      rows[i].err);
		if (rows[i].err != 0)
			continue;
		CHECK(enum_number_fits(&number, rows[i].form));
		enum_number_aus(&number, rows[i].form, &aus);
		CHECK(str_eq_text(enum_aus_str(&aus), rows[i].aus));
		OK(enum_number_domain(&number, &suffix, &name));
		CHECK(strcmp(dns_name_format(&name, text), rows[i].domain) ==
		      0);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "errors name line and reason", test_errors, false },
	{ "questions are answered as by a server", test_answers, false },
	{ "numbers become strings and domains", test_numbers, true },
};

const struct test_suite suite_enum_zone = TEST_SUITE("enum_zone", tests);
