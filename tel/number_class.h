/*
 * number_class.h - what kind of number one is, and whether it can be one
 *
 * From tables that published number data was made into (number_table.c). Data
 * of this kind ages: a code that is not known may have come into use since, so
 * who refuses calls by it should be able to turn that off.
 */
#ifndef TEL_NUMBER_CLASS_H
#define TEL_NUMBER_CLASS_H

#include <stddef.h>

#include "tel/number.h"

enum number_class {
	NUMBER_UNKNOWN,	    /* no ranges are known of its country */
	NUMBER_GEOGRAPHIC,
	NUMBER_MOBILE,
	NUMBER_PREMIUM,
	NUMBER_SHARED_COST,
	NUMBER_TOLL_FREE,
	NUMBER_SATELLITE,
	NUMBER_PERSONAL,
	NUMBER_VOIP,
	NUMBER_PAGER,
	NUMBER_CORPORATE,   /* one number of a company in all places */
	NUMBER_EMERGENCY,   /* 112 and 911 behind a country code */
	NUMBER_SHORT,	    /* shorter than any subscriber's, 6 digits at most */
	NUMBER_N_CLASSES,
};

/* "unknown", "geographic", "mobile" ... */
const char *number_class_text(enum number_class class);

/* The class by the longest prefix that is known. */
enum number_class number_classify(const struct number *number);

enum number_fit {
	NUMBER_FITS,
	NUMBER_NO_COUNTRY,   /* begins with no country code */
	NUMBER_TOO_SHORT,    /* than any of its country, short codes apart */
	NUMBER_TOO_LONG,
};

/* Whether the country code is one, and the length possible behind it. */
enum number_fit number_check(const struct number *number);

/* The tables; private to number_class.c. Prefixes of up to 7 digits in 32 bits:
 * digit d as nibble d + 1 from the top, ascending; the lowest nibble of a range
 * is its class. A country has a bit for each length behind its code. */
extern const uint32_t number_countries[][2], number_ranges[];
extern const size_t n_number_countries, n_number_ranges;

#endif
