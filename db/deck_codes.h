/*
 * deck_codes.h - the codes of a rate deck as carriers write them
 *
 * One field may list codes and ranges ("1242-1246, 38"), may have lost its
 * shape in a spreadsheet (="1242", '1242, 1242.0, 1.242E+03), and may be only
 * what follows a country code in a column of its own.
 */
#ifndef DB_DECK_CODES_H
#define DB_DECK_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "tel/number.h"

#define DECK_CODES_MAX 10000 /* of one range */

/* Walks over the codes of a field. */
struct deck_codes {
	struct str rest;
	char country[PREFIX_MAX + 1]; /* "" without */
	uint64_t next, last;	      /* of the range that is being walked */
	unsigned len;		      /* of its codes; 0 = no range */
	bool is_done;
	const char *why;	      /* after an error: what was expected */
};

/* Whether the field is one plain code that needs none of this. */
bool deck_codes_is_plain(struct str field);
/* Whether it is letters and digits only: no list, no spreadsheet's work. */
bool deck_codes_is_word(struct str field);
/* country and field are trimmed; country may be empty. 0 or ERR_SYNTAX. */
int deck_codes_start(struct deck_codes *codes, struct str country,
		     struct str field);
/* The next code with its country code: 0, ERR_END, or ERR_SYNTAX (why). */
int deck_codes_next(struct deck_codes *codes, char out[PREFIX_MAX + 1]);

#endif
