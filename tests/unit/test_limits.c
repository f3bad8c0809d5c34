/* test_limits.c - which limit and which barring holds */
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

static const struct {
	uint32_t account;
	const char *prefix;
	time_us until;
	bool is_allowed;
} barrings[] = {
	{ LIMITS_EVERYBODY, "88", INT64_MAX, false },
	{ LIMITS_EVERYBODY, "44", 1000, false },
	{ LIMITS_EVERYBODY, "4470", INT64_MAX, false },
	{ 1, "", INT64_MAX, false },
	{ 1, "49", INT64_MAX, true },
	{ 2, "88", INT64_MAX, true },
};

static const struct {
	const char *what, *number;
	uint32_t account;
	time_us at;
	char verdict; /* 'b', 'a' or '-' */
} cases[] = {
	{ "everybody's", "8816512345", 3, 0, 'b' },
	{ "the account's own before everybody's", "8816512345", 2, 0, 'a' },
	{ "nothing is said of it", "491234", 3, 0, '-' },
	{ "not yet expired", "441234", 3, 999, 'b' },
	{ "expired", "441234", 3, 1000, '-' },
	{ "a longer one has not", "4470123", 3, 1000, 'b' },
	{ "only what is allowed", "331234", 1, 0, 'b' },
	{ "which is this", "491234", 1, 0, 'a' },
	{ "the longest, whoever's", "447012", 1, 0, 'b' },
};

static void
test_barrings(void)
{
	struct limits limits = { .n = 0 };

	for (size_t i = 0; i < sizeof(barrings) / sizeof(barrings[0]); i++) {
		struct barring barring = { barrings[i].account, 0,
					   barrings[i].until,
					   barrings[i].is_allowed, "x" };

		CHECK(prefix_parse(str_of(barrings[i].prefix),
				   &barring.prefix) == 0);
		if (!OK(limits_add_barring(&limits, &barring)))
			goto out;
	}
	limits_finish(&limits);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct barring *found;
		struct number number;

		test_row(cases[i].what);
		CHECK(number_parse(str_of(cases[i].number), &number) == 0);
		found = limits_barring(&limits, cases[i].account, &number,
				       cases[i].at);
		CHECK((found == NULL	      ? '-'
		       : found->is_allowed ? 'a'
					   : 'b') == cases[i].verdict);
	}
	test_row(NULL);
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
	{ "the longest barring in force holds", test_barrings, false },
	{ "zones are opened once", test_zones, false },
};

const struct test_suite suite_limits = TEST_SUITE("limits", tests);
