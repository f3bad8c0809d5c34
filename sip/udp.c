/*
 * udp.c - batches of datagrams on a libuv loop
 *
 * Sending: the queue leaves from a prepare handle, which runs right before the
 * loop waits. While something is queued an idle handle is active, so that the
 * loop does not wait even when the queue was filled after our prepare handle
 * ran. Failures of sends are told by that idle handle.
 */
#include "sip/udp.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/udp_queue.h"
#include "sip/udp_socket.h"

#define BATCH 64      /* datagrams of one recvmmsg */
#define ROUNDS_MAX 8  /* batches in a turn, then others get theirs */
#define ERRORS_MAX 64 /* ICMP errors in a turn */
#define N_HANDLES 3

/* A slot holds any datagram and a NUL. The 17 cache lines more keep the slots'
 * beginnings from competing for the same lines of the cache. Pages that no
 * datagram reached take no memory. */
#define SLOT_MAX 65535
#define SLOT_BYTES (SLOT_MAX + 1 + 17 * 64)

struct inbox {
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_storage from[BATCH];
	char slots[BATCH][SLOT_BYTES];
};

struct sip_udp {
	uv_poll_t poll;
	uv_prepare_t prepare;
	uv_idle_t idle;
	int n_handles; /* not yet closed */
	int fd;
	struct addr local;
	struct sip_udp_events events;
	struct sip_udp_counters counters;
	struct inbox *in;
	struct udp_queue *out;
	bool is_blocked;  /* the kernel takes no more for now */
	bool is_flushing; /* before_flush is running */
	bool is_closing;
};

static void on_poll(uv_poll_t *handle, int status, int events);

/* --- receiving --- */

static void
init_inbox(struct inbox *in)
{
	memset(in->msgs, 0, sizeof(in->msgs));
	for (size_t i = 0; i < BATCH; i++) {
		struct msghdr *msg = &in->msgs[i].msg_hdr;

		in->iov[i] = (struct iovec){ in->slots[i], SLOT_MAX };
		msg->msg_name = &in->from[i];
		msg->msg_namelen = sizeof(in->from[i]);
		msg->msg_iov = &in->iov[i];
		msg->msg_iovlen = 1;
	}
}

static void
deliver(struct sip_udp *udp, size_t i)
{
	struct mmsghdr *msg = &udp->in->msgs[i];
	char *data = udp->in->slots[i];
	struct addr from;

	if (addr_from_sockaddr((struct sockaddr *)&udp->in->from[i], &from) !=
	    0)
		return;
	udp->counters.received++;
	udp->counters.received_bytes += msg->msg_len;
	data[msg->msg_len] = '\0';
	udp->events.on_datagram(udp->events.arg, data, msg->msg_len, &from);
}

/* One batch; returns whether there may be more. */
static bool
receive_batch(struct sip_udp *udp)
{
	int n = recvmmsg(udp->fd, udp->in->msgs, BATCH, MSG_DONTWAIT, NULL);

	udp->counters.receive_calls++;
	if (n < 0) /* the error of a datagram sent before is taken off so */
		return errno != EAGAIN && errno != EWOULDBLOCK;
	for (int i = 0; i < n; i++) {
		if (!udp->is_closing)
			deliver(udp, (size_t)i);
	}
	return n == BATCH && !udp->is_closing;
}

static void
report(struct sip_udp *udp, const struct udp_error *error)
{
	udp->counters.undelivered++;
	udp->events.on_undelivered(udp->events.arg, error->data, error->len,
				   &error->to, error->err);
}

static void
read_errors(struct sip_udp *udp)
{
	struct udp_error error;

	for (int i = 0; i < ERRORS_MAX && !udp->is_closing; i++) {
		if (!udp_socket_next_error(udp->fd, &error))
			break;
		if (error.err != 0)
			report(udp, &error);
	}
	udp_socket_clear_error(udp->fd);
}

/* --- the loop --- */

static void
watch(struct sip_udp *udp)
{
	int events = UV_READABLE | (udp->is_blocked ? UV_WRITABLE : 0);

	if (!udp->is_closing)
		(void)uv_poll_start(&udp->poll, events, on_poll);
}

static void
on_poll(uv_poll_t *handle, int status, int events)
{
	struct sip_udp *udp = handle->data;
	int rounds = 1;

	/* errors are queued: libuv has stopped the handle */
	if (status < 0) {
		read_errors(udp);
		watch(udp);
		return;
	}
	if (events & UV_WRITABLE) {
		udp->is_blocked = false;
		watch(udp);
		sip_udp_flush(udp);
	}
	if (!(events & UV_READABLE) || udp->is_closing)
		return;
	while (receive_batch(udp) && rounds < ROUNDS_MAX)
		rounds++;
}

/* Tell of the sends that failed in the turns before. */
static void
on_idle(uv_idle_t *handle)
{
	struct sip_udp *udp = handle->data;
	struct udp_error error;

	for (int i = 0; i < ERRORS_MAX && !udp->is_closing; i++) {
		if (!udp_queue_next_failure(udp->out, &error))
			return;
		report(udp, &error);
	}
}

/* Keep the loop from waiting. */
static void
wake(struct sip_udp *udp)
{
	if (!udp->is_closing && !uv_is_active((uv_handle_t *)&udp->idle))
		(void)uv_idle_start(&udp->idle, on_idle);
}

static void
on_prepare(uv_prepare_t *handle)
{
	struct sip_udp *udp = handle->data;

	sip_udp_flush(udp);
	if (!udp_queue_has_failure(udp->out))
		(void)uv_idle_stop(&udp->idle);
}

/* --- sending --- */

void
sip_udp_flush(struct sip_udp *udp)
{
	if (udp_queue_is_empty(udp->out) || udp->is_blocked)
		return;
	assert(!udp->is_flushing); /* before_flush must not send */
	udp->is_flushing = true;
	if (udp->events.before_flush != NULL)
		udp->events.before_flush(udp->events.arg);
	udp->is_flushing = false;
	if (udp_queue_send(udp->out, udp->fd, &udp->counters) != 0) {
		udp->is_blocked = true;
		watch(udp);
	}
	if (udp_queue_has_failure(udp->out))
		wake(udp);
}

char *
sip_udp_reserve(struct sip_udp *udp, size_t len)
{
	char *room = NULL;

	if (len <= UDP_DATAGRAM_MAX)
		room = udp_queue_reserve(udp->out, len);
	if (room == NULL && len <= UDP_DATAGRAM_MAX) {
		sip_udp_flush(udp);
		room = udp_queue_reserve(udp->out, len);
	}
	if (room == NULL)
		udp->counters.send_errors++;
	return room;
}

int
sip_udp_commit(struct sip_udp *udp, const struct addr *to, size_t len)
{
	udp_queue_commit(udp->out, to, len);
	if (!udp->is_blocked)
		wake(udp);
	return 0;
}

int
sip_udp_send(struct sip_udp *udp, const struct addr *to, const char *data,
	     size_t len)
{
	char *room = sip_udp_reserve(udp, len);

	if (room == NULL)
		return len > UDP_DATAGRAM_MAX ? ERR_LIMIT : 0;
	memcpy(room, data, len);
	return sip_udp_commit(udp, to, len);
}

/* --- opening and closing --- */

static void
free_memory(struct sip_udp *udp)
{
	mem_free(udp->in);
	udp_queue_free(udp->out);
	mem_free(udp);
}

static struct sip_udp *
new_memory(const struct sip_udp_events *events)
{
	struct sip_udp *udp = mem_zalloc(1, sizeof(*udp));

	if (udp == NULL)
		return NULL;
	udp->events = *events;
	udp->in = mem_alloc(sizeof(*udp->in));
	if (udp->in == NULL || udp_queue_new(&udp->out) != 0) {
		free_memory(udp);
		return NULL;
	}
	init_inbox(udp->in);
	return udp;
}

static void
find_local(struct sip_udp *udp)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	(void)getsockname(udp->fd, (struct sockaddr *)&sa, &len);
	(void)addr_from_sockaddr((struct sockaddr *)&sa, &udp->local);
}

static void
start_handles(struct sip_udp *udp, uv_loop_t *loop)
{
	(void)uv_prepare_init(loop, &udp->prepare);
	(void)uv_idle_init(loop, &udp->idle);
	udp->n_handles = N_HANDLES;
	udp->poll.data = udp;
	udp->prepare.data = udp;
	udp->idle.data = udp;
	(void)uv_prepare_start(&udp->prepare, on_prepare);
	watch(udp);
}

int
sip_udp_open(uv_loop_t *loop, const struct addr *bind, struct log *log,
	     const struct sip_udp_events *events, struct sip_udp **out)
{
	struct sip_udp *udp = new_memory(events);
	int err;

	if (udp == NULL)
		return ERR_NOMEM;
	err = udp_socket_open(bind, log, &udp->fd);
	if (err != 0) {
		free_memory(udp);
		return err;
	}
	err = uv_poll_init(loop, &udp->poll, udp->fd);
	if (err != 0) {
		close(udp->fd);
		free_memory(udp);
		errno = -err;
		return ERR_IO;
	}
	find_local(udp);
	start_handles(udp, loop);
	*out = udp;
	return 0;
}

static void
on_closed(uv_handle_t *handle)
{
	struct sip_udp *udp = handle->data;

	if (--udp->n_handles > 0)
		return;
	close(udp->fd);
	free_memory(udp);
}

void
sip_udp_close(struct sip_udp *udp)
{
	if (udp == NULL)
		return;
	udp->is_blocked = false;
	sip_udp_flush(udp);
	udp->is_closing = true;
	uv_close((uv_handle_t *)&udp->poll, on_closed);
	uv_close((uv_handle_t *)&udp->prepare, on_closed);
	uv_close((uv_handle_t *)&udp->idle, on_closed);
}

const struct addr *
sip_udp_local(const struct sip_udp *udp)
{
	return &udp->local;
}

const struct sip_udp_counters *
sip_udp_counters(const struct sip_udp *udp)
{
	return &udp->counters;
}
