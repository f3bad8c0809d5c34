check_PROGRAMS += tests/unit/unit_sip
TESTS += tests/unit/unit_sip
tests_unit_unit_sip_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_unit_sip_LDADD = $(LIBS_SIP) $(CUNIT_LIBS)
tests_unit_unit_sip_SOURCES = $(UNIT_HARNESS) \
	tests/unit/sip.c \
	tests/unit/sip_help.h \
	tests/unit/test_alias.c \
	tests/unit/test_binding.c \
	tests/unit/test_chars.c \
	tests/unit/test_digest.c \
	tests/unit/test_edit.c \
	tests/unit/test_flow.c \
	tests/unit/test_forward.c \
	tests/unit/test_frame.c \
	tests/unit/test_linear.c \
	tests/unit/test_list.c \
	tests/unit/dns_server.c tests/unit/dns_server.h \
	tests/unit/dns_zone.c tests/unit/dns_zone.h \
	tests/unit/test_location.c \
	tests/unit/test_location_order.c \
	tests/unit/test_msg.c \
	tests/unit/test_msg_errors.c \
	tests/unit/test_name_addr.c \
	tests/unit/test_names.c \
	tests/unit/test_plain.c \
	tests/unit/test_nonce.c \
	tests/unit/test_registration.c \
	tests/unit/test_reply.c \
	tests/unit/test_rows.c \
	tests/unit/test_session.c \
	tests/unit/test_stamp.c \
	tests/unit/test_torture.c \
	tests/unit/test_tcp.c \
	tests/unit/test_tcp_buf.c \
	tests/unit/test_tcp_elsewhere.c \
	tests/unit/test_tcp_peers.c \
	tests/unit/test_tcp_keep.c \
	tests/unit/test_txn.c \
	tests/unit/test_txn_cancel.c \
	tests/unit/test_txn_client.c \
	tests/unit/test_txn_fsm.c \
	tests/unit/test_top_via.c \
	tests/unit/test_txn_key.c \
	tests/unit/test_txn_link.c \
	tests/unit/test_txn_reply.c \
	tests/unit/test_txn_server.c \
	tests/unit/test_txn_start.c \
	tests/unit/test_txn_stream.c \
	tests/unit/test_udp.c \
	tests/unit/test_udp_errors.c \
	tests/unit/test_udp_queue.c \
	tests/unit/test_udp_socket.c \
	tests/unit/test_uri.c \
	tests/unit/test_value.c \
	tests/unit/test_via.c \
	tests/unit/tcp_world.c tests/unit/tcp_world.h \
	tests/unit/tls_help.h \
	tests/unit/txn_world.c tests/unit/txn_world.h \
	tests/unit/udp_world.c tests/unit/udp_world.h
