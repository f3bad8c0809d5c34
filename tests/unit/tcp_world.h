/*
 * tcp_world.h - two of our ends in one loop, and plain sockets besides
 *
 * Real connections over the loopback, a fake clock for the times.
 */
#ifndef TESTS_UNIT_TCP_WORLD_H
#define TESTS_UNIT_TCP_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "sip/tcp.h"

struct tcp_side {
	struct tcp_world *world;
	struct sip_tcp *tcp; /* NULL: closed */

	int received;
	struct sip_flow from; /* of the last one */
	size_t n_proofs;      /* of the connection; the last one is chosen */
	size_t len;
	char text[300];       /* the beginning of the last one */
	const char *echo;     /* sent back by the same connection */
	bool close_on_message;

	int bad, bad_status;
	int lost, lost_err;
	bool lost_was_open;
	struct sip_flow lost_flow;
	bool is_sending; /* nothing may be told now */
	int flushes;
};

struct tcp_world {
	uv_loop_t loop;
	uv_timer_t guard;
	bool timed_out;
	struct clock clock;
	struct timers timers;
	struct hash_key key;
	struct sip_tcp_limits limits; /* of sides opened from here on */
	enum sip_tcp_alias alias;     /* likewise */
	struct tcp_side a, b;	      /* a listens as 3, b as 5 */
	int peer, server;	      /* plain sockets, -1 = none */
};

/* NULL contexts: TCP. */
int tcp_world_init(struct tcp_world *w, struct tls_ctx *a,
		   struct tls_ctx *b);
void tcp_world_fini(struct tcp_world *w);
/* Let the loop run until *count >= n. */
bool tcp_world_wait(struct tcp_world *w, const int *count, int n);
/* Let it run until it has nothing to do for a moment. */
void tcp_world_settle(struct tcp_world *w);
/* Time passes; the loop settles before and after. */
void tcp_world_pass(struct tcp_world *w, int64_t ms);
/* A flow from side to the other. */
struct sip_flow tcp_world_flow(const struct tcp_side *from);
/* Send text by side; nothing must be told meanwhile. */
int tcp_world_send(struct tcp_side *side, struct sip_flow *to,
		   const char *text);
/* Connect w->peer to side a. */
void tcp_world_connect(struct tcp_world *w);
/* Open a plain server; the flow to it from side a. Take its connection as
 * w->peer: false when none has come. */
struct sip_flow tcp_world_serve(struct tcp_world *w);
bool tcp_world_take(struct tcp_world *w);
void tcp_world_write(struct tcp_world *w, const char *text);
/* What the peer gets before the loop settles: octets in out, a NUL added; 0
 * when it was closed; -1 when nothing comes. */
long tcp_world_read(struct tcp_world *w, char *out, size_t cap);

#endif
