/*
 * udp_socket.h - what is particular about our UDP sockets on Linux
 */
#ifndef SIP_UDP_SOCKET_H
#define SIP_UDP_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/log.h"

#define UDP_ERROR_DATA_MAX 512 /* bytes of a datagram that came back */

/* A datagram that did not arrive. */
struct udp_error {
	struct addr to;
	int err;     /* a positive errno */
	size_t len;  /* of data, which is the beginning of what was sent */
	char data[UDP_ERROR_DATA_MAX];
};

/* A non-blocking socket bound to at, with SO_REUSEPORT, large buffers, ICMP
 * errors queued, IPv6 only for IPv6. 0 or ERR_IO (errno). */
int udp_socket_open(const struct addr *at, struct log *log, int *out);
/* The next of the errors that ICMP brought: false when there is none. Those
 * that RFC 3261 18.4 tells to ignore are given with err == 0. */
bool udp_socket_next_error(int fd, struct udp_error *out);
/* Take off the error that the next call would get, when the queue of errors had
 * no room for it. */
void udp_socket_clear_error(int fd);

#endif
