/* test_batch_store.c - two ends of one dialog, and refused rows */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/acct_line.h"

/* --- two ends of one dialog --- */

struct two_ends {
	const char *what;
	int64_t first_us, second_us;
	const char *expected;
};

static const struct two_ends two_ends[] = {
	{ "a later BYE changes nothing", 63000000, 64000000,
	  "t|answered|63000000|60000000|caller|200|16|-|valid" },
	{ "an earlier BYE counts, all of it", 63000000, 62000000,
	  "t|answered|62000000|59000000|callee|481|-|gone|valid" },
	{ "at the same time the callee's comes first", 63000000, 63000000,
	  "t|answered|63000000|60000000|callee|481|-|gone|valid" },
};

static void
make_ends(const struct two_ends *row, struct event *first, struct event *second)
{
	stop_event(first, "c", "t", row->first_us, CDR_END_CALLER);
	stop_event(second, "c", "t", row->second_us, CDR_END_CALLEE);
	second->cdr.sip_code = 481;
	second->cdr.reason = "gone";
	second->cdr.q850_cause = CDR_NONE;
}

/* together: in one batch; swapped: the second is shipped first. */
static void
check_two_ends(struct store *store, bool together, bool swapped)
{
	struct event start, first, second;
	struct line line;

	for (size_t i = 0; i < sizeof(two_ends) / sizeof(two_ends[0]); i++) {
		test_row(two_ends[i].what);
		if (!OK(store_exec(store, "DELETE FROM cdr")) ||
		    !OK(store_exec(store, "DELETE FROM journal_position")))
			return;
		if (!OK(open_line(&line, store, 0)))
			goto out;
		make_ends(&two_ends[i], &first, &second);
		start_event(&start, "c", "t");
		if (!OK(put_event(line.journal, &start)) ||
		    !OK(put_event(line.journal, swapped ? &second : &first)))
			goto out;
		if (!together && !OK(ship(&line)))
			goto out;
		if (!OK(ship_event(&line, swapped ? &first : &second)))
			goto out;
		END_ROW(store, two_ends[i].expected);
		close_line(&line);
	}
	return;
out:
	close_line(&line);
}

static void
test_second_end(struct store *store)
{
	check_two_ends(store, true, false);
	check_two_ends(store, true, true);
	check_two_ends(store, false, false);
	check_two_ends(store, false, true);
}

/* A stop with nothing known but its end replaces nothing with nothing. */
static void
test_end_without_result(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)))
		goto out;
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	event.cdr.sip_code = CDR_NONE;
	event.cdr.token = NULL;
	if (!OK(ship_event(&line, &event)))
		goto out;
	END_ROW(store, "t|answered|63000000|60000000|caller|200|16|-|valid");
	event.cdr.end_time--;
	event.cdr.end_source = NULL;
	if (OK(ship_event(&line, &event)))
		END_ROW(store, "t|answered|62999999|59999999|-|200|16|-|valid");
out:
	close_line(&line);
}

/* A fact beats what was assumed, be it earlier or later, rated or not. */
static void
check_swept(struct store *store, int64_t later)
{
	const struct store_value end = store_time(CALL_SETUP + 90000000);
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)) ||
	    !OK(store_run_once(store,
		       "UPDATE cdr SET status = 'swept', end_source = 'sweep',"
		       " end_time = ?, rating_run = 7, sell_amount = 3,"
		       " swept_time = setup_time",
		       &end, 1)))
		goto out;
	stop_event(&event, "c", "t", later, CDR_END_CALLER);
	if (!OK(ship_event(&line, &event)))
		goto out;
	ROWS(store, "SELECT status, end_source, rating_run, sell_amount FROM cdr",
	     "ssim", "answered|caller|-|-");
	ROWS(store,
	     "SELECT cause, old_status, old_end_source,"
	     " old_sell_amount > 0, old_rating_run FROM cdr_corrections",
	     "sssbi", "stop after sweep|swept|sweep|true|7");
	/* Twice is no second correction. */
	if (OK(ship_event(&line, &event)))
		COUNT(store, "cdr_corrections", "1");
out:
	close_line(&line);
}

static void
test_swept(struct store *store)
{
	check_swept(store, 91000000);
}

/* On a closed bill: the record is corrected, what was stated stays; be it that it
 * was swept, or that its first end comes last. */
static void
check_billed(struct store *store, bool swept)
{
	const struct store_value sweep[] = {
		store_text(swept ? "swept" : "answered"),
		store_text(swept ? "sweep" : "caller"),
		store_time(CALL_SETUP + 90000000),
		swept ? store_time(CALL_SETUP) : store_null(STORE_TIME),
	};
	const struct store_value bill[] = { store_time(CALL_SETUP - 1),
					    store_time(CALL_SETUP + 86400000000),
					    store_time(CALL_SETUP) };
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)) ||
	    !OK(store_run_once(store,
		       "UPDATE cdr SET status = ?, end_source = ?,"
		       " end_time = ?, rating_run = 7, sell_seconds = 87,"
		       " swept_time = ?",
		       sweep, 4)) ||
	    !OK(store_run_once(store,
		       "INSERT INTO bills (number, kind, account, name,"
		       " timezone, period, starts, ends, closed, currency,"
		       " calls, duration_us, billed_s, net, tax, total)"
		       " VALUES (1, 'bill', 'acme', '', 'UTC', '2026-11', ?,"
		       " ?, ?, 'EUR', 1, 0, 87, 0, 0, 0)",
		       bill, 3)))
		goto out;
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	if (!OK(ship_event(&line, &event)))
		goto out;
	END_ROW(store, "t|answered|63000000|60000000|caller|200|16|-|valid");
	ROWS(store, "SELECT rating_run, sell_seconds FROM cdr", "ii", "7|87");
	ROWS(store, "SELECT cause, old_rating_run FROM cdr_corrections", "si",
	     swept ? "stop after sweep|7" : "earlier stop|7");
out:
	close_line(&line);
}

static void
test_swept_and_billed(struct store *store)
{
	check_billed(store, true);
}

static void
test_rated_and_billed(struct store *store)
{
	check_billed(store, false);
}

static void
test_swept_too_late(struct store *store)
{
	check_swept(store, 63000000);
}

/* The journal of a node that was away has the earlier end of a call that was
 * rated by a later one: the record is the same as if it had come in time, and a
 * trace is left. */
static void
test_rated(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	if (!OK(ship_event(&line, &event)) ||
	    !OK(store_exec(store, "UPDATE cdr SET rating_run = 1,"
				  " sell_amount = 5")))
		goto out;
	/* A later one is none. */
	event.cdr.end_time++;
	if (!OK(ship_event(&line, &event)))
		goto out;
	END_ROW(store, "t|answered|63000000|60000000|caller|200|16|-|valid");
	ROWS(store, "SELECT rating_run FROM cdr", "i", "1");
	COUNT(store, "cdr_corrections", "0");
	event.cdr.end_time -= 2;
	event.cdr.reason = "early";
	if (!OK(ship_event(&line, &event)) || !OK(ship_event(&line, &event)))
		goto out;
	END_ROW(store,
		"t|answered|62999999|59999999|caller|200|16|early|valid");
	ROWS(store, "SELECT rating_run, sell_amount FROM cdr", "im", "-|-");
	ROWS(store,
	     "SELECT cause, old_status, old_end_source, old_rating_run,"
	     " old_sell_amount > 0 FROM cdr_corrections",
	     "sssib", "earlier stop|answered|caller|1|true");
	start_event(&event, "c", "t");
	if (OK(ship_event(&line, &event)))
		ROWS(store, "SELECT caller FROM cdr", "s", "49301234567");
out:
	close_line(&line);
}

/* What the store has of call i before its STOP comes. */
static int
prepare_call(struct line *line, int i, const char *id)
{
	struct event event;

	start_event(&event, id, "t");
	switch (i % 5) {
	case 0: /* nothing */
		return 0;
	case 1: /* an open call, without what the STOP knows too */
		event.cdr.carrier = NULL;
		event.cdr.answer_time = CDR_NONE;
		break;
	case 2: /* an earlier end */
		stop_event(&event, id, "t", 50000000, CDR_END_CALLEE);
		break;
	case 3: /* a later one */
		stop_event(&event, id, "t", 70000000, CDR_END_CALLEE);
		break;
	default: /* an open call */
		break;
	}
	return put_event(line->journal, &event);
}

/* Many STOPs in one batch, of which the store takes some as they are. */
static void
test_ends_of_all_kinds(struct store *store)
{
	struct event event;
	struct line line;
	char id[20];

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (int i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "c%02d", i);
		if (!OK(prepare_call(&line, i, id)))
			goto out;
	}
	if (!OK(ship(&line)))
		goto out;
	for (int i = 0; i < 50; i++) {
		snprintf(id, sizeof(id), "c%02d", i);
		stop_event(&event, id, "t", 63000000, CDR_END_CALLER);
		event.cdr.carrier = "blue";
		if (!OK(put_event(line.journal, &event)))
			goto out;
	}
	if (!OK(ship(&line)))
		goto out;
	ROWS(store,
	     "SELECT i, end_source, duration_us, carrier, count(*),"
	     " count(caller), min(status), max(status) FROM"
	     " (SELECT CAST(substr(call_id, 2) AS integer) % 5 AS i, c.*"
	     " FROM cdr c) x GROUP BY i, end_source, duration_us, carrier"
	     " ORDER BY i",
	     "isisiiss",
	     "0|caller|60000000|blue|10|0|answered|answered\n"
	     "1|caller|60000000|blue|10|10|answered|answered\n"
	     "2|callee|47000000|blue|10|0|answered|answered\n"
	     "3|caller|60000000|blue|10|0|answered|answered\n"
	     "4|caller|60000000|blue|10|10|answered|answered");
out:
	close_line(&line);
}

/* --- what is no good --- */

/* n starts "c0", "c1" ...; the store refuses every one with c % 20 == 7. */
static int
put_some_bad(struct line *line, int n)
{
	struct event event;
	char id[20];

	for (int i = 0; i < n; i++) {
		int err;

		snprintf(id, sizeof(id), "c%d", i);
		start_event(&event, id, "t");
		if (i % 20 == 7) /* in the year 11446 */
			event.cdr.ring_time = INT64_C(299055600000000000);
		err = put_event(line->journal, &event);
		if (err != 0)
			return err;
	}
	return 0;
}

static void
test_refused_rows(struct store *store)
{
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	if (!OK(put_some_bad(&line, 60)) || !OK(ship(&line)))
		goto out;
	COUNT(store, "cdr", "57");
	ROWS(store,
	     "SELECT seq, node, worker, substr(event, 1, 4), error LIKE"
	     " '%expected the years 1 to 9999%', received IS NOT NULL"
	     " FROM bad_events ORDER BY seq",
	     "isisbb",
	     "9|pop1|0|0201|true|true\n29|pop1|0|0201|true|true\n"
	     "49|pop1|0|0201|true|true");
	CHECK(shipper_counters(line.shipper)->bad_events == 3);
	CHECK(shipper_counters(line.shipper)->events == 57);
out:
	close_line(&line);
}

static void
test_undecodable(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(journal_add(line.journal, "\2\1\377", 3)) ||
	    !OK(journal_add(line.journal, "\11\1", 2)) ||
	    !OK(ship_event(&line, &event)))
		goto out;
	COUNT(store, "cdr", "1");
	ROWS(store, "SELECT seq, event, error FROM bad_events ORDER BY seq",
	     "iss", "2|0201ff|input ends early\n3|0901|not supported");
out:
	close_line(&line);
}

static void
test_corrupt_journal(struct store *store)
{
	struct event event;
	struct line line;
	uint8_t bytes[FILE_MAX];
	char path[2 * PATH_LEN], id[20];
	size_t len;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (int i = 0; i < 5; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		start_event(&event, id, "t");
		if (!OK(put_event(line.journal, &event)))
			goto out;
	}
	if (!OK(journal_commit(line.journal)))
		goto out;
	segment_path(line.dir, first_segment(line.dir), path);
	load_file(path, bytes, &len);
	bytes[len / 2] ^= 1; /* in the third */
	save_file(path, bytes, len);
	if (!OK(ship(&line)))
		goto out;
	COUNT(store, "cdr", "4");
	ROWS(store,
	     "SELECT seq, event, error LIKE '% bytes are corrupt or missing,"
	     " the next record is number 4, expected 3' FROM bad_events",
	     "isb", "4|-|true");
	CHECK(shipper_counters(line.shipper)->corrupt_bytes ==
	      (len - JOURNAL_HEADER_LEN) / 5);
out:
	close_line(&line);
}

/* Make the store refuse every row of a table, or no longer. */
static int
set_refusing(struct store *store, const char *table, bool refuse)
{
	const char *sql = refuse ? "CREATE TRIGGER refusing BEFORE INSERT ON "
				   "%s BEGIN SELECT RAISE(ABORT, 'no'); END"
				 : "DROP TRIGGER IF EXISTS refusing";
	char text[200];

	if (store_dialect(store) == STORE_POSTGRESQL)
		sql = refuse ? "ALTER TABLE %s ADD CONSTRAINT refusing"
			       " CHECK (false) NOT VALID"
			     : "ALTER TABLE %s DROP CONSTRAINT IF EXISTS"
			       " refusing";
	snprintf(text, sizeof(text), sql, table);
	return store_exec(store, text);
}

/* Nobody is put aside for a fault that is not his, and nothing is lost. */
static void
check_refusing(struct store *store, const char *table)
{
	struct event event;
	struct line line;
	size_t n;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (int i = 0; i < 5; i++) {
		start_event(&event, i % 2 ? "a" : "b", i % 3 ? "t" : "u");
		if (!OK(put_event(line.journal, &event)))
			goto out;
	}
	if (!OK(journal_commit(line.journal)) ||
	    !OK(set_refusing(store, table, true)))
		goto out;
	CHECK(shipper_run(line.shipper, store, &n) == ERR_DB);
	CHECK(shipper_counters(line.shipper)->failures == 1);
	CHECK(shipper_counters(line.shipper)->events == 0);
	if (OK(set_refusing(store, table, false)))
		COUNT(store, "cdr", "0");
	if (OK(ship(&line))) {
		COUNT(store, "cdr", "4");
		COUNT(store, "bad_events", "0");
		CHECK(shipper_counters(line.shipper)->events == 5);
	}
out:
	set_refusing(store, table, false);
	close_line(&line);
}

static void
test_store_refuses_all(struct store *store)
{
	check_refusing(store, "cdr");
}

/* The last statement before the commit fails: the rows go with it. */
static void
test_fails_before_commit(struct store *store)
{
	check_refusing(store, "journal_position");
}

ON_BOTH(DB_TABLES, test_second_end)
ON_BOTH(DB_TABLES, test_end_without_result)
ON_BOTH(DB_TABLES, test_swept)
ON_BOTH(DB_TABLES, test_ends_of_all_kinds)
ON_BOTH(DB_TABLES, test_swept_too_late)
ON_BOTH(DB_TABLES, test_swept_and_billed)
ON_BOTH(DB_TABLES, test_rated)
ON_BOTH(DB_TABLES, test_rated_and_billed)
ON_BOTH(DB_TABLES, test_refused_rows)
ON_BOTH(DB_TABLES, test_undecodable)
ON_BOTH(DB_TABLES, test_corrupt_journal)
ON_BOTH(DB_TABLES, test_store_refuses_all)
ON_BOTH(DB_TABLES, test_fails_before_commit)

static const struct test tests[] = {
	BOTH_ONCE("of two ends the earlier counts", test_second_end),
	BOTH_ONCE("an end without result leaves START's",
		  test_end_without_result),
	BOTH_ONCE("ends of all kinds in one batch", test_ends_of_all_kinds),
	BOTH_ONCE("a swept call may still get its end", test_swept),
	BOTH_ONCE("also an earlier one", test_swept_too_late),
	BOTH_ONCE("on a closed bill what was stated stays",
		  test_swept_and_billed),
	BOTH_ONCE("an earlier end corrects a rated record", test_rated),
	BOTH_ONCE("on a closed bill likewise", test_rated_and_billed),
	BOTH_ONCE("refused rows are put aside", test_refused_rows),
	BOTH("what is no event is put aside", test_undecodable),
	BOTH("damage in the journal is told", test_corrupt_journal),
	BOTH_ONCE("a store that refuses all loses nothing",
		  test_store_refuses_all),
	BOTH_ONCE("a failure before the commit writes nothing",
		  test_fails_before_commit),
};

const struct test_suite suite_batch_store = TEST_SUITE("batch_store", tests);
