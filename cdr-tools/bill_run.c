/* bill_run.c - the bills of a period, one account after the other */
#include "cdr-tools/bill_run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "cdr-tools/bill_basis.h"
#include "cdr-tools/bill_csv.h"
#include "cdr-tools/bill_html.h"
#include "cdr-tools/credit_file.h"
#include "cdr-tools/outfile.h"

#define MAX_TRIES 20 /* to close one account, when others are there too */

struct run {
	struct store *store;
	const struct bill_run_options *options;
	struct bill_run_result *result;
	struct bill_basis basis;
	struct bill_closer closer;
	struct outfile summary;
	char *error;
};

static int
fail_store(struct run *run, int err)
{
	if (run->error[0] == '\0')
		snprintf(run->error, STORE_ERROR_MAX, "call records: %s",
			 store_reason(run->store, err));
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
write_call(void *arg, const struct bill_call *call)
{
	bill_csv_call(arg, call);
	return 0;
}

/* What a file is written from. */
struct documents {
	const struct bill *bill;
	const struct credit *credit;
};

static void
write_lines(FILE *file, const struct documents *documents)
{
	bill_csv_lines(file, documents->bill);
}

static void
write_page(FILE *file, const struct documents *documents)
{
	bill_html(file, documents->bill);
}

static void
write_credit(FILE *file, const struct documents *documents)
{
	credit_csv(file, documents->credit);
}

static void
write_credit_page(FILE *file, const struct documents *documents)
{
	credit_html(file, documents->credit);
}

/* DIR/STEM.SUFFIX of documents that are made. */
static int
write_file(struct run *run, const struct documents *documents, const char *stem,
	   const char *suffix,
	   void (*write)(FILE *file, const struct documents *documents))
{
	char name[OUTFILE_STEM_MAX + 16];
	struct outfile out;
	int err;

	snprintf(name, sizeof(name), "%s%s", stem, suffix);
	err = outfile_open(&out, run->options->dir, name);
	if (err != 0)
		return fail_file(run, err, name);
	write(out.file, documents);
	err = outfile_rename(&out);
	return err != 0 ? fail_file(run, err, name) : 0;
}

/* What an earlier run made and this one has no reason for. */
static void
remove_file(const struct run *run, const char *stem, const char *suffix)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/%s%s", run->options->dir,
			   stem, suffix);

	if (len > 0 && (size_t)len < sizeof(path))
		(void)unlink(path);
}

static void
remove_files(const struct run *run, const char *stem, bool all)
{
	remove_file(run, stem, "-credit.csv");
	remove_file(run, stem, "-credit.html");
	if (!all)
		return;
	remove_file(run, stem, ".csv");
	remove_file(run, stem, ".html");
	remove_file(run, stem, "-calls.csv");
}

static bool
is_empty(const struct run *run, const struct documents *documents)
{
	const struct bill *bill = documents->bill;

	return bill->calls == 0 && bill->unpriced == 0 && bill->number == 0 &&
	       documents->credit->n == 0 && documents->credit->undecided == 0 &&
	       run->options->account == NULL;
}

/* The calls, whose file is complete but not yet there, and the others. */
static int
write_files(struct run *run, const struct documents *documents,
	    const char *stem, struct outfile *calls)
{
	int err = outfile_rename(calls);

	if (err != 0)
		return fail_file(run, err, stem);
	err = write_file(run, documents, stem, ".csv", write_lines);
	if (err == 0)
		err = write_file(run, documents, stem, ".html", write_page);
	if (err == 0 && documents->credit->n > 0)
		err = write_file(run, documents, stem, "-credit.csv",
				 write_credit);
	if (err == 0 && documents->credit->n > 0)
		err = write_file(run, documents, stem, "-credit.html",
				 write_credit_page);
	if (err != 0)
		return err;
	bill_csv_summary_row(run->summary.file, documents->bill);
	if (documents->credit->n > 0)
		credit_csv_summary_row(run->summary.file, documents->credit);
	return 0;
}

static int
make_documents(struct run *run, struct bill *bill, struct credit *credit,
	       const struct bill_request *request)
{
	int err;

	if (run->options->close)
		return bill_close_account(&run->closer, request, bill, credit);
	err = bill_make(bill, run->store, request, run->error);
	if (err != 0)
		return err;
	err = credit_make(credit, run->store, bill, &run->basis.taxes, run->error);
	return err != 0 ? fail_store(run, err) : 0;
}

static int
make_with_files(struct run *run, struct bill *bill, struct credit *credit,
		struct bill_request *request)
{
	const struct documents documents = { bill, credit };
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
	err = make_documents(run, bill, credit, request);
	if (err == 0 && !is_empty(run, &documents))
		err = write_files(run, &documents, stem, &calls);
	if (err == 0 && (credit->n == 0 || is_empty(run, &documents)))
		remove_files(run, stem, is_empty(run, &documents));
	outfile_abort(&calls);
	return err;
}

/* Count what was made, and tell. */
static int
tell(struct run *run, const struct documents *documents)
{
	const struct bill_run_options *options = run->options;
	const struct bill *bill = documents->bill;
	int err = 0;

	run->result->unpriced += bill->unpriced + documents->credit->undecided;
	run->result->open += bill->open;
	for (uint64_t i = 0; i < documents->credit->undecided && err == 0; i++)
		err = unpriced_add(&run->result->tally,
				   "billed before, now without a price",
				   str_of(bill->account), str_make("", 0),
				   str_make("", 0));
	if (err != 0 || is_empty(run, documents))
		return err;
	run->result->bills++;
	if (options->on_bill != NULL)
		err = options->on_bill(options->arg, bill);
	if (documents->credit->n == 0)
		return err;
	run->result->credits++;
	if (err == 0 && options->on_credit != NULL)
		err = options->on_credit(options->arg, documents->credit);
	return err;
}

bool
bill_is_problem(int err)
{
	return err == ERR_INVAL || err == ERR_EXISTS || err == ERR_CORRUPT ||
	       err == ERR_LIMIT || err == ERR_RANGE;
}

static void
tell_problem(struct run *run, const char *text)
{
	if (run->options->on_problem != NULL)
		run->options->on_problem(run->options->arg, text);
}

/* Make both, with files or without, and tell of them. */
static int
try_one(struct run *run, struct bill_request *request)
{
	struct bill bill;
	struct credit credit;
	const struct documents documents = { &bill, &credit };
	int err;

	memset(&bill, 0, sizeof(bill));
	memset(&credit, 0, sizeof(credit));
	if (run->options->dir != NULL)
		err = make_with_files(run, &bill, &credit, request);
	else
		err = make_documents(run, &bill, &credit, request);
	if (err == 0 && run->closer.refused[0] != '\0')
		tell_problem(run, run->closer.refused);
	if (err == 0)
		err = tell(run, &documents);
	credit_fini(&credit);
	bill_fini(&bill);
	return err;
}

/* What has no price is counted when the account is done: a try may come to
 * nothing. */
static int
make_one(struct run *run, const char *account)
{
	struct bill_request request =
	    bill_basis_request(&run->basis, run->options, account);
	int err = ERR_CONFLICT;

	for (int i = 0; i < MAX_TRIES && err == ERR_CONFLICT; i++) {
		struct unpriced tally;

		request.unpriced = &tally;
		err = unpriced_init(&tally);
		if (err == 0)
			err = try_one(run, &request);
		if (err == 0)
			err = unpriced_merge(&run->result->tally, &tally);
		unpriced_fini(&tally);
	}
	if (!bill_is_problem(err) || run->options->on_problem == NULL)
		return err;
	tell_problem(run, run->error);
	run->error[0] = '\0';
	run->result->problems++;
	return 0;
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
		run->options->progress->total = run->basis.accounts.n;
	for (size_t i = 0; i < run->basis.accounts.n && err == 0; i++) {
		err = make_one(run, run->basis.accounts.names[i]);
		if (run->options->progress != NULL)
			cli_progress_at(run->options->progress, i + 1);
	}
	/* whoever sees the summary finds the other files whole */
	if (err == 0 && run->options->dir != NULL) {
		err = outfile_sync(run->options->dir);
		if (err == 0)
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
	const struct bill_run_options *options = run->options;
	int err = unpriced_init(&run->result->tally);

	if (err == 0)
		err = store_begin(run->store);
	if (err == 0)
		err = bill_basis_load(&run->basis, run->store, options,
				      run->error);
	if (err == 0 && options->account == NULL)
		err = bill_accounts_nobody(run->store, &options->period,
					   options->default_zone,
					   &run->result->tally,
					   &run->result->nobody);
	return err != 0 ? fail_store(run, err) : 0;
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
	run.closer = (struct bill_closer){
		.store = store,
		.taxes = &run.basis.taxes,
		.allow_unpriced = options->allow_unpriced,
		.now = options->now,
		.error = error,
	};
	err = prepare(&run);
	if (options->close)
		store_rollback(store); /* a transaction for each account */
	if (err == 0)
		err = make_all(&run);
	store_rollback(store);
	result->closed = run.closer.result;
	bill_basis_fini(&run.basis);
	return err;
}

void
bill_run_result_fini(struct bill_run_result *result)
{
	unpriced_fini(&result->tally);
}
