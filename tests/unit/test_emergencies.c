/* test_emergencies.c - emergency numbers, alone and in a snapshot */
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

static void
order(void)
{
	static const struct emergency rows[] = {
		{ "112", "", 20, 1 }, { "110", "49", 1, 1 },
		{ "112", "", 10, 2 }, { "1", "", 1, 1 },
	};
	struct emergencies list = { .n = 0 };
	const struct emergency *found;
	size_t n;

	CHECK(emergencies_find(&list, str_of("112"), &n) == NULL && n == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!OK(emergencies_add(&list, &rows[i])))
			goto out;
	}
	emergencies_finish(&list);
	found = emergencies_find(&list, str_of("112"), &n);
	CHECK(n == 2 && found[0].gateway == 2 && found[1].gateway == 1);
	found = emergencies_find(&list, str_of("110"), &n);
	CHECK(n == 1 && strcmp(found->country_code, "49") == 0);
	CHECK(emergencies_find(&list, str_of("11"), &n) == NULL);
	CHECK(emergencies_find(&list, str_of("1121"), &n) == NULL);
	CHECK(emergencies_find(&list, str_of(""), &n) == NULL);
out:
	emergencies_fini(&list);
}

static void
snapshot(void)
{
	struct route_sample f;
	const struct emergency *found;
	size_t n;

	if (route_sample_open(&f, "emergencies",
			      "INSERT INTO emergencies (number, gateway)"
			      " SELECT '112', id FROM gateways"
			      " WHERE gateway = 'z-one';"
			      "INSERT INTO emergencies (number, gateway)"
			      " VALUES ('110', 4711)")) {
		found = snapshot_emergencies(f.snapshot, str_of("112"), &n);
		CHECK(n == 1 && strcmp(snapshot_gateway(f.snapshot,
							found->gateway)
					   ->name,
				       "z-one") == 0);
		CHECK(snapshot_emergencies(f.snapshot, str_of("110"), &n) ==
		      NULL);
		CHECK(route_sample_logged(
		    &f, "emergency number 110: left out, its gateway does not "
			"exist, gateway_id=4711"));
	}
	OK(f.err);
	route_sample_close(&f);
}

static void
refused(void)
{
	struct route_sample f;

	CHECK(!route_sample_open(&f, "emergency-long",
				 "INSERT INTO emergencies (number, gateway)"
				 " SELECT '112112112', id FROM gateways"));
	CHECK(f.err == ERR_INVAL &&
	      strcmp(f.error, "emergencies: 112112112: number is too long or "
			      "empty, expected 1 to 8 digits") == 0);
	route_sample_close(&f);
}

static const struct test tests[] = {
	{ "the rows of a number, in order", order, false },
	{ "emergency numbers of a snapshot", snapshot, false },
	{ "a number that is none is refused", refused, false },
};

const struct test_suite suite_emergencies = TEST_SUITE("emergencies", tests);
