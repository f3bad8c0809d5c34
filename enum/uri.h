/*
 * uri.h - what a rule has made, before anybody routes by it
 *
 * Rules are written by strangers: a URI must be absolute, of printable
 * characters without those that could end it in a header, and of its scheme's
 * form. sip: URIs with headers ("?") are refused: a Request-URI has none (RFC
 * 3261, 19.1.1).
 */
#ifndef ENUM_URI_H
#define ENUM_URI_H

#include <stdbool.h>

#include "base/str.h"

#define ENUM_URI_MAX 512

/* What was found in it; all borrowed from the text. */
struct enum_uri_parts {
	char scheme[16]; /* lower case */
	struct str user; /* of sip and sips, parameters included; the number
			  * of tel */
	struct str host; /* of sip and sips: name, IPv4, or [IPv6] */
	/* Number portability (RFC 4694, 4769); p NULL when not there. */
	struct str rn, cic;
	bool npdi;
};

/* 0, or ERR_SYNTAX or ERR_LIMIT (too long) with *why (static). */
int enum_uri_parse(struct str text, struct enum_uri_parts *out,
		   const char **why);

#endif
