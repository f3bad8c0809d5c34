/* kind_tel.c - the fields that telephony brings: prefixes, bands, addresses */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/addr.h"
#include "base/err.h"
#include "db/kind_parse.h"
#include "tel/codes.h"
#include "tel/band.h"
#include "tel/media.h"
#include "tel/number.h"

#define DOMAIN_LEN 253
#define LABEL_LEN 63

static bool
is_made_of(struct str text, const char *characters)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.p[i] == '\0' || strchr(characters, text.p[i]) == NULL)
			return false;
	}
	return true;
}

int
kind_parse_prefix(struct kind_row *row, size_t i, struct str text)
{
	char digits[PREFIX_MAX + 1];
	prefix_word prefix;

	if (prefix_parse(text, &prefix) != 0)
		return kind_row_refuse(row, i, "up to 15 digits");
	prefix_format(prefix, digits);
	return kind_row_keep(row, i, digits);
}

int
kind_parse_digits(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];
	char expected[80];

	if (text.len >= (size_t)c->min && text.len <= (size_t)c->max &&
	    is_made_of(text, "0123456789")) {
		row->values[i] = store_str(text);
		return 0;
	}
	snprintf(expected, sizeof(expected), "%" PRId64 "..%" PRId64 " digits",
		 c->min, c->max);
	return kind_row_refuse(row, i, expected);
}

int
kind_parse_dial(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];
	char expected[80];

	if (str_eq_nocase(text, str_of("none"))) {
		row->values[i] = store_text("");
		return 0;
	}
	if (text.len <= (size_t)c->max && is_made_of(text, "0123456789*#+")) {
		row->values[i] = store_str(text);
		return 0;
	}
	snprintf(expected, sizeof(expected),
		 "up to %" PRId64 " of 0-9 * # +, or none", c->max);
	return kind_row_refuse(row, i, expected);
}

int
kind_parse_band(struct kind_row *row, size_t i, struct str text)
{
	char canonical[BAND_TEXT_MAX];
	struct band band;

	if (band_parse(text, &band) != 0)
		return kind_row_refuse(row, i,
				       "\"\", holidays, or days and times like "
				       "mon-fri 08:00-18:00");
	return kind_row_keep(row, i, band_format(&band, canonical));
}

static bool
is_port(struct str text)
{
	uint64_t port;

	return str_parse_u64(text, 65535, &port) == 0 && port > 0;
}

static bool
is_host_name(struct str text)
{
	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!isalnum((unsigned char)text.p[i]) &&
		    strchr("-._", text.p[i]) == NULL)
			return false;
	}
	return text.p[0] != '.' && text.p[0] != '-';
}

/* "[2001:db8::1]" and what follows the bracket. */
static bool
is_ipv6_host(struct str text, struct str *rest)
{
	const char *end = memchr(text.p, ']', text.len);
	struct addr addr;

	if (end == NULL)
		return false;
	*rest = str_make(end + 1, (size_t)(text.p + text.len - end - 1));
	text.len -= rest->len;
	return addr_parse_ip(text, &addr) == 0 && addr.family == 6;
}

/* host [":" port], RFC 3261, 25.1 */
static bool
is_hostport(struct str text)
{
	struct str rest = text, host;

	if (text.len > 0 && text.p[0] == '[') {
		if (!is_ipv6_host(text, &rest))
			return false;
		return rest.len == 0 ||
		       (rest.p[0] == ':' &&
			is_port(str_make(rest.p + 1, rest.len - 1)));
	}
	host = str_cut(&rest, ':');
	return is_host_name(host) && (rest.p == NULL || is_port(rest));
}

/* name ["=" value] of parameters; ';' was cut off. */
static bool
is_parameter(struct str text)
{
	struct str rest = text, name = str_cut(&rest, '=');

	return name.len > 0 && str_is_printable(text) &&
	       memchr(text.p, ' ', text.len) == NULL &&
	       (rest.p == NULL || rest.len > 0);
}

static bool
is_user_part(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!isalnum((unsigned char)text.p[i]) &&
		    (text.p[i] == '\0' ||
		     strchr("-_.!~*'()&=+$,;?/%", text.p[i]) == NULL))
			return false;
	}
	return text.len > 0;
}

static bool
is_uri(struct str text, bool may_have_user)
{
	struct str rest = text, scheme = str_cut(&rest, ':'), part;
	const char *at;

	if (!str_eq_nocase(scheme, str_of("sip")) &&
	    !str_eq_nocase(scheme, str_of("sips")))
		return false;
	at = rest.p != NULL ? memchr(rest.p, '@', rest.len) : NULL;
	if (at != NULL && may_have_user) {
		part = str_make(rest.p, (size_t)(at - rest.p));
		rest = str_make(at + 1, rest.len - part.len - 1);
		if (!is_user_part(part))
			return false;
	}
	part = str_cut(&rest, ';');
	if (part.p == NULL || !is_hostport(part))
		return false;
	while (rest.p != NULL) {
		part = str_cut(&rest, ';');
		if (!is_parameter(part))
			return false;
	}
	return true;
}

int
kind_parse_uri(struct kind_row *row, size_t i, struct str text)
{
	if (text.len > (size_t)row->kind->columns[i].max || !is_uri(text, false))
		return kind_row_refuse(row, i,
				       "sip:HOST[:PORT] or sips:HOST[:PORT], "
				       "with ;parameters if need be");
	row->values[i] = store_str(text);
	return 0;
}

int
kind_parse_contact(struct kind_row *row, size_t i, struct str text)
{
	if (text.len == 0)
		return kind_row_keep(row, i, "");
	if (text.len > (size_t)row->kind->columns[i].max ||
	    !is_uri(text, true))
		return kind_row_refuse(row, i,
				       "sip:USER@HOST[:PORT] or "
				       "sips:USER@HOST[:PORT], with "
				       ";parameters if need be");
	row->values[i] = store_str(text);
	return 0;
}

int
kind_parse_net(struct kind_row *row, size_t i, struct str text)
{
	char ip[ADDR_TEXT_MAX], canonical[ADDR_TEXT_MAX + 8];
	struct addr_net net;

	if (text.len == 0)
		return kind_row_keep(row, i, "");
	if (addr_net_parse(text, &net) != 0)
		return kind_row_refuse(
		    row, i,
		    "an address, or a network like "
		    "192.0.2.0/24 with no bits set behind the mask");
	snprintf(canonical, sizeof(canonical), "%s/%u",
		 addr_format_ip(&net.addr, ip), net.bits);
	return kind_row_keep(row, i, canonical);
}

/* Labels of letters, digits, '-' and '_' (RFC 1123 2.1; the last one is in use),
 * no address, no wildcard. */
static bool
is_domain(struct str text)
{
	struct addr addr;
	size_t label = 0;

	if (text.len > DOMAIN_LEN || addr_parse_ip(text, &addr) == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		bool is_dot = text.p[i] == '.';

		if (is_dot && label == 0)
			return false;
		if (!is_dot && !isalnum((unsigned char)text.p[i]) &&
		    text.p[i] != '-' && text.p[i] != '_')
			return false;
		label = is_dot ? 0 : label + 1;
		if (label > LABEL_LEN)
			return false;
	}
	return label > 0;
}

int
kind_parse_domain(struct kind_row *row, size_t i, struct str text)
{
	char lower[DOMAIN_LEN + 1];

	if (text.len > 0 && !is_domain(text))
		return kind_row_refuse(row, i,
				       "a domain name like pbx.example.net, "
				       "whole, without a final dot");
	for (size_t k = 0; k < text.len; k++)
		lower[k] = (char)tolower((unsigned char)text.p[k]);
	lower[text.len] = '\0';
	return kind_row_keep(row, i, lower);
}

int
kind_parse_currency(struct kind_row *row, size_t i, struct str text)
{
	if (text.len != 3 || !is_made_of(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return kind_row_refuse(row, i,
				       "three capital letters (ISO 4217)");
	row->values[i] = store_str(text);
	return 0;
}

int
kind_parse_hex(struct kind_row *row, size_t i, struct str text)
{
	const struct kind_column *c = &row->kind->columns[i];
	char lower[65];

	if (text.len != (size_t)c->max ||
	    !is_made_of(text, "0123456789abcdefABCDEF"))
		return kind_row_fail(
		    row, i, "%zu octets, expected %" PRId64 " hex digits",
		    text.len, c->max);
	for (size_t k = 0; k < text.len; k++)
		lower[k] = (char)tolower((unsigned char)text.p[k]);
	lower[text.len] = '\0';
	return kind_row_keep(row, i, lower);
}

int
kind_parse_codes(struct kind_row *row, size_t i, struct str text)
{
	struct codes codes;

	if (text.len > (size_t)row->kind->columns[i].max ||
	    codes_parse(text, &codes) != 0)
		return kind_row_refuse(row, i,
				       "response codes like \"408, 500-504, "
				       "6xx\"");
	row->values[i] = text.len > 0 ? store_str(text) : store_text("");
	return 0;
}

int
kind_parse_media(struct kind_row *row, size_t i, struct str text)
{
	char canonical[MEDIA_TEXT_MAX], expected[200];
	uint32_t media;

	if (media_parse(text, &media) == 0)
		return kind_row_keep(row, i, media_format(media, canonical));
	snprintf(expected, sizeof(expected), "words of %s", media_words());
	return kind_row_refuse(row, i, expected);
}
