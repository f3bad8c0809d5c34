check_PROGRAMS += tests/unit/unit_lcrproxy
TESTS += tests/unit/unit_lcrproxy
tests_unit_unit_lcrproxy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_lcrproxy_LDADD = $(LIBS_LCRPROXY) $(CUNIT_LIBS)
tests_unit_unit_lcrproxy_SOURCES = $(UNIT_HARNESS) \
	tests/unit/lcrproxy.c \
	tests/unit/test_challenge.c \
	tests/unit/test_counters.c \
	tests/unit/test_cseq.c \
	tests/unit/test_emergency.c \
	tests/unit/test_enum_rules.c \
	tests/unit/test_exposition.c \
	tests/unit/test_failure.c \
	tests/unit/test_files.c \
	tests/unit/test_guard.c \
	tests/unit/test_caller_from.c \
	tests/unit/test_caller_id.c \
	tests/unit/test_listeners.c \
	tests/unit/test_heal.c \
	tests/unit/test_live.c \
	tests/unit/test_load.c \
	tests/unit/test_meter.c \
	tests/unit/test_metrics.c \
	tests/unit/test_nat.c \
	tests/unit/policy_sample.h \
	tests/unit/test_patience.c \
	tests/unit/test_policy.c \
	tests/unit/test_present.c \
	tests/unit/test_policy_build.c \
	tests/unit/test_policy_check.c \
	tests/unit/test_policy_explain.c \
	tests/unit/test_redirect.c \
	tests/unit/test_reason.c \
	tests/unit/test_records.c \
	tests/unit/test_secure.c \
	tests/unit/test_registrants.c \
	tests/unit/test_settings.c \
	tests/unit/test_shun.c \
	tests/unit/test_strict.c \
	tests/unit/test_table.c \
	tests/unit/test_target.c \
	tests/unit/test_told.c \
	tests/unit/test_trip_export.c \
	tests/unit/test_trip_feed.c \
	tests/unit/route_fixture.c tests/unit/route_fixture.h \
	tests/unit/route_sample.c tests/unit/route_sample.h \
	tests/unit/route_store.c tests/unit/route_store.h \
	tests/unit/trip_world.c tests/unit/trip_world.h \
	tests/unit/test_uri_hop.c \
	tests/unit/test_verdict.c \
	tests/unit/test_way.c
