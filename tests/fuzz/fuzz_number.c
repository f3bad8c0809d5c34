/* fuzz_number.c - any text as a dialled string, a number and a prefix */
#include <assert.h>
#include <string.h>

#include "tel/number.h"
#include "tests/fuzz/fuzz.h"

static const struct dial_plan plans[] = {
	{ "49", "00", "0" },
	{ "1", "011", "1" },
	{ "39", "00", "" },
	{ "", "", "" },
};

/* What came out is an E.164 number, and the same when dialled with '+'. */
static void
check_number(const struct number *number)
{
	char dialled[NUMBER_MAX + 2] = "+";
	struct number again;
	enum number_form form;
	int err;

	assert(number->len >= 3 && number->len <= NUMBER_MAX);
	assert(strspn(number->digits, "0123456789") == number->len);
	assert(number->digits[number->len] == '\0');
	assert(number->digits[0] != '0');
	strcat(dialled, number->digits);
	err = number_normalise(&plans[3], str_of(dialled), &again, &form);
	assert(err == 0 && form == NUMBER_GLOBAL);
	assert(strcmp(again.digits, number->digits) == 0);
}

static void
check_prefix(struct str text)
{
	char digits[PREFIX_MAX + 1];
	prefix_word word, again;
	int err;

	if (prefix_parse(text, &word) != 0)
		return;
	prefix_format(word, digits);
	assert(strlen(digits) == prefix_len(word));
	err = prefix_parse(str_of(digits), &again);
	assert(err == 0 && again == word);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = str_make((const char *)data, size);
	struct number number;
	enum number_form form;

	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (number_normalise(&plans[i], text, &number, &form) != 0)
			continue;
		check_number(&number);
	}
	if (number_parse(text, &number) == 0)
		assert(prefix_len(prefix_of(&number, number.len)) ==
		       number.len);
	check_prefix(text);
	return 0;
}
