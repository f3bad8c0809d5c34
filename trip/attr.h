/*
 * attr.h - the table of attributes: flags, lengths, values
 *
 * One row per attribute type of RFC 3219 section 5, RFC 5115 and RFC 5140, by
 * which received ones are judged and ours are made.
 */
#ifndef TRIP_ATTR_H
#define TRIP_ATTR_H

#include "trip/value.h"

struct trip_attr {
	uint8_t flags, type;
	struct str value; /* borrowed */
};

struct trip_attr_row {
	const char *name;
	uint8_t flags;	 /* as sent; 0x80 and transitivity are compared */
	bool may_encapsulate;
	uint16_t min_len, max_len, unit; /* length in multiples of unit */
	bool (*is_valid)(struct str value); /* NULL: any of that length */
};

/* The row of a type; NULL for types that we do not know. */
const struct trip_attr_row *trip_attr_find(unsigned type);
/* Its name; NULL for types that we do not know. */
const char *trip_attr_name(unsigned type);
/* The flags a known type is sent with. */
uint8_t trip_attr_flags(unsigned type);
/* Whether the value is one that this known type may have: 0, ERR_RANGE
 * (length), ERR_SYNTAX (content). */
int trip_attr_check(unsigned type, struct str value);
/* Flags, type, length and value. */
void trip_attr_encode(struct wbuf *w, uint8_t flags, unsigned type,
		      struct str value);

#endif
