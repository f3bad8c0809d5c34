/*
 * money.h - exact amounts
 *
 * An amount is a 64-bit count of 1e-8 currency units. Sums of prices per
 * minute times seconds are kept exact as 128-bit counts of 1e-8/60 units
 * (money_60), and money_round_60 is the one function that rounds them.
 */
#ifndef TEL_MONEY_H
#define TEL_MONEY_H

#include <stdint.h>

#include "base/str.h"

typedef int64_t money_e8;
typedef __int128 money_60; /* 1e-8 / 60 units */

#define MONEY_ONE INT64_C(100000000)
#define MONEY_TEXT_MAX 32

enum money_rounding {
	MONEY_HALF_UP, /* to the nearest, halves away from zero */
	MONEY_UP,      /* away from zero */
	MONEY_DOWN,    /* towards zero */
};

/* "12", "-0.0125", ".5", up to 8 decimals: 0, ERR_SYNTAX or ERR_RANGE (more
 * decimals that are not zero, or beyond +-92,233,720,368.54775807). INT64_MIN
 * is never an amount: here as in all results below. */
int money_parse(struct str text, money_e8 *out);
/* With at least min_decimals (0..8) and no further trailing zeros:
 * "0.0125", "3.00". Returns out. */
const char *money_format(money_e8 amount, int min_decimals,
			 char out[MONEY_TEXT_MAX]);
/* exact rounded to decimals (0..8): 0 or ERR_RANGE (does not fit). */
int money_round_60(money_60 exact, int decimals, enum money_rounding rounding,
		   money_e8 *out);
/* The same from whole 1e-8 units. */
int money_round(money_e8 amount, int decimals, enum money_rounding rounding,
		money_e8 *out);
/* amount * mul / div, rounded to 1e-8, div > 0: 0 or ERR_RANGE. */
int money_mul_div(money_e8 amount, int64_t mul, int64_t div,
		  enum money_rounding rounding, money_e8 *out);
/* percent (1e-8 units: 19 % is 19 * MONEY_ONE) of amount, rounded half up to
 * decimals (0..8) in one step: 0 or ERR_RANGE. */
int money_percent(money_e8 amount, money_e8 percent, int decimals,
		  money_e8 *out);
/* "half_up", "up", "down": 0 or ERR_SYNTAX. */
int money_rounding_parse(struct str text, enum money_rounding *out);
const char *money_rounding_text(enum money_rounding rounding);

#endif
