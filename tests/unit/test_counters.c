/* test_counters.c - the table of counters */
#include <string.h>

#include "lcrproxy/counters.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_counters;

static void
test_all(void)
{
	CHECK(n_counter_fields * sizeof(uint64_t) == sizeof(struct counters));
	for (size_t i = 0; i < n_counter_fields; i++) {
		for (size_t k = 0; k < i; k++) {
			CHECK(counter_fields[i].offset !=
			      counter_fields[k].offset);
			CHECK(strcmp(counter_fields[i].name,
				     counter_fields[k].name) != 0);
		}
	}
}

static void
test_get(void)
{
	struct counters counters = { .stops = 7 };
	uint64_t sum = 0;

	for (size_t i = 0; i < n_counter_fields; i++) {
		uint64_t value = counter_get(&counters, &counter_fields[i]);

		sum += value;
		CHECK(value == 0 ||
		      strcmp(counter_fields[i].name, "stops") == 0);
	}
	CHECK(sum == 7);
}

static const struct test tests[] = {
	{ "every member has one row of the table", test_all, true },
	{ "a row finds its member", test_get, true },
};
const struct test_suite suite_counters = TEST_SUITE("counters", tests);
