/* test_kind_bands.c - rows of rates whose bands overlap */
#include "db/kind_bands.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/db_import.h"

/* "tariff/prefix band|band" of each finding, joined by "; ". */
static void
note(void *arg, const struct kind_band_row *row,
     const struct kind_band_row *with)
{
	char *out = arg;
	size_t len = strlen(out);

	CHECK(strcmp(row->tariff, with->tariff) == 0);
	CHECK(strcmp(row->prefix, with->prefix) == 0);
	snprintf(out + len, 400 - len, "%s%s/%s %s|%s", len > 0 ? "; " : "",
		 row->tariff, row->prefix, row->band, with->band);
}

static int
insert(struct store *store, int64_t tariff, const char *prefix,
       int64_t from_second, const char *band, struct store_value from)
{
	const struct store_value row[] = { store_int(tariff),
					   store_text(prefix),
					   store_int(from_second),
					   store_text(band), from };

	return store_run_once(store,
		      "INSERT INTO rates (tariff, prefix, from_second,"
		      " band, valid_from) VALUES (?, ?, ?, ?, ?)",
		      row, 5);
}

static void
overlaps_are_found_within_a_key(struct store *store)
{
	const struct store_value always = store_null(STORE_TIME);
	char found[400] = "";

	if (!OK(store_exec(store,
			   "INSERT INTO tariffs (id, tariff, currency)"
			   " VALUES (1, 'a', 'EUR'), (2, 'b', 'EUR')")) ||
	    !OK(insert(store, 1, "49", 0, "", always)) ||
	    !OK(insert(store, 1, "49", 0, "mon-fri", always)) ||
	    !OK(insert(store, 1, "49", 0, "sat,sun", always)) ||
	    !OK(insert(store, 1, "49", 0, "holidays", always)) ||
	    !OK(insert(store, 1, "49", 60, "mon", always)) ||
	    !OK(insert(store, 1, "49", 0, "mon", store_time(0))) ||
	    !OK(insert(store, 1, "491", 0, "mon", always)) ||
	    !OK(insert(store, 1, "50", 0, "mon", always)) ||
	    !OK(insert(store, 1, "50", 60, "mon", always)) ||
	    !OK(insert(store, 2, "49", 0, "mon", always)) ||
	    !OK(kind_bands_check(store, kind_bands_all_sql, note, found)))
		return;
	CHECK(strcmp(found, "") == 0);
	if (!OK(insert(store, 1, "49", 0, "fri 22:00-06:00", always)) ||
	    !OK(insert(store, 2, "49", 0, "not a band", always)) ||
	    !OK(insert(store, 2, "49", 0, "mon-sun", always)) ||
	    !OK(insert(store, 2, "49", 0, "tue", always)) ||
	    !OK(kind_bands_check(store, kind_bands_all_sql, note, found)))
		return;
	CHECK(strcmp(found, "a/49 fri 22:00-06:00|mon-fri; "
			    "b/49 mon-sun|mon; b/49 tue|mon-sun") == 0);
}
ON_BOTH(DB_TABLES, overlaps_are_found_within_a_key)

static const struct test tests[] = {
	BOTH("overlaps are found within a key",
	     overlaps_are_found_within_a_key),
};

const struct test_suite suite_kind_bands = TEST_SUITE("kind_bands", tests);
