noinst_LIBRARIES += libacct.a
libacct_a_SOURCES = \
	acct/event.c acct/event.h \
	acct/journal.c acct/journal.h \
	acct/journal_dir.c \
	acct/journal_format.c acct/journal_format.h \
	acct/journal_read.c \
	acct/journal_recover.c acct/journal_recover.h \
	acct/token.c acct/token.h

EXTRA_DIST += doc/token.md
