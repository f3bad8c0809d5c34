/* test_source.c - from where the store says it is */
#include <stdio.h>

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

ON_BOTH(DB_TABLES, test_position_of_another_journal)
ON_BOTH(DB_TABLES, test_position_in_another_segment)

static const struct test tests[] = {
	BOTH("a position of another journal passes over nothing",
	     test_position_of_another_journal),
	BOTH("nor does one in another segment of that number",
	     test_position_in_another_segment),
};

const struct test_suite suite_source = TEST_SUITE("source", tests);
