/*
 * chars.h - the character classes of SIP's grammar (RFC 3261 25.1)
 *
 * One bit per class in one table. "escaped" (% and two hex digits) is a
 * matter of the reader; % itself is in the classes that may contain it.
 */
#ifndef SIP_CHARS_H
#define SIP_CHARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum sip_char {
	SIP_TOKEN = 1 << 0,    /* methods, header and parameter names */
	SIP_URI_CHAR = 1 << 1, /* anywhere in a URI */
	SIP_USER = 1 << 2,     /* userinfo, with the ':' of a password */
	SIP_HOST = 1 << 3,     /* names, IPv4; '_' too, which hosts do use */
	SIP_PARAM = 1 << 4,    /* uri-parameter names and values */
	SIP_DIGIT = 1 << 5,
	SIP_HEX = 1 << 6,
	SIP_LWS = 1 << 7,      /* SP, HT and the CRLF of a fold */
};

extern const uint8_t sip_chars[256];

static inline bool
sip_char_is(char c, unsigned classes)
{
	return (sip_chars[(uint8_t)c] & classes) != 0;
}

/* How many characters at the beginning of s are of one of classes. */
static inline size_t
sip_span(struct str s, unsigned classes)
{
	size_t n = 0;

	/* Four for one look at the length: this is the innermost loop. */
	for (; s.len - n >= 4; n += 4) {
		if (!sip_char_is(s.p[n], classes))
			return n;
		if (!sip_char_is(s.p[n + 1], classes))
			return n + 1;
		if (!sip_char_is(s.p[n + 2], classes))
			return n + 2;
		if (!sip_char_is(s.p[n + 3], classes))
			return n + 3;
	}
	while (n < s.len && sip_char_is(s.p[n], classes))
		n++;
	return n;
}

static inline bool
sip_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* How many characters at the beginning of s are visible ASCII. */
static inline size_t
sip_visible_len(struct str s)
{
	size_t n = 0;

	while (n < s.len && s.p[n] > ' ' && s.p[n] < 0x7F)
		n++;
	return n;
}

/* s from its n-th character on. */
static inline struct str
sip_skip(struct str s, size_t n)
{
	return n > 0 ? str_make(s.p + n, s.len - n) : s;
}

/* Mostly there is none. */
static inline struct str
sip_skip_lws(struct str s)
{
	if (s.len == 0 || !sip_char_is(s.p[0], SIP_LWS))
		return s;
	return sip_skip(s, sip_span(s, SIP_LWS));
}

static inline bool
sip_is_token(struct str s)
{
	return s.len > 0 && sip_span(s, SIP_TOKEN) == s.len;
}

/*
 * The length of the quoted string that s begins with, quotes included; 0 when
 * it has no end. A backslash takes the next character with it.
 */
size_t sip_quoted_len(struct str s);

/* One ";name=value" of a header value (not of a URI). */
struct sip_param {
	struct str text;  /* from the ';', white space before it not included */
	struct str name;
	struct str value; /* p == NULL without '='; quotes still around it */
};

/*
 * Take the next parameter off *rest, which begins with it (white space aside).
 * False at the end, or where what follows is no parameter: *rest then begins
 * with that, white space skipped.
 */
bool sip_param_next(struct str *rest, struct sip_param *out);

/* Whether name, as long as text, equals it but for ASCII case; text is in lower
 * case. In line, since texts are literals, which the compiler knows. */
static inline bool
sip_folds_to(struct str name, const char *text)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned c = (uint8_t)name.p[i];

		if (c - 'A' <= 'Z' - 'A')
			c |= 0x20;
		if (c != (uint8_t)text[i])
			return false;
	}
	return true;
}

/* Whether name equals text in the same way. In line, since text is a literal
 * and most names are of another length. */
static inline bool
sip_name_is(struct str name, const char *text)
{
	return name.len == strlen(text) && sip_folds_to(name, text);
}

#endif
