check_PROGRAMS += tests/unit/unit_acct
TESTS += tests/unit/unit_acct
tests_unit_unit_acct_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_acct_LDADD = $(LIBS_ACCT) $(CUNIT_LIBS)
tests_unit_unit_acct_SOURCES = $(UNIT_HARNESS) \
	tests/unit/acct.c \
	tests/unit/acct_call.c tests/unit/acct_call.h \
	tests/unit/acct_journal.c tests/unit/acct_journal.h \
	tests/unit/acct_line.c tests/unit/acct_line.h \
	tests/unit/db_help.c tests/unit/db_help.h \
	tests/unit/tel_random.h \
	tests/unit/test_acct.c \
	tests/unit/test_batch_load.c \
	tests/unit/test_batch_merge.c \
	tests/unit/test_batch_store.c \
	tests/unit/test_clock_mark.c \
	tests/unit/test_event.c \
	tests/unit/test_journal.c \
	tests/unit/test_journal_front.c \
	tests/unit/test_journal_read.c \
	tests/unit/test_journal_sync.c \
	tests/unit/test_open_calls.c \
	tests/unit/test_shipper.c \
	tests/unit/test_shipper_orders.c \
	tests/unit/test_skew.c \
	tests/unit/test_source.c \
	tests/unit/test_stopper.c \
	tests/unit/test_store_faults.c \
	tests/unit/test_sweep.c \
	tests/unit/test_token.c
