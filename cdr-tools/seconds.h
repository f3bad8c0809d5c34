/*
 * seconds.h - durations as decimal seconds in text, microseconds in memory
 */
#ifndef CDR_TOOLS_SECONDS_H
#define CDR_TOOLS_SECONDS_H

#include <stdint.h>

#include "base/str.h"

#define SECONDS_TEXT_MAX 32

/* "61", "61.25": seconds with up to 6 decimals, not negative: 0, ERR_SYNTAX or
 * ERR_RANGE (negative, more decimals that are not zero, too large). */
int seconds_parse(struct str text, int64_t *out_us);
/* Without trailing zeros: "61", "61.25", "-0.5". Returns out. */
const char *seconds_format(int64_t us, char out[SECONDS_TEXT_MAX]);

#endif
