check_PROGRAMS += tests/unit/unit_cdr_tools
TESTS += tests/unit/unit_cdr_tools
tests_unit_unit_cdr_tools_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_cdr_tools_LDADD = $(LIBS_CDRTOOLS) $(CUNIT_LIBS)
tests_unit_unit_cdr_tools_SOURCES = $(UNIT_HARNESS) \
	tests/unit/cdr-tools.c \
	tests/unit/cdr_bills.c tests/unit/cdr_bills.h \
	tests/unit/cdr_help.c tests/unit/cdr_help.h \
	tests/unit/db_help.c tests/unit/db_help.h \
	tests/unit/test_bill.c \
	tests/unit/test_bill_close.c \
	tests/unit/test_bill_csv.c \
	tests/unit/test_bill_html.c \
	tests/unit/test_bill_run.c \
	tests/unit/test_bill_sum.c \
	tests/unit/test_bill_tariffs.c \
	tests/unit/test_credit_file.c \
	tests/unit/test_deck.c \
	tests/unit/test_exchange.c \
	tests/unit/test_durations.c \
	tests/unit/test_export.c \
	tests/unit/test_export_files.c \
	tests/unit/test_journal_store.c \
	tests/unit/test_margin.c \
	tests/unit/test_outfile.c \
	tests/unit/test_parties.c \
	tests/unit/test_period.c \
	tests/unit/test_quote.c \
	tests/unit/test_quote_calls.c \
	tests/unit/test_rate.c \
	tests/unit/test_rate_attempts.c \
	tests/unit/test_rate_batch.c \
	tests/unit/test_rate_report.c \
	tests/unit/test_rate_run.c \
	tests/unit/test_rating_doc.c \
	tests/unit/test_recon.c \
	tests/unit/test_recon_value.c \
	tests/unit/test_report.c \
	tests/unit/test_sample.c \
	tests/unit/test_seconds.c \
	tests/unit/test_taxes.c \
	tests/unit/test_tool.c \
	tests/unit/test_unpriced.c
