/* cdr-tools.c - the unit tests of cdr-tools/ and of sample/ */
#include "cdr-tools/tool.h"
#include "tests/unit/db_help.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_bill;
extern const struct test_suite suite_bill_close;
extern const struct test_suite suite_bill_csv;
extern const struct test_suite suite_bill_html;
extern const struct test_suite suite_bill_run;
extern const struct test_suite suite_bill_sum;
extern const struct test_suite suite_bill_tariffs;
extern const struct test_suite suite_credit_file;
extern const struct test_suite suite_deck;
extern const struct test_suite suite_durations;
extern const struct test_suite suite_exchange;
extern const struct test_suite suite_export;
extern const struct test_suite suite_export_files;
extern const struct test_suite suite_journal_store;
extern const struct test_suite suite_margin;
extern const struct test_suite suite_outfile;
extern const struct test_suite suite_parties;
extern const struct test_suite suite_period;
extern const struct test_suite suite_quote;
extern const struct test_suite suite_quote_calls;
extern const struct test_suite suite_rate;
extern const struct test_suite suite_rate_attempts;
extern const struct test_suite suite_rate_batch;
extern const struct test_suite suite_rate_report;
extern const struct test_suite suite_rate_run;
extern const struct test_suite suite_rating_doc;
extern const struct test_suite suite_recon;
extern const struct test_suite suite_recon_value;
extern const struct test_suite suite_report;
extern const struct test_suite suite_sample;
extern const struct test_suite suite_seconds;
extern const struct test_suite suite_taxes;
extern const struct test_suite suite_tool;
extern const struct test_suite suite_unpriced;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_seconds,      suite_period,        suite_tool,
		suite_parties,      suite_rate,          suite_unpriced,
		suite_rate_batch,   suite_rate_run,      suite_rate_report,
		suite_deck,         suite_quote,         suite_quote_calls,
		suite_rating_doc,   suite_outfile,       suite_bill_sum,
		suite_bill_tariffs, suite_bill,          suite_bill_csv,
		suite_bill_html,    suite_bill_run,      suite_margin,
		suite_export,       suite_journal_store, suite_sample,
		suite_exchange,     suite_rate_attempts, suite_taxes,
		suite_bill_close,   suite_credit_file,   suite_report,
		suite_recon,        suite_recon_value,   suite_export_files,
		suite_durations,
	};
	int status = 1;

	tool_init();
	if (db_help_start() == 0)
		status = test_main(argc, argv, suites,
				   sizeof(suites) / sizeof(suites[0]));
	db_help_stop();
	return status;
}
