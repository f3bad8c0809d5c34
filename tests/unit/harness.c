/* harness.c - CUnit runs, the allocation sweep, and a countable last line */
#include "tests/unit/harness.h"

#include <CUnit/Basic.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"

#define SWEEP_MAX 20000 /* allocations of one test; more is a test too large */

static const struct test *running;
static const char *row;
static bool sweeping;
static bool skipped;
static unsigned n_skipped;
static char dir[64];

bool
test_starved(void)
{
	return sweeping && alloc_has_failed();
}

void
test_row(const char *what)
{
	row = what;
}

bool
test_check(bool good, const char *what, const char *file, int line)
{
	char text[400];

	if (good || test_starved())
		return good;
	snprintf(text, sizeof(text), "%s%s%s%s", what, row ? " [" : "",
		 row ? row : "", row ? "]" : "");
	CU_assertImplementation(CU_FALSE, (unsigned)line, text, file, "",
				CU_FALSE);
	return false;
}

bool
test_ok(int err, const char *what, const char *file, int line)
{
	char text[300];

	if (err == 0)
		return true;
	snprintf(text, sizeof(text), "%s: %s", what, err_text(err));
	return test_check(false, text, file, line);
}

const char *
test_file(const char *relative, char *out, size_t cap)
{
	const char *top = getenv("top_srcdir");

	snprintf(out, cap, "%s/%s", top != NULL ? top : TOP_SRCDIR, relative);
	return out;
}

static int
remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void
remove_dir(void)
{
	nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

const char *
test_dir(void)
{
	if (dir[0] == '\0') {
		strcpy(dir, "/tmp/lcrproxy-unit-XXXXXX");
		if (mkdtemp(dir) == NULL) {
			perror("mkdtemp");
			exit(1);
		}
		atexit(remove_dir);
	}
	return dir;
}

void
test_skip(const char *why)
{
	if (!skipped)
		printf("\n    skipped: %s: %s\n", running->name, why);
	skipped = true;
}

/* Run the test with ever later allocations failing, until none fails. */
static void
sweep(const struct test *test)
{
	long n = 0;
	bool failed = true;

	sweeping = true;
	while (failed && n < SWEEP_MAX) {
		alloc_fail_after(n);
		test->run();
		failed = alloc_has_failed();
		alloc_fail_after(-1);
		row = NULL;
		n++;
	}
	sweeping = false;
	test_check(n < SWEEP_MAX, "the allocation sweep ends", __FILE__,
		   __LINE__);
}

/* CUnit's tests carry no argument: the running one is found by its name. */
static const struct test_suite *all;
static size_t n_all;

static const struct test *
find_test(const char *suite, const char *name)
{
	for (size_t i = 0; i < n_all; i++) {
		if (strcmp(all[i].name, suite) != 0)
			continue;
		for (size_t k = 0; k < all[i].n_tests; k++) {
			if (strcmp(all[i].tests[k].name, name) == 0)
				return &all[i].tests[k];
		}
	}
	return NULL;
}

static void
run_test(void)
{
	unsigned before = CU_get_number_of_failures();

	running = find_test(CU_get_current_suite()->pName,
			    CU_get_current_test()->pName);
	row = NULL;
	skipped = false;
	alloc_fail_after(-1);
	running->run();
	row = NULL;
	if (skipped)
		n_skipped++;
	else if (!running->no_sweep && CU_get_number_of_failures() == before)
		sweep(running);
}

static bool
is_wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], name) == 0)
			return true;
	}
	return argc < 2;
}

int
test_main(int argc, char **argv, const struct test_suite *suites,
	  size_t n_suites)
{
	unsigned run, failed;

	all = suites;
	n_all = n_suites;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	for (size_t i = 0; i < n_suites; i++) {
		CU_pSuite suite;

		if (!is_wanted(suites[i].name, argc, argv))
			continue;
		suite = CU_add_suite(suites[i].name, NULL, NULL);
		for (size_t k = 0; k < suites[i].n_tests; k++)
			CU_add_test(suite, suites[i].tests[k].name, run_test);
	}
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	run = CU_get_number_of_tests_run();
	failed = CU_get_number_of_tests_failed();
	CU_cleanup_registry();
	printf("%u passed, %u failed, %u skipped\n", run - failed - n_skipped,
	       failed, n_skipped);
	return failed == 0 && run > 0 ? 0 : 1;
}
