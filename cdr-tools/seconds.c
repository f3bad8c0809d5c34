/* seconds.c - durations as decimal seconds in text, microseconds in memory */
#include "cdr-tools/seconds.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "tel/money.h"

#define DECIMALS 6
#define E8_PER_US (MONEY_ONE / US_PER_S)

/* Decimals are decimals: the text of an amount with 8 of them is read, and
 * the last two must be zero. */
int
seconds_parse(struct str text, int64_t *out_us)
{
	money_e8 e8;
	int err = money_parse(text, &e8);

	if (err != 0)
		return err;
	if (e8 < 0 || e8 % E8_PER_US != 0)
		return ERR_RANGE;
	*out_us = e8 / E8_PER_US;
	return 0;
}

const char *
seconds_format(int64_t us, char out[SECONDS_TEXT_MAX])
{
	uint64_t size = us < 0 ? -(uint64_t)us : (uint64_t)us;
	int len = snprintf(out, SECONDS_TEXT_MAX, "%s%" PRIu64 ".%06" PRIu64,
			   us < 0 ? "-" : "", size / (uint64_t)US_PER_S,
			   size % (uint64_t)US_PER_S);

	for (int i = 0; i < DECIMALS && out[len - 1] == '0'; i++)
		len--;
	if (out[len - 1] == '.')
		len--;
	out[len] = '\0';
	return out;
}
