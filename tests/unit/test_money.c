/* test_money.c - exact amounts */
#include "tel/money.h"

#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))

static void
text_becomes_an_amount(void)
{
	static const struct {
		const char *text;
		int err;
		money_e8 amount;
	} rows[] = {
		{ "0", 0, 0 },
		{ "-0", 0, 0 },
		{ "12", 0, 12 * MONEY_ONE },
		{ "-0.0125", 0, -1250000 },
		{ ".5", 0, MONEY_ONE / 2 },
		{ "-.5", 0, -MONEY_ONE / 2 },
		{ "007.10", 0, 710000000 },
		{ "0.00000001", 0, 1 },
		{ "-0.00000001", 0, -1 },
		{ "1.000000000000", 0, MONEY_ONE },
		{ "92233720368.54775807", 0, INT64_MAX },
		{ "-92233720368.54775807", 0, -INT64_MAX },
		{ "92233720368.54775808", ERR_RANGE, 0 },
		{ "-92233720368.54775808", ERR_RANGE, 0 },
		{ "92233720369", ERR_RANGE, 0 },
		{ "99999999999999999999", ERR_RANGE, 0 },
		{ "0.000000001", ERR_RANGE, 0 },
		{ "1.123456780000001", ERR_RANGE, 0 },
		{ "", ERR_SYNTAX, 0 },
		{ "-", ERR_SYNTAX, 0 },
		{ ".", ERR_SYNTAX, 0 },
		{ "1.", ERR_SYNTAX, 0 },
		{ "--1", ERR_SYNTAX, 0 },
		{ "+1", ERR_SYNTAX, 0 },
		{ "1,5", ERR_SYNTAX, 0 },
		{ "1.2.3", ERR_SYNTAX, 0 },
		{ "1e3", ERR_SYNTAX, 0 },
		{ " 1", ERR_SYNTAX, 0 },
		{ "1 ", ERR_SYNTAX, 0 },
		{ "1.-5", ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		money_e8 amount = 4711;

		test_row(rows[i].text);
		CHECK(money_parse(str_of(rows[i].text), &amount) ==
		      rows[i].err);
		if (rows[i].err == 0)
			CHECK(amount == rows[i].amount);
	}
}

static void
an_amount_becomes_text(void)
{
	static const struct {
		money_e8 amount;
		int min_decimals;
		const char *text;
	} rows[] = {
		{ 0, 0, "0" },
		{ 0, 2, "0.00" },
		{ 1250000, 0, "0.0125" },
		{ 1250000, 2, "0.0125" },
		{ 1250000, 6, "0.012500" },
		{ 3 * MONEY_ONE, 2, "3.00" },
		{ 3 * MONEY_ONE, 0, "3" },
		{ -1, 0, "-0.00000001" },
		{ -MONEY_ONE, 8, "-1.00000000" },
		{ 10 * MONEY_ONE, 0, "10" },
		{ INT64_MAX, 0, "92233720368.54775807" },
		{ INT64_MIN, 0, "-92233720368.54775808" },
	};

	for (size_t i = 0; i < N(rows); i++) {
		char out[MONEY_TEXT_MAX];

		test_row(rows[i].text);
		CHECK(money_format(rows[i].amount, rows[i].min_decimals, out) ==
		      out);
		CHECK(strcmp(out, rows[i].text) == 0);
	}
}

static void
text_and_back_is_the_same_amount(void)
{
	uint64_t seed = 1;

	for (int i = 0; i < 20000; i++) {
		money_e8 amount =
		    (money_e8)random_next(&seed) >> random_below(&seed, 60);
		money_e8 back;
		char out[MONEY_TEXT_MAX];

		money_format(amount, (int)random_below(&seed, 9), out);
		test_row(out);
		if (OK(money_parse(str_of(out), &back)))
			CHECK(back == amount);
	}
}

static const struct rounding_row {
	const char *what;
	const char *amount;
	int decimals;
	const char *half_up, *up, *down;
} rounding_rows[] = {
	{ "exact", "1.25", 2, "1.25", "1.25", "1.25" },
	{ "below half", "1.2349", 2, "1.23", "1.24", "1.23" },
	{ "half", "1.235", 2, "1.24", "1.24", "1.23" },
	{ "half by 1e-8 less", "1.23499999", 2, "1.23", "1.24", "1.23" },
	{ "a trace", "1.23000001", 2, "1.23", "1.24", "1.23" },
	{ "to whole units", "0.5", 0, "1", "1", "0" },
	{ "to all decimals", "0.12345678", 8, "0.12345678", "0.12345678",
	  "0.12345678" },
	{ "carries", "9.995", 2, "10", "10", "9.99" },
	{ "zero", "0", 2, "0", "0", "0" },
	{ "just fits", "92233720368.49", 1, "92233720368.5", "92233720368.5",
	  "92233720368.4" },
	{ "too large upwards", "92233720368.54775807", 0, NULL, NULL,
	  "92233720368" },
};

static money_e8
amount_of(const char *text)
{
	money_e8 amount = 0;

	CHECK(money_parse(str_of(text), &amount) == 0);
	return amount;
}

/* One row, one mode, one sign, through both functions. */
static void
check_rounding(const struct rounding_row *row, enum money_rounding mode,
	       const char *text, int sign)
{
	money_e8 amount = sign * amount_of(row->amount);
	money_e8 got = 4711, got_60 = 4711;
	int err = text != NULL ? 0 : ERR_RANGE;

	CHECK(money_round(amount, row->decimals, mode, &got) == err);
	CHECK(money_round_60((money_60)amount * 60, row->decimals, mode,
			     &got_60) == err);
	if (err != 0)
		return;
	CHECK(got == sign * amount_of(text));
	CHECK(got_60 == got);
}

static void
each_mode_rounds_both_signs_alike(void)
{
	for (size_t i = 0; i < N(rounding_rows); i++) {
		const struct rounding_row *row = &rounding_rows[i];

		test_row(row->what);
		for (int sign = -1; sign <= 1; sign += 2) {
			check_rounding(row, MONEY_HALF_UP, row->half_up, sign);
			check_rounding(row, MONEY_UP, row->up, sign);
			check_rounding(row, MONEY_DOWN, row->down, sign);
		}
	}
}

static void
sixtieths_are_not_lost_before_rounding(void)
{
	static const struct {
		const char *what;
		int64_t exact;
		money_e8 half_up, up, down;
	} rows[] = {
		{ "1/60", 1, 0, 1, 0 },        { "29/60", 29, 0, 1, 0 },
		{ "30/60", 30, 1, 1, 0 },      { "59/60", 59, 1, 1, 0 },
		{ "60/60", 60, 1, 1, 1 },      { "89/60", 89, 1, 2, 1 },
		{ "-30/60", -30, -1, -1, 0 },  { "-29/60", -29, 0, -1, 0 },
		{ "-90/60", -90, -2, -2, -1 },
	};
	money_e8 out;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		CHECK(money_round_60(rows[i].exact, 8, MONEY_HALF_UP, &out) ==
			  0 &&
		      out == rows[i].half_up);
		CHECK(money_round_60(rows[i].exact, 8, MONEY_UP, &out) == 0 &&
		      out == rows[i].up);
		CHECK(money_round_60(rows[i].exact, 8, MONEY_DOWN, &out) == 0 &&
		      out == rows[i].down);
	}
}

static void
what_does_not_fit_is_refused(void)
{
	money_60 largest = (money_60)INT64_MAX * 60;
	money_60 least = (money_60)((unsigned __int128)1 << 127);
	money_e8 out;

	CHECK(money_round_60(largest, 8, MONEY_HALF_UP, &out) == 0 &&
	      out == INT64_MAX);
	CHECK(money_round_60(largest + 29, 8, MONEY_HALF_UP, &out) == 0 &&
	      out == INT64_MAX);
	CHECK(money_round_60(largest + 30, 8, MONEY_HALF_UP, &out) ==
	      ERR_RANGE);
	CHECK(money_round_60(largest + 1, 8, MONEY_UP, &out) == ERR_RANGE);
	CHECK(money_round_60(-largest, 8, MONEY_UP, &out) == 0 &&
	      out == -INT64_MAX);
	CHECK(money_round_60(-largest - 1, 8, MONEY_UP, &out) == ERR_RANGE);
	CHECK(money_round_60(least, 8, MONEY_DOWN, &out) == ERR_RANGE);
	CHECK(money_round_60(-(least + 1), 0, MONEY_DOWN, &out) == ERR_RANGE);
	CHECK(money_round(INT64_MIN, 8, MONEY_DOWN, &out) == ERR_RANGE);
}

static void
a_product_is_divided_once(void)
{
	static const struct {
		const char *what;
		int64_t amount, mul, div;
		enum money_rounding mode;
		int err;
		int64_t result;
	} rows[] = {
		{ "19 % of 1.00", MONEY_ONE, 19, 100, MONEY_HALF_UP, 0,
		  19000000 },
		{ "a third, half up", 100, 1, 3, MONEY_HALF_UP, 0, 33 },
		{ "two thirds, half up", 100, 2, 3, MONEY_HALF_UP, 0, 67 },
		{ "a third, up", 100, 1, 3, MONEY_UP, 0, 34 },
		{ "a third, down", 100, 2, 3, MONEY_DOWN, 0, 66 },
		{ "negative half", -1, 1, 2, MONEY_HALF_UP, 0, -1 },
		{ "negative factor, half", 1, -1, 2, MONEY_HALF_UP, 0, -1 },
		{ "both negative, down", -3, -1, 2, MONEY_DOWN, 0, 1 },
		{ "largest times itself", INT64_MAX, INT64_MAX, INT64_MAX,
		  MONEY_HALF_UP, 0, INT64_MAX },
		{ "one too much", INT64_MAX, 2, 1, MONEY_HALF_UP, ERR_RANGE,
		  0 },
		{ "least times least", INT64_MIN, INT64_MIN, 1, MONEY_DOWN,
		  ERR_RANGE, 0 },
		{ "nothing", 0, INT64_MAX, 1, MONEY_UP, 0, 0 },
	};

	for (size_t i = 0; i < N(rows); i++) {
		money_e8 out = 4711;

		test_row(rows[i].what);
		CHECK(money_mul_div(rows[i].amount, rows[i].mul, rows[i].div,
				    rows[i].mode, &out) == rows[i].err);
		if (rows[i].err == 0)
			CHECK(out == rows[i].result);
	}
}

static void
modes_have_names(void)
{
	static const struct {
		const char *text;
		enum money_rounding mode;
	} rows[] = { { "half_up", MONEY_HALF_UP },
		     { "up", MONEY_UP },
		     { "down", MONEY_DOWN } };
	enum money_rounding mode;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].text);
		if (OK(money_rounding_parse(str_of(rows[i].text), &mode)))
			CHECK(mode == rows[i].mode);
		CHECK(strcmp(money_rounding_text(rows[i].mode), rows[i].text) ==
		      0);
	}
	CHECK(money_rounding_parse(str_of("Half_up"), &mode) == ERR_SYNTAX);
	CHECK(money_rounding_parse(str_of(""), &mode) == ERR_SYNTAX);
}

static const struct test tests[] = {
	{ "text becomes an amount", text_becomes_an_amount, true },
	{ "an amount becomes text", an_amount_becomes_text, true },
	{ "text and back is the same amount", text_and_back_is_the_same_amount,
	  true },
	{ "each mode rounds both signs alike",
	  each_mode_rounds_both_signs_alike, true },
	{ "sixtieths are not lost before rounding",
	  sixtieths_are_not_lost_before_rounding, true },
	{ "what does not fit is refused", what_does_not_fit_is_refused, true },
	{ "a product is divided once", a_product_is_divided_once, true },
	{ "modes have names", modes_have_names, true },
};

const struct test_suite suite_money = TEST_SUITE("money", tests);
