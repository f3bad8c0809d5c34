check_PROGRAMS += tests/unit/unit_base
TESTS += tests/unit/unit_base
tests_unit_unit_base_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_base_LDADD = $(LIBS_BASE) $(CUNIT_LIBS)
tests_unit_unit_base_SOURCES = $(UNIT_HARNESS) \
	tests/unit/base.c \
	tests/unit/test_addr.c \
	tests/unit/test_addr_set.c \
	tests/unit/test_alloc.c \
	tests/unit/test_arena.c \
	tests/unit/test_buf.c \
	tests/unit/test_cli.c \
	tests/unit/test_clock.c \
	tests/unit/conf_sample.h \
	tests/unit/test_conf.c \
	tests/unit/test_conf_source.c \
	tests/unit/test_crc32c.c \
	tests/unit/test_crypto.c \
	tests/unit/test_csv.c \
	tests/unit/dns_server.c tests/unit/dns_server.h \
	tests/unit/test_dns.c \
	tests/unit/test_dns_breaker.c \
	tests/unit/test_dns_message.c \
	tests/unit/test_dns_name.c \
	tests/unit/test_err.c \
	tests/unit/test_gzip.c \
	tests/unit/test_hash.c \
	tests/unit/test_log.c \
	tests/unit/test_loop.c \
	tests/unit/test_map.c \
	tests/unit/test_pack.c \
	tests/unit/test_pool.c \
	tests/unit/test_ring.c \
	tests/unit/test_str.c \
	tests/unit/test_timefmt.c \
	tests/unit/test_timers.c \
	tests/unit/test_tls.c tests/unit/tls_help.h \
	tests/unit/test_zone.c
