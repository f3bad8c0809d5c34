/*
 * porting.h - where a number was ported to, as requests and gateways say it
 *
 * The parameters of RFC 4694: npdi says that the database was asked, rn is the
 * routing number it told. A routing number with hexadecimal digits can be
 * passed on, but no price list knows it: calls go by what was dialled then.
 */
#ifndef TEL_PORTING_H
#define TEL_PORTING_H

#include "tel/number.h"

#define PORTING_RN_MAX 20 /* hexadecimal digits, with the country code */

enum porting_source {
	PORTING_UNKNOWN, /* nobody has asked */
	PORTING_REQUEST, /* the request said so */
	PORTING_TABLE,   /* our own table */
	PORTING_ENUM,
};

struct porting {
	enum porting_source source;
	struct number routing; /* len 0: not ported, or not of digits alone */
	char rn[PORTING_RN_MAX + 2]; /* "+" and digits; "" = not ported */
};

/*
 * What the parameters behind a number say (";npdi;rn=+1..."): a local rn becomes
 * a global one by its context. Returns 0, with source PORTING_UNKNOWN when
 * neither rn nor npdi is there; ERR_SYNTAX (no such rn, no usable context, or a
 * parameter given twice) or ERR_RANGE (too long), with out as after nothing.
 */
int porting_parse(struct str params, enum porting_source source,
		  struct porting *out);
/* The same for a routing number alone: "+" and digits. A number that is its
 * own routing number is not ported: give "" for it. */
int porting_set(struct str rn, enum porting_source source,
		struct porting *out);
/* "request", "table", "enum"; NULL for PORTING_UNKNOWN. */
const char *porting_source_text(enum porting_source source);

#endif
