/* via.c - Via values (RFC 3261 20.42, RFC 3581) over libosip2 */
#include "sip/value_osip.h"

#include <osipparser2/osip_parser.h>

#include "base/err.h"
#include "sip/chars.h"

#define PROTOCOL "sip/2.0/" /* and the transport */

static bool
is_separator(char c)
{
	return c == '/' || c == ':';
}

static bool
is_via_char(char c)
{
	return is_separator(c) || c == '[' || c == ']' ||
	       sip_char_is(c, SIP_TOKEN);
}

/*
 * Copy the part before the parameters, terminated, to to without the white
 * space that may stand around separators, folds included: libosip2 only knows
 * some of it. What stays is the one space before sent-by, which *sent_by is
 * behind.
 */
static int
make_plain(struct str in, char *to, struct str *sent_by)
{
	size_t n = 0, space = 0;

	in = str_trim(in);
	while (in.len > 0) {
		size_t blank = sip_span(in, SIP_LWS);

		in = sip_skip(in, blank);
		if (!is_via_char(in.p[0]))
			return ERR_SYNTAX;
		if (blank > 0 && n > 0 && !is_separator(in.p[0]) &&
		    !is_separator(to[n - 1])) {
			if (space != 0)
				return ERR_SYNTAX;
			space = n;
			to[n++] = ' ';
		}
		to[n++] = in.p[0];
		in = sip_skip(in, 1);
	}
	to[n] = '\0';
	*sent_by = str_make(to + space + 1, n - space - 1);
	return space != 0 ? 0 : ERR_SYNTAX;
}

static int
take_rport(struct str value, struct sip_via *out)
{
	uint64_t port = 0;

	if (out->has_rport)
		return ERR_SYNTAX;
	if (value.p != NULL &&
	    (str_parse_u64(value, UINT16_MAX, &port) != 0 || port == 0))
		return ERR_SYNTAX;
	out->has_rport = true;
	out->rport = (uint16_t)port;
	return 0;
}

static int
take_param(const struct sip_param *param, struct sip_via *out)
{
	struct addr addr;

	if (sip_name_is(param->name, "rport"))
		return take_rport(param->value, out);
	if (sip_name_is(param->name, "alias")) {
		out->has_alias = true;
	} else if (sip_name_is(param->name, "branch")) {
		if (out->branch.p != NULL || !sip_is_token(param->value))
			return ERR_SYNTAX;
		out->branch = param->value;
	} else if (sip_name_is(param->name, "received")) {
		if (out->received.p != NULL || param->value.p == NULL ||
		    addr_parse_ip(param->value, &addr) != 0)
			return ERR_SYNTAX;
		out->received = param->value;
	}
	return 0;
}

static int
take_params(struct str params, struct sip_via *out)
{
	struct sip_param param;
	int err = 0;

	while (err == 0 && sip_param_next(&params, &param))
		err = take_param(&param, out);
	return err == 0 && params.len > 0 ? ERR_SYNTAX : err;
}

static int
take_via(struct str plain, struct str sent_by, const osip_via_t *via,
	 struct sip_via *out)
{
	struct sip_host_port host_port;
	int err;

	if (plain.len > sizeof(PROTOCOL) - 1)
		plain.len = sizeof(PROTOCOL) - 1;
	out->transport = str_of(via->protocol);
	if (!sip_name_is(plain, PROTOCOL) || !sip_is_token(out->transport))
		return ERR_SYNTAX;
	err = sip_take_host_port(sent_by, via->host, via->port, &host_port);
	out->host = host_port.host;
	out->port = host_port.port;
	return err;
}

int
sip_via_parse_fully(struct arena *arena, struct str text, struct sip_via *out)
{
	char *plain = arena_alloc(arena, text.len + 1);
	osip_via_t *via = NULL;
	struct str sent_by;
	int code, err;

	if (plain == NULL)
		return ERR_NOMEM;
	err = make_plain(text, plain, &sent_by);
	if (err != 0)
		return err;
	sip_osip_begin(arena);
	code = osip_via_init(&via);
	if (code == OSIP_SUCCESS)
		code = osip_via_parse(via, plain);
	err = sip_osip_end(code);
	return err != 0 ? err : take_via(str_of(plain), sent_by, via, out);
}

/* Whether text is "SIP/2.0/UDP host:port" or the like with one space in it, as
 * nearly every Via has it; out is only good then. */
static bool
parse_plain(struct str text, struct sip_via *out)
{
	struct sip_host_port host_port;
	size_t n = sizeof(PROTOCOL) - 1;

	if (text.len < n || !sip_name_is(str_make(text.p, n), PROTOCOL))
		return false;
	text = sip_skip(text, n);
	out->transport = str_make(text.p, sip_span(text, SIP_TOKEN));
	text = sip_skip(text, out->transport.len);
	if (out->transport.len == 0 || text.len == 0 || text.p[0] != ' ')
		return false;
	text = sip_skip(text, 1);
	if (!sip_cut_host_port(&text, &host_port) || text.len > 0)
		return false;
	out->host = host_port.host;
	out->port = host_port.port;
	return true;
}

/* Protocol and sent-by are libosip2's unless they are plain; parameters are cut
 * as everywhere. */
static int
parse_value(struct arena *arena, struct str value, struct sip_via *out)
{
	const char *semicolon =
	    value.len > 0 ? memchr(value.p, ';', value.len) : NULL;
	struct str before = value;
	int err = sip_check_size(value);

	if (semicolon != NULL)
		before.len = (size_t)(semicolon - value.p);
	if (err == 0 && !parse_plain(before, out))
		err = sip_via_parse_fully(arena, before, out);
	if (err == 0)
		err = take_params(sip_skip(value, before.len), out);
	return err;
}

int
sip_via_parse(struct arena *arena, struct str text, struct sip_via *out,
	      struct str *rest)
{
	size_t n = sip_list_first_len(text);
	struct str value = str_make(text.p, n);
	struct str after = str_make(NULL, 0);

	memset(out, 0, sizeof(*out));
	if (n < text.len)
		after = sip_skip_lws(sip_skip(text, n + 1));
	if (rest != NULL)
		*rest = after;
	if (after.p != NULL && after.len == 0)
		return ERR_SYNTAX;
	return parse_value(arena, value, out);
}
