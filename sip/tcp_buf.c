/* tcp_buf.c - bytes that wait, growing at one end and used at the other */
#include "sip/tcp_buf.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define FIRST_CAP 2048

/* Move what waits to the beginning. */
static void
compact(struct tcp_buf *buf)
{
	if (buf->at == 0)
		return;
	memmove(buf->p, buf->p + buf->at, tcp_buf_len(buf));
	buf->end -= buf->at;
	buf->at = 0;
}

static int
make_room(struct tcp_buf *buf, size_t len)
{
	size_t cap = buf->cap > 0 ? buf->cap : FIRST_CAP;
	char *p;

	/* moving costs no more than what was used since the last time */
	if (buf->at >= tcp_buf_len(buf))
		compact(buf);
	if (len <= buf->cap - buf->end)
		return 0;
	while (cap - buf->end < len)
		cap *= 2;
	p = mem_realloc(buf->p, cap + 1);
	if (p == NULL)
		return ERR_NOMEM;
	buf->p = p;
	buf->cap = cap;
	return 0;
}

int
tcp_buf_add(struct tcp_buf *buf, const void *data, size_t len)
{
	if (len == 0)
		return 0;
	if (make_room(buf, len) != 0)
		return ERR_NOMEM;
	memcpy(buf->p + buf->end, data, len);
	buf->end += len;
	return 0;
}

void
tcp_buf_use(struct tcp_buf *buf, size_t len)
{
	assert(len <= tcp_buf_len(buf));
	buf->at += len;
	if (buf->at == buf->end)
		tcp_buf_fini(buf);
}

void
tcp_buf_fini(struct tcp_buf *buf)
{
	mem_free(buf->p);
	*buf = (struct tcp_buf){ NULL, 0, 0, 0 };
}
