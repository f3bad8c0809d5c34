/* via.c - Via values (RFC 3261 20.42, RFC 3581) over libosip2 */
#include "sip/value_osip.h"

#include <osipparser2/osip_parser.h>

#include "base/err.h"
#include "sip/chars.h"

/* A Via value as libosip2 wants it and the pieces it does not check. */
struct plain_via {
	struct str text;    /* terminated */
	struct str sent_by; /* behind the one space */
	struct str params;
};

static bool
is_separator(char c)
{
	return c == '/' || c == ':' || c == ';' || c == '=';
}

static bool
is_via_char(char c)
{
	return is_separator(c) || c == '[' || c == ']' ||
	       sip_char_is(c, SIP_TOKEN);
}

/* Copy the quoted string in begins with; a NUL would end libosip2's text. */
static bool
copy_quoted(struct str *in, struct str *out, char *to)
{
	size_t n = sip_quoted_len(*in);

	if (n == 0 || memchr(in->p, '\0', n) != NULL)
		return false;
	memcpy(to + out->len, in->p, n);
	out->len += n;
	*in = sip_skip(*in, n);
	return true;
}

/*
 * Copy a Via value to to without the white space that may stand around
 * separators, folds included. What stays is a space before sent-by; returns
 * its offset in *space. Quoted strings stay as they are.
 */
static int
make_plain(struct str in, char *to, struct str *out, size_t *space)
{
	*out = str_make(to, 0);
	*space = 0;
	in = str_trim(in);
	while (in.len > 0) {
		size_t blank = sip_span(in, SIP_LWS);

		in = sip_skip(in, blank);
		if (blank > 0 && !is_separator(in.p[0]) && out->len > 0 &&
		    !is_separator(to[out->len - 1])) {
			if (*space != 0)
				return ERR_SYNTAX;
			*space = out->len;
			to[out->len++] = ' ';
		}
		if (in.p[0] == '"') {
			if (!copy_quoted(&in, out, to))
				return ERR_SYNTAX;
			continue;
		}
		if (!is_via_char(in.p[0]))
			return ERR_SYNTAX;
		to[out->len++] = in.p[0];
		in = sip_skip(in, 1);
	}
	to[out->len] = '\0';
	return *space != 0 ? 0 : ERR_SYNTAX;
}

static int
plain(struct arena *arena, struct str value, struct plain_via *out)
{
	char *to = arena_alloc(arena, value.len + 1);
	const char *semicolon;
	size_t space;
	int err;

	if (to == NULL)
		return ERR_NOMEM;
	err = make_plain(value, to, &out->text, &space);
	if (err != 0)
		return err;
	out->sent_by = sip_skip(out->text, space + 1);
	out->params = str_make(to + out->text.len, 0);
	semicolon = memchr(out->sent_by.p, ';', out->sent_by.len);
	if (semicolon != NULL) {
		out->sent_by.len = (size_t)(semicolon - out->sent_by.p);
		out->params = sip_skip(out->text, (size_t)(semicolon - to));
	}
	return 0;
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
	if (sip_name_is(param->name, "branch")) {
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
take_via(const struct plain_via *text, const osip_via_t *via,
	 struct sip_via *out)
{
	struct str protocol =
	    str_make(text->text.p, text->text.len < 8 ? text->text.len : 8);
	struct sip_host_port host_port;
	int err;

	out->transport = str_of(via->protocol);
	if (!sip_name_is(protocol, "sip/2.0/") ||
	    !sip_is_token(out->transport) || via->comment != NULL)
		return ERR_SYNTAX;
	err =
	    sip_take_host_port(text->sent_by, via->host, via->port, &host_port);
	if (err != 0)
		return err;
	out->host = host_port.host;
	out->port = host_port.port;
	return take_params(text->params, out);
}

static int
parse_via(struct arena *arena, struct str value, struct sip_via *out)
{
	struct plain_via text;
	osip_via_t *via = NULL;
	int code, err;

	err = plain(arena, value, &text);
	if (err != 0)
		return err;
	sip_osip_begin(arena);
	code = osip_via_init(&via);
	if (code == OSIP_SUCCESS)
		code = osip_via_parse(via, text.text.p);
	err = sip_osip_end(code);
	return err != 0 ? err : take_via(&text, via, out);
}

int
sip_via_parse(struct arena *arena, struct str text, struct sip_via *out,
	      struct str *rest)
{
	size_t n = sip_list_first_len(text);
	struct str value = str_make(text.p, n);
	struct str after = str_make(NULL, 0);
	int err = sip_check_size(value);

	memset(out, 0, sizeof(*out));
	if (n < text.len)
		after = sip_skip_lws(sip_skip(text, n + 1));
	if (rest != NULL)
		*rest = after;
	if (after.p != NULL && after.len == 0)
		return ERR_SYNTAX;
	return err != 0 ? err : parse_via(arena, value, out);
}
