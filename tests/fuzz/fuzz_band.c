/* fuzz_band.c - any text as a band: refused, or the same after formatting */
#include <assert.h>
#include <string.h>

#include "tel/band.h"
#include "tests/fuzz/fuzz.h"

/* Nothing changes before the next change. */
static void
check_change(const struct band *band, time_us t)
{
	const int64_t days[] = { 20000, 20001, 20500 };
	const struct holidays holidays = { days, 3 };
	time_us next = band_next_change(band, NULL, &holidays, t);

	assert(next > t);
	if (next < INT64_MAX)
		assert(band_has(band, NULL, &holidays, next - 1) ==
		       band_has(band, NULL, &holidays, t));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[BAND_TEXT_MAX], again[BAND_TEXT_MAX];
	struct band band, copy;
	int err;

	if (band_parse(str_make((const char *)data, size), &band) != 0)
		return 0;
	err = band_parse(str_of(band_format(&band, text)), &copy);
	assert(err == 0);
	assert(memcmp(&band, &copy, sizeof(band)) == 0);
	assert(strcmp(band_format(&copy, again), text) == 0);
	assert(band_overlaps(&band, &copy));
	for (int64_t day = 19999; day < 20009; day++)
		check_change(&band, day * 86400 * US_PER_S + day * 7919);
	return 0;
}
