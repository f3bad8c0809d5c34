/*
 * unpriced.h - which calls have no price, counted by reason and destination
 *
 * Groups are counted up to a bound; the calls of further groups are counted
 * together.
 */
#ifndef CDR_TOOLS_UNPRICED_H
#define CDR_TOOLS_UNPRICED_H

#include <stdint.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"

struct unpriced_group {
	struct map_node node;
	uint64_t calls;
	const char *reason;      /* "no sell price" */
	const char *who;         /* tariff, account or carrier; "" when none */
	const char *destination; /* a name, or "+4930..." */
	char text[];
};

#define UNPRICED_MAX_GROUPS 10000

struct unpriced {
	struct map groups;
	struct hash_key key;
	uint64_t calls;  /* of all groups and others */
	uint64_t others; /* calls beyond the last group */
	size_t n;
};

/* 0, ERR_NOMEM or ERR_IO (no randomness). Fini in any case. */
int unpriced_init(struct unpriced *unpriced);
void unpriced_fini(struct unpriced *unpriced);
/* Count a call. Without a name of its destination the leading digits of its
 * number stand for it. 0 or ERR_NOMEM. */
int unpriced_add(struct unpriced *unpriced, const char *reason, struct str who,
		 struct str destination, struct str number);
/* Count what from has counted, too: 0 or ERR_NOMEM. */
int unpriced_merge(struct unpriced *unpriced, const struct unpriced *from);
/* The groups, most calls first, then by text; yours to free with mem_free:
 * 0 or ERR_NOMEM. */
int unpriced_sort(const struct unpriced *unpriced,
		  const struct unpriced_group ***out);
/* One line per group, at most max of them, and one for the rest. 0 or
 * ERR_NOMEM. */
int unpriced_print(const struct unpriced *unpriced, FILE *file, size_t max);

#endif
