/* test_str.c - borrowed text */
#include "base/str.h"

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"

#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

static void
equality_is_on_octets(void)
{
	const struct str none = str_make(NULL, 0);

	CHECK(str_eq(str_of("blue"), str_make("blueish", 4)));
	CHECK(!str_eq(str_of("blue"), str_of("Blue")));
	CHECK(!str_eq(str_of("blue"), str_of("blues")));
	CHECK(str_eq(none, str_of("")));
	CHECK(str_eq(str_of(NULL), none));
	CHECK(str_eq_text(str_make("ab\0c", 2), "ab"));
	CHECK(!str_eq_text(str_make("ab\0c", 4), "ab"));
}

static void
nocase_folds_ascii_only(void)
{
	CHECK(str_eq_nocase(str_of("Call-ID"), str_of("cALL-id")));
	CHECK(!str_eq_nocase(str_of("Call-ID"), str_of("Call-IDs")));
	CHECK(!str_eq_nocase(str_of("@"), str_of("`")));
	CHECK(!str_eq_nocase(str_of("["), str_of("{")));
	CHECK(!str_eq_nocase(str_of("\xc4"), str_of("\xe4")));
	CHECK(str_eq_nocase(str_of("AZ"), str_of("az")));
}

static void
order_is_bytewise_with_the_shorter_first(void)
{
	static const struct {
		const char *a, *b;
		int sign;
	} rows[] = {
		{ "", "", 0 },          { "a", "a", 0 },  { "", "a", -1 },
		{ "a", "ab", -1 },      { "b", "ab", 1 }, { "a", "b", -1 },
		{ "\x7f", "\x80", -1 }, { "B", "a", -1 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		int there = str_cmp(str_of(rows[i].a), str_of(rows[i].b));
		int back = str_cmp(str_of(rows[i].b), str_of(rows[i].a));

		test_row(rows[i].a);
		CHECK((there > 0) - (there < 0) == rows[i].sign);
		CHECK((back > 0) - (back < 0) == -rows[i].sign);
	}
}

static void
prefixes_are_found(void)
{
	CHECK(str_starts(str_of("sip:x"), "sip:"));
	CHECK(str_starts(str_of("sip:"), "sip:"));
	CHECK(!str_starts(str_of("sip"), "sip:"));
	CHECK(!str_starts(str_of("Sip:"), "sip:"));
	CHECK(str_starts(str_make(NULL, 0), ""));
}

static void
trimming_takes_white_space_at_both_ends(void)
{
	CHECK(str_eq_text(str_trim(str_of(" \t\r\na b\r\n\t ")), "a b"));
	CHECK(str_eq_text(str_trim(str_of("ab")), "ab"));
	CHECK(str_trim(str_of(" \t\r\n")).len == 0);
	CHECK(str_trim(str_make(NULL, 0)).len == 0);
	CHECK(str_trim(str_make("\0 ", 2)).len == 1);
}

static void
cutting_gives_every_piece_once(void)
{
	struct str rest = str_of("a,,bc,");

	CHECK(str_eq_text(str_cut(&rest, ','), "a"));
	CHECK(str_eq_text(str_cut(&rest, ','), ""));
	CHECK(str_eq_text(str_cut(&rest, ','), "bc"));
	CHECK(rest.p != NULL && rest.len == 0);
	CHECK(str_eq_text(str_cut(&rest, ','), ""));
	CHECK(rest.p == NULL);
	CHECK(str_cut(&rest, ',').p == NULL);
	CHECK(rest.p == NULL);
	rest = str_of("");
	CHECK(str_cut(&rest, ',').p != NULL);
	CHECK(rest.p == NULL);
}

static void
unsigned_numbers_are_whole_and_bounded(void)
{
	static const struct {
		const char *text;
		uint64_t max;
		int err;
		uint64_t value;
	} rows[] = {
		{ "0", 0, 0, 0 },
		{ "0042", 100, 0, 42 },
		{ "65535", 65535, 0, 65535 },
		{ "65536", 65535, ERR_RANGE, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, ERR_RANGE, 0 },
		{ "99999999999999999999999", UINT64_MAX, ERR_RANGE, 0 },
		{ "99999999999999999999999x", UINT64_MAX, ERR_SYNTAX, 0 },
		{ "", 9, ERR_SYNTAX, 0 },
		{ "+1", 9, ERR_SYNTAX, 0 },
		{ "-1", 9, ERR_SYNTAX, 0 },
		{ " 1", 9, ERR_SYNTAX, 0 },
		{ "1 ", 9, ERR_SYNTAX, 0 },
		{ "0x1", 9, ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		uint64_t value = 7;

		test_row(rows[i].text);
		CHECK(str_parse_u64(str_of(rows[i].text), rows[i].max,
				    &value) == rows[i].err);
		CHECK(value == (rows[i].err == 0 ? rows[i].value : 7));
	}
}

static void
signed_numbers_are_whole_and_bounded(void)
{
	static const struct {
		const char *text;
		int64_t min, max;
		int err;
		int64_t value;
	} rows[] = {
		{ "0", 0, 0, 0, 0 },
		{ "-0", 0, 0, 0, 0 },
		{ "-5", -5, 5, 0, -5 },
		{ "-6", -5, 5, ERR_RANGE, 0 },
		{ "6", -5, 5, ERR_RANGE, 0 },
		{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
		{ "9223372036854775808", INT64_MIN, INT64_MAX, ERR_RANGE, 0 },
		{ "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
		{ "-9223372036854775809", INT64_MIN, INT64_MAX, ERR_RANGE, 0 },
		{ "-", -5, 5, ERR_SYNTAX, 0 },
		{ "--1", -5, 5, ERR_SYNTAX, 0 },
		{ "+1", -5, 5, ERR_SYNTAX, 0 },
		{ "", -5, 5, ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		int64_t value = 7;

		test_row(rows[i].text);
		CHECK(str_parse_i64(str_of(rows[i].text), rows[i].min,
				    rows[i].max, &value) == rows[i].err);
		CHECK(value == (rows[i].err == 0 ? rows[i].value : 7));
	}
}

static void
booleans_have_four_pairs_of_words(void)
{
	static const char *const words[] = { "true", "NO", "yes", "False",
					     "1",    "0",  "On",  "off" };
	static const char *const others[] = {
		"", "2", "t", "truex", "ye", " no"
	};
	bool value;

	for (size_t i = 0; i < N_ROWS(words); i++) {
		value = i % 2 != 0;
		test_row(words[i]);
		CHECK(str_parse_bool(str_of(words[i]), &value) == 0);
		CHECK(value == (i % 2 == 0));
	}
	for (size_t i = 0; i < N_ROWS(others); i++) {
		test_row(others[i]);
		CHECK(str_parse_bool(str_of(others[i]), &value) == ERR_SYNTAX);
	}
}

static void
copies_fit_or_are_empty(void)
{
	char out[4] = "zzz";

	CHECK(str_copy(str_of("abc"), out, sizeof(out)) == 0);
	CHECK(strcmp(out, "abc") == 0);
	CHECK(str_copy(str_of("abcd"), out, sizeof(out)) == ERR_SPACE);
	CHECK(strcmp(out, "") == 0);
	CHECK(out[1] == 'b');
	CHECK(str_copy(str_make(NULL, 0), out, 1) == 0);
	CHECK(str_copy(str_of(""), NULL, 0) == ERR_SPACE);
}

static void
heap_copies_are_terminated(void)
{
	char *copy = str_dup(str_make("abcdef", 3));

	CHECK(copy != NULL && strcmp(copy, "abc") == 0);
	mem_free(copy);
}

static void
printable_means_20_to_7e(void)
{
	CHECK(str_is_printable(str_of(" az~")));
	CHECK(str_is_printable(str_of("")));
	CHECK(!str_is_printable(str_of("a\x1f")));
	CHECK(!str_is_printable(str_of("a\x7f")));
	CHECK(!str_is_printable(str_of("\x80")));
	CHECK(!str_is_printable(str_make("a\0", 2)));
}

static void
plain_octets_end_at_the_first_control(void)
{
	char text[50];

	for (size_t at = 0; at < sizeof(text); at++) {
		for (int c = 0; c < 256; c++) {
			bool plain = c >= 0x20 && c != 0x7f;

			memset(text, 'x', sizeof(text));
			text[at] = (char)c;
			if (at + 1 < sizeof(text))
				text[at + 1] = plain ? 'x' : '\n';
			CHECK(str_plain_len(str_make(text, sizeof(text))) ==
			      (plain ? sizeof(text) : at));
			CHECK(str_plain_len(str_make(text, at)) == at);
		}
	}
	CHECK(str_plain_len(str_make(NULL, 0)) == 0);
}

static const struct test tests[] = {
	{ "equality is on octets", equality_is_on_octets, true },
	{ "nocase folds ASCII only", nocase_folds_ascii_only, true },
	{ "order is bytewise with the shorter first",
	  order_is_bytewise_with_the_shorter_first, true },
	{ "prefixes are found", prefixes_are_found, true },
	{ "trimming takes white space at both ends",
	  trimming_takes_white_space_at_both_ends, true },
	{ "cutting gives every piece once", cutting_gives_every_piece_once,
	  true },
	{ "unsigned numbers are whole and bounded",
	  unsigned_numbers_are_whole_and_bounded, true },
	{ "signed numbers are whole and bounded",
	  signed_numbers_are_whole_and_bounded, true },
	{ "booleans have four pairs of words",
	  booleans_have_four_pairs_of_words, true },
	{ "copies fit or are empty", copies_fit_or_are_empty, true },
	{ "heap copies are terminated", heap_copies_are_terminated, false },
	{ "printable means 20 to 7e", printable_means_20_to_7e, true },
	{ "plain octets end at the first control",
	  plain_octets_end_at_the_first_control, true },
};

const struct test_suite suite_str = TEST_SUITE("str", tests);
