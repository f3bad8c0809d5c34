/*
 * ere.h - POSIX extended regular expressions with a bounded price
 *
 * NAPTR patterns are written by strangers, and regcomp() can be made to take
 * seconds and gigabytes by 28 octets of them. Here a pattern is a tree of at
 * most ERE_NODES_MAX nodes; for each node and each place in the subject the
 * set of places where a match can end is computed once, as the bits of one
 * word. So the price is bounded by nodes times places, whatever is nested in
 * what, and nothing is ever tried twice. Nothing is allocated.
 *
 * Matches are POSIX ones: leftmost, then longest, and among the groups those
 * that begin first are as long as they can be (XBD 9.1).
 */
#ifndef ENUM_ERE_H
#define ENUM_ERE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define ERE_PATTERN_MAX 255 /* octets of a NAPTR's field */
#define ERE_SUBJECT_MAX 48
#define ERE_NODES_MAX 400
#define ERE_SETS_MAX 24    /* bracket expressions */
#define ERE_DEPTH_MAX 24   /* groups in groups, and repeats of repeats */
#define ERE_GROUPS 10      /* of which \1 to \9 can be asked for */
#define ERE_CELLS_MAX 8192 /* nodes times places, or it is too complex */
#define ERE_REPEAT_MAX 255 /* RE_DUP_MAX of POSIX */
#define ERE_UNBOUNDED 255  /* no subject is long enough to tell */
#define ERE_FUEL 20000     /* look-ups of one match; some 5 ns each */

enum ere_kind {
	ERE_EMPTY,
	ERE_TEXT, /* a run of octets */
	ERE_ANY,
	ERE_SET,
	ERE_BEGIN, /* ^ */
	ERE_END,   /* $ */
	ERE_CONCAT,
	ERE_EITHER,
	ERE_REPEAT,
	ERE_GROUP,
};

struct ere_node {
	uint8_t kind;
	uint8_t low, high; /* repeats, high ERE_UNBOUNDED; a group's number;
			    * a set's index */
	uint8_t len;       /* of a text */
	uint16_t a, b;     /* operands; a text's place in the pattern */
};

struct ere {
	struct ere_node nodes[ERE_NODES_MAX];
	uint8_t sets[ERE_SETS_MAX][32]; /* a bit per octet */
	char text[ERE_PATTERN_MAX];     /* octets of texts, folded */
	uint16_t n_nodes, root;
	uint16_t text_len;
	uint8_t n_sets, n_groups; /* groups include those over \9 */
	bool fold_case;
	bool is_repaired; /* lenient: something was mended */
	const char *why;  /* what is wrong, when it does not
			   * compile; static */
	uint8_t wrong_at; /* and where */
};

struct ere_span {
	uint8_t begin, end; /* begin > end: took no part */
};

/*
 * Compile pattern. lenient mends what is common and can mean one thing only:
 * a repeat sign with nothing before it is taken literally ("^+44", RFC 5483,
 * 2.4), and "\d" is a digit. Back-references in the pattern, which POSIX does
 * not have in EREs, are refused. 0, ERR_SYNTAX or ERR_LIMIT, with ere->why.
 */
int ere_compile(struct str pattern, bool fold_case, bool lenient,
		struct ere *ere);
/*
 * Find the pattern anywhere in subject: 0, ERR_NOTFOUND, or ERR_LIMIT (the
 * subject is over ERE_SUBJECT_MAX octets, or this pattern is too complex for
 * it). spans[0] is the whole match, spans[n] the n-th group.
 */
int ere_find(const struct ere *ere, struct str subject,
	     struct ere_span spans[ERE_GROUPS]);

#endif
