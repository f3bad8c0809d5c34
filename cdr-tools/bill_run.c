/* bill_run.c - the bills of a month, one account after the other */
#include "cdr-tools/bill_run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/err.h"
#include "cdr-tools/bill_csv.h"
#include "cdr-tools/bill_html.h"
#include "cdr-tools/outfile.h"

/* The month begins somewhere on Earth up to this long before or after it does
 * in UTC. */
#define ZONE_SPAN_US (INT64_C(15) * 3600 * US_PER_S)

static const char accounts_sql[] =
    "SELECT DISTINCT account FROM cdr WHERE answer_time >= ?"
    " AND answer_time < ? AND account IS NOT NULL"
    " AND status IN ('open', 'answered', 'swept') ORDER BY account";
static const char nobody_sql[] =
    "SELECT number, destination FROM cdr WHERE account IS NULL"
    " AND answer_time >= ? AND answer_time < ?"
    " AND status IN ('answered', 'swept') ORDER BY answer_time";
static const char known_sql[] =
    "SELECT count(*) FROM accounts WHERE account = ?";

struct run {
	struct store *store;
	const struct bill_run_options *options;
	struct bill_run_result *result;
	struct bill_tariffs tariffs;
	struct arena texts;
	const char **accounts;
	size_t n_accounts, accounts_cap;
	struct outfile summary;
	char *error;
};

static int
fail_store(struct run *run, int err)
{
	bool is_db = err == ERR_DB || err == ERR_CONFLICT;

	snprintf(run->error, STORE_ERROR_MAX, "call records: %s",
		 is_db ? store_error(run->store) : err_text(err));
	return err;
}

static int
fail_file(struct run *run, int err, const char *name)
{
	snprintf(run->error, STORE_ERROR_MAX, "%.200s/%.200s: %s",
		 run->options->dir, name,
		 err == ERR_IO ? strerror(errno) : err_text(err));
	return err;
}

static int
add_account(struct run *run, struct str name)
{
	char *copy = arena_strndup(&run->texts, name.p, name.len);
	int err = copy == NULL ? ERR_NOMEM : 0;

	if (err == 0)
		err = mem_grow((void **)&run->accounts, &run->accounts_cap,
			       run->n_accounts, sizeof(char *));
	if (err == 0)
		run->accounts[run->n_accounts++] = copy;
	return err;
}

static int
take_account(struct run *run, struct store_stmt *stmt)
{
	return add_account(run, store_col_text(stmt, 0));
}

/* A call nobody can be billed for. */
static int
take_nobody(struct run *run, struct store_stmt *stmt)
{
	run->result->nobody++;
	return unpriced_add(&run->result->tally, "no account", str_make("", 0),
			    store_col_text(stmt, 1), store_col_text(stmt, 0));
}

/* Call take for each row of a query over a stretch of time. */
static int
read_rows(struct run *run, const char *sql, time_us from, time_us until,
	  int (*take)(struct run *run, struct store_stmt *stmt))
{
	const struct store_value params[] = { store_time(from),
					      store_time(until) };
	struct store_stmt *stmt;
	int err = store_prepare(run->store, sql, &stmt);

	if (err != 0)
		return err;
	err = store_start(stmt, params, 2);
	while (err == 0) {
		err = store_next(stmt);
		if (err == 0)
			err = take(run, stmt);
	}
	store_finish(stmt);
	return err == ERR_END ? 0 : err;
}

/* Whether the account asked for is in the table or has calls. */
static int
check_account(struct run *run)
{
	const char *account = run->options->account;
	const struct store_value key = store_text(account);
	int64_t n = 0;
	int err;

	for (size_t i = 0; i < run->n_accounts && n == 0; i++)
		n = strcmp(run->accounts[i], account) == 0;
	run->n_accounts = 0;
	err = n > 0 ? 0 : store_get_int(run->store, known_sql, &key, 1, &n);
	if (err != 0)
		return fail_store(run, err);
	if (n > 0) {
		err = add_account(run, str_of(account));
		return err != 0 ? fail_store(run, err) : 0;
	}
	snprintf(run->error, STORE_ERROR_MAX,
		 "account %.200s: no such account, expected one of the table "
		 "or of the call records",
		 account);
	return ERR_NOTFOUND;
}

/* Calls without an account are of the month of the default zone. */
static int
find_nobody(struct run *run)
{
	time_us from, until;
	struct zone *zone;
	int err = zone_new(run->options->default_zone, &zone);

	if (err != 0)
		return err;
	period_span(&run->options->period, zone, &from, &until);
	zone_free(zone);
	return read_rows(run, nobody_sql, from, until, take_nobody);
}

/* Whose bills to make, and what calls belong to nobody. */
static int
find_accounts(struct run *run)
{
	time_us from, until;
	int err;

	period_span(&run->options->period, NULL, &from, &until);
	err = read_rows(run, accounts_sql, from - ZONE_SPAN_US,
			until + ZONE_SPAN_US, take_account);
	if (err == 0 && run->options->account == NULL)
		err = find_nobody(run);
	if (err != 0)
		return fail_store(run, err);
	return run->options->account != NULL ? check_account(run) : 0;
}

static int
write_call(void *arg, const struct bill_call *call)
{
	bill_csv_call(arg, call);
	return 0;
}

/* DIR/STEM.SUFFIX of a bill that is made. */
static int
write_file(struct run *run, const struct bill *bill, const char *stem,
	   const char *suffix,
	   void (*write)(FILE *file, const struct bill *bill))
{
	char name[OUTFILE_STEM_MAX + 16];
	struct outfile out;
	int err;

	snprintf(name, sizeof(name), "%s%s", stem, suffix);
	err = outfile_open(&out, run->options->dir, name);
	if (err != 0)
		return fail_file(run, err, name);
	write(out.file, bill);
	err = outfile_commit(&out);
	return err != 0 ? fail_file(run, err, name) : 0;
}

static bool
is_empty(const struct run *run, const struct bill *bill)
{
	return bill->calls == 0 && bill->unpriced == 0 &&
	       run->options->account == NULL;
}

/* The calls, whose file is complete but not yet there, and the others. */
static int
write_files(struct run *run, const struct bill *bill, const char *stem,
	    struct outfile *calls)
{
	int err = outfile_commit(calls);

	if (err != 0)
		return fail_file(run, err, stem);
	err = write_file(run, bill, stem, ".csv", bill_csv_lines);
	if (err == 0)
		err = write_file(run, bill, stem, ".html", bill_html);
	if (err == 0)
		bill_csv_summary_row(run->summary.file, bill);
	return err;
}

static int
make_with_files(struct run *run, struct bill *bill,
		struct bill_request *request)
{
	char stem[OUTFILE_STEM_MAX], name[OUTFILE_STEM_MAX + 16];
	struct outfile calls;
	int err = outfile_stem(str_of(request->account), stem);

	if (err != 0)
		return fail_file(run, err, request->account);
	snprintf(name, sizeof(name), "%s-calls.csv", stem);
	err = outfile_open(&calls, run->options->dir, name);
	if (err != 0)
		return fail_file(run, err, name);
	bill_csv_calls_header(calls.file);
	request->on_call = write_call;
	request->arg = calls.file;
	err = bill_make(bill, run->store, request, run->error);
	if (err == 0 && !is_empty(run, bill))
		err = write_files(run, bill, stem, &calls);
	outfile_abort(&calls);
	return err;
}

static int
make_one(struct run *run, const char *account)
{
	struct bill_request request = {
		.account = account,
		.period = run->options->period,
		.default_zone = run->options->default_zone,
		.tariffs = &run->tariffs,
		.unpriced = &run->result->tally,
	};
	struct bill bill;
	int err;

	memset(&bill, 0, sizeof(bill));
	if (run->options->dir != NULL)
		err = make_with_files(run, &bill, &request);
	else
		err = bill_make(&bill, run->store, &request, run->error);
	if (err == 0) {
		run->result->unpriced += bill.unpriced;
		run->result->open += bill.open;
		run->result->bills += !is_empty(run, &bill);
	}
	if (err == 0 && !is_empty(run, &bill) && run->options->on_bill != NULL)
		err = run->options->on_bill(run->options->arg, &bill);
	bill_fini(&bill);
	return err;
}

static int
begin_summary(struct run *run)
{
	const char *dir = run->options->dir;
	int err;

	if (mkdir(dir, 0750) != 0 && errno != EEXIST) {
		snprintf(run->error, STORE_ERROR_MAX,
			 "%.300s: cannot be made: %s", dir, strerror(errno));
		return ERR_IO;
	}
	err = outfile_open(&run->summary, dir, "summary.csv");
	if (err != 0)
		return fail_file(run, err, "summary.csv");
	bill_csv_summary_header(run->summary.file);
	return 0;
}

static int
make_all(struct run *run)
{
	int err = run->options->dir != NULL ? begin_summary(run) : 0;

	if (run->options->progress != NULL)
		run->options->progress->total = run->n_accounts;
	for (size_t i = 0; i < run->n_accounts && err == 0; i++) {
		err = make_one(run, run->accounts[i]);
		if (run->options->progress != NULL)
			cli_progress_at(run->options->progress, i + 1);
	}
	if (err == 0 && run->options->dir != NULL) {
		err = outfile_commit(&run->summary);
		if (err != 0)
			fail_file(run, err, "summary.csv");
	}
	outfile_abort(&run->summary);
	return err;
}

static int
prepare(struct run *run)
{
	int err = unpriced_init(&run->result->tally);

	if (err == 0)
		err = store_begin(run->store);
	if (err != 0)
		return fail_store(run, err);
	err = bill_tariffs_load(&run->tariffs, run->store, run->error);
	return err != 0 ? err : find_accounts(run);
}

int
bill_run(struct store *store, const struct bill_run_options *options,
	 struct bill_run_result *result, char error[STORE_ERROR_MAX])
{
	struct run run = { .store = store,
			   .options = options,
			   .result = result,
			   .error = error };
	int err;

	memset(result, 0, sizeof(*result));
	error[0] = '\0';
	arena_init(&run.texts, NULL, 0, 0);
	err = prepare(&run);
	if (err == 0)
		err = make_all(&run);
	store_rollback(store);
	bill_tariffs_fini(&run.tariffs);
	mem_free(run.accounts);
	arena_fini(&run.texts);
	return err;
}

void
bill_run_result_fini(struct bill_run_result *result)
{
	unpriced_fini(&result->tally);
}
