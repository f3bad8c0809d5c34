/*
 * udp_world.h - a socket of ours and one of a peer's on the loopback
 *
 * The kernel's refusals cannot be had on demand there, so sendmmsg of this
 * program is a shim in front of the system call.
 */
#ifndef TESTS_UNIT_UDP_WORLD_H
#define TESTS_UNIT_UDP_WORLD_H

#include <stdbool.h>
#include <stddef.h>

#include "sip/udp.h"

struct udp_world {
	uv_loop_t loop;
	uv_timer_t guard; /* ends a test that waits for nothing */
	bool timed_out;
	struct sip_udp *udp; /* NULL: closed */
	int peer;	     /* file descriptor */
	struct addr peer_addr;

	int received;
	struct addr from;
	size_t len;
	char text[200]; /* the beginning of the last one */
	bool echo;	/* send it back */
	bool close_on_datagram;

	int undelivered, err;
	struct addr to;
	size_t lost_len;
	char lost[600];
	bool is_sending; /* the test is inside of a send */

	int flushes, peer_had_at_flush;
};

/* ip is "127.0.0.1" or "::1". ERR_IO when there is no such address. */
int udp_world_init(struct udp_world *w, const char *ip);
void udp_world_fini(struct udp_world *w);
/* Open the socket again, on another loop. */
int udp_world_reopen(struct udp_world *w, uv_loop_t *loop);
/* Let the loop run until *count >= n. */
bool udp_world_wait(struct udp_world *w, const int *count, int n);
/* Whether the loop waits when there is nothing to do. */
bool udp_world_rests(struct udp_world *w);
/* From the peer to us. */
void udp_world_peer_send(struct udp_world *w, const void *data, size_t len);
/* What the peer got: -1 when nothing comes within wait_ms. */
long udp_world_peer_receive(struct udp_world *w, void *out, size_t cap,
			    int wait_ms);
/* From us to the peer. */
int udp_world_send(struct udp_world *w, const char *text);
/* A UDP port of the loopback that nobody listens to. */
struct addr udp_world_closed_port(void);

/* Let the next times calls of sendmmsg, behind those already to fail, fail with
 * err; 0 times ends all of it. */
void udp_world_refuse(int err, int times);

#endif
