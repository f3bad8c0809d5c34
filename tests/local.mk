# Unit tests: one program per folder, one test_<file>.c per source file.
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CUNIT_CFLAGS) -DTOP_SRCDIR='"$(abs_top_srcdir)"'
UNIT_HARNESS = tests/unit/harness.c tests/unit/harness.h
AM_TESTS_ENVIRONMENT = top_srcdir='$(abs_top_srcdir)'; \
	top_builddir='$(abs_top_builddir)'; export top_srcdir top_builddir;

EXTRA_DIST += tests/data/tls tests/data/numbers.csv tests/lint/run tests/e2e/lab.py tests/e2e/peer.py \
	tests/e2e/stream.py tests/e2e/zone.py tests/e2e/test_transports.py \
	tests/e2e/authority.py tests/e2e/streams.py tests/e2e/tunnel.py tests/e2e/test_connections.py \
	tests/e2e/sipp/caller.xml tests/e2e/sipp/gateway.xml \
	tests/e2e/sipp/carrier.xml tests/e2e/carriers.py \
	tests/e2e/test_carriers.py tests/e2e/test_durations.py tests/e2e/test_restart.py \
	tests/e2e/crowd.py tests/e2e/ledger.py \
	tests/e2e/preload.py tests/e2e/relay.py tests/e2e/test_commits.py \
	tests/e2e/knot.py tests/e2e/test_enum_calls.py \
	tests/e2e/test_access.py \
	tests/e2e/test_policy.py \
	tests/e2e/agent.py tests/e2e/linphone.py tests/e2e/test_clients.py \
	tests/e2e/sipp/caller_auth.xml \
	tests/e2e/test_callers.py \
	tests/e2e/test_trunk_auth.py tests/e2e/test_trunk_certificates.py \
	tests/e2e/test_sips.py tests/e2e/test_register.py tests/e2e/test_transactions.py \
	tests/e2e/kamailio_registrar.cfg \
	tests/e2e/test_redirect.py \
	tests/e2e/test_flood.py tests/e2e/test_stubborn.py tests/e2e/test_homes.py tests/e2e/wire.py \
	tests/e2e/test_places.py \
	tests/e2e/test_brakes.py \
	tests/e2e/test_policy_conditions.py \
	tests/e2e/test_trunks.py \
	tests/e2e/test_bad_calls.py \
	tests/e2e/test_gateway_names.py \
	tests/e2e/kamailio_carrier.cfg tests/e2e/kamailio_sessions.cfg \
	tests/e2e/test_limits.py \
	tests/e2e/test_chaos.py \
	tests/e2e/test_full_disk.py \
	tests/e2e/test_tokens.py \
	tests/e2e/test_edited_rows.py \
	tests/e2e/test_operations.py \
	tests/e2e/test_proxy.py \
	tests/e2e/test_nodes.py tests/e2e/test_records.py \
	tests/soak/chaos \
	tests/e2e/test_failover.py tests/e2e/test_health.py \
	tests/e2e/test_operations.py tests/e2e/test_proxy.py \
	tests/e2e/test_thousand_calls.py

include tests/unit/base.mk
include tests/unit/tel.mk
include tests/unit/db.mk
include tests/unit/sip.mk
include tests/unit/enum.mk
include tests/unit/route.mk
include tests/unit/acct.mk
include tests/unit/trip.mk
include tests/unit/lcrproxy.mk
include tests/unit/rules.mk
include tests/unit/cdr-tools.mk
include tests/fuzz/local.mk

EXTRA_DIST += tests/e2e/scene.py tests/e2e/kamailio.cfg tests/e2e/lossy.py \
	tests/e2e/kamailio_streams.cfg tests/e2e/test_kamailio.py tests/e2e/test_peers.py tests/e2e/test_location.py tests/e2e/test_hostile.py tests/e2e/test_overload.py \
	tests/e2e/test_lossy.py tests/e2e/test_metrics.py tests/e2e/test_neighbours.py \
	tests/e2e/test_rules.py tests/e2e/test_sessions.py \
	tests/e2e/test_torture.py tests/torture/README.md \
	tests/torture/messages.csv tests/torture/rfc4475 tests/torture/rfc5118
