/*
 * emergencies.h - emergency numbers, and the gateways that take them
 *
 * Filled while a snapshot is loaded, sealed by emergencies_finish, then read
 * only.
 */
#ifndef ROUTE_EMERGENCIES_H
#define ROUTE_EMERGENCIES_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define EMERGENCY_DIGITS_MAX 8

struct emergency {
	char digits[EMERGENCY_DIGITS_MAX + 1]; /* as dialled */
	char country_code[4];		       /* of the account; "" = any */
	int32_t priority;
	uint32_t gateway; /* index */
};

struct emergencies {
	struct emergency *list; /* by digits, priority, gateway */
	size_t n, cap;
};

void emergencies_fini(struct emergencies *emergencies);
/* 0 or ERR_NOMEM. */
int emergencies_add(struct emergencies *emergencies,
		    const struct emergency *emergency);
void emergencies_finish(struct emergencies *emergencies);
/* The rows for digits, *n of them, in order; of all countries: look at
 * country_code. NULL when it is no emergency number anywhere. */
const struct emergency *
emergencies_find(const struct emergencies *emergencies, struct str digits,
		 size_t *n);

#endif
