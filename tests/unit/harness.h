/*
 * harness.h - unit tests over CUnit, each also run under the allocation sweep
 *
 * A test is a function that works through OK() and CHECK(). After it passed
 * it is run again and again with the n-th allocation failing, n = 0, 1, 2 ...,
 * until no allocation fails: then OK() of a call that returned ERR_NOMEM is
 * quietly false and CHECK() is not counted, so that what is tested is that
 * nothing crashes and nothing leaks (the leak checker looks at the end). So:
 *
 *	struct map map;
 *	if (!OK(map_init(&map, 0)))
 *		return;
 *	CHECK(map.n == 0);
 *	map_fini(&map);
 */
#ifndef TESTS_UNIT_HARNESS_H
#define TESTS_UNIT_HARNESS_H

#include <stdbool.h>
#include <stddef.h>

struct test {
	const char *name; /* a sentence */
	void (*run)(void);
	bool no_sweep;	  /* allocates nothing, or outside base/alloc */
};

struct test_suite {
	const char *name; /* the source file's */
	const struct test *tests;
	size_t n_tests;
};

#define TEST_SUITE(suite_name, table) \
	{ (suite_name), (table), sizeof(table) / sizeof((table)[0]) }

bool test_ok(int err, const char *what, const char *file, int line);
bool test_check(bool good, const char *what, const char *file, int line);
/* Whether an injected failure has happened in this run: results may be off. */
bool test_starved(void);
/* A note printed with the next failures, e.g. the 'what' column of a table
 * row; borrowed until the next call, NULL clears it. */
void test_row(const char *what);

/* True when err is 0; a failure of the test otherwise (but see above). */
#define OK(err) test_ok((err), #err, __FILE__, __LINE__)
/* True when cond holds; a failure of the test otherwise (but see above). */
#define CHECK(cond) test_check((cond), #cond, __FILE__, __LINE__)

/* Where a file of the source tree lies ("tests/data/x.csv"); static buffer
 * per call site is avoided by the caller's out[cap]. */
const char *test_file(const char *relative, char *out, size_t cap);
/* A fresh private directory under the build's, removed at exit. */
const char *test_dir(void);

/* Runs all suites, or those whose name is given on the command line. Returns
 * the exit status. Prints CUnit's report and a last line "N passed, N failed,
 * N skipped". */
int test_main(int argc, char **argv, const struct test_suite *suites,
	      size_t n_suites);
/* The running test cannot be done here (an optional peer is missing). */
void test_skip(const char *why);

#endif
