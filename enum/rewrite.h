/*
 * rewrite.h - the Regexp field of a NAPTR (RFC 3402, 3.2)
 *
 * delimiter ERE delimiter replacement delimiter flags. The delimiter is
 * whatever octet comes first. All that comes out is the replacement with its
 * back-references filled in, never what lies around the match.
 */
#ifndef ENUM_REWRITE_H
#define ENUM_REWRITE_H

#include <stdbool.h>

#include "base/str.h"
#include "enum/ere.h"

struct enum_rewrite {
	struct str pattern;     /* delimiters in it still escaped */
	struct str replacement; /* the same */
	char delimiter;
	bool fold_case;
};

/* 0, or ERR_SYNTAX with *why (static): a delimiter that cannot be one, not
 * exactly three of them, an unknown flag, nothing in either part. */
int enum_rewrite_split(struct str field, struct enum_rewrite *out,
		       const char **why);
/* What came of one application. */
struct enum_rewritten {
	size_t len;       /* of the result */
	bool is_repaired; /* the pattern was mended: see ere_compile */
	const char *why;  /* what is wrong; static */
};

/*
 * Match subject and fill in: 0 and the text in out[cap]; ERR_NOTFOUND (no
 * match); ERR_SYNTAX or ERR_LIMIT (pattern or replacement is wrong or too
 * much), ERR_SPACE (the result is over cap octets), with why.
 */
int enum_rewrite_apply(const struct enum_rewrite *rewrite, struct str subject,
		       bool lenient, char *out, size_t cap,
		       struct enum_rewritten *result);

#endif
