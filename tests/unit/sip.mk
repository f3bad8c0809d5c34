check_PROGRAMS += tests/unit/unit_sip
TESTS += tests/unit/unit_sip
tests_unit_unit_sip_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_sip_LDADD = $(LIBS_SIP) $(CUNIT_LIBS)
tests_unit_unit_sip_SOURCES = $(UNIT_HARNESS) \
	tests/unit/sip.c
