/* test_batch_load.c - rows that are new, and those that are there after all */
#include "tests/unit/acct_line.h"

static void
refresh_event(struct event *event, const char *call_id, const char *to_tag)
{
	struct event start;

	start_event(&start, call_id, to_tag);
	event_init(event, EVENT_REFRESH);
	event->cdr.setup_time = start.cdr.setup_time;
	event->cdr.call_id = start.cdr.call_id;
	event->cdr.from_tag = start.cdr.from_tag;
	event->cdr.to_tag = start.cdr.to_tag;
	event->cdr.answer_time = start.cdr.answer_time;
	event->cdr.last_seen = CALL_SETUP + 20000000;
}

/* Another witness came first: the row is there, and gets what it lacks. */
static void
test_row_is_there(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	refresh_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(put_event(line.journal, &event)))
		goto out;
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	start_event(&event, "new", "t");
	if (!OK(ship_event(&line, &event)))
		goto out;
	ROWS(store,
	     "SELECT call_id, status, node, number, duration_us, last_seen,"
	     " anomaly FROM cdr ORDER BY call_id",
	     "ssssits",
	     "c|answered|pop1|4930987654|60000000|1795417220000000|-\n"
	     "new|open|pop1|4930987654|-|-|-");
out:
	close_line(&line);
}

/* Given up, and answered after all, within one batch. */
static void
test_attempt_comes_twice(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	attempt_event(&event, "c", 1, CDR_ATTEMPT_TIMEOUT, 408);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	attempt_event(&event, "c", 1, CDR_ATTEMPT_LATE_ANSWER, 200);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)))
		goto out;
	ROWS(store, "SELECT call_id, hop, outcome, sip_code FROM cdr_attempt",
	     "sisi", "c|1|late_answer|200");
	ROWS(store, "SELECT call_id, status FROM cdr", "ss", "c|open");
out:
	close_line(&line);
}

/* Ends alone in one batch: one meets its START, one does not, one meets an end
 * that is the later one. */
static void
test_ends_alone(struct store *store)
{
	static const char *const started[] = { "a", "c" };
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (size_t i = 0; i < 2; i++) {
		start_event(&event, started[i], "t");
		if (!OK(put_event(line.journal, &event)))
			goto out;
	}
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	if (!OK(ship_event(&line, &event)))
		goto out;
	stop_event(&event, "c", "t", 62000000, CDR_END_CALLEE);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	stop_event(&event, "a", "t", 73000000, CDR_END_CALLER);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	start_event(&event, "d", "t");
	if (!OK(put_event(line.journal, &event)))
		goto out;
	stop_event(&event, "b", "t", 83000000, CDR_END_CALLEE);
	if (!OK(ship_event(&line, &event)))
		goto out;
	ROWS(store,
	     "SELECT call_id, status, end_source, duration_us, node, anomaly"
	     " FROM cdr ORDER BY call_id",
	     "sssiss", "a|answered|caller|70000000|pop1|-\n"
	     "b|answered|callee|80000000|-|no_start\n"
	     "c|answered|callee|59000000|pop1|-\n"
	     "d|open|-|-|pop1|-");
out:
	close_line(&line);
}

/* The same events once more, as after a commit that nobody heard of. */
static void
test_all_once_more(struct store *store)
{
	struct event event;
	struct line line;

	for (int i = 0; i < 2; i++) {
		if (!OK(open_line(&line, store, 0)))
			goto out;
		attempt_event(&event, "c", 1, CDR_ATTEMPT_ANSWERED, 200);
		if (!OK(put_event(line.journal, &event)))
			goto out;
		start_event(&event, "c", "t");
		if (!OK(put_event(line.journal, &event)))
			goto out;
		stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
		if (!OK(ship_event(&line, &event)) ||
		    !OK(store_exec(store, "DELETE FROM journal_position")))
			goto out;
		close_line(&line);
	}
	END_ROW(store, "t|answered|63000000|60000000|caller|200|16|-|valid");
	COUNT(store, "cdr_attempt", "1");
	return;
out:
	close_line(&line);
}

ON_BOTH(DB_TABLES, test_row_is_there)
ON_BOTH(DB_TABLES, test_attempt_comes_twice)
ON_BOTH(DB_TABLES, test_ends_alone)
ON_BOTH(DB_TABLES, test_all_once_more)

static const struct test tests[] = {
	BOTH("a row that is there gets what it lacks", test_row_is_there),
	BOTH_ONCE("an attempt may come twice at once",
		  test_attempt_comes_twice),
	BOTH("ends alone meet what there is", test_ends_alone),
	BOTH_ONCE("all of it once more changes nothing", test_all_once_more),
};

const struct test_suite suite_batch_load = TEST_SUITE("batch_load", tests);
