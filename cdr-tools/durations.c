/* durations.c - average durations from call records into the store */
#include "cdr-tools/durations.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define DAY_S 86400
#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

#define EVERYBODY INT64_C(0) /* ids begin with 1 */

/* The calls of an owner whose number begins with a prefix. */
struct group {
	int64_t owner; /* id of an account, or EVERYBODY */
	char prefix[PREFIX_MAX + 1];
	int64_t calls;
	int64_t sum_us;	 /* of their durations */
	int64_t seconds; /* the average */
};

struct groups {
	struct group *list;
	size_t n, cap;
};

struct names {
	struct { int64_t id; char *name; } *list;
	size_t n, cap;
};

struct job {
	struct store *store;
	const struct durations_options *options;
	int64_t only;	      /* id of options->account, or EVERYBODY */
	struct names names;   /* of accounts, by id */
	struct groups leaves; /* as the store counted them */
	struct groups found;  /* what the table should have */
	struct groups there;  /* and what it has */
	durations_fn *report;
	void *arg;
	struct durations_result *result;
};

const char *
durations_change_text(enum durations_change_kind kind)
{
	static const char *const texts[] = {
		[DURATIONS_ADDED] = "added",
		[DURATIONS_CHANGED] = "changed",
		[DURATIONS_REMOVED] = "removed",
	};

	return texts[kind];
}

/* --- reading --- */

static const char accounts_sql[] = "SELECT id, account FROM accounts"
				   " ORDER BY id";

/* Of a call that nobody known pays for, everybody's average is made all the
 * same. What is odd is no measure. */
static const char leaves_sql[] =
    "SELECT coalesce(a.id, 0), substr(c.number, 1, %d), count(*),"
    " CAST(sum(c.duration_us) AS bigint)"
    " FROM cdr c LEFT JOIN accounts a ON a.account = c.account"
    " WHERE c.setup_time >= ? AND c.setup_time < ?"
    " AND c.status = 'answered' AND c.duration_us > 0"
    " AND c.anomaly IS NULL AND c.number IS NOT NULL"
    " AND (c.destination_class IS NULL OR c.destination_class <> 'emergency')"
    "%s GROUP BY 1, 2";

static const char there_sql[] =
    "SELECT coalesce(account, 0), prefix, calls, duration_s"
    " FROM measured_durations";

static int
read_names(struct job *job)
{
	struct names *names = &job->names;
	struct store_stmt *stmt;
	int err = store_prepare(job->store, accounts_sql, &stmt);

	if (err == 0)
		err = store_start(stmt, NULL, 0);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		struct str name = store_col_text(stmt, 1);
		char *copy = str_dup(name);

		if (copy == NULL ||
		    mem_grow((void **)&names->list, &names->cap, names->n,
			     sizeof(names->list[0])) != 0) {
			mem_free(copy);
			err = ERR_NOMEM;
			break;
		}
		names->list[names->n].id = store_col_int(stmt, 0);
		names->list[names->n++].name = copy;
		if (job->options->account != NULL &&
		    str_eq_text(name, job->options->account))
			job->only = store_col_int(stmt, 0);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

static const char *
name_of(const struct job *job, int64_t id)
{
	size_t low = 0, high = job->names.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (job->names.list[middle].id == id)
			return job->names.list[middle].name;
		if (job->names.list[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return "";
}

static int
add_group(struct groups *groups, const struct group *group)
{
	if (mem_grow((void **)&groups->list, &groups->cap, groups->n,
		     sizeof(*group)) != 0)
		return ERR_NOMEM;
	groups->list[groups->n++] = *group;
	return 0;
}

/* Numbers are digits; one that is not, which others may have written, has no
 * prefix. */
static void
set_prefix(struct group *group, struct str text)
{
	size_t n = 0;

	while (n < text.len && n < PREFIX_MAX && text.p[n] >= '0' &&
	       text.p[n] <= '9')
		n++;
	if (n > 0)
		memcpy(group->prefix, text.p, n);
	memset(group->prefix + n, 0, sizeof(group->prefix) - n);
}

static int
compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	int order = COMPARE(x->owner, y->owner);

	return order != 0 ? order : strcmp(x->prefix, y->prefix);
}

static void
sort(struct groups *groups)
{
	if (groups->n > 1)
		qsort(groups->list, groups->n, sizeof(groups->list[0]),
		      compare_groups);
}

/* Rows of owner, prefix, calls, and a sum or an average. */
static int
read_groups(struct job *job, const char *sql, bool is_sum,
	    struct groups *out)
{
	const struct store_value params[] = {
		store_time(job->options->from),
		store_time(job->options->until),
		store_text(job->options->account),
	};
	size_t n = !is_sum ? 0 : job->only != EVERYBODY ? 3 : 2;
	struct store_stmt *stmt;
	int err = store_prepare(job->store, sql, &stmt);

	if (err == 0)
		err = store_start(stmt, params, n);
	while (err == 0 && (err = store_next(stmt)) == 0) {
		struct group group = { .owner = store_col_int(stmt, 0),
				       .calls = store_col_int(stmt, 2) };

		set_prefix(&group, store_col_text(stmt, 1));
		*(is_sum ? &group.sum_us : &group.seconds) =
		    store_col_int(stmt, 3);
		if (job->only == EVERYBODY || group.owner == job->only)
			err = add_group(out, &group);
	}
	store_finish(stmt);
	if (err == ERR_END)
		sort(out);
	return err == ERR_END ? 0 : err;
}

static int
read_store(struct job *job)
{
	char sql[sizeof(leaves_sql) + 64];
	int err = read_names(job);

	if (err == 0 && job->options->account != NULL &&
	    job->only == EVERYBODY)
		err = ERR_NOTFOUND;
	snprintf(sql, sizeof(sql), leaves_sql, job->options->digits,
		 job->only != EVERYBODY ? " AND c.account = ?" : "");
	if (err == 0)
		err = read_groups(job, sql, true, &job->leaves);
	if (err == 0)
		err = read_groups(job, there_sql, false, &job->there);
	for (size_t i = 0; i < job->leaves.n; i++)
		job->result->calls += (uint64_t)job->leaves.list[i].calls;
	return err;
}

/* --- averages --- */

/* To the nearest second, as the table can hold it. */
static int64_t
average(const struct group *group)
{
	int64_t whole = group->calls * US_PER_S;
	int64_t seconds = group->sum_us / whole;

	if (group->sum_us % whole >= whole - whole / 2)
		seconds++;
	return seconds < 1 ? 1 : seconds > DAY_S ? DAY_S : seconds;
}

/* All prefixes of a leaf, open while leaves come that begin with them. */
struct roll {
	const struct job *job;
	struct groups *out;
	struct group open[PREFIX_MAX + 1]; /* by length */
	size_t n_open;
};

/* Close those longer than n digits. */
static int
roll_close(struct roll *roll, size_t n)
{
	int err = 0;

	while (roll->n_open > n && err == 0) {
		struct group *group = &roll->open[--roll->n_open];

		group->seconds = average(group);
		if (group->calls >= roll->job->options->min_calls)
			err = add_group(roll->out, group);
	}
	return err;
}

/* Leaves come sorted by prefix. */
static int
roll_add(struct roll *roll, int64_t owner, const struct group *leaf)
{
	size_t len = strlen(leaf->prefix), same = 0;
	int err;

	if (roll->n_open > 0) {
		const char *before = roll->open[roll->n_open - 1].prefix;

		while (same < len && before[same] == leaf->prefix[same])
			same++;
		err = roll_close(roll, same + 1);
		if (err != 0)
			return err;
	}
	for (; roll->n_open <= len; roll->n_open++) {
		struct group *group = &roll->open[roll->n_open];

		*group = (struct group){ .owner = owner };
		memcpy(group->prefix, leaf->prefix, roll->n_open);
	}
	for (size_t i = 0; i <= len; i++) {
		roll->open[i].calls += leaf->calls;
		roll->open[i].sum_us += leaf->sum_us;
	}
	return 0;
}

/* Each account, then everybody. */
static int
roll_up(struct job *job)
{
	struct roll roll = { .job = job, .out = &job->found };
	struct groups *leaves = &job->leaves;
	int err = 0;

	for (size_t i = 0; i < leaves->n && err == 0; i++) {
		const struct group *leaf = &leaves->list[i];

		if (leaf->owner == EVERYBODY)
			continue;
		if (i > 0 && leaf[-1].owner != leaf->owner)
			err = roll_close(&roll, 0);
		if (err == 0)
			err = roll_add(&roll, leaf->owner, leaf);
	}
	if (err == 0)
		err = roll_close(&roll, 0);
	if (err != 0 || job->only != EVERYBODY)
		return err;
	for (size_t i = 0; i < leaves->n; i++)
		leaves->list[i].owner = EVERYBODY;
	sort(leaves);
	for (size_t i = 0; i < leaves->n && err == 0; i++)
		err = roll_add(&roll, EVERYBODY, &leaves->list[i]);
	return err == 0 ? roll_close(&roll, 0) : err;
}

static bool
begins_with(const struct group *group, const struct group *shorter)
{
	return group->owner == shorter->owner &&
	       strncmp(group->prefix, shorter->prefix,
		       strlen(shorter->prefix)) == 0;
}

/* Leave out what the next shorter prefix says as well. */
static void
thin_out(struct groups *groups)
{
	const struct group *above[PREFIX_MAX + 1];
	size_t n_above = 0, n = 0;

	sort(groups);
	for (size_t i = 0; i < groups->n; i++) {
		struct group group = groups->list[i];

		while (n_above > 0 && !begins_with(&group, above[n_above - 1]))
			n_above--;
		if (n_above > 0 && above[n_above - 1]->seconds == group.seconds)
			continue;
		groups->list[n] = group;
		above[n_above++] = &groups->list[n++];
	}
	groups->n = n;
}

/* --- writing --- */

static const char insert_sql[] =
    "INSERT INTO measured_durations (duration_s, calls, account, prefix)"
    " VALUES (?, ?, ?, ?)";
static const char update_sql[] =
    "UPDATE measured_durations SET duration_s = ?, calls = ?"
    " WHERE coalesce(account, 0) = ? AND prefix = ?";
static const char delete_sql[] =
    "DELETE FROM measured_durations"
    " WHERE coalesce(account, 0) = ? AND prefix = ?";

struct writer {
	struct job *job;
	struct store_stmt *stmts[3]; /* by kind of change */
};

static int
write_change(struct writer *writer, enum durations_change_kind kind,
	     const struct group *key, const struct group *now)
{
	bool is_null = key->owner == EVERYBODY && kind == DURATIONS_ADDED;
	const struct store_value params[] = {
		store_int(now != NULL ? now->seconds : 0),
		store_int(now != NULL ? now->calls : 0),
		is_null ? store_null(STORE_INT) : store_int(key->owner),
		store_text(key->prefix),
	};
	size_t first = kind == DURATIONS_REMOVED ? 2 : 0;

	return store_run(writer->stmts[kind], params + first, 4 - first);
}

/* was or now is NULL; or they are of one owner and prefix, and differ. */
static int
change(struct writer *writer, const struct group *was, const struct group *now)
{
	struct job *job = writer->job;
	struct durations_result *result = job->result;
	uint64_t *counts[] = { &result->added, &result->changed,
			       &result->removed };
	enum durations_change_kind kind = was == NULL	? DURATIONS_ADDED
					  : now == NULL ? DURATIONS_REMOVED
							: DURATIONS_CHANGED;
	const struct group *key = now != NULL ? now : was;
	const struct durations_change told = {
		.kind = kind,
		.account = name_of(job, key->owner),
		.prefix = key->prefix,
		.was_s = was != NULL ? was->seconds : 0,
		.was_calls = was != NULL ? was->calls : 0,
		.now_s = now != NULL ? now->seconds : 0,
		.now_calls = now != NULL ? now->calls : 0,
	};

	++*counts[kind];
	if (job->report != NULL)
		job->report(job->arg, &told);
	return job->options->dry_run ? 0
				     : write_change(writer, kind, key, now);
}

/* Both are sorted. */
static int
write_changes(struct writer *writer)
{
	const struct groups *there = &writer->job->there;
	const struct groups *found = &writer->job->found;
	size_t i = 0, k = 0;
	int err = 0;

	while (err == 0 && (i < there->n || k < found->n)) {
		const struct group *was = i < there->n ? &there->list[i] : NULL;
		const struct group *now = k < found->n ? &found->list[k] : NULL;
		int order = was == NULL	  ? 1
			    : now == NULL ? -1
					  : compare_groups(was, now);

		if (order < 0)
			err = change(writer, was, NULL);
		else if (order > 0)
			err = change(writer, NULL, now);
		else if (was->seconds != now->seconds ||
			 was->calls != now->calls)
			err = change(writer, was, now);
		i += order <= 0;
		k += order >= 0;
	}
	return err;
}

static int
write_store(struct job *job)
{
	static const char *const sqls[] = { insert_sql, update_sql,
					    delete_sql };
	struct writer writer = { .job = job };
	int err = 0;

	for (size_t i = 0; i < 3 && err == 0; i++)
		err = store_prepare(job->store, sqls[i], &writer.stmts[i]);
	if (err == 0)
		err = write_changes(&writer);
	for (size_t i = 0; i < 3; i++)
		store_finish(writer.stmts[i]);
	return err;
}

static void
release(struct job *job)
{
	for (size_t i = 0; i < job->names.n; i++)
		mem_free(job->names.list[i].name);
	mem_free(job->names.list);
	mem_free(job->leaves.list);
	mem_free(job->found.list);
	mem_free(job->there.list);
}

int
durations_measure(struct store *store,
		  const struct durations_options *options,
		  durations_fn *report, void *arg,
		  struct durations_result *result)
{
	struct job job = { .store = store, .options = options,
			   .only = EVERYBODY, .report = report, .arg = arg,
			   .result = result };
	int err = store_begin(store);

	*result = (struct durations_result){ 0 };
	if (err == 0)
		err = read_store(&job);
	if (err == 0)
		err = roll_up(&job);
	if (err == 0) {
		thin_out(&job.found);
		result->rows = job.found.n;
		err = write_store(&job);
	}
	if (err == 0 && !options->dry_run)
		err = store_commit(store);
	if (err != 0 || options->dry_run)
		store_rollback(store);
	release(&job);
	return err;
}
