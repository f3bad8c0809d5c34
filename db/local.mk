noinst_LIBRARIES += libdb.a
libdb_a_SOURCES = \
	db/bulk.c db/bulk.h \
	db/bulk_sql.c db/bulk_sql.h \
	db/dialect.c db/dialect.h \
	db/driver.h \
	db/kind.h \
	db/pg.h \
	db/pg_copy.c \
	db/pg_sql.c \
	db/pg_values.c \
	db/pg_wait.c \
	db/postgresql.c \
	db/schema.c db/schema.h \
	db/schema_steps.c db/schema_steps.h \
	db/sql_text.c db/sql_text.h \
	db/sqlite.c \
	db/store.c db/store.h \
	db/utf8.c db/utf8.h
