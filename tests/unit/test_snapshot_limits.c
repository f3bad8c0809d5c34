/* test_snapshot_limits.c - the table of limits in a snapshot */
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

#define OF_ACME " (SELECT id FROM accounts WHERE account = 'acme')"

static const struct limit *
limit_of(const struct route_sample *f, const char *name, enum limit_class class)
{
	const struct account *account =
	    snapshot_account_by_name(f->snapshot, str_of(name));

	size_t n = 0;
	const struct limit *list =
	    account != NULL ? snapshot_account_limits(f->snapshot, account, &n)
			    : NULL;

	for (size_t i = 0; i < n; i++) {
		if (list[i].class == class && list[i].trunk[0] == '\0')
			return &list[i];
	}
	return NULL;
}

static void
rows(void)
{
	struct route_sample f;
	const struct limit *limit;

	if (route_sample_open(
		&f, "limits",
		"UPDATE accounts SET channels = 4, cps = 9;"
		"INSERT INTO limits (account, class, spend_day, hours, mode)"
		" VALUES (" OF_ACME ", 'international', 1000,"
		" 'mon-fri 08:00-18:00', 'observe');"
		"INSERT INTO limits (class, calls) VALUES"
		" ('international', 7);"
		"INSERT INTO limits (account, channels) VALUES"
		" (" OF_ACME ", 3);"
		"INSERT INTO limits (account, calls) VALUES (77, 1)")) {
		limit = limit_of(&f, "acme", LIMIT_INTERNATIONAL);
		CHECK(limit != NULL && limit->observe &&
		      limit->bounds.spend_day == 1000 &&
		      limit->bounds.calls == -1 &&
		      limit->hours.kind == BAND_WEEKLY);
		limit = limit_of(&f, "beta", LIMIT_INTERNATIONAL);
		CHECK(limit != NULL && !limit->observe &&
		      limit->bounds.calls == 7 &&
		      limit->bounds.window_s == 3600);
		limit = limit_of(&f, "acme", LIMIT_ALL);
		CHECK(limit != NULL && limit->bounds.channels == 3 &&
		      limit->bounds.cps == 9);
		limit = limit_of(&f, "beta", LIMIT_ALL);
		CHECK(limit != NULL && limit->bounds.channels == 4);
		CHECK(limit_of(&f, "beta", LIMIT_NATIONAL) == NULL);
		CHECK(snapshot_report(f.snapshot)->limits == 6);
		CHECK(route_sample_logged(&f, "limits: a row is left out, its "
					      "account does not exist, "
					      "account_id=77"));
	}
	OK(f.err);
	route_sample_close(&f);
}

static const struct {
	const char *name, *sql, *error;
} bad[] = {
	{ "class", "INSERT INTO limits (class) VALUES ('mars')",
	  "limits: mars: class is not known, expected national, international, "
	  "mobile ... or nothing" },
	{ "hours", "INSERT INTO limits (class, hours) VALUES"
		   " ('national', 'holidays')",
	  "limits: national: hours is \"holidays\", expected e.g. mon-fri "
	  "08:00-18:00" },
	{ "mode", "INSERT INTO limits (mode) VALUES ('x')",
	  "limits: all calls: mode is \"x\", expected block or observe" },
};

static void
refused(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct route_sample f;

		test_row(bad[i].name);
		CHECK(!route_sample_open(&f, bad[i].name, bad[i].sql));
		CHECK(f.err == ERR_INVAL &&
		      strcmp(f.error, bad[i].error) == 0);
		route_sample_close(&f);
	}
	test_row(NULL);
}

static const struct test tests[] = {
	{ "limits of accounts and for everybody", rows, false },
	{ "what cannot be read is refused", refused, false },
};

const struct test_suite suite_snapshot_limits =
    TEST_SUITE("snapshot_limits", tests);
