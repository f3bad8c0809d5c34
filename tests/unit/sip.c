/* sip.c - the unit tests of sip/, one suite per source file and more */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_alias;
extern const struct test_suite suite_binding;
extern const struct test_suite suite_chars;
extern const struct test_suite suite_digest;
extern const struct test_suite suite_nonce;
extern const struct test_suite suite_edit;
extern const struct test_suite suite_forward;
extern const struct test_suite suite_linear;
extern const struct test_suite suite_list;
extern const struct test_suite suite_msg;
extern const struct test_suite suite_msg_errors;
extern const struct test_suite suite_name_addr;
extern const struct test_suite suite_names;
extern const struct test_suite suite_plain;
extern const struct test_suite suite_registration;
extern const struct test_suite suite_reply;
extern const struct test_suite suite_rows;
extern const struct test_suite suite_stamp;
extern const struct test_suite suite_txn;
extern const struct test_suite suite_txn_cancel;
extern const struct test_suite suite_txn_client;
extern const struct test_suite suite_txn_fsm;
extern const struct test_suite suite_top_via;
extern const struct test_suite suite_txn_key;
extern const struct test_suite suite_session;
extern const struct test_suite suite_torture;
extern const struct test_suite suite_txn_link;
extern const struct test_suite suite_txn_reply;
extern const struct test_suite suite_txn_server;
extern const struct test_suite suite_txn_start;
extern const struct test_suite suite_udp;
extern const struct test_suite suite_udp_errors;
extern const struct test_suite suite_udp_queue;
extern const struct test_suite suite_udp_socket;
extern const struct test_suite suite_uri;
extern const struct test_suite suite_frame;
extern const struct test_suite suite_value;
extern const struct test_suite suite_via;
extern const struct test_suite suite_flow;
extern const struct test_suite suite_tcp;
extern const struct test_suite suite_tcp_elsewhere;
extern const struct test_suite suite_tcp_keep;
extern const struct test_suite suite_tcp_peers;
extern const struct test_suite suite_tcp_buf;
extern const struct test_suite suite_location;
extern const struct test_suite suite_location_order;
extern const struct test_suite suite_txn_stream;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_alias,
		suite_binding,
		suite_chars,
		suite_digest,
		suite_nonce,
		suite_edit,
		suite_forward,
		suite_linear,
		suite_list,
		suite_msg,
		suite_msg_errors,
		suite_name_addr,
		suite_names,
		suite_plain,
		suite_registration,
		suite_reply,
		suite_rows,
		suite_stamp,
		suite_txn,
		suite_txn_cancel,
		suite_txn_client,
		suite_txn_fsm,
		suite_top_via,
		suite_txn_key,
		suite_session,
		suite_torture,
		suite_txn_link,
		suite_txn_reply,
		suite_txn_server,
		suite_txn_start,
		suite_udp,
		suite_udp_errors,
		suite_udp_queue,
		suite_udp_socket,
		suite_uri,
		suite_frame,
		suite_value,
		suite_via,
		suite_flow,
		suite_tcp,
		suite_tcp_elsewhere,
		suite_tcp_keep,
		suite_tcp_peers,
		suite_tcp_buf,
		suite_location,
		suite_location_order,
		suite_txn_stream,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
