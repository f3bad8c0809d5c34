/*
 * zones.h - time zones that were opened once, for runs over many accounts
 */
#ifndef CDR_TOOLS_ZONES_H
#define CDR_TOOLS_ZONES_H

#include <stddef.h>

#include "base/zone.h"

struct zones_item {
	char *name;
	struct zone *zone;
};

struct zones {
	struct zones_item *items;
	size_t n, cap;
};

/* The zone of a name, borrowed until fini: 0, ERR_NOTFOUND (this system does
 * not know it) or ERR_NOMEM. Of zeroed storage. */
int zones_find(struct zones *zones, const char *name, const struct zone **out);
void zones_fini(struct zones *zones);

#endif
