/*
 * table.h - aligned columns for people, from JSON rows
 */
#ifndef LCRPROXY_TABLE_H
#define LCRPROXY_TABLE_H

#include <jansson.h>

/* A table of an array of objects, one line each under a header of the keys
 * (ends with NULL). Heap text, yours to free() ; NULL when out of memory. */
char *table_text(json_t *rows, const char *const *keys);
/* "key  value" lines of one object, nested ones with dotted keys. */
char *table_object(json_t *object);

#endif
