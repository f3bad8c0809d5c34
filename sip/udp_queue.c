/* udp_queue.c - the send queue over sendmmsg */
#include "sip/udp_queue.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/uio.h>

#include "base/alloc.h"
#include "base/err.h"

#define QUEUE_MAX 256 /* datagrams that wait */
#define SLAB_BYTES (1 << 20)
#define SEND_TRIES 3     /* an error may be that of an older datagram */
#define FAILURES_MAX 256 /* remembered */

struct failure {
	struct failure *next;
	struct udp_error error;
};

struct udp_queue {
	size_t first, n; /* those from first on wait */
	size_t used;     /* bytes of the slab */
	size_t reserved; /* of them promised, not committed */
	struct failure *failures, **failures_end;
	size_t n_failures;
	struct mmsghdr msgs[QUEUE_MAX];
	struct iovec iov[QUEUE_MAX];
	struct sockaddr_storage to[QUEUE_MAX];
	char slab[SLAB_BYTES]; /* pages never reached take no memory */
};

int
udp_queue_new(struct udp_queue **out)
{
	struct udp_queue *queue = mem_alloc(sizeof(*queue));

	if (queue == NULL)
		return ERR_NOMEM;
	memset(queue, 0, offsetof(struct udp_queue, msgs));
	queue->failures_end = &queue->failures;
	*out = queue;
	return 0;
}

static void
forget_first_failure(struct udp_queue *queue)
{
	struct failure *failure = queue->failures;

	queue->failures = failure->next;
	if (queue->failures == NULL)
		queue->failures_end = &queue->failures;
	queue->n_failures--;
	mem_free(failure);
}

void
udp_queue_free(struct udp_queue *queue)
{
	if (queue == NULL)
		return;
	while (queue->failures != NULL)
		forget_first_failure(queue);
	mem_free(queue);
}

bool
udp_queue_is_empty(const struct udp_queue *queue)
{
	return queue->n == 0;
}

char *
udp_queue_reserve(struct udp_queue *queue, size_t len)
{
	if (queue->n == QUEUE_MAX || queue->used + len > SLAB_BYTES)
		return NULL;
	queue->reserved = len;
	return queue->slab + queue->used;
}

void
udp_queue_commit(struct udp_queue *queue, const struct addr *to, size_t len)
{
	size_t i = queue->n;
	struct msghdr *msg = &queue->msgs[i].msg_hdr;

	assert(len <= queue->reserved);
	queue->reserved = 0;
	queue->iov[i] = (struct iovec){ queue->slab + queue->used, len };
	memset(msg, 0, sizeof(*msg));
	msg->msg_name = &queue->to[i];
	msg->msg_namelen = addr_to_sockaddr(to, &queue->to[i]);
	msg->msg_iov = &queue->iov[i];
	msg->msg_iovlen = 1;
	queue->n++;
	queue->used += len;
}

/* A full queue of the device or of the kernel: the datagram is lost as it may
 * be anywhere on its way, which retransmission heals. */
static bool
is_loss(int err)
{
	return err == ENOBUFS || err == ENOMEM;
}

static void
note_failure(struct udp_queue *queue, size_t i, int err)
{
	const struct iovec *iov = &queue->iov[i];
	struct failure *failure = NULL;
	struct udp_error *error;

	if (queue->n_failures < FAILURES_MAX)
		failure = mem_alloc(sizeof(*failure));
	if (failure == NULL)
		return;
	error = &failure->error;
	error->err = err;
	error->len = iov->iov_len < sizeof(error->data) ? iov->iov_len
							: sizeof(error->data);
	memcpy(error->data, iov->iov_base, error->len);
	(void)addr_from_sockaddr((struct sockaddr *)&queue->to[i], &error->to);
	failure->next = NULL;
	*queue->failures_end = failure;
	queue->failures_end = &failure->next;
	queue->n_failures++;
}

static void
skip_first(struct udp_queue *queue, int err, struct sip_udp_counters *counters)
{
	counters->send_errors++;
	if (!is_loss(err))
		note_failure(queue, queue->first, err);
	queue->first++;
}

static void
take_sent(struct udp_queue *queue, int n, struct sip_udp_counters *counters)
{
	counters->sent += (unsigned)n;
	for (int i = 0; i < n; i++)
		counters->sent_bytes += queue->iov[queue->first++].iov_len;
}

int
udp_queue_send(struct udp_queue *queue, int fd,
	       struct sip_udp_counters *counters)
{
	int tries = 0;

	while (queue->first < queue->n) {
		size_t left = queue->n - queue->first;
		int n = sendmmsg(fd, &queue->msgs[queue->first], (unsigned)left,
				 MSG_DONTWAIT);

		counters->send_calls++;
		if (n > 0) {
			take_sent(queue, n, counters);
			tries = 0;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			return ERR_BUSY;
		} else if (errno != EINTR && ++tries == SEND_TRIES) {
			skip_first(queue, errno, counters);
			tries = 0;
		}
	}
	queue->first = 0;
	queue->n = 0;
	queue->used = 0;
	return 0;
}

bool
udp_queue_next_failure(struct udp_queue *queue, struct udp_error *out)
{
	if (queue->failures == NULL)
		return false;
	*out = queue->failures->error;
	forget_first_failure(queue);
	return true;
}

bool
udp_queue_has_failure(const struct udp_queue *queue)
{
	return queue->failures != NULL;
}
