noinst_LIBRARIES += libtrip.a
libtrip_a_SOURCES = \
	trip/attr.c trip/attr.h \
	trip/attrs.c trip/attrs.h \
	trip/dest.c trip/dest.h \
	trip/message.c trip/message.h \
	trip/policy.c trip/policy.h \
	trip/proto.c trip/proto.h \
	trip/update.c trip/update.h \
	trip/value.c trip/value.h
