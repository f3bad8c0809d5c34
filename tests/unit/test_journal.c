/* test_journal.c - appending, failing, and going on after any end */
#include "acct/journal.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/acct_journal.h"
#include "tests/unit/harness.h"

/* Four records were written, and nothing was synced yet. */
static void
check_figures(struct journal *journal)
{
	struct journal_figures figures = { 0 };

	journal_add_figures(journal, &figures);
	CHECK(figures.events == 4 && figures.next_seqs == 5);
	CHECK(figures.syncs == 0 && figures.sync_failures == 0);
	CHECK(journal_sync(journal) == 0 && journal_sync(journal) == 0);
	journal_add_figures(journal, &figures); /* adds */
	CHECK(figures.events == 8 && figures.next_seqs == 10);
	CHECK(figures.syncs == 1); /* the second time nothing was new */
}

static void
test_write_and_read(void)
{
	struct journal *journal;
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 0, &journal)))
		return;
	if (OK(write_records(journal, 1, 3)) &&
	    OK(write_records(journal, 4, 1))) {
		read_journal(dir, NULL, &reading);
		if (OK(reading.err == ERR_END ? 0 : reading.err)) {
			CHECK(is_exactly(&reading, 1, 4));
			CHECK(reading.seqs[0] == 1);
		}
		CHECK(journal_bytes(journal) ==
		      JOURNAL_HEADER_LEN + 4 * (JOURNAL_RECORD_HEAD + 8));
		check_figures(journal);
	}
	journal_close(journal);
}

static void
test_only_committed(void)
{
	struct journal *journal;
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 0, &journal)))
		return;
	if (OK(journal_add(journal, "record 1", 8))) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 0));
		journal_close(journal); /* commits */
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 1));
	} else {
		journal_close(journal);
	}
}

static void
test_reopened(void)
{
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 3)) || !OK(make_journal(dir, 4, 0)) ||
	    !OK(make_journal(dir, 4, 2)))
		return;
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 5));
	CHECK(last_segment(dir) == first_segment(dir) + 2);
}

static void
test_roll_over(void)
{
	struct journal *journal;
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 200, &journal)))
		return;
	for (int i = 1; i <= 40; i++) {
		if (!OK(write_records(journal, i, 1)))
			goto out;
	}
	CHECK(OK(journal_sync(journal)));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 40));
	/* 72 bytes and 24 or 25 per record: six reach 200 */
	CHECK(last_segment(dir) == first_segment(dir) + 6);
out:
	journal_close(journal);
}

/* Write calls of this process so far, -1 when the system does not tell. */
static long
count_writes(void)
{
	FILE *file = fopen("/proc/self/io", "r");
	char line[100];
	long n = -1;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "syscw: %ld", &n);
	if (file != NULL)
		fclose(file);
	return n;
}

static void
test_one_write(void)
{
	struct journal *journal;
	char dir[PATH_LEN];
	long before;

	if (count_writes() < 0) {
		test_skip("no /proc/self/io");
		return;
	}
	fresh_dir(dir);
	if (!OK(open_journal(dir, 3000, &journal)))
		return;
	before = count_writes();
	OK(write_records(journal, 1, 100));
	CHECK(count_writes() == before + 1);
	OK(write_records(journal, 101, 20)); /* reaches 3,000 */
	CHECK(count_writes() == before + 2);
	OK(write_records(journal, 121, 1)); /* with the next header */
	CHECK(count_writes() == before + 3);
	OK(journal_commit(journal));
	CHECK(count_writes() == before + 3);
	CHECK(last_segment(dir) == first_segment(dir) + 1);
	journal_close(journal);
}

static void
test_steady_state(void)
{
	struct journal *journal;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 5000, &journal)))
		return;
	OK(write_records(journal, 1, 1));
	alloc_fail_after(0);
	for (int i = 0; i < 100; i++)
		CHECK(write_records(journal, i, 10) == 0);
	CHECK(!alloc_has_failed());
	alloc_fail_after(-1);
	journal_close(journal);
}

static void
test_limits(void)
{
	static uint8_t bytes[JOURNAL_RECORD_MAX + 1];
	struct journal *journal;
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 0, &journal)))
		return;
	CHECK(journal_add(journal, bytes, 0) == ERR_LIMIT);
	CHECK(journal_add(journal, bytes, sizeof(bytes)) == ERR_LIMIT);
	if (OK(journal_add(journal, bytes, sizeof(bytes) - 1)) &&
	    OK(write_records(journal, 2, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(reading.n == 2 && reading.n_corrupt == 0);
		CHECK(reading.seqs[1] == 2 && reading.numbers[1] == 2);
	}
	journal_close(journal);
}

static void
test_settings(void)
{
	static const struct {
		const char *what, *node;
		int worker, expected;
	} rows[] = {
		{ "no node", "", 0, ERR_INVAL },
		{ "a dot", "pop.1", 0, ERR_INVAL },
		{ "a slash", "../x", 0, ERR_INVAL },
		{ "33 characters", "abcdefghijklmnopqrstuvwxyz0123456", 0,
		  ERR_INVAL },
		{ "32 characters", "abcdefghijklmnopqrstuvwxyz012345", 0, 0 },
		{ "all that is allowed", "A-z_09", 7, 0 },
		{ "worker -1", "pop1", -1, ERR_INVAL },
	};
	struct journal_settings settings = { .directory = "/nonexistent",
					     .node = "pop1" };
	struct journal *journal;
	char dir[PATH_LEN];

	CHECK(journal_open(&settings, NULL, &journal) == ERR_IO);
	fresh_dir(dir);
	settings.directory = dir;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int err;

		settings.node = rows[i].node;
		settings.worker = rows[i].worker;
		test_row(rows[i].what);
		err = journal_open(&settings, NULL, &journal);
		CHECK(err == rows[i].expected);
		if (err == 0)
			journal_close(journal);
	}
	journal_close(NULL);
}

static void
test_two_writers(void)
{
	struct journal *journal, *other;
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 100, &journal)))
		return;
	OK(write_records(journal, 1, 3));
	OK(write_records(journal, 4, 1)); /* in the next segment */
	CHECK(open_journal(dir, 0, &other) == ERR_IO);
	OK(write_records(journal, 5, 1));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 5));
	journal_close(journal);
	if (OK(open_journal(dir, 0, &other)))
		journal_close(other);
}

/* --- a disk that is full: a limit on the size of files --- */

static void
test_full_disk(void)
{
	struct journal *journal;
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	struct stat st;
	void (*before)(int);

	fresh_dir(dir);
	if (!OK(open_journal(dir, 0, &journal)))
		return;
	before = signal(SIGXFSZ, SIG_IGN);
	if (!OK(write_records(journal, 1, 2)))
		goto out;
	segment_path(dir, first_segment(dir), path);
	bound_files(150); /* in the middle of the third record */
	CHECK(write_records(journal, 3, 2) == ERR_IO);
	CHECK(journal_is_failing(journal));
	CHECK(stat(path, &st) == 0 && st.st_size == 72 + 2 * 24);
	CHECK(journal_commit(journal) == ERR_IO);
	CHECK(write_records(journal, 5, 1) == ERR_IO);
	bound_files(RLIM_INFINITY);
	CHECK(journal_is_failing(journal));
	CHECK(OK(write_records(journal, 6, 1)));
	CHECK(!journal_is_failing(journal));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 6));
out:
	bound_files(RLIM_INFINITY);
	signal(SIGXFSZ, before);
	journal_close(journal);
}

#define BIG 4000

/* n large records in one commit each; how many were committed. */
static int
write_big(struct journal *journal, int n)
{
	char data[BIG] = { 'x' };
	int done = 0;

	for (int i = 0; i < n; i++) {
		if (journal_add(journal, data, sizeof(data)) != 0)
			return -1;
		done += journal_commit(journal) == 0;
	}
	return done;
}

static int
count_big(const char *dir)
{
	const struct journal_source source = { .node = "pop1" };
	const struct journal_position beginning = { 0 };
	struct journal_position at;
	struct journal_reader *reader;
	const void *data;
	size_t len;
	int n = 0, err;

	if (journal_reader_open(dir, &source, &beginning, &reader) != 0)
		return -1;
	do {
		err = journal_reader_next(reader, &data, &len, &at);
		n += err == 0 && len == BIG;
	} while (err == 0);
	journal_reader_close(reader);
	return err == ERR_END ? n : -1;
}

static void
fill_disk(const char *path)
{
	static const char zero[4096];
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	while (write(fd, zero, sizeof(zero)) > 0)
		;
	close(fd);
}

/* On a disk of 480 KB with a reserve of 64: the line that went wrong, or 0. */
static int
use_reserve(const char *dir)
{
	const struct journal_settings settings = { .directory = dir,
						   .node = "pop1",
						   .segment_bytes = 20000,
						   .reserve_bytes = 64 << 10 };
	struct journal *journal;
	char filler[2 * PATH_LEN];
	int n;

	snprintf(filler, sizeof(filler), "%s/filler", dir);
	if (journal_open(&settings, NULL, &journal) != 0 ||
	    write_big(journal, 10) != 10 || journal_is_low(journal))
		return __LINE__;
	fill_disk(filler);
	/* What is allocated is there, also when no segment can follow. */
	if (write_big(journal, 16) != 16 || journal_is_failing(journal) ||
	    !journal_is_low(journal))
		return __LINE__;
	n = 26 + write_big(journal, 40);
	if (n == 66 || !journal_is_failing(journal) ||
	    journal_unwritten(journal) < (uint64_t)(66 - n) * BIG)
		return __LINE__;
	unlink(filler);
	if (write_big(journal, 1) != 1 || journal_is_failing(journal) ||
	    journal_unwritten(journal) != 0)
		return __LINE__;
	if (write_big(journal, 1) != 1 || journal_is_low(journal))
		return __LINE__;
	/* Full once more, and nobody calls: room is looked for all the same. */
	fill_disk(filler);
	if (write_big(journal, 20) < 0 || !journal_is_low(journal))
		return __LINE__;
	unlink(filler);
	if (journal_commit(journal) != 0 || journal_commit(journal) != 0 ||
	    journal_is_low(journal) || journal_unwritten(journal) != 0)
		return __LINE__;
	journal_close(journal);
	if (count_big(dir) != 88)
		return __LINE__;
	return 0;
}

/* As after kill -9: the segment is not closed, and a lock goes with its process. */
static int
write_and_die(const struct journal_settings *settings, int n)
{
	struct journal *journal;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (journal_open(settings, NULL, &journal) != 0)
			_exit(100);
		_exit(write_big(journal, n));
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* It survives one process after the other, whichever way each ends, until it is
 * used up; then the journal starts nevertheless, and says that it is full. */
static int
inherit_reserve(const char *dir)
{
	const struct journal_settings settings = { .directory = dir,
						   .node = "pop1",
						   .reserve_bytes = 64 << 10 };
	struct journal *journal;
	char filler[2 * PATH_LEN];

	snprintf(filler, sizeof(filler), "%s/filler", dir);
	if (write_and_die(&settings, 10) != 10)
		return __LINE__;
	fill_disk(filler);
	for (int i = 0; i < 3; i++) {
		if (write_and_die(&settings, 2) != 2)
			return __LINE__;
		fill_disk(filler);
	}
	for (int i = 0; i < 2; i++) {
		if (journal_open(&settings, NULL, &journal) != 0 ||
		    write_big(journal, 2) != 2)
			return __LINE__;
		journal_close(journal);
		fill_disk(filler);
	}
	if (journal_open(&settings, NULL, &journal) != 0 ||
	    !journal_is_low(journal) || write_big(journal, 100) == 100 ||
	    !journal_is_failing(journal))
		return __LINE__;
	journal_close(journal);
	fill_disk(filler);
	/* Nothing is left. */
	if (journal_open(&settings, NULL, &journal) != 0 ||
	    !journal_is_failing(journal) || !journal_is_unsettled(journal) ||
	    write_big(journal, 1) != 0)
		return __LINE__;
	unlink(filler);
	if (journal_commit(journal) != 0 || journal_is_failing(journal) ||
	    journal_commit(journal) != 0 || journal_is_low(journal))
		return __LINE__;
	journal_close(journal);
	return count_big(dir) >= 21 ? 0 : __LINE__;
}

/* In a process of its own, whose mounts nobody else sees. */
static void
on_small_disk(int (*use)(const char *dir))
{
	char dir[PATH_LEN];
	int status;
	pid_t pid;

	fresh_dir(dir);
	pid = fork();
	if (pid == 0) {
		if ((unshare(CLONE_NEWNS) != 0 &&
		     unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) ||
		    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
		    mount("tmpfs", dir, "tmpfs", 0, "size=480k") != 0)
			_exit(1);
		_exit(use(dir) % 255);
	}
	if (!CHECK(pid > 0) || waitpid(pid, &status, 0) != pid)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1)
		test_skip("no small disk can be mounted here");
	else if (!CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0))
		printf("\n    line %d modulo 255\n", WEXITSTATUS(status));
}

static void
test_reserve(void)
{
	on_small_disk(use_reserve);
}

static void
test_reserve_is_inherited(void)
{
	on_small_disk(inherit_reserve);
}

/* The disk is full when the header of the next segment is to be written. */
static void
test_full_at_roll_over(void)
{
	struct journal *journal;
	struct reading reading;
	char dir[PATH_LEN];
	void (*before)(int);

	fresh_dir(dir);
	if (!OK(open_journal(dir, 100, &journal)))
		return;
	before = signal(SIGXFSZ, SIG_IGN);
	OK(write_records(journal, 1, 2));
	bound_files(40);
	CHECK(write_records(journal, 3, 1) == ERR_IO);
	CHECK(write_records(journal, 4, 1) == ERR_IO);
	bound_files(RLIM_INFINITY);
	CHECK(OK(write_records(journal, 5, 1)));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 5));
	signal(SIGXFSZ, before);
	journal_close(journal);
}

/* No descriptor for the next segment: the old one grows on. */
static void
test_no_next_segment(void)
{
	struct rlimit before, limit;
	struct journal *journal;
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 100, &journal)))
		return;
	getrlimit(RLIMIT_NOFILE, &before);
	limit = before;
	limit.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 1; i <= 10; i++)
		CHECK(write_records(journal, i, 1) == 0);
	setrlimit(RLIMIT_NOFILE, &before);
	CHECK(first_segment(dir) == last_segment(dir));
	CHECK(OK(write_records(journal, 11, 20)));
	CHECK(OK(write_records(journal, 31, 1)));
	CHECK(last_segment(dir) > first_segment(dir));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 31));
	journal_close(journal);
}

static void
test_queue_is_bounded(void)
{
	static uint8_t bytes[JOURNAL_RECORD_MAX];
	struct journal *journal;
	char dir[PATH_LEN];
	int err = 0, n = 0;
	void (*before)(int);

	fresh_dir(dir);
	if (!OK(open_journal(dir, 0, &journal)))
		return;
	before = signal(SIGXFSZ, SIG_IGN);
	bound_files(72);
	while (err == 0 && n < 10000) {
		err = journal_add(journal, bytes, sizeof(bytes));
		n++;
	}
	CHECK(err == ERR_LIMIT && n < 4200);
	CHECK(journal_commit(journal) == ERR_IO);
	journal_close(journal); /* not written: 256 MB of disk are spared */
	bound_files(RLIM_INFINITY);
	signal(SIGXFSZ, before);
}

/* --- ends of all kinds --- */

/* Cut a segment of five records at every length, open, add a sixth. */
static void
test_torn_tails(void)
{
	uint8_t whole[FILE_MAX];
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	size_t len;

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 5)))
		return;
	segment_path(dir, first_segment(dir), path);
	load_file(path, whole, &len);
	if (!CHECK(len == JOURNAL_HEADER_LEN + 5 * 24))
		return;
	for (size_t cut = 0; cut <= len; cut++) {
		int n = cut < JOURNAL_HEADER_LEN
			    ? 0
			    : (int)(cut - JOURNAL_HEADER_LEN) / 24;
		char name[30], torn[PATH_LEN], torn_path[2 * PATH_LEN];

		snprintf(name, sizeof(name), "cut at %zu", cut);
		test_row(name);
		fresh_dir(torn);
		segment_path(torn, first_segment(dir), torn_path);
		save_file(torn_path, whole, cut);
		if (!OK(make_journal(torn, n + 1, 1)))
			break;
		read_journal(torn, NULL, &reading);
		CHECK(is_exactly(&reading, 1, n + 1));
		CHECK(reading.seqs[0] == 1);
	}
}

/* A writer that dies while the header of a later segment is on its way. */
static void
test_torn_header(void)
{
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	uint8_t header[FILE_MAX];
	size_t len;

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 3)) || !OK(make_journal(dir, 4, 0)))
		return;
	segment_path(dir, last_segment(dir), path);
	load_file(path, header, &len);
	CHECK(len == JOURNAL_HEADER_LEN);
	save_file(path, header, 30);
	if (OK(make_journal(dir, 4, 2))) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 5));
	}
}

static void
test_corrupt_header(void)
{
	struct journal *journal;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	uint8_t bytes[FILE_MAX];
	size_t len;

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 3)))
		return;
	segment_path(dir, last_segment(dir), path);
	load_file(path, bytes, &len);
	for (size_t i = 0; i < JOURNAL_HEADER_LEN; i++) {
		bytes[i] ^= 1;
		save_file(path, bytes, len);
		CHECK(open_journal(dir, 0, &journal) == ERR_CORRUPT);
		bytes[i] ^= 1;
	}
	save_file(path, bytes, len);
	if (OK(open_journal(dir, 0, &journal)))
		journal_close(journal);
}

/* Damage in the middle of the last segment does not end it. */
static void
test_open_after_damage(void)
{
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	uint8_t bytes[FILE_MAX];
	size_t len;

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 5)))
		return;
	segment_path(dir, last_segment(dir), path);
	load_file(path, bytes, &len);
	bytes[JOURNAL_HEADER_LEN + 2 * 24 + 20] ^= 0x10;
	save_file(path, bytes, len);
	if (OK(make_journal(dir, 6, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(reading.n == 5 && reading.n_corrupt == 1);
		CHECK(reading.lost == 24);
		CHECK(reading.numbers[2] == 4 && reading.numbers[4] == 6);
		CHECK(reading.seqs[4] == 6);
	}
}

/* The directory was lost: positions in a store must not fit what comes. */
static void
test_fresh_start(void)
{
	struct journal_position old;
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 5)))
		return;
	read_journal(dir, NULL, &reading);
	old = reading.at;
	segment_path(dir, old.segment, path);
	CHECK(unlink(path) == 0);
	while (time(NULL) < old.segment) /* numbers are times: one later */
		usleep(10000);
	if (OK(make_journal(dir, 1, 2))) {
		CHECK(first_segment(dir) > old.segment);
		read_journal(dir, &old, &reading);
		CHECK(is_exactly(&reading, 1, 2));
	}
}

/* --- syncing --- */

struct syncing {
	struct journal *journal;
	_Atomic bool over;
	int err;
	_Atomic long n;
};

static void *
sync_thread(void *arg)
{
	struct syncing *s = arg;

	while (!s->over && s->err == 0) {
		s->err = journal_sync(s->journal);
		s->n++;
	}
	return NULL;
}

static void
test_sync_beside_writing(void)
{
	struct syncing s = { 0 };
	struct reading reading;
	char dir[PATH_LEN];
	pthread_t thread;

	fresh_dir(dir);
	if (!OK(open_journal(dir, 150, &s.journal)))
		return;
	if (CHECK(pthread_create(&thread, NULL, sync_thread, &s) == 0)) {
		while (s.n == 0)
			sched_yield();
		for (int i = 1; i <= 150; i++)
			OK(write_records(s.journal, i, 1));
		s.over = true;
		pthread_join(thread, NULL);
		OK(s.err);
	}
	OK(journal_sync(s.journal));
	OK(journal_sync(s.journal));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 150));
	journal_close(s.journal);
}

/* --- kill -9 --- */

/* Commit records one by one and tell of each through fd, for ever. */
static void
write_until_killed(const char *dir, int fd)
{
	struct journal *journal;

	if (open_journal(dir, 2000, &journal) != 0)
		_exit(1);
	for (int i = 1;; i++) {
		if (write_records(journal, i, 1) != 0 ||
		    write(fd, &i, sizeof(i)) != sizeof(i))
			_exit(1);
	}
}

/* Returns the last record that was told of, at least n_wanted. */
static int
kill_writer(const char *dir, int n_wanted)
{
	int fds[2], last = 0, got;
	pid_t pid;

	if (!CHECK(pipe(fds) == 0))
		return 0;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		write_until_killed(dir, fds[1]);
	}
	close(fds[1]);
	while (read(fds[0], &got, sizeof(got)) == sizeof(got)) {
		last = got;
		if (last == n_wanted)
			kill(pid, SIGKILL);
	}
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return last;
}

static void
test_killed(void)
{
	static const int wanted[] = { 1, 20, 57, 110 };

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct reading reading;
		char dir[PATH_LEN];
		int told;

		fresh_dir(dir);
		told = kill_writer(dir, wanted[i]);
		CHECK(told >= wanted[i]);
		if (told < 150 && OK(make_journal(dir, 1000, 1))) {
			read_journal(dir, NULL, &reading);
			CHECK(reading.n >= told + 1 && reading.n_corrupt == 0);
			CHECK(reading.numbers[told - 1] == told);
			CHECK(reading.numbers[reading.n - 1] == 1000);
			CHECK(reading.seqs[reading.n - 1] == reading.n);
		}
	}
}

static const struct test tests[] = {
	{ "records come back in order", test_write_and_read, false },
	{ "nothing is written before the commit", test_only_committed, false },
	{ "sequence numbers go on when opened again", test_reopened, false },
	{ "a full segment is followed by the next", test_roll_over, false },
	{ "a commit is one write", test_one_write, true },
	{ "the steady state allocates nothing", test_steady_state, true },
	{ "a record has 1 to 65,536 bytes", test_limits, false },
	{ "settings are checked", test_settings, false },
	{ "a second writer is refused", test_two_writers, false },
	{ "a full disk loses nothing that was added", test_full_disk, false },
	{ "nor when a segment has just begun", test_full_at_roll_over, false },
	{ "what is left of a reserve is whoever's goes on",
	  test_reserve_is_inherited, true },
	{ "a full disk has a reserve for calls in progress", test_reserve,
	  true },
	{ "a segment grows on when there can be no next one",
	  test_no_next_segment, true },
	{ "the queue is bounded while commits fail", test_queue_is_bounded,
	  true },
	{ "a tail torn at any byte is cut off", test_torn_tails, true },
	{ "a segment without whole header is removed", test_torn_header,
	  false },
	{ "a corrupt header is told", test_corrupt_header, true },
	{ "damage in the middle does not end a segment", test_open_after_damage,
	  false },
	{ "numbers begin anew above old ones", test_fresh_start, true },
	{ "another thread syncs beside the writer", test_sync_beside_writing,
	  true },
	{ "kill -9 loses nothing that was committed", test_killed, true },
};

const struct test_suite suite_journal = TEST_SUITE("journal", tests);
