/* test_bill_tariffs.c - tariffs whose amounts are rounded at the bill */
#include "base/err.h"
#include "cdr-tools/bill.h"
#include "tests/unit/cdr_help.h"

static void
only_those_that_round(struct store *store)
{
	struct bill_tariffs tariffs;
	char error[STORE_ERROR_MAX];

	if (!OK(cdr_world(store)))
		return;
	if (OK(bill_tariffs_load(&tariffs, store, error))) {
		CHECK(tariffs.n == 1);
		CHECK(strcmp(tariffs.items[0].name, "whole") == 0);
		CHECK(tariffs.items[0].decimals == 2);
		CHECK(tariffs.items[0].rounding == MONEY_HALF_UP);
	}
	bill_tariffs_fini(&tariffs);
	if (!OK(store_exec(store, "UPDATE tariffs SET rounding = 'odd'"
				  " WHERE tariff = 'whole'")))
		return;
	CHECK(bill_tariffs_load(&tariffs, store, error) == ERR_INVAL);
	CHECK(test_starved() ||
	      strcmp(error, "tariffs: whole: rounding is \"odd\", expected "
			    "half_up, up or down") == 0);
	bill_tariffs_fini(&tariffs);
}
ON_BOTH(DB_TABLES, only_those_that_round)

static const struct test tests[] = {
	ON_STORES("those that round at the bill are loaded",
		  only_those_that_round),
};
const struct test_suite suite_bill_tariffs = TEST_SUITE("bill_tariffs", tests);
