noinst_LIBRARIES += libacct.a
libacct_a_SOURCES = \
	acct/acct.c acct/acct.h \
	acct/batch.c acct/batch.h \
	acct/batch_load.c acct/batch_load.h acct/batch_merge.c acct/batch_merge.h \
	acct/batch_store.c acct/batch_store.h \
	acct/clock_mark.c acct/clock_mark.h \
	acct/correct.c acct/correct.h \
	acct/courier.c acct/courier.h \
	acct/event.c acct/event.h acct/event_key.c \
	acct/journal.c acct/journal.h acct/journal_private.h \
	acct/journal_dir.c \
	acct/journal_format.c acct/journal_format.h \
	acct/journal_front.c acct/journal_front.h \
	acct/journal_open.c \
	acct/journal_pack.c acct/journal_pack.h \
	acct/journal_read.c \
	acct/journal_recover.c acct/journal_recover.h \
	acct/journal_reserve.c acct/journal_reserve.h \
	acct/journal_sync.c acct/journal_sync.h \
	acct/journal_tail.c acct/journal_tail.h \
	acct/journal_writer.c acct/journal_writer.h \
	acct/open_calls.c acct/open_calls.h \
	acct/position.c acct/position.h \
	acct/shipper.c acct/shipper.h \
	acct/skew.c acct/skew.h \
	acct/source.c acct/source.h \
	acct/stopper.c acct/stopper.h \
	acct/sweep.c acct/sweep.h \
	acct/token.c acct/token.h \
	acct/upkeep.c acct/upkeep.h

EXTRA_DIST += doc/token.md
