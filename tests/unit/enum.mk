check_PROGRAMS += tests/unit/unit_enum
TESTS += tests/unit/unit_enum
EXTRA_DIST += tests/enum/awkward.zone tests/e2e/test_enum.py \
	tests/enum/golden/alias.txt \
	tests/enum/golden/found.txt \
	tests/enum/golden/json.txt \
	tests/enum/golden/lenient.txt \
	tests/enum/golden/nxdomain.txt \
	tests/enum/golden/resolve-json.txt \
	tests/enum/golden/resolve.txt \
	tests/enum/golden/trees.txt \
	tests/enum/golden/type.txt \
	tests/enum/golden/unusable.txt \
	tests/enum/golden/void.txt
tests_unit_unit_enum_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_enum_LDADD = $(LIBS_ENUM) $(JANSSON_LIBS) $(CUNIT_LIBS)
tests_unit_unit_enum_SOURCES = $(UNIT_HARNESS) \
	enum/histogram.c enum/histogram.h \
	tests/unit/dns_server.c tests/unit/dns_server.h \
	tests/unit/enum.c \
	tests/unit/test_awkward.c \
	tests/unit/test_enum.c \
	tests/unit/test_enum_cache.c \
	tests/unit/test_enum_lookup.c \
	tests/unit/test_enum_uri.c \
	tests/unit/test_enum_zone.c \
	tests/unit/test_ere.c \
	tests/unit/test_service.c
