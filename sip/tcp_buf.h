/*
 * tcp_buf.h - bytes that wait, growing at one end and used at the other
 */
#ifndef SIP_TCP_BUF_H
#define SIP_TCP_BUF_H

#include <stddef.h>

/* Zeroed, it is empty and holds no memory. */
struct tcp_buf {
	char *p;
	size_t at;  /* the first octet that waits */
	size_t end; /* behind the last */
	size_t cap; /* p has one octet more */
};

static inline size_t
tcp_buf_len(const struct tcp_buf *buf)
{
	return buf->end - buf->at;
}

static inline char *
tcp_buf_data(const struct tcp_buf *buf)
{
	return buf->p + buf->at;
}

/* 0 or ERR_NOMEM, and nothing was added then. */
int tcp_buf_add(struct tcp_buf *buf, const void *data, size_t len);
/* The first len octets are done with; an empty buffer gives its memory back. */
void tcp_buf_use(struct tcp_buf *buf, size_t len);
void tcp_buf_fini(struct tcp_buf *buf);

#endif
