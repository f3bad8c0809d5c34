noinst_LIBRARIES += libacct.a
libacct_a_SOURCES = \
	acct/acct.c acct/acct.h \
	acct/event.c acct/event.h \
	acct/journal.c acct/journal.h \
	acct/journal_read.c \
	acct/shipper.c acct/shipper.h \
	acct/token.c acct/token.h
