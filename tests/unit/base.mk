check_PROGRAMS += tests/unit/unit_base
TESTS += tests/unit/unit_base
tests_unit_unit_base_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_base_LDADD = $(LIBS_BASE) $(CUNIT_LIBS)
tests_unit_unit_base_SOURCES = $(UNIT_HARNESS) \
	tests/unit/base.c
