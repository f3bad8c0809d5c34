/* money.c - exact amounts: text, and the one place that rounds */
#include "tel/money.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

#define DECIMALS 8 /* of a money_e8 */

typedef unsigned __int128 magnitude;

static const char *const rounding_names[] = {
	[MONEY_HALF_UP] = "half_up",
	[MONEY_UP] = "up",
	[MONEY_DOWN] = "down",
};

/* 10^n for n = 0..8 */
static int64_t
power_of_ten(int n)
{
	int64_t power = 1;

	assert(n >= 0 && n <= DECIMALS);
	while (n-- > 0)
		power *= 10;
	return power;
}

/* exact / divisor as a whole number of scale units: 0 or ERR_RANGE. */
static int
divide(__int128 exact, uint64_t divisor, int64_t scale,
       enum money_rounding rounding, money_e8 *out)
{
	magnitude size = exact < 0 ? -(magnitude)exact : (magnitude)exact;
	magnitude unit = (magnitude)divisor * (uint64_t)scale;
	magnitude quotient = size / unit;
	magnitude rest = size % unit;
	int64_t amount;

	if (rounding == MONEY_UP && rest > 0)
		quotient++;
	if (rounding == MONEY_HALF_UP && rest >= unit - rest)
		quotient++;
	if (quotient > (magnitude)(INT64_MAX / scale))
		return ERR_RANGE;
	amount = (int64_t)quotient * scale;
	*out = exact < 0 ? -amount : amount;
	return 0;
}

static bool
all_digits(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
	}
	return true;
}

/* One more digit behind a number: false when it does not fit. */
static bool
push(int64_t *number, char digit)
{
	return !__builtin_mul_overflow(*number, 10, number) &&
	       !__builtin_add_overflow(*number, digit - '0', number);
}

/* whole.fraction, both digits, in 1e-8 units. */
static int
join(struct str whole, struct str fraction, money_e8 *out)
{
	int64_t number = 0;

	for (size_t i = 0; i < whole.len; i++) {
		if (!push(&number, whole.p[i]))
			return ERR_RANGE;
	}
	for (size_t i = 0; i < DECIMALS; i++) {
		if (!push(&number, i < fraction.len ? fraction.p[i] : '0'))
			return ERR_RANGE;
	}
	for (size_t i = DECIMALS; i < fraction.len; i++) {
		if (fraction.p[i] != '0')
			return ERR_RANGE;
	}
	*out = number;
	return 0;
}

int
money_parse(struct str text, money_e8 *out)
{
	bool is_negative = text.len > 0 && text.p[0] == '-';
	struct str fraction =
	    is_negative ? str_make(text.p + 1, text.len - 1) : text;
	struct str whole = str_cut(&fraction, '.');
	int err;

	if (fraction.p != NULL ? fraction.len == 0 : whole.len == 0)
		return ERR_SYNTAX;
	if (!all_digits(whole) || !all_digits(fraction))
		return ERR_SYNTAX;
	err = join(whole, fraction, out);
	if (err == 0 && is_negative)
		*out = -*out;
	return err;
}

const char *
money_format(money_e8 amount, int min_decimals, char out[MONEY_TEXT_MAX])
{
	uint64_t size = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
	int len;

	assert(min_decimals >= 0 && min_decimals <= DECIMALS);
	len = snprintf(out, MONEY_TEXT_MAX, "%s%llu.%08llu",
		       amount < 0 ? "-" : "",
		       (unsigned long long)(size / (uint64_t)MONEY_ONE),
		       (unsigned long long)(size % (uint64_t)MONEY_ONE));
	for (int i = DECIMALS; i > min_decimals && out[len - 1] == '0'; i--)
		len--;
	if (out[len - 1] == '.')
		len--;
	out[len] = '\0';
	return out;
}

int
money_round_60(money_60 exact, int decimals, enum money_rounding rounding,
	       money_e8 *out)
{
	return divide(exact, 60, power_of_ten(DECIMALS - decimals), rounding,
		      out);
}

int
money_round(money_e8 amount, int decimals, enum money_rounding rounding,
	    money_e8 *out)
{
	return divide(amount, 1, power_of_ten(DECIMALS - decimals), rounding,
		      out);
}

int
money_mul_div(money_e8 amount, int64_t mul, int64_t div,
	      enum money_rounding rounding, money_e8 *out)
{
	assert(div > 0);
	return divide((__int128)amount * mul, (uint64_t)div, 1, rounding, out);
}

int
money_percent(money_e8 amount, money_e8 percent, int decimals, money_e8 *out)
{
	return divide((__int128)amount * percent, 100 * (uint64_t)MONEY_ONE,
		      power_of_ten(DECIMALS - decimals), MONEY_HALF_UP, out);
}

int
money_rounding_parse(struct str text, enum money_rounding *out)
{
	for (unsigned i = 0; i <= MONEY_DOWN; i++) {
		if (str_eq_text(text, rounding_names[i])) {
			*out = (enum money_rounding)i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

const char *
money_rounding_text(enum money_rounding rounding)
{
	assert((unsigned)rounding <= MONEY_DOWN);
	return rounding_names[rounding];
}
