check_PROGRAMS += tests/unit/unit_db
TESTS += tests/unit/unit_db tests/component/lcrdb.sh
EXTRA_DIST += tests/postgres.sh tests/component/lcrdb.sh
tests_unit_unit_db_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_db_LDADD = $(LIBS_DB) $(CUNIT_LIBS)
tests_unit_unit_db_SOURCES = $(UNIT_HARNESS) \
	tests/unit/db.c \
	tests/unit/db_help.c tests/unit/db_help.h \
	tests/unit/db_import.c tests/unit/db_import.h \
	tests/unit/test_bulk.c \
	tests/unit/test_bulk_merge.c \
	tests/unit/test_deck_codes.c \
	tests/unit/test_dialect.c \
	tests/unit/test_import.c tests/unit/test_import_values.c \
	tests/unit/test_kind.c \
	tests/unit/test_kind_bands.c \
	tests/unit/test_kind_check.c \
	tests/unit/test_kind_value.c \
	tests/unit/test_partition.c \
	tests/unit/test_pg_open.c \
	tests/unit/test_pg_sql.c \
	tests/unit/test_postgresql.c \
	tests/unit/test_refs.c \
	tests/unit/test_schema.c \
	tests/unit/test_sql_text.c \
	tests/unit/test_sqlite.c \
	tests/unit/test_store.c \
	tests/unit/test_store_url.c \
	tests/unit/test_utf8.c
