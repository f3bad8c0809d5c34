# Benchmarks are built by `make bench` and never run as tests.
EXTRA_PROGRAMS = bench/enum bench/relay bench/route bench/trip
bench_enum_SOURCES = bench/enum.c
bench_enum_LDADD = $(LIBS_ENUM)
EXTRA_PROGRAMS = bench/cdrs bench/rate bench/relay bench/route
bench_cdrs_SOURCES = bench/cdrs.c
bench_cdrs_LDADD = $(LIBS_DB) -lm
bench_rate_SOURCES = bench/rate.c
bench_rate_LDADD = $(LIBS_CDRTOOLS)
bench_relay_SOURCES = bench/relay.c
bench_relay_LDADD =
bench_route_SOURCES = bench/route.c
bench_route_LDADD = $(LIBS_ROUTE)
bench_trip_SOURCES = bench/trip.c
bench_trip_LDADD = $(LIBS_TRIP)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += bench/README.md bench/calls bench/flood bench/pending bench/routes bench/caller.xml \
	bench/gateway.xml bench/kamailio.cfg bench/make-rates \
	bench/enum-lookups \
	bench/trip-bird bench/trip-flap

.PHONY: bench
bench: bench/enum$(EXEEXT) bench/relay$(EXEEXT) bench/route$(EXEEXT) bench/trip$(EXEEXT)
EXTRA_DIST += bench/README.md bench/billing bench/calls bench/pending bench/routes bench/caller.xml \
	bench/gateway.xml bench/kamailio.cfg bench/make-rates

bench: bench/cdrs$(EXEEXT) bench/rate$(EXEEXT) bench/relay$(EXEEXT) \
	 bench/route$(EXEEXT)
