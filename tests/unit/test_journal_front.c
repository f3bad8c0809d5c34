/* test_journal_front.c - what is committed before it is written */
#include "acct/journal_front.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "acct/journal.h"
#include "base/err.h"
#include "tests/unit/acct_journal.h"
#include "tests/unit/harness.h"

#define RECORD (JOURNAL_RECORD_HEAD + 8) /* "record N", N of one digit */

static int
open_front(const char *dir, struct log *log, struct journal **out)
{
	const struct journal_settings settings = { .directory = dir,
						   .node = "pop1",
						   .is_synced = true,
						   .has_front = true };

	return journal_open(&settings, log, out);
}

static void
front_path(const char *dir, char out[2 * PATH_LEN])
{
	snprintf(out, 2 * (size_t)PATH_LEN, "%s/pop1.0.front", dir);
}

static bool
has_front_file(const char *dir)
{
	char path[2 * PATH_LEN];

	front_path(dir, path);
	return access(path, F_OK) == 0;
}

/* Whether this file system has fronts at all. */
static bool
has_fronts(const char *dir)
{
	struct journal *journal;
	bool has;

	if (!OK(open_front(dir, NULL, &journal)))
		return false;
	has = has_front_file(dir);
	journal_close(journal);
	if (!has)
		test_skip("no front on this file system, or no memory may be "
			  "locked");
	return has;
}

/* Records first .. first + n_written + n - 1 are committed, and all but the last n
 * written. */
struct doomed {
	int first, n_written, n;
};

static bool
commit(const char *dir, const void *arg)
{
	const struct doomed *d = arg;
	struct journal *journal;

	if (open_front(dir, NULL, &journal) != 0)
		return false;
	if (d->n_written > 0 &&
	    (write_records(journal, d->first, d->n_written) != 0 ||
	     journal_write(journal) != 0))
		return false;
	return write_records(journal, d->first + d->n_written, d->n) == 0 &&
	       journal_is_deferred(journal);
}

static bool
commit_and_die(const char *dir, int first, int n)
{
	const struct doomed d = { first, 0, n };

	return dies_well(commit, dir, &d);
}

/* As read_journal, and what is in the front only. */
static int
read_with_front(const char *dir, int numbers[200], int *n_corrupt)
{
	const struct journal_position beginning = { 0 };
	const struct journal_source source = { .node = "pop1" };
	struct journal_position at;
	struct journal_reader *reader;
	const void *data;
	size_t len;
	int n = 0, err;

	*n_corrupt = 0;
	if (!OK(journal_reader_open(dir, &source, &beginning, &reader)))
		return -1;
	err = journal_reader_add_front(reader);
	while (OK(err) && n < 200) {
		err = journal_reader_next(reader, &data, &len, &at);
		if (err == ERR_CORRUPT) {
			(*n_corrupt)++;
			err = 0;
			continue;
		}
		if (err == ERR_END)
			break;
		numbers[n] = -1;
		sscanf(data, "record %d", &numbers[n]);
		n++;
	}
	journal_reader_close(reader);
	return n;
}

static bool
gives(const char *dir, int n_wanted)
{
	int numbers[200], n_corrupt;
	int n = read_with_front(dir, numbers, &n_corrupt);

	for (int i = 0; i < n; i++) {
		if (numbers[i] != i + 1)
			return false;
	}
	return n == n_wanted && n_corrupt == 0;
}

/* --- a commit, and then? --- */

static void
test_deferred(void)
{
	struct reading reading;
	struct journal *journal;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!has_fronts(dir) || !OK(open_front(dir, NULL, &journal)))
		return;
	CHECK(!journal_is_deferred(journal));
	if (OK(write_records(journal, 1, 3))) {
		CHECK(journal_is_deferred(journal));
		CHECK(journal_is_unsettled(journal));
		CHECK(journal_unwritten(journal) == 0);
		CHECK(journal_deferred(journal) == 3 * RECORD);
		read_journal(dir, NULL, &reading);
		CHECK(reading.n == 0);
		CHECK(gives(dir, 3));
	}
	if (OK(journal_write(journal))) {
		CHECK(!journal_is_deferred(journal));
		CHECK(journal_deferred(journal) == 0);
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 3));
	}
	OK(write_records(journal, 4, 2));
	CHECK(gives(dir, 5));
	journal_close(journal);
	CHECK(!has_front_file(dir));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 5));
}

/* More than it has room for is written as it would be without one. */
static void
test_full(void)
{
	static char big[JOURNAL_RECORD_MAX];
	struct journal *journal;
	char dir[PATH_LEN];
	uint64_t before;

	fresh_dir(dir);
	if (!has_fronts(dir) || !OK(open_front(dir, NULL, &journal)))
		return;
	memset(big, 'x', sizeof(big));
	before = journal_bytes(journal);
	for (size_t i = 0; i < JOURNAL_FRONT_SIZE / sizeof(big); i++) {
		CHECK(journal_bytes(journal) == before);
		OK(journal_add(journal, big, sizeof(big)));
		OK(journal_commit(journal));
	}
	CHECK(journal_bytes(journal) ==
	      before + JOURNAL_FRONT_SIZE + JOURNAL_RECORD_HEAD *
						JOURNAL_FRONT_SIZE /
						sizeof(big));
	CHECK(!journal_is_deferred(journal));
	OK(journal_add(journal, "x", 1));
	OK(journal_commit(journal));
	CHECK(journal_is_deferred(journal));
	journal_close(journal);
}

/* Nobody asks for one; sync = "answer" does not. */
static void
test_without(void)
{
	struct reading reading;
	struct journal *journal;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(open_journal(dir, 0, &journal)))
		return;
	if (OK(write_records(journal, 1, 3))) {
		CHECK(!journal_is_deferred(journal));
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 3));
	}
	CHECK(!has_front_file(dir));
	journal_close(journal);
}

/* --- kill -9 --- */

static void
test_killed(void)
{
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!has_fronts(dir) || !commit_and_die(dir, 1, 5))
		return;
	read_journal(dir, NULL, &reading);
	CHECK(reading.n == 0);
	CHECK(gives(dir, 5));
	/* And again: what the next one finds it writes, before its own. */
	if (commit_and_die(dir, 6, 2)) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 5));
		CHECK(gives(dir, 7));
	}
	if (OK(make_journal(dir, 8, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 8));
		CHECK(!has_front_file(dir));
	}
}

/* Written, but the next commit not yet: old records are in the front, too. */
static void
test_killed_after_write(void)
{
	static const struct doomed eleven = { 1, 9, 2 };
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!has_fronts(dir) || !dies_well(commit, dir, &eleven))
		return;
	CHECK(gives(dir, 11));
	if (OK(make_journal(dir, 12, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 12));
	}
}

/* A node that has fewer workers now: nobody opens its last journals. */
static void
test_of_other_workers(void)
{
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!has_fronts(dir) || !commit_and_die(dir, 1, 5))
		return;
	journal_release_others(dir, "pop2", 0, NULL);
	journal_release_others(dir, "pop1", 1, NULL);
	CHECK(has_front_file(dir));
	journal_release_others(dir, "pop1", 0, NULL);
	if (test_starved())
		return;
	CHECK(!has_front_file(dir));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 5));
}

/* --- damage --- */

/* Whether the reopened journal has the records of good, in order, and then one
 * of its own, with numbers that follow each other. */
static bool
recovers(const char *dir, const int *good, int n)
{
	struct reading reading;

	if (!OK(make_journal(dir, 99, 1)))
		return false;
	read_journal(dir, NULL, &reading);
	if (reading.n != n + 1 || reading.n_corrupt != 0 ||
	    reading.numbers[n] != 99)
		return false;
	for (int i = 0; i < n; i++) {
		if (reading.numbers[i] != good[i] || reading.seqs[i] != i + 1)
			return false;
	}
	return true;
}

/* Put the segment and the front of a killed writer into a new directory. */
struct left_over {
	uint8_t segment[FILE_MAX], front[FILE_MAX];
	size_t segment_len, front_len;
	int64_t number;
};

static bool
take_left_over(struct left_over *out, int n)
{
	static uint8_t whole[JOURNAL_FRONT_SIZE];
	char dir[PATH_LEN], path[2 * PATH_LEN];
	FILE *file;

	fresh_dir(dir);
	if (!has_fronts(dir) || !commit_and_die(dir, 1, n))
		return false;
	out->number = last_segment(dir);
	segment_path(dir, out->number, path);
	load_file(path, out->segment, &out->segment_len);
	front_path(dir, path);
	file = fopen(path, "rb");
	if (!CHECK(file != NULL))
		return false;
	CHECK(fread(whole, 1, sizeof(whole), file) == sizeof(whole));
	fclose(file);
	out->front_len = (size_t)n * RECORD + 100;
	memcpy(out->front, whole, out->front_len);
	return true;
}

static void
lay_out(const struct left_over *left, size_t front_len, char dir[PATH_LEN])
{
	char path[2 * PATH_LEN];

	fresh_dir(dir);
	segment_path(dir, left->number, path);
	save_file(path, left->segment, left->segment_len);
	front_path(dir, path);
	save_file(path, left->front, front_len);
}

static void
test_cut_anywhere(void)
{
	static const int all[] = { 1, 2, 3, 4 };
	static struct left_over left;
	char dir[PATH_LEN], name[40];

	if (!take_left_over(&left, 4))
		return;
	for (size_t cut = 0; cut <= 4 * RECORD + 8; cut++) {
		int n = (int)(cut / RECORD) < 4 ? (int)(cut / RECORD) : 4;

		snprintf(name, sizeof(name), "cut at %zu", cut);
		test_row(name);
		lay_out(&left, cut, dir);
		if (!CHECK(recovers(dir, all, n)))
			break;
	}
	test_row(NULL);
}

/* A record with a bit that is not as it was is lost, and no other one. */
static void
test_any_byte_flipped(void)
{
	static struct left_over left;
	char dir[PATH_LEN], name[40];

	if (!take_left_over(&left, 4))
		return;
	for (size_t i = 0; i < 4 * RECORD; i++) {
		int good[3], n = 0;

		for (int k = 1; k <= 4; k++) {
			if (k != (int)(i / RECORD) + 1)
				good[n++] = k;
		}
		snprintf(name, sizeof(name), "byte %zu", i);
		test_row(name);
		left.front[i] ^= 0x40;
		lay_out(&left, left.front_len, dir);
		left.front[i] ^= 0x40;
		if (!CHECK(recovers(dir, good, 3)))
			break;
	}
	test_row(NULL);
}

/* Power failed: the disk has more of the front than of the segment. */
static void
test_segment_lost_more(void)
{
	static const struct doomed seven = { 1, 5, 2 };
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	int numbers[200], n_corrupt;

	fresh_dir(dir);
	if (!has_fronts(dir) || !dies_well(commit, dir, &seven))
		return;
	segment_path(dir, last_segment(dir), path);
	CHECK(truncate(path, JOURNAL_HEADER_LEN + 3 * RECORD) == 0);
	CHECK(read_with_front(dir, numbers, &n_corrupt) == 5 &&
	      n_corrupt == 1 && numbers[2] == 3 && numbers[3] == 6);
	if (OK(make_journal(dir, 8, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(reading.n == 6 && reading.n_corrupt == 0);
		CHECK(reading.numbers[2] == 3 && reading.numbers[3] == 6 &&
		      reading.numbers[4] == 7 && reading.numbers[5] == 8);
	}
}

/* Somebody cuts the file of a running writer: SIGBUS, which costs nothing. */
static void
test_cut_while_open(void)
{
	static const off_t lens[] = { 0, 4096 };

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		static char page[4096];
		struct reading reading;
		char dir[PATH_LEN], path[2 * PATH_LEN];
		struct journal *journal;

		fresh_dir(dir);
		if (!has_fronts(dir) || !OK(open_front(dir, NULL, &journal)))
			return;
		OK(write_records(journal, 1, 3));
		front_path(dir, path);
		CHECK(truncate(path, lens[i]) == 0);
		if (lens[i] == 0) {
			OK(write_records(journal, 4, 3));
			CHECK(!journal_is_deferred(journal));
			read_journal(dir, NULL, &reading);
			CHECK(is_exactly(&reading, 1, 6));
		} else {
			OK(journal_add(journal, page, sizeof(page)));
			OK(journal_commit(journal));
			CHECK(!journal_is_deferred(journal));
			read_journal(dir, NULL, &reading);
			CHECK(reading.n == 4 && reading.n_corrupt == 0);
		}
		OK(write_records(journal, 7, 1));
		CHECK(!journal_is_deferred(journal));
		journal_close(journal);
	}
}

/* Or deletes it: the next write finds out, and nothing waits there again. */
static void
test_deleted_while_open(void)
{
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	struct journal *journal;

	fresh_dir(dir);
	if (!has_fronts(dir) || !OK(open_front(dir, NULL, &journal)))
		return;
	front_path(dir, path);
	CHECK(unlink(path) == 0);
	OK(write_records(journal, 1, 3));
	CHECK(journal_is_deferred(journal));
	OK(journal_write(journal));
	OK(write_records(journal, 4, 1));
	CHECK(!journal_is_deferred(journal));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 4));
	journal_close(journal);
}

#define SURVIVED 77

static void
touch_what_is_gone(const char *dir)
{
	char path[2 * PATH_LEN];
	volatile char *bytes;
	int fd;

	snprintf(path, sizeof(path), "%s/other", dir);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	bytes[0] = 1;
}

static void
send_it(const char *dir)
{
	(void)dir;
	raise(SIGBUS);
}

/* SIGBUS of anything else, also when it is sent, ends a process as it did. */
static void
test_other_sigbus(void)
{
	static void (*const causes[])(const char *) = { touch_what_is_gone,
							send_it };

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		char dir[PATH_LEN];
		struct journal *journal;
		int status;
		pid_t pid;

		fresh_dir(dir);
		if (!has_fronts(dir))
			return;
		pid = fork();
		if (pid == 0) {
			fclose(stderr); /* a sanitizer's report */
			if (open_front(dir, NULL, &journal) == 0)
				causes[i](dir);
			_exit(SURVIVED);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) != SURVIVED);
	}
}

/* --- a disk without room --- */

/* While the segment cannot be written the front has its records: whoever comes
 * after the end, by kill -9 or not, finds them. */
struct cramped {
	int first;
	bool closes;
};

static bool
end_without_room(const char *dir, const void *arg)
{
	const struct cramped *c = arg;
	struct journal *journal;

	signal(SIGXFSZ, SIG_IGN);
	if (open_front(dir, NULL, &journal) != 0 ||
	    write_records(journal, c->first, 5) != 0)
		return false;
	bound_files(JOURNAL_HEADER_LEN + 10);
	if (journal_write(journal) != ERR_IO || !journal_is_failing(journal) ||
	    journal_is_deferred(journal) || journal_unwritten(journal) == 0 ||
	    write_records(journal, c->first + 5, 1) != ERR_IO)
		return false;
	if (c->closes)
		journal_close(journal);
	return true;
}

static void
test_cannot_be_written(void)
{
	static const struct cramped killed = { 1, false }, closed = { 7, true };
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!has_fronts(dir))
		return;
	dies_well(end_without_room, dir, &killed);
	CHECK(gives(dir, 6));
	dies_well(end_without_room, dir, &closed);
	CHECK(gives(dir, 12));
	if (OK(make_journal(dir, 13, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 13));
	}
}

/* Nor can it when the next one starts: it waits where it is. Whether room comes
 * before that one is killed. */
static bool
start_without_room(const char *dir, const void *arg)
{
	const bool *comes = arg;
	struct journal *journal;

	signal(SIGXFSZ, SIG_IGN);
	bound_files(JOURNAL_HEADER_LEN + 10);
	if (open_front(dir, NULL, &journal) != 0 ||
	    !journal_is_failing(journal) || journal_unwritten(journal) == 0 ||
	    write_records(journal, 6, 1) != ERR_IO)
		return false;
	if (!*comes)
		return true;
	bound_files(RLIM_INFINITY);
	return journal_write(journal) == 0 && !journal_is_failing(journal);
}

static void
test_left_over_waits(void)
{
	static const bool never = false, later = true;
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!has_fronts(dir) || !commit_and_die(dir, 1, 5))
		return;
	dies_well(start_without_room, dir, &never);
	dies_well(start_without_room, dir, &never);
	CHECK(gives(dir, 5));
	dies_well(start_without_room, dir, &later);
	if (OK(make_journal(dir, 7, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 7));
	}
}

/* No room for the front itself: none, and nothing of it stays. */
static void
test_no_room_for_it(void)
{
	struct reading reading;
	struct journal *journal;
	char dir[PATH_LEN];
	int status;
	pid_t pid;

	fresh_dir(dir);
	pid = fork();
	if (pid == 0) {
		signal(SIGXFSZ, SIG_IGN);
		bound_files(JOURNAL_FRONT_SIZE / 2);
		if (open_front(dir, NULL, &journal) != 0 ||
		    has_front_file(dir) ||
		    write_records(journal, 1, 3) != 0 ||
		    journal_is_deferred(journal))
			_exit(1);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	      WEXITSTATUS(status) == 0);
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 3));
}

/* --- a reader beside the writer --- */

#define N_BESIDE 60

struct writing {
	struct journal *journal;
	_Atomic int committed;
	_Atomic bool over;
};

static void *
write_thread(void *arg)
{
	struct writing *w = arg;

	for (int i = 1; i <= N_BESIDE; i++) {
		if (write_records(w->journal, i, 1) != 0 ||
		    (i % 7 == 0 && journal_write(w->journal) != 0))
			break;
		atomic_store(&w->committed, i);
		sched_yield();
	}
	atomic_store(&w->over, true);
	return NULL;
}

/* Each time it sees all that was committed when it began, and no gap. */
static void
test_read_beside_writing(void)
{
	struct writing w = { 0 };
	char dir[PATH_LEN];
	pthread_t thread;
	bool over = false;

	fresh_dir(dir);
	if (!has_fronts(dir) || !OK(open_front(dir, NULL, &w.journal)))
		return;
	if (CHECK(pthread_create(&thread, NULL, write_thread, &w) == 0)) {
		while (!over) {
			int numbers[200], n_corrupt, n, at_least;

			over = atomic_load(&w.over);
			at_least = atomic_load(&w.committed);
			n = read_with_front(dir, numbers, &n_corrupt);
			if (!CHECK(n >= at_least && n_corrupt == 0) ||
			    !CHECK(n == 0 || numbers[n - 1] == n))
				break;
		}
		pthread_join(thread, NULL);
	}
	CHECK(w.committed == N_BESIDE);
	journal_close(w.journal);
}

static const struct test tests[] = {
	{ "a commit is in the front, and written later", test_deferred,
	  false },
	{ "what finds no room in it is written at once", test_full, true },
	{ "without one a commit is written", test_without, false },
	{ "kill -9 loses nothing that was committed", test_killed, true },
	{ "nor with older records behind it", test_killed_after_write, true },
	{ "nor of a worker there is no more", test_of_other_workers, true },
	{ "a front cut anywhere gives what is before", test_cut_anywhere,
	  true },
	{ "a damaged record costs no other one", test_any_byte_flipped, true },
	{ "what the segment has lost may be in the front",
	  test_segment_lost_more, true },
	{ "a front that is cut while it is open costs nothing",
	  test_cut_while_open, true },
	{ "one that is deleted is given up", test_deleted_while_open, true },
	{ "other signals are left to others", test_other_sigbus, true },
	{ "what cannot be written survives in the front",
	  test_cannot_be_written, true },
	{ "and waits there for who can", test_left_over_waits, true },
	{ "there may be no room for a front", test_no_room_for_it, true },
	{ "a reader beside the writer sees all, and no gap",
	  test_read_beside_writing, true },
};

const struct test_suite suite_journal_front =
    TEST_SUITE("journal_front", tests);
