# Benchmarks are built by `make bench` and never run as tests.
EXTRA_PROGRAMS = bench/accounts bench/cdrs bench/enum bench/rate bench/relay bench/route bench/ship \
	bench/trip bench/txns
bench_accounts_SOURCES = bench/accounts.c
bench_accounts_LDADD = $(LIBS_ROUTE)
bench_cdrs_SOURCES = bench/cdrs.c
bench_cdrs_LDADD = $(LIBS_DB) -lm
bench_enum_SOURCES = bench/enum.c
bench_enum_LDADD = $(LIBS_ENUM)
bench_rate_SOURCES = bench/rate.c
bench_rate_LDADD = $(LIBS_CDRTOOLS)
bench_relay_SOURCES = bench/relay.c
bench_relay_LDADD =
bench_route_SOURCES = bench/route.c
bench_route_LDADD = $(LIBS_ROUTE)
bench_trip_SOURCES = bench/trip.c
bench_trip_LDADD = $(LIBS_TRIP)
bench_txns_SOURCES = bench/txns.c
bench_txns_LDADD = libsip.a $(LIBS_DB) $(OSIP_LIBS)
bench_ship_SOURCES = bench/ship.c
bench_ship_LDADD = $(LIBS_ACCT)
CLEANFILES += $(EXTRA_PROGRAMS)
EXTRA_DIST += bench/README.md \
	bench/billing \
	bench/swap \
	bench/caller.xml \
	bench/calls \
	bench/enum-calls \
	bench/challenged \
	bench/many-accounts \
	bench/enum-lookups \
	bench/flood \
	bench/gateway.xml \
	bench/instructions \
	bench/kamailio.cfg \
	bench/make-rates \
	bench/pending \
	bench/routes \
	bench/trip-bird \
	bench/trip-flap \
	bench/trip-plan

.PHONY: bench
bench: bench/accounts$(EXEEXT) bench/cdrs$(EXEEXT) bench/enum$(EXEEXT) bench/rate$(EXEEXT) \
	bench/relay$(EXEEXT) bench/route$(EXEEXT) bench/ship$(EXEEXT) \
	bench/trip$(EXEEXT) bench/txns$(EXEEXT)
