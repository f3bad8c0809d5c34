check_PROGRAMS += tests/unit/unit_route
TESTS += tests/unit/unit_route
tests_unit_unit_route_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_route_LDADD = $(LIBS_ROUTE) $(JANSSON_LIBS) $(CUNIT_LIBS)
tests_unit_unit_route_SOURCES = $(UNIT_HARNESS) \
	tests/unit/route.c \
	tests/unit/route_fixture.c tests/unit/route_fixture.h \
	tests/unit/route_oracle.c \
	tests/unit/route_oracle_order.c tests/unit/route_oracle_rules.c \
	tests/unit/route_sample.c tests/unit/route_sample.h \
	tests/unit/route_store.c tests/unit/route_store.h \
	tests/unit/route_world.c tests/unit/route_world.h \
	tests/unit/route_world_private.h \
	tests/unit/route_world_rules.c \
	tests/unit/tel_random.h \
	tests/unit/test_callers.c \
	tests/unit/test_blocks.c \
	tests/unit/test_users.c \
	tests/unit/test_emergencies.c \
	tests/unit/test_enrolments.c \
	tests/unit/test_gateway_logins.c \
	tests/unit/test_explain.c \
	tests/unit/test_gateway_state.c \
	tests/unit/test_tally.c \
	tests/unit/test_gateway_uri.c \
	tests/unit/test_health.c \
	tests/unit/test_intern.c \
	tests/unit/test_learnt.c \
	tests/unit/test_learnt_tree.c \
	tests/unit/test_limit_state.c \
	tests/unit/test_limits.c \
	tests/unit/test_logins.c \
	tests/unit/test_plan.c \
	tests/unit/test_plan_learnt.c \
	tests/unit/test_plan_limits.c \
	tests/unit/test_plan_policy.c \
	tests/unit/test_plan_random.c \
	tests/unit/test_portability.c \
	tests/unit/test_prefix_rules.c \
	tests/unit/test_pricebook.c \
	tests/unit/test_pricebook_load.c \
	tests/unit/test_pricebook_survey.c \
	tests/unit/test_quality.c \
	tests/unit/test_snapshot.c tests/unit/test_snapshot_checksum.c \
	tests/unit/test_snapshot_limits.c \
	tests/unit/test_snapshot_load.c \
	tests/unit/test_trunks.c \
	tests/unit/test_turn.c
