/* conn_tls.c - TLS between a TCP stream and TRIP messages */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "trip/conn_private.h"

#define STREAM_IN 16384
#define STREAM_OUT (TRIP_CONN_OUT + 2048) /* with what each record adds */

struct trip_conn_tls {
	struct tls *tls;
	uv_write_t write;
	bool is_sending;
	const uint8_t *plain; /* being written; NULL: nothing */
	size_t plain_len;     /* of it, not encrypted yet */
	char in[STREAM_IN];
	char out[STREAM_OUT];
};

static void pump(struct trip_conn *conn);

static void
on_sent(uv_write_t *write, int status)
{
	struct trip_conn *conn = write->data;
	struct trip_conn_tls *t = conn->tls;

	t->is_sending = false;
	if (conn->is_closing)
		return;
	if (status == 0)
		pump(conn);
	else if (t->plain != NULL) {
		t->plain = NULL;
		trip_conn_written(conn, status);
	}
}

/* Send what there is, one write at a time. Only called from outside when there
 * may be something; the end of a write comes from on_sent alone. */
static void
pump(struct trip_conn *conn)
{
	struct trip_conn_tls *t = conn->tls;
	uv_buf_t buf;
	size_t n;

	if (t->is_sending || conn->is_closing)
		return;
	/* without memory the write never ends: the peer is given up in time */
	if (t->plain_len > 0 && tls_is_open(t->tls) &&
	    tls_write(t->tls, (const char *)t->plain, t->plain_len) == 0)
		t->plain_len = 0;
	n = tls_take(t->tls, t->out, sizeof(t->out));
	if (n > 0) {
		buf = uv_buf_init(t->out, (unsigned)n);
		t->is_sending = uv_write(&t->write, (uv_stream_t *)&conn->tcp,
					 &buf, 1, on_sent) == 0;
		return; /* a failure shows when the stream is read */
	}
	if (t->plain != NULL && t->plain_len == 0) {
		t->plain = NULL;
		trip_conn_written(conn, 0);
	}
}

int
trip_conn_tls_begin(struct trip_conn *conn)
{
	const struct trip_conn_options *options = &conn->options;
	struct trip_conn_tls *t;
	size_t len;
	int err;

	if (options->tls == NULL)
		return 0;
	t = mem_alloc(sizeof(*t));
	if (t == NULL)
		return ERR_NOMEM;
	memset(t, 0, offsetof(struct trip_conn_tls, in));
	err = conn->is_outbound
		  ? tls_connect(options->tls, options->tls_name, &t->tls)
		  : tls_accept(options->tls, &t->tls);
	if (err != 0) {
		mem_free(t);
		return err;
	}
	t->write.data = conn;
	conn->tls = t;
	if (conn->is_outbound) { /* the client speaks first */
		(void)tls_read(t->tls, t->in, sizeof(t->in), &len);
		pump(conn);
	}
	return 0;
}

void
trip_conn_tls_free(struct trip_conn *conn)
{
	if (conn->tls == NULL)
		return;
	tls_free(conn->tls->tls);
	mem_free(conn->tls);
}

void
trip_conn_tls_buf(struct trip_conn *conn, uv_buf_t *buf)
{
	*buf = uv_buf_init(conn->tls->in, sizeof(conn->tls->in));
}

/* It is over: what TLS has to say of it (an alert), then the end. */
static void
end(struct trip_conn *conn, int err)
{
	const struct trip_conn_options *options = &conn->options;

	pump(conn);
	if (err != ERR_END)
		options->events->on_insecure(options->arg, conn,
					     err == ERR_NOMEM
						 ? err_text(err)
						 : tls_why(conn->tls->tls));
	options->events->on_closed(options->arg, conn, err != ERR_END);
}

void
trip_conn_tls_read(struct trip_conn *conn, size_t n)
{
	struct tls *tls = conn->tls->tls;
	int err = tls_feed(tls, conn->tls->in, n);
	size_t len = 0;

	do {
		if (err == 0)
			err = tls_read(tls, (char *)conn->in + conn->in_len,
				       CONN_IN_MAX - conn->in_len, &len);
		if (err != 0) {
			end(conn, err);
			return;
		}
		conn->in_len += len;
		if (len > 0 && !trip_conn_take(conn))
			return;
	} while (len > 0 && !conn->is_finishing && !conn->is_closing);
	pump(conn);
}

void
trip_conn_tls_write(struct trip_conn *conn, const uint8_t *data, size_t len)
{
	conn->tls->plain = data;
	conn->tls->plain_len = len;
	pump(conn);
}

void
trip_conn_tls_finish(struct trip_conn *conn)
{
	struct trip_conn_tls *t = conn->tls;
	uv_buf_t buf;
	size_t n;

	if (t == NULL || t->is_sending || !tls_is_open(t->tls))
		return;
	tls_finish(t->tls);
	n = tls_take(t->tls, t->out, sizeof(t->out));
	buf = uv_buf_init(t->out, (unsigned)n);
	if (n > 0)
		(void)uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
}
