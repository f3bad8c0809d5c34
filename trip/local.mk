noinst_LIBRARIES += libtrip.a
libtrip_a_SOURCES = \
	trip/attr.c trip/attr.h \
	trip/attrs.c trip/attrs.h \
	trip/dest.c trip/dest.h \
	trip/gateway.c \
	trip/message.c trip/message.h \
	trip/policy.c trip/policy.h \
	trip/proto.c trip/proto.h \
	trip/rib.c trip/rib.h trip/rib_private.h \
	trip/rib_decide.c trip/rib_flood.c trip/rib_in.c trip/rib_out.c \
	trip/topology.c \
	trip/update.c trip/update.h \
	trip/value.c trip/value.h
