/*
 * blocks.h - which numbers are blocked, for whom, and with which carrier
 *
 * A row without a carrier says whether an account may call a number at all
 * (doc/access.md), one with a carrier whether that carrier may be used for it
 * (doc/routing.md). In both cases the longest prefix in force holds; of the
 * same prefix the account's own row before everybody's, then the one of a class
 * before that of all. Filled while a snapshot is loaded, sealed by
 * blocks_finish, then read only.
 */
#ifndef ROUTE_BLOCKS_H
#define ROUTE_BLOCKS_H

#include <stddef.h>

#include "base/clock.h"
#include "tel/number_class.h"

#define BLOCKS_EVERYBODY UINT32_MAX   /* in place of an account's index */
#define BLOCKS_NO_CARRIER UINT32_MAX  /* in place of a carrier's */
#define BLOCKS_ALL_CLASSES UINT32_MAX /* in place of a class */

struct block {
	uint32_t account, carrier; /* indexes */
	uint32_t class;
	prefix_word prefix;
	time_us until; /* exclusive; INT64_MAX: for good */
	bool is_allowed; /* makes a way through a shorter prefix */
	const char *source, *reason; /* who says so, and why */
};

struct blocks {
	struct block *list; /* by account, carrier, prefix and class */
	size_t n, cap;
	uint32_t lengths; /* bit n: a prefix of n digits occurs */
};

/* A call that is asked about. */
struct block_query {
	uint32_t account; /* or BLOCKS_EVERYBODY: rows of everybody alone */
	const struct number *number;
	enum number_class class;
	time_us at;
};

void blocks_fini(struct blocks *blocks);
/* 0 or ERR_NOMEM; texts are borrowed for as long as blocks live. */
int blocks_add(struct blocks *blocks, const struct block *block);
void blocks_finish(struct blocks *blocks);
/* The row that holds, of those with this carrier or BLOCKS_NO_CARRIER; NULL:
 * nothing is said. */
const struct block *blocks_find(const struct blocks *blocks,
				const struct block_query *query,
				uint32_t carrier);
/* Whether the call may not be made at all, or not with this carrier. */
bool blocks_bar(const struct blocks *blocks, const struct block_query *query,
		uint32_t carrier);

#endif
