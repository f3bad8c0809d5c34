/* addr.c - addresses as text, as sockets have them, and in networks */
#include "base/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/buf.h"
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

/* Four numbers of 0..255 without leading zeros. inet_pton takes several times as
 * long and wants a terminated copy, and this is the address in nearly every URI
 * and Via. */
static bool
parse_v4(struct str text, uint8_t ip[4])
{
	unsigned value = 0, digits = 0, dots = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)text.p[i] - '0';

		if (digit <= 9 && (digits == 0 || value > 0)) {
			value = value * 10 + digit;
			digits++;
			if (value > UINT8_MAX)
				return false;
		} else if (text.p[i] == '.' && digits > 0 && dots < 3) {
			ip[dots++] = (uint8_t)value;
			value = digits = 0;
		} else {
			return false;
		}
	}
	ip[3] = (uint8_t)value;
	return dots == 3 && digits > 0;
}

/* As written, mapped addresses included. */
static int
parse_as_written(struct str text, struct addr *out)
{
	char copy[INET6_ADDRSTRLEN];
	bool in_brackets =
	    text.len >= 2 && text.p[0] == '[' && text.p[text.len - 1] == ']';

	*out = (struct addr){ 0 };
	if (in_brackets) {
		text = str_make(text.p + 1, text.len - 2);
	} else if (parse_v4(text, out->ip)) {
		out->family = 4;
		return 0;
	}
	*out = (struct addr){ 0 };
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

/* By hand: inet_ntop goes through sprintf, several times a call. */
static void
write_ip(struct wbuf *w, const struct addr *a)
{
	char text[INET6_ADDRSTRLEN];

	if (a->family != 4) {
		inet_ntop(AF_INET6, a->ip, text, sizeof(text));
		wbuf_text(w, text);
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			wbuf_u8(w, '.');
		wbuf_dec(w, a->ip[i]);
	}
}

const char *
addr_format_ip(const struct addr *a, char *out)
{
	struct wbuf w;

	wbuf_init(&w, out, ADDR_TEXT_MAX);
	if (a->family == 0)
		wbuf_u8(&w, '-');
	else
		write_ip(&w, a);
	wbuf_u8(&w, '\0');
	return out;
}

const char *
addr_format(const struct addr *a, char *out)
{
	struct wbuf w;

	if (a->family == 0)
		return addr_format_ip(a, out);
	wbuf_init(&w, out, ADDR_TEXT_MAX);
	if (a->family == 6)
		wbuf_u8(&w, '[');
	write_ip(&w, a);
	if (a->family == 6)
		wbuf_u8(&w, ']');
	wbuf_u8(&w, ':');
	wbuf_dec(&w, a->port);
	wbuf_u8(&w, '\0');
	return out;
}

bool
addr_eq_ip(const struct addr *a, const struct addr *b)
{
	return a->family == b->family &&
	       memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
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
