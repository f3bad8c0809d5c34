/* name_addr.c - From, To, Contact, Route and their kind (RFC 3261 20.10) */
#include "sip/value.h"

#include "base/err.h"
#include "sip/chars.h"

/* Take the backslashes of quoted-pairs out of the inside of a quoted string. */
static int
unquote(struct arena *arena, struct str s, struct str *out)
{
	char *to;

	*out = s;
	if (s.len == 0 || memchr(s.p, '\\', s.len) == NULL)
		return 0;
	to = arena_alloc(arena, s.len);
	if (to == NULL)
		return ERR_NOMEM;
	*out = str_make(to, 0);
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		to[out->len++] = s.p[i];
	}
	return 0;
}

/* Tokens and white space; UTF-8 outside quotes is against the grammar, but
 * common, and it cannot be mistaken for anything else. */
static size_t
plain_display_len(struct str s)
{
	size_t n = 0;

	while (n < s.len && (sip_char_is(s.p[n], SIP_TOKEN | SIP_LWS) ||
			     (uint8_t)s.p[n] >= 0x80))
		n++;
	return n;
}

/* Cut the display name off *s; what follows it is '<' if there is one. */
static int
take_display(struct arena *arena, struct str *s, struct str *out)
{
	bool quoted = s->len > 0 && s->p[0] == '"';
	size_t n = quoted ? sip_quoted_len(*s) : plain_display_len(*s);
	struct str after = sip_skip_lws(sip_skip(*s, n));

	if (after.len == 0 || after.p[0] != '<')
		return quoted ? ERR_SYNTAX : 0;
	if (quoted) {
		int err = unquote(arena, str_make(s->p + 1, n - 2), out);

		if (err != 0)
			return err;
	} else if (n > 0) {
		*out = str_trim(str_make(s->p, n));
	}
	*s = after;
	return 0;
}

/* An addr-spec without <> ends where parameters of the header begin, so it
 * has none itself; nor may it have headers (20). */
static size_t
addr_spec_len(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] != ';' && s.p[n] != ',' &&
	       !sip_char_is(s.p[n], SIP_LWS))
		n++;
	return n;
}

/* Cut the URI, with its <> if any, off *s. */
static int
take_uri(struct arena *arena, struct str *s, struct sip_uri *out)
{
	struct str uri = *s;
	const char *end;

	if (s->len == 0 || s->p[0] != '<') {
		uri.len = addr_spec_len(*s);
		*s = sip_skip(*s, uri.len);
		if (uri.len > 0 && memchr(uri.p, '?', uri.len) != NULL)
			return ERR_SYNTAX;
		return sip_uri_parse(arena, uri, out);
	}
	end = memchr(s->p, '>', s->len);
	if (end == NULL)
		return ERR_SYNTAX;
	uri = str_make(s->p + 1, (size_t)(end - s->p) - 1);
	*s = sip_skip(*s, uri.len + 2);
	return sip_uri_parse(arena, uri, out);
}

/* Cut the parameters off *s. A tag is a token, and there is one at most. */
static int
take_params(struct str *s, struct sip_name_addr *out)
{
	struct sip_param param;

	*s = sip_skip_lws(*s);
	out->params = str_make(s->p, 0);
	while (sip_param_next(s, &param)) {
		out->params.len =
		    (size_t)(param.text.p + param.text.len - out->params.p);
		if (!sip_name_is(param.name, "tag"))
			continue;
		if (out->tag.p != NULL || !sip_is_token(param.value))
			return ERR_SYNTAX;
		out->tag = param.value;
	}
	return s->len == 0 || s->p[0] == ',' ? 0 : ERR_SYNTAX;
}

int
sip_name_addr_parse(struct arena *arena, struct str text,
		    struct sip_name_addr *out, struct str *rest)
{
	struct str s = sip_skip_lws(text);
	int err;

	memset(out, 0, sizeof(*out));
	err = take_display(arena, &s, &out->display);
	if (err == 0)
		err = take_uri(arena, &s, &out->uri);
	if (err == 0)
		err = take_params(&s, out);
	if (err != 0)
		return err;
	out->len = (size_t)(s.p - text.p);
	if (s.len > 0) { /* a comma, which must have a value behind it */
		s = sip_skip_lws(sip_skip(s, 1));
		if (s.len == 0)
			return ERR_SYNTAX;
	} else {
		s.p = NULL;
	}
	if (rest != NULL)
		*rest = s;
	return 0;
}
