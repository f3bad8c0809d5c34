/*
 * aus.h - numbers as ENUM asks for them (RFC 6116, 3.2)
 *
 * The application unique string is what patterns are matched against, the
 * domain is what is asked for: "+441632960083" and
 * "3.8.0.0.6.9.2.3.6.1.4.4.e164.arpa.".
 */
#ifndef ENUM_AUS_H
#define ENUM_AUS_H

#include <stdint.h>

#include "base/dns_name.h"
#include "base/str.h"

#define ENUM_DIGITS_MAX 32 /* E.164 has 15; private plans may have more */
#define ENUM_ITAD_MAX 10   /* digits */
#define ENUM_AUS_MAX (ENUM_DIGITS_MAX + 1 + ENUM_ITAD_MAX)

/* How a tree writes the string; the domain is the same for the first two. */
enum enum_form {
	ENUM_PLUS,   /* "+" and digits: E.164 numbers */
	ENUM_DIGITS, /* digits alone: private plans (RFC 6116, 1.2) */
	ENUM_ISN,    /* number*itad, as in freenum.org */
};

/* A number to be asked for; with an ITAD for trees of ENUM_ISN only. */
struct enum_number {
	uint8_t len, itad_len; /* itad_len 0: not an ISN */
	char digits[ENUM_DIGITS_MAX];
	char itad[ENUM_ITAD_MAX];
};

struct enum_aus {
	uint8_t len;
	char text[ENUM_AUS_MAX];
};

/* "+44-1632-960083", "(01632) 960083", "1234*256": an optional '+', digits,
 * and the visual separators - . ( ) and space. 0, ERR_SYNTAX or ERR_RANGE
 * (too many digits). */
int enum_number_parse(struct str text, struct enum_number *out);
/* Whether a tree of this form can be asked for the number. */
bool enum_number_fits(const struct enum_number *number, enum enum_form form);
void enum_number_aus(const struct enum_number *number, enum enum_form form,
		     struct enum_aus *out);
/* 0 or ERR_LIMIT (with this suffix the name is too long). */
int enum_number_domain(const struct enum_number *number,
		       const struct dns_name *suffix, struct dns_name *out);

static inline struct str
enum_aus_str(const struct enum_aus *aus)
{
	return str_make(aus->text, aus->len);
}

#endif
