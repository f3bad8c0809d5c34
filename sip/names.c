/* names.c - methods, header names and reason phrases */
#include "sip/msg.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "sip/chars.h"

#define METHOD_MAX 9 /* characters of the longest, SUBSCRIBE */

static const char *const methods[SIP_N_METHODS] = {
	[SIP_METHOD_OTHER] = "",
	[SIP_INVITE] = "INVITE",
	[SIP_ACK] = "ACK",
	[SIP_BYE] = "BYE",
	[SIP_CANCEL] = "CANCEL",
	[SIP_OPTIONS] = "OPTIONS",
	[SIP_REGISTER] = "REGISTER",
	[SIP_PRACK] = "PRACK",
	[SIP_UPDATE] = "UPDATE",
	[SIP_INFO] = "INFO",
	[SIP_REFER] = "REFER",
	[SIP_SUBSCRIBE] = "SUBSCRIBE",
	[SIP_NOTIFY] = "NOTIFY",
	[SIP_MESSAGE] = "MESSAGE",
	[SIP_PUBLISH] = "PUBLISH",
};

enum sip_method
sip_method_parse(struct str text)
{
	if (text.len == 0 || text.len > METHOD_MAX)
		return SIP_METHOD_OTHER;
	for (int i = SIP_METHOD_OTHER + 1; i < SIP_N_METHODS; i++) {
		if (methods[i][0] == text.p[0] && str_eq_text(text, methods[i]))
			return (enum sip_method)i;
	}
	return SIP_METHOD_OTHER;
}

const char *
sip_method_text(enum sip_method method)
{
	return methods[method];
}

/*
 * Header names are found without searching: length, first and last letter
 * give a slot that no two names share (a doubled slot is a compiler warning),
 * and one comparison confirms it.
 */
#define N_SLOTS 128
#define SLOT(len, first, last) \
	(((len) + 11 * (unsigned)(first) + 23 * (unsigned)(last)) % N_SLOTS)
#define HEADER(first, last, text, header) \
	[SLOT(sizeof(text) - 1, first, last)] = { text, sizeof(text) - 1, \
						  header }

struct name {
	const char *text; /* in lower case */
	uint8_t len;
	uint8_t id;
};

static const struct name names[N_SLOTS] = {
	HEADER('v', 'a', "via", SIP_HDR_VIA),
	HEADER('f', 'm', "from", SIP_HDR_FROM),
	HEADER('t', 'o', "to", SIP_HDR_TO),
	HEADER('c', 'd', "call-id", SIP_HDR_CALL_ID),
	HEADER('c', 'q', "cseq", SIP_HDR_CSEQ),
	HEADER('m', 's', "max-forwards", SIP_HDR_MAX_FORWARDS),
	HEADER('r', 'e', "route", SIP_HDR_ROUTE),
	HEADER('r', 'e', "record-route", SIP_HDR_RECORD_ROUTE),
	HEADER('c', 't', "contact", SIP_HDR_CONTACT),
	HEADER('c', 'h', "content-length", SIP_HDR_CONTENT_LENGTH),
	HEADER('c', 'e', "content-type", SIP_HDR_CONTENT_TYPE),
	HEADER('r', 'e', "require", SIP_HDR_REQUIRE),
	HEADER('p', 'e', "proxy-require", SIP_HDR_PROXY_REQUIRE),
	HEADER('s', 'd', "supported", SIP_HDR_SUPPORTED),
	HEADER('e', 's', "expires", SIP_HDR_EXPIRES),
	HEADER('r', 'n', "reason", SIP_HDR_REASON),
	HEADER('r', 'r', "retry-after", SIP_HDR_RETRY_AFTER),
	HEADER('p', 'y', "p-asserted-identity", SIP_HDR_P_ASSERTED_IDENTITY),
	HEADER('p', 'y', "p-preferred-identity", SIP_HDR_P_PREFERRED_IDENTITY),
	HEADER('r', 'd', "remote-party-id", SIP_HDR_REMOTE_PARTY_ID),
	HEADER('p', 'y', "privacy", SIP_HDR_PRIVACY),
	HEADER('d', 'n', "diversion", SIP_HDR_DIVERSION),
	HEADER('a', 'n', "authorization", SIP_HDR_AUTHORIZATION),
	HEADER('p', 'n', "proxy-authorization", SIP_HDR_PROXY_AUTHORIZATION),
	HEADER('w', 'e', "www-authenticate", SIP_HDR_WWW_AUTHENTICATE),
	HEADER('p', 'e', "proxy-authenticate", SIP_HDR_PROXY_AUTHENTICATE),
	HEADER('s', 's', "session-expires", SIP_HDR_SESSION_EXPIRES),
	HEADER('m', 'e', "min-se", SIP_HDR_MIN_SE),
	HEADER('t', 'p', "timestamp", SIP_HDR_TIMESTAMP),
	HEADER('u', 'd', "unsupported", SIP_HDR_UNSUPPORTED),
	HEADER('w', 'g', "warning", SIP_HDR_WARNING),
	HEADER('s', 't', "subject", SIP_HDR_SUBJECT),
	HEADER('u', 't', "user-agent", SIP_HDR_USER_AGENT),
	HEADER('r', 'k', "rack", SIP_HDR_RACK),
	HEADER('m', 'h', "max-breadth", SIP_HDR_MAX_BREADTH),
};

/* RFC 3261 7.3.3; x is Session-Expires (RFC 4028 4). */
static enum sip_header
compact(char letter)
{
	switch (letter) {
	case 'v':
		return SIP_HDR_VIA;
	case 'f':
		return SIP_HDR_FROM;
	case 't':
		return SIP_HDR_TO;
	case 'i':
		return SIP_HDR_CALL_ID;
	case 'm':
		return SIP_HDR_CONTACT;
	case 'l':
		return SIP_HDR_CONTENT_LENGTH;
	case 'c':
		return SIP_HDR_CONTENT_TYPE;
	case 'k':
		return SIP_HDR_SUPPORTED;
	case 's':
		return SIP_HDR_SUBJECT;
	case 'x':
		return SIP_HDR_SESSION_EXPIRES;
	default:
		return SIP_HDR_OTHER;
	}
}

static unsigned
fold_case(char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned)c | 0x20 : (uint8_t)c;
}

#define EACH(octet) (UINT64_C(0x0101010101010101) * (octet))

/*
 * Whether eight octets equal text in lower case, which is made of letters,
 * digits and '-': all have the bit 0x20, and without it they are the capitals,
 * or controls, which have neither that bit nor 0x40.
 */
static bool
fold_to(uint64_t octets, uint64_t text)
{
	return (octets | EACH(0x20)) == text &&
	       ((octets | octets >> 1) & EACH(0x20)) == EACH(0x20);
}

/* All of 2..8 octets, some of them twice rather than one by one. */
static inline uint64_t
load(const char *p, size_t len)
{
	uint32_t first = 0, last = 0;
	uint16_t two[2];
	uint64_t all;

	if (len == sizeof(all)) {
		memcpy(&all, p, sizeof(all));
		return all;
	}
	if (len >= sizeof(first)) {
		memcpy(&first, p, sizeof(first));
		memcpy(&last, p + len - sizeof(last), sizeof(last));
		return (uint64_t)first << 32 | last;
	}
	memcpy(&two[0], p, sizeof(two[0]));
	memcpy(&two[1], p + len - sizeof(two[1]), sizeof(two[1]));
	return (EACH(0x20) & ~(uint64_t)UINT32_MAX) | (uint32_t)two[0] << 16 |
	       two[1];
}

/* len is 2 at least. */
static bool
folds_to(const char *name, const char *text, size_t len)
{
	size_t at = 0;

	if (len < 8)
		return fold_to(load(name, len), load(text, len));
	for (; len - at > 8; at += 8) {
		if (!fold_to(load(name + at, 8), load(text + at, 8)))
			return false;
	}
	at = len - 8; /* may be in what was seen before */
	return fold_to(load(name + at, 8), load(text + at, 8));
}

enum sip_header
sip_header_parse(struct str name)
{
	const struct name *found;

	if (name.len < 2)
		return name.len == 0 ? SIP_HDR_OTHER
				     : compact((char)fold_case(name.p[0]));
	/* What is no letter may get a wrong slot: it is in no name's place. */
	found = &names[SLOT((unsigned)name.len, (uint8_t)name.p[0] | 0x20,
			    (uint8_t)name.p[name.len - 1] | 0x20)];
	if (found->len != name.len ||
	    !folds_to(name.p, found->text, name.len))
		return SIP_HDR_OTHER;
	return (enum sip_header)found->id;
}

struct reason {
	int status;
	const char *text;
};

/* RFC 3261 21 unless noted; in order of status. */
static const struct reason reasons[] = {
	{ 100, "Trying" },
	{ 180, "Ringing" },
	{ 181, "Call Is Being Forwarded" },
	{ 182, "Queued" },
	{ 183, "Session Progress" },
	{ 199, "Early Dialog Terminated" }, /* RFC 6228 */
	{ 200, "OK" },
	{ 202, "Accepted" }, /* RFC 6665 */
	{ 204, "No Notification" }, /* RFC 5839 */
	{ 300, "Multiple Choices" },
	{ 301, "Moved Permanently" },
	{ 302, "Moved Temporarily" },
	{ 305, "Use Proxy" },
	{ 380, "Alternative Service" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 407, "Proxy Authentication Required" },
	{ 408, "Request Timeout" },
	{ 410, "Gone" },
	{ 412, "Conditional Request Failed" }, /* RFC 3903 */
	{ 413, "Request Entity Too Large" },
	{ 414, "Request-URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Unsupported URI Scheme" },
	{ 417, "Unknown Resource-Priority" }, /* RFC 4412 */
	{ 420, "Bad Extension" },
	{ 421, "Extension Required" },
	{ 422, "Session Interval Too Small" }, /* RFC 4028 */
	{ 423, "Interval Too Brief" },
	{ 424, "Bad Location Information" }, /* RFC 6442 */
	{ 428, "Use Identity Header" }, /* RFC 8224 */
	{ 429, "Provide Referrer Identity" }, /* RFC 3892 */
	{ 430, "Flow Failed" }, /* RFC 5626 */
	{ 433, "Anonymity Disallowed" }, /* RFC 5079 */
	{ 436, "Bad Identity Info" }, /* RFC 8224 */
	{ 437, "Unsupported Credential" }, /* RFC 8224 */
	{ 438, "Invalid Identity Header" }, /* RFC 8224 */
	{ 439, "First Hop Lacks Outbound Support" }, /* RFC 5626 */
	{ 440, "Max-Breadth Exceeded" }, /* RFC 5393 */
	{ 469, "Bad Info Package" }, /* RFC 6086 */
	{ 470, "Consent Needed" }, /* RFC 5360 */
	{ 480, "Temporarily Unavailable" },
	{ 481, "Call/Transaction Does Not Exist" },
	{ 482, "Loop Detected" },
	{ 483, "Too Many Hops" },
	{ 484, "Address Incomplete" },
	{ 485, "Ambiguous" },
	{ 486, "Busy Here" },
	{ 487, "Request Terminated" },
	{ 488, "Not Acceptable Here" },
	{ 489, "Bad Event" }, /* RFC 6665 */
	{ 491, "Request Pending" },
	{ 493, "Undecipherable" },
	{ 494, "Security Agreement Required" }, /* RFC 3329 */
	{ 500, "Server Internal Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Server Time-out" },
	{ 505, "Version Not Supported" },
	{ 513, "Message Too Large" },
	{ 580, "Precondition Failure" }, /* RFC 3312 */
	{ 600, "Busy Everywhere" },
	{ 603, "Decline" },
	{ 604, "Does Not Exist Anywhere" },
	{ 606, "Not Acceptable" },
	{ 607, "Unwanted" }, /* RFC 8197 */
	{ 608, "Rejected" }, /* RFC 8688 */
};

const char *
sip_reason_text(int status)
{
	size_t low = 0;
	size_t high = sizeof(reasons) / sizeof(reasons[0]);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (reasons[middle].status == status)
			return reasons[middle].text;
		if (reasons[middle].status < status)
			low = middle + 1;
		else
			high = middle;
	}
	return "Unknown";
}
