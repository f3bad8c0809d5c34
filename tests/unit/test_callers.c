/* test_callers.c - whose number is this, alone and in a snapshot */
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

static const struct {
	uint32_t account;
	const char *prefix;
	bool is_preset;
} rows[] = {
	{ 2, "4989123", false },
	{ 2, "49891234567", true },
	{ 2, "49301", true },
	{ 5, "39", false },
};

static const struct {
	const char *what, *number;
	uint32_t account;
	enum caller_verdict verdict;
} cases[] = {
	{ "of its block", "498912399", 2, CALLER_OWN },
	{ "the preset one", "49301", 2, CALLER_OWN },
	{ "one digit short", "498912", 2, CALLER_FOREIGN },
	{ "another account's", "3901", 2, CALLER_FOREIGN },
	{ "its own", "3901", 5, CALLER_OWN },
	{ "no rows before", "3901", 1, CALLER_ANY },
	{ "no rows between", "3901", 3, CALLER_ANY },
	{ "no rows behind", "3901", 6, CALLER_ANY },
};

static void
judged(void)
{
	struct callers callers = { .n = 0 };
	struct number number = { .len = 0 };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct caller caller = { rows[i].account, 0,
					 rows[i].is_preset };

		CHECK(prefix_parse(str_of(rows[i].prefix), &caller.prefix) ==
		      0);
		if (!OK(callers_add(&callers, &caller)))
			goto out;
	}
	callers_finish(&callers);
	CHECK(callers_judge(&callers, 2, &number) == CALLER_FOREIGN);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		test_row(cases[i].what);
		CHECK(number_parse(str_of(cases[i].number), &number) == 0);
		CHECK(callers_judge(&callers, cases[i].account, &number) ==
		      cases[i].verdict);
	}
	test_row(NULL);
	CHECK(callers_preset(&callers, 2, &number) &&
	      strcmp(number.digits, "49301") == 0 && number.len == 5);
	CHECK(!callers_preset(&callers, 5, &number));
	CHECK(!callers_preset(&callers, 6, &number));
out:
	callers_fini(&callers);
}

static void
snapshot(void)
{
	struct route_sample f;
	struct number number;
	const struct account *acme, *beta;

	if (route_sample_open(
		&f, "callers",
		"INSERT INTO callers (account, prefix, preset) SELECT id,"
		" '4930', true FROM accounts WHERE account = 'acme';"
		"INSERT INTO callers (account, prefix) VALUES (99, '4940')")) {
		acme = snapshot_account_by_name(f.snapshot, str_of("acme"));
		beta = snapshot_account_by_name(f.snapshot, str_of("beta"));
		CHECK(number_parse(str_of("49301"), &number) == 0);
		CHECK(snapshot_caller(f.snapshot, acme, &number) == CALLER_OWN);
		CHECK(snapshot_caller(f.snapshot, beta, &number) == CALLER_ANY);
		CHECK(snapshot_caller_preset(f.snapshot, acme, &number) &&
		      number.len == 4);
		CHECK(route_sample_logged(&f, "caller 4940: left out, its "
					      "account does not exist, "
					      "account_id=99"));
	}
	OK(f.err);
	route_sample_close(&f);
}

static void
refused(void)
{
	struct route_sample f;

	CHECK(!route_sample_open(&f, "callers-bad",
				 "INSERT INTO callers (account, prefix)"
				 " SELECT id, '' FROM accounts"));
	CHECK(f.err == ERR_INVAL &&
	      strcmp(f.error, "callers: : prefix is no number, expected 1 to 15 "
			      "digits") == 0);
	route_sample_close(&f);
}

static const struct test tests[] = {
	{ "an account's numbers are those behind its prefixes", judged, false },
	{ "the numbers of a snapshot", snapshot, false },
	{ "the prefix of everything is no number", refused, false },
};

const struct test_suite suite_callers = TEST_SUITE("callers", tests);
