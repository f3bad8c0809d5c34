/* value.c - libosip2's memory, and the checks that it does not make */
#include "sip/value_osip.h"

#include <string.h>

#include <osipparser2/osip_parser.h>

#include "base/err.h"
#include "sip/chars.h"

#define PORT_DIGITS 5 /* of those without leading zeros */

/* libosip2 has one allocator for the process and passes it no context: this
 * is the arena of the call in progress on this thread, and only set during
 * it. */
static _Thread_local struct arena *osip_arena;

static void *
take(size_t size)
{
	return osip_arena != NULL ? arena_alloc(osip_arena, size) : NULL;
}

/* The value parsers never grow what they have. */
static void *
refuse_to_grow(void *memory, size_t size)
{
	(void)memory;
	(void)size;
	return NULL;
}

static void
leave_to_arena(void *memory)
{
	(void)memory;
}

void
sip_value_setup(void)
{
	osip_set_allocators(take, refuse_to_grow, leave_to_arena);
}

void
sip_osip_begin(struct arena *arena)
{
	osip_arena = arena;
}

int
sip_osip_end(int code)
{
	osip_arena = NULL;
	if (code == OSIP_SUCCESS)
		return 0;
	return code == OSIP_NOMEM ? ERR_NOMEM : ERR_SYNTAX;
}

int
sip_check_size(struct str text)
{
	size_t n_params = 0;

	if (text.len > SIP_VALUE_MAX)
		return ERR_LIMIT;
	if (text.len <= 2 * SIP_PARAMS_MAX) /* each takes two octets */
		return 0;
	for (size_t i = 0; i < text.len; i++)
		n_params += text.p[i] == ';' || text.p[i] == '&';
	return n_params > SIP_PARAMS_MAX ? ERR_LIMIT : 0;
}

/* hostname / IPv4address (25.1): no empty label, and what ends like an IPv4
 * address is one. */
static bool
is_host_name(struct str host, struct addr *addr)
{
	char last = '.';

	for (size_t i = 0; i < host.len; i++) {
		if (!sip_char_is(host.p[i], SIP_HOST) ||
		    (last == '.' && (host.p[i] == '.' || host.p[i] == '-')))
			return false;
		last = host.p[i];
	}
	if (host.len == 0 || !sip_char_is(last, SIP_DIGIT))
		return host.len > 0;
	for (size_t i = host.len; i > 0 && host.p[i - 1] != '.'; i--) {
		if (!sip_char_is(host.p[i - 1], SIP_DIGIT))
			return true;
	}
	return addr_parse_ip(host, addr) == 0;
}

/* The grammar of RFC 3261 lets a third colon stand before an IPv4 part; it is
 * taken for two (RFC 5118 4.10). */
static int
parse_reference(struct str host, struct addr *out)
{
	char copy[ADDR_TEXT_MAX];
	const char *colons = memmem(host.p, host.len, ":::", 3);
	size_t before;

	if (memchr(host.p, ':', host.len) == NULL)
		return ERR_SYNTAX;
	if (colons == NULL || host.len > sizeof(copy) ||
	    memchr(colons, '.', host.len - (size_t)(colons - host.p)) == NULL)
		return addr_parse_ip(host, out);
	before = (size_t)(colons - host.p) + 2;
	memcpy(copy, host.p, before);
	memcpy(copy + before, colons + 3, host.len - before - 1);
	return addr_parse_ip(str_make(copy, host.len - 1), out);
}

int
sip_take_host_port(struct str text, const char *host, const char *port,
		   struct sip_host_port *out)
{
	bool bracketed = text.len > 0 && text.p[0] == '[';
	struct str digits = str_of(port);
	uint64_t number = 0;
	size_t len;

	memset(out, 0, sizeof(*out));
	out->host = str_of(host);
	len = out->host.len + (bracketed ? 2 : 0);
	if (port != NULL)
		len += 1 + digits.len;
	if (host == NULL || len != text.len ||
	    memcmp(host, text.p + bracketed, out->host.len) != 0)
		return ERR_SYNTAX;
	if (port != NULL &&
	    (str_parse_u64(digits, UINT16_MAX, &number) != 0 || number == 0))
		return ERR_SYNTAX;
	out->port = (uint16_t)number;
	if (!bracketed)
		return is_host_name(out->host, &out->addr) ? 0 : ERR_SYNTAX;
	return host[0] != '[' ? parse_reference(out->host, &out->addr)
			      : ERR_SYNTAX;
}

/* ":port", if it is there. */
static bool
cut_port(struct str *s, uint16_t *out)
{
	struct str digits;
	uint64_t port = 0;

	if (s->len == 0 || s->p[0] != ':')
		return true;
	*s = sip_skip(*s, 1);
	digits = str_make(s->p, sip_span(*s, SIP_DIGIT));
	*s = sip_skip(*s, digits.len);
	*out = 0;
	if (digits.len > PORT_DIGITS ||
	    str_parse_u64(digits, UINT16_MAX, &port) != 0)
		return false;
	*out = (uint16_t)port;
	return port != 0;
}

bool
sip_cut_host_port(struct str *s, struct sip_host_port *out)
{
	struct str host = str_make(s->p, sip_span(*s, SIP_HOST));

	memset(out, 0, sizeof(*out));
	out->host = host;
	*s = sip_skip(*s, host.len);
	if (host.len == 0 || !cut_port(s, &out->port))
		return false;
	return (sip_char_is(host.p[0], SIP_DIGIT) &&
		addr_parse_ip(host, &out->addr) == 0) ||
	       is_host_name(host, &out->addr);
}
