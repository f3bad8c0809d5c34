/* chars.c - character classes, quoted strings and header parameters */
#include "sip/chars.h"

/* Made from the rules of RFC 3261 25.1; octets from 128 on are in no class. */
const uint8_t sip_chars[256] = {
	/* 00 */ 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	/* 08 */ 0x00, 0x80, 0x80, 0x00, 0x00, 0x80, 0x00, 0x00,
	/* 10 */ 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	/* 18 */ 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	/* 20 */ 0x80, 0x17, 0x00, 0x00, 0x16, 0x17, 0x16, 0x17,
	/* 28 */ 0x16, 0x16, 0x17, 0x17, 0x06, 0x1f, 0x1f, 0x16,
	/* 30 */ 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f,
	/* 38 */ 0x7f, 0x7f, 0x16, 0x06, 0x00, 0x06, 0x00, 0x06,
	/* 40 */ 0x02, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x1f,
	/* 48 */ 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f,
	/* 50 */ 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f,
	/* 58 */ 0x1f, 0x1f, 0x1f, 0x12, 0x00, 0x12, 0x00, 0x1f,
	/* 60 */ 0x01, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x5f, 0x1f,
	/* 68 */ 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f,
	/* 70 */ 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f, 0x1f,
	/* 78 */ 0x1f, 0x1f, 0x1f, 0x00, 0x00, 0x00, 0x17, 0x00,
};

size_t
sip_quoted_len(struct str s)
{
	if (s.len == 0 || s.p[0] != '"')
		return 0;
	for (size_t i = 1; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '"')
			return i + 1;
	}
	return 0;
}

/* gen-value: token / host / quoted-string; ':' and brackets for IPv6. */
static size_t
value_len(struct str s)
{
	size_t n = sip_span(s, SIP_TOKEN);

	if (n == 0 && s.len > 0 && s.p[0] == '"')
		return sip_quoted_len(s);
	while (n < s.len &&
	       (s.p[n] == ':' || s.p[n] == '[' || s.p[n] == ']')) {
		n++;
		n += sip_span(sip_skip(s, n), SIP_TOKEN);
	}
	return n;
}

/* Cut "=value", if it is there, off *s; false when nothing is behind the '='. */
static bool
take_value(struct str *s, struct str *out)
{
	struct str after = sip_skip_lws(*s);

	if (after.len == 0 || after.p[0] != '=')
		return true;
	after = sip_skip_lws(str_make(after.p + 1, after.len - 1));
	*out = str_make(after.p, value_len(after));
	*s = sip_skip(after, out->len);
	return out->len > 0;
}

bool
sip_param_next(struct str *rest, struct sip_param *out)
{
	struct str s = sip_skip_lws(*rest);
	size_t n;

	*rest = s;
	if (s.len == 0 || s.p[0] != ';')
		return false;
	out->text.p = s.p;
	s = sip_skip_lws(str_make(s.p + 1, s.len - 1));
	n = sip_span(s, SIP_TOKEN);
	if (n == 0)
		return false;
	out->name = str_make(s.p, n);
	out->value = str_make(NULL, 0);
	s = str_make(s.p + n, s.len - n);
	if (!take_value(&s, &out->value))
		return false;
	out->text.len = (size_t)(s.p - out->text.p);
	*rest = s;
	return true;
}
