/* trip_help.h - octets of messages as text */
#ifndef TESTS_UNIT_TRIP_HELP_H
#define TESTS_UNIT_TRIP_HELP_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "tests/unit/harness.h"
#include "trip/update.h"

/* Hexadecimal digits, others are skipped; 'text' in quotes is taken as it is.
 * Returns the number of octets. */
static inline size_t
trip_bytes(const char *text, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;
	int high = -1;

	for (; *text != '\0'; text++) {
		const char *digit;

		if (*text == '\'') {
			while (*++text != '\'')
				out[n++] = (uint8_t)*text;
			continue;
		}
		digit = strchr(digits, *text >= 'A' && *text <= 'F'
					   ? *text - 'A' + 'a'
					   : *text);
		if (digit == NULL)
			continue;
		if (high < 0) {
			high = (int)(digit - digits);
		} else {
			out[n++] = (uint8_t)(high << 4 | (int)(digit - digits));
			high = -1;
		}
	}
	return n;
}

static inline bool
trip_is_bytes(const void *data, size_t len, const char *text)
{
	uint8_t want[TRIP_MESSAGE_MAX];
	size_t n = trip_bytes(text, want);

	return n == len && memcmp(data, want, n) == 0;
}

#endif
