/* test_margin.c - what the accounts of a month brought and cost */
#include "cdr-tools/margin.h"

#include "base/err.h"
#include "tests/unit/cdr_bills.h"

static void
percents(void)
{
	static const struct {
		money_e8 margin, revenue;
		const char *text;
	} rows[] = {
		{ 50, 100, "50.0 %" },
		{ 1, 3, "33.3 %" },
		{ 2, 3, "66.7 %" },
		{ 1, 2000, "0.1 %" },
		{ 1, 2001, "0.0 %" },
		{ -1, 3, "-33.3 %" },
		{ -500, 100, "-500.0 %" },
		{ 100, 100, "100.0 %" },
		{ 0, 0, "-" },
		{ 5, -1, "-" },
		{ INT64_MAX, 1, "-" },
	};
	char out[MARGIN_PERCENT_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].text);
		CHECK(
		    strcmp(margin_percent(rows[i].margin, rows[i].revenue, out),
			   rows[i].text) == 0);
	}
}

static int
add(struct margin_list *list, const char *account, const char *currency,
    const struct bill_margin *margin)
{
	struct cdr_bill b;

	cdr_bill_init(&b, false);
	b.bill.account = account;
	b.bill.currency = currency;
	b.bill.margin = *margin;
	return margin_add(list, &b.bill);
}

static int
fill(struct margin_list *list)
{
	static const struct bill_margin rows[] = {
		{ .calls = 2,
		  .revenue = 100000000,
		  .cost = 75000000,
		  .margin = 25000000 },
		{ .calls = 1,
		  .revenue = 5,
		  .cost = 6,
		  .margin = -1,
		  .no_cost = 1,
		  .no_price = 2,
		  .mixed = 3 },
		{ .no_price = 1 },
	};
	int err;

	margin_init(list);
	err = add(list, "acme", "EUR", &rows[0]);
	if (err == 0)
		err = add(list, "zenith-limited", "EUR", &rows[1]);
	if (err == 0)
		err = add(list, "poor", "", &rows[2]);
	return err == 0 ? add(list, "uncle", "USD", &rows[0]) : err;
}

static void
people_get_a_table(void)
{
	static const char expected[] =
	    "account           calls        revenue           cost         "
	    "margin          \n"
	    "acme                  2           1.00           0.75           "
	    "0.25    25.0 %  EUR\n"
	    "zenith-limited        1     0.00000005     0.00000006    "
	    "-0.00000001   -20.0 %  EUR\n"
	    "poor                  0           0.00           0.00           "
	    "0.00         -  \n"
	    "uncle                 2           1.00           0.75           "
	    "0.25    25.0 %  USD\n"
	    "all                   3     1.00000005     0.75000006     "
	    "0.24999999    25.0 %  EUR\n"
	    "all                   2           1.00           0.75           "
	    "0.25    25.0 %  USD\n"
	    "zenith-limited: 1 more call with revenue, of unknown cost\n"
	    "zenith-limited: 2 more calls with cost, not priced\n"
	    "zenith-limited: 3 more calls with revenue and cost in "
	    "currencies without an exchange rate\n"
	    "poor: 1 more call with cost, not priced\n";
	struct margin_list list;
	struct cdr_text out;

	cdr_text_open(&out);
	if (OK(fill(&list)) && OK(margin_print(&list, out.file)))
		CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	cdr_text_free(&out);
	margin_fini(&list);
}

static void
programs_get_json(void)
{
	static const char expected[] =
	    "{\"account\":\"zenith-limited\",\"calls\":1,"
	    "\"revenue\":\"0.00000005\",\"cost\":\"0.00000006\","
	    "\"margin\":\"-0.00000001\",\"currency\":\"EUR\","
	    "\"calls_without_cost\":1,\"calls_without_price\":2,"
	    "\"calls_in_two_currencies\":3}";
	struct margin_list list;
	struct cdr_text out;
	json_t *json = NULL;

	cdr_text_open(&out);
	if (OK(fill(&list)))
		json = margin_json(&list);
	if (OK(json == NULL ? ERR_NOMEM : 0) &&
	    OK(json_dumpf(json_array_get(json, 1), out.file, JSON_COMPACT))) {
		CHECK(json_array_size(json) == 4);
		CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	}
	json_decref(json);
	cdr_text_free(&out);
	margin_fini(&list);
}

static void
sums_do_not_overflow(void)
{
	static const struct bill_margin much = { .calls = 1,
						 .revenue = INT64_MAX };
	struct margin_list list;
	struct cdr_text out;

	margin_init(&list);
	cdr_text_open(&out);
	if (OK(add(&list, "a", "EUR", &much)) &&
	    OK(add(&list, "b", "EUR", &much)))
		CHECK(margin_print(&list, out.file) == ERR_RANGE);
	cdr_text_free(&out);
	margin_fini(&list);
}

static const struct test tests[] = {
	{ "percentages have one decimal", percents, true },
	{ "people get a table with sums", people_get_a_table, false },
	{ "programs get JSON", programs_get_json, false },
	{ "a sum that does not fit is an error", sums_do_not_overflow, false },
};
const struct test_suite suite_margin = TEST_SUITE("margin", tests);
