/* sip.c - the unit tests of sip/, one suite per source file and more */
#include "tests/unit/harness.h"

/* Each test_<file>.c defines one of these. */
extern const struct test_suite suite_chars, suite_digest, suite_nonce, suite_edit, suite_forward,
    suite_linear, suite_list, suite_msg, suite_msg_errors, suite_name_addr,
    suite_names, suite_plain, suite_reply, suite_rows, suite_stamp, suite_txn,
    suite_txn_cancel, suite_txn_client, suite_txn_fsm, suite_txn_key,
    suite_session, suite_torture, suite_txn_link, suite_txn_reply, suite_txn_server, suite_txn_start,
    suite_udp, suite_udp_errors, suite_udp_queue, suite_udp_socket, suite_uri,
    suite_value, suite_via;

int
main(int argc, char **argv)
{
	const struct test_suite suites[] = {
		suite_chars,
		suite_names,
		suite_rows,
		suite_msg,
		suite_msg_errors,
		suite_list,
		suite_value,
		suite_uri,
		suite_via,
		suite_plain,
		suite_name_addr,
		suite_digest,
		suite_nonce,
		suite_edit,
		suite_stamp,
		suite_forward,
		suite_reply,
		suite_linear,
		suite_torture,
		suite_session,
		suite_txn_fsm,
		suite_txn_key,
		suite_txn,
		suite_txn_client,
		suite_txn_cancel,
		suite_txn_start,
		suite_txn_server,
		suite_txn_reply,
		suite_txn_link,
		suite_udp_socket,
		suite_udp_queue,
		suite_udp,
		suite_udp_errors,
	};

	return test_main(argc, argv, suites,
			 sizeof(suites) / sizeof(suites[0]));
}
