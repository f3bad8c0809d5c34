/* number_class.c - classes and lengths by prefix */
#include "tel/number_class.h"

#include <assert.h>
#include <string.h>

#define WORD_DIGITS 7
#define SHORT_MAX 6 /* digits of a short code, behind the country code */

static const char *const texts[NUMBER_N_CLASSES] = {
	"unknown",  "geographic", "mobile",    "premium",  "shared_cost",
	"toll_free", "satellite", "personal",  "voip",     "pager",
	"corporate", "emergency", "short_code",
};

const char *
number_class_text(enum number_class class)
{
	assert((unsigned)class < NUMBER_N_CLASSES);
	return texts[class];
}

/* The first len digits, at most 7, as the tables have them. */
static uint32_t
word_of(const struct number *number, unsigned len)
{
	uint32_t word = 0;

	for (unsigned i = 0; i < len; i++)
		word |= (uint32_t)(number->digits[i] - '0' + 1)
			<< (28 - 4 * i);
	return word;
}

/* The country: its row, or NULL, and the length of its code. No code begins
 * with another (E.164, 6.1). */
static const uint32_t *
find_country(const struct number *number, unsigned *len)
{
	for (*len = 1; *len <= 3 && *len < number->len; ++*len) {
		uint32_t word = word_of(number, *len);
		size_t low = 0, high = n_number_countries;

		while (low < high) {
			size_t middle = low + (high - low) / 2;

			if (number_countries[middle][0] < word)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < n_number_countries &&
		    number_countries[low][0] == word)
			return number_countries[low];
	}
	return NULL;
}

/* What the ranges say of a prefix; NUMBER_UNKNOWN when nothing. */
static enum number_class
look_up(uint32_t word)
{
	size_t low = 0, high = n_number_ranges;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if ((number_ranges[middle] & ~UINT32_C(15)) < word)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < n_number_ranges &&
	    (number_ranges[low] & ~UINT32_C(15)) == word)
		return (enum number_class)(number_ranges[low] & 15);
	return NUMBER_UNKNOWN;
}

static bool
is_emergency(const char *national)
{
	return strcmp(national, "112") == 0 || strcmp(national, "911") == 0;
}

/* The shortest length that the country's row has. */
static unsigned
shortest(const uint32_t *country)
{
	return (unsigned)__builtin_ctz(country[1]);
}

enum number_class
number_classify(const struct number *number)
{
	unsigned code, len;
	const uint32_t *country = find_country(number, &code);

	if (country != NULL && is_emergency(number->digits + code))
		return NUMBER_EMERGENCY;
	if (country != NULL && number->len - code <= SHORT_MAX &&
	    number->len - code < shortest(country))
		return NUMBER_SHORT;
	len = number->len < WORD_DIGITS ? number->len : WORD_DIGITS;
	for (; len > 0; len--) {
		enum number_class class = look_up(word_of(number, len));

		if (class != NUMBER_UNKNOWN)
			return class;
	}
	return NUMBER_UNKNOWN;
}

enum number_fit
number_check(const struct number *number)
{
	unsigned code, len;
	const uint32_t *country = find_country(number, &code);

	if (country == NULL)
		return NUMBER_NO_COUNTRY;
	len = number->len - code;
	if ((country[1] >> len) == 0)
		return NUMBER_TOO_LONG;
	if (len < shortest(country) && len > SHORT_MAX)
		return NUMBER_TOO_SHORT;
	return NUMBER_FITS;
}
