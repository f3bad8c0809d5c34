/*
 * test_journal_sync.c - a journal on a disk that fails, as Linux lets it
 *
 * fdatasync is this program's own: it keeps what would be on the disk. When it
 * is told to fail, what was written since the time before is lost for good, and
 * the next call succeeds all the same: that is what the kernel does with pages it
 * could not write.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "acct/journal.h"
#include "acct/journal_tail.h"
#include "base/err.h"
#include "tests/unit/acct_journal.h"
#include "tests/unit/harness.h"

#define MAX_FILES 32
#define WAIT_US 1100000 /* before a second try */

/* What is on the disk of one file. */
struct platter {
	ino_t inode;
	uint8_t bytes[FILE_MAX];
	size_t len;
};

static struct {
	bool is_on;
	int fail_next; /* so many calls */
	int n_calls;
	struct platter files[MAX_FILES];
	int n_files;
	ino_t unreadable; /* of a file with bad blocks; 0 = none */
} disk;

static struct platter *
platter_of(ino_t inode)
{
	for (int i = 0; i < disk.n_files; i++) {
		if (disk.files[i].inode == inode)
			return &disk.files[i];
	}
	if (disk.n_files == MAX_FILES)
		abort();
	disk.files[disk.n_files] = (struct platter){ .inode = inode };
	return &disk.files[disk.n_files++];
}

static ino_t
inode_of(int fd, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return 0;
	if (size != NULL)
		*size = (size_t)st.st_size;
	return st.st_ino;
}

/* In place of the C library's. */
int
fdatasync(int fd)
{
	struct platter *platter;
	uint8_t *to;
	size_t size;
	ino_t inode = inode_of(fd, &size);

	if (!disk.is_on)
		return (int)syscall(SYS_fdatasync, fd);
	disk.n_calls++;
	platter = platter_of(inode);
	if (size > sizeof(platter->bytes))
		abort();
	to = platter->bytes + platter->len;
	if (disk.fail_next > 0) {
		disk.fail_next--;
		memset(to, 0, size - platter->len);
		platter->len = size;
		errno = EIO;
		return -1;
	}
	if (syscall(SYS_pread64, fd, to, size - platter->len, platter->len) !=
	    (long)(size - platter->len))
		abort();
	platter->len = size;
	return 0;
}

ssize_t
pread(int fd, void *to, size_t n, off_t offset)
{
	if (disk.unreadable != 0 && inode_of(fd, NULL) == disk.unreadable) {
		errno = EIO;
		return -1;
	}
	return syscall(SYS_pread64, fd, to, n, offset);
}

static void
disk_on(void)
{
	memset(&disk, 0, sizeof(disk));
	disk.is_on = true;
}

/* The power fails: each segment is what was on the disk. */
static void
lose_power(const char *dir)
{
	char path[2 * PATH_LEN];
	struct stat st;

	disk.is_on = false;
	for (int64_t n = first_segment(dir); n <= last_segment(dir); n++) {
		segment_path(dir, n, path);
		if (stat(path, &st) == 0) {
			const struct platter *platter = platter_of(st.st_ino);

			save_file(path, platter->bytes, platter->len);
		}
	}
}

/* Whether records 1..n are all there, in any number, and nothing that is none;
 * what is between them may be damaged. */
static bool
has_all(const char *dir, int n)
{
	struct reading reading;
	bool found[200] = { false };

	read_journal(dir, NULL, &reading);
	for (int i = 0; i < reading.n; i++) {
		if (reading.numbers[i] < 1 || reading.numbers[i] >= 200 ||
		    reading.seqs[i] != reading.numbers[i])
			return false;
		found[reading.numbers[i]] = true;
	}
	for (int i = 1; i <= n; i++) {
		if (!found[i])
			return false;
	}
	return reading.err == ERR_END;
}

static int
open_synced(const char *dir, int64_t segment_bytes, struct journal **out)
{
	const struct journal_settings settings = {
		.directory = dir,
		.node = "pop1",
		.segment_bytes = segment_bytes,
		.is_synced = true,
	};

	return journal_open(&settings, NULL, out);
}

static void
test_written_again(void)
{
	struct journal *journal;
	char dir[PATH_LEN];

	fresh_dir(dir);
	disk_on();
	if (!OK(open_synced(dir, 0, &journal)))
		goto out;
	OK(write_records(journal, 1, 3));
	OK(journal_sync(journal));
	OK(write_records(journal, 4, 3));
	disk.fail_next = 1;
	CHECK(journal_sync(journal) == ERR_IO && errno == EIO);
	CHECK(journal_sync(journal) == ERR_IO); /* would succeed, and lie */
	CHECK(disk.n_calls == 2);
	CHECK(last_segment(dir) == first_segment(dir));
	OK(journal_commit(journal));
	CHECK(last_segment(dir) == first_segment(dir) + 1);
	OK(journal_sync(journal));
	OK(write_records(journal, 7, 2));
	OK(journal_sync(journal));
	lose_power(dir);
	CHECK(has_all(dir, 8));
	journal_close(journal);
out:
	disk.is_on = false;
}

/* Somebody has deleted the segment that is being written. */
static void
test_deleted(void)
{
	struct journal_segment at = { .node = "pop1" };
	char dir[PATH_LEN], name[JOURNAL_NAME_MAX], path[2 * PATH_LEN];
	struct journal *journal;
	struct reading reading;

	fresh_dir(dir);
	if (!OK(open_synced(dir, 0, &journal)))
		return;
	OK(write_records(journal, 1, 2));
	at.number = last_segment(dir);
	journal_segment_name(&at, name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	OK(unlink(path));
	OK(write_records(journal, 3, 2));
	CHECK(journal_sync(journal) == ERR_IO && errno == ENOENT);
	OK(journal_commit(journal));
	OK(journal_sync(journal));
	OK(write_records(journal, 5, 2));
	OK(journal_sync(journal));
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 6));
	journal_close(journal);
}

/* The same, had a later success been believed. */
static void
test_disk_loses(void)
{
	struct journal *journal;
	char dir[PATH_LEN];

	fresh_dir(dir);
	disk_on();
	if (!OK(open_synced(dir, 0, &journal)))
		goto out;
	OK(write_records(journal, 1, 3));
	disk.fail_next = 1;
	CHECK(journal_sync(journal) == ERR_IO);
	lose_power(dir);
	CHECK(!has_all(dir, 3));
	journal_close(journal);
out:
	disk.is_on = false;
}

static void
test_fails_again(void)
{
	struct journal *journal;
	char dir[PATH_LEN];

	fresh_dir(dir);
	disk_on();
	if (!OK(open_synced(dir, 0, &journal)))
		goto out;
	OK(write_records(journal, 1, 3));
	disk.fail_next = 3;
	CHECK(journal_sync(journal) == ERR_IO);
	OK(write_records(journal, 4, 1)); /* a new segment, not synced yet */
	CHECK(last_segment(dir) == first_segment(dir) + 1);
	CHECK(journal_sync(journal) == ERR_IO);
	for (int i = 5; i < 15; i++) {
		OK(write_records(journal, i, 1));
		CHECK(journal_sync(journal) == ERR_IO);
	}
	CHECK(last_segment(dir) == first_segment(dir) + 1);
	CHECK(journal_unwritten(journal) > 0);
	usleep(WAIT_US);
	OK(journal_commit(journal));
	CHECK(last_segment(dir) == first_segment(dir) + 2);
	CHECK(journal_sync(journal) == ERR_IO);
	journal_close(journal); /* tries once more */
	CHECK(last_segment(dir) == first_segment(dir) + 3);
	lose_power(dir);
	CHECK(has_all(dir, 14));
out:
	disk.is_on = false;
}

/* Whether it is in another segment than the one that could not be synced. */
static void
test_over_segments(void)
{
	struct journal *journal;
	char dir[PATH_LEN];

	fresh_dir(dir);
	disk_on();
	if (!OK(open_synced(dir, 200, &journal)))
		goto out;
	for (int i = 1; i <= 20; i++)
		OK(write_records(journal, i, 1)); /* rolls over, unsynced */
	CHECK(last_segment(dir) > first_segment(dir) + 2);
	disk.fail_next = 1;
	CHECK(journal_sync(journal) == ERR_IO);
	OK(write_records(journal, 21, 5));
	OK(journal_sync(journal));
	lose_power(dir);
	CHECK(has_all(dir, 25));
	journal_close(journal);
out:
	disk.is_on = false;
}

/* Records that the disk does not give back any more are read where they were
 * written again. */
static void
test_unreadable(void)
{
	char dir[PATH_LEN], path[2 * PATH_LEN];
	struct journal *journal;
	struct reading reading;
	struct stat st;

	fresh_dir(dir);
	disk_on();
	if (!OK(open_synced(dir, 0, &journal)))
		goto out;
	OK(write_records(journal, 1, 3));
	disk.fail_next = 1;
	CHECK(journal_sync(journal) == ERR_IO);
	OK(write_records(journal, 4, 3));
	OK(journal_sync(journal));
	segment_path(dir, first_segment(dir), path);
	if (CHECK(stat(path, &st) == 0)) {
		const struct journal_position at = {
			.segment = first_segment(dir), .seq = 2, .offset = 96
		};

		disk.unreadable = st.st_ino;
		read_journal(dir, &at, &reading);
		CHECK(reading.err == ERR_END && is_exactly(&reading, 1, 6));
		/* Not where that would leave some out. */
		segment_path(dir, last_segment(dir), path);
		CHECK(stat(path, &st) == 0);
		disk.unreadable = st.st_ino;
		read_journal(dir, NULL, &reading);
		CHECK(reading.err == ERR_IO && reading.n == 3);
	}
	disk.unreadable = 0;
	journal_close(journal);
out:
	disk.is_on = false;
}

/* Whatever is written, synced and lost in any order: what a sync was told to be
 * safe is safe. */
static void
test_any_order(void)
{
	for (unsigned seed = 1; seed <= 60; seed++) {
		struct journal *journal;
		char dir[PATH_LEN], what[40];
		int n = 0, safe = 0;

		snprintf(what, sizeof(what), "seed %u", seed);
		test_row(what);
		srand(seed);
		fresh_dir(dir);
		disk_on();
		if (!OK(open_synced(dir, seed % 2 == 0 ? 0 : 300, &journal)))
			break;
		for (int step = 0; step < 60 && n < 190; step++) {
			int r = rand() % 8;

			disk.fail_next = r == 0 ? 1 : 0;
			if (r < 4 && journal_sync(journal) == 0)
				safe = n;
			if (r >= 4) {
				OK(write_records(journal, n + 1, r % 3));
				n += r % 3;
			}
		}
		lose_power(dir);
		CHECK(has_all(dir, safe));
		disk.fail_next = 0;
		journal_close(journal);
	}
	test_row(NULL);
	disk.is_on = false;
}

/* --- the records in memory --- */

#define RECORD ((size_t)JOURNAL_RECORD_HEAD + 10)

static bool
add(struct journal_tail *tail, int from, int to)
{
	for (int i = from; i <= to; i++) {
		if (!OK(journal_tail_add(tail, "0123456789", 10, i)))
			return false;
	}
	return true;
}

static void
test_tail_drops(void)
{
	struct journal_tail tail;

	journal_tail_init(&tail, 1 << 20);
	CHECK(journal_tail_first(&tail, 7) == 7);
	if (add(&tail, 1, 10)) {
		journal_tail_note_written(&tail);
		CHECK(journal_tail_position(&tail) == 10 * RECORD);
		journal_tail_drop(&tail, RECORD); /* not worth it yet */
		CHECK(journal_tail_first(&tail, 11) == 1);
		journal_tail_drop(&tail, 6 * RECORD);
		CHECK(journal_tail_first(&tail, 11) == 7);
		CHECK(journal_tail_position(&tail) == 10 * RECORD);
		journal_tail_drop(&tail, 2 * RECORD); /* of before */
		CHECK(journal_tail_first(&tail, 11) == 7);
	}
	if (tail.len > 0 && add(&tail, 11, 11)) {
		journal_tail_drop(&tail, 10 * RECORD);
		CHECK(journal_tail_first(&tail, 12) == 11);
		CHECK(tail.written == 0 && tail.len == RECORD);
		journal_tail_note_written(&tail);
		journal_tail_drop(&tail, 11 * RECORD);
		CHECK(tail.len == 0 && tail.start == 11 * RECORD);
	}
	journal_tail_fini(&tail);
}

static void
test_tail_is_bounded(void)
{
	struct journal_tail tail;

	journal_tail_init(&tail, 10 * RECORD);
	if (add(&tail, 1, 11)) {
		journal_tail_note_written(&tail);
		CHECK(journal_tail_first(&tail, 12) == 7);
		CHECK(tail.len == 5 * RECORD && tail.written == tail.len);
		CHECK(journal_tail_position(&tail) == 11 * RECORD);
	}
	journal_tail_fini(&tail);
	journal_tail_init(&tail, 0);
	if (add(&tail, 1, 3)) {
		journal_tail_note_written(&tail);
		CHECK(tail.len == 0);
	}
	journal_tail_fini(&tail);
}

static const struct test tests[] = {
	{ "what a failed sync lost is written again", test_written_again,
	  false },
	{ "a segment that somebody deletes is written again", test_deleted,
	  false },
	{ "the disk of these tests does lose it", test_disk_loses, true },
	{ "until a sync succeeds, not at once each time", test_fails_again,
	  false },
	{ "also when it is in several segments", test_over_segments, true },
	{ "a segment that cannot be read is passed over for its repetition",
	  test_unreadable, true },
	{ "what is safe is safe, in any order", test_any_order, true },
	{ "the tail drops what is safe", test_tail_drops, true },
	{ "the tail is bounded", test_tail_is_bounded, true },
};

const struct test_suite suite_journal_sync = TEST_SUITE("journal_sync", tests);
