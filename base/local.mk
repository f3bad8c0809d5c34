noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	base/addr.c base/addr.h \
	base/addr_set.c base/addr_set.h \
	base/alloc.c base/alloc.h \
	base/arena.c base/arena.h \
	base/buf.c base/buf.h \
	base/cli.c base/cli.h \
	base/clock.c base/clock.h \
	base/conf.c base/conf.h \
	base/conf_source.c base/conf_source.h base/conf_table.c \
	base/conf_words.c base/conf_words.h \
	base/crc32c.c base/crc32c.h \
	base/crypto.c base/crypto.h \
	base/csv.c base/csv.h \
	base/dns.c base/dns.h base/dns_private.h base/dns_query.c \
	base/dns_attempt.c \
	base/dns_breaker.c base/dns_breaker.h \
	base/dns_message.c base/dns_message.h \
	base/dns_name.c base/dns_name.h \
	base/dns_record.c \
	base/dns_servers.c base/dns_servers.h \
	base/dns_wire.c base/dns_wire.h \
	base/err.c base/err.h \
	base/gzip.c base/gzip.h \
	base/hash.c base/hash.h \
	base/log.c base/log.h \
	base/loop.c base/loop.h \
	base/map.c base/map.h \
	base/pack.c base/pack.h \
	base/pool.c base/pool.h \
	base/ring.c base/ring.h \
	base/str.c base/str.h \
	base/timefmt.c base/timefmt.h \
	base/timers.c base/timers.h \
	base/tls.c base/tls.h \
	base/tls_identity.c base/tls_identity.h \
	base/wheel.c base/wheel.h \
	base/zone.c base/zone.h
