/* test_rate_attempts.c - fees that carriers charge for attempts */
#include "cdr-tools/rate_attempts.h"

#include "tests/unit/cdr_help.h"

static const struct cdr_test_call calls[] = {
	{ "a", "acme", "red", "4930", "static", "2026-11-01T10:00:00Z",
	  US_PER_S, "answered" },
	{ "b", "fine", NULL, "44", "static", "2026-11-02T10:00:00Z",
	  CDR_TEST_OPEN, "failed" },
};

static const char fees_sql[] =
    "SELECT call_key, hop, fee, fee_currency, fee_run FROM cdr_attempt"
    " ORDER BY call_key, hop";

static int
begin(struct store *store)
{
	int err = cdr_world(store);

	if (err == 0)
		err = cdr_add_calls(store, calls, COUNT(calls));
	if (err == 0)
		err = store_exec(store,
				 "INSERT INTO cdr_attempt (setup_time,"
				 " call_key, hop, carrier, outcome)"
				 " SELECT setup_time, call_key, 1, 'dollar',"
				 " 'rejected' FROM cdr;"
				 "INSERT INTO cdr_attempt (setup_time,"
				 " call_key, hop, carrier, outcome)"
				 " SELECT setup_time, call_key, 2, 'red',"
				 " 'answered' FROM cdr;"
				 "INSERT INTO cdr_attempt (setup_time,"
				 " call_key, hop, carrier, outcome)"
				 " SELECT setup_time, call_key, 3, 'dollar',"
				 " 'unreachable' FROM cdr");
	return err;
}

static void
set_fee(struct store *store, const char *text)
{
	money_e8 fee = 0;
	struct store_value value;

	CHECK(money_parse(str_of(text), &fee) == 0);
	value = store_money(fee);
	OK(store_run_once(store,
		  "UPDATE tariffs SET attempt_fee = ?"
		  " WHERE tariff = 'dollar'",
		  &value, 1));
}

static void
attempts_cost_a_fee(struct store *store)
{
	struct rate_run_options options = {
		.run = 5,
		.until = INT64_C(4102444800) * US_PER_S,
		.account = "acme",
	};
	uint64_t n = 9;

	if (!OK(begin(store)) || !OK(rate_attempts(store, &options, &n)))
		return;
	CHECK(n == 0);
	set_fee(store, "0.002");
	if (OK(rate_attempts(store, &options, &n)))
		CHECK(n == 1);
	ROWS(store, fees_sql, "simsi",
	     "a|1|0.002|USD|5\na|2|-|-|-\na|3|-|-|-\n"
	     "b|1|-|-|-\nb|2|-|-|-\nb|3|-|-|-");
	options.account = NULL;
	options.run = 6;
	set_fee(store, "0.003");
	if (OK(rate_attempts(store, &options, &n)))
		CHECK(n == 1);
	ROWS(store, fees_sql, "simsi",
	     "a|1|0.002|USD|5\na|2|-|-|-\na|3|-|-|-\n"
	     "b|1|0.003|USD|6\nb|2|-|-|-\nb|3|-|-|-");
	options.rerate = true;
	options.run = 7;
	if (OK(rate_attempts(store, &options, &n)))
		CHECK(n == 1);
	ROWS(store, fees_sql, "simsi",
	     "a|1|0.003|USD|7\na|2|-|-|-\na|3|-|-|-\n"
	     "b|1|0.003|USD|6\nb|2|-|-|-\nb|3|-|-|-");
	options.account = "acme";
	options.run = 8;
	set_fee(store, "0");
	if (OK(rate_attempts(store, &options, &n)))
		CHECK(n == 1);
	ROWS(store, fees_sql, "simsi",
	     "a|1|-|-|8\na|2|-|-|-\na|3|-|-|-\n"
	     "b|1|0.003|USD|6\nb|2|-|-|-\nb|3|-|-|-");
}
ON_BOTH(DB_TABLES, attempts_cost_a_fee)

static const struct test tests[] = {
	BOTH_ONCE("attempts cost what their carrier charges",
		  attempts_cost_a_fee),
};
const struct test_suite suite_rate_attempts =
    TEST_SUITE("rate_attempts", tests);
