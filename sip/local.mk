noinst_LIBRARIES += libsip.a
libsip_a_SOURCES = \
	sip/edit.c sip/edit.h \
	sip/forward.c \
	sip/msg.c sip/msg.h \
	sip/names.c \
	sip/reply.c sip/reply.h \
	sip/txn.c sip/txn.h \
	sip/txn_client.c \
	sip/txn_fsm.c sip/txn_fsm.h \
	sip/txn_layer.h \
	sip/txn_server.c \
	sip/udp.c sip/udp.h \
	sip/value.c sip/value.h
