/* test_journal_read.c - finding, reading and pruning segments, and damage */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "acct/journal.h"
#include "acct/journal_pack.h"
#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/acct_journal.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define RECORD 24 /* bytes of "record 1" to "record 9" in a segment */

static void
touch(const char *dir, const char *name)
{
	char path[2 * PATH_LEN];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	save_file(path, (const uint8_t *)"", 0);
}

static void
test_list(void)
{
	static const char *const names[] = {
		"pop2.0.0000000003.journal",  "pop1.10.0000000001.journal",
		"pop1.2.0000000007.journal",  "pop1.2.0000000009.journal",
		"pop1.2.0000000008.journal",  "pop1.2.8.journal",
		"pop1.2.0000000008.journal~", "pop1.02.0000000008.journal",
		"pop1.2.0000000000.journal",  "pop1.0000000008.journal",
		"pop.1.2.0000000008.journal", "notes.txt",
		"pop1.x.0000000008.journal",
	};
	static const struct journal_source expected[] = {
		{ "pop1", 2, 7, 9 },
		{ "pop1", 10, 1, 1 },
		{ "pop2", 0, 3, 3 },
	};
	struct journal_source *sources;
	char dir[PATH_LEN];
	size_t n;

	CHECK(journal_list("/nonexistent", &sources, &n) == ERR_IO);
	fresh_dir(dir);
	if (!OK(journal_list(dir, &sources, &n)))
		return;
	CHECK(n == 0);
	mem_free(sources);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		touch(dir, names[i]);
	if (!OK(journal_list(dir, &sources, &n)))
		return;
	CHECK(n == 3);
	for (size_t i = 0; i < n && i < 3; i++) {
		CHECK(strcmp(sources[i].node, expected[i].node) == 0);
		CHECK(sources[i].worker == expected[i].worker);
		CHECK(sources[i].first_segment == expected[i].first_segment);
		CHECK(sources[i].last_segment == expected[i].last_segment);
	}
	mem_free(sources);
}

static void
test_nothing_there(void)
{
	struct reading reading;
	char dir[PATH_LEN];

	read_journal("/nonexistent", NULL, &reading);
	CHECK(reading.err == ERR_IO);
	fresh_dir(dir);
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 0));
	CHECK(reading.at.segment == 0 && reading.at.offset == 0);
}

/* From each position that reading gave, reading goes on with the rest. */
static void
test_positions(void)
{
	struct journal_position at = { 0 };
	struct reading reading;
	char dir[PATH_LEN];

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 3)) || !OK(make_journal(dir, 4, 0)) ||
	    !OK(make_journal(dir, 4, 3)))
		return;
	for (int i = 1; i <= 6; i++) {
		const struct journal_source source = { .node = "pop1" };
		struct journal_reader *reader;
		const void *data;
		size_t len;

		if (!OK(journal_reader_open(dir, &source, &at, &reader)))
			return;
		CHECK(OK(journal_reader_next(reader, &data, &len, &at)));
		CHECK(at.seq == i + 1);
		journal_reader_close(reader);
		read_journal(dir, &at, &reading);
		CHECK(is_exactly(&reading, i + 1, 6 - i));
	}
	CHECK(at.segment == last_segment(dir));
}

/* --- damage --- */

/* One segment of 20 records, and perhaps another one behind it. */
struct bytes {
	int64_t number;
	uint8_t p[FILE_MAX];
	size_t len;
	char dir[PATH_LEN], path[2 * PATH_LEN];
};

static bool
make_bytes(struct bytes *b, bool sealed)
{
	fresh_dir(b->dir);
	if (!OK(make_journal(b->dir, 1, 20)) ||
	    (sealed && !OK(make_journal(b->dir, 21, 2))))
		return false;
	b->number = first_segment(b->dir);
	segment_path(b->dir, b->number, b->path);
	load_file(b->path, b->p, &b->len);
	return CHECK(b->len ==
		     JOURNAL_HEADER_LEN + 9 * RECORD + 11 * (RECORD + 1));
}

/* The number of the record that byte i belongs to, 0 = the header. */
static int
record_at(size_t i)
{
	if (i < JOURNAL_HEADER_LEN)
		return 0;
	i -= JOURNAL_HEADER_LEN;
	if (i < 9 * RECORD)
		return 1 + (int)(i / RECORD);
	return 10 + (int)((i - 9 * RECORD) / (RECORD + 1));
}

/* All of 1..n but `missing`, in order. */
static bool
is_all_but(const struct reading *reading, int missing, int n)
{
	int at = 0;

	for (int i = 1; i <= n; i++) {
		if (i == missing)
			continue;
		if (at >= reading->n || reading->numbers[at] != i ||
		    reading->seqs[at] != i)
			return false;
		at++;
	}
	return at == reading->n && reading->err == ERR_END;
}

/* Every byte, in several ways; sealed: another segment follows. */
static void
flip_each(bool sealed)
{
	static const uint8_t flips[] = { 0x01, 0x80, 0xff };
	struct reading reading;
	struct bytes b;

	if (!make_bytes(&b, sealed))
		return;
	for (size_t i = 0; i < 3 * b.len; i++) {
		size_t at = i / 3;
		int damaged = record_at(at);
		bool is_tail = damaged == 20 && !sealed;
		char what[40];

		snprintf(what, sizeof(what), "byte %zu ^ %02x", at,
			 flips[i % 3]);
		test_row(what);
		b.p[at] ^= flips[i % 3];
		save_file(b.path, b.p, b.len);
		b.p[at] ^= flips[i % 3];
		read_journal(b.dir, NULL, &reading);
		CHECK(is_all_but(&reading, damaged, sealed ? 22 : 20));
		/* A bad end without a later record may just be half of one. */
		CHECK(reading.n_corrupt == (is_tail ? 0 : 1));
		if (damaged == 0)
			CHECK(reading.lost == JOURNAL_HEADER_LEN);
		else if (!is_tail)
			CHECK(reading.lost ==
			      (damaged < 10 ? RECORD : RECORD + 1));
	}
}

static void
test_flips(void)
{
	flip_each(false);
}

static void
test_flips_sealed(void)
{
	flip_each(true);
}

/* A sealed segment that ends too early, at every byte. */
static void
test_cut_sealed(void)
{
	struct reading reading;
	struct bytes b;

	if (!make_bytes(&b, true))
		return;
	for (size_t len = 0; len < b.len; len++) {
		int whole = len < JOURNAL_HEADER_LEN ? 0 : record_at(len) - 1;
		char what[40];

		snprintf(what, sizeof(what), "%zu bytes", len);
		test_row(what);
		save_file(b.path, b.p, len);
		read_journal(b.dir, NULL, &reading);
		CHECK(reading.n == whole + 2 && reading.err == ERR_END);
		for (int i = 0; i < whole; i++)
			CHECK(reading.numbers[i] == i + 1);
		CHECK(reading.numbers[whole] == 21);
		CHECK(reading.numbers[whole + 1] == 22);
		/* Records 20 and more bytes, or just records, are missing; at
		 * the beginning nobody knows that something was there. */
		CHECK(reading.n_corrupt >= (len > 0));
	}
}

static void
test_inserted(void)
{
	struct reading reading;
	struct bytes b;
	uint8_t *middle;

	if (!make_bytes(&b, true))
		return;
	middle = b.p + JOURNAL_HEADER_LEN + 5 * RECORD;
	memmove(middle + 1000, middle, b.len - (size_t)(middle - b.p));
	memset(middle, 0, 1000);
	save_file(b.path, b.p, b.len + 1000);
	read_journal(b.dir, NULL, &reading);
	CHECK(is_all_but(&reading, 0, 22));
	CHECK(reading.n_corrupt == 1 && reading.lost == 1000);
}

static void
test_removed(void)
{
	struct reading reading;
	struct bytes b;
	uint8_t *middle;

	if (!make_bytes(&b, true))
		return;
	middle = b.p + JOURNAL_HEADER_LEN + 5 * RECORD;
	memmove(middle, middle + RECORD, b.len - (size_t)(middle - b.p));
	save_file(b.path, b.p, b.len - RECORD);
	read_journal(b.dir, NULL, &reading);
	CHECK(is_all_but(&reading, 6, 22));
	CHECK(reading.n_corrupt == 1 && reading.lost == 0);
}

/* Much damage at random: what comes is true and in order, and it ends. */
static void
test_random_damage(void)
{
	uint64_t seed = 11;
	struct reading reading;
	struct bytes b;
	uint8_t bad[FILE_MAX];

	if (!make_bytes(&b, true))
		return;
	for (int round = 0; round < 300; round++) {
		int last = 0;

		memcpy(bad, b.p, b.len);
		for (int i = 0; i < 1 + round % 30; i++)
			bad[random_below(&seed, (int64_t)b.len)] =
			    (uint8_t)random_next(&seed);
		save_file(b.path, bad, b.len);
		read_journal(b.dir, NULL, &reading);
		CHECK(reading.err == ERR_END && reading.n >= 2);
		for (int i = 0; i < reading.n; i++) {
			CHECK(reading.numbers[i] > last);
			CHECK(reading.seqs[i] == reading.numbers[i]);
			last = reading.numbers[i];
		}
		CHECK(last == 22);
	}
}

/* --- segments that are not there --- */

static bool
make_three(char dir[PATH_LEN])
{
	fresh_dir(dir);
	return OK(make_journal(dir, 1, 3)) && OK(make_journal(dir, 4, 3)) &&
	       OK(make_journal(dir, 7, 3));
}

static void
test_missing_segment(void)
{
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];

	if (!make_three(dir))
		return;
	segment_path(dir, first_segment(dir) + 1, path);
	CHECK(unlink(path) == 0);
	read_journal(dir, NULL, &reading);
	CHECK(reading.n == 6 && reading.n_corrupt == 1 && reading.lost == 0);
	CHECK(reading.numbers[2] == 3 && reading.numbers[3] == 7);
	CHECK(reading.seqs[3] == 7);
}

static void
test_pruned_position(void)
{
	struct journal_position at = { 0 };
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];

	if (!make_three(dir))
		return;
	at.segment = first_segment(dir);
	at.offset = JOURNAL_HEADER_LEN + 3 * RECORD;
	at.seq = 4;
	segment_path(dir, at.segment, path);
	CHECK(unlink(path) == 0);
	read_journal(dir, &at, &reading);
	CHECK(is_exactly(&reading, 4, 6));
}

/* The power went away with a tail that was shipped already. */
static void
test_position_behind_end(void)
{
	struct journal_position at;
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	uint8_t bytes[FILE_MAX];
	size_t len;

	fresh_dir(dir);
	if (!OK(make_journal(dir, 1, 5)))
		return;
	read_journal(dir, NULL, &reading);
	at = reading.at;
	segment_path(dir, at.segment, path);
	load_file(path, bytes, &len);
	save_file(path, bytes, len - 2 * RECORD);
	read_journal(dir, &at, &reading);
	CHECK(is_exactly(&reading, 0, 0));
	if (OK(make_journal(dir, 100, 2))) {
		read_journal(dir, &at, &reading);
		CHECK(is_exactly(&reading, 100, 2));
		CHECK(reading.seqs[0] == 4);
	}
}

static void
age(const char *dir, int64_t number, time_t seconds)
{
	char path[2 * PATH_LEN];
	struct timespec times[2] = { { .tv_sec = time(NULL) - seconds },
				     { .tv_sec = time(NULL) - seconds } };

	segment_path(dir, number, path);
	CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
}

static void
test_prune(void)
{
	struct journal_source source = { .node = "pop1" };
	char dir[PATH_LEN];
	int64_t first;

	if (!make_three(dir))
		return;
	touch(dir, "pop1.1.0000000001.journal");
	touch(dir, "pop2.0.0000000001.journal");
	first = first_segment(dir);
	age(dir, first, 100);
	age(dir, first + 1, 100);
	age(dir, first + 2, 100);
	CHECK(journal_prune(dir, &source, first, 0) == 0);
	CHECK(journal_prune(dir, &source, first + 2, 200) == 0);
	age(dir, first + 1, 10);
	CHECK(journal_prune(dir, &source, first + 2, 50) == 1);
	CHECK(first_segment(dir) == first + 1);
	CHECK(journal_prune(dir, &source, first + 2, 0) == 1);
	CHECK(first_segment(dir) == first + 2);
	CHECK(journal_prune("/nonexistent", &source, first + 9, 0) == 0);
}

/* --- reading beside the writer --- */

/* The file grows byte by byte: each record comes once it is whole. */
static void
test_growing(void)
{
	const struct journal_source source = { .node = "pop1" };
	const struct journal_position beginning = { 0 };
	struct journal_position at;
	struct journal_reader *reader;
	struct bytes b;
	const void *data;
	size_t len, n = 0;

	if (!make_bytes(&b, false))
		return;
	save_file(b.path, b.p, 0);
	if (!OK(journal_reader_open(b.dir, &source, &beginning, &reader)))
		return;
	for (size_t i = 0; i <= b.len; i++) {
		size_t whole =
		    i < JOURNAL_HEADER_LEN ? 0 : (size_t)record_at(i);
		int err;

		save_file(b.path, b.p, i);
		err = journal_reader_next(reader, &data, &len, &at);
		if (err == 0)
			n++;
		CHECK(err == 0 || err == ERR_END || test_starved());
		CHECK(i < JOURNAL_HEADER_LEN || n + 1 == whole);
	}
	CHECK(n == 20);
	journal_reader_close(reader);
}

struct writing {
	struct journal *journal;
	int err;
};

static void *
write_thread(void *arg)
{
	struct writing *w = arg;

	for (int i = 1; i <= 2000 && w->err == 0; i++)
		w->err = write_records(w->journal, i, 1);
	return NULL;
}

/* The reader of a journal that is written meanwhile, in small segments. */
static void
test_beside_writer(void)
{
	const struct journal_source source = { .node = "pop1" };
	const struct journal_position beginning = { 0 };
	struct journal_position at;
	struct journal_reader *reader;
	struct writing w = { 0 };
	char dir[PATH_LEN];
	pthread_t thread;
	const void *data;
	size_t len;
	int n = 0, err = 0;

	fresh_dir(dir);
	if (!OK(open_journal(dir, 3000, &w.journal)))
		return;
	if (!OK(journal_reader_open(dir, &source, &beginning, &reader)))
		goto out;
	if (CHECK(pthread_create(&thread, NULL, write_thread, &w) == 0)) {
		while (n < 2000 && (err == 0 || err == ERR_END)) {
			err = journal_reader_next(reader, &data, &len, &at);
			n += err == 0;
		}
		pthread_join(thread, NULL);
	}
	OK(w.err);
	CHECK(n == 2000);
	CHECK(at.seq == 2001);
	journal_reader_close(reader);
out:
	journal_close(w.journal);
}

/* --- packed segments --- */

#define PACKED_SEGMENT 300 /* bytes, some records */

static int
pack_all(const char *dir)
{
	const struct journal_source source = { .node = "pop1" };
	int n = 1, sum = 0, err = 0;

	while (err == 0 && n > 0) {
		err = journal_pack(dir, &source, last_segment(dir), &n);
		sum += n;
	}
	return err != 0 ? err : sum;
}

/* 100 records in short segments, all but the last of them packed. */
static bool
make_packed(char dir[PATH_LEN])
{
	struct journal *journal;
	bool good = true;

	fresh_dir(dir);
	if (!OK(open_journal(dir, PACKED_SEGMENT, &journal)))
		return false;
	for (int i = 1; i <= 100 && good; i += 2)
		good = OK(write_records(journal, i, 2));
	journal_close(journal);
	return good;
}

static void
test_packed(void)
{
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	int64_t first;
	int n;

	if (!make_packed(dir))
		return;
	first = first_segment(dir);
	n = pack_all(dir);
	if (!OK(n < 0 ? n : 0))
		return;
	CHECK(n == last_segment(dir) - first && n > 5);
	segment_path(dir, first, path);
	CHECK(access(path, F_OK) != 0);
	CHECK(first_segment(dir) == first);
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 100));
	/* A crash before the plain one was removed. */
	touch(dir, "pop1.0.0000000001.journal.zst.packing");
	CHECK(first_segment(dir) == first);
	if (OK(make_journal(dir, 101, 1))) {
		read_journal(dir, NULL, &reading);
		CHECK(is_exactly(&reading, 1, 101));
	}
}

/* Both may be there, and an old one is removed by its age. */
static void
test_packed_and_plain(void)
{
	const struct journal_source source = { .node = "pop1" };
	const struct timespec long_ago[2] = { { .tv_sec = 1000 },
					      { .tv_sec = 1000 } };
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN], saved[2 * PATH_LEN + 8];
	struct stat st;
	int n;

	if (!make_packed(dir))
		return;
	segment_path(dir, first_segment(dir), path);
	snprintf(saved, sizeof(saved), "%s~", path);
	CHECK(utimensat(AT_FDCWD, path, long_ago, 0) == 0);
	CHECK(link(path, saved) == 0);
	if (!OK(journal_pack(dir, &source, last_segment(dir), &n)))
		return;
	CHECK(n == 1 && rename(saved, path) == 0);
	read_journal(dir, NULL, &reading);
	CHECK(is_exactly(&reading, 1, 100));
	strcat(path, ".zst");
	CHECK(stat(path, &st) == 0 && st.st_mtime == 1000);
	CHECK(journal_prune(dir, &source, last_segment(dir), 500) == 2);
	CHECK(stat(path, &st) != 0);
}

/* A packed segment with every byte flipped, and cut everywhere: the records of
 * the others come, in order, and what is missing is told. */
static void
test_packed_damage(void)
{
	uint8_t data[FILE_MAX];
	struct reading reading;
	char dir[PATH_LEN], path[2 * PATH_LEN];
	size_t len;

	if (!make_packed(dir) || !OK(pack_all(dir) < 0 ? ERR_IO : 0))
		return;
	segment_path(dir, first_segment(dir) + 2, path);
	strcat(path, ".zst");
	load_file(path, data, &len);
	for (size_t i = 0; i < 2 * len; i++) {
		if (i < len)
			data[i] ^= (uint8_t)(1 << i % 8);
		save_file(path, data, i < len ? len : i - len);
		read_journal(dir, NULL, &reading);
		/* A flag of the frame may be without a meaning here. */
		if (reading.n != 100 &&
		    (!CHECK(reading.err == ERR_END) ||
		     !CHECK(reading.n_corrupt > 0 && reading.n >= 80)))
			return;
		for (int k = 0, last = 0; k < reading.n; k++) {
			if (!CHECK(reading.numbers[k] > last))
				return;
			last = reading.numbers[k];
		}
		if (i < len)
			data[i] ^= (uint8_t)(1 << i % 8);
	}
}

static const struct test tests[] = {
	{ "packed segments are read like others", test_packed, false },
	{ "packed and plain ones may both be there", test_packed_and_plain,
	  true },
	{ "damage to a packed segment is isolated", test_packed_damage, true },
	{ "sources are listed in order", test_list, false },
	{ "a directory may be empty", test_nothing_there, false },
	{ "reading goes on from any position", test_positions, false },
	{ "any flipped byte costs one record", test_flips, true },
	{ "also when a segment follows", test_flips_sealed, true },
	{ "the next segment is read after one cut short", test_cut_sealed,
	  true },
	{ "bytes between records are skipped", test_inserted, false },
	{ "a record that is missing is noticed", test_removed, false },
	{ "random damage leaves what is whole", test_random_damage, true },
	{ "a missing segment is noticed", test_missing_segment, false },
	{ "a position in a pruned segment goes on behind it",
	  test_pruned_position, false },
	{ "a position behind a lost tail goes on behind it",
	  test_position_behind_end, false },
	{ "old segments before the kept one are pruned", test_prune, false },
	{ "a record half written is waited for", test_growing, false },
	{ "a journal can be read while it is written", test_beside_writer,
	  true },
};

const struct test_suite suite_journal_read = TEST_SUITE("journal_read", tests);
