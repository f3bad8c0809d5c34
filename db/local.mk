noinst_LIBRARIES += libdb.a
libdb_a_SOURCES = \
	db/bulk.c db/bulk.h \
	db/bulk_kept.c db/bulk_kept.h \
	db/bulk_set.c db/bulk_set.h \
	db/store_clock.c \
	db/bulk_sql.c db/bulk_sql.h \
	db/deck_codes.c db/deck_codes.h \
	db/dialect.c db/dialect.h \
	db/driver.h \
	db/import.c db/import.h \
	db/import_apply.c \
	db/import_effective.c \
	db/import_example.c \
	db/import_run.c \
	db/kind.c db/kind.h \
	db/kind_bands.c db/kind_bands.h \
	db/check_records.c db/check_records.h \
	db/kind_check.c \
	db/kind_parse.h \
	db/kind_rows.c \
	db/kind_table.h \
	db/kind_tables.c \
	db/kind_tel.c \
	db/kind_value.c \
	db/partition.c db/partition.h \
	db/pg.h \
	db/pg_copy.c \
	db/pg_open.c \
	db/pg_sql.c \
	db/pg_state.c db/pg_state.h \
	db/pg_values.c \
	db/pg_wait.c \
	db/postgresql.c \
	db/refs.c db/refs.h \
	db/schema.c db/schema.h \
	db/schema_months.c \
	db/schema_steps.c db/schema_steps.h \
	db/schema_steps_access.c \
	db/schema_steps_billing.c \
	db/schema_steps_gateways.c \
	db/schema_steps_policy.c \
	db/schema_steps_route.c \
	db/sql_text.c db/sql_text.h \
	db/sqlite.c \
	db/store.c db/store.h \
	db/store_url.c db/store_url.h \
	db/utf8.c db/utf8.h

bin_PROGRAMS += lcrdb
lcrdb_SOURCES = db/lcrdb.c
lcrdb_LDADD = $(LIBS_DB) $(JANSSON_LIBS)
dist_man_MANS += doc/man/lcrdb.1
