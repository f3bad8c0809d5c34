noinst_LIBRARIES += libdb.a
libdb_a_SOURCES = \
	db/bulk.c db/bulk.h \
	db/driver.h \
	db/import.c \
	db/kind.c db/kind.h \
	db/postgresql.c \
	db/schema.c db/schema.h \
	db/sqlite.c \
	db/store.c db/store.h

bin_PROGRAMS += lcrdb
lcrdb_SOURCES = db/lcrdb.c
lcrdb_LDADD = $(LIBS_DB)
