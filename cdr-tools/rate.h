/*
 * rate.h - what one call costs: the account's side and the carrier's side
 *
 * Pure: price book and parties in, prices out. A price that is not there
 * leaves the amount unknown, never 0, and says why. Rules: doc/rating.md.
 */
#ifndef CDR_TOOLS_RATE_H
#define CDR_TOOLS_RATE_H

#include <stdbool.h>

#include "cdr-tools/parties.h"
#include "tel/number.h"
#include "tel/tariff.h"

/* Why a side has no amount; in the order in which they are looked at. */
enum rate_why {
	RATE_PRICED,
	RATE_NO_NUMBER, /* nothing to price by */
	RATE_NO_PARTY,  /* the record names no account or carrier */
	RATE_UNKNOWN_PARTY,
	RATE_NO_TARIFF,
	RATE_NO_PRICE,     /* no prefix, none in force, or not for sale */
	RATE_NEGATIVE,     /* the call ended before it was answered */
	RATE_OUT_OF_RANGE, /* the amount, or longer than any call lasts */
};

/* The destination of calls that have no number, to users and domains. */
#define RATE_NO_NUMBER_DESTINATION "SIP addresses"

/* What is needed of a record; texts are borrowed, p NULL when unknown. */
struct rate_call {
	struct str account, carrier, number, ported_to, route_source;
	time_us answer;
	int64_t duration_us;
};

/* One side. Texts are borrowed from the price book; what is not known is NULL,
 * numbers count only with the why that gives them. */
struct rate_side {
	enum rate_why why;
	bool is_free;            /* priced at 0: no carrier was needed, or there
				  * is no number that costs anything */
	const char *tariff;      /* RATE_NO_PRICE and RATE_PRICED */
	const char *currency;    /* priced, except what is free */
	const char *destination; /* when a prefix was found */
	bool has_prefix;
	prefix_word prefix; /* has_prefix */
	money_e8 rate;      /* RATE_PRICED, per minute, at the answer */
	int64_t seconds;    /* billed */
	money_e8 amount;
	bool rounds_at_bill; /* amount has 8 decimals, and rest_60 counts */
	int rest_60; /* what they leave out, in 1e-8 / 60 */
};

struct rating {
	struct rate_side sell, buy;
	const char *destination; /* the sell side's name, else the buy side's */
	bool has_margin; /* both amounts known, and the exchange rate */
	bool no_exchange; /* both known, and there is none at the answer */
	money_e8 margin;  /* sell - buy, in the currency of sell */
};

/* charge is scratch space. */
void rate_call(const struct pricebook *book, const struct parties *parties,
	       const struct rate_call *call, struct charge *charge,
	       struct rating *out);

#define RATE_NOTE_MAX 96

/* What rating_note says: "no sell price; carrier has no tariff", or "" when
 * there is nothing to say. Returns out. */
const char *rate_note(const struct rating *rating, char out[RATE_NOTE_MAX]);
/* The piece of it about one side; NULL when that is priced. */
const char *rate_why_text(bool is_sell, enum rate_why why);

#endif
