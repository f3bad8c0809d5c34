/*
 * route_store.h - stores for the tests of route/, filled from CSV texts
 */
#ifndef TESTS_UNIT_ROUTE_STORE_H
#define TESTS_UNIT_ROUTE_STORE_H

#include "db/store.h"

/* A CSV text, imported as `lcrdb import` does. */
struct route_csv {
	const char *kind;
	const char *text;
};

/*
 * A store to read from, which is made once per name: tables are imported in
 * order up to the one with kind NULL, then sql (may be NULL) is run with
 * foreign keys unchecked. So a test can be run again and again for the
 * allocation sweep. *out is the caller's to close: 0 or an error, which is
 * described on stderr unless it is ERR_NOMEM.
 */
int route_store_open(const char *name, const struct route_csv *tables,
		     const char *sql, struct store **out);
/* The same on the PostgreSQL server that LCR_TEST_PG names; ERR_NOTFOUND when
 * it is not set. */
int route_store_open_pg(const char *name, const struct route_csv *tables,
			struct store **out);

#endif
