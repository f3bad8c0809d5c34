/*
 * tcp_socket.h - what is particular about our TCP sockets on Linux
 */
#ifndef SIP_TCP_SOCKET_H
#define SIP_TCP_SOCKET_H

#include "base/addr.h"

/* A non-blocking socket that listens, with SO_REUSEPORT, IPv6 only for IPv6:
 * 0 or ERR_IO (errno). */
int tcp_socket_listen(const struct addr *at, int *out);
/* The next connection: 0, ERR_BUSY (none waits), or ERR_IO (errno). */
int tcp_socket_accept(int listener, int *out, struct addr *from);
/* Begin to connect, from the IP address of from: 0 or ERR_IO (errno). */
int tcp_socket_connect(const struct addr *from, const struct addr *to,
		       int *out);
/* How long what was sent may wait to be acknowledged, the peer's window being
 * closed or not: then the connection is lost with ETIMEDOUT. */
void tcp_socket_set_patience(int fd, int32_t ms);
/* The errno of a connect that has ended, 0 = connected. */
int tcp_socket_error(int fd);
void tcp_socket_local(int fd, struct addr *out);

#endif
