/* top_via.c - the topmost Via, read as far as it matters here */
#include "sip/top_via.h"

#include "base/err.h"
#include "sip/chars.h"

#define SIP_PORT 5060
#define USUAL_PROTOCOL "SIP/2.0/UDP "

/* Behind "SIP/2.0/UDP " and its white space; p == NULL when it is not there. */
static struct str
skip_protocol(struct str s)
{
	if (str_starts(s, USUAL_PROTOCOL))
		return sip_skip_lws(sip_skip(s, sizeof(USUAL_PROTOCOL) - 1));
	for (int i = 0; i < 3; i++) {
		size_t n;

		s = sip_skip_lws(s);
		n = sip_span(s, SIP_TOKEN);
		if (n == 0)
			return str_make(NULL, 0);
		s = sip_skip(s, n);
		if (i == 2)
			break;
		s = sip_skip_lws(s);
		if (s.len == 0 || s.p[0] != '/')
			return str_make(NULL, 0);
		s = sip_skip(s, 1);
	}
	if (sip_span(s, SIP_LWS) == 0)
		return str_make(NULL, 0);
	return sip_skip_lws(s);
}

/* A host name, an IPv4 address, or an IPv6 reference. */
static size_t
host_len(struct str s)
{
	size_t n;

	if (s.len == 0 || s.p[0] != '[')
		return sip_span(s, SIP_HOST);
	for (n = 1; n < s.len && (sip_char_is(s.p[n], SIP_HEX) ||
				  s.p[n] == ':' || s.p[n] == '.');)
		n++;
	return n < s.len && s.p[n] == ']' ? n + 1 : 0;
}

/* ":port", if it is there, white space around the colon allowed. */
static int
take_port(struct str *s, uint16_t *port)
{
	struct str rest = sip_skip_lws(*s);
	size_t n;
	uint64_t v;

	*port = SIP_PORT;
	if (rest.len == 0 || rest.p[0] != ':')
		return 0;
	rest = sip_skip_lws(sip_skip(rest, 1));
	n = sip_span(rest, SIP_DIGIT);
	if (str_parse_u64(str_make(rest.p, n), UINT16_MAX, &v) != 0 || v == 0)
		return ERR_SYNTAX;
	*port = (uint16_t)v;
	*s = sip_skip(rest, n);
	return 0;
}

static void
note_param(struct sip_top_via *via, const struct sip_param *param)
{
	if (sip_name_is(param->name, "branch"))
		via->branch = param->value;
	else if (sip_name_is(param->name, "rport"))
		via->has_rport = true;
	else if (sip_name_is(param->name, "received"))
		via->has_received = true;
}

int
sip_top_via_scan(struct str text, struct sip_top_via *out)
{
	struct str s = skip_protocol(text);
	struct sip_param param;
	size_t n;

	*out = (struct sip_top_via){ .port = SIP_PORT };
	if (s.p == NULL)
		return ERR_SYNTAX;
	n = host_len(s);
	out->sent_by.p = s.p;
	out->host = str_make(s.p, n);
	s = sip_skip(s, n);
	if (n == 0 || take_port(&s, &out->port) != 0)
		return ERR_SYNTAX;
	out->has_port = (size_t)(s.p - out->sent_by.p) > n;
	out->sent_by.len = (size_t)(s.p - out->sent_by.p);
	out->text = str_make(text.p, (size_t)(s.p - text.p));
	while (sip_param_next(&s, &param)) { /* in the end s is past spaces */
		note_param(out, &param);
		out->text.len = (size_t)(s.p - text.p);
	}
	out->is_whole = s.len == 0 || s.p[0] == ',';
	return out->is_whole ? 0 : ERR_SYNTAX;
}
