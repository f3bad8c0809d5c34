/*
 * dns_message.h - DNS messages as they are on the wire (RFC 1035, 4)
 *
 * A pure codec over somebody else's octets: no socket, no clock, no heap. A
 * message that dns_message_parse accepted can be walked without further
 * errors; what lies inside a record is checked when it is decoded, so that one
 * bad record costs only itself.
 *
 *	struct dns_message m;
 *	struct dns_chain chain;
 *	struct dns_rr rr;
 *	if (dns_message_parse(data, len, &m) != 0 ||
 *	    dns_message_chain(&m, &chain) != 0)
 *		...malformed...
 *	for (size_t at = 0; dns_message_next(&m, &at, &rr);) {
 *		if (dns_rr_answers(&rr, &m, &chain) &&
 *		    dns_rr_srv(&m, &rr, &srv) == 0)
 *			...
 *	}
 */
#ifndef BASE_DNS_MESSAGE_H
#define BASE_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/dns_name.h"
#include "base/str.h"

#define DNS_EDNS_SIZE 1232 /* octets: no fragments on any path of today */
#define DNS_QUERY_MAX (12 + DNS_NAME_MAX + 4 + 11)
#define DNS_CHAIN_MAX 8      /* CNAMEs and DNAMEs followed in one answer */
#define DNS_RECORDS_MAX 1024 /* in one message */
#define DNS_TTL_MAX 0x7fffffffU

enum dns_type {
	DNS_A = 1,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_AAAA = 28,
	DNS_SRV = 33,
	DNS_NAPTR = 35,
	DNS_DNAME = 39,
	DNS_OPT = 41,
};

enum dns_rcode {
	DNS_NOERROR = 0,
	DNS_FORMERR = 1,
	DNS_SERVFAIL = 2,
	DNS_NXDOMAIN = 3,
	DNS_NOTIMP = 4,
	DNS_REFUSED = 5,
};

enum dns_section { DNS_IN_ANSWER, DNS_IN_AUTHORITY, DNS_IN_ADDITIONAL };

struct dns_message {
	const uint8_t *data; /* borrowed */
	size_t len;
	uint16_t id;
	bool is_response, is_authoritative, is_truncated;
	bool is_recursion_available, is_authentic; /* AD (RFC 4035, 3.2.3) */
	uint16_t rcode; /* the four bits, with EDNS all twelve */
	bool has_edns;
	struct dns_name name; /* of the question; len 0 when there is none */
	uint16_t type;
	size_t records_at; /* offset of the first record */
	unsigned n_answers, n_authority, n_additional;
};

struct dns_rr {
	struct dns_name owner;
	enum dns_section section;
	uint16_t type, klass;
	uint32_t ttl_s; /* above 2^31-1 it is 0 (RFC 2181, 8) */
	size_t data_at; /* offset in the message */
	uint16_t data_len;
	unsigned index; /* position among all records, from 0 */
};

/* Where the question leads to by the CNAMEs and DNAMEs of an answer. */
struct dns_chain {
	struct dns_name name;
	uint32_t ttl_s; /* least of the steps, DNS_TTL_MAX without any */
	unsigned n_steps;
};

struct dns_srv {
	uint16_t priority, weight, port;
	struct dns_name target; /* the root: service not offered (RFC 2782) */
};

/* The three texts are octets of the message, any values, 0..255 of them. */
struct dns_naptr {
	uint16_t order, preference;
	struct str flags, services, regexp; /* borrowed from the message */
	struct dns_name replacement;
};

struct dns_soa {
	struct dns_name mname;
	uint32_t serial;
	uint32_t minimum_s;
};

/*
 * A query with recursion desired, class IN, and AD set, which asks to be told
 * of authenticity (RFC 6840, 5.7); with edns an OPT record that offers
 * DNS_EDNS_SIZE. out[DNS_QUERY_MAX]; returns the length.
 */
size_t dns_query_encode(uint16_t id, const struct dns_name *name, uint16_t type,
			bool edns, uint8_t *out);

/*
 * Header, question and the frame of every record that is announced: 0,
 * ERR_TRUNCATED, ERR_SYNTAX (bad names or pointers, more than one question)
 * or ERR_LIMIT (more than DNS_RECORDS_MAX records). Octets behind the last
 * record are ignored. A message with the TC bit may lack records: what is whole
 * counts.
 */
int dns_message_parse(const void *data, size_t len, struct dns_message *out);
/* The record at *at (0 to begin) and step on; false at the end. */
bool dns_message_next(const struct dns_message *message, size_t *at,
		      struct dns_rr *out);
/* Follow the chain from the question: 0, ERR_SYNTAX (a link cannot be read)
 * or ERR_LIMIT (a circle, or more than DNS_CHAIN_MAX steps). */
int dns_message_chain(const struct dns_message *message, struct dns_chain *out);
/* Whether rr is in the answer section, of class IN, of the type asked for and
 * at the end of the chain. */
bool dns_rr_answers(const struct dns_rr *rr, const struct dns_message *message,
		    const struct dns_chain *chain);
/*
 * How long a negative answer may be kept, in seconds (RFC 2308, 5): the lesser
 * of TTL and MINIMUM of the SOA in the authority section: 0, or ERR_NOTFOUND
 * when there is no usable SOA.
 */
int dns_message_negative_ttl(const struct dns_message *message,
			     uint32_t *ttl_s);

/*
 * Read a name (RFC 1035, 4.1.4); r stops behind it where it stands. A pointer
 * must lead to before the place it was entered by, so that no circle can be.
 * r reads from the message's octets: 0, ERR_TRUNCATED or ERR_SYNTAX.
 */
int dns_message_read_name(const struct dns_message *message, struct rbuf *r,
			  struct dns_name *out);

/* What is in a record; each 0, ERR_TRUNCATED or ERR_SYNTAX (octets left over,
 * a bad name). The type of rr is not looked at. */
int dns_rr_addr(const struct dns_rr *rr, const struct dns_message *message,
		struct addr *out); /* A and AAAA by length; port 0 */
int dns_rr_name(const struct dns_rr *rr, const struct dns_message *message,
		struct dns_name *out); /* CNAME, DNAME */
int dns_rr_srv(const struct dns_rr *rr, const struct dns_message *message,
	       struct dns_srv *out);
int dns_rr_naptr(const struct dns_rr *rr, const struct dns_message *message,
		 struct dns_naptr *out);
int dns_rr_soa(const struct dns_rr *rr, const struct dns_message *message,
	       struct dns_soa *out);

/* "NAPTR", "NXDOMAIN"; for others "TYPE65", "RCODE11" in out[16], which is
 * returned unless the text is static. */
const char *dns_type_text(uint16_t type, char *out);
const char *dns_rcode_text(unsigned rcode, char *out);

#endif
