/*
 * tariff.h - what a call costs: seconds to charge
 *
 * Pure arithmetic over the rows of one matched prefix; where they come from
 * is route/pricebook's business. Rules in doc/rating.md; in short: the first
 * increment counts whole, then each started increment; an increment is charged
 * at the price in force when it begins; the exact sum is rounded once.
 */
#ifndef TEL_TARIFF_H
#define TEL_TARIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/zone.h"
#include "tel/band.h"
#include "tel/money.h"

enum duration_rounding {
	DURATION_UP,	  /* a started second counts */
	DURATION_DOWN,
	DURATION_HALF_UP,
	DURATION_EXACT,	  /* microseconds go into the increments as they are */
};

enum round_at { ROUND_AT_CALL, ROUND_AT_BILL };

/* The attributes of a price list. */
struct tariff {
	const char *name;     /* borrowed from its owner, as all below */
	char currency[4];     /* ISO 4217 */
	const struct zone *zone;
	const char *zone_name;
	struct holidays holidays;
	uint8_t decimals;     /* of a rated call, 0..8 */
	uint8_t rounding;     /* enum money_rounding */
	uint8_t duration_rounding;
	uint8_t round_at;
	bool allow_negative;
	bool by_ported; /* price by the number a call was ported to, if any */
	money_e8 minimum_charge;
	money_e8 attempt_fee;
};

/* What many rows share, stored once. */
struct rate_terms {
	money_e8 connect_fee;
	int32_t first_increment_s; /* 1.. */
	int32_t increment_s;	   /* 1.. */
	int32_t grace_s;	   /* 0.. */
	int32_t from_s;		   /* 0.. */
	time_us valid_from;	   /* INT64_MIN = always was */
	time_us valid_until;	   /* exclusive; INT64_MAX = no end */
	struct band band;
	bool not_sold;
};

struct rate {
	money_e8 per_min;
	uint32_t terms;	      /* index */
	uint32_t destination; /* index of its name */
};

/* All rows of one prefix in one tariff. */
struct rate_rows {
	const struct rate *rows;
	size_t n;
	const struct rate_terms *terms; /* the table that rate.terms indexes */
};

/*
 * The row in force at t for second at_s of the call: among rows valid at t
 * whose band has t, the greatest from_s <= at_s; a banded row before the
 * BAND_ALWAYS row, holidays before both; then the one that became valid last.
 * NULL when there is none. The row may be one that says "not sold".
 */
const struct rate *rate_rows_at(const struct tariff *tariff,
				const struct rate_rows *rows, time_us t,
				int64_t at_s);

/* One stretch of a call at one price. */
struct charge_line {
	int64_t from_s, seconds; /* billed seconds it covers */
	money_e8 per_min;
	money_60 exact;		 /* per_min * seconds */
};

#define CHARGE_MAX_LINES 64 /* further stretches are added into the last */
#define CHARGE_MAX_S INT64_C(315576000) /* ten years: no call lasts longer */

struct charge {
	int64_t billed_s;
	money_e8 connect_fee;
	money_60 exact;	   /* connect fee and all lines; not the minimum */
	money_e8 amount;   /* after minimum and rounding; exact's 1e-8 half-up
			    * value when the tariff rounds at the bill, */
	int rest_60;	   /* and what that left out, in 1e-8 / 60: -30..29;
			    * else 0 */
	const struct rate *first; /* the row in force at answer */
	size_t n_lines;
	struct charge_line lines[CHARGE_MAX_LINES]; /* beyond n_lines: unset */
};

/*
 * Price a call answered at answer that lasted duration_us (>= 0). The prefix
 * is fixed by rows; dates, bands and from_s are looked up as each increment
 * begins; where no row is in force later in the call, or one that is not sold,
 * the price before goes on. A tier (the rows of one from_s) counts its first
 * increment once, when the call first gets into it.
 *
 * Nothing is charged, no fee either, when the duration rounds to 0 or is
 * within the grace of the row in force at answer; a minimum of 0 is none, so
 * that negative prices stay negative. Returns 0, ERR_NOPRICE (no row in force
 * at answer, or not sold, whatever the duration), ERR_INVAL (negative
 * duration) or ERR_RANGE (amount out of range, over CHARGE_MAX_S, or no such
 * time).
 */
int tariff_charge(const struct tariff *tariff, const struct rate_rows *rows,
		  time_us answer, int64_t duration_us, struct charge *out);

int duration_rounding_parse(struct str text, enum duration_rounding *out);
const char *duration_rounding_text(enum duration_rounding rounding);

#endif
