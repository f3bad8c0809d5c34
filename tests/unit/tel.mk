check_PROGRAMS += tests/unit/unit_tel
TESTS += tests/unit/unit_tel
tests_unit_unit_tel_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_tel_LDADD = $(LIBS_TEL) $(CUNIT_LIBS)
tests_unit_unit_tel_SOURCES = $(UNIT_HARNESS) \
	tests/unit/tel.c
