/* test_refs.c - the rows of a table by name */
#include "db/refs.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/db_help.h"

static const char rows_sql[] =
    "INSERT INTO tariffs (id, tariff, currency, timezone, allow_negative)"
    " VALUES (7, 'blue', 'EUR', 'Europe/Berlin', true),"
    " (8, 'red', 'EUR', 'Nowhere/Land', false);"
    "INSERT INTO carriers (id, carrier) VALUES (3, 'blue')";

static void
rows_are_found_by_name(struct store *store)
{
	const struct zone *zone;
	struct refs *refs;
	struct ref *ref;

	if (!OK(store_exec(store, rows_sql)) ||
	    !OK(refs_load(store, "tariffs", &refs)))
		return;
	ref = refs_find(refs, str_of("blue"));
	CHECK(ref != NULL && ref->id == 7 && ref->allow_negative);
	if (ref != NULL && OK(ref_zone(ref, &zone)))
		CHECK(zone_offset_s(zone, 0) == 3600);
	CHECK(refs_find(refs, str_of("blue")) == ref);
	ref = refs_find(refs, str_of("red"));
	CHECK(ref != NULL && ref->id == 8 && !ref->allow_negative);
	if (ref != NULL)
		CHECK(ref_zone(ref, &zone) == ERR_NOTFOUND);
	CHECK(refs_find(refs, str_of("Blue")) == NULL);
	CHECK(refs_find(refs, str_of("")) == NULL);
	refs_free(refs);
	if (!OK(refs_load(store, "carriers", &refs)))
		return;
	ref = refs_find(refs, str_of("blue"));
	CHECK(ref != NULL && ref->id == 3);
	refs_free(refs);
	refs_free(NULL);
}
ON_BOTH(DB_TABLES, rows_are_found_by_name)

static const struct test tests[] = {
	BOTH("rows are found by name", rows_are_found_by_name),
};

const struct test_suite suite_refs = TEST_SUITE("refs", tests);
