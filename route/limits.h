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
#include "tel/number_class.h"

/* Behind these come the classes of numbers (tel/number_class.h). */
enum limit_class {
	LIMIT_ALL,
	LIMIT_NATIONAL,
	LIMIT_INTERNATIONAL,
	LIMIT_FIRST_NUMBER,
	LIMIT_N_CLASSES = LIMIT_FIRST_NUMBER + NUMBER_N_CLASSES,
};

struct limit {
	uint32_t account; /* index */
	enum limit_class class;
	const char *trunk; /* calls by this trunk only; "" = all */
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
	struct limit *list; /* by account, class and trunk once
				* finished */
	size_t n, cap;
	struct limit_zone *zones;
	size_t n_zones, zones_cap;
};

/* "" (all), "national", "international", "mobile" ...: 0 or ERR_SYNTAX. */
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

/* Whether one counts a call to a number of these two classes, by a trunk ("":
 * by none that has a name). */
bool limit_counts(const struct limit *limit, enum limit_class reach,
		  enum number_class number, const char *trunk);
size_t limits_bytes(const struct limits *limits);

#endif
