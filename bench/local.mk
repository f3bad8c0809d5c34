# Benchmarks are built by `make bench` and never run as tests.
EXTRA_PROGRAMS = bench/relay bench/route
bench_relay_SOURCES = bench/relay.c
bench_relay_LDADD =
bench_route_SOURCES = bench/route.c
bench_route_LDADD = $(LIBS_ROUTE)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += bench/README.md bench/calls bench/flood bench/pending bench/routes bench/caller.xml \
	bench/gateway.xml bench/kamailio.cfg bench/make-rates

.PHONY: bench
bench: bench/relay$(EXEEXT) bench/route$(EXEEXT)
