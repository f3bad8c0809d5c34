noinst_LIBRARIES += libenum.a
libenum_a_SOURCES = \
	enum/aus.c enum/aus.h \
	enum/cache.c enum/cache.h \
	enum/enum.c enum/enum.h \
	enum/ere.c enum/ere.h enum/ere_match.c \
	enum/ere_bracket.c enum/ere_bracket.h \
	enum/fetch.c enum/fetch.h \
	enum/judge.c enum/judge.h \
	enum/lookup.c enum/lookup.h \
	enum/report.c enum/report.h enum/report_json.c enum/report_text.c \
	enum/rewrite.c enum/rewrite.h \
	enum/service.c enum/service.h \
	enum/set.c enum/set.h \
	enum/uri.c enum/uri.h \
	enum/walk.c enum/walk.h \
	enum/zone.c enum/zone.h enum/zone_private.h enum/zone_read.c

bin_PROGRAMS += enumq
enumq_SOURCES = \
	enum/enumq.c enum/enumq.h enum/enumq_ask.c enum/enumq_batch.c \
	enum/enumq_raw.c enum/enumq_resolve.c enum/enumq_route.c \
	enum/histogram.c enum/histogram.h
enumq_LDADD = libenum.a $(LIBS_SIP) $(JANSSON_LIBS)
