/* buf.c - the one place that counts bytes left */
#include "base/buf.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"

void
rbuf_init(struct rbuf *r, const void *data, size_t len)
{
	r->p = data;
	r->end = len > 0 ? r->p + len : r->p;
	r->err = 0;
}

size_t
rbuf_left(const struct rbuf *r)
{
	return (size_t)(r->end - r->p);
}

const uint8_t *
rbuf_bytes(struct rbuf *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->err != 0 || n > rbuf_left(r)) {
		r->err = ERR_TRUNCATED;
		r->p = r->end; /* so that loops over what is left end */
		return NULL;
	}
	if (n > 0)
		r->p += n;
	return p;
}

/* n bytes, or zeros where there are fewer. */
static inline void
take(struct rbuf *r, void *out, size_t n)
{
	const uint8_t *p = rbuf_bytes(r, n);

	if (p != NULL)
		memcpy(out, p, n);
	else
		memset(out, 0, n);
}

uint8_t
rbuf_u8(struct rbuf *r)
{
	uint8_t v;

	take(r, &v, sizeof(v));
	return v;
}

uint16_t
rbuf_u16(struct rbuf *r)
{
	uint16_t v;

	take(r, &v, sizeof(v));
	return be16toh(v);
}

uint32_t
rbuf_u32(struct rbuf *r)
{
	uint32_t v;

	take(r, &v, sizeof(v));
	return be32toh(v);
}

uint64_t
rbuf_u64(struct rbuf *r)
{
	uint64_t v;

	take(r, &v, sizeof(v));
	return be64toh(v);
}

struct str
rbuf_str16(struct rbuf *r)
{
	size_t len = rbuf_u16(r);
	const uint8_t *p = rbuf_bytes(r, len);

	return str_make((const char *)p, p != NULL ? len : 0);
}

void
wbuf_init(struct wbuf *w, void *out, size_t cap)
{
	w->start = out;
	w->len = 0;
	w->cap = cap;
	w->err = 0;
}

/* Room for n bytes, counted as written; NULL and the error otherwise. */
static inline uint8_t *
reserve(struct wbuf *w, size_t n)
{
	uint8_t *p;

	if (w->err != 0 || n > w->cap - w->len) {
		w->err = ERR_SPACE;
		return NULL;
	}
	p = n > 0 ? w->start + w->len : w->start;
	w->len += n;
	return p;
}

uint8_t *
wbuf_room(struct wbuf *w, size_t n)
{
	return reserve(w, n);
}

static inline void
put(struct wbuf *w, const void *p, size_t n)
{
	uint8_t *to = reserve(w, n);

	if (to != NULL && n > 0)
		memcpy(to, p, n);
}

void
wbuf_u8(struct wbuf *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

void
wbuf_u16(struct wbuf *w, uint16_t v)
{
	v = htobe16(v);
	put(w, &v, sizeof(v));
}

void
wbuf_u32(struct wbuf *w, uint32_t v)
{
	v = htobe32(v);
	put(w, &v, sizeof(v));
}

void
wbuf_u64(struct wbuf *w, uint64_t v)
{
	v = htobe64(v);
	put(w, &v, sizeof(v));
}

void
wbuf_bytes(struct wbuf *w, const void *p, size_t n)
{
	put(w, p, n);
}

void
wbuf_str(struct wbuf *w, struct str s)
{
	wbuf_bytes(w, s.p, s.len);
}

void
wbuf_text(struct wbuf *w, const char *text)
{
	wbuf_bytes(w, text, strlen(text));
}

void
wbuf_str16(struct wbuf *w, struct str s)
{
	uint16_t len = htobe16((uint16_t)s.len);
	uint8_t *to;

	if (s.len > UINT16_MAX) {
		w->err = ERR_SPACE;
		return;
	}
	/* Both or nothing: a length without its bytes helps nobody. */
	to = reserve(w, sizeof(len) + s.len);
	if (to == NULL)
		return;
	memcpy(to, &len, sizeof(len));
	if (s.len > 0)
		memcpy(to + sizeof(len), s.p, s.len);
}

void
wbuf_dec(struct wbuf *w, uint64_t v)
{
	char digits[20]; /* 18446744073709551615 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	wbuf_bytes(w, digits + at, sizeof(digits) - at);
}

void
wbuf_printf(struct wbuf *w, const char *format, ...)
{
	size_t left = w->cap - w->len;
	va_list args;
	int n;

	if (w->err != 0)
		return;
	va_start(args, format);
	n = vsnprintf(left > 0 ? (char *)w->start + w->len : NULL, left, format,
		      args);
	va_end(args);
	if (n < 0 || (size_t)n >= left)
		w->err = ERR_SPACE;
	else
		w->len += (size_t)n;
}
