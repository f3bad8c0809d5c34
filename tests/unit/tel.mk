check_PROGRAMS += tests/unit/unit_tel
TESTS += tests/unit/unit_tel
tests_unit_unit_tel_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_tel_LDADD = $(LIBS_TEL) $(CUNIT_LIBS)
tests_unit_unit_tel_SOURCES = $(UNIT_HARNESS) \
	tests/unit/tel.c \
	tests/unit/tel_random.h \
	tests/unit/tel_tariff.c tests/unit/tel_tariff.h \
	tests/unit/test_band.c \
	tests/unit/test_cdr.c \
	tests/unit/test_codes.c \
	tests/unit/test_money.c \
	tests/unit/test_media.c \
	tests/unit/test_number.c \
	tests/unit/test_porting.c \
	tests/unit/test_number_class.c \
	tests/unit/test_tariff.c \
	tests/unit/test_tariff_properties.c \
	tests/unit/test_tariff_random.c \
	tests/unit/test_tariff_time.c \
	tests/unit/test_trie.c
