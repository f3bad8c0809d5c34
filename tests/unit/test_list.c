/* test_list.c - comma lists and tags */
#include "sip/value.h"

#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

static void
the_first_value_ends_at_its_comma(void)
{
	static const struct {
		const char *list;
		size_t len;
	} rows[] = {
		{ "", 0 },
		{ "a", 1 },
		{ "a,b", 1 },
		{ "a ,b", 2 },
		{ ",a", 0 },
		{ "\"a,b\",c", 5 },
		{ "\"a\\\",b\" x,c", 9 },
		{ "<a,b>,c", 5 },
		{ "<\",>,c", 4 },
		{ "\"<\",c", 3 },
		{ "\"a,b", 4 },
		{ "<a,b", 4 },
		{ "a>,b", 2 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].list);
		CHECK(sip_list_first_len(str_of(rows[i].list)) == rows[i].len);
	}
	CHECK(sip_list_first_len(str_make(NULL, 0)) == 0);
}

static void
values_are_taken_off_one_by_one(void)
{
	static const char *const values[] = { "a", " \"b,c\" <d,e>;f", "", " g" };
	struct str rest = str_of("a, \"b,c\" <d,e>;f,, g");

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		CHECK(rest.len > 0 &&
		      str_eq_text(sip_list_next(&rest), values[i]));
	CHECK(rest.len == 0);
	rest = str_of("a,");
	CHECK(str_eq_text(sip_list_next(&rest), "a") && rest.len == 0);
}

static void
tags_are_found_behind_the_uri(void)
{
	static const struct {
		const char *value, *tag;
	} rows[] = {
		{ "<sip:a@h>;tag=1", "1" },
		{ "<sip:a@h>;x;TAG\r\n = 1;y", "1" },
		{ "sip:a@h;tag=1", "1" },
		{ "<sip:a@h;tag=2>", NULL },
		{ "\";tag=2\" <sip:a@h>;tag=1", "1" },
		{ "\";tag=2\" <sip:a@h>", NULL },
		{ "<sip:a@h>;x=\";tag=2\";tag=1", "1" },
		{ "<sip:a@h>;xtag=1", NULL },
		{ "<sip:a@h>;tags=1", NULL },
		{ "<sip:a@h>;tag", NULL },
		{ "<sip:a@h>;tag=", NULL },
		{ "<sip:a@h>;;tag=1", NULL },
		{ "<sip:a@h", NULL },
		{ "\"a", NULL },
		{ "", NULL },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct str tag = sip_tag(str_of(rows[i].value));

		test_row(rows[i].value);
		CHECK((tag.p == NULL) == (rows[i].tag == NULL));
		CHECK(str_eq(tag, str_of(rows[i].tag)));
	}
	CHECK(sip_tag(str_make(NULL, 0)).p == NULL);
}

static const struct test tests[] = {
	{ "values are taken off one by one", values_are_taken_off_one_by_one,
	  false },
	{ "the first value ends at its comma",
	  the_first_value_ends_at_its_comma, true },
	{ "tags are found behind the URI", tags_are_found_behind_the_uri,
	  true },
};

const struct test_suite suite_list = TEST_SUITE("list", tests);
