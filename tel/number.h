/*
 * number.h - E.164 numbers and the ways people dial them
 */
#ifndef TEL_NUMBER_H
#define TEL_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define NUMBER_MIN 3  /* digits of what is taken for a number */
#define NUMBER_MAX 15 /* digits of an E.164 number (E.164, 6.2.1) */

struct number {
	uint8_t len;			/* 1..15; 0 = none */
	char digits[NUMBER_MAX + 1];	/* without '+', terminated */
};

/* How the callers of one account dial. */
struct dial_plan {
	char country_code[4];		/* "49"; "" = none */
	char international_prefix[8];	/* "00"; "" = none */
	char national_prefix[8];	/* "0"; "" = none */
};

/* What a dialled string turned out to be. */
enum number_form {
	NUMBER_GLOBAL,	      /* was given with '+' */
	NUMBER_INTERNATIONAL, /* with the international prefix */
	NUMBER_NATIONAL,      /* with the national prefix, or none */
};

/* Digits with an optional '+', nothing else: 0, ERR_SYNTAX, ERR_RANGE (more
 * than 15 digits) . For tables and command lines. */
int number_parse(struct str text, struct number *out);
/*
 * The E.164 number of a dialled string: '+' and global digits; or with plan's
 * international prefix; or its national prefix; or, when the plan has a
 * country code, the bare subscriber number; or that behind the global digits of
 * its phone-context (RFC 3966 5.1.5). Visual separators (RFC 3966, 3:
 * - . ( )) are dropped, other parameters behind ';' not looked at. Returns 0,
 * ERR_SYNTAX (anything else in it), ERR_RANGE (fewer than 3 or more than 15
 * digits, country code 0) or ERR_INVAL (national form, and the plan has no
 * country code).
 */
int number_normalise(const struct dial_plan *plan, struct str dialled,
		     struct number *out, enum number_form *form);
/* Whether number lies in the plan's own country. False without a code. */
bool number_is_national(const struct number *number,
			const struct dial_plan *plan);

/*
 * A prefix of up to 16 digits in one word: digit d as nibble d + 1 from the
 * top, zeros behind. Sorting words sorts prefixes, shorter first.
 */
typedef uint64_t prefix_word;

#define PREFIX_MAX 15

/* "" is the prefix of everything: 0, ERR_SYNTAX or ERR_RANGE (> 15). A
 * leading '+' is accepted. */
int prefix_parse(struct str text, prefix_word *out);
unsigned prefix_len(prefix_word prefix);
/* Digits with NUL. */
void prefix_format(prefix_word prefix, char out[PREFIX_MAX + 1]);
/* The word of the first len digits. */
prefix_word prefix_of(const struct number *number, unsigned len);

#endif
