/* str.c - comparing, cutting and reading borrowed text */
#include "base/str.h"

#include <endian.h>

#include "base/alloc.h"
#include "base/err.h"

static unsigned char
fold(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u + ('a' - 'A')) : u;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (fold(a.p[i]) != fold(b.p[i]))
			return false;
	}
	return true;
}

int
str_cmp(struct str a, struct str b)
{
	size_t len = a.len < b.len ? a.len : b.len;
	int order = len > 0 ? memcmp(a.p, b.p, len) : 0;

	if (order != 0)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && is_space(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len > 0 && is_space(s.p[s.len - 1]))
		s.len--;
	return s;
}

struct str
str_cut(struct str *rest, char sep)
{
	struct str piece = *rest;
	const char *at = NULL;

	if (rest->len > 0)
		at = memchr(rest->p, sep, rest->len);
	if (at == NULL) {
		*rest = str_make(NULL, 0);
		return piece;
	}
	piece.len = (size_t)(at - piece.p);
	*rest = str_make(at + 1, rest->len - piece.len - 1);
	return piece;
}

#define SURE_DIGITS 19 /* so many fit into 64 bits, whatever they are */

int
str_parse_u64(struct str s, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;
	bool fits = true;
	size_t i = 0;

	if (s.len == 0)
		return ERR_SYNTAX;
	for (; i < s.len && i < SURE_DIGITS; i++) {
		unsigned digit = (unsigned)s.p[i] - '0';

		if (digit > 9)
			return ERR_SYNTAX;
		value = value * 10 + digit;
	}
	for (; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return ERR_SYNTAX;
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(s.p[i] - '0'),
					   &value))
			fits = false; /* but go on: the rest may be no digits */
	}
	if (!fits || value > max)
		return ERR_RANGE;
	*out = value;
	return 0;
}

int
str_parse_i64(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool is_negative = s.len > 0 && s.p[0] == '-';
	uint64_t size;
	int64_t value;
	int err;

	if (is_negative)
		s = str_make(s.p + 1, s.len - 1);
	err = str_parse_u64(s, (uint64_t)INT64_MAX + is_negative, &size);
	if (err != 0)
		return err;
	/* -1 - (size - 1), since -INT64_MIN does not exist. */
	if (is_negative && size > 0)
		value = -1 - (int64_t)(size - 1);
	else
		value = (int64_t)size;
	if (value < min || value > max)
		return ERR_RANGE;
	*out = value;
	return 0;
}

int
str_parse_bool(struct str s, bool *out)
{
	static const struct {
		const char *text;
		bool value;
	} words[] = {
		{ "true", true }, { "false", false }, { "yes", true },
		{ "no", false },  { "1", true },      { "0", false },
		{ "on", true },   { "off", false },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (str_eq_nocase(s, str_of(words[i].text))) {
			*out = words[i].value;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

int
str_copy(struct str s, char *out, size_t cap)
{
	if (s.len >= cap) {
		if (cap > 0)
			out[0] = '\0';
		return ERR_SPACE;
	}
	if (s.len > 0)
		memcpy(out, s.p, s.len);
	out[s.len] = '\0';
	return 0;
}

char *
str_dup(struct str s)
{
	return mem_strndup(s.p, s.len);
}

/* Sixteen octets at once, which the compilers have an instruction for on all
 * machines that matter. */
typedef uint8_t octets __attribute__((vector_size(16)));
typedef uint64_t halves __attribute__((vector_size(16)));

/* Where the first octet that is not zero is in memory. */
static size_t
first_set(uint64_t word)
{
	return (size_t)__builtin_ctzll(le64toh(word)) / 8;
}

/* The last octets, fewer than sixteen, of s from n on: those before n are
 * plain. */
static size_t
plain_tail(struct str s, size_t n)
{
	const char *p = s.p + n;
	size_t left = s.len - n;
	uint64_t first, last;

	if (left >= sizeof(first)) {
		memcpy(&first, p, sizeof(first));
		memcpy(&last, p + left - sizeof(last), sizeof(last));
		if (!str_has_control(first) && !str_has_control(last))
			return s.len;
	} else if (!str_has_control(str_few(str_make(p, left)))) {
		return s.len;
	}
	while ((unsigned char)s.p[n] >= 0x20 && s.p[n] != 0x7f)
		n++;
	return n;
}

size_t
str_plain_len(struct str s)
{
	size_t n = 0;

	for (; s.len - n >= sizeof(octets); n += sizeof(octets)) {
		octets x;
		halves hit;

		memcpy(&x, s.p + n, sizeof(x));
		hit = (halves)(x < 0x20) | (halves)(x == 0x7f);
		if (hit[0] != 0)
			return n + first_set(hit[0]);
		if (hit[1] != 0)
			return n + sizeof(hit[0]) + first_set(hit[1]);
	}
	return n < s.len ? plain_tail(s, n) : n;
}

bool
str_is_printable(struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	}
	return true;
}
