/* test_failure.c - the best of several failures */
#include "lcrproxy/failure.h"

#include "tests/unit/harness.h"

/* The best of a hunt's responses, as they come. */
static int
best_of(const int *statuses, size_t n)
{
	int best = 0;

	for (size_t i = 0; i < n && statuses[i] != 0; i++) {
		if (failure_is_better(statuses[i], best))
			best = statuses[i];
	}
	return best;
}

static void
best(void)
{
	static const struct {
		const char *what;
		int statuses[5], expected;
	} rows[] = {
		{ "one", { 503 }, 503 },
		{ "the lower class", { 503, 404 }, 404 },
		{ "whenever it came", { 404, 503 }, 404 },
		{ "of a class the later", { 404, 480, 500 }, 480 },
		{ "6xx before all", { 404, 603, 486 }, 603 },
		{ "of 6xx the later", { 603, 404, 600 }, 600 },
		{ "what tells how to ask again", { 484, 404, 500 }, 484 },
		{ "not before 6xx", { 415, 606 }, 606 },
		{ "of 5xx not 503", { 502, 503, 503 }, 502 },
		{ "challenges are no answers", { 404, 407, 401 }, 404 },
		{ "a redirection is no answer", { 302, 503 }, 503 },
		{ "nor when it comes last", { 404, 302 }, 404 },
		{ "unless there is none else", { 302, 301 }, 301 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		CHECK(best_of(rows[i].statuses, 5) == rows[i].expected);
	}
}

static const struct test tests[] = {
	{ "the best failure of a hunt is told (16.7 step 6)", best, true },
};

const struct test_suite suite_failure = TEST_SUITE("failure", tests);
