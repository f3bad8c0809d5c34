/* test_acct.c - journals and their threads, with a store that comes and goes */
#include "acct/acct.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/schema.h"
#include "tests/unit/acct_line.h"

#define PATIENCE_MS 20000

/* A running node. */
struct rig {
	struct acct_settings settings;
	char directory[PATH_LEN + 20], url[2 * PATH_LEN];
	char log_path[PATH_LEN + 20];
	struct log log;
	struct acct *acct;
};

/* A directory of its own; url NULL: a store that is not there, in it. */
static void
init_rig(struct rig *rig, const char *url)
{
	char dir[PATH_LEN];

	fresh_dir(dir);
	*rig = (struct rig){ 0 };
	snprintf(rig->directory, sizeof(rig->directory), "%s/journal", dir);
	snprintf(rig->log_path, sizeof(rig->log_path), "%s/log", dir);
	if (url != NULL)
		snprintf(rig->url, sizeof(rig->url), "%s", url);
	else
		snprintf(rig->url, sizeof(rig->url), "sqlite:%s/lcr.db", dir);
	log_init(&rig->log, open(rig->log_path, O_RDWR | O_CREAT, 0600),
		 LOG_LEVEL_DEBUG);
	rig->settings = (struct acct_settings){
		.node = "pop1",
		.directory = rig->directory,
		.store_url = rig->url,
		.n_workers = 2,
		.sync_interval_ms = 1,
		.ship_interval_ms = 5,
	};
}

static int
start_rig(struct rig *rig)
{
	return acct_start(&rig->settings, &rig->log, &rig->acct);
}

static void
stop_rig(struct rig *rig)
{
	acct_stop(rig->acct, 5000);
	rig->acct = NULL;
}

static void
fini_rig(struct rig *rig)
{
	stop_rig(rig);
	close(rig->log.fd);
}

/* The start of call n, by one of the workers. */
static int
add_call(struct rig *rig, int n)
{
	struct journal *journal =
	    acct_journal(rig->acct, n % rig->settings.n_workers);
	struct event event;
	char id[20];
	int err;

	snprintf(id, sizeof(id), "c%d", n);
	start_event(&event, id, "t");
	err = put_event(journal, &event);
	return err != 0 ? err : journal_write(journal);
}

typedef bool condition(struct rig *rig);

/* Whether it comes true in time. */
static bool
await(struct rig *rig, condition *is_true)
{
	for (int ms = 0; ms < PATIENCE_MS; ms += 2) {
		if (is_true(rig))
			return true;
		usleep(2000);
	}
	return false;
}

static bool
is_shipped(struct rig *rig)
{
	struct acct_status status;

	acct_status(rig->acct, &status);
	return status.backlog_bytes == 0 && status.store_lost_at == 0 &&
	       status.shipper.last_success != 0;
}

static bool
is_lost(struct rig *rig)
{
	struct acct_status status;

	acct_status(rig->acct, &status);
	return status.store_lost_at != 0 && status.store_error[0] != '\0';
}

static bool
is_full(struct rig *rig)
{
	return acct_is_full(rig->acct);
}

static bool
is_not_full(struct rig *rig)
{
	return !acct_is_full(rig->acct);
}

static int
count_lines(const struct rig *rig, const char *what)
{
	FILE *file = fopen(rig->log_path, "r");
	char line[1000];
	int n = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		n += strstr(line, what) != NULL;
	if (file != NULL)
		fclose(file);
	return n;
}

static int
make_store(const char *url)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	int err = store_open(url, STORE_CREATE, &store, error);

	if (err != 0)
		return err;
	err = schema_migrate(store);
	store_close(store);
	return err;
}

static int64_t
count_rows(const char *url)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	int64_t n = -1;

	if (store_open(url, 0, &store, error) != 0)
		return -1;
	store_get_int(store, "SELECT count(*) FROM cdr", NULL, 0, &n);
	store_close(store);
	return n;
}

/* --- */

static void
test_ships(struct store *store)
{
	struct acct_status status;
	struct rig rig;

	init_rig(&rig, db_url());
	if (!OK(start_rig(&rig)))
		return;
	for (int i = 0; i < 100; i++)
		CHECK(add_call(&rig, i) == 0);
	CHECK(await(&rig, is_shipped));
	acct_status(rig.acct, &status);
	CHECK(status.shipper.events == 100 && status.shipper.rows == 100);
	CHECK(status.store_error[0] == '\0' && !acct_is_full(rig.acct));
	COUNT(store, "cdr", "100");
	/* Committed or not, the last ones are shipped when it stops. */
	for (int i = 100; i < 105; i++)
		CHECK(add_call(&rig, i) == 0);
	CHECK(journal_add(acct_journal(rig.acct, 0), "\2\1", 2) == 0);
	fini_rig(&rig);
	COUNT(store, "cdr", "105");
	COUNT(store, "bad_events", "1");
}

static void
test_store_comes_late(void)
{
	struct acct_status status;
	struct rig rig;

	init_rig(&rig, NULL);
	if (!OK(start_rig(&rig)))
		return;
	for (int i = 0; i < 10; i++)
		CHECK(add_call(&rig, i) == 0);
	CHECK(await(&rig, is_lost));
	usleep(300000); /* a second failure is no news */
	acct_status(rig.acct, &status);
	CHECK(status.backlog_bytes > 10 * 200);
	CHECK(!acct_is_full(rig.acct));
	CHECK(OK(make_store(rig.url)));
	CHECK(await(&rig, is_shipped));
	CHECK(count_rows(rig.url) == 10);
	CHECK(count_lines(&rig, "error store: lost: ") == 1);
	CHECK(count_lines(&rig, "info store: back") == 1);
	fini_rig(&rig);
}

/* Lost while it runs: refused for a while, then not. */
static void
test_store_goes(struct store *store)
{
	struct rig rig;

	init_rig(&rig, db_url());
	if (!OK(start_rig(&rig)))
		return;
	CHECK(add_call(&rig, 1) == 0 && await(&rig, is_shipped));
	OK(store_exec(store, "ALTER TABLE cdr RENAME TO away"));
	CHECK(add_call(&rig, 2) == 0 && await(&rig, is_lost));
	OK(store_exec(store, "ALTER TABLE away RENAME TO cdr"));
	CHECK(await(&rig, is_shipped));
	COUNT(store, "cdr", "2");
	COUNT(store, "bad_events", "0");
	CHECK(count_lines(&rig, "error store: lost: ") == 1);
	CHECK(count_lines(&rig, "info store: back") == 1);
	fini_rig(&rig);
}

/* The store is there, but does not say where shipping was. */
static void
test_position_unknown(struct store *store)
{
	struct acct_status status;
	struct rig rig;

	init_rig(&rig, db_url());
	rig.settings.retain_s = 1000;
	OK(store_exec(store, "ALTER TABLE journal_position RENAME TO away"));
	if (OK(start_rig(&rig))) {
		for (int i = 0; i < 10; i++)
			CHECK(add_call(&rig, i) == 0);
		CHECK(await(&rig, is_lost));
		usleep(300000); /* some more tries */
		acct_status(rig.acct, &status);
		CHECK(status.backlog_bytes > 10 * 200);
		OK(store_exec(store,
			      "ALTER TABLE away RENAME TO journal_position"));
		CHECK(await(&rig, is_shipped));
		COUNT(store, "cdr", "10");
	}
	fini_rig(&rig);
}

/* Allocated behind the ends of files. */
static int64_t
kept_bytes(const char *directory)
{
	DIR *dir = opendir(directory);
	struct dirent *entry;
	struct stat st;
	int64_t sum = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 &&
		    S_ISREG(st.st_mode) && st.st_blocks * 512 > st.st_size)
			sum += st.st_blocks * 512 - st.st_size;
	}
	if (dir != NULL)
		closedir(dir);
	return sum;
}

static void
test_restart(void)
{
	struct rig rig;
	int64_t kept;

	init_rig(&rig, NULL);
	rig.settings.n_workers = 4;
	rig.settings.reserve_bytes = 1 << 20;
	if (!OK(start_rig(&rig)))
		return;
	for (int i = 0; i < 20; i++)
		CHECK(add_call(&rig, i) == 0);
	stop_rig(&rig); /* without a store: nothing could be shipped */
	kept = kept_bytes(rig.settings.directory);
	rig.settings.n_workers = 1;
	if (!OK(make_store(rig.url)) || !OK(start_rig(&rig)))
		return;
	/* Reserves wait for the next run, which has use for one. */
	CHECK(kept >= 4 << 20 ? kept_bytes(rig.settings.directory) < 3 << 20
			      : kept < 1 << 20 /* no such file system */);
	CHECK(add_call(&rig, 20) == 0 && await(&rig, is_shipped));
	CHECK(count_rows(rig.url) == 21);
	fini_rig(&rig);
}

static void
test_bound(void)
{
	struct rig rig;

	init_rig(&rig, NULL);
	rig.settings.max_size_bytes = 5000;
	if (!OK(start_rig(&rig)))
		return;
	CHECK(!acct_is_full(rig.acct));
	for (int i = 0; i < 10; i++)
		CHECK(add_call(&rig, i) == 0);
	CHECK(!acct_is_full(rig.acct));
	for (int i = 10; i < 20; i++)
		CHECK(add_call(&rig, i) == 0);
	CHECK(acct_is_full(rig.acct)); /* at once, whatever the store does */
	stop_rig(&rig);
	if (!OK(start_rig(&rig))) /* what waited still counts */
		return;
	CHECK(acct_is_full(rig.acct));
	OK(make_store(rig.url));
	CHECK(await(&rig, is_not_full) && await(&rig, is_shipped));
	CHECK(count_rows(rig.url) == 20);
	fini_rig(&rig);
}

/* Somebody holds the lock of the store: the bound is still kept. */
static void
test_store_hangs(struct store *store)
{
	struct rig rig;

	init_rig(&rig, db_url());
	rig.settings.max_size_bytes = 5000;
	if (!OK(start_rig(&rig)))
		return;
	CHECK(add_call(&rig, 0) == 0 && await(&rig, is_shipped));
	if (OK(store_begin(store))) {
		for (int i = 1; i < 30; i++)
			CHECK(add_call(&rig, i) == 0);
		CHECK(acct_is_full(rig.acct));
		store_rollback(store);
	}
	CHECK(await(&rig, is_not_full) && await(&rig, is_shipped));
	COUNT(store, "cdr", "30");
	CHECK(count_lines(&rig, "store: lost") == 0);
	fini_rig(&rig);
}

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static void
test_failing_journal(void)
{
	struct rig rig;
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
	int n = 0;

	init_rig(&rig, NULL);
	if (OK(start_rig(&rig))) {
		limit_files(3000);
		while (n < 100 && add_call(&rig, n) == 0)
			n++;
		CHECK(n > 10 && n < 50);
		CHECK(acct_is_full(rig.acct));
		limit_files(RLIM_INFINITY);
		CHECK(add_call(&rig, n + 2) == 0); /* the same worker */
		CHECK(!acct_is_full(rig.acct));
		OK(make_store(rig.url));
		CHECK(await(&rig, is_shipped));
		CHECK(count_rows(rig.url) == n + 2);
		CHECK(count_lines(&rig, "cannot be written") == 1);
		CHECK(count_lines(&rig, "can be written again") == 1);
		fini_rig(&rig);
	}
	signal(SIGXFSZ, before);
}

/* The journal's file is gone: it cannot be synced. */
static void
test_failing_sync(void)
{
	char path[3 * PATH_LEN];
	struct rig rig;

	init_rig(&rig, NULL);
	if (!OK(start_rig(&rig)))
		return;
	usleep(20000); /* the syncer has the first segment open by then */
	segment_path(rig.directory, first_segment(rig.directory), path);
	stop_rig(&rig);
	rig.settings.sync_interval_ms = 300;
	if (!OK(start_rig(&rig)))
		return;
	segment_path(rig.directory, last_segment(rig.directory), path);
	CHECK(unlink(path) == 0);
	CHECK(await(&rig, is_full));
	CHECK(count_lines(&rig, "cannot be synced: No such file") == 1);
	fini_rig(&rig);
}

/* An unreadable journal is one line in the log, and the store is not lost. */
static void
test_unreadable(struct store *store)
{
	struct acct_status status;
	char path[3 * PATH_LEN];
	struct rig rig;

	init_rig(&rig, db_url());
	CHECK(mkdir(rig.directory, 0700) == 0);
	snprintf(path, sizeof(path), "%s/pop1.7.0000000001.journal",
		 rig.directory);
	CHECK(mkdir(path, 0700) == 0);
	if (OK(start_rig(&rig))) {
		CHECK(add_call(&rig, 0) == 0);
		stop_rig(&rig);
	}
	if (OK(start_rig(&rig))) {
		for (int i = 1; i < 4; i++) {
			CHECK(add_call(&rig, i) == 0);
			usleep(20000);
		}
		acct_status(rig.acct, &status);
		CHECK(status.store_lost_at == 0);
	}
	fini_rig(&rig);
	COUNT(store, "cdr", "4");
	/* Twice started, each time told once. */
	CHECK(count_lines(&rig, "cannot be read: Is a directory") == 2);
	CHECK(count_lines(&rig, "error ") == 2);
}

static void
test_settings(void)
{
	static const struct {
		const char *what, *node, *directory;
		int n_workers, expected;
	} rows[] = {
		{ "a node with a dot", "pop.1", NULL, 1, ERR_INVAL },
		{ "no worker", "pop1", NULL, 0, ERR_INVAL },
		{ "nowhere", "pop1", "/nonexistent/x", 1, ERR_IO },
		{ "no directory", "pop1", "/dev/null", 1, ERR_IO },
		{ "all well", "pop1", NULL, 1, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct rig rig;

		test_row(rows[i].what);
		init_rig(&rig, NULL);
		rig.settings.node = rows[i].node;
		rig.settings.n_workers = rows[i].n_workers;
		if (rows[i].directory != NULL)
			rig.settings.directory = rows[i].directory;
		CHECK(start_rig(&rig) == rows[i].expected);
		fini_rig(&rig);
	}
}

static void
test_directory(void)
{
	struct rig rig;
	struct acct *second;
	struct stat st;

	init_rig(&rig, NULL);
	if (!OK(start_rig(&rig)))
		return;
	CHECK(stat(rig.directory, &st) == 0 && (st.st_mode & 07777) == 0750);
	CHECK(acct_start(&rig.settings, NULL, &second) == ERR_IO);
	fini_rig(&rig);
}

static void
test_sync_modes(void)
{
	static const enum acct_sync modes[] = { ACCT_SYNC_INTERVAL,
						ACCT_SYNC_ANSWER,
						ACCT_SYNC_NONE };
	struct rig rig;

	for (size_t i = 0; i < 3; i++) {
		init_rig(&rig, NULL);
		rig.settings.sync = modes[i];
		if (OK(start_rig(&rig))) {
			OK(add_call(&rig, 1));
			OK(journal_sync(acct_journal(rig.acct, 1)));
		}
		fini_rig(&rig);
	}
}

ON_BOTH(DB_TABLES, test_ships)

static void
test_store_goes_once(void)
{
	db_on_sqlite(DB_TABLES, test_store_goes);
}

static void
test_position_unknown_once(void)
{
	db_on_sqlite(DB_TABLES, test_position_unknown);
}

static void
test_unreadable_once(void)
{
	db_on_sqlite(DB_TABLES, test_unreadable);
}

static void
test_store_hangs_once(void)
{
	db_on_sqlite(DB_TABLES, test_store_hangs);
}

static const struct test tests[] = {
	BOTH_ONCE("what is written is shipped, also at the end", test_ships),
	{ "a store that comes late gets everything", test_store_comes_late,
	  true },
	{ "a store that goes gets it later", test_store_goes_once, true },
	{ "what is written waits while positions are not known",
	  test_position_unknown_once, true },
	{ "the next run ships what the last one left, of all workers",
	  test_restart, true },
	{ "the bound is kept", test_bound, true },
	{ "the bound is kept while the store hangs", test_store_hangs_once,
	  true },
	{ "a journal that cannot be written is told", test_failing_journal,
	  true },
	{ "a journal that cannot be synced is told", test_failing_sync, true },
	{ "a journal that cannot be read is told", test_unreadable_once, true },
	{ "settings are checked", test_settings, true },
	{ "the directory is made, for one process", test_directory, true },
	{ "all ways of syncing work", test_sync_modes, false },
};

const struct test_suite suite_acct = TEST_SUITE("acct", tests);
