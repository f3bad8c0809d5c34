/*
 * schema.h - the tables, versioned
 */
#ifndef DB_SCHEMA_H
#define DB_SCHEMA_H

#include "db/store.h"

/* The version this program needs; each step up is one migration. */
extern const int schema_latest;

/* The version of the store, 0 for an empty one: 0 or an error. */
int schema_version(struct store *store, int *out);
/* Bring the store to schema_latest, one transaction per step: 0, ERR_INVAL
 * (the store is newer than this program) or a store error. */
int schema_migrate(struct store *store);
/* 0 when the store is at schema_latest; else ERR_INVAL and error tells what
 * to do ("run lcrdb migrate"). */
int schema_check(struct store *store, char error[STORE_ERROR_MAX]);

#endif
