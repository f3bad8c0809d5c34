/* test_sweep.c - calls without an end are closed by rule, and opened again */
#include "acct/sweep.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/acct_line.h"

#define S US_PER_S
#define NONE CDR_NONE
#define ANSWER (CALL_SETUP + 3 * S)

static const struct sweep_settings an_hour = {
	.max_call_s = 3600,
	.grace_s = 60,
};

/* Seconds after the answer, NONE where not known. */
static const struct rule {
	const char *what;
	int64_t last_seen, session_s, max_call_s;
	int64_t alive, due;
	enum cdr_end by;
} rules[] = {
	{ "nothing but the answer", NONE, NONE, NONE, 0, 3660, CDR_END_SWEEP },
	{ "the account's longest call", NONE, NONE, 600, 0, 660,
	  CDR_END_SWEEP },
	{ "another sign of life", 1000, NONE, NONE, 1000, 3660, CDR_END_SWEEP },
	{ "alive after the longest call", 5000, NONE, NONE, 5000, 8660,
	  CDR_END_SWEEP },
	{ "a session interval", NONE, 1800, NONE, 0, 1860,
	  CDR_END_SESSION_TIMER },
	{ "refreshed", 900, 1800, NONE, 900, 2760, CDR_END_SESSION_TIMER },
	{ "refreshed, the longest call ends first", 3000, 1800, NONE, 3000,
	  3660, CDR_END_SWEEP },
	{ "refreshed beyond the longest call", 4000, 1800, NONE, 4000, 5860,
	  CDR_END_SESSION_TIMER },
	{ "an interval of a week", NONE, 604800, NONE, 0, 3660, CDR_END_SWEEP },
	{ "a sign of life before the answer", -2, NONE, NONE, 0, 3660,
	  CDR_END_SWEEP },
	{ "an interval of nothing", NONE, 0, 0, 0, 3660, CDR_END_SWEEP },
};

static void
calls_are_over_by_rule(void)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];
		struct sweep_life life = { .setup = CALL_SETUP,
					   .answer = ANSWER,
					   .last_seen = NONE,
					   .session_s = rule->session_s,
					   .max_call_s = rule->max_call_s };
		struct sweep_verdict verdict;

		test_row(rule->what);
		if (rule->last_seen != NONE)
			life.last_seen = ANSWER + rule->last_seen * S;
		sweep_judge(&an_hour, &life, &verdict);
		CHECK(verdict.alive == ANSWER + rule->alive * S);
		CHECK(verdict.due == ANSWER + rule->due * S);
		CHECK(verdict.by == rule->by);
	}
}

static void
without_an_answer_the_invite_counts(void)
{
	struct sweep_life life = { CALL_SETUP, NONE, NONE, NONE, NONE };
	struct sweep_verdict verdict;

	sweep_judge(&an_hour, &life, &verdict);
	CHECK(verdict.alive == CALL_SETUP);
	CHECK(verdict.due == CALL_SETUP + 3660 * S);
}

/* --- in the store --- */

static int
sweep_at(struct store *store, int64_t after_answer_s,
	 struct sweep_result *result)
{
	struct sweep_settings settings = an_hour;

	settings.now = ANSWER + after_answer_s * S;
	return sweep_run(store, &settings, NULL, NULL, result);
}

/* status, seconds from answer to end, end_source, anomaly */
static bool
check_record(struct store *store, const char *call_id, const char *expected)
{
	char sql[300];

	snprintf(sql, sizeof(sql),
		 "SELECT status, duration_us / 1000000, end_source, anomaly"
		 " FROM cdr WHERE call_id = '%s'",
		 call_id);
	return ROWS(store, sql, "siss", expected);
}

static void
life_event(struct event *out, const char *call_id, int64_t after_answer_s,
	   int64_t session_s)
{
	start_event(out, call_id, "t");
	out->type = EVENT_REFRESH;
	out->cdr.node = NULL;
	out->cdr.last_seen = ANSWER + after_answer_s * S;
	out->cdr.session_s = session_s;
}

static void
open_calls_are_closed_when_due(struct store *store)
{
	struct sweep_result result;
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "plain", "t");
	if (!OK(put_event(line.journal, &event)))
		goto out;
	start_event(&event, "timed", "t");
	event.cdr.session_s = 600;
	if (!OK(put_event(line.journal, &event)))
		goto out;
	life_event(&event, "timed", 500, 600);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	start_event(&event, "over", "t");
	if (!OK(put_event(line.journal, &event)))
		goto out;
	stop_event(&event, "over", "t", 63000000, CDR_END_CALLER);
	if (!OK(ship_event(&line, &event)) ||
	    !OK(sweep_at(store, 1159, &result)))
		goto out;
	CHECK(result.open == 2 && result.swept == 0);
	if (!OK(sweep_at(store, 1160, &result)))
		goto out;
	CHECK(result.open == 2 && result.swept == 1 && result.by_session == 1);
	check_record(store, "timed", "swept|500|session_timer|-");
	check_record(store, "plain", "open|-|-|-");
	check_record(store, "over", "answered|60|caller|-");
	if (!OK(sweep_at(store, 3660, &result)))
		goto out;
	CHECK(result.open == 1 && result.swept == 1 && result.by_session == 0);
	check_record(store, "plain", "swept|0|sweep|zero_duration");
	CHECK(sweep_at(store, 100000, &result) == 0 && result.open == 0);
	COUNT(store, "cdr_corrections", "0");
out:
	close_line(&line);
}
ON_BOTH(DB_TABLES, open_calls_are_closed_when_due)

static void
the_account_has_its_own_longest_call(struct store *store)
{
	struct sweep_result result;
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(store_exec(store, "INSERT INTO accounts (account, max_call_s)"
				  " VALUES ('acme', 600)")) ||
	    !OK(ship_event(&line, &event)) ||
	    !OK(sweep_at(store, 660, &result)))
		goto out;
	CHECK(result.swept == 1);
out:
	close_line(&line);
}
ON_BOTH(DB_TABLES, the_account_has_its_own_longest_call)

static void
life_after_the_sweep_opens_the_record(struct store *store)
{
	struct sweep_result result;
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)) ||
	    !OK(sweep_at(store, 4000, &result)) ||
	    !OK(store_exec(store, "UPDATE cdr SET rating_run = 7,"
				  " sell_amount = 3")))
		goto out;
	check_record(store, "c", "swept|0|sweep|zero_duration");
	life_event(&event, "c", 4100, NONE);
	if (!OK(ship_event(&line, &event)) ||
	    !OK(sweep_at(store, 4200, &result)))
		goto out;
	CHECK(result.reopened == 1 && result.swept == 0);
	check_record(store, "c", "open|-|-|-");
	ROWS(store, "SELECT cause, old_rating_run FROM cdr_corrections", "si",
	     "life after sweep|7");
	ROWS(store, "SELECT rating_run, sell_amount FROM cdr", "im", "-|-");
	/* Late again, and seen at once: opened and closed in one go. */
	if (!OK(sweep_at(store, 9000, &result)))
		goto out;
	check_record(store, "c", "swept|4100|sweep|-");
	life_event(&event, "c", 4500, NONE);
	if (!OK(ship_event(&line, &event)) ||
	    !OK(sweep_at(store, 20000, &result)))
		goto out;
	CHECK(result.reopened == 0 && result.swept == 1);
	check_record(store, "c", "swept|4500|sweep|-");
	COUNT(store, "cdr_corrections", "2");
	/* And the real end. */
	stop_event(&event, "c", "t", 8003000000, CDR_END_CALLEE);
	if (OK(ship_event(&line, &event)))
		check_record(store, "c", "answered|8000|callee|-");
	COUNT(store, "cdr_corrections", "3");
out:
	close_line(&line);
}
ON_BOTH(DB_TABLES, life_after_the_sweep_opens_the_record)

static void
a_dry_run_changes_nothing(struct store *store)
{
	struct sweep_settings settings = an_hour;
	struct sweep_result result;
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(ship_event(&line, &event)))
		goto out;
	settings.now = ANSWER + 4000 * S;
	settings.account = "other";
	if (!OK(sweep_run(store, &settings, NULL, NULL, &result)))
		goto out;
	CHECK(result.open == 0);
	settings.account = "acme";
	settings.dry_run = true;
	if (!OK(sweep_run(store, &settings, NULL, NULL, &result)))
		goto out;
	CHECK(result.open == 1 && result.swept == 1);
	check_record(store, "c", "open|-|-|-");
	settings.dry_run = false;
	if (OK(sweep_run(store, &settings, NULL, NULL, &result)))
		CHECK(result.swept == 1);
	check_record(store, "c", "swept|0|sweep|zero_duration");
out:
	close_line(&line);
}
ON_BOTH(DB_TABLES, a_dry_run_changes_nothing)

static void
count_call(void *arg, const struct sweep_call *call)
{
	int *n = arg;

	CHECK(str_eq_text(str_of(call->account), "acme") && !call->reopened);
	++*n;
}

/* More than a batch, with ends and young calls between them. */
static void
many_calls_go_in_batches(struct store *store)
{
	struct sweep_settings settings = an_hour;
	struct sweep_result result;
	struct event event;
	struct line line;
	char call_id[20];
	int n = 0;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (int i = 0; i < 1201; i++) {
		snprintf(call_id, sizeof(call_id), "call%d", i);
		start_event(&event, call_id, i % 2 == 0 ? "a" : "b");
		event.cdr.setup_time += i % 7;
		if (i % 3 == 0)
			event.cdr.answer_time += 5000 * S;
		if (!OK(put_event(line.journal, &event)))
			goto out;
	}
	settings.now = ANSWER + 4000 * S;
	if (!OK(ship(&line)) ||
	    !OK(sweep_run(store, &settings, count_call, &n, &result)))
		goto out;
	CHECK(result.open == 1201 && result.swept == 800 && n == 800);
	ROWS(store, "SELECT status, count(*) FROM cdr GROUP BY status"
		    " ORDER BY status",
	     "si", "open|401\nswept|800");
out:
	close_line(&line);
}
ON_BOTH(DB_TABLES, many_calls_go_in_batches)

/* An end before its answer, and a call of which only the BYE was found. */
static void
odd_records_are_marked(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "back", "t");
	if (!OK(put_event(line.journal, &event)))
		goto out;
	stop_event(&event, "back", "t", 1000000, CDR_END_CALLER);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	stop_event(&event, "lost", "t", 63000000, CDR_END_CALLEE);
	event.cdr.answer_time = NONE;
	if (!OK(ship_event(&line, &event)))
		goto out;
	check_record(store, "back", "answered|-2|caller|negative_duration");
	check_record(store, "lost", "answered|-|callee|no_start");
	/* The journal with the start is found. */
	start_event(&event, "lost", "t");
	if (OK(ship_event(&line, &event)))
		check_record(store, "lost", "answered|60|callee|-");
out:
	close_line(&line);
}
ON_BOTH(DB_TABLES, odd_records_are_marked)

/* --- while somebody ships --- */

/* Another connection in the middle of a transaction that tells more of a call. */
struct other {
	const char *sql;
	_Atomic bool is_in; /* it has written, and not committed */
	int err;
};

static void *
write_slowly(void *arg)
{
	struct other *other = arg;
	char error[STORE_ERROR_MAX];
	struct store *store;

	other->err = store_open(db_url(), 0, &store, error);
	if (other->err == 0) {
		other->err = store_begin(store);
		if (other->err == 0)
			other->err = store_exec(store, other->sql);
		atomic_store(&other->is_in, true);
		usleep(200000);
		if (other->err == 0)
			other->err = store_commit(store);
		store_close(store);
	}
	atomic_store(&other->is_in, true);
	return NULL;
}

/* The sweep reads what was before, waits to write, and then finds more. */
static void
what_comes_meanwhile_lets_the_record_be(struct store *store)
{
	static const struct {
		const char *what, *sql, *row;
	} rows[] = {
		{ "a START: when it was answered",
		  "UPDATE cdr SET answer_time = last_seen", "open|-|-|no_start" },
		{ "a START: the interval", "UPDATE cdr SET session_s = 90000",
		  "open|-|-|no_start" },
		{ "another sign of life", "UPDATE cdr SET last_seen = setup_time",
		  "open|-|-|no_start" },
		{ "nothing of it", "UPDATE cdr SET account = 'x'",
		  "swept|-|sweep|no_start" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct other other = { .sql = rows[i].sql };
		struct sweep_result result;
		struct event event;
		struct line line;
		pthread_t thread;

		test_row(rows[i].what);
		if (!OK(open_line(&line, store, 0)))
			goto out;
		life_event(&event, "c", 0, NONE);
		event.cdr.answer_time = NONE;
		if (!OK(ship_event(&line, &event)))
			goto out;
		if (pthread_create(&thread, NULL, write_slowly, &other) != 0)
			goto out;
		while (!atomic_load(&other.is_in))
			usleep(1000);
		OK(sweep_at(store, 4000, &result));
		pthread_join(thread, NULL);
		OK(other.err);
		check_record(store, "c", rows[i].row);
		OK(store_exec(store, "DELETE FROM cdr; DELETE FROM"
				     " journal_position"));
out:
		close_line(&line);
	}
	test_row(NULL);
}
ON_BOTH(DB_TABLES, what_comes_meanwhile_lets_the_record_be)

static const struct test tests[] = {
	{ "calls are over by rule", calls_are_over_by_rule, true },
	{ "without an answer the INVITE counts",
	  without_an_answer_the_invite_counts, true },
	BOTH("open calls are closed when due", open_calls_are_closed_when_due),
	BOTH_ONCE("what comes meanwhile lets the record be",
		  what_comes_meanwhile_lets_the_record_be),
	BOTH("the account has its own longest call",
	     the_account_has_its_own_longest_call),
	BOTH_ONCE("life after the sweep opens the record",
		  life_after_the_sweep_opens_the_record),
	BOTH_ONCE("a dry run changes nothing", a_dry_run_changes_nothing),
	BOTH_ONCE("many calls go in batches", many_calls_go_in_batches),
	BOTH_ONCE("odd records are marked", odd_records_are_marked),
};

const struct test_suite suite_sweep = TEST_SUITE("sweep", tests);
