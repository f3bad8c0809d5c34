/*
 * transports.h - the sockets of one worker, and how it finds names
 *
 * A UDP socket per UDP listener, all TCP and TLS connections, and the location
 * of host names. What comes in goes to worker_take.
 */
#ifndef LCRPROXY_TRANSPORTS_H
#define LCRPROXY_TRANSPORTS_H

#include <uv.h>

#include "lcrproxy/worker.h"
#include "sip/tcp.h"
#include "sip/udp.h"

struct transports;

/* Opens everything and sets worker->location: 0, ERR_IO (the listener was
 * logged) or ERR_NOMEM. */
int transports_open(struct worker *worker, uv_loop_t *loop,
		    struct transports **out);
/* Look-ups are forgotten, what is queued leaves, no callback comes any more.
 * Memory goes once the loop has run. NULL is accepted. */
void transports_close(struct transports *transports);
/* By this worker's own sockets: as sip_udp_send, sip_tcp_send. */
int transports_send(struct transports *transports, struct sip_flow *to,
		    const char *data, size_t len);
/* Whether another worker has the connection that a message is to go by, while
 * none is here: to gets it (sip_tcp_elsewhere). */
bool transports_elsewhere(struct transports *transports, struct sip_flow *to,
			  const char *data, size_t len);
/* Word of another worker's connection (sip_tcp_learn, sip_tcp_unlearn). */
void transports_learn(struct transports *transports,
		      const struct sip_tcp_offer *offer);
void transports_unlearn(struct transports *transports,
			const struct sip_flow *gone);
bool transports_has_conn(const struct transports *transports, uint32_t conn);
/* For TLS to a host name (sip_tcp_name). */
uint32_t transports_name(struct transports *transports, struct str host);
void transports_set_ctx(struct transports *transports, uint8_t listener,
			struct tls_ctx *ctx);
/* Added up over all sockets. */
void transports_count(const struct transports *transports,
		      struct sip_udp_counters *udp,
		      struct sip_tcp_counters *tcp);

#endif
