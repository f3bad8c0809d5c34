/*
 * udp_queue.h - datagrams that wait to leave together
 *
 * A bounded queue in one slab of memory, sent with sendmmsg. What could not be
 * sent is remembered until somebody asks.
 */
#ifndef SIP_UDP_QUEUE_H
#define SIP_UDP_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "sip/udp.h"
#include "sip/udp_socket.h"

#define UDP_DATAGRAM_MAX 65507 /* over IPv4: 65535 - 20 - 8 */

struct udp_queue;

/* 0 or ERR_NOMEM. */
int udp_queue_new(struct udp_queue **out);
void udp_queue_free(struct udp_queue *queue);
bool udp_queue_is_empty(const struct udp_queue *queue);
/* Room for a datagram of up to len bytes; NULL when the queue is full. */
char *udp_queue_reserve(struct udp_queue *queue, size_t len);
/* Queue what was written to the room. */
void udp_queue_commit(struct udp_queue *queue, const struct addr *to,
		      size_t len);
/* Send all through fd and count: 0, or ERR_BUSY when the kernel takes no more
 * for now; the rest stays then. */
int udp_queue_send(struct udp_queue *queue, int fd,
		   struct sip_udp_counters *counters);
/* The oldest datagram that the kernel refused: false when there is none. */
bool udp_queue_next_failure(struct udp_queue *queue, struct udp_error *out);
bool udp_queue_has_failure(const struct udp_queue *queue);

#endif
