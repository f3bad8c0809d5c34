/*
 * band.h - when a price is in force within the week
 *
 * "" = always; "mon-fri 08:00-18:00", "sat,sun", "18:00-24:00" (every day),
 * "holidays". A band that ends before it begins ("22:00-06:00") goes on into
 * the next day. Local to the tariff's zone.
 */
#ifndef TEL_BAND_H
#define TEL_BAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "base/zone.h"

#define BAND_TEXT_MAX 64

enum band_kind { BAND_ALWAYS, BAND_WEEKLY, BAND_HOLIDAYS };

struct band {
	uint8_t kind;	  /* enum band_kind */
	uint8_t days;	  /* bit 0 = Monday */
	uint16_t from_min; /* 0..1439 of the local day */
	uint16_t until_min; /* 1..1440, exclusive; <= from_min: next day */
};

/* Sorted local days (since 1970-01-01) that are holidays of a tariff. */
struct holidays {
	const int64_t *days;
	size_t n;
};

/* 0, ERR_SYNTAX or ERR_RANGE (no such time). */
int band_parse(struct str text, struct band *out);
/* The canonical text. */
const char *band_format(const struct band *band, char out[BAND_TEXT_MAX]);
/* Whether the band is in force at t. */
bool band_has(const struct band *band, const struct zone *zone,
	      const struct holidays *holidays, time_us t);
/* The first instant after t at which band_has may give something else, or
 * INT64_MAX. Never later than the true change. */
time_us band_next_change(const struct band *band, const struct zone *zone,
			 const struct holidays *holidays, time_us t);
/* Whether two bands of the same kind have an instant of the week in common.
 * BAND_ALWAYS overlaps only BAND_ALWAYS: banded rows override it. */
bool band_overlaps(const struct band *a, const struct band *b);

#endif
