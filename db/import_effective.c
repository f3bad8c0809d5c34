/* import_effective.c - a deck that takes effect: what it changes, and the end
 * of the prices before */
#include "base/err.h"
#include "db/import.h"

/* Rows of the stage (s) beside the price of the same key that is in force just
 * before they begin (t). */
static const char beside[] =
    " FROM import_stage s JOIN rates t ON t.tariff = s.tariff"
    " AND t.prefix = s.prefix AND t.from_second = s.from_second"
    " AND t.band = s.band"
    " AND (t.valid_from IS NULL OR t.valid_from < s.valid_from)"
    " AND (t.valid_until IS NULL OR t.valid_until > s.valid_from)"
    " WHERE NOT EXISTS (SELECT 1 FROM rates u WHERE u.tariff = t.tariff"
    " AND u.prefix = t.prefix AND u.from_second = t.from_second"
    " AND u.band = t.band AND u.valid_from < s.valid_from"
    " AND u.valid_from > coalesce(t.valid_from, %NO_TIME%)"
    " AND (u.valid_until IS NULL OR u.valid_until > s.valid_from))";

/* The rows of the stage that say what is in force already. */
static const char is_before[] =
    " (SELECT 1 FROM import_before b WHERE b.tariff = import_stage.tariff"
    " AND b.prefix = import_stage.prefix"
    " AND b.from_second = import_stage.from_second"
    " AND b.band = import_stage.band AND b.starts = import_stage.valid_from"
    " AND b.same = 1)";

/* Prices in force when the deck begins that it does not have. */
static const char missing[] =
    " FROM import_starts d WHERE rates.tariff = d.tariff"
    " AND (rates.valid_from IS NULL OR rates.valid_from < d.starts)"
    " AND (rates.valid_until IS NULL OR rates.valid_until > d.starts)"
    " AND NOT EXISTS (SELECT 1 FROM import_stage s"
    " WHERE s.tariff = rates.tariff AND s.prefix = rates.prefix"
    " AND s.from_second = rates.from_second AND s.band = rates.band)";

static int
run(struct import *import, const char *sql_1, const char *sql_2)
{
	struct sql_text sql = { 0 };

	sql_add(&sql, "%s%s", sql_1, sql_2);
	return import_exec(import->store, &sql);
}

static int
count(struct import *import, const char *sql, uint64_t *out)
{
	int64_t n;
	int err = store_get_int(import->store, sql, NULL, 0, &n);

	if (err == 0)
		*out = (uint64_t)n;
	return err;
}

/* What is in force before, into a table of its own, and when each deck
 * begins. */
static int
look_back(struct import *import)
{
	struct sql_text sql = { 0 };
	int err;

	sql_add(&sql, "DROP TABLE IF EXISTS import_before;"
		      "DROP TABLE IF EXISTS import_starts;"
		      "CREATE TEMP TABLE import_starts AS SELECT tariff,"
		      " min(valid_from) AS starts FROM import_stage"
		      " GROUP BY tariff;"
		      "CREATE TEMP TABLE import_before AS SELECT s.tariff,"
		      " s.prefix, s.from_second, s.band,"
		      " s.valid_from AS starts, t.id, t.rate AS old_rate,"
		      " s.rate AS new_rate, CASE WHEN ");
	import_add_differs(&sql, import);
	sql_add(&sql, " THEN 0 ELSE 1 END AS same%s", beside);
	err = import_exec(import->store, &sql);
	if (err == 0)
		err = store_exec(import->store,
				 "CREATE INDEX import_before_key ON"
				 " import_before (tariff, prefix);"
				 "CREATE INDEX import_stage_prefix ON"
				 " import_stage (tariff, prefix)");
	return err;
}

static int
count_differences(struct import *import)
{
	struct import_result *result = import->result;
	int err = count(import,
			"SELECT count(*) FROM import_before"
			" WHERE new_rate > old_rate",
			&result->increased);

	if (err == 0)
		err = count(import,
			    "SELECT count(*) FROM import_before"
			    " WHERE new_rate < old_rate",
			    &result->decreased);
	if (err == 0)
		err = count(import,
			    "SELECT count(*) FROM import_before"
			    " WHERE same = 1",
			    &result->same);
	if (err == 0)
		err = count(import,
			    "SELECT count(*) FROM import_before"
			    " WHERE same = 0",
			    &result->followed);
	return err;
}

/* A deck that replaces the one before: what it does not have ends with it. */
static int
end_missing(struct import *import)
{
	struct sql_text sql = { 0 };
	int err;

	if (!import->options->replace)
		return 0;
	sql_add(&sql,
		"UPDATE rates SET valid_until = (SELECT starts FROM"
		" import_starts e WHERE e.tariff = rates.tariff)"
		" WHERE EXISTS (SELECT 1%s)",
		missing);
	err = import_exec(import->store, &sql);
	if (err == 0)
		import->result->ended =
		    (uint64_t)store_changes(import->store);
	return err;
}

/* Prices that another one follows end where that begins. */
static int
end_followed(struct import *import)
{
	return run(import,
		   "UPDATE rates SET valid_until = (SELECT min(b.starts)"
		   " FROM import_before b WHERE b.id = rates.id"
		   " AND b.same = 0) WHERE id IN (SELECT id FROM"
		   " import_before WHERE same = 0)",
		   "");
}

int
import_take_effect(struct import *import)
{
	int err = look_back(import);

	if (err == 0)
		err = count_differences(import);
	if (err == 0)
		err = end_missing(import);
	if (err == 0)
		err = end_followed(import);
	if (err == 0)
		err = run(import, "DELETE FROM import_stage WHERE EXISTS",
			  is_before);
	return err;
}
