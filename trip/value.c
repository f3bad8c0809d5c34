/* value.c - the inside of attributes */
#include "trip/value.h"

#include "base/addr.h"
#include "base/err.h"

#define HOST_MAX 255	   /* RFC 1123 section 2.1 */
#define SEGMENT_MAX 255	   /* a count of one octet */
#define PATH_HEAD 2	   /* type and count */

static bool
all_in(struct str s, const char *set)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\0' || strchr(set, s.p[i]) == NULL)
			return false;
	}
	return true;
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

static bool
all_alnum_or(struct str s, const char *others)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.p[i]) &&
		    (s.p[i] == '\0' || strchr(others, s.p[i]) == NULL))
			return false;
	}
	return true;
}

/* "label;context": RFC 4904 section 5, characters of a uri parameter value.
 * The context is a global prefix ("+1") or a domain name. */
static bool
is_trunk_group(struct str s)
{
	static const char label[] = "-_.!~*'()[]/:&+$%";
	struct str rest = s, name = str_cut(&rest, ';');

	return name.len > 0 && rest.p != NULL && rest.len > 0 &&
	       all_alnum_or(name, label) && all_alnum_or(rest, "+-.");
}

/* RFC 4694: a global-cic is "+" and digits with separators, a local one has
 * hexadecimal digits and, behind ";", its context. */
static bool
is_carrier(struct str s)
{
	struct str rest = s, digits = str_cut(&rest, ';');

	if (digits.len == 0)
		return false;
	if (rest.p == NULL)
		return all_in(digits, "+0123456789-.()");
	return all_in(digits, "0123456789abcdefABCDEF*#-.()") && rest.len > 0 &&
	       all_alnum_or(rest, "+-.");
}

bool
trip_family_is_digits(uint16_t family)
{
	return family >= TRIP_AF_DECIMAL && family <= TRIP_AF_E164;
}

bool
trip_address_is_valid(uint16_t family, struct str address)
{
	switch (family) {
	case TRIP_AF_DECIMAL:
	case TRIP_AF_E164:
		return all_in(address, "0123456789");
	case TRIP_AF_PENTADECIMAL:
		return all_in(address, "0123456789ABCDE");
	case TRIP_AF_TRUNK_GROUP:
		/* A length octet in front may or may not be meant: trap 9. */
		if (address.len > 0 &&
		    (size_t)(unsigned char)address.p[0] == address.len - 1)
			address = str_make(address.p + 1, address.len - 1);
		return is_trunk_group(address);
	case TRIP_AF_CARRIER:
		return is_carrier(address);
	default:
		return family >= TRIP_VENDOR_MIN;
	}
}

static bool
protocol_is_defined(uint16_t protocol)
{
	return (protocol >= TRIP_APP_SIP &&
		protocol <= TRIP_APP_H323_ANNEX_G) ||
	       protocol >= TRIP_VENDOR_MIN;
}

int
trip_prefix_next(struct rbuf *r, struct trip_prefix *out)
{
	if (rbuf_left(r) == 0)
		return ERR_END;
	out->family = rbuf_u16(r);
	out->protocol = rbuf_u16(r);
	out->address = rbuf_str16(r);
	if (r->err != 0 || !protocol_is_defined(out->protocol) ||
	    !trip_address_is_valid(out->family, out->address))
		return ERR_SYNTAX;
	/* One form in our tables: without the length octet. */
	if (out->family == TRIP_AF_TRUNK_GROUP &&
	    (size_t)(unsigned char)out->address.p[0] == out->address.len - 1) {
		out->address.p++;
		out->address.len--;
	}
	return 0;
}

size_t
trip_prefix_len(const struct trip_prefix *prefix)
{
	return 6 + prefix->address.len;
}

void
trip_prefix_encode(struct wbuf *w, const struct trip_prefix *prefix)
{
	wbuf_u16(w, prefix->family);
	wbuf_u16(w, prefix->protocol);
	wbuf_str16(w, prefix->address);
}

/* --- servers --- */

static bool
is_domain_name(struct str host)
{
	struct str rest = host;

	if (host.len == 0 || host.len > HOST_MAX)
		return false;
	if (host.p[host.len - 1] == '.')
		rest.len--;
	while (rest.p != NULL) {
		struct str label = str_cut(&rest, '.');

		if (label.len == 0 || label.len > 63 ||
		    !all_alnum_or(label, "-_") || label.p[0] == '-' ||
		    label.p[label.len - 1] == '-')
			return false;
	}
	return true;
}

/* A name whose last label is all digits can only be an address. */
static bool
is_host(struct str host)
{
	struct addr addr;
	size_t i = host.len;

	if (addr_parse_ip(host, &addr) == 0)
		return addr.family == 4 || host.p[0] == '[';
	while (i > 0 && host.p[i - 1] >= '0' && host.p[i - 1] <= '9')
		i--;
	if (i < host.len && (i == 0 || host.p[i - 1] == '.'))
		return false;
	return is_domain_name(host);
}

bool
trip_server_is_valid(struct str server)
{
	const char *end = NULL;
	struct str host = server, port;
	uint64_t value;

	if (server.len > 0 && server.p[0] == '[') {
		end = memchr(server.p, ']', server.len);
		if (end == NULL)
			return false;
		host.len = (size_t)(end - server.p) + 1;
	} else if (server.len > 0) {
		end = memchr(server.p, ':', server.len);
		host.len = end != NULL ? (size_t)(end - server.p) : server.len;
	}
	port = str_make(server.p + host.len, server.len - host.len);
	if (!is_host(host) || (port.len > 0 && port.p[0] != ':'))
		return false;
	return port.len <= 1 || str_parse_u64(str_make(port.p + 1, port.len - 1),
					      UINT16_MAX, &value) == 0;
}

/* --- paths --- */

int
trip_segment_next(struct rbuf *r, enum trip_segment_type *type, size_t *n,
		  struct rbuf *itads)
{
	uint8_t kind;
	const uint8_t *numbers;

	if (rbuf_left(r) == 0)
		return ERR_END;
	kind = rbuf_u8(r);
	*n = rbuf_u8(r);
	numbers = rbuf_bytes(r, *n * 4);
	if (numbers == NULL || *n == 0 ||
	    (kind != TRIP_AP_SET && kind != TRIP_AP_SEQUENCE))
		return ERR_SYNTAX;
	*type = (enum trip_segment_type)kind;
	rbuf_init(itads, numbers, *n * 4);
	return 0;
}

bool
trip_path_is_valid(struct str path)
{
	enum trip_segment_type type;
	struct rbuf r, itads;
	size_t n;
	int err;

	rbuf_init(&r, path.p, path.len);
	while ((err = trip_segment_next(&r, &type, &n, &itads)) == 0) {
		while (n-- > 0) {
			if (rbuf_u32(&itads) == 0)
				return false; /* reserved, 4.2 */
		}
	}
	return err == ERR_END;
}

bool
trip_path_has(struct str path, uint32_t itad)
{
	enum trip_segment_type type;
	struct rbuf r, itads;
	size_t n;

	rbuf_init(&r, path.p, path.len);
	while (trip_segment_next(&r, &type, &n, &itads) == 0) {
		while (n-- > 0) {
			if (rbuf_u32(&itads) == itad)
				return true;
		}
	}
	return false;
}

uint32_t
trip_path_first(struct str path)
{
	enum trip_segment_type type;
	struct rbuf r, itads;
	size_t n;

	rbuf_init(&r, path.p, path.len);
	if (trip_segment_next(&r, &type, &n, &itads) != 0)
		return 0;
	return rbuf_u32(&itads);
}

void
trip_path_prepend(struct wbuf *w, struct str path, uint32_t itad)
{
	bool grows = path.len >= PATH_HEAD && path.p[0] == TRIP_AP_SEQUENCE &&
		     (uint8_t)path.p[1] < SEGMENT_MAX;

	wbuf_u8(w, TRIP_AP_SEQUENCE);
	wbuf_u8(w, grows ? (uint8_t)((uint8_t)path.p[1] + 1) : 1);
	wbuf_u32(w, itad);
	if (grows)
		path = str_make(path.p + PATH_HEAD, path.len - PATH_HEAD);
	wbuf_str(w, path);
}

int
trip_entry_next(struct rbuf *r, unsigned length_octets, struct str *out)
{
	size_t len;
	const uint8_t *p;

	if (rbuf_left(r) == 0)
		return ERR_END;
	len = length_octets == 1 ? rbuf_u8(r) : rbuf_u16(r);
	p = rbuf_bytes(r, len);
	if (p == NULL)
		return ERR_SYNTAX;
	*out = str_make((const char *)p, len);
	return 0;
}

bool
trip_communities_have(struct str communities, uint32_t itad, uint32_t id)
{
	struct rbuf r;

	rbuf_init(&r, communities.p, communities.len);
	while (rbuf_left(&r) >= 8) {
		uint32_t one = rbuf_u32(&r);

		if (rbuf_u32(&r) == id && one == itad)
			return true;
	}
	return false;
}
