check_PROGRAMS += tests/unit/unit_trip
TESTS += tests/unit/unit_trip
tests_unit_unit_trip_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_trip_LDADD = $(LIBS_TRIP) $(CUNIT_LIBS)
tests_unit_unit_trip_SOURCES = $(UNIT_HARNESS) \
	tests/unit/trip.c tests/unit/trip_help.h \
	tests/unit/trip_world.c tests/unit/trip_world.h \
	tests/unit/test_trip_aggregate.c \
	tests/unit/test_trip_attr.c \
	tests/unit/test_trip_attrs.c \
	tests/unit/test_trip_dest.c \
	tests/unit/test_trip_flood.c \
	tests/unit/test_trip_fsm.c \
	tests/unit/test_trip_line.c \
	tests/unit/test_trip_message.c \
	tests/unit/test_trip_policy.c \
	tests/unit/test_trip_rib.c \
	tests/unit/test_trip_settings.c \
	tests/unit/test_trip_show.c \
	tests/unit/test_trip_speaker.c \
	tests/unit/test_trip_update.c \
	tests/unit/test_trip_value.c
