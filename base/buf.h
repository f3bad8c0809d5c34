/*
 * buf.h - bounded reading and writing of bytes, with one sticky error
 *
 * Do all the reads or writes, then look at err once: after the first failure
 * reads give zeros and writes do nothing. Integers are big-endian.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct rbuf {
	const uint8_t *p;   /* borrowed */
	const uint8_t *end;
	int err;	    /* 0 or ERR_TRUNCATED */
};

void rbuf_init(struct rbuf *r, const void *data, size_t len);
size_t rbuf_left(const struct rbuf *r);
uint8_t rbuf_u8(struct rbuf *r);
uint16_t rbuf_u16(struct rbuf *r);
uint32_t rbuf_u32(struct rbuf *r);
uint64_t rbuf_u64(struct rbuf *r);
/* n bytes, borrowed from the input; NULL and the error when there are fewer. */
const uint8_t *rbuf_bytes(struct rbuf *r, size_t n);
/* A 16-bit length and that many bytes, borrowed. */
struct str rbuf_str16(struct rbuf *r);

struct wbuf {
	uint8_t *start;	    /* borrowed */
	size_t len;	    /* written */
	size_t cap;
	int err;	    /* 0 or ERR_SPACE */
};

void wbuf_init(struct wbuf *w, void *out, size_t cap);
/* Room for n bytes that the caller fills, counted as written; NULL and the
 * error when there is none. */
uint8_t *wbuf_room(struct wbuf *w, size_t n);
void wbuf_u8(struct wbuf *w, uint8_t v);
void wbuf_u16(struct wbuf *w, uint16_t v);
void wbuf_u32(struct wbuf *w, uint32_t v);
void wbuf_u64(struct wbuf *w, uint64_t v);
void wbuf_bytes(struct wbuf *w, const void *p, size_t n);
void wbuf_str(struct wbuf *w, struct str s);
void wbuf_text(struct wbuf *w, const char *text);
/* A 16-bit length and the bytes; ERR_SPACE too when s is over 65535 bytes. */
void wbuf_str16(struct wbuf *w, struct str s);
/* Decimal digits of v. */
void wbuf_dec(struct wbuf *w, uint64_t v);
/* Needs one byte of room behind its text, for a NUL that does not count. */
void wbuf_printf(struct wbuf *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
