/* test_utf8.c - text that a database accepts */
#include "db/utf8.h"

#include "tests/unit/harness.h"

#define BAD "\xEF\xBF\xBD"

static const struct row {
	const char *what;
	const char *in;
	size_t len;
	const char *out; /* NULL: the same */
} rows[] = {
	{ "nothing", "", 0, NULL },
	{ "ASCII", "+49 30 1234", 11, NULL },
	{ "two, three and four octets", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80",
	  9, NULL },
	{ "the edges of the ranges",
	  "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"
	  "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
	  24, NULL },
	{ "words of ASCII", "+49 30 1234567 89", 17, NULL },
	{ "NUL behind a word", "+49 30 12\0x", 11, "+49 30 12" BAD "x" },
	{ "NUL inside a word",
	  "+49\0"
	  "30 12x",
	  10, "+49" BAD "30 12x" },
	{ "latin-1 in the second word", "+49 30 12M\xFCller", 15,
	  "+49 30 12M" BAD "ller" },
	{ "three octets over the end of a word",
	  "1234567\xE2\x82\xAC"
	  "90",
	  12, NULL },
	{ "NUL", "a\0b", 3, "a" BAD "b" },
	{ "a lone continuation",
	  "\x80"
	  "a",
	  2, BAD "a" },
	{ "latin-1", "M\xFCller", 6, "M" BAD "ller" },
	{ "cut off at the end", "a\xE2\x82", 3, "a" BAD BAD },
	{ "overlong slash", "\xC0\xAF", 2, BAD BAD },
	{ "overlong in three", "\xE0\x9F\xBF", 3, BAD BAD BAD },
	{ "overlong in four", "\xF0\x8F\xBF\xBF", 4, BAD BAD BAD BAD },
	{ "a surrogate", "\xED\xA0\x80", 3, BAD BAD BAD },
	{ "above U+10FFFF", "\xF4\x90\x80\x80", 4, BAD BAD BAD BAD },
	{ "octets that begin nothing", "\xF5\xFF", 2, BAD BAD },
	{ "a wrong third octet",
	  "\xE2\x82"
	  "a",
	  3, BAD BAD "a" },
};

static void
clean_keeps_utf8_and_replaces_the_rest(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *expected = rows[i].out;
		struct str in = str_make(rows[i].in, rows[i].len);
		char out[UTF8_CLEAN_MAX(32)];
		size_t len = utf8_clean(in, out);

		test_row(rows[i].what);
		CHECK(utf8_is_clean(in) == (expected == NULL));
		if (expected == NULL)
			expected = rows[i].in;
		CHECK(len == strlen(expected));
		CHECK(strcmp(out, expected) == 0);
		CHECK(utf8_is_clean(str_make(out, len)));
	}
}

static const struct test tests[] = {
	{ .name = "clean keeps UTF-8 and replaces the rest",
	  .run = clean_keeps_utf8_and_replaces_the_rest,
	  .no_sweep = true },
};

const struct test_suite suite_utf8 = TEST_SUITE("utf8", tests);
