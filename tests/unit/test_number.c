/* test_number.c - dialled strings, E.164 numbers and prefix words */
#include "tel/number.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static const struct dial_plan germany = { "49", "00", "0" };
static const struct dial_plan america = { "1", "011", "1" };
static const struct dial_plan italy = { "39", "00", "" };
static const struct dial_plan none;
static const struct dial_plan transit = { "", "00", "" };
static const struct dial_plan one_digit = { "49", "9", "8" };

static void
only_digits_are_a_number(void)
{
	static const struct {
		const char *text;
		int err;
		const char *digits;
	} rows[] = {
		{ "4930123456", 0, "4930123456" },
		{ "+4930123456", 0, "4930123456" },
		{ "1", 0, "1" },
		{ "123456789012345", 0, "123456789012345" },
		{ "+1234567890123456", ERR_RANGE, NULL },
		{ "", ERR_SYNTAX, NULL },
		{ "+", ERR_SYNTAX, NULL },
		{ "++49", ERR_SYNTAX, NULL },
		{ "49-30", ERR_SYNTAX, NULL },
		{ "49 30", ERR_SYNTAX, NULL },
		{ "49a", ERR_SYNTAX, NULL },
		{ "12345678901234567a", ERR_SYNTAX, NULL },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct number number;

		test_row(rows[i].text);
		CHECK(number_parse(str_of(rows[i].text), &number) ==
		      rows[i].err);
		if (rows[i].err != 0)
			continue;
		CHECK(strcmp(number.digits, rows[i].digits) == 0);
		CHECK(number.len == strlen(rows[i].digits));
	}
}

static const struct dialled_row {
	const struct dial_plan *plan;
	const char *dialled;
	int err;
	enum number_form form;
	const char *digits;
} dialled_rows[] = {
	/* global */
	{ &germany, "+4930123456", 0, NUMBER_GLOBAL, "4930123456" },
	{ &germany, "+49-(30)-12.34.56", 0, NUMBER_GLOBAL, "4930123456" },
	{ &germany, "+4930;phone-context=x;user=1", 0, NUMBER_GLOBAL, "4930" },
	{ &none, "+12125550100", 0, NUMBER_GLOBAL, "12125550100" },
	/* local, in a context (RFC 3966 5.1.5) */
	{ &none, "863-1234;phone-context=+1-914-555", 0, NUMBER_NATIONAL,
	  "19145558631234" },
	{ &germany, "3456;ext=1;Phone-Context=+4930", 0, NUMBER_NATIONAL,
	  "49303456" },
	{ &germany, "03012;phone-context=+49", 0, NUMBER_NATIONAL, "493012" },
	{ &germany, "03012;phone-context=+39", 0, NUMBER_NATIONAL, "3903012" },
	{ &germany, "0044123;phone-context=+33", 0, NUMBER_NATIONAL,
	  "330044123" },
	{ &germany, "03012;phone-context=example.com", 0, NUMBER_NATIONAL,
	  "493012" },
	{ &germany, "1;phone-context=+4x", ERR_SYNTAX, 0, NULL },
	{ &germany, "1;phone-context=+", ERR_SYNTAX, 0, NULL },
	{ &germany, "12;phone-context=+49301234567890123", ERR_RANGE, 0, NULL },
	{ &germany, "1;phone-context=+493012345678901", ERR_RANGE, 0, NULL },
	{ &none, "+123", 0, NUMBER_GLOBAL, "123" },
	{ &none, "+12", ERR_RANGE, 0, NULL },
	{ &none, "+123456789012345", 0, NUMBER_GLOBAL, "123456789012345" },
	{ &none, "+1234567890123456", ERR_RANGE, 0, NULL },
	{ &none, "+0301234567", ERR_RANGE, 0, NULL },
	{ &none, "+", ERR_SYNTAX, 0, NULL },
	{ &none, "+-", ERR_SYNTAX, 0, NULL },
	{ &none, "+49+30", ERR_SYNTAX, 0, NULL },
	{ &none, "(+49)30123", ERR_SYNTAX, 0, NULL },
	/* international prefix */
	{ &germany, "004930123456", 0, NUMBER_INTERNATIONAL, "4930123456" },
	{ &germany, "00-49 ", ERR_SYNTAX, 0, NULL },
	{ &germany, "0(0)12125550100", 0, NUMBER_INTERNATIONAL, "12125550100" },
	{ &germany, "00", ERR_RANGE, 0, NULL },
	{ &germany, "0012", ERR_RANGE, 0, NULL },
	{ &germany, "00123", 0, NUMBER_INTERNATIONAL, "123" },
	{ &germany, "000123456", ERR_RANGE, 0, NULL },
	{ &germany, "00123456789012345", 0, NUMBER_INTERNATIONAL,
	  "123456789012345" },
	{ &germany, "001234567890123456", ERR_RANGE, 0, NULL },
	{ &america, "01144201234567", 0, NUMBER_INTERNATIONAL, "44201234567" },
	{ &transit, "0044201234567", 0, NUMBER_INTERNATIONAL, "44201234567" },
	{ &one_digit, "912125550100", 0, NUMBER_INTERNATIONAL, "12125550100" },
	/* national prefix */
	{ &one_digit, "830123456", 0, NUMBER_NATIONAL, "4930123456" },
	{ &germany, "030123456", 0, NUMBER_NATIONAL, "4930123456" },
	{ &germany, "(0)30/123", ERR_SYNTAX, 0, NULL },
	{ &germany, "0", ERR_RANGE, 0, NULL },
	{ &germany, "01", 0, NUMBER_NATIONAL, "491" },
	{ &germany, "0123456789012", 0, NUMBER_NATIONAL, "49123456789012" },
	{ &germany, "012345678901234", ERR_RANGE, 0, NULL },
	{ &america, "12125550100", 0, NUMBER_NATIONAL, "12125550100" },
	/* none */
	{ &germany, "30123456", 0, NUMBER_NATIONAL, "4930123456" },
	{ &germany, "30123456;ext=5", 0, NUMBER_NATIONAL, "4930123456" },
	{ &america, "2125550100", 0, NUMBER_NATIONAL, "12125550100" },
	{ &italy, "0612345678", 0, NUMBER_NATIONAL, "390612345678" },
	{ &italy, "00390612345678", 0, NUMBER_INTERNATIONAL, "390612345678" },
	/* no country code */
	{ &none, "030123456", ERR_INVAL, 0, NULL },
	{ &none, "0049301234", ERR_INVAL, 0, NULL },
	{ &transit, "30123456", ERR_INVAL, 0, NULL },
	/* no number at all */
	{ &germany, "", ERR_SYNTAX, 0, NULL },
	{ &germany, ";x=1", ERR_SYNTAX, 0, NULL },
	{ &germany, "()", ERR_SYNTAX, 0, NULL },
	{ &germany, "alice", ERR_SYNTAX, 0, NULL },
	{ &germany, "030x123", ERR_SYNTAX, 0, NULL },
	{ &germany, "*21#", ERR_SYNTAX, 0, NULL },
	{ &germany, "030 123", ERR_SYNTAX, 0, NULL },
	{ &germany, "%2B4930123", ERR_SYNTAX, 0, NULL },
	/* beyond any buffer */
	{ &germany, "0123456789012345678901234567890123456789", ERR_RANGE, 0,
	  NULL },
	{ &germany, "0123456789012345678901234567890123456789x", ERR_SYNTAX, 0,
	  NULL },
};

static void
dialled_strings_become_numbers(void)
{
	for (size_t i = 0; i < N(dialled_rows); i++) {
		const struct dialled_row *row = &dialled_rows[i];
		struct number number;
		enum number_form form;

		test_row(row->dialled);
		CHECK(number_normalise(row->plan, str_of(row->dialled), &number,
				       &form) == row->err);
		if (row->err != 0)
			continue;
		CHECK(strcmp(number.digits, row->digits) == 0);
		CHECK(number.len == strlen(row->digits));
		CHECK(form == row->form);
	}
}

static void
a_number_lies_in_a_country(void)
{
	struct number number;

	if (!OK(number_parse(str_of("4930123"), &number)))
		return;
	CHECK(number_is_national(&number, &germany));
	CHECK(!number_is_national(&number, &italy));
	CHECK(!number_is_national(&number, &none));
	if (OK(number_parse(str_of("4"), &number)))
		CHECK(!number_is_national(&number, &germany));
}

static void
prefixes_become_words(void)
{
	static const struct {
		const char *text;
		int err;
		prefix_word word;
	} rows[] = {
		{ "", 0, 0 },
		{ "0", 0, UINT64_C(0x1000000000000000) },
		{ "9", 0, UINT64_C(0xa000000000000000) },
		{ "+49", 0, UINT64_C(0x5a00000000000000) },
		{ "4930", 0, UINT64_C(0x5a41000000000000) },
		{ "123456789012345", 0, UINT64_C(0x23456789a1234560) },
		{ "1234567890123456", ERR_RANGE, 0 },
		{ "+", ERR_SYNTAX, 0 },
		{ "49*", ERR_SYNTAX, 0 },
		{ "4 9", ERR_SYNTAX, 0 },
		{ "123456789012345678x", ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		prefix_word word = 0;

		test_row(rows[i].text);
		CHECK(prefix_parse(str_of(rows[i].text), &word) == rows[i].err);
		CHECK(word == rows[i].word);
	}
}

static void
words_sort_as_their_digits_do(void)
{
	uint64_t seed = 2;

	for (int i = 0; i < 20000; i++) {
		char text[2][PREFIX_MAX + 1] = { "", "" };
		char back[PREFIX_MAX + 1];
		prefix_word word[2];
		int order;

		for (int k = 0; k < 2; k++) {
			int64_t len = random_below(&seed, PREFIX_MAX + 1);

			/* few digits, so that many pairs share a beginning */
			for (int64_t at = 0; at < len; at++)
				text[k][at] =
				    (char)('0' + 3 * random_below(&seed, 4));
			if (!OK(prefix_parse(str_of(text[k]), &word[k])))
				return;
			CHECK(prefix_len(word[k]) == (unsigned)len);
			prefix_format(word[k], back);
			CHECK(strcmp(back, text[k]) == 0);
		}
		test_row(text[0]);
		order = strcmp(text[0], text[1]);
		CHECK((order < 0) == (word[0] < word[1]));
		CHECK((order == 0) == (word[0] == word[1]));
	}
}

static void
a_number_begins_with_its_prefixes(void)
{
	struct number number;
	prefix_word word;

	if (!OK(number_parse(str_of("123456789012345"), &number)))
		return;
	for (unsigned len = 0; len <= number.len; len++) {
		if (OK(prefix_parse(str_make(number.digits, len), &word)))
			CHECK(prefix_of(&number, len) == word);
	}
}

static const struct test tests[] = {
	{ "only digits are a number", only_digits_are_a_number, true },
	{ "dialled strings become numbers", dialled_strings_become_numbers,
	  true },
	{ "a number lies in a country", a_number_lies_in_a_country, true },
	{ "prefixes become words", prefixes_become_words, true },
	{ "words sort as their digits do", words_sort_as_their_digits_do,
	  true },
	{ "a number begins with its prefixes",
	  a_number_begins_with_its_prefixes, true },
};

const struct test_suite suite_number = TEST_SUITE("number", tests);
