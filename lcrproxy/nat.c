/* nat.c - parties whose Contact nobody can reach */
#include "lcrproxy/nat.h"

#include <string.h>

#include "base/err.h"
#include "sip/chars.h"

#define PREFIX ";" NAT_PARAM "="
#define V4_LEN 4
#define V6_LEN 16
#define PORT_LEN 2

/* The first bits of the first two octets of an address. */
struct range {
	uint8_t family, bits;
	uint16_t start;
};

static const struct range ranges[] = {
	{ 4, 8, 10 << 8 },	  { 4, 12, 172 << 8 | 16 },
	{ 4, 16, 192 << 8 | 168 }, { 4, 10, 100 << 8 | 64 },
	{ 4, 16, 169 << 8 | 254 }, { 6, 7, 0xFC00 },
	{ 6, 10, 0xFE80 },
};

bool
nat_is_private(const struct addr *addr)
{
	unsigned first = (unsigned)addr->ip[0] << 8 | addr->ip[1];

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		const struct range *range = &ranges[i];

		if (range->family == addr->family &&
		    (first ^ range->start) >> (16 - range->bits) == 0)
			return true;
	}
	return false;
}

bool
nat_hides(const struct addr *addr, const struct addr *source)
{
	return addr->family != 0 && nat_is_private(addr) &&
	       !nat_is_private(source);
}

static size_t
ip_len(const struct addr *addr)
{
	return addr->family == 4 ? V4_LEN : V6_LEN;
}

/* The address and port in hex digits. */
static struct str
format(struct arena *arena, const struct addr *addr)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = ip_len(addr), len = sizeof(PREFIX) - 1;
	uint8_t bytes[V6_LEN + PORT_LEN];
	char *out = arena_alloc(arena, len + 2 * sizeof(bytes));

	if (out == NULL)
		return str_make(NULL, 0);
	memcpy(out, PREFIX, len);
	memcpy(bytes, addr->ip, n);
	bytes[n++] = (uint8_t)(addr->port >> 8);
	bytes[n++] = (uint8_t)addr->port;
	for (size_t i = 0; i < n; i++) {
		out[len++] = digits[bytes[i] >> 4];
		out[len++] = digits[bytes[i] & 15];
	}
	return str_make(out, len);
}

static unsigned
hex_value(char c)
{
	return sip_char_is(c, SIP_DIGIT) ? (unsigned)(c - '0')
					 : ((unsigned)c | 0x20) - 'a' + 10;
}

static bool
parse(struct str text, struct addr *out)
{
	uint8_t bytes[V6_LEN + PORT_LEN];
	size_t n = text.len / 2;

	if (text.len % 2 != 0 || sip_span(text, SIP_HEX) != text.len ||
	    (n != V4_LEN + PORT_LEN && n != V6_LEN + PORT_LEN))
		return false;
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(hex_value(text.p[2 * i]) << 4 |
				     hex_value(text.p[2 * i + 1]));
	*out = (struct addr){ .family = n == V4_LEN + PORT_LEN ? 4 : 6 };
	memcpy(out->ip, bytes, n - PORT_LEN);
	out->port = (uint16_t)(bytes[n - 2] << 8 | bytes[n - 1]);
	return out->port != 0;
}

/* Whether a private address may be in a Contact: what is in front of its first
 * dot or its second ends so. Asked before a parser is, since most do not. */
static bool
may_be_private(struct str contact)
{
	static const char ends[][3] = { "10", "72", "68", "00", "54" };
	const char *end = contact.p + contact.len, *dot = contact.p;

	if (memchr(contact.p, '[', contact.len) != NULL)
		return true;
	while ((dot = memchr(dot, '.', (size_t)(end - dot))) != NULL) {
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
			if (dot - contact.p >= 2 &&
			    memcmp(dot - 2, ends[i], 2) == 0)
				return true;
		}
		dot++;
	}
	return false;
}

struct str
nat_param(struct arena *arena, const struct sip_msg *msg,
	  const struct addr *source)
{
	struct str value = sip_value(msg, SIP_HDR_CONTACT);
	struct sip_name_addr contact;

	if (value.len == 0 || nat_is_private(source) || !may_be_private(value) ||
	    sip_name_addr_parse(arena, value, &contact, NULL) != 0 ||
	    !nat_hides(&contact.uri.addr, source))
		return str_make("", 0);
	return format(arena, source);
}

void
nat_reach(const struct sip_uri *route, struct addr *to)
{
	struct str value = sip_uri_param(route, NAT_PARAM);
	struct addr real;

	if (value.p != NULL && parse(value, &real) && nat_hides(to, &real))
		*to = real;
}

size_t
nat_param_len(struct str text)
{
	size_t n = sizeof(PREFIX) - 1;

	if (text.len < n || memcmp(text.p, PREFIX, n) != 0)
		return 0;
	return n + sip_span(sip_skip(text, n), SIP_HEX);
}
