/* dns_name.c - domain names in their wire form */
#include "base/dns_name.h"

#include <stdio.h>

#include "base/err.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* One octet of a label from text, escapes undone. */
static int
parse_octet(struct str *text, uint8_t *out)
{
	struct str digits;
	uint64_t value;

	*out = (uint8_t)text->p[0];
	text->p++, text->len--;
	if (*out != '\\')
		return 0;
	if (text->len == 0)
		return ERR_SYNTAX;
	if (text->p[0] < '0' || text->p[0] > '9') {
		*out = (uint8_t)text->p[0];
		text->p++, text->len--;
		return 0;
	}
	if (text->len < 3)
		return ERR_SYNTAX;
	digits = str_make(text->p, 3);
	if (str_parse_u64(digits, UINT8_MAX, &value) != 0)
		return ERR_SYNTAX;
	*out = (uint8_t)value;
	text->p += 3, text->len -= 3;
	return 0;
}

/* A label up to its dot or the end of text. */
static int
parse_label(struct str *text, struct dns_name *out)
{
	size_t at = out->len, n = 0;
	uint8_t octet;

	while (text->len > 0 && text->p[0] != '.') {
		if (parse_octet(text, &octet) != 0)
			return ERR_SYNTAX;
		/* Room for this one and for the root's zero. */
		if (++n > DNS_LABEL_MAX || at + n + 1 >= DNS_NAME_MAX)
			return ERR_LIMIT;
		out->wire[at + n] = octet;
	}
	if (n == 0)
		return ERR_SYNTAX;
	out->wire[at] = (uint8_t)n;
	out->len = (uint8_t)(at + n + 1);
	return 0;
}

int
dns_name_parse(struct str text, struct dns_name *out)
{
	int err;

	out->len = 0;
	if (text.len == 0)
		return ERR_SYNTAX;
	if (str_eq_text(text, "."))
		text.len = 0;
	while (text.len > 0) {
		err = parse_label(&text, out);
		if (err != 0) {
			out->len = 0;
			return err;
		}
		if (text.len > 0)
			text.p++, text.len--; /* the dot */
	}
	out->wire[out->len++] = 0;
	return 0;
}

static char *
format_octet(uint8_t octet, char *out)
{
	if (octet < 0x21 || octet > 0x7e) {
		*out++ = '\\';
		*out++ = (char)('0' + octet / 100);
		*out++ = (char)('0' + octet / 10 % 10);
		*out++ = (char)('0' + octet % 10);
		return out;
	}
	if (octet == '.' || octet == '\\')
		*out++ = '\\';
	*out++ = (char)octet;
	return out;
}

const char *
dns_name_format(const struct dns_name *name, char *out)
{
	char *p = out;

	for (size_t at = 0; at < name->len && name->wire[at] != 0;) {
		size_t n = name->wire[at++];

		for (size_t i = 0; i < n && at < name->len; i++)
			p = format_octet(name->wire[at++], p);
		*p++ = '.';
	}
	if (p == out && name->len > 0)
		*p++ = '.';
	*p = '\0';
	return out;
}

/* Length octets are below 'A', so they may be folded too. */
static bool
eq_nocase(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i] != b[i] && lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

bool
dns_name_eq(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && eq_nocase(a->wire, b->wire, a->len);
}

/* Where suffix begins in name, or SIZE_MAX. */
static size_t
find_suffix(const struct dns_name *name, const struct dns_name *suffix)
{
	size_t at = 0;

	if (suffix->len == 0)
		return SIZE_MAX;
	while (at < name->len && (size_t)(name->len - at) > suffix->len)
		at += (size_t)name->wire[at] + 1;
	if (at >= name->len || (size_t)(name->len - at) != suffix->len ||
	    !eq_nocase(name->wire + at, suffix->wire, suffix->len))
		return SIZE_MAX;
	return at;
}

bool
dns_name_is_under(const struct dns_name *name, const struct dns_name *suffix)
{
	return find_suffix(name, suffix) != SIZE_MAX;
}

int
dns_name_substitute(const struct dns_name *name, const struct dns_name *owner,
		    const struct dns_name *target, struct dns_name *out)
{
	size_t at = find_suffix(name, owner);

	if (at == SIZE_MAX || at == 0)
		return ERR_NOTFOUND;
	if (at + target->len > DNS_NAME_MAX)
		return ERR_LIMIT;
	memmove(out->wire, name->wire, at);
	memmove(out->wire + at, target->wire, target->len);
	out->len = (uint8_t)(at + target->len);
	return 0;
}

uint64_t
dns_name_hash(const struct hash_key *key, const struct dns_name *name)
{
	uint8_t folded[DNS_NAME_MAX];

	for (size_t i = 0; i < name->len; i++)
		folded[i] = lower(name->wire[i]);
	return hash_bytes(key, folded, name->len);
}
