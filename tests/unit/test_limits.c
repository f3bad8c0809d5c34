/* test_limits.c - which limit holds */
#include "route/limits.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

static void
test_classes(void)
{
	enum limit_class class;

	for (int i = 0; i < LIMIT_N_CLASSES; i++) {
		const char *text = limit_class_text((enum limit_class)i);

		CHECK(limit_class_parse(str_of(text), &class) == 0 &&
		      class == (enum limit_class)i);
	}
	CHECK(limit_class_parse(str_of("mars"), &class) == ERR_SYNTAX);
}

static void
test_counts(void)
{
	static const struct {
		const char *what, *class, *trunk;
		bool counts;
	} rows[] = {
		{ "all calls", "", "", true },
		{ "those of the trunk", "", "east", true },
		{ "those of another", "", "west", false },
		{ "national", "national", "", true },
		{ "international", "international", "", false },
		{ "its class", "premium", "", true },
		{ "another class", "mobile", "", false },
		{ "its class by the trunk", "premium", "east", true },
		{ "its class by another", "premium", "west", false },
	};
	struct limit limit;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		test_row(rows[i].what);
		limit_init(&limit, 1, LIMIT_ALL);
		CHECK(limit_class_parse(str_of(rows[i].class), &limit.class) ==
		      0);
		limit.trunk = rows[i].trunk;
		CHECK(!limit_counts(&limit, LIMIT_NATIONAL, NUMBER_PREMIUM,
				    "east")); /* it has no state */
		limit.state = (struct limit_state *)&limit;
		CHECK(limit_counts(&limit, LIMIT_NATIONAL, NUMBER_PREMIUM,
				   "east") == rows[i].counts);
	}
	test_row(NULL);
}

static void
test_zones(void)
{
	struct limits limits = { .n = 0 };
	const struct zone *a, *b;

	if (OK(limits_zone(&limits, "Europe/Berlin", &a)) &&
	    OK(limits_zone(&limits, "Europe/Berlin", &b))) {
		CHECK(a != NULL && a == b && limits.n_zones == 1);
		CHECK(limits_zone(&limits, "", &a) == 0 && a == NULL);
		CHECK(limits_zone(&limits, "Mars/Olympus", &a) ==
		      ERR_NOTFOUND);
	}
	limits_fini(&limits);
}

static const struct test tests[] = {
	{ "classes have names", test_classes, true },
	{ "a limit counts its class and its trunk", test_counts, false },
	{ "zones are opened once", test_zones, false },
};

const struct test_suite suite_limits = TEST_SUITE("limits", tests);
