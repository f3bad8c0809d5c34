/*
 * msg.h - one SIP message, indexed where it lies
 *
 * sip_scan walks the bytes once and notes where the start line, each header
 * and the body are; nothing is copied, changed or decoded. Values are parsed
 * when somebody asks (value.h). Everything in a struct sip_msg points into the
 * caller's bytes. Time is linear in the length, whatever the bytes are.
 */
#ifndef SIP_MSG_H
#define SIP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "sip/top_via.h"

#define SIP_MSG_MAX 65535   /* bytes of a message */
#define SIP_MAX_FIELDS 256  /* header rows of a message; more: ERR_LIMIT */

enum sip_method {
	SIP_METHOD_OTHER, /* a token we have no name for: forwarded as it is */
	SIP_INVITE, SIP_ACK, SIP_BYE, SIP_CANCEL, SIP_OPTIONS, SIP_REGISTER,
	SIP_PRACK, SIP_UPDATE, SIP_INFO, SIP_REFER, SIP_SUBSCRIBE, SIP_NOTIFY,
	SIP_MESSAGE, SIP_PUBLISH,
	SIP_N_METHODS,
};

enum sip_header {
	SIP_HDR_OTHER,
	SIP_HDR_VIA, SIP_HDR_FROM, SIP_HDR_TO, SIP_HDR_CALL_ID, SIP_HDR_CSEQ,
	SIP_HDR_MAX_FORWARDS, SIP_HDR_ROUTE, SIP_HDR_RECORD_ROUTE,
	SIP_HDR_CONTACT, SIP_HDR_CONTENT_LENGTH, SIP_HDR_CONTENT_TYPE,
	SIP_HDR_REQUIRE, SIP_HDR_PROXY_REQUIRE, SIP_HDR_SUPPORTED,
	SIP_HDR_EXPIRES, SIP_HDR_REASON, SIP_HDR_RETRY_AFTER,
	SIP_HDR_P_ASSERTED_IDENTITY, SIP_HDR_P_PREFERRED_IDENTITY,
	SIP_HDR_REMOTE_PARTY_ID, SIP_HDR_PRIVACY, SIP_HDR_DIVERSION,
	SIP_HDR_AUTHORIZATION, SIP_HDR_PROXY_AUTHORIZATION,
	SIP_HDR_WWW_AUTHENTICATE, SIP_HDR_PROXY_AUTHENTICATE,
	SIP_HDR_SESSION_EXPIRES, SIP_HDR_MIN_SE, SIP_HDR_TIMESTAMP,
	SIP_HDR_UNSUPPORTED, SIP_HDR_WARNING, SIP_HDR_SUBJECT,
	SIP_HDR_USER_AGENT, SIP_HDR_RACK, SIP_HDR_MAX_BREADTH,
	SIP_N_HEADERS,
};

/* One header row: "Name: value" with its folded lines and line end. */
struct sip_field {
	uint16_t line;	    /* offset of the name */
	uint16_t line_len;  /* with the final CRLF */
	uint16_t value;	    /* offset, leading white space skipped */
	uint16_t value_len; /* trailing white space and CRLF left out */
	uint8_t id;	    /* enum sip_header */
	uint8_t name_len;   /* 255 = 255 or longer */
	int16_t next;	    /* index of the next row of the same id, or -1 */
};

struct sip_msg {
	const char *data;   /* borrowed */
	uint16_t len;	    /* of the message, body included */
	uint16_t head_len;  /* start line and headers, with the empty line */
	bool is_request;
	uint8_t method;	    /* requests; of CSeq for responses */
	uint16_t status;    /* responses, 100..699 */
	struct str method_text;
	struct str ruri;    /* requests */
	struct str reason;  /* responses */
	struct str body;
	struct str call_id; /* the value; the scan fails without it */
	struct str from_tag, to_tag; /* p == NULL without (value.h, sip_tag) */
	struct sip_top_via top_via;  /* as far as it could be read */
	struct str cseq_method;
	uint32_t cseq;
	uint8_t cseq_id;    /* enum sip_method of cseq_method */
	uint16_t n_fields;
	int16_t first[SIP_N_HEADERS]; /* index of the first row, or -1 */
	struct sip_field fields[SIP_MAX_FIELDS];
};

/*
 * Index the message of len bytes (a datagram: empty lines before it are
 * skipped, RFC 3261 7.5, and bytes behind Content-Length dropped, 18.3). Lines
 * end with CRLF only. Returns 0, or
 * ERR_SYNTAX: no SIP message, a row that is none, control characters outside
 *	quoted-pairs, or a header every message needs (Via, From, To, Call-ID,
 *	CSeq, one each but Via; at most one Max-Forwards) is missing, doubled or
 *	malformed. Vias are only looked at for empty rows, From and To are
 *	not: what is wrong in the top Via is said in it;
 * ERR_TRUNCATED: the body is shorter than Content-Length;
 * ERR_LIMIT: over SIP_MSG_MAX or SIP_MAX_FIELDS;
 * ERR_UNSUPPORTED: all is well but for another SIP-Version (505).
 * The scan goes on behind what it cannot read: after an error of a request
 * (is_request) whose Via, From, To, Call-ID and CSeq were found (the first[]
 * of these is set) a response can be made; ruri may be missing then. why, if
 * not NULL, gets a short static text for the reason phrase, NULL after 0.
 */
int sip_scan(struct sip_msg *msg, const char *data, size_t len,
	     const char **why);
/* Only the Call-ID's value, cheaply, for choosing the worker; p == NULL when
 * there is none or it is empty. Agrees with sip_scan on every message that scans. */
struct str sip_find_call_id(const char *data, size_t len);
/* sip_value of one header, of bytes that scan, without an index of them. */
struct str sip_find_value(const char *data, size_t len, enum sip_header id);

/* The value of the first row of a header; p == NULL when absent. Folds are
 * still in it. */
struct str sip_value(const struct sip_msg *msg, enum sip_header id);
static inline struct str
sip_field_value(const struct sip_msg *msg, const struct sip_field *field)
{
	return str_make(msg->data + field->value, field->value_len);
}
struct str sip_field_name(const struct sip_msg *msg,
			  const struct sip_field *field);

/* Names are case-sensitive for methods, not for headers (compact forms too). */
enum sip_method sip_method_parse(struct str text);
const char *sip_method_text(enum sip_method method);
enum sip_header sip_header_parse(struct str name);
/* The usual reason phrase of a status code; "Unknown" without one. */
const char *sip_reason_text(int status);

#endif
