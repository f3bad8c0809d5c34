/*
 * ere_bracket.h - bracket expressions (POSIX XBD 9.3.5)
 */
#ifndef ENUM_ERE_BRACKET_H
#define ENUM_ERE_BRACKET_H

#include <stdint.h>

#include "base/str.h"

struct ere_bracket {
	const char *p;   /* behind '[' and '^'; then behind the ']' */
	const char *end; /* of the pattern */
	uint8_t *set;    /* 32 octets, a bit per octet; is added to */
	const char *why; /* what is wrong; static */
};

static inline void
ere_set_add(uint8_t *set, unsigned octet)
{
	set[octet / 8] |= (uint8_t)(1U << (octet % 8));
}

/* A backslash is an octet like any other here. 0 or ERR_SYNTAX. */
int ere_bracket_parse(struct ere_bracket *bracket);

#endif
