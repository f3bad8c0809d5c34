/*
 * udp.h - datagrams of one worker: received in batches, sent in batches
 *
 * On a libuv poll handle with recvmmsg and sendmmsg of its own. What is sent
 * during a loop turn is queued and leaves just before the loop waits again,
 * after before_flush has run: that is where the accounting journal is written,
 * so nothing is told to anybody before it is on record.
 */
#ifndef SIP_UDP_H
#define SIP_UDP_H

#include <uv.h>

#include "base/addr.h"
#include "base/log.h"

struct sip_udp;

struct sip_udp_events {
	/* One datagram; data is valid during the call and followed by a NUL. */
	void (*on_datagram)(void *arg, const char *data, size_t len,
			    const struct addr *from);
	/* A datagram could not be delivered (an ICMP error that came back, or
	 * the kernel's refusal). data is the beginning of what was sent. err
	 * is a positive errno. Called from the loop, never inside a send. */
	void (*on_undelivered)(void *arg, const char *data, size_t len,
			       const struct addr *to, int err);
	/* Before queued datagrams leave, also when a full queue leaves in the
	 * middle of a turn; must not send. May be NULL. */
	void (*before_flush)(void *arg);
	void *arg;
};

/* Open and bind with SO_REUSEPORT (several workers share the port); port 0
 * picks one (see sip_udp_local). 0, ERR_IO (errno) or ERR_NOMEM. events is
 * copied. */
int sip_udp_open(uv_loop_t *loop, const struct addr *bind, struct log *log,
		 const struct sip_udp_events *events, struct sip_udp **out);
/* Flushes, closes; memory goes once the loop has run. No callback but
 * before_flush comes any more. May be called from a callback. */
void sip_udp_close(struct sip_udp *udp);
const struct addr *sip_udp_local(const struct sip_udp *udp);
/* Queue a copy: 0 or ERR_LIMIT (over 65507 bytes). A full queue is flushed
 * first; when the kernel takes nothing either, the datagram is dropped and
 * counted in send_errors, and 0 returned: that is a loss like any other. */
int sip_udp_send(struct sip_udp *udp, const struct addr *to, const char *data,
		 size_t len);
/* Room of len bytes in the queue to write a datagram in place (NULL where
 * sip_udp_send would refuse or drop it), and its sending with the length it got
 * (<= len), which returns 0. Nothing else may be queued between the two. */
char *sip_udp_reserve(struct sip_udp *udp, size_t len);
int sip_udp_commit(struct sip_udp *udp, const struct addr *to, size_t len);
void sip_udp_flush(struct sip_udp *udp);

struct sip_udp_counters {
	uint64_t received, received_bytes, sent, sent_bytes, send_errors,
	    undelivered, receive_calls, send_calls;
};
const struct sip_udp_counters *sip_udp_counters(const struct sip_udp *udp);

#endif
