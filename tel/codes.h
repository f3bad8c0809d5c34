/*
 * codes.h - sets of final SIP response codes, as people write them
 */
#ifndef TEL_CODES_H
#define TEL_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define CODES_MIN 300
#define CODES_MAX 699

struct codes {
	uint64_t bits[(CODES_MAX - CODES_MIN) / 64 + 1];
};

/* "408, 500-504 6xx": codes, ranges and classes between commas or blanks; ""
 * is the empty set. 0 or ERR_SYNTAX (also for codes that fail nothing: below
 * 300 or above 699). */
int codes_parse(struct str text, struct codes *out);
bool codes_has(const struct codes *codes, int code);

#endif
