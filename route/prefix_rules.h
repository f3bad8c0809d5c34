/*
 * prefix_rules.h - what holds for numbers by owner and prefix
 *
 * A sorted array: few rows, asked for each length that occurs. Blocks and
 * expected durations of calls are kept so.
 */
#ifndef ROUTE_PREFIX_RULES_H
#define ROUTE_PREFIX_RULES_H

#include <stddef.h>

#include "tel/number.h"

#define PREFIX_RULES_ALL UINT32_MAX /* the owner of what holds for everybody */

struct prefix_rule {
	prefix_word prefix;
	uint32_t owner, value;
	uint32_t detail; /* the caller's own; rules are not found by it */
};

struct prefix_rules {
	struct prefix_rule *list;
	size_t n, cap;
	uint32_t lengths; /* bit n: a prefix of n digits occurs */
};

/* 0 or ERR_NOMEM; prefix_rules_sort once all are there. */
int prefix_rules_add(struct prefix_rules *rules, uint32_t owner,
		     prefix_word prefix, uint32_t value, uint32_t detail);
void prefix_rules_sort(struct prefix_rules *rules);
void prefix_rules_fini(struct prefix_rules *rules);
/* The rules of owner for the first len digits of number, *n of them. */
const struct prefix_rule *prefix_rules_at(const struct prefix_rules *rules,
					  uint32_t owner,
					  const struct number *number,
					  unsigned len, size_t *n);
/* The rule of owner with the longest prefix of number; NULL for none. */
const struct prefix_rule *prefix_rules_find(const struct prefix_rules *rules,
					    uint32_t owner,
					    const struct number *number);

#endif
