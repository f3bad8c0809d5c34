/* dns_server.c - a scripted DNS server in the loop of a test */
#include "tests/unit/dns_server.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>

#define MESSAGE_MAX 65535

/* A TCP client; one message at a time is all that c-ares sends. */
struct client {
	uv_tcp_t tcp;
	uv_write_t write;
	struct dns_test_server *server;
	size_t len;
	uint8_t in[1024];
	uint8_t out[MESSAGE_MAX + 2];
};

static size_t
answer(struct dns_test_server *server, const uint8_t *data, size_t len,
       bool is_tcp, uint8_t *out)
{
	struct dns_server_query query = { .is_tcp = is_tcp };
	struct wbuf w;

	query.number = is_tcp ? server->n_tcp++ : server->n_udp++;
	if (dns_message_parse(data, len, &query.message) != 0)
		return 0;
	wbuf_init(&w, out, MESSAGE_MAX);
	server->script(server->arg, &query, &w);
	return w.err == 0 ? w.len : 0;
}

static void
give_datagram(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct dns_test_server *server = handle->data;

	(void)size;
	*buf = uv_buf_init((char *)server->datagram, sizeof(server->datagram));
}

static void
on_datagram(uv_udp_t *udp, ssize_t n, const uv_buf_t *buf,
	    const struct sockaddr *from, unsigned flags)
{
	static uint8_t out[MESSAGE_MAX]; /* of one test's thread */
	uv_buf_t reply;
	size_t len;

	(void)flags;
	if (n <= 0 || from == NULL)
		return;
	len = answer(udp->data, (const uint8_t *)buf->base, (size_t)n, false,
		     out);
	reply = uv_buf_init((char *)out, (unsigned)len);
	if (len > 0)
		uv_udp_try_send(udp, &reply, 1, from);
}

static void
on_client_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
give_stream(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct client *client = handle->data;

	(void)size;
	*buf = uv_buf_init((char *)client->in + client->len,
			   (unsigned)(sizeof(client->in) - client->len));
}

static void
on_stream(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct client *client = stream->data;
	size_t len, want;
	uv_buf_t reply;

	(void)buf;
	if (n < 0) {
		uv_close((uv_handle_t *)stream, on_client_closed);
		return;
	}
	client->len += (size_t)n;
	if (client->len < 2)
		return;
	want = (size_t)client->in[0] << 8 | client->in[1];
	if (client->len < want + 2)
		return;
	len =
	    answer(client->server, client->in + 2, want, true, client->out + 2);
	client->len = 0;
	client->out[0] = (uint8_t)(len >> 8);
	client->out[1] = (uint8_t)len;
	reply = uv_buf_init((char *)client->out, (unsigned)len + 2);
	if (len > 0)
		uv_write(&client->write, stream, &reply, 1, NULL);
}

static void
on_connection(uv_stream_t *listener, int status)
{
	struct dns_test_server *server = listener->data;
	struct client *client = calloc(1, sizeof(*client));

	if (client == NULL || status != 0)
		abort();
	client->server = server;
	uv_tcp_init(listener->loop, &client->tcp);
	client->tcp.data = client;
	uv_accept(listener, (uv_stream_t *)&client->tcp);
	uv_read_start((uv_stream_t *)&client->tcp, give_stream, on_stream);
}

static int
bind_to(int type, uint16_t port, struct addr *out)
{
	struct addr want = { .family = 4, .port = port, .ip = { 127, 0, 0, 1 } };
	struct sockaddr_storage where;
	socklen_t len = addr_to_sockaddr(&want, &where);
	int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&where, len) == 0 &&
	    getsockname(fd, (struct sockaddr *)&where, &len) == 0 &&
	    addr_from_sockaddr((struct sockaddr *)&where, out) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* One port for both: what is free for datagrams may be taken for streams. */
static bool
bind_pair(struct dns_test_server *server, bool with_tcp, int fds[2])
{
	struct addr same;

	for (int i = 0; i < 50; i++) {
		fds[0] = bind_to(SOCK_DGRAM, 0, &server->addr);
		if (fds[0] < 0)
			return false;
		fds[1] = with_tcp ? bind_to(SOCK_STREAM, server->addr.port,
					    &same)
				  : -1;
		if (!with_tcp || fds[1] >= 0)
			return true;
		close(fds[0]);
	}
	return false;
}

static bool
bind_both(struct dns_test_server *server, bool with_tcp)
{
	int fds[2];

	if (!bind_pair(server, with_tcp, fds))
		return false;
	if (uv_udp_open(&server->udp, fds[0]) != 0)
		return false;
	return !with_tcp ||
	       (uv_tcp_open(&server->tcp, fds[1]) == 0 &&
		uv_listen((uv_stream_t *)&server->tcp, 16, on_connection) == 0);
}

bool
dns_test_server_open(struct dns_test_server *server, uv_loop_t *loop,
		     bool with_tcp, dns_script *script, void *arg)
{
	memset(server, 0, sizeof(*server));
	server->script = script;
	server->arg = arg;
	uv_udp_init(loop, &server->udp);
	uv_tcp_init(loop, &server->tcp);
	server->udp.data = server;
	server->tcp.data = server;
	if (bind_both(server, with_tcp) &&
	    uv_udp_recv_start(&server->udp, give_datagram, on_datagram) == 0)
		return true;
	dns_test_server_close(server);
	return false;
}

void
dns_test_server_close(struct dns_test_server *server)
{
	if (uv_is_closing((uv_handle_t *)&server->udp))
		return; /* it could not be opened */
	uv_close((uv_handle_t *)&server->udp, NULL);
	uv_close((uv_handle_t *)&server->tcp, NULL);
}

void
dns_put_header(struct wbuf *w, const struct dns_server_query *query,
	       unsigned flags, unsigned n_answers, unsigned n_authority)
{
	const struct dns_message *m = &query->message;

	wbuf_u16(w, m->id);
	wbuf_u16(w, (uint16_t)(0x8100U | flags));
	wbuf_u16(w, 1);
	wbuf_u16(w, (uint16_t)n_answers);
	wbuf_u16(w, (uint16_t)n_authority);
	wbuf_u16(w, 0);
	wbuf_bytes(w, m->name.wire, m->name.len);
	wbuf_u16(w, m->type);
	wbuf_u16(w, 1);
}

void
dns_put_record(struct wbuf *w, uint16_t type, uint32_t ttl_s, const void *data,
	       size_t len)
{
	wbuf_u16(w, 0xc00c);
	wbuf_u16(w, type);
	wbuf_u16(w, 1);
	wbuf_u32(w, ttl_s);
	wbuf_u16(w, (uint16_t)len);
	wbuf_bytes(w, data, len);
}

static void
put_string(struct wbuf *w, const char *text)
{
	wbuf_u8(w, (uint8_t)strlen(text));
	wbuf_text(w, text);
}

void
dns_put_naptr(struct wbuf *w, uint32_t ttl_s, unsigned order,
	      unsigned preference, const char *flags, const char *services,
	      const char *regexp, const char *replacement)
{
	uint8_t data[1200];
	struct dns_name name;
	struct wbuf inner;

	if (dns_name_parse(str_of(replacement), &name) != 0)
		abort();
	wbuf_init(&inner, data, sizeof(data));
	wbuf_u16(&inner, (uint16_t)order);
	wbuf_u16(&inner, (uint16_t)preference);
	put_string(&inner, flags);
	put_string(&inner, services);
	put_string(&inner, regexp);
	wbuf_bytes(&inner, name.wire, name.len);
	dns_put_record(w, DNS_NAPTR, ttl_s, data, inner.len);
}

void
dns_put_soa(struct wbuf *w, uint32_t ttl_s, uint32_t minimum_s)
{
	uint8_t data[22] = { 0 };

	for (int i = 0; i < 4; i++)
		data[18 + i] = (uint8_t)(minimum_s >> (24 - 8 * i));
	wbuf_u8(w, 0);
	wbuf_u16(w, DNS_SOA);
	wbuf_u16(w, 1);
	wbuf_u32(w, ttl_s);
	wbuf_u16(w, sizeof(data));
	wbuf_bytes(w, data, sizeof(data));
}
