/* test_chars.c - character classes, quoted strings, header parameters */
#include "sip/chars.h"

#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define ALPHA "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS "0123456789"
#define UNRESERVED ALPHA DIGITS "-_.!~*'()"

/* The rules of RFC 3261 25.1, as they are printed there. */
static void
classes_are_those_of_the_grammar(void)
{
	static const struct {
		const char *what;
		unsigned class;
		const char *members;
	} rows[] = {
		{ "token", SIP_TOKEN, ALPHA DIGITS "-.!%*_+`'~" },
		{ "user and password", SIP_USER, UNRESERVED "&=+$,;?/:%" },
		{ "host, and _", SIP_HOST, ALPHA DIGITS "-._" },
		{ "paramchar", SIP_PARAM, UNRESERVED "[]/:&+$%" },
		{ "digit", SIP_DIGIT, DIGITS },
		{ "hex digit", SIP_HEX, DIGITS "abcdefABCDEF" },
		{ "linear white space", SIP_LWS, " \t\r\n" },
		{ "URI", SIP_URI_CHAR, UNRESERVED "&=+$,;?/:%[]@" },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].what);
		CHECK(!sip_char_is('\0', rows[i].class));
		for (int c = 1; c < 256; c++) {
			bool member = strchr(rows[i].members, c) != NULL;

			if (!CHECK(sip_char_is((char)c, rows[i].class) ==
				   member))
				break;
		}
	}
}

static void
spans_stop_at_the_first_other_character(void)
{
	CHECK(sip_span(str_of("abc def"), SIP_TOKEN) == 3);
	CHECK(sip_span(str_of("abc"), SIP_TOKEN) == 3);
	CHECK(sip_span(str_of(" abc"), SIP_TOKEN) == 0);
	CHECK(sip_span(str_make(NULL, 0), SIP_TOKEN) == 0);
	CHECK(sip_visible_len(str_of("a\"(\x80")) == 3);
	CHECK(sip_visible_len(str_of("a\x7f")) == 1);
	CHECK(sip_skip_lws(str_of(" \t\r\n x")).len == 1);
	CHECK(sip_is_token(str_of("a-b")));
	CHECK(!sip_is_token(str_of("a b")));
	CHECK(!sip_is_token(str_of("")));
}

static void
quoted_strings_end_at_their_quote(void)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {
		{ "\"\"", 2 },         { "\"abc\" d", 5 }, { "\"a\\\"b\"", 6 },
		{ "\"a\\\\\"b\"", 5 }, { "\"abc", 0 },     { "\"abc\\\"", 0 },
		{ "\"abc\\", 0 },      { "abc\"", 0 },     { "", 0 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].text);
		CHECK(sip_quoted_len(str_of(rows[i].text)) == rows[i].len);
	}
}

static void
parameters_are_cut_one_by_one(void)
{
	struct str rest =
	    str_of(" ;a=1 ; b\r\n ;c = \"x;\\\"y\" ;d=[::1]:5 ,z");
	struct sip_param param;

	if (!CHECK(sip_param_next(&rest, &param)))
		return;
	CHECK(str_eq_text(param.name, "a"));
	CHECK(str_eq_text(param.value, "1"));
	CHECK(str_eq_text(param.text, ";a=1"));
	if (!CHECK(sip_param_next(&rest, &param)))
		return;
	CHECK(str_eq_text(param.name, "b"));
	CHECK(param.value.p == NULL);
	CHECK(str_eq_text(param.text, "; b"));
	if (!CHECK(sip_param_next(&rest, &param)))
		return;
	CHECK(str_eq_text(param.name, "c"));
	CHECK(str_eq_text(param.value, "\"x;\\\"y\""));
	if (!CHECK(sip_param_next(&rest, &param)))
		return;
	CHECK(str_eq_text(param.value, "[::1]:5"));
	CHECK(!sip_param_next(&rest, &param));
	CHECK(str_eq_text(rest, ",z"));
}

static void
what_is_no_parameter_stays(void)
{
	static const char *const rows[] = {
		";", ";;a", ";=b", ";a=", ";a=\"b", ";a=;b", ";(", ";a=@",
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct str rest = str_of(rows[i]);
		struct sip_param param;

		test_row(rows[i]);
		CHECK(!sip_param_next(&rest, &param));
		CHECK(rest.p == rows[i]);
	}
}

static void
names_are_compared_without_case(void)
{
	CHECK(sip_name_is(str_of("tag"), "tag"));
	CHECK(sip_name_is(str_of("TaG"), "tag"));
	CHECK(!sip_name_is(str_of("tags"), "tag"));
	CHECK(!sip_name_is(str_of("ta"), "tag"));
	CHECK(!sip_name_is(str_of(""), "tag"));
	CHECK(!sip_name_is(str_of("x\rlr"), "x-lr"));
	CHECK(!sip_name_is(str_make("tag\0", 4), "tag"));
}

static const struct test tests[] = {
	{ "classes are those of the grammar", classes_are_those_of_the_grammar,
	  true },
	{ "spans stop at the first other character",
	  spans_stop_at_the_first_other_character, true },
	{ "quoted strings end at their quote",
	  quoted_strings_end_at_their_quote, true },
	{ "parameters are cut one by one", parameters_are_cut_one_by_one,
	  true },
	{ "what is no parameter stays", what_is_no_parameter_stays, true },
	{ "names are compared without case", names_are_compared_without_case,
	  true },
};

const struct test_suite suite_chars = TEST_SUITE("chars", tests);
