/* message.c - OPEN, KEEPALIVE, NOTIFICATION and the header of all */
#include "trip/message.h"

#include "base/err.h"

#define PARAMETER_CAPABILITIES 1
#define CAPABILITY_ROUTE_TYPES 1
#define CAPABILITY_MODE 2

static const uint16_t min_len[] = {
	[TRIP_OPEN] = TRIP_OPEN_MIN,
	[TRIP_UPDATE] = TRIP_UPDATE_MIN,
	[TRIP_NOTIFICATION] = TRIP_NOTIFICATION_MIN,
	[TRIP_KEEPALIVE] = TRIP_HEADER_LEN,
};

int
trip_header_decode(const uint8_t header[TRIP_HEADER_LEN], size_t *len,
		   enum trip_message_type *type, struct trip_error *error)
{
	size_t n = (size_t)header[0] << 8 | header[1];
	int kind = header[2];
	bool is_known = kind >= TRIP_OPEN && kind <= TRIP_KEEPALIVE;

	if (n < TRIP_HEADER_LEN || n > TRIP_MESSAGE_MAX)
		return trip_error_set_small(error, TRIP_ERR_HEADER,
					    TRIP_BAD_LENGTH, header, 2);
	if (!is_known)
		return trip_error_set_small(error, TRIP_ERR_HEADER,
					    TRIP_BAD_TYPE, header + 2, 1);
	if (n < min_len[kind] || (kind == TRIP_KEEPALIVE && n > min_len[kind]))
		return trip_error_set_small(error, TRIP_ERR_HEADER,
					    TRIP_BAD_LENGTH, header, 2);
	*len = n;
	*type = (enum trip_message_type)kind;
	return 0;
}

/* --- OPEN --- */

/* Capability 1: any number of <family, protocol>, section 4.2.1.1.1. */
static bool
take_route_types(struct rbuf *value, struct trip_open *out)
{
	if (rbuf_left(value) % 4 != 0)
		return false;
	out->has_route_types = true;
	while (rbuf_left(value) > 0) {
		struct trip_route_type type;

		type.family = rbuf_u16(value);
		type.protocol = rbuf_u16(value);
		if (type.family == 0 || type.protocol == 0)
			return false; /* reserved, 5.1.1.1 */
		/* More than we could send anyway: not used, so harmless. */
		if (out->n_route_types < TRIP_ROUTE_TYPES_MAX)
			out->route_types[out->n_route_types++] = type;
	}
	return true;
}

/* Capability 2, section 4.2.1.1.2. */
static bool
take_mode(struct rbuf *value, struct trip_open *out)
{
	uint32_t mode;

	if (rbuf_left(value) != 4)
		return false;
	mode = rbuf_u32(value);
	if (mode < TRIP_SEND_RECEIVE || mode > TRIP_RECEIVE_ONLY)
		return false;
	out->mode = (enum trip_mode)mode;
	return true;
}

/* Whether the capability that starts at r is one we support. */
static bool
take_capability(struct rbuf *r, struct trip_open *out)
{
	const uint8_t *start = r->p;
	uint16_t code = rbuf_u16(r);
	struct str text = rbuf_str16(r);
	struct str tlv =
	    str_make((const char *)start, (size_t)(r->p - start));
	struct rbuf value;

	rbuf_init(&value, text.p, text.len);
	if (r->err != 0)
		return false;
	if (code == CAPABILITY_ROUTE_TYPES) {
		out->route_types_tlv = tlv;
		return take_route_types(&value, out);
	}
	if (code == CAPABILITY_MODE) {
		out->mode_tlv = tlv;
		return take_mode(&value, out);
	}
	return false;
}

/* The triples of one parameter. Those that we do not support are listed whole
 * in the answer's data (6.2), as many as fit there. */
static int
take_capabilities(struct rbuf *r, struct trip_open *out,
		  struct trip_error *error)
{
	struct wbuf bad;
	bool is_good = true;

	wbuf_init(&bad, error->small, sizeof(error->small));
	while (rbuf_left(r) > 0) {
		const uint8_t *start = r->p;

		if (take_capability(r, out))
			continue;
		is_good = false;
		wbuf_bytes(&bad, start, (size_t)(r->p - start));
	}
	if (is_good)
		return 0;
	return trip_error_set(error, TRIP_ERR_OPEN, TRIP_BAD_CAPABILITY, NULL,
			      bad.len);
}

static int
take_parameters(struct rbuf *r, struct trip_open *out,
		struct trip_error *error)
{
	while (rbuf_left(r) > 0) {
		uint16_t type = rbuf_u16(r);
		struct str text = rbuf_str16(r);
		struct rbuf value;
		int err;

		if (r->err != 0 || type != PARAMETER_CAPABILITIES)
			return trip_error_set(error, TRIP_ERR_OPEN,
					      TRIP_BAD_PARAMETER, NULL, 0);
		rbuf_init(&value, text.p, text.len);
		err = take_capabilities(&value, out, error);
		if (err != 0)
			return err;
	}
	return 0;
}

int
trip_open_decode(const uint8_t *msg, size_t len, struct trip_open *out,
		 struct trip_error *error)
{
	static const uint8_t ours = TRIP_VERSION;
	struct rbuf r;
	uint16_t params_len;

	memset(out, 0, sizeof(*out));
	out->mode = TRIP_SEND_RECEIVE;
	rbuf_init(&r, msg + TRIP_HEADER_LEN, len - TRIP_HEADER_LEN);
	out->version = rbuf_u8(&r);
	(void)rbuf_u8(&r); /* reserved */
	out->hold_s = rbuf_u16(&r);
	out->itad = rbuf_u32(&r);
	out->id = rbuf_u32(&r);
	params_len = rbuf_u16(&r);
	if (out->version != TRIP_VERSION)
		return trip_error_set_small(error, TRIP_ERR_OPEN,
					    TRIP_BAD_VERSION, &ours, 1);
	if (out->itad == 0)
		return trip_error_set(error, TRIP_ERR_OPEN, TRIP_BAD_ITAD,
				      NULL, 0);
	if (out->hold_s == 1 || out->hold_s == 2)
		return trip_error_set(error, TRIP_ERR_OPEN, TRIP_BAD_HOLD,
				      NULL, 0);
	/* The list must fill the message exactly (4.1: no padding). */
	if (params_len != rbuf_left(&r))
		return trip_error_set(error, TRIP_ERR_OPEN,
				      TRIP_BAD_PARAMETER, NULL, 0);
	return take_parameters(&r, out, error);
}

void
trip_open_encode(struct wbuf *w, const struct trip_open *open)
{
	size_t types_len = open->has_route_types ? open->n_route_types * 4 : 0;
	size_t caps_len = (open->has_route_types ? 4 + types_len : 0) + 8;

	wbuf_u16(w, (uint16_t)(TRIP_OPEN_MIN + 4 + caps_len));
	wbuf_u8(w, TRIP_OPEN);
	wbuf_u8(w, open->version);
	wbuf_u8(w, 0);
	wbuf_u16(w, open->hold_s);
	wbuf_u32(w, open->itad);
	wbuf_u32(w, open->id);
	wbuf_u16(w, (uint16_t)(4 + caps_len));
	wbuf_u16(w, PARAMETER_CAPABILITIES);
	wbuf_u16(w, (uint16_t)caps_len);
	if (open->has_route_types) {
		wbuf_u16(w, CAPABILITY_ROUTE_TYPES);
		wbuf_u16(w, (uint16_t)types_len);
	}
	for (size_t i = 0; i < open->n_route_types && types_len > 0; i++) {
		wbuf_u16(w, open->route_types[i].family);
		wbuf_u16(w, open->route_types[i].protocol);
	}
	wbuf_u16(w, CAPABILITY_MODE);
	wbuf_u16(w, 4);
	wbuf_u32(w, open->mode);
}

bool
trip_open_has_type(const struct trip_open *open, uint16_t family,
		   uint16_t protocol)
{
	for (size_t i = 0; i < open->n_route_types; i++) {
		if (open->route_types[i].family == family &&
		    open->route_types[i].protocol == protocol)
			return true;
	}
	return !open->has_route_types;
}

/* --- KEEPALIVE, NOTIFICATION --- */

void
trip_keepalive_encode(struct wbuf *w)
{
	wbuf_u16(w, TRIP_HEADER_LEN);
	wbuf_u8(w, TRIP_KEEPALIVE);
}

void
trip_notification_encode(struct wbuf *w, const struct trip_error *error)
{
	size_t max = TRIP_MESSAGE_MAX - TRIP_NOTIFICATION_MIN;
	size_t n = error->data_len < max ? error->data_len : max;

	wbuf_u16(w, (uint16_t)(TRIP_NOTIFICATION_MIN + n));
	wbuf_u8(w, TRIP_NOTIFICATION);
	wbuf_u8(w, error->code);
	wbuf_u8(w, error->subcode);
	wbuf_bytes(w, trip_error_data(error), n);
}

void
trip_notification_decode(const uint8_t *msg, size_t len,
			 struct trip_error *out)
{
	memset(out, 0, sizeof(*out));
	out->code = msg[3];
	out->subcode = msg[4];
	out->data = msg + TRIP_NOTIFICATION_MIN;
	out->data_len = len - TRIP_NOTIFICATION_MIN;
}

#define N_CODES (TRIP_ERR_CEASE + 1)
#define N_SUBCODES (TRIP_CAPABILITY_MISMATCH + 1)

const char *
trip_error_code_text(int code)
{
	static const char *const text[N_CODES] = {
		[TRIP_ERR_HEADER] = "Message Header Error",
		[TRIP_ERR_OPEN] = "OPEN Message Error",
		[TRIP_ERR_UPDATE] = "UPDATE Message Error",
		[TRIP_ERR_HOLD] = "Hold Timer Expired",
		[TRIP_ERR_FSM] = "Finite State Machine Error",
		[TRIP_ERR_CEASE] = "Cease",
	};

	if (code <= 0 || code >= N_CODES)
		return "unknown error code";
	return text[code];
}

const char *
trip_error_subcode_text(int code, int subcode)
{
	static const char *const text[N_CODES][N_SUBCODES] = {
		[TRIP_ERR_HEADER] = { [TRIP_BAD_LENGTH] = "Bad Message Length",
				      [TRIP_BAD_TYPE] = "Bad Message Type" },
		[TRIP_ERR_OPEN] = {
		    [TRIP_BAD_VERSION] = "Unsupported Version Number",
		    [TRIP_BAD_ITAD] = "Bad Peer ITAD",
		    [TRIP_BAD_ID] = "Bad TRIP Identifier",
		    [TRIP_BAD_PARAMETER] = "Unsupported Optional Parameter",
		    [TRIP_BAD_HOLD] = "Unacceptable Hold Time",
		    [TRIP_BAD_CAPABILITY] = "Unsupported Capability",
		    [TRIP_CAPABILITY_MISMATCH] = "Capability Mismatch" },
		[TRIP_ERR_UPDATE] = {
		    [TRIP_MALFORMED_LIST] = "Malformed Attribute List",
		    [TRIP_UNKNOWN_WELL_KNOWN] =
			"Unrecognized Well-known Attribute",
		    [TRIP_MISSING_MANDATORY] =
			"Missing Well-known Mandatory Attribute",
		    [TRIP_BAD_FLAGS] = "Attribute Flags Error",
		    [TRIP_BAD_ATTR_LENGTH] = "Attribute Length Error",
		    [TRIP_BAD_ATTR] = "Invalid Attribute" },
	};

	if (code <= 0 || code >= N_CODES || subcode < 0 ||
	    subcode >= N_SUBCODES || text[code][subcode] == NULL)
		return "";
	return text[code][subcode];
}
