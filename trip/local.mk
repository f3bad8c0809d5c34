noinst_LIBRARIES += libtrip.a
libtrip_a_SOURCES = \
	trip/attr.c trip/attr.h \
	trip/attrs.c trip/attrs.h \
	trip/conn.c trip/conn.h trip/conn_private.h trip/conn_tls.c trip/tcp.c \
	trip/dest.c trip/dest.h \
	trip/fsm.c trip/fsm.h \
	trip/gateway.c \
	trip/judge.c \
	trip/line.c trip/line.h \
	trip/message.c trip/message.h \
	trip/names.c \
	trip/peer.c \
	trip/policy.c trip/policy.h \
	trip/proto.c trip/proto.h \
	trip/rib.c trip/rib.h trip/rib_private.h \
	trip/rib_aggregate.c trip/rib_decide.c trip/rib_flood.c trip/rib_in.c trip/rib_own.c trip/rib_out.c \
	trip/session.c trip/session.h trip/session_in.c \
	trip/settings.c trip/settings.h \
	trip/show.c trip/show.h trip/show_text.c \
	trip/speaker.c trip/speaker.h trip/speaker_reload.c \
	trip/topology.c \
	trip/update.c trip/update.h \
	trip/value.c trip/value.h

bin_PROGRAMS += tripspeak
tripspeak_SOURCES = trip/tripspeak.c trip/tripspeak.h \
	trip/tripspeak_commands.c trip/tripspeak_decode.c
tripspeak_LDADD = $(LIBS_TRIP)

dist_man_MANS += doc/man/tripspeak.1
EXTRA_DIST += doc/trip.md tests/e2e/trip_lab.py tests/e2e/test_trip.py \
	tests/e2e/test_trip_calls.py
