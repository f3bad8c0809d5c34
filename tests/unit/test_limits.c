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
test_find(void)
{
	struct limits limits = { .n = 0 };
	struct limit limit;

	for (uint32_t i = 10; i > 0; i--) {
		limit_init(&limit, i, LIMIT_INTERNATIONAL);
		limit.bounds.channels = (int32_t)i;
		if (!OK(limits_add(&limits, &limit)))
			goto out;
	}
	limits_finish(&limits);
	CHECK(limits_find(&limits, 7, LIMIT_INTERNATIONAL)->bounds.channels ==
	      7);
	CHECK(limits_find(&limits, 7, LIMIT_ALL) == NULL);
	CHECK(limits_find(&limits, 11, LIMIT_INTERNATIONAL) == NULL);
out:
	limits_fini(&limits);
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
	{ "a limit is found by account and class", test_find, false },
	{ "zones are opened once", test_zones, false },
};

const struct test_suite suite_limits = TEST_SUITE("limits", tests);
