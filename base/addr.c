/* addr.c - addresses as text, as sockets have them, and in networks */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/err.h"

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static uint8_t
width_of(const struct addr *a)
{
	return a->family == 4 ? 32 : 128;
}

/* ::ffff:a.b.c.d is a.b.c.d (RFC 4291, 2.5.5.2): one value per address. */
static void
unmap(struct addr *a)
{
	if (a->family != 6 ||
	    memcmp(a->ip, mapped_prefix, sizeof(mapped_prefix)) != 0)
		return;
	a->family = 4;
	memmove(a->ip, a->ip + sizeof(mapped_prefix), 4);
	memset(a->ip + 4, 0, sizeof(a->ip) - 4);
}

/* A number of 0..255 without leading zeros off the front of text: how many
 * digits it has, 0 when there is none. */
static inline size_t
take_octet(const char *p, const char *end, uint8_t *out)
{
	unsigned value = 0;
	size_t n = 0;

	for (; n < 3 && p + n < end; n++) {
		unsigned digit = (unsigned)p[n] - '0';

		if (digit > 9 || (n == 1 && value == 0))
			break;
		value = value * 10 + digit;
	}
	*out = (uint8_t)value;
	return value <= UINT8_MAX ? n : 0;
}

/* Four such. inet_pton takes several times as long and wants a terminated copy,
 * and this is the address in nearly every URI and Via. */
static bool
parse_v4(struct str text, uint8_t ip[4])
{
	const char *p = text.p, *end = text.p + text.len;

	if (text.len < 7 || text.len > 15)
		return false;
	for (int i = 0; i < 4; i++) {
		size_t n = take_octet(p, end, &ip[i]);

		p += n;
		if (n == 0)
			return false;
		if (i == 3)
			break;
		if (p == end || *p != '.')
			return false;
		p++;
	}
	return p == end;
}

/* As written, mapped addresses included. */
static int
parse_as_written(struct str text, struct addr *out)
{
	char copy[INET6_ADDRSTRLEN];

	*out = (struct addr){ .family = 4 };
	if (parse_v4(text, out->ip))
		return 0;
	*out = (struct addr){ 0 };
	if (text.len >= 2 && text.p[0] == '[' && text.p[text.len - 1] == ']')
		text = str_make(text.p + 1, text.len - 2);
	if (str_copy(text, copy, sizeof(copy)) != 0 ||
	    strlen(copy) != text.len || inet_pton(AF_INET6, copy, out->ip) != 1)
		return ERR_SYNTAX;
	out->family = 6;
	return 0;
}

int
addr_parse_ip(struct str text, struct addr *out)
{
	int err = parse_as_written(text, out);

	if (err == 0)
		unmap(out);
	return err;
}

/* Cut ":PORT" off: what is left is the address, *port has p NULL when there
 * was none. */
static struct str
cut_port(struct str text, struct str *port)
{
	struct str rest = text;
	struct str host;

	*port = str_make(NULL, 0);
	if (text.len > 0 && text.p[0] == '[') {
		host = str_cut(&rest, ']');
		if (rest.len == 0 || rest.p[0] != ':')
			return text;
		host.len++; /* with the bracket */
		*port = str_make(rest.p + 1, rest.len - 1);
		return host;
	}
	host = str_cut(&rest, ':');
	if (rest.p == NULL ||
	    (rest.len > 0 && memchr(rest.p, ':', rest.len) != NULL))
		return text; /* IPv6 without brackets */
	*port = rest;
	return host;
}

int
addr_parse(struct str text, uint16_t default_port, struct addr *out)
{
	uint64_t number = default_port;
	struct str port;
	struct str host = cut_port(text, &port);
	int err = addr_parse_ip(host, out);

	if (err == 0 && port.p != NULL)
		err = str_parse_u64(port, UINT16_MAX, &number);
	if (err == 0)
		out->port = (uint16_t)number;
	return err;
}

/* Of up to five digits; returns what follows them. */
static char *
write_number(char *to, unsigned number)
{
	unsigned unit = 1;

	while (number / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		*to++ = (char)('0' + number / unit % 10);
	return to;
}

/* By hand: inet_ntop goes through sprintf, several times a call. Returns what
 * follows it, where a NUL is. */
static char *
write_ip(char *to, const struct addr *a)
{
	if (a->family == 6) {
		inet_ntop(AF_INET6, a->ip, to, INET6_ADDRSTRLEN);
		return to + strlen(to);
	}
	for (int i = 0; a->family == 4 && i < 4; i++) {
		if (i > 0)
			*to++ = '.';
		to = write_number(to, a->ip[i]);
	}
	if (a->family == 0)
		*to++ = '-';
	*to = '\0';
	return to;
}

const char *
addr_format_ip(const struct addr *a, char *out)
{
	write_ip(out, a);
	return out;
}

const char *
addr_format(const struct addr *a, char *out)
{
	char *at = out;

	if (a->family == 0)
		return addr_format_ip(a, out);
	if (a->family == 6)
		*at++ = '[';
	at = write_ip(at, a);
	if (a->family == 6)
		*at++ = ']';
	*at++ = ':';
	at = write_number(at, a->port);
	*at = '\0';
	return out;
}

_Static_assert(ADDR_TEXT_MAX >= INET6_ADDRSTRLEN + sizeof("[]:65535"),
	       "the longest fits");

bool
addr_eq_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

struct addr
addr_host(const struct addr *a)
{
	struct addr host = *a;

	if (host.family == 6)
		memset(host.ip + 8, 0, 8);
	host.port = 0;
	return host;
}

bool
addr_eq(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_eq_ip(a, b);
}

/* Whether a and b agree in their first bits. */
static bool
shares_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	size_t whole = bits / 8;
	unsigned mask = 0xff00U >> (bits % 8) & 0xffU;

	if (memcmp(a, b, whole) != 0)
		return false;
	return bits % 8 == 0 || ((a[whole] ^ b[whole]) & mask) == 0;
}

/* Whether the first bits of a are all that is set in it. */
static bool
is_network(const struct addr *a, unsigned bits)
{
	struct addr masked = *a;
	unsigned width = width_of(a);

	for (unsigned i = bits; i < width; i++)
		masked.ip[i / 8] &= (uint8_t) ~(0x80U >> (i % 8));
	return addr_eq_ip(a, &masked);
}

int
addr_net_parse(struct str text, struct addr_net *out)
{
	struct str bits_text = text;
	struct str ip = str_cut(&bits_text, '/');
	struct addr addr;
	uint64_t bits;
	int err = parse_as_written(ip, &addr);

	*out = (struct addr_net){ 0 };
	if (err != 0)
		return err;
	bits = width_of(&addr);
	if (bits_text.p != NULL)
		err = str_parse_u64(bits_text, bits, &bits);
	if (err == 0 && !is_network(&addr, (unsigned)bits))
		err = ERR_RANGE;
	if (err != 0)
		return err;
	/* A mapped network has its ffff before the mask ends: bits >= 96. */
	out->addr = addr;
	unmap(&out->addr);
	if (out->addr.family != addr.family)
		bits -= 96;
	out->bits = (uint8_t)bits;
	return 0;
}

bool
addr_net_has(const struct addr_net *net, const struct addr *a)
{
	return net->addr.family != 0 && net->addr.family == a->family &&
	       shares_prefix(net->addr.ip, a->ip, net->bits);
}

socklen_t
addr_to_sockaddr(const struct addr *a, struct sockaddr_storage *out)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	memset(out, 0, sizeof(*out));
	if (a->family == 4) {
		in.sin_port = htons(a->port);
		memcpy(&in.sin_addr, a->ip, sizeof(in.sin_addr));
		memcpy(out, &in, sizeof(in));
		return sizeof(in);
	}
	if (a->family == 6) {
		in6.sin6_port = htons(a->port);
		memcpy(&in6.sin6_addr, a->ip, sizeof(in6.sin6_addr));
		memcpy(out, &in6, sizeof(in6));
		return sizeof(in6);
	}
	return 0;
}

int
addr_from_sockaddr(const struct sockaddr *sa, struct addr *out)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	*out = (struct addr){ 0 };
	if (sa->sa_family == AF_INET) {
		memcpy(&in, sa, sizeof(in));
		out->family = 4;
		out->port = ntohs(in.sin_port);
		memcpy(out->ip, &in.sin_addr, sizeof(in.sin_addr));
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&in6, sa, sizeof(in6));
		out->family = 6;
		out->port = ntohs(in6.sin6_port);
		memcpy(out->ip, &in6.sin6_addr, sizeof(in6.sin6_addr));
		unmap(out);
		return 0;
	}
	return ERR_INVAL;
}
