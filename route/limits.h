/*
 * limits.h - what accounts may use: limits by class
 *
 * Filled while a snapshot is loaded, sealed by limits_finish, then read only.
 * What is used up is in limit_state.h.
 */
#ifndef ROUTE_LIMITS_H
#define ROUTE_LIMITS_H

#include <stddef.h>

#include "base/zone.h"
#include "route/limit_state.h"
#include "tel/band.h"

/* Where a further class of numbers comes in, and limit_classes(). */
enum limit_class {
	LIMIT_ALL,
	LIMIT_NATIONAL,
	LIMIT_INTERNATIONAL,
	LIMIT_N_CLASSES,
};

struct limit {
	uint32_t account; /* index */
	enum limit_class class;
	struct limit_bounds bounds;
	bool observe;	   /* count and report, never refuse */
	struct band hours; /* calls only then; BAND_ALWAYS */
	const struct zone *zone;
	struct limit_state *state;
};

#define LIMITS_EVERYBODY UINT32_MAX /* in place of an account's index */

struct limit_zone {
	const char *name;
	struct zone *zone;
};

struct limits {
	struct limit *list; /* by account and class once finished */
	size_t n, cap;
	struct limit_zone *zones;
	size_t n_zones, zones_cap;
};

/* "" (all), "national", "international": 0 or ERR_SYNTAX. */
int limit_class_parse(struct str text, enum limit_class *out);
const char *limit_class_text(enum limit_class class);
/* Without any bound. */
void limit_init(struct limit *limit, uint32_t account, enum limit_class class);

/* Also of zeroed storage. */
void limits_fini(struct limits *limits);
/* 0 or ERR_NOMEM. */
int limits_add(struct limits *limits, const struct limit *limit);
/* The zone called name (borrowed for as long as limits live), NULL for UTC: 0,
 * ERR_NOTFOUND or ERR_NOMEM. */
int limits_zone(struct limits *limits, const char *name,
		const struct zone **out);
/* Sort; nothing is added any more. */
void limits_finish(struct limits *limits);

/* The limit of an account in a class, or NULL. */
const struct limit *limits_find(const struct limits *limits, uint32_t account,
				enum limit_class class);
size_t limits_bytes(const struct limits *limits);

#endif
