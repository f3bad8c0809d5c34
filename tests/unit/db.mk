check_PROGRAMS += tests/unit/unit_db
TESTS += tests/unit/unit_db
tests_unit_unit_db_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_db_LDADD = $(LIBS_DB) $(CUNIT_LIBS)
tests_unit_unit_db_SOURCES = $(UNIT_HARNESS) \
	tests/unit/db.c
