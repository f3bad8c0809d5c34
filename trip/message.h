/*
 * message.h - TRIP messages but UPDATE: header, OPEN, KEEPALIVE, NOTIFICATION
 *
 * Pure: bytes in, struct out, and back. A decoder that returns ERR_SYNTAX has
 * filled the NOTIFICATION that answers it (RFC 3219 section 6).
 */
#ifndef TRIP_MESSAGE_H
#define TRIP_MESSAGE_H

#include "base/buf.h"
#include "trip/proto.h"

#define TRIP_ROUTE_TYPES_MAX 32

struct trip_route_type {
	uint16_t family, protocol;
};

struct trip_open {
	uint8_t version;
	uint16_t hold_s;
	uint32_t itad, id;
	enum trip_mode mode;
	bool has_route_types; /* without: no default in the RFC */
	size_t n_route_types;
	struct trip_route_type route_types[TRIP_ROUTE_TYPES_MAX];
	/* Decoded: the capabilities as received, each <code, length, value>,
	 * for the data of a mismatch; borrowed, may be NULL. */
	struct str route_types_tlv, mode_tlv;
};

/*
 * Check the three octets of a header before the rest has come (sections 4.1,
 * 6.1). Returns 0 with the whole length and type, or ERR_SYNTAX.
 */
int trip_header_decode(const uint8_t header[TRIP_HEADER_LEN], size_t *len,
		       enum trip_message_type *type, struct trip_error *error);

/* A whole OPEN message, header checked. ERR_SYNTAX: version, hold time of 1
 * or 2, reserved ITAD 0, parameters, capabilities (2/1, 2/5, 2/2, 2/4, 2/6).
 * Whether the peer is the expected one is the caller's business. */
int trip_open_decode(const uint8_t *msg, size_t len, struct trip_open *out,
		     struct trip_error *error);
/* Route types (when has_route_types) and mode in one parameter. */
void trip_open_encode(struct wbuf *w, const struct trip_open *open);
/* Whether family and protocol are among the types; all are without a list. */
bool trip_open_has_type(const struct trip_open *open, uint16_t family,
			uint16_t protocol);

void trip_keepalive_encode(struct wbuf *w);

/* Data is cut where the message would exceed 4,096 octets. */
void trip_notification_encode(struct wbuf *w, const struct trip_error *error);
/* A whole NOTIFICATION message of at least 5 octets; data is borrowed. Codes
 * are not judged (section 6.4). */
void trip_notification_decode(const uint8_t *msg, size_t len,
			      struct trip_error *out);
/* "UPDATE Message Error: Invalid Attribute"; static storage. subcode's part
 * is "" when it has no name. */
const char *trip_error_code_text(int code);
const char *trip_error_subcode_text(int code, int subcode);

#endif
