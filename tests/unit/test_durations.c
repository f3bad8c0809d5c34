/* test_durations.c - average durations from call records */
#include "cdr-tools/durations.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

#define S US_PER_S
#define T "2026-10-01T10:00:00Z"

static const struct cdr_test_call calls[] = {
	{ "a", "acme", "red", "4930111", "static", T, 60 * S, "answered" },
	{ "b", "acme", "red", "4930222", "static", T, 60 * S, "answered" },
	{ "c", "acme", "red", "4989333", "static", T, 600 * S, "answered" },
	{ "d", "acme", "red", "44711", "static", T, 100 * S, "answered" },
	{ "e", "acme", "red", "44722", "static", T, 100 * S, "answered" },
	{ "f", "fine", "red", "4930111", "static", T, 20 * S, "answered" },
	{ "g", "fine", "red", "4930111", "static", T, 21 * S, "answered" },
	/* whose account is not there any more */
	{ "h", "ghost", "red", "4930111", "static", T, 1000 * S, "answered" },
	/* none of these is a measure */
	{ "i", "acme", "red", "4930111", "static", T, 9000 * S, "swept" },
	{ "j", "acme", "red", "4930111", "static", T, CDR_TEST_OPEN, "open" },
	{ "k", "acme", "red", "4930111", "static", T, 0, "answered" },
	{ "l", "acme", "red", "4930111", "static", T, -5 * S, "answered" },
	{ "m", "acme", "red", NULL, "static", T, 9000 * S, "answered" },
	{ "n", "acme", "red", "49112", "static", T, 9000 * S, "answered" },
	{ "o", "acme", "red", "4930111", "static", "2026-09-01T10:00:00Z",
	  9000 * S, "answered" },
	{ "p", "acme", "red", "4930111", "static", "2026-11-01T00:00:00Z",
	  9000 * S, "answered" },
};

static const char extra_sql[] =
    "UPDATE cdr SET destination_class = 'national' WHERE call_key = 'a';"
    "UPDATE cdr SET destination_class = 'emergency' WHERE call_key = 'n';"
    "INSERT INTO measured_durations (account, prefix, duration_s, calls)"
    " SELECT id, '49', 100, 9 FROM accounts WHERE account = 'acme';"
    "INSERT INTO measured_durations (account, prefix, duration_s, calls)"
    " SELECT id, '493', 60, 2 FROM accounts WHERE account = 'acme';"
    "INSERT INTO measured_durations (account, prefix, duration_s, calls)"
    " SELECT id, '31', 5, 6 FROM accounts WHERE account = 'poor';"
    "INSERT INTO measured_durations (prefix, duration_s, calls)"
    " VALUES ('7', 8, 9)";

static const char table_sql[] =
    "SELECT a.account, m.prefix, m.duration_s, m.calls"
    " FROM measured_durations m LEFT JOIN accounts a ON a.id = m.account"
    " ORDER BY coalesce(m.account, 0), m.prefix";

static const char before[] = "-|7|8|9\n"
			     "acme|49|100|9\n"
			     "acme|493|60|2\n"
			     "poor|31|5|6";
static const char after[] = "-||245|8\n"
			    "-|44|100|2\n"
			    "-|49|294|6\n"
			    "-|493|232|5\n"
			    "acme||184|5\n"
			    "acme|44|100|2\n"
			    "acme|49|240|3\n"
			    "acme|493|60|2\n"
			    "fine||21|2";

static time_us
instant(const char *text)
{
	time_us at = 0;

	CHECK(time_parse(str_of(text), &at) == 0);
	return at;
}

static int
begin(struct store *store, struct durations_options *options)
{
	int err = cdr_world(store);

	if (err == 0)
		err = cdr_add_calls(store, calls, COUNT(calls));
	if (err == 0)
		err = store_exec(store, extra_sql);
	*options = (struct durations_options){
		.from = instant("2026-10-01T00:00:00Z"),
		.until = instant("2026-11-01T00:00:00Z"),
		.digits = 4,
		.min_calls = 2,
	};
	return err;
}

struct told {
	char text[2048];
	size_t len;
};

static void
note(void *arg, const struct durations_change *change)
{
	struct told *told = arg;

	told->len += (size_t)snprintf(
	    told->text + told->len, sizeof(told->text) - told->len,
	    "%s %s/%s %lld(%lld) %lld(%lld)\n",
	    durations_change_text(change->kind), change->account,
	    change->prefix, (long long)change->was_s,
	    (long long)change->was_calls, (long long)change->now_s,
	    (long long)change->now_calls);
}

static void
measure(struct store *store)
{
	static const char changes[] = "added / 0(0) 245(8)\n"
				      "added /44 0(0) 100(2)\n"
				      "added /49 0(0) 294(6)\n"
				      "added /493 0(0) 232(5)\n"
				      "removed /7 8(9) 0(0)\n"
				      "added acme/ 0(0) 184(5)\n"
				      "added acme/44 0(0) 100(2)\n"
				      "changed acme/49 100(9) 240(3)\n"
				      "added fine/ 0(0) 21(2)\n"
				      "removed poor/31 5(6) 0(0)\n";
	struct durations_options options;
	struct durations_result result;
	struct told told = { .len = 0 };

	if (!OK(begin(store, &options)))
		return;
	options.dry_run = true;
	if (!OK(durations_measure(store, &options, note, &told, &result)))
		return;
	CHECK(strcmp(told.text, changes) == 0);
	ROWS(store, table_sql, "ssii", before);
	options.dry_run = false;
	if (!OK(durations_measure(store, &options, NULL, NULL, &result)))
		return;
	CHECK(result.calls == 8);
	CHECK(result.rows == 9);
	CHECK(result.added == 7 && result.changed == 1 && result.removed == 2);
	ROWS(store, table_sql, "ssii", after);
	/* once more, and nothing is to be done */
	if (!OK(durations_measure(store, &options, NULL, NULL, &result)))
		return;
	CHECK(result.calls == 8 && result.rows == 9);
	CHECK(result.added == 0 && result.changed == 0 && result.removed == 0);
	ROWS(store, table_sql, "ssii", after);
}

static void
one_account(struct store *store)
{
	struct durations_options options;
	struct durations_result result;

	if (!OK(begin(store, &options)))
		return;
	options.account = "fine";
	options.digits = 0;
	options.min_calls = 1;
	if (!OK(durations_measure(store, &options, NULL, NULL, &result)))
		return;
	CHECK(result.calls == 2 && result.rows == 1 && result.added == 1);
	CHECK(result.changed == 0 && result.removed == 0);
	ROWS(store, table_sql, "ssii",
	     "-|7|8|9\n"
	     "acme|49|100|9\n"
	     "acme|493|60|2\n"
	     "fine||21|2\n"
	     "poor|31|5|6");
	options.account = "ghost";
	CHECK(durations_measure(store, &options, NULL, NULL, &result) ==
	      ERR_NOTFOUND);
}

static void
few_calls(struct store *store)
{
	struct durations_options options;
	struct durations_result result;

	if (!OK(begin(store, &options)))
		return;
	options.min_calls = 9;
	if (!OK(durations_measure(store, &options, NULL, NULL, &result)))
		return;
	CHECK(result.calls == 8 && result.rows == 0 && result.removed == 4);
	ROWS(store, table_sql, "ssii", "");
}

ON_BOTH(DB_TABLES, measure)
ON_BOTH(DB_TABLES, one_account)
ON_BOTH(DB_TABLES, few_calls)

static const struct test tests[] = {
	ON_STORES("averages by account and prefix become the table", measure),
	ON_STORES("one account is measured by itself", one_account),
	ON_STORES("a few calls are no average", few_calls),
};

const struct test_suite suite_durations = TEST_SUITE("durations", tests);
