/* dns_wire.c - one server's messages through c-ares */
#include "base/dns_wire.h"

#include <ares.h>
#include <netinet/in.h>
#include <string.h>

#include "base/alloc.h"
#include "base/dns_message.h"
#include "base/err.h"

#define RENEW_AFTER 500 /* messages; see the header */

struct channel;

/* A socket of c-ares in the loop. */
struct watch {
	uv_poll_t poll;
	struct watch *next;
	struct channel *channel;
	ares_socket_t fd;
};

struct channel {
	struct channel *next; /* renewed ones behind the current */
	struct dns_wire *wire;
	ares_channel ares;
	struct watch *watches;
	unsigned n_sent;
	size_t n_waiting;
};

struct dns_wire {
	uv_loop_t *loop;
	struct addr server;
	struct channel *channels; /* the first is the current one */
	int patience_ms;
	bool is_tcp;
};

/* A message on its way. */
struct message {
	struct channel *channel;
	dns_wire_done *done;
	void *arg;
};

static void
on_watch_closed(uv_handle_t *handle)
{
	mem_free(handle->data);
}

static void
on_ready(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = poll->data;
	ares_socket_t fd = watch->fd;
	bool can_read = status < 0 || (events & UV_READABLE) != 0;
	bool can_write = status < 0 || (events & UV_WRITABLE) != 0;

	ares_process_fd(watch->channel->ares, can_read ? fd : ARES_SOCKET_BAD,
			can_write ? fd : ARES_SOCKET_BAD);
}

static struct watch **
find_watch(struct channel *channel, ares_socket_t fd)
{
	struct watch **at = &channel->watches;

	while (*at != NULL && (*at)->fd != fd)
		at = &(*at)->next;
	return at;
}

static struct watch *
add_watch(struct channel *channel, ares_socket_t fd)
{
	struct watch *watch = mem_zalloc(1, sizeof(*watch));

	if (watch == NULL)
		return NULL;
	if (uv_poll_init(channel->wire->loop, &watch->poll, fd) != 0) {
		mem_free(watch);
		return NULL;
	}
	watch->poll.data = watch;
	watch->channel = channel;
	watch->fd = fd;
	watch->next = channel->watches;
	channel->watches = watch;
	return watch;
}

/* c-ares tells what it waits for on a socket; nothing: it is about to close
 * it. A socket that cannot be watched is a server that stays silent. */
static void
on_socket(void *data, ares_socket_t fd, int readable, int writable)
{
	struct channel *channel = data;
	struct watch **at = find_watch(channel, fd);
	struct watch *watch = *at;
	int events =
	    (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0);

	if (events != 0) {
		if (watch == NULL)
			watch = add_watch(channel, fd);
		if (watch != NULL)
			uv_poll_start(&watch->poll, events, on_ready);
	} else if (watch != NULL) {
		*at = watch->next;
		uv_close((uv_handle_t *)&watch->poll, on_watch_closed);
	}
}

static int
set_server(ares_channel ares, const struct addr *server)
{
	struct ares_addr_port_node node = {
		.family = server->family == 4 ? AF_INET : AF_INET6,
		.udp_port = server->port,
		.tcp_port = server->port,
	};

	if (server->family == 4)
		memcpy(&node.addr.addr4, server->ip, sizeof(node.addr.addr4));
	else
		memcpy(&node.addr.addr6, server->ip, sizeof(node.addr.addr6));
	return ares_set_servers_ports(ares, &node);
}

/* All of resolv.conf's and the environment's business is given, so that
 * c-ares reads neither. One try of one server: what comes next is not its
 * business, and neither are rcodes and the TC bit. */
static int
open_ares(struct channel *channel)
{
	char lookups[] = "b";
	struct ares_options options = {
		.flags = ARES_FLAG_IGNTC | ARES_FLAG_NOCHECKRESP |
			 ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES |
			 ARES_FLAG_EDNS |
			 (channel->wire->is_tcp ? ARES_FLAG_USEVC : 0),
		.timeout = channel->wire->patience_ms,
		.tries = 1,
		.ndots = 1,
		.lookups = lookups,
		.sock_state_cb = on_socket,
		.sock_state_cb_data = channel,
		.ednspsz = DNS_EDNS_SIZE,
	};
	int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
		   ARES_OPT_NDOTS | ARES_OPT_SERVERS | ARES_OPT_DOMAINS |
		   ARES_OPT_LOOKUPS | ARES_OPT_SORTLIST | ARES_OPT_EDNSPSZ |
		   ARES_OPT_NOROTATE | ARES_OPT_SOCK_STATE_CB;

	if (ares_init_options(&channel->ares, &options, mask) != ARES_SUCCESS)
		return ERR_NOMEM;
	if (set_server(channel->ares, &channel->wire->server) == ARES_SUCCESS)
		return 0;
	ares_destroy(channel->ares);
	return ERR_NOMEM;
}

static int
channel_new(struct dns_wire *wire, struct channel **out)
{
	struct channel *channel = mem_zalloc(1, sizeof(*channel));
	int err;

	if (channel == NULL)
		return ERR_NOMEM;
	channel->wire = wire;
	err = open_ares(channel);
	if (err != 0) {
		mem_free(channel);
		return err;
	}
	*out = channel;
	return 0;
}

static void
channel_free(struct channel *channel)
{
	ares_destroy(channel->ares); /* closes its sockets: on_socket */
	mem_free(channel);
}

int
dns_wire_new(uv_loop_t *loop, const struct addr *server, bool tcp,
	     int patience_ms, struct dns_wire **out)
{
	struct dns_wire *wire = mem_zalloc(1, sizeof(*wire));

	if (wire == NULL)
		return ERR_NOMEM;
	wire->loop = loop;
	wire->server = *server;
	wire->patience_ms = patience_ms;
	wire->is_tcp = tcp;
	*out = wire;
	return 0;
}

void
dns_wire_close(struct dns_wire *wire)
{
	struct channel *channel;

	if (wire == NULL)
		return;
	while ((channel = wire->channels) != NULL) {
		wire->channels = channel->next;
		channel_free(channel);
	}
	mem_free(wire);
}

static enum dns_wire_event
event_of(int status)
{
	switch (status) {
	case ARES_SUCCESS:
		return DNS_WIRE_ANSWER;
	case ARES_ENOMEM:
		return DNS_WIRE_FAILED;
	case ARES_ECONNREFUSED:
		return DNS_WIRE_REFUSED;
	case ARES_EDESTRUCTION:
	case ARES_ECANCELLED:
		return DNS_WIRE_CLOSED;
	default:
		return DNS_WIRE_SILENCE;
	}
}

static void
on_ares(void *arg, int status, int timeouts, unsigned char *data, int len)
{
	struct message *message = arg;
	enum dns_wire_event event = event_of(status);

	(void)timeouts;
	message->channel->n_waiting--;
	if (event == DNS_WIRE_ANSWER && (data == NULL || len < 0))
		event = DNS_WIRE_SILENCE;
	message->done(message->arg, event, data, len > 0 ? (size_t)len : 0);
	mem_free(message);
}

/* The channel for the next message. When a new one cannot be had, the old one
 * serves on. */
static struct channel *
current_channel(struct dns_wire *wire)
{
	struct channel *channel = wire->channels, *fresh;

	if (channel != NULL && channel->n_sent < RENEW_AFTER)
		return channel;
	if (channel_new(wire, &fresh) != 0)
		return channel;
	fresh->next = channel;
	wire->channels = fresh;
	return fresh;
}

int
dns_wire_send(struct dns_wire *wire, const uint8_t *query, size_t len,
	      dns_wire_done *done, void *arg)
{
	struct channel *channel = current_channel(wire);
	struct message *message;

	if (channel == NULL)
		return ERR_NOMEM;
	message = mem_alloc(sizeof(*message));
	if (message == NULL)
		return ERR_NOMEM;
	message->channel = channel;
	message->done = done;
	message->arg = arg;
	channel->n_sent++;
	channel->n_waiting++;
	ares_send(channel->ares, query, (int)len, on_ares, message);
	return 0;
}

size_t
dns_wire_tend(struct dns_wire *wire)
{
	struct channel **at = &wire->channels, *channel;
	size_t n_waiting = 0;

	/* Callbacks may put a new channel in front; those behind stay. */
	for (channel = wire->channels; channel != NULL; channel = channel->next)
		ares_process_fd(channel->ares, ARES_SOCKET_BAD,
				ARES_SOCKET_BAD);
	while ((channel = *at) != NULL) {
		n_waiting += channel->n_waiting;
		if (channel->n_waiting == 0 && channel->n_sent >= RENEW_AFTER) {
			*at = channel->next;
			channel_free(channel);
		} else {
			at = &channel->next;
		}
	}
	return n_waiting;
}
