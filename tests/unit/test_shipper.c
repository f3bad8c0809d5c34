/* test_shipper.c - from where it was, whatever dies when */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/acct_line.h"

static void
test_positions_stay(struct store *store)
{
	struct shipper_settings settings = { .node = "pop1" };
	struct shipper *again = NULL;
	struct event event;
	struct line line;
	size_t n;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	settings.directory = line.dir;
	start_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)))
		goto out;
	ROWS(store, "SELECT node, worker, seq FROM journal_position", "sii",
	     "pop1|0|2");
	if (!OK(shipper_new(&settings, NULL, &again)) ||
	    !OK(shipper_run(again, store, &n)))
		goto out;
	CHECK(n == 0);
	start_event(&event, "d", "t");
	if (!OK(put_event(line.journal, &event)) ||
	    !OK(journal_commit(line.journal)) ||
	    !OK(shipper_run(again, store, &n)))
		goto out;
	CHECK(n == 1 && shipper_counters(again)->events == 1);
	COUNT(store, "cdr", "2");
out:
	shipper_free(again);
	close_line(&line);
}

static void
test_sources(struct store *store)
{
	static const struct {
		const char *node;
		int worker;
	} writers[] = { { "pop1", 0 }, { "pop1", 3 }, { "pop2", 0 } };
	struct shipper_settings settings = { .node = "pop1" };
	struct shipper *shipper = NULL;
	struct event event;
	char dir[PATH_LEN], id[20];
	size_t n;

	fresh_dir(dir);
	settings.directory = dir;
	for (size_t i = 0; i < 3; i++) {
		struct journal_settings where = { .directory = dir,
						  .node = writers[i].node,
						  .worker = writers[i].worker };
		struct journal *journal;

		snprintf(id, sizeof(id), "c%zu", i);
		start_event(&event, id, "t");
		if (!OK(journal_open(&where, NULL, &journal)))
			return;
		OK(put_event(journal, &event));
		journal_close(journal);
	}
	if (OK(shipper_new(&settings, NULL, &shipper)) &&
	    OK(shipper_run(shipper, store, &n)))
		CHECK(n == 2);
	shipper_free(shipper);
	settings.directory = "/nonexistent";
	if (OK(shipper_new(&settings, NULL, &shipper))) {
		CHECK(shipper_run(shipper, store, &n) == ERR_IO && n == 0);
		shipper_free(shipper);
	}
	settings.directory = dir;
	settings.node = NULL;
	if (OK(shipper_new(&settings, NULL, &shipper))) {
		if (OK(shipper_run(shipper, store, &n))) {
			CHECK(n == 1);
			COUNT(store, "cdr", "3");
			COUNT(store, "journal_position", "3");
		}
		shipper_free(shipper);
	}
}

/* One that cannot be read holds back no other, whatever is before it. */
static void
test_unreadable(struct store *store)
{
	struct event event;
	struct line line;
	char path[2 * PATH_LEN];
	size_t n;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	snprintf(path, sizeof(path), "%s/pop1.0.9999999999.journal", line.dir);
	CHECK(mkdir(path, 0700) == 0); /* a directory: read() refuses */
	start_event(&event, "c", "t");
	if (!OK(put_event(line.journal, &event)) ||
	    !OK(journal_commit(line.journal)))
		goto out;
	CHECK(shipper_run(line.shipper, store, &n) == 0 && n == 1);
	CHECK(shipper_run(line.shipper, store, &n) == ERR_IO && n == 0);
	CHECK(shipper_counters(line.shipper)->failures == 1);
	COUNT(store, "cdr", "1");
out:
	close_line(&line);
}

/* The backlog, and segments that go once they are shipped. */
static void
test_prune_and_backlog(struct store *store)
{
	struct event event;
	struct line line;
	bool is_exact;
	size_t n;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	journal_close(line.journal);
	line.journal = NULL;
	if (!OK(open_journal(line.dir, 1, &line.journal)))
		goto out;
	for (int i = 0; i < 3; i++) {
		start_event(&event, i == 1 ? "a" : "b", "t");
		if (!OK(put_event(line.journal, &event)) ||
		    !OK(journal_commit(line.journal)))
			goto out;
	}
	CHECK(last_segment(line.dir) == first_segment(line.dir) + 4);
	/* What is shipped is deleted at once: this was not. */
	CHECK(shipper_backlog(line.shipper, &is_exact) > 600 && !is_exact);
	if (!OK(shipper_run(line.shipper, store, &n)))
		goto out;
	CHECK(n == 3);
	CHECK(shipper_backlog(line.shipper, &is_exact) == 0 && is_exact);
	CHECK(first_segment(line.dir) == last_segment(line.dir));
	if (!OK(put_event(line.journal, &event)) ||
	    !OK(journal_commit(line.journal)))
		goto out;
	CHECK(shipper_backlog(line.shipper, &is_exact) > 200 && is_exact);
	if (OK(shipper_run(line.shipper, store, &n)))
		CHECK(first_segment(line.dir) == last_segment(line.dir));
out:
	close_line(&line);
}

/* --- deaths --- */

/* Ship in batches of 7 with a connection of its own until killed. */
static void
ship_until_killed(const char *dir)
{
	struct shipper_settings settings = { .directory = dir,
					     .node = "pop1",
					     .batch_events = 7 };
	char error[STORE_ERROR_MAX];
	struct shipper *shipper;
	struct store *store;
	size_t n = 1;

	if (store_open(db_url(), 0, &store, error) != 0 ||
	    shipper_new(&settings, NULL, &shipper) != 0)
		_exit(1);
	while (n > 0 && shipper_run(shipper, store, &n) == 0)
		;
	_exit(0);
}

static void
test_killed_shipper(struct store *store)
{
	static const int n_calls = 400;
	struct event event;
	struct line line;
	char id[20], expected[20];

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (int i = 0; i < n_calls; i++) {
		snprintf(id, sizeof(id), "c%d", i);
		attempt_event(&event, id, 1, CDR_ATTEMPT_ANSWERED, 200);
		OK(put_event(line.journal, &event));
		start_event(&event, id, "t");
		OK(put_event(line.journal, &event));
		stop_event(&event, id, "t", 63000000, CDR_END_CALLER);
		OK(put_event(line.journal, &event));
	}
	if (!OK(journal_commit(line.journal)))
		goto out;
	for (unsigned i = 1; i <= 8; i++)
		kill_after(ship_until_killed, line.dir, 5000 * i);
	if (!OK(ship(&line)))
		goto out;
	snprintf(expected, sizeof(expected), "%d", n_calls);
	ROWS(store, "SELECT count(*) FROM cdr WHERE duration_us = 60000000",
	     "i", expected);
	COUNT(store, "cdr", expected);
	COUNT(store, "cdr_attempt", expected);
	COUNT(store, "bad_events", "0");
out:
	close_line(&line);
}

/* --- two nodes --- */

#define N_SHARED 200

/* What node 0 or 1 has seen of the calls: both saw an end of each, the second
 * node the earlier one of every other call. */
static int
write_view(const char *dir, int node)
{
	const struct journal_settings settings = {
		.directory = dir,
		.node = node == 0 ? "pop1" : "pop2",
	};
	struct journal *journal;
	struct event event;
	char id[20];
	int err = journal_open(&settings, NULL, &journal);

	if (err != 0)
		return err;
	for (int i = 0; i < N_SHARED && err == 0; i++) {
		int64_t end_us = 63000000 + (i % 2 == 0 ? node : -node);

		snprintf(id, sizeof(id), "c%03d", i);
		start_event(&event, id, "t");
		if (node == 0)
			err = put_event(journal, &event);
		stop_event(&event, id, "t", end_us,
			   node == 0 ? CDR_END_CALLER : CDR_END_CALLEE);
		event.cdr.reason = node == 0 ? NULL : "of the second node";
		if (err == 0)
			err = put_event(journal, &event);
	}
	journal_close(journal);
	return err;
}

/* Ship a node's journal to the end, in small batches; the other one may be in
 * the way at times. */
static int
ship_view(const char *dir, const char *node)
{
	struct shipper_settings settings = { .directory = dir,
					     .node = node,
					     .batch_events = 16 };
	char error[STORE_ERROR_MAX];
	struct shipper *shipper;
	struct store *store;
	size_t n = 1;
	int err = store_open(db_url(), 0, &store, error);

	if (err != 0)
		return err;
	err = shipper_new(&settings, NULL, &shipper);
	for (int i = 0; i < 1000 && n > 0 && err == 0; i++) {
		err = shipper_run(shipper, store, &n);
		if (err == ERR_CONFLICT) {
			n = 1;
			err = 0;
		}
	}
	shipper_free(shipper);
	store_close(store);
	return err;
}

static void
test_two_nodes(struct store *store)
{
	char dir[PATH_LEN];
	int status = 1;
	pid_t pid;

	fresh_dir(dir);
	if (!OK(write_view(dir, 0)) || !OK(write_view(dir, 1)))
		return;
	pid = fork();
	if (pid == 0)
		_exit(ship_view(dir, "pop2") != 0);
	OK(ship_view(dir, "pop1"));
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	COUNT(store, "cdr", "200");
	ROWS(store,
	     "SELECT count(*), count(node), count(caller), min(duration_us)"
	     " FROM cdr WHERE end_source = 'caller' AND reason IS NULL",
	     "iiii", "100|100|100|60000000");
	ROWS(store,
	     "SELECT count(*), count(node), count(caller), max(duration_us)"
	     " FROM cdr WHERE end_source = 'callee' AND reason LIKE 'of the %'",
	     "iiii", "100|100|100|59999999");
	COUNT(store, "bad_events", "0");
}

/* Have the server end the connection, and wait until it has. */
static void
end_connection(struct store *store)
{
	static const char ending[] =
	    "SELECT count(*) FROM (SELECT pg_terminate_backend(?::int)) t";
	static const char living[] =
	    "SELECT count(*) FROM pg_stat_activity WHERE pid = ?";
	struct store_value pid = store_int(0);
	int64_t n = 1;

	if (!OK(store_get_int(store, "SELECT pg_backend_pid()", NULL, 0,
			      &pid.number)) ||
	    !OK(store_get_int(db_admin(), ending, &pid, 1, &n)))
		return;
	for (int i = 0; i < 1000 && n > 0; i++) {
		if (!OK(store_get_int(db_admin(), living, &pid, 1, &n)))
			return;
		usleep(2000);
	}
	CHECK(n == 0);
}

/* The server ends the connection: the same shipper goes on with the next. */
static void
lose_connection(struct store *unused)
{
	struct store *store = NULL;
	char error[STORE_ERROR_MAX];
	struct event event;
	struct line line;
	size_t n;

	(void)unused;
	if (!OK(store_open(db_url(), 0, &store, error)))
		return;
	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "d", "t");
	if (!OK(ship_event(&line, &event)) ||
	    !OK(put_event(line.journal, &event)) ||
	    !OK(journal_commit(line.journal)))
		goto out;
	end_connection(store);
	CHECK(shipper_run(line.shipper, store, &n) == ERR_DB);
	CHECK(store_is_lost(store));
	store_close(store);
	if (!OK(store_open(db_url(), 0, &store, error)))
		goto out;
	line.store = store;
	if (OK(ship(&line)))
		CHECK(shipper_counters(line.shipper)->events == 2);
out:
	close_line(&line);
	store_close(store);
}

static void
test_lost_connection(void)
{
	db_on_postgresql(DB_TABLES, lose_connection);
}

ON_BOTH(DB_TABLES, test_positions_stay)
ON_BOTH(DB_TABLES, test_sources)
ON_BOTH(DB_TABLES, test_unreadable)
ON_BOTH(DB_TABLES, test_prune_and_backlog)
ON_BOTH(DB_TABLES, test_killed_shipper)
ON_BOTH(DB_TABLES, test_two_nodes)

static const struct test tests[] = {
	BOTH_ONCE("shipping goes on where it was", test_positions_stay),
	BOTH_ONCE("a node ships all its journals", test_sources),
	BOTH_ONCE("a journal that cannot be read is told", test_unreadable),
	BOTH_ONCE("shipped segments are pruned", test_prune_and_backlog),
	BOTH_ONCE("kill -9 ships nothing twice", test_killed_shipper),
	BOTH_ONCE("two nodes ship the same calls at once", test_two_nodes),
	{ "a lost connection loses nothing", test_lost_connection, true },
};

const struct test_suite suite_shipper = TEST_SUITE("shipper", tests);
