/* test_ere.c - regular expressions, and what hostile ones cost */
#include "enum/ere.h"

#include <regex.h>
#include <stdlib.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define NUMBER "+441632960083"

static void
test_matches(void)
{
	static const struct {
		const char *pattern, *subject;
		int begin, end;   /* -1: no match */
		int begin1, end1; /* of \1; -1: took no part */
	} rows[] = {
		{ "^.*$", NUMBER, 0, 13, -1, -1 },
		{ "^(.*)$", NUMBER, 0, 13, 0, 13 },
		{ "^\\+44(.*)$", NUMBER, 0, 13, 3, 13 },
		{ "44", NUMBER, 1, 3, -1, -1 },
		{ "^44", NUMBER, -1, -1, -1, -1 },
		{ "(0+)", NUMBER, 9, 11, 9, 11 },
		{ "[+]44([0-9]{3})", NUMBER, 0, 6, 3, 6 },
		{ "[[:digit:]]+$", NUMBER, 1, 13, -1, -1 },
		{ "[^0-9]", NUMBER, 0, 1, -1, -1 },
		{ "(44|441)", NUMBER, 1, 4, 1, 4 }, /* longest */
		{ "(a|ab)(c|bcd)(d*)", "abcd", 0, 4, 0, 2 },
		{ "(a*)(ab)*(b*)", "abb", 0, 3, 0, 1 },
		{ "a*(a*)b", "aab", 0, 3, 2, 2 },    /* the first takes all */
		{ "x?(1|6)*3", NUMBER, 3, 6, 4, 5 }, /* the last one */
		{ "a{2}", "aaa", 0, 2, -1, -1 },
		{ "a{2,}", "aaaa", 0, 4, -1, -1 },
		{ "a{0}b", "ab", 1, 2, -1, -1 },
		{ "()", "a", 0, 0, 0, 0 },
		{ "a||b", "b", 0, 1, -1, -1 },
		{ "", "abc", 0, 0, -1, -1 },
		{ "[]a]", "]", 0, 1, -1, -1 },
		{ "[a-]", "-", 0, 1, -1, -1 },
		{ "[\\]", "\\", 0, 1, -1, -1 },
		{ "[[.-.]]", "-", 0, 1, -1, -1 },
		{ "\\.\\*\\(", ".*(", 0, 3, -1, -1 },
		{ "a$b", "a$b", -1, -1, -1, -1 },
	};
	struct ere ere;
	struct ere_span spans[ERE_GROUPS];
	int err;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].pattern);
		if (!OK(ere_compile(str_of(rows[i].pattern), false, false,
				    &ere)))
			continue;
		err = ere_find(&ere, str_of(rows[i].subject), spans);
		CHECK(err == (rows[i].begin < 0 ? ERR_NOTFOUND : 0));
		if (err != 0)
			continue;
		CHECK(spans[0].begin == rows[i].begin);
		CHECK(spans[0].end == rows[i].end);
		if (rows[i].begin1 < 0) {
			CHECK(spans[1].begin > spans[1].end);
		} else {
			CHECK(spans[1].begin == rows[i].begin1);
			CHECK(spans[1].end == rows[i].end1);
		}
	}
	test_row(NULL);
}

static void
test_errors(void)
{
	static const struct {
		const char *pattern, *why;
		int at;
	} rows[] = {
		{ "^+44", "nothing to repeat", 1 },
		{ "(+44)", "nothing to repeat", 1 },
		{ "*", "nothing to repeat", 0 },
		{ "a|+", "nothing to repeat", 2 },
		{ "(a", "group not closed", 2 },
		{ "a)", "group not opened", 1 },
		{ "[a", "bracket not closed", 1 },
		{ "[z-a]", "range runs backwards", 1 },
		{ "[[:nope:]]", "unknown character class", 1 },
		{ "a{2", "braces not closed", 3 },
		{ "a{3,2}", "counts run backwards", 6 },
		{ "a{256}", "count over 255", 5 },
		{ "a{x}", "no count in braces", 2 },
		{ "a\\", "backslash at the end", 2 },
		{ "(a)\\1", "back-reference in pattern", 4 },
		{ "\\d", "escaped letter", 1 },
	};
	struct ere ere;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].pattern);
		CHECK(ere_compile(str_of(rows[i].pattern), false, false,
				  &ere) != 0);
		CHECK(ere.why != NULL && strcmp(ere.why, rows[i].why) == 0);
		CHECK(ere.wrong_at == rows[i].at);
	}
	test_row(NULL);
}

static void
test_lenient(void)
{
	static const char *const patterns[] = { "^+44(.*)$", "^(+44.*)$",
						"^\\+44(\\d+)$" };
	struct ere ere;
	struct ere_span spans[ERE_GROUPS];

	for (size_t i = 0; i < N(patterns); i++) {
		test_row(patterns[i]);
		OK(ere_compile(str_of(patterns[i]), false, true, &ere));
		CHECK(ere.is_repaired);
		OK(ere_find(&ere, str_of(NUMBER), spans));
		CHECK(spans[0].end == 13);
	}
	test_row(NULL);
	OK(ere_compile(str_of("^\\+44"), false, true, &ere));
	CHECK(!ere.is_repaired);
}

static void
test_case(void)
{
	struct ere ere;
	struct ere_span spans[ERE_GROUPS];

	OK(ere_compile(str_of("aB[c-d][^e]"), true, false, &ere));
	OK(ere_find(&ere, str_of("AbDf"), spans));
	CHECK(ere_find(&ere, str_of("AbDE"), spans) == ERR_NOTFOUND);
	OK(ere_compile(str_of("ab"), false, false, &ere));
	CHECK(ere_find(&ere, str_of("AB"), spans) == ERR_NOTFOUND);
}

/* What regcomp takes seconds and gigabytes for must end within the fuel. */
static void
test_hostile(void)
{
	static const char *const patterns[] = {
		"(((.{1,255}){1,255}){1,255})",
		"((((((((((((((((((((.*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)*)",
		"(a?){255}(a?){255}(a?){255}",
		"(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x",
		"((.|..)*|(.|...)*)*x",
	};
	char subject[ERE_SUBJECT_MAX + 1];
	struct ere ere;
	struct ere_span spans[ERE_GROUPS];
	int err;

	memset(subject, 'a', sizeof(subject));
	for (size_t i = 0; i < N(patterns); i++) {
		test_row(patterns[i]);
		OK(ere_compile(str_of(patterns[i]), false, false, &ere));
		err = ere_find(&ere, str_make(subject, ERE_SUBJECT_MAX), spans);
		CHECK(err == 0 || err == ERR_NOTFOUND || err == ERR_LIMIT);
		err = ere_find(&ere, str_of(NUMBER), spans);
		CHECK(err == 0 || err == ERR_NOTFOUND);
	}
	test_row(NULL);
	CHECK(ere_find(&ere, str_make(subject, sizeof(subject)), spans) ==
	      ERR_LIMIT);
}

/* Random patterns: where the C library compiles them too, it must find the
 * same match. Its own failures with anchors in loops are left out. */
static void
test_against_libc(void)
{
	static const char octets[] = "abab1.*+?()|[]{,}";
	struct ere ere;
	struct ere_span spans[ERE_GROUPS];
	char pattern[12], subject[9];
	regmatch_t found;
	regex_t regex;
	unsigned n = 0;

	srand(4769);
	for (int i = 0; i < 20000; i++) {
		size_t len = 1 + (size_t)rand() % 10;
		size_t subject_len = (size_t)rand() % 8;
		int err;

		for (size_t k = 0; k < len; k++)
			pattern[k] =
			    octets[(size_t)rand() % (sizeof(octets) - 1)];
		for (size_t k = 0; k < subject_len; k++)
			subject[k] = "ab1"[rand() % 3];
		pattern[len] = subject[subject_len] = '\0';
		if (ere_compile(str_of(pattern), false, false, &ere) != 0 ||
		    regcomp(&regex, pattern, REG_EXTENDED) != 0)
			continue;
		n++;
		test_row(pattern);
		err = ere_find(&ere, str_of(subject), spans);
		CHECK(err == (regexec(&regex, subject, 1, &found, 0) == 0
				  ? 0
				  : ERR_NOTFOUND));
		CHECK(err != 0 || (found.rm_so == spans[0].begin &&
				   found.rm_eo == spans[0].end));
		regfree(&regex);
	}
	test_row(NULL);
	CHECK(n > 4000);
}

static const struct test tests[] = {
	{ "matches are leftmost, longest, by POSIX groups", test_matches,
	  true },
	{ "errors say what and where", test_errors, true },
	{ "lenient mends what can mean one thing only", test_lenient, true },
	{ "case can be folded", test_case, true },
	{ "hostile patterns end", test_hostile, true },
	{ "random patterns find what the C library finds", test_against_libc,
	  true },
};

const struct test_suite suite_ere = TEST_SUITE("ere", tests);
