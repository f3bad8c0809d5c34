/*
 * line.h - a route as one line of text
 *
 *	49 next_hop=gw.example.net:5060 carriers=+12345 total_circuits=480
 *
 * A prefix ("-" for the empty one) and attributes, with the keys that
 * trip_show_view writes. Lists have commas; "*" says all (RFC 5140 4.4.1).
 */
#ifndef TRIP_LINE_H
#define TRIP_LINE_H

#include "trip/attrs.h"

struct trip_line_defaults {
	uint32_t itad;	      /* of next_hop */
	const char *next_hop; /* NULL: the line must have one */
};

/* The keys a line may have, for help texts. */
extern const char trip_line_keys[];

/*
 * Parse text (no comment, not empty). prefix is borrowed from text. Returns 0
 * or ERR_SYNTAX, with *bad the word that is wrong (borrowed from text).
 */
int trip_line_parse(struct str text, const struct trip_line_defaults *defaults,
		    struct trip_prefix *prefix, struct trip_draft *draft,
		    struct str *bad);

#endif
