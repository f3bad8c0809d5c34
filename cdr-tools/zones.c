/* zones.c - time zones that were opened once */
#include "cdr-tools/zones.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

int
zones_find(struct zones *zones, const char *name, const struct zone **out)
{
	struct zones_item item = { NULL, NULL };
	int err;

	for (size_t i = 0; i < zones->n; i++) {
		if (strcmp(zones->items[i].name, name) == 0) {
			*out = zones->items[i].zone;
			return 0;
		}
	}
	err = mem_grow((void **)&zones->items, &zones->cap, zones->n,
		       sizeof(*zones->items));
	if (err == 0)
		err = zone_new(name, &item.zone);
	if (err != 0)
		return err;
	item.name = mem_strdup(name);
	if (item.name == NULL) {
		zone_free(item.zone);
		return ERR_NOMEM;
	}
	zones->items[zones->n++] = item;
	*out = item.zone;
	return 0;
}

void
zones_fini(struct zones *zones)
{
	for (size_t i = 0; i < zones->n; i++) {
		mem_free(zones->items[i].name);
		zone_free(zones->items[i].zone);
	}
	mem_free(zones->items);
	memset(zones, 0, sizeof(*zones));
}
