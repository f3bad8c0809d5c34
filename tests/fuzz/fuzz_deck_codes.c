/* fuzz_deck_codes.c - any text as the codes of a deck, and as response codes */
#include <assert.h>
#include <string.h>

#include "base/err.h"
#include "db/deck_codes.h"
#include "tel/codes.h"
#include "tests/fuzz/fuzz.h"

/* The country code is what stands before the first '|'. */
static void
walk(struct str text)
{
	struct str field = text, country = str_cut(&field, '|');
	struct deck_codes codes;
	char code[PREFIX_MAX + 1];
	int err, n = 0;

	if (field.p == NULL) {
		field = text;
		country = str_make("", 0);
	}
	err = deck_codes_start(&codes, country, field);
	/* each range of a list is bounded; lists are as long as the field */
	while (err == 0 && n++ < 3 * DECK_CODES_MAX) {
		err = deck_codes_next(&codes, code);
		if (err == 0) {
			assert(strlen(code) <= PREFIX_MAX);
			assert(strspn(code, "0123456789") == strlen(code));
		}
	}
	assert(err == 0 || err == ERR_END || err == ERR_SYNTAX);
	assert(err != ERR_SYNTAX || codes.why != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct codes codes;

	walk(text);
	(void)deck_codes_is_plain(text);
	(void)deck_codes_is_word(text);
	if (codes_parse(text, &codes) == 0)
		assert(!codes_has(&codes, CODES_MIN - 1) &&
		       !codes_has(&codes, CODES_MAX + 1));
	return 0;
}
