/* test_source.c - from where the store says it is */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* --- a journal that is not what it was --- */

/* What a backup has: the first segment, which is not pruned there. */
static int
back_up(const struct line *line, char path[2 * PATH_LEN],
	char copy[2 * PATH_LEN])
{
	segment_path(line->dir, first_segment(line->dir), path);
	snprintf(copy, 2 * PATH_LEN, "%.90s/backup", line->dir);
	return link(path, copy) == 0 ? 0 : ERR_IO;
}

/* The daemon is gone, and the last segment, or its last record, too. */
static int
take_back(struct line *line, bool whole, const char *kept, const char *copy)
{
	char path[2 * PATH_LEN];
	struct stat st;

	journal_close(line->journal);
	line->journal = NULL;
	shipper_free(line->shipper);
	line->shipper = NULL;
	segment_path(line->dir, last_segment(line->dir), path);
	if (whole)
		return unlink(path) == 0 && rename(copy, kept) == 0 ? 0
								    : ERR_IO;
	return stat(path, &st) == 0 && truncate(path, st.st_size - 10) == 0
		   ? 0
		   : ERR_IO;
}

/* It is there again, with another shipper. */
static int
come_back(struct line *line)
{
	const struct shipper_settings settings = { .directory = line->dir,
						   .node = "pop1" };
	int err = open_journal(line->dir, 0, &line->journal);

	return err != 0 ? err : shipper_new(&settings, NULL, &line->shipper);
}

static int
reopen(struct line *line)
{
	journal_close(line->journal);
	line->journal = NULL;
	return open_journal(line->dir, 0, &line->journal);
}

static int
write_calls(struct line *line, const char *ids)
{
	int err = 0;

	for (; *ids != '\0' && err == 0; ids++) {
		const char id[] = { *ids, '\0' };
		struct event event;

		start_event(&event, id, "t");
		err = put_event(line->journal, &event);
	}
	return err;
}

/*
 * The store has a to f. Of the journal the segment with d, e and f is gone, or f
 * is, as after a restore, or the power; and it has gone on with others of the same
 * numbers, before it is shipped again: one, as many, or more.
 */
static void
test_journal_of_before(struct store *store)
{
	static const char *const more[] = { "g", "gh", "ghi", "ghijkl" };
	char expected[40], kept[2 * PATH_LEN], copy[2 * PATH_LEN];
	struct line line;

	for (int i = 0; i < 8; i++) {
		const char *ids = more[i % 4];
		size_t len = 11;

		test_row(ids);
		if (!OK(store_exec(store, "DELETE FROM cdr")) ||
		    !OK(store_exec(store, "DELETE FROM journal_position")) ||
		    !OK(open_line(&line, store, 0)) ||
		    !OK(ship_calls(&line, "abc")) ||
		    !OK(back_up(&line, kept, copy)) || !OK(reopen(&line)) ||
		    !OK(ship_calls(&line, "def")) ||
		    !OK(take_back(&line, i < 4, kept, copy)) || !OK(come_back(&line)) ||
		    !OK(write_calls(&line, ids)) || !OK(ship(&line)))
			goto out;
		strcpy(expected, "a\nb\nc\nd\ne\nf");
		for (const char *id = ids; *id != '\0'; id++)
			len += (size_t)snprintf(expected + len,
						sizeof(expected) - len, "\n%c",
						*id);
		CALLS(store, expected);
		close_line(&line);
	}
	return;
out:
	close_line(&line);
}

/* One that is what it was is not shipped again, whatever is damaged in it. */
static void
test_journal_as_it_was(struct store *store)
{
	char path[2 * PATH_LEN];
	struct line line;
	int fd;

	if (!OK(open_line(&line, store, 0)) || !OK(ship_calls(&line, "abc")))
		goto out;
	for (int i = 0; i < 3; i++) {
		shipper_free(line.shipper);
		line.shipper = NULL;
		if (i == 1) { /* the last record, behind its head */
			struct stat st;

			segment_path(line.dir, last_segment(line.dir), path);
			fd = open(path, O_RDWR);
			if (!CHECK(fd >= 0 && fstat(fd, &st) == 0 &&
				   pwrite(fd, "x", 1, st.st_size - 5) == 1))
				goto out;
			close(fd);
		}
		if (i == 2 && !OK(reopen(&line)))
			goto out;
		if (!OK(shipper_new(
			&(struct shipper_settings){ .directory = line.dir },
			NULL, &line.shipper)) ||
		    !OK(store_exec(store, "DELETE FROM cdr")) ||
		    !OK(ship_calls(&line, i == 0   ? "d"
					  : i == 1 ? "e"
						   : "f")))
			goto out;
		CALLS(store, i == 0 ? "d" : i == 1 ? "e" : "f");
	}
out:
	close_line(&line);
}

ON_BOTH(DB_TABLES, test_journal_of_before)
ON_BOTH(DB_TABLES, test_journal_as_it_was)
ON_BOTH(DB_TABLES, test_position_goes_back)
ON_BOTH(DB_TABLES, test_new_connection)
ON_BOTH(DB_TABLES, test_idle)
ON_BOTH(DB_TABLES, test_position_of_another_journal)
ON_BOTH(DB_TABLES, test_position_in_another_segment)

static const struct test tests[] = {
	BOTH("a position of another journal passes over nothing",
	     test_position_of_another_journal),
	BOTH_ONCE("nor does one in another segment of that number",
	     test_position_in_another_segment),
	BOTH_ONCE("a journal that was put back ships what it has since",
		  test_journal_of_before),
	BOTH_ONCE("one that is as it was ships nothing again",
		  test_journal_as_it_was),
	BOTH_ONCE("a store without its last rows gets them again",
		  test_position_goes_back),
	BOTH_ONCE("also when only the connection tells", test_new_connection),
	BOTH_ONCE("and within a minute when nothing does", test_idle),
};

const struct test_suite suite_source = TEST_SUITE("source", tests);
