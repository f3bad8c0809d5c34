/*
 * callers.h - which numbers an account may present as its own
 *
 * Filled while a snapshot is loaded, sealed by callers_finish, then read only.
 * An account without a row may present anything.
 */
#ifndef ROUTE_CALLERS_H
#define ROUTE_CALLERS_H

#include <stdbool.h>
#include <stddef.h>

#include "tel/number.h"

struct caller {
	uint32_t account; /* index */
	prefix_word prefix;
	bool is_preset; /* put in place of what it may not present */
};

struct callers {
	struct caller *list; /* by account and prefix */
	size_t n, cap;
};

enum caller_verdict {
	CALLER_ANY, /* the account has no rows */
	CALLER_OWN,
	CALLER_FOREIGN,
};

void callers_fini(struct callers *callers);
/* 0 or ERR_NOMEM. */
int callers_add(struct callers *callers, const struct caller *caller);
void callers_finish(struct callers *callers);
/* Whether the account may present number; one of len 0 is nobody's own. */
enum caller_verdict callers_judge(const struct callers *callers,
				  uint32_t account,
				  const struct number *number);
/* The number put in place of others: the first by its digits. False when there
 * is none. */
bool callers_preset(const struct callers *callers, uint32_t account,
		    struct number *out);

#endif
