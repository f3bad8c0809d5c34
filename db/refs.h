/*
 * refs.h - the rows of a table by name, for the columns that refer to it;
 * private to db/
 */
#ifndef DB_REFS_H
#define DB_REFS_H

#include "base/map.h"
#include "base/zone.h"
#include "db/store.h"

struct ref {
	struct map_node node;
	int64_t id;
	char *name;
	char *zone_name;     /* tariffs; "" otherwise */
	struct zone *zone;   /* opened by ref_zone */
	bool allow_negative; /* tariffs */
};

struct refs;

/* All rows of "tariffs", "carriers" or "accounts": 0, a store error or
 * ERR_NOMEM. Yours to free. */
int refs_load(struct store *store, const char *table, struct refs **out);
void refs_free(struct refs *refs);
/* NULL when there is none; owned by refs. */
struct ref *refs_find(struct refs *refs, struct str name);
/* The tariff's time zone: 0, ERR_NOTFOUND (not known here) or ERR_NOMEM. */
int ref_zone(struct ref *ref, const struct zone **out);

#endif
