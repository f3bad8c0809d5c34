/*
 * portability.h - which numbers were ported, and where to
 *
 * For millions of numbers: 8 bytes each and 12 for every routing number that
 * is different, beside what sorting needs while they are loaded. A number is
 * kept as a value, its upper half once for all that share it.
 */
#ifndef ROUTE_PORTABILITY_H
#define ROUTE_PORTABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "route/intern.h"
#include "tel/number.h"

struct portability {
	struct ported_number {
		uint64_t value;
		uint32_t target; /* of targets */
	} *adding;		 /* until portability_finish */
	size_t n_adding, adding_cap;
	struct ported_range {
		uint32_t high; /* of the value, >> 32 */
		uint32_t first;
	} *ranges; /* ascending */
	size_t n_ranges;
	uint32_t *lows, *target_of; /* of each number */
	size_t n;
	struct intern targets; /* values of routing numbers */
	bool has_targets;
};

void portability_fini(struct portability *portability);
/* 0, ERR_NOMEM, ERR_LIMIT (4 billion of them) or ERR_IO (no randomness). */
int portability_add(struct portability *portability,
		    const struct number *number, const struct number *routing);
/* All are in: 0 or ERR_NOMEM. Of two rows of a number either counts. */
int portability_finish(struct portability *portability);
/* The routing number of a number that was ported; false for all others. */
bool portability_find(const struct portability *portability,
		      const struct number *number, struct number *routing);
/* Of numbers and what they were ported to (checksum.h). */
uint64_t portability_checksum(const struct portability *portability);
size_t portability_bytes(const struct portability *portability);

#endif
