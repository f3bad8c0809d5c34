/*
 * str.h - borrowed pieces of text
 *
 * A struct str points into somebody else's bytes, is not terminated and must
 * not outlive them. All comparisons are on octets; "nocase" folds ASCII only.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).p

static inline struct str
str_of(const char *text)
{
	return (struct str){ text, text != NULL ? strlen(text) : 0 };
}

static inline struct str
str_make(const char *p, size_t len)
{
	return (struct str){ p, len };
}

bool str_eq(struct str a, struct str b);
bool str_eq_nocase(struct str a, struct str b);

/* In line, since the lengths of literals are known where they stand. */
static inline bool
str_starts(struct str s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && (len == 0 || memcmp(s.p, prefix, len) == 0);
}

static inline bool
str_eq_text(struct str a, const char *text)
{
	struct str b = str_of(text);

	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Less than, equal or greater than 0, as memcmp with the shorter first. */
int str_cmp(struct str a, struct str b);
/* Without leading and trailing spaces, tabs, CR and LF. */
struct str str_trim(struct str s);
/*
 * Cut *rest at the next sep: returns the piece before it and moves *rest
 * behind it. The last piece leaves *rest with p == NULL; a *rest with p ==
 * NULL gives p == NULL.
 */
struct str str_cut(struct str *rest, char sep);
/* A decimal number, all of s, no sign: 0, ERR_SYNTAX or ERR_RANGE (> max). */
int str_parse_u64(struct str s, uint64_t max, uint64_t *out);
/* The same with an optional minus, min..max. */
int str_parse_i64(struct str s, int64_t min, int64_t max, int64_t *out);
/* true/false, yes/no, 1/0, on/off in any case: 0 or ERR_SYNTAX. */
int str_parse_bool(struct str s, bool *out);
/* Copy with a NUL into out[cap]: 0 or ERR_SPACE (nothing written then but
 * the NUL). */
int str_copy(struct str s, char *out, size_t cap);
/* A heap copy, yours to free. */
char *str_dup(struct str s);
/* How many octets at the beginning of s are no control characters (below 0x20,
 * or 0x7F). */
size_t str_plain_len(struct str s);
/* All octets of a text of 1 to 7, some of them twice: to ask whether any is of a
 * kind. */
static inline uint64_t
str_few(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	uint32_t first, last;

	if (s.len >= sizeof(first)) {
		memcpy(&first, p, sizeof(first));
		memcpy(&last, p + s.len - sizeof(last), sizeof(last));
		return first | (uint64_t)last << 32;
	}
	first = p[0] | (uint32_t)p[s.len / 2] << 8 |
		(uint32_t)p[s.len - 1] << 16 | (uint32_t)p[s.len - 1] << 24;
	return first | (uint64_t)first << 32;
}
/* Whether one of the eight octets is a control character. */
static inline bool
str_has_control(uint64_t word)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t del = word ^ ones * 0x7f;

	return ((((word - ones * 0x20) & ~word) | ((del - ones) & ~del)) &
		ones << 7) != 0;
}
/* Whether none of its octets is a control character; quick for short texts. */
static inline bool
str_is_plain(struct str s)
{
	uint64_t first, last;

	if (s.len >= 2 * sizeof(first))
		return str_plain_len(s) == s.len;
	if (s.len < sizeof(first))
		return s.len == 0 || !str_has_control(str_few(s));
	memcpy(&first, s.p, sizeof(first));
	memcpy(&last, s.p + s.len - sizeof(last), sizeof(last));
	return !str_has_control(first) && !str_has_control(last);
}
/* Whether every octet is printable ASCII (0x20..0x7E). */
bool str_is_printable(struct str s);

#endif
