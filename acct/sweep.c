/* sweep.c - closing calls whose end never came */
#include "acct/sweep.h"

#include <stdio.h>

#include "acct/correct.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"

#define BATCH 500
#define MAX_TRIES 5

static const char read_sql[] =
    "SELECT c.setup_time, c.call_key, c.to_tag, c.call_id, c.account,"
    " c.number, c.gateway, c.answer_time, c.last_seen, c.session_s,"
    " a.max_call_s, c.end_time, c.status, c.id"
    " FROM cdr c LEFT JOIN accounts a ON a.account = c.account"
    " WHERE (c.status = 'open'"
    " OR (c.status = 'swept' AND c.last_seen > c.end_time))"
    " AND c.setup_time <= ?"
    " AND (c.setup_time, c.call_key, c.to_tag) > (?, ?, ?)%s"
    " ORDER BY c.setup_time, c.call_key, c.to_tag LIMIT ?";

/* A sign of life, an end, or a START with what it knows of the answer, that came
 * meanwhile lets the record be: the next sweep judges it anew. */
static const char close_sql[] =
    "UPDATE cdr SET status = 'swept', end_time = ?, end_source = ?,"
    " reason = ?, swept_time = ?"
    " WHERE setup_time = ? AND call_key = ? AND to_tag = ?"
    " AND status = 'open' AND coalesce(last_seen, setup_time) = ?"
    " AND coalesce(answer_time, setup_time) = ?"
    " AND coalesce(session_s, 0) = ?";
static const char reopen_sql[] =
    "UPDATE cdr SET status = 'open', end_time = NULL, end_source = NULL,"
    " reason = NULL, swept_time = NULL"
    " WHERE setup_time = ? AND call_key = ? AND to_tag = ?"
    " AND status = 'swept' AND last_seen > end_time";

struct found {
	const char *call_key, *to_tag;
	struct sweep_call call;
	bool was_swept;
};

struct sweep {
	struct store *store;
	const struct sweep_settings *settings;
	struct sweep_result *result;
	struct arena texts;
	struct found rows[BATCH];
	size_t n;
	size_t n_read; /* with those that are damaged */
	struct found last; /* of them; its key only */
	sweep_fn *report;
	void *arg;
	bool changed[BATCH];
};

/* --- the rule --- */

static int64_t
later_of(int64_t a, int64_t b)
{
	return a > b ? a : b; /* CDR_NONE is before all */
}

void
sweep_judge(const struct sweep_settings *settings,
	    const struct sweep_life *life, struct sweep_verdict *out)
{
	int64_t max_call_s = life->max_call_s > 0 ? life->max_call_s
						  : settings->max_call_s;
	time_us begin = life->answer != CDR_NONE ? life->answer : life->setup;
	time_us limit = begin + max_call_s * US_PER_S;

	out->alive = later_of(begin, life->last_seen);
	out->by = CDR_END_SWEEP;
	out->due = limit;
	if (out->alive > limit)
		out->due = out->alive + max_call_s * US_PER_S;
	if (life->session_s > 0 &&
	    out->alive + life->session_s * US_PER_S < out->due) {
		out->due = out->alive + life->session_s * US_PER_S;
		out->by = CDR_END_SESSION_TIMER;
	}
	out->due += settings->grace_s * US_PER_S;
}

static const char *
reason_of(enum cdr_end by)
{
	return by == CDR_END_SESSION_TIMER ? "session interval over"
					   : "longest call over";
}

/* --- reading --- */

static int64_t
number_or_none(struct store_stmt *stmt, int column, bool is_time)
{
	if (store_col_is_null(stmt, column))
		return CDR_NONE;
	return is_time ? store_col_time(stmt, column)
		       : store_col_int(stmt, column);
}

/* A copy, "" for NULL; NULL without memory. */
static const char *
keep(struct sweep *sweep, struct store_stmt *stmt, int column)
{
	struct str text = store_col_text(stmt, column);

	return arena_strndup(&sweep->texts, text.p != NULL ? text.p : "",
			     text.len);
}

static void
note_damaged(struct sweep *sweep, int64_t id, const char *why)
{
	char what[STORE_ERROR_MAX + 32];

	sweep->result->damaged++;
	snprintf(what, sizeof(what), "cdr %lld: %s", (long long)id, why);
	if (sweep->settings->damaged != NULL)
		sweep->settings->damaged(sweep->arg, what);
}

/* Whether the row cannot be used, and that is noted. Intervals that nobody can
 * have meant are damage, too: with them sums would overflow. */
static bool
is_damaged(struct sweep *sweep, struct store_stmt *stmt,
	   const struct sweep_life *life)
{
	int64_t id = store_col_int(stmt, 13);
	char why[STORE_ERROR_MAX];

	if (store_is_damaged(stmt))
		snprintf(why, sizeof(why), "%s", store_error(sweep->store));
	else if (life->session_s > UINT32_MAX)
		snprintf(why, sizeof(why),
			 "column session_s is %lld, expected at most %lld",
			 (long long)life->session_s, (long long)UINT32_MAX);
	else if (life->max_call_s > UINT32_MAX)
		snprintf(why, sizeof(why),
			 "max_call_s of account is %lld, expected at most %lld",
			 (long long)life->max_call_s, (long long)UINT32_MAX);
	else
		return false;
	note_damaged(sweep, id, why);
	return true;
}

static int
take_row(struct sweep *sweep, struct store_stmt *stmt)
{
	struct found *row = &sweep->rows[sweep->n];
	struct sweep_call *call = &row->call;

	*row = (struct found){ .call_key = keep(sweep, stmt, 1),
			       .to_tag = keep(sweep, stmt, 2) };
	call->call_id = keep(sweep, stmt, 3);
	call->account = keep(sweep, stmt, 4);
	call->number = keep(sweep, stmt, 5);
	call->gateway = keep(sweep, stmt, 6);
	call->life = (struct sweep_life){
		.setup = store_col_time(stmt, 0),
		.answer = number_or_none(stmt, 7, true),
		.last_seen = number_or_none(stmt, 8, true),
		.session_s = number_or_none(stmt, 9, false),
		.max_call_s = number_or_none(stmt, 10, false),
	};
	row->was_swept = str_eq_text(store_col_text(stmt, 12), "swept");
	if (row->call_key == NULL || row->to_tag == NULL ||
	    call->call_id == NULL || call->account == NULL ||
	    call->number == NULL || call->gateway == NULL)
		return ERR_NOMEM;
	sweep->n_read++;
	sweep->last = *row;
	if (is_damaged(sweep, stmt, &call->life))
		return 0;
	sweep_judge(sweep->settings, &call->life, &call->verdict);
	call->reopened = row->was_swept &&
			 call->verdict.due > sweep->settings->now;
	sweep->n++;
	return 0;
}

static int
read_rows(struct sweep *sweep, const struct store_value params[6],
	  size_t n_params)
{
	static const char of_account[] = " AND c.account = ?";
	char sql[sizeof(read_sql) + sizeof(of_account)];
	struct store_stmt *stmt;
	int err;

	snprintf(sql, sizeof(sql), read_sql,
		 sweep->settings->account != NULL ? of_account : "");
	err = store_prepare(sweep->store, sql, &stmt);
	if (err != 0)
		return err;
	err = store_start(stmt, params, n_params);
	while (err == 0 && (err = store_next(stmt)) == 0)
		err = take_row(sweep, stmt);
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* The calls behind those of the batch before; the first time from the
 * beginning. */
static int
read_batch(struct sweep *sweep, const struct found *last)
{
	const struct sweep_settings *settings = sweep->settings;
	struct store_value params[6] = {
		store_time(settings->now - settings->grace_s * US_PER_S),
		store_time(last != NULL ? last->call.life.setup : 0),
		store_text(last != NULL ? last->call_key : ""),
		store_text(last != NULL ? last->to_tag : ""),
	};
	size_t n = 4;

	sweep->n = sweep->n_read = 0;
	if (settings->account != NULL)
		params[n++] = store_text(settings->account);
	params[n++] = store_int(BATCH);
	return read_rows(sweep, params, n);
}

/* --- writing --- */

static int
close_call(struct store_stmt *stmt, const struct found *row, time_us now)
{
	const struct sweep_life *life = &row->call.life;
	const struct sweep_verdict *verdict = &row->call.verdict;
	const struct store_value params[] = {
		store_time(verdict->alive),
		store_text(cdr_end_text(verdict->by)),
		store_text(reason_of(verdict->by)),
		store_time(now),
		store_time(life->setup),
		store_text(row->call_key),
		store_text(row->to_tag),
		store_time(life->last_seen != CDR_NONE ? life->last_seen
						       : life->setup),
		store_time(life->answer != CDR_NONE ? life->answer
						    : life->setup),
		store_int(life->session_s != CDR_NONE ? life->session_s : 0),
	};

	return store_run(stmt, params, 10);
}

static int
reopen_call(struct sweep *sweep, struct store_stmt *stmt,
	    const struct found *row)
{
	const struct correct_key key = { row->call.life.setup, row->call_key,
					 row->to_tag };
	const struct store_value params[] = { store_time(key.setup),
					      store_text(key.call_key),
					      store_text(key.to_tag) };
	int err = correct_note(sweep->store, &key, CORRECT_LIFE,
			       sweep->settings->now);

	if (err == 0)
		err = store_run(stmt, params, 3);
	return err;
}

/* Of a swept call that has shown life since, the end is taken back first; when
 * it is due again, another one follows. */
static int
change_row(struct sweep *sweep, size_t i, struct store_stmt *reopening,
	   struct store_stmt *closing)
{
	const struct found *row = &sweep->rows[i];
	bool is_due = row->call.verdict.due <= sweep->settings->now;
	int err = 0;

	sweep->changed[i] = false;
	if (!is_due && !row->was_swept)
		return 0;
	sweep->changed[i] = true;
	if (sweep->settings->dry_run)
		return 0;
	if (row->was_swept) {
		err = reopen_call(sweep, reopening, row);
		sweep->changed[i] = store_changes(sweep->store) == 1;
	}
	if (err == 0 && is_due && sweep->changed[i]) {
		err = close_call(closing, row, sweep->settings->now);
		sweep->changed[i] = store_changes(sweep->store) == 1;
	}
	return err;
}

static int
change_rows(struct sweep *sweep)
{
	struct store_stmt *reopening = NULL, *closing = NULL;
	int err = store_prepare(sweep->store, reopen_sql, &reopening);

	if (err == 0)
		err = store_prepare(sweep->store, close_sql, &closing);
	for (size_t i = 0; i < sweep->n && err == 0; i++)
		err = change_row(sweep, i, reopening, closing);
	store_finish(reopening);
	store_finish(closing);
	return err;
}

static bool
is_anything_due(const struct sweep *sweep)
{
	for (size_t i = 0; i < sweep->n; i++) {
		const struct found *row = &sweep->rows[i];

		if (row->was_swept ||
		    row->call.verdict.due <= sweep->settings->now)
			return true;
	}
	return false;
}

/* Whoever ships, or sweeps too, may be in the way. */
static int
write_batch(struct sweep *sweep)
{
	int err = ERR_CONFLICT;

	for (int i = 0; i < MAX_TRIES && err == ERR_CONFLICT; i++) {
		err = store_begin(sweep->store);
		if (err == 0)
			err = change_rows(sweep);
		if (err == 0)
			err = store_commit(sweep->store);
		if (err != 0)
			store_rollback(sweep->store);
	}
	return err;
}

static void
count_batch(struct sweep *sweep, bool looked_at)
{
	struct sweep_result *result = sweep->result;

	result->open += sweep->n;
	for (size_t i = 0; i < sweep->n && looked_at; i++) {
		const struct sweep_call *call = &sweep->rows[i].call;

		if (!sweep->changed[i])
			continue;
		if (call->reopened)
			result->reopened++;
		else
			result->swept++;
		if (!call->reopened && call->verdict.by == CDR_END_SESSION_TIMER)
			result->by_session++;
		if (sweep->report != NULL)
			sweep->report(sweep->arg, call);
	}
}

static int
do_batch(struct sweep *sweep)
{
	bool is_due = is_anything_due(sweep);
	int err = 0;

	if (is_due && sweep->settings->dry_run)
		err = change_rows(sweep);
	else if (is_due)
		err = write_batch(sweep);
	if (err == 0)
		count_batch(sweep, is_due);
	return err;
}

int
sweep_run(struct store *store, const struct sweep_settings *settings,
	  sweep_fn *report, void *arg, struct sweep_result *result)
{
	struct sweep *sweep = mem_zalloc(1, sizeof(*sweep));
	struct arena before;
	int err;

	*result = (struct sweep_result){ 0 };
	if (sweep == NULL)
		return ERR_NOMEM;
	sweep->store = store;
	sweep->settings = settings;
	sweep->result = result;
	sweep->report = report;
	sweep->arg = arg;
	arena_init(&sweep->texts, NULL, 0, 0);
	err = read_batch(sweep, NULL);
	while (err == 0 && sweep->n_read > 0) {
		struct found last = sweep->last;
		bool more = sweep->n_read == BATCH;

		err = do_batch(sweep);
		if (err != 0 || !more)
			break;
		/* The texts of `last` are needed for one more question. */
		before = sweep->texts;
		arena_init(&sweep->texts, NULL, 0, 0);
		err = read_batch(sweep, &last);
		arena_fini(&before);
	}
	arena_fini(&sweep->texts);
	mem_free(sweep);
	return err;
}
