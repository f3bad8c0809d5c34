check_PROGRAMS += tests/unit/unit_route
TESTS += tests/unit/unit_route
tests_unit_unit_route_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_route_LDADD = $(LIBS_ROUTE) $(CUNIT_LIBS)
tests_unit_unit_route_SOURCES = $(UNIT_HARNESS) \
	tests/unit/route.c
