/*
 * proto.h - the numbers of TRIP (RFC 3219) and TGREP (RFC 5140)
 *
 * Codes as they are on the wire, and the one way in which a message can be
 * wrong: a NOTIFICATION to be sent.
 */
#ifndef TRIP_PROTO_H
#define TRIP_PROTO_H

#include <stddef.h>
#include <stdint.h>

#define TRIP_PORT 6069		/* section 11 */
#define TRIP_VERSION 1
#define TRIP_HEADER_LEN 3
#define TRIP_MESSAGE_MAX 4096	/* section 4.1 */
#define TRIP_OPEN_MIN 17
#define TRIP_UPDATE_MIN 3
#define TRIP_NOTIFICATION_MIN 5
#define TRIP_SEQ_MIN 1		/* section 10.1.4 */
#define TRIP_SEQ_MAX 0x7FFFFFFF
#define TRIP_COMMUNITY_NO_EXPORT 0xFFFFFF01 /* with ITAD 0, section 5.9.1 */

enum trip_message_type {
	TRIP_OPEN = 1,
	TRIP_UPDATE = 2,
	TRIP_NOTIFICATION = 3,
	TRIP_KEEPALIVE = 4,
};

/* NOTIFICATION codes and subcodes, section 4.5. */
enum trip_error_code {
	TRIP_ERR_HEADER = 1,
	TRIP_ERR_OPEN = 2,
	TRIP_ERR_UPDATE = 3,
	TRIP_ERR_HOLD = 4,
	TRIP_ERR_FSM = 5,
	TRIP_ERR_CEASE = 6,
};

enum trip_header_error { TRIP_BAD_LENGTH = 1, TRIP_BAD_TYPE = 2 };

enum trip_open_error {
	TRIP_BAD_VERSION = 1,
	TRIP_BAD_ITAD = 2,
	TRIP_BAD_ID = 3,
	TRIP_BAD_PARAMETER = 4,
	TRIP_BAD_HOLD = 5,
	TRIP_BAD_CAPABILITY = 6,
	TRIP_CAPABILITY_MISMATCH = 7,
};

enum trip_update_error {
	TRIP_MALFORMED_LIST = 1,
	TRIP_UNKNOWN_WELL_KNOWN = 2,
	TRIP_MISSING_MANDATORY = 3,
	TRIP_BAD_FLAGS = 4,
	TRIP_BAD_ATTR_LENGTH = 5,
	TRIP_BAD_ATTR = 6,
};

/* Section 4.3.2. Bit 0 of the RFC is the most significant one, and the
 * "Well-Known" bit set means that the attribute is NOT well-known. */
enum trip_attr_flag {
	TRIP_FLAG_NOT_WELL_KNOWN = 0x80,
	TRIP_FLAG_TRANSITIVE = 0x40,
	TRIP_FLAG_DEPENDENT = 0x20,
	TRIP_FLAG_PARTIAL = 0x10,
	TRIP_FLAG_LINK_STATE = 0x08,
};

/* 11 and 12: RFC 3219 13.2 and RFC 5115; see doc/trip.md, trap 1. */
enum trip_attr_type {
	TRIP_WITHDRAWN = 1,
	TRIP_REACHABLE = 2,
	TRIP_NEXT_HOP = 3,
	TRIP_ADVERTISEMENT_PATH = 4,
	TRIP_ROUTED_PATH = 5,
	TRIP_ATOMIC_AGGREGATE = 6,
	TRIP_LOCAL_PREFERENCE = 7,
	TRIP_MULTI_EXIT_DISC = 8,
	TRIP_COMMUNITIES = 9,
	TRIP_TOPOLOGY = 10,
	TRIP_CONVERTED_ROUTE = 11,
	TRIP_RESOURCE_PRIORITY = 12,
	TRIP_TOTAL_CAPACITY = 13,
	TRIP_AVAILABLE_CIRCUITS = 14,
	TRIP_CALL_SUCCESS = 15,
	TRIP_PREFIX_E164 = 16,
	TRIP_PREFIX_PENTADECIMAL = 17,
	TRIP_PREFIX_DECIMAL = 18,
	TRIP_TRUNK_GROUP = 19,
	TRIP_CARRIER = 20,
	TRIP_N_KNOWN = 21, /* table size; codes above are not known to us */
};

enum trip_family {
	TRIP_AF_DECIMAL = 1,
	TRIP_AF_PENTADECIMAL = 2,
	TRIP_AF_E164 = 3,
	TRIP_AF_TRUNK_GROUP = 4,
	TRIP_AF_CARRIER = 5,
	TRIP_VENDOR_MIN = 32768, /* families and protocols from here on */
};

enum trip_protocol {
	TRIP_APP_SIP = 1,
	TRIP_APP_H323_Q931 = 2,
	TRIP_APP_H323_RAS = 3,
	TRIP_APP_H323_ANNEX_G = 4,
};

enum trip_segment_type { TRIP_AP_SET = 1, TRIP_AP_SEQUENCE = 2 };

/* Send Receive Capability, section 4.2.1.1.2. */
enum trip_mode {
	TRIP_SEND_RECEIVE = 1,
	TRIP_SEND_ONLY = 2,
	TRIP_RECEIVE_ONLY = 3,
};

#define TRIP_ERROR_SMALL 256

/* A NOTIFICATION: to be sent (data points into what was received or into
 * small[]) or received (data borrowed from the message). */
struct trip_error {
	uint8_t code, subcode;
	const uint8_t *data; /* NULL: small */
	size_t data_len;
	uint8_t small[TRIP_ERROR_SMALL];
};

/* An error whose data is borrowed; always returns ERR_SYNTAX. */
int trip_error_set(struct trip_error *error, int code, int subcode,
		   const void *data, size_t data_len);
/* The same, data (at most TRIP_ERROR_SMALL octets) copied. */
int trip_error_set_small(struct trip_error *error, int code, int subcode,
			 const void *data, size_t data_len);
const uint8_t *trip_error_data(const struct trip_error *error);

#endif
