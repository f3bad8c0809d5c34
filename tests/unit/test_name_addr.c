/* test_name_addr.c - From, To, Contact, Route and their kind */
#include "sip/value.h"

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define SPACE 16384 /* no test here needs the heap */

static int
parse(struct arena *arena, char *space, const char *text,
      struct sip_name_addr *out, struct str *rest)
{
	sip_value_setup();
	arena_init(arena, space, SPACE, 0);
	return sip_name_addr_parse(arena, str_of(text), out, rest);
}

static bool
is(struct str found, const char *expected)
{
	if (expected == NULL || found.p == NULL)
		return expected == NULL && found.p == NULL;
	return str_eq_text(found, expected);
}

static void
values_are_taken_apart(void)
{
	static const struct {
		const char *text, *display, *uri, *tag, *params, *rest;
	} rows[] = {
		{ "<sip:a@h>", NULL, "sip:a@h", NULL, "", NULL },
		{ "sip:a@h", NULL, "sip:a@h", NULL, "", NULL },
		{ "sip:a@h;tag=1;x", NULL, "sip:a@h", "1", ";tag=1;x", NULL },
		{ "<sip:a@h;tag=no?x=y>;TAG=1", NULL, "sip:a@h;tag=no?x=y", "1",
		  ";TAG=1", NULL },
		{ "Alice <sip:a@h>", "Alice", "sip:a@h", NULL, "", NULL },
		{ "caller<sip:a@h>;tag=323", "caller", "sip:a@h", "323",
		  ";tag=323", NULL },
		{ " token1~` token2'+_\r\n token3*%!.- <sip:a@h>",
		  "token1~` token2'+_\r\n token3*%!.-", "sip:a@h", NULL, "",
		  NULL },
		{ "\xc3\x84nne <sip:a@h>", "\xc3\x84nne", "sip:a@h", NULL, "",
		  NULL },
		{ "\"\" <sip:a@h>", "", "sip:a@h", NULL, "", NULL },
		{ "\"A, \\\"<b>\\\" \\\\\"<sip:a@h>", "A, \"<b>\" \\",
		  "sip:a@h", NULL, "", NULL },
		{ "\"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>"
		  "\r\n  ;\r\n  tag = 98asjd8",
		  "J Rosenberg \\\"", "sip:jdrosen@example.com", "98asjd8",
		  ";\r\n  tag = 98asjd8", NULL },
		{ "\r\n sip:v@example.com ;   tag    = 1918181833n", NULL,
		  "sip:v@example.com", "1918181833n",
		  ";   tag    = 1918181833n", NULL },
		{ "<tel:+49;ext=1>;tag=2", NULL, "tel:+49;ext=1", "2", ";tag=2",
		  NULL },
		{ "<sip:a@h;lr>,<sip:b@h>", NULL, "sip:a@h;lr", NULL, "",
		  "<sip:b@h>" },
		{ "\"a, b\" <sip:a@h>;q=0.3 ;x=\"y,z\" ,\r\n sip:b@h", "a, b",
		  "sip:a@h", NULL, ";q=0.3 ;x=\"y,z\"", "sip:b@h" },
		{ "sip:a@h , x", NULL, "sip:a@h", NULL, "", "x" },
		{ "<sip:a,b@h>", NULL, "sip:a,b@h", NULL, "", NULL },
		{ "<sip:a@h>;+sip.instance=\"<urn:uuid:0>\";a=[::1]:5", NULL,
		  "sip:a@h", NULL, ";+sip.instance=\"<urn:uuid:0>\";a=[::1]:5",
		  NULL },
	};
	_Alignas(16) char space[SPACE];
	struct arena arena;
	struct sip_name_addr out;
	struct str rest;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i].text);
		if (!OK(parse(&arena, space, rows[i].text, &out, &rest)))
			continue;
		CHECK(is(out.display, rows[i].display));
		CHECK(str_eq_text(out.uri.text, rows[i].uri));
		CHECK(is(out.tag, rows[i].tag));
		CHECK(str_eq_text(out.params, rows[i].params));
		CHECK(is(rest, rows[i].rest));
		if (rows[i].rest == NULL)
			CHECK(out.len == strlen(rows[i].text));
		else
			CHECK(rows[i].text[out.len] == ',');
		OK(parse(&arena, space, rows[i].text, &out, NULL));
		arena_fini(&arena);
	}
}

static void
what_the_grammar_forbids_is_refused(void)
{
	static const char *const rows[] = {
		"",
		" ",
		",",
		"*",
		"<>",
		"< sip:a@h>",
		"<sip:a@h >",
		"<sip:a@h",
		"sip:a@h>",
		"<<sip:a@h>>",
		"Alice",
		"Alice sip:a@h",
		"\"Alice <sip:a@h>",
		"\"Alice\" sip:a@h",
		"\"Alice\"x<sip:a@h>",
		"\"Alice\"",
		"Bell, Alexander <sip:a@h>",
		"a;b <sip:a@h>",
		"a@b <sip:a@h>",
		"sip:a@h?x=y",
		"sip:a@h?x=y;tag=1",
		"<sip:a@h>x",
		"<sip:a@h> x;tag=1",
		"<sip:a@h>;",
		"<sip:a@h>;;tag=1",
		"<sip:a@h>;tag",
		"<sip:a@h>;tag=",
		"<sip:a@h>;tag=\"1\"",
		"<sip:a@h>;tag=1;tag=2",
		"<sip:a@h>;tag=1 2",
		"<sip:a@h>;x=\"y",
		"<sip:a@h>;x=(y)",
		"<sip:a@h>,",
		"<sip:a@h> , ",
		"<sip:a@h:0>",
		"sip:user;par=u%40x@h",
	};
	_Alignas(16) char space[SPACE];
	struct arena arena;
	struct sip_name_addr out;

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		test_row(rows[i]);
		CHECK(parse(&arena, space, rows[i], &out, NULL) == ERR_SYNTAX);
		arena_fini(&arena);
	}
}

static void
a_quoted_nul_stays_in_the_display_name(void)
{
	static const char text[] = "\"NUL:\\\0 DEL:\\\x7f\" <sip:a@h>";
	_Alignas(16) char space[SPACE];
	struct arena arena;
	struct sip_name_addr out;

	sip_value_setup();
	arena_init(&arena, space, sizeof(space), 0);
	if (!OK(sip_name_addr_parse(&arena, str_make(text, sizeof(text) - 1),
				    &out, NULL)))
		return;
	CHECK(str_eq(out.display, str_make("NUL:\0 DEL:\x7f", 11)));
	CHECK(str_eq_text(out.uri.text, "sip:a@h"));
	arena_fini(&arena);
}

static void
a_list_is_walked_by_its_rest(void)
{
	_Alignas(16) char space[SPACE];
	struct str rest = str_of("<sip:a@h>, \"b, c\" <sip:b@h>;x,sip:c@h");
	struct arena arena;
	struct sip_name_addr out;
	char users[4] = "";
	size_t n = 0;

	sip_value_setup();
	arena_init(&arena, space, sizeof(space), 0);
	while (rest.p != NULL && n < 3) {
		if (!OK(sip_name_addr_parse(&arena, rest, &out, &rest)))
			break;
		users[n++] = out.uri.user.p[0];
	}
	CHECK(rest.p == NULL);
	CHECK(strcmp(users, "abc") == 0);
	arena_fini(&arena);
}

static const struct test tests[] = {
	{ "values are taken apart", values_are_taken_apart, false },
	{ "what the grammar forbids is refused",
	  what_the_grammar_forbids_is_refused, false },
	{ "a quoted NUL stays in the display name",
	  a_quoted_nul_stays_in_the_display_name, false },
	{ "a list is walked by its rest", a_list_is_walked_by_its_rest, false },
};

const struct test_suite suite_name_addr = TEST_SUITE("name_addr", tests);
