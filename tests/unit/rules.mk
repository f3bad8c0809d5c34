check_PROGRAMS += tests/unit/unit_rules
TESTS += tests/unit/unit_rules
tests_unit_unit_rules_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_rules_LDADD = $(LIBS_LCRPROXY) $(CUNIT_LIBS)
tests_unit_unit_rules_SOURCES = $(UNIT_HARNESS) \
	tests/unit/rules.c \
	tests/unit/proxy_world.c tests/unit/proxy_world.h \
	tests/unit/proxy_world_msg.c \
	tests/unit/proxy_login.c tests/unit/proxy_login.h \
	tests/unit/dns_server.c tests/unit/dns_server.h \
	tests/unit/dns_zone.c tests/unit/dns_zone.h \
	tests/unit/proxy_names.c tests/unit/proxy_names.h \
	tests/unit/test_rule_flows.c tests/unit/test_rule_long.c \
	tests/unit/test_rule_login.c \
	tests/unit/test_rule_names.c tests/unit/test_rule_places.c \
	tests/unit/route_store.c tests/unit/route_store.h \
	tests/unit/test_rule_calls.c tests/unit/test_rule_cancel.c \
	tests/unit/test_rule_dialogs.c tests/unit/test_rule_others.c \
	tests/unit/test_rule_rare.c \
	tests/unit/test_rule_redirect.c tests/unit/test_rule_repeat.c \
	tests/unit/test_rule_requests.c \
	tests/unit/test_rule_routes.c tests/unit/test_rule_variants.c
