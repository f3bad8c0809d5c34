/*
 * acct_journal.h - journals in private directories, for the tests of acct/
 */
#ifndef TESTS_UNIT_ACCT_JOURNAL_H
#define TESTS_UNIT_ACCT_JOURNAL_H

#include <sys/resource.h>

#include "acct/journal.h"
#include "acct/journal_format.h"

#define PATH_LEN 200

/* A new directory under test_dir(). */
void fresh_dir(char out[PATH_LEN]);
/* "DIR/NODE.WORKER.NUMBER.journal" of node "pop1", worker 0. */
void segment_path(const char *dir, int64_t number, char out[2 * PATH_LEN]);
/* The oldest segment of pop1.0, 0 = none. */
int64_t first_segment(const char *dir);
int64_t last_segment(const char *dir);

/* The journal of node "pop1", worker 0. */
int open_journal(const char *dir, int64_t segment_bytes, struct journal **out);
/* Add and commit n records "record K", K from first on. */
int write_records(struct journal *journal, int first, int n);
/* The same from opening to closing. */
int make_journal(const char *dir, int first, int n);

/* What reading a journal gave. */
struct reading {
	int n;		    /* records */
	int numbers[200];   /* K of each, -1 when it is no "record K" */
	int64_t seqs[200];
	int n_corrupt;	    /* stretches */
	size_t lost;	    /* bytes in them */
	int err;	    /* the last return value: ERR_END when all is well */
	struct journal_position at;
};

/* Read all of pop1.0 from position (NULL = from the beginning). */
void read_journal(const char *dir, const struct journal_position *position,
		  struct reading *out);
/* Whether it gave records first .. first + n - 1, nothing else. */
bool is_exactly(const struct reading *reading, int first, int n);

/* Fork; run(dir) in the child, and kill -9 after so many microseconds. */
void kill_after(void (*run)(const char *dir), const char *dir, unsigned us);

/* Run run(dir, arg) in a process of its own that kills itself (-9) as soon as that
 * has returned true: a check of the test. */
bool dies_well(bool (*run)(const char *dir, const void *arg), const char *dir,
	       const void *arg);
/* Writes beyond so many bytes of a file fail, in this process; RLIM_INFINITY ends
 * that. */
void bound_files(rlim_t bytes);

/* A whole small file; *len_out its length. */
#define FILE_MAX 20000
void load_file(const char *path, uint8_t out[FILE_MAX], size_t *len_out);
void save_file(const char *path, const uint8_t *data, size_t len);

#endif
