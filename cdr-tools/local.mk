noinst_LIBRARIES += libcdrtools.a
libcdrtools_a_SOURCES = \
	cdr-tools/bill.c cdr-tools/bill.h \
	cdr-tools/bill_accounts.c cdr-tools/bill_accounts.h \
	cdr-tools/bill_basis.c cdr-tools/bill_basis.h \
	cdr-tools/bill_calls.c cdr-tools/bill_calls.h \
	cdr-tools/bill_close.c cdr-tools/bill_close.h \
	cdr-tools/bill_csv.c cdr-tools/bill_csv.h \
	cdr-tools/bill_html.c cdr-tools/bill_html.h \
	cdr-tools/bill_run.c cdr-tools/bill_run.h \
	cdr-tools/bill_store.c cdr-tools/bill_store.h \
	cdr-tools/bill_sum.c cdr-tools/bill_sum.h \
	cdr-tools/bill_tariffs.c \
	cdr-tools/credit.c cdr-tools/credit.h \
	cdr-tools/credit_file.c cdr-tools/credit_file.h \
	cdr-tools/deck.c cdr-tools/deck.h \
	cdr-tools/durations.c cdr-tools/durations.h \
	cdr-tools/export.c cdr-tools/export.h \
	cdr-tools/export_files.c cdr-tools/export_files.h \
	cdr-tools/html.c cdr-tools/html.h \
	cdr-tools/journal_store.c cdr-tools/journal_store.h \
	cdr-tools/margin.c cdr-tools/margin.h \
	cdr-tools/outfile.c cdr-tools/outfile.h \
	cdr-tools/parties.c cdr-tools/parties.h \
	cdr-tools/period.c cdr-tools/period.h \
	cdr-tools/quote.c cdr-tools/quote.h \
	cdr-tools/quote_calls.c \
	cdr-tools/rate.c cdr-tools/rate.h \
	cdr-tools/rate_attempts.c cdr-tools/rate_attempts.h \
	cdr-tools/rate_batch.c cdr-tools/rate_batch.h \
	cdr-tools/rate_report.c cdr-tools/rate_report.h \
	cdr-tools/rate_run.c cdr-tools/rate_run.h \
	cdr-tools/recon.h \
	cdr-tools/recon_cause.c \
	cdr-tools/recon_file.c \
	cdr-tools/recon_match.c \
	cdr-tools/recon_out.c cdr-tools/recon_out.h \
	cdr-tools/recon_value.c cdr-tools/recon_value.h \
	cdr-tools/report.c cdr-tools/report.h \
	cdr-tools/report_calls.c cdr-tools/report_calls.h \
	cdr-tools/report_changes.c \
	cdr-tools/report_out.c cdr-tools/report_out.h \
	cdr-tools/report_read.c \
	cdr-tools/seconds.c cdr-tools/seconds.h \
	cdr-tools/taxes.c cdr-tools/taxes.h \
	cdr-tools/tool.c cdr-tools/tool.h \
	cdr-tools/unpriced.c cdr-tools/unpriced.h \
	cdr-tools/zones.c cdr-tools/zones.h

LIBS_CDRTOOLS = libcdrtools.a libacct.a $(LIBS_ROUTE) $(JANSSON_LIBS)

bin_PROGRAMS += cdr-bill
bin_PROGRAMS += cdr-durations
bin_PROGRAMS += cdr-export
bin_PROGRAMS += cdr-rate
bin_PROGRAMS += cdr-report
bin_PROGRAMS += cdr-sweep
bin_PROGRAMS += cdr-reconcile
cdr_bill_SOURCES = cdr-tools/cdr-bill.c
cdr_bill_LDADD = $(LIBS_CDRTOOLS)
cdr_durations_SOURCES = cdr-tools/cdr-durations.c
cdr_durations_LDADD = $(LIBS_CDRTOOLS)
cdr_export_SOURCES = cdr-tools/cdr-export.c
cdr_export_LDADD = $(LIBS_CDRTOOLS)
cdr_rate_SOURCES = cdr-tools/cdr-rate.c cdr-tools/cdr-rate-quote.c \
	cdr-tools/cdr-rate.h
cdr_rate_LDADD = $(LIBS_CDRTOOLS)
cdr_sweep_SOURCES = cdr-tools/cdr-sweep.c
cdr_sweep_LDADD = $(LIBS_CDRTOOLS)

cdr_reconcile_SOURCES = cdr-tools/cdr-reconcile.c
cdr_reconcile_LDADD = $(LIBS_CDRTOOLS)
cdr_report_SOURCES = cdr-tools/cdr-report.c
cdr_report_LDADD = $(LIBS_CDRTOOLS)

dist_man_MANS += doc/man/cdr-bill.1 \
	doc/man/cdr-durations.1 \
	doc/man/cdr-export.1 \
	doc/man/cdr-rate.1 \
	doc/man/cdr-report.1 \
	doc/man/cdr-sweep.1
dist_man_MANS += doc/man/cdr-reconcile.1
EXTRA_DIST += doc/rating.md \
	doc/reports.md \
	sample/README.md sample/make-rates.py \
	sample/accounts.csv sample/carriers.csv sample/gateways.csv \
	sample/tariffs.csv sample/trunks.csv \
	sample/rates-blue.csv sample/rates-green.csv sample/rates-red.csv \
	sample/rates-retail.csv \
	tests/e2e/recompute.py tests/e2e/test_rating.py \
	tests/e2e/test_bad_input.py tests/e2e/test_bills.py tests/e2e/bills \
	tests/e2e/test_by_hand.py
