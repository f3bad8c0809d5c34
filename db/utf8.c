/* utf8.c - text that a database accepts */
#include "db/utf8.h"

#include <stdint.h>
#include <string.h>

/* One row per kind of first octet of RFC 3629, 4: the range of the second
 * differs, the others are 80..BF. */
struct lead {
	uint8_t from, to;
	uint8_t second_from, second_to;
	uint8_t len;
};

static const struct lead leads[] = {
	{ 0xC2, 0xDF, 0x80, 0xBF, 2 }, { 0xE0, 0xE0, 0xA0, 0xBF, 3 },
	{ 0xE1, 0xEC, 0x80, 0xBF, 3 }, { 0xED, 0xED, 0x80, 0x9F, 3 },
	{ 0xEE, 0xEF, 0x80, 0xBF, 3 }, { 0xF0, 0xF0, 0x90, 0xBF, 4 },
	{ 0xF1, 0xF3, 0x80, 0xBF, 4 }, { 0xF4, 0xF4, 0x80, 0x8F, 4 },
};

static size_t
sequence_of(const struct lead *lead, const uint8_t *p, size_t left)
{
	if (left < lead->len || p[1] < lead->second_from ||
	    p[1] > lead->second_to)
		return 0;
	for (size_t i = 2; i < lead->len; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
	}
	return lead->len;
}

/* Octets of the character at p, 0 when there is none. */
static size_t
character(const uint8_t *p, size_t left)
{
	if (p[0] < 0x80)
		return p[0] != 0;
	for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
		if (p[0] >= leads[i].from && p[0] <= leads[i].to)
			return sequence_of(&leads[i], p, left);
	}
	return 0;
}

/* Whether all octets of the word are ASCII, and none NUL: the lowest NUL borrows
 * from its own high bit. */
static bool
is_plain(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);

	return ((word | (word - ones)) & (ones << 7)) == 0;
}

/* Octets before the first word that is not all ASCII without NUL: nearly all
 * texts are, and each is looked at on its way into the store. */
static size_t
plain_prefix(const uint8_t *p, size_t len)
{
	size_t at = 0;
	uint64_t word;

	if (len > 0 && len < sizeof(word))
		return is_plain(str_few(str_make((const char *)p, len))) ? len
									 : 0;
	for (; len - at >= sizeof(word); at += sizeof(word)) {
		memcpy(&word, p + at, sizeof(word));
		if (!is_plain(word))
			return at;
	}
	if (at == len)
		return at;
	memcpy(&word, p + len - sizeof(word), sizeof(word));
	return is_plain(word) ? len : at;
}

bool
utf8_is_clean(struct str text)
{
	const uint8_t *p = (const uint8_t *)text.p;
	size_t at = plain_prefix(p, text.len);

	while (at < text.len) {
		size_t n = character(p + at, text.len - at);

		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

size_t
utf8_clean(struct str text, char *out)
{
	const uint8_t *p = (const uint8_t *)text.p;
	size_t at = plain_prefix(p, text.len), len = at;

	if (at > 0)
		memcpy(out, p, at);
	while (at < text.len) {
		size_t n = character(p + at, text.len - at);

		if (n > 0) {
			memcpy(out + len, p + at, n);
			len += n;
			at += n;
		} else {
			memcpy(out + len, "\xEF\xBF\xBD", 3);
			len += 3;
			at++;
		}
	}
	out[len] = '\0';
	return len;
}
