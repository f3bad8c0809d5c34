/* test_rate_report.c - what a rating run did, for people and programs */
#include "cdr-tools/rate_report.h"

#include <stdlib.h>

#include "base/err.h"
#include "tests/unit/cdr_help.h"

static int
make_result(struct rate_run_result *result)
{
	int err;

	memset(result, 0, sizeof(*result));
	result->calls = 5;
	result->sold = 4;
	result->bought = 3;
	result->margins = 2;
	result->changed = 1;
	result->n_totals = 2;
	result->totals[0] =
	    (struct rate_total){ "EUR", 123000000, 100000000, 23000000 };
	result->totals[1] = (struct rate_total){ "USD", 0, 5, 0 };
	err = unpriced_init(&result->unpriced);
	if (err == 0)
		err = unpriced_add(&result->unpriced, "no buy price",
				   str_of("red"), str_of("Germany"),
				   str_of("49"));
	result->unpriced.calls += 3;
	result->unpriced.others = 3;
	return err;
}

static void
people_get_a_summary(void)
{
	static const char expected[] =
	    "5 calls priced in run 17\n"
	    "  sold             4   1.23 EUR, 0.00 USD\n"
	    "  bought           3   1.00 EUR, 0.00000005 USD\n"
	    "  margin           2   0.23 EUR, 0.00 USD\n"
	    "1 changed meanwhile and are left for the next run\n"
	    "Without a price:\n"
	    "  1 call to Germany: no buy price (red)\n"
	    "  3 more calls\n";
	struct rate_run_options options = { .run = 17 };
	struct rate_run_result result;
	struct cdr_text out;

	cdr_text_open(&out);
	if (OK(make_result(&result)) &&
	    OK(rate_report_print(&result, &options, out.file)))
		CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	cdr_text_free(&out);
	rate_run_result_fini(&result);
	memset(&result, 0, sizeof(result));
	options.dry_run = true;
	cdr_text_open(&out);
	if (OK(rate_report_print(&result, &options, out.file)))
		CHECK(strcmp(cdr_text_end(&out),
			     "0 calls priced, nothing written (dry run)\n") ==
		      0);
	cdr_text_free(&out);
}

static void
programs_get_json(void)
{
	static const char expected[] =
	    "{\"run\":17,\"dry_run\":false,\"calls\":5,\"sold\":4,"
	    "\"bought\":3,\"with_margin\":2,\"changed\":1,\"unchanged\":0,"
	    "\"corrections\":0,\"attempts_charged\":0,"
	    "\"ends_changed\":0,\"future\":0,\"damaged\":0,\"totals\":["
	    "{\"currency\":\"EUR\",\"sell\":\"1.23\",\"buy\":\"1\","
	    "\"margin\":\"0.23\"},{\"currency\":\"USD\",\"sell\":\"0\","
	    "\"buy\":\"0.00000005\",\"margin\":\"0\"}],\"unpriced\":["
	    "{\"calls\":1,\"reason\":\"no buy price\",\"who\":\"red\","
	    "\"destination\":\"Germany\"},{\"calls\":3,\"reason\":\"others\","
	    "\"who\":\"\",\"destination\":\"\"}]}";
	struct rate_run_options options = { .run = 17 };
	struct rate_run_result result;
	struct cdr_text out;
	json_t *json = NULL;

	cdr_text_open(&out);
	if (OK(make_result(&result)))
		json = rate_report_json(&result, &options);
	if (OK(json == NULL ? ERR_NOMEM : 0) &&
	    OK(json_dumpf(json, out.file, JSON_COMPACT)))
		CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	json_decref(json);
	cdr_text_free(&out);
	rate_run_result_fini(&result);
}

static const struct test tests[] = {
	{ "people get a summary", people_get_a_summary, false },
	{ "programs get JSON", programs_get_json, false },
};
const struct test_suite suite_rate_report = TEST_SUITE("rate_report", tests);
