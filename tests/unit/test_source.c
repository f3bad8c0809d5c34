/* test_source.c - from where the store says it is */
#include <stdio.h>

#include "acct/source.h"
#include "base/err.h"
#include "tests/unit/acct_line.h"

/* Of another node with the same name, or from before the clock was set back:
 * nothing of this journal is passed over. */
static void
test_position_of_another_journal(struct store *store)
{
	static const char *const positions[] = { "9999999999, 72, 1",
						 "9999999999, 500000, 900" };
	char sql[200];
	struct event event;
	struct line line;

	for (size_t i = 0; i < 2; i++) {
		if (!OK(store_exec(store, "DELETE FROM cdr")) ||
		    !OK(store_exec(store, "DELETE FROM journal_position")))
			return;
		if (!OK(open_line(&line, store, 0)))
			goto out;
		snprintf(sql, sizeof(sql),
			 "INSERT INTO journal_position (node, worker, segment,"
			 " \"offset\", seq) VALUES ('pop1', 0, %s)",
			 positions[i]);
		start_event(&event, "c", "t");
		if (!OK(store_exec(store, sql)) ||
		    !OK(put_event(line.journal, &event)))
			goto out;
		stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
		if (OK(ship_event(&line, &event)))
			END_ROW(store, "t|answered|63000000|60000000|caller"
				       "|200|16|-|valid");
		close_line(&line);
	}
	return;
out:
	close_line(&line);
}

/* The segment is there, but its records are others. */
static void
test_position_in_another_segment(struct store *store)
{
	char sql[200];
	struct event event;
	struct line line;
	int64_t number;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	for (int i = 0; i < 3; i++) {
		if (!OK(ship_event(&line, &event)))
			goto out;
	}
	/* Sequence numbers go on in the segment of the next opening. */
	journal_close(line.journal);
	line.journal = NULL;
	if (!OK(open_journal(line.dir, 0, &line.journal)))
		goto out;
	number = last_segment(line.dir);
	shipper_free(line.shipper);
	line.shipper = NULL;
	snprintf(sql, sizeof(sql),
		 "UPDATE journal_position SET segment = %lld, seq = 2,"
		 " \"offset\" = 500000",
		 (long long)number);
	start_event(&event, "d", "t");
	if (OK(store_exec(store, sql)) &&
	    OK(shipper_new(&(struct shipper_settings){ .directory = line.dir },
			   NULL, &line.shipper)) &&
	    OK(ship_event(&line, &event)))
		ROWS(store, "SELECT call_id FROM cdr ORDER BY call_id", "s",
		     "c\nd");
out:
	close_line(&line);
}

/* --- a store that has lost its last transactions --- */

static int
ship_calls(struct line *line, const char *ids)
{
	int err = 0;

	for (; *ids != '\0' && err == 0; ids++) {
		const char id[] = { *ids, '\0' };
		struct event event;

		start_event(&event, id, "t");
		err = ship_event(line, &event);
	}
	return err;
}

/* c and d stay, e and f are gone with the position behind them. */
static int
lose_last(struct line *line)
{
	static const char keep[] = "CREATE TABLE kept AS"
				   " SELECT * FROM journal_position";
	static const char lose[] =
	    "DELETE FROM cdr WHERE call_id IN ('e', 'f');"
	    "DELETE FROM journal_position;"
	    "INSERT INTO journal_position SELECT * FROM kept";
	int err = ship_calls(line, "cd");

	if (err == 0)
		err = store_exec(line->store, keep);
	if (err == 0)
		err = ship_calls(line, "ef");
	if (err == 0)
		err = store_exec(line->store, lose);
	return err;
}

#define CALLS(store, expected)                                           \
	ROWS(store, "SELECT call_id FROM cdr ORDER BY call_id", "s", expected)

static void
check_lost(struct store *store, bool lose_all, bool doubts)
{
	struct line line;

	if (!OK(open_line(&line, store, 0)) || !OK(lose_last(&line)))
		goto out;
	if (lose_all && !OK(store_exec(store, "DELETE FROM journal_position;"
					      "DELETE FROM cdr")))
		goto out;
	if (doubts)
		shipper_doubt(line.shipper);
	else
		CHECK(ship_calls(&line, "g") == ERR_CONFLICT);
	if (OK(ship(&line)))
		CALLS(store, doubts ? "c\nd\ne\nf" : "c\nd\ne\nf\ng");
	COUNT(store, "bad_events", "0");
out:
	store_exec(store, "DROP TABLE IF EXISTS kept");
	close_line(&line);
}

static void
test_position_goes_back(struct store *store)
{
	check_lost(store, false, false);
	OK(store_exec(store, "DELETE FROM cdr; DELETE FROM journal_position"));
	check_lost(store, true, false);
}

static void
test_new_connection(struct store *store)
{
	check_lost(store, false, true);
	OK(store_exec(store, "DELETE FROM cdr; DELETE FROM journal_position"));
	check_lost(store, true, true);
}

/* Nothing comes that would have the position moved. */
static void
test_idle(struct store *store)
{
	struct shipping shipping = { .batch_events = 100 };
	struct source source = { .id = { .node = "pop1" }, .limit = 100 };
	struct line line;
	size_t n;

	if (!OK(open_line(&line, store, 0)) ||
	    !OK(batch_init(&shipping.batch)) || !OK(lose_last(&line)) ||
	    !OK(store_exec(store, "UPDATE journal_position SET seq = seq")))
		goto out;
	shipping.directory = line.dir;
	clock_init_fake(&shipping.clock, CALL_SETUP);
	OK(source_ship(&shipping, &source, store, &n));
	if (!OK(store_exec(store,
			   "DELETE FROM cdr WHERE call_id IN ('e', 'f');"
			   "DELETE FROM journal_position;"
			   "INSERT INTO journal_position SELECT * FROM kept")))
		goto out;
	clock_advance_us(&shipping.clock, 59 * US_PER_S);
	OK(source_ship(&shipping, &source, store, &n));
	CALLS(store, "c\nd");
	clock_advance_us(&shipping.clock, US_PER_S);
	OK(source_ship(&shipping, &source, store, &n));
	CALLS(store, "c\nd\ne\nf");
out:
	source_close(&source);
	batch_fini(&shipping.batch);
	store_exec(store, "DROP TABLE IF EXISTS kept");
	close_line(&line);
}

ON_BOTH(DB_TABLES, test_position_goes_back)
ON_BOTH(DB_TABLES, test_new_connection)
ON_BOTH(DB_TABLES, test_idle)
ON_BOTH(DB_TABLES, test_position_of_another_journal)
ON_BOTH(DB_TABLES, test_position_in_another_segment)

static const struct test tests[] = {
	BOTH("a position of another journal passes over nothing",
	     test_position_of_another_journal),
	BOTH("nor does one in another segment of that number",
	     test_position_in_another_segment),
	BOTH_ONCE("a store without its last rows gets them again",
		  test_position_goes_back),
	BOTH_ONCE("also when only the connection tells", test_new_connection),
	BOTH_ONCE("and within a minute when nothing does", test_idle),
};

const struct test_suite suite_source = TEST_SUITE("source", tests);
