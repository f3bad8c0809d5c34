/* test_bill_run.c - the bills of a month, one account after the other */
#include "cdr-tools/bill_run.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/cdr_bills.h"

struct job {
	struct store *store; /* read only */
	char dir[256];
	struct bill_run_options options;
	struct bill_run_result result;
	char error[STORE_ERROR_MAX];
	char accounts[128]; /* of the bills seen, each behind a space */
};

static int
on_bill(void *arg, const struct bill *bill)
{
	struct job *job = arg;
	size_t len = strlen(job->accounts);

	snprintf(job->accounts + len, sizeof(job->accounts) - len, " %s",
		 bill->account);
	return 0;
}

static void
empty(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[600];

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		unlink(name);
	}
	if (dir != NULL)
		closedir(dir);
	rmdir(path);
}

static int
begin(struct job *job, struct store *store)
{
	int err = cdr_rated(store, bill_calls, n_bill_calls);

	memset(job, 0, sizeof(*job));
	snprintf(job->dir, sizeof(job->dir), "%s/bills", test_dir());
	empty(job->dir);
	job->options = (struct bill_run_options){
		.period = { .year = 2026, .month = 10 },
		.dir = job->dir,
		.default_zone = "UTC",
		.on_bill = on_bill,
		.arg = job,
	};
	return err != 0 ? err
			: store_open(db_url(), STORE_READ_ONLY, &job->store,
				     job->error);
}

static void
end(struct job *job)
{
	bill_run_result_fini(&job->result);
	store_close(job->store);
}

static int
run(struct job *job)
{
	bill_run_result_fini(&job->result);
	job->accounts[0] = '\0';
	return bill_run(job->store, &job->options, &job->result, job->error);
}

/* Names of all files, sorted, each behind a space. */
static void
list(const char *path, char *out, size_t cap)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	size_t len = 0;

	out[0] = '\0';
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.')
			len += (size_t)snprintf(out + len, cap - len, " %s",
						entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void
check_file(const struct job *job, const char *name, const char *expected)
{
	char path[600], *text;

	snprintf(path, sizeof(path), "%s/%s", job->dir, name);
	text = cdr_read_file(path);
	test_row(name);
	CHECK(text != NULL && strcmp(text, expected) == 0);
	test_row(NULL);
	free(text);
}

/* A file of an earlier run. */
static bool
leave_behind(const struct job *job, const char *name)
{
	char path[600];
	FILE *file;

	mkdir(job->dir, 0750);
	snprintf(path, sizeof(path), "%s/%s", job->dir, name);
	file = fopen(path, "w");
	if (file != NULL)
		fclose(file);
	return CHECK(file != NULL);
}

static void
files_are_written(struct store *store)
{
	struct job job;
	char names[1000];

	if (!OK(begin(&job, store)) || !leave_behind(&job, "acme-credit.csv") ||
	    !OK(run(&job))) {
		end(&job);
		return;
	}
	CHECK(strcmp(job.accounts, " acme fine ghost poor") == 0);
	CHECK(job.result.bills == 4);
	CHECK(job.result.unpriced == 3); /* b7, p1, g1 */
	CHECK(job.result.nobody == 1);
	CHECK(job.result.open == 1);
	CHECK(job.result.tally.calls == 4);
	list(job.dir, names, sizeof(names));
	CHECK(strcmp(names, " acme-calls.csv acme.csv acme.html fine-calls.csv"
			    " fine.csv fine.html ghost-calls.csv ghost.csv"
			    " ghost.html poor-calls.csv poor.csv poor.html"
			    " summary.csv") == 0);
	check_file(&job, "summary.csv",
		   "account,period,bill,state,calls,seconds,billed_seconds,net,"
		   "tax,total,currency,kind\n"
		   "acme,2026-10,,draft,6,301.5,360,0.39,0.00,0.39,EUR,bill\n"
		   "fine,2026-10,,draft,2,2,2,0.00,0.00,0.00,EUR,bill\n"
		   "ghost,2026-10,,draft,0,0,0,0.00,0.00,0.00,,bill\n"
		   "poor,2026-10,,draft,0,0,0,0.00,0.00,0.00,,bill\n");
	check_file(&job, "fine.csv",
		   "destination,prefix,rate,calls,seconds,billed_seconds,"
		   "amount,tax,late,tax_percent\n"
		   "Germany,49,0.01,2,2,2,0.00033334,0.00,false,0\n"
		   "rounding,,,0,0,0,-0.00033334,0.00,false,0\n");
	check_file(&job, "fine-calls.csv",
		   "answer_time,caller,number,destination,prefix,seconds,"
		   "billed_seconds,rate,amount,late\n"
		   "2026-10-01T00:00:00Z,4989,4989,Germany,49,1,1,0.01,"
		   "0.00016667,false\n"
		   "2026-10-31T23:59:59Z,4989,4989,Germany,49,1,1,0.01,"
		   "0.00016667,false\n");
	end(&job);
}
ON_BOTH(DB_TABLES, files_are_written)

static void
one_account_is_enough(struct store *store)
{
	struct job job;
	char names[1000];

	if (!OK(begin(&job, store))) {
		end(&job);
		return;
	}
	job.options.account = "fine";
	if (OK(run(&job))) {
		CHECK(strcmp(job.accounts, " fine") == 0);
		CHECK(job.result.nobody == 0 && job.result.unpriced == 0);
		list(job.dir, names, sizeof(names));
		CHECK(strcmp(names, " fine-calls.csv fine.csv fine.html"
				    " summary.csv") == 0);
	}
	/* in the table, without calls */
	job.options.account = "poor";
	job.options.period.month = 8;
	if (OK(run(&job)))
		CHECK(strcmp(job.accounts, " poor") == 0);
	job.options.account = "nowhere";
	if (CHECK(run(&job) == ERR_NOTFOUND))
		CHECK(strstr(job.error, "account nowhere: no such account") !=
		      NULL);
	end(&job);
}
ON_BOTH(DB_TABLES, one_account_is_enough)

/* bA was answered in October of UTC, and in November of its account. */
static void
months_begin_where_the_account_is(struct store *store)
{
	struct job job;

	if (OK(begin(&job, store))) {
		job.options.period.month = 11;
		job.options.dir = NULL;
		if (OK(run(&job)))
			CHECK(strcmp(job.accounts, " acme fine late") == 0);
	}
	end(&job);
}
ON_BOTH(DB_TABLES, months_begin_where_the_account_is)

static void
months_without_calls_are_empty(struct store *store)
{
	struct job job;
	char names[100];

	if (OK(begin(&job, store))) {
		job.options.period.month = 8;
		if (OK(run(&job))) {
			CHECK(job.result.bills == 0);
			list(job.dir, names, sizeof(names));
			CHECK(strcmp(names, " summary.csv") == 0);
		}
		job.options.dir = NULL;
		job.options.period.month = 10;
		if (OK(run(&job)))
			CHECK(job.result.bills == 4);
	}
	end(&job);
}
ON_BOTH(DB_TABLES, months_without_calls_are_empty)

static int
refuse_bill(void *arg, const struct bill *bill)
{
	(void)arg;
	return strcmp(bill->account, "fine") == 0 ? ERR_LIMIT : 0;
}

static void
failures_leave_no_summary(struct store *store)
{
	struct job job;
	char names[1000];

	if (!OK(begin(&job, store))) {
		end(&job);
		return;
	}
	job.options.on_bill = refuse_bill;
	if (CHECK(run(&job) == ERR_LIMIT)) {
		list(job.dir, names, sizeof(names));
		CHECK(strcmp(names, " acme-calls.csv acme.csv acme.html"
				    " fine-calls.csv fine.csv fine.html") == 0);
	}
	job.options.dir = "/nowhere/at/all";
	if (CHECK(run(&job) == ERR_IO))
		CHECK(strstr(job.error, "/nowhere/at/all: cannot be made") !=
		      NULL);
	end(&job);
}
ON_BOTH(DB_TABLES, failures_leave_no_summary)

static const struct test tests[] = {
	ON_STORES("each account with calls gets its files", files_are_written),
	ON_STORES("one account can be asked for", one_account_is_enough),
	ON_STORES("a month begins where the account is",
		  months_begin_where_the_account_is),
	ON_STORES("a month without calls has no bills",
		  months_without_calls_are_empty),
	ON_STORES("a failed run leaves no summary", failures_leave_no_summary),
};
const struct test_suite suite_bill_run = TEST_SUITE("bill_run", tests);
