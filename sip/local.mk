noinst_LIBRARIES += libsip.a
libsip_a_SOURCES = \
	sip/alias.c sip/alias.h \
	sip/binding.c sip/binding.h \
	sip/chars.c sip/chars.h \
	sip/digest.c sip/digest.h \
	sip/edit.c sip/edit.h \
	sip/find.c \
	sip/flow.c sip/flow.h \
	sip/forward.c \
	sip/frame.c sip/frame.h \
	sip/list.c \
	sip/location.c sip/location.h sip/location_private.h \
	sip/location_cache.c \
	sip/location_order.c \
	sip/location_walk.c \
	sip/msg.c sip/msg.h \
	sip/name_addr.c \
	sip/names.c \
	sip/nonce.c sip/nonce.h \
	sip/registration.c sip/registration.h \
	sip/reply.c sip/reply.h \
	sip/rows.c sip/rows.h \
	sip/session.c sip/session.h \
	sip/stamp.c sip/stamp.h \
	sip/tcp.c sip/tcp.h sip/tcp_private.h \
	sip/tcp_alias.c \
	sip/tcp_elsewhere.c \
	sip/tcp_buf.c sip/tcp_buf.h \
	sip/tcp_conn.c \
	sip/tcp_peers.c sip/tcp_peers.h \
	sip/tcp_names.c \
	sip/tcp_ping.c \
	sip/tcp_read.c \
	sip/tcp_session.c \
	sip/tcp_socket.c sip/tcp_socket.h \
	sip/tcp_table.c \
	sip/top_via.c sip/top_via.h \
	sip/txn.c sip/txn.h \
	sip/txn_flow.c \
	sip/txn_branch.c \
	sip/txn_client.c \
	sip/txn_find.c \
	sip/txn_fsm.c sip/txn_fsm.h \
	sip/txn_key.c \
	sip/txn_layer.h \
	sip/txn_server.c \
	sip/udp.c sip/udp.h \
	sip/udp_queue.c sip/udp_queue.h \
	sip/udp_socket.c sip/udp_socket.h \
	sip/uri.c \
	sip/value.c sip/value.h \
	sip/value_osip.h \
	sip/via.c
