/* tcp_socket.c - what is particular about our TCP sockets on Linux */
#include "sip/tcp_socket.h"

#include <errno.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/err.h"

#define BACKLOG 1024

static void
set_option(int fd, int level, int option)
{
	int on = 1;

	(void)setsockopt(fd, level, option, &on, sizeof(on));
}

static int
give_up(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return ERR_IO;
}

static int
open_socket(const struct addr *addr)
{
	return socket(addr->family == 6 ? AF_INET6 : AF_INET,
		      SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int
bind_to(int fd, const struct addr *addr)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(addr, &sa);

	return bind(fd, (struct sockaddr *)&sa, len);
}

/* Messages leave at once (they are gathered already), and a peer that is gone
 * without a word is noticed in the end. */
static void
set_up(int fd)
{
	set_option(fd, IPPROTO_TCP, TCP_NODELAY);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE);
}

void
tcp_socket_set_patience(int fd, int32_t ms)
{
	unsigned patience = (unsigned)ms;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience,
			 sizeof(patience));
}

int
tcp_socket_listen(const struct addr *at, int *out)
{
	int fd = open_socket(at);

	if (fd < 0)
		return ERR_IO;
	set_option(fd, SOL_SOCKET, SO_REUSEADDR);
	set_option(fd, SOL_SOCKET, SO_REUSEPORT);
	if (at->family == 6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	if (bind_to(fd, at) != 0 || listen(fd, BACKLOG) != 0)
		return give_up(fd);
	*out = fd;
	return 0;
}

int
tcp_socket_accept(int listener, int *out, struct addr *from)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	int fd = accept4(listener, (struct sockaddr *)&sa, &len,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ||
			       errno == ECONNABORTED || errno == EINTR
			   ? ERR_BUSY
			   : ERR_IO;
	if (addr_from_sockaddr((struct sockaddr *)&sa, from) != 0) {
		errno = EAFNOSUPPORT;
		return give_up(fd);
	}
	set_up(fd);
	*out = fd;
	return 0;
}

int
tcp_socket_connect(const struct addr *from, const struct addr *to, int *out)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(to, &sa);
	int fd = open_socket(to);

	if (fd < 0)
		return ERR_IO;
	if (from != NULL && from->family == to->family) {
		struct addr any_port = *from;

		any_port.port = 0;
		set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
		if (bind_to(fd, &any_port) != 0)
			return give_up(fd);
	}
	set_up(fd);
	if (connect(fd, (struct sockaddr *)&sa, len) != 0 &&
	    errno != EINPROGRESS)
		return give_up(fd);
	*out = fd;
	return 0;
}

int
tcp_socket_error(int fd)
{
	int err = 0;
	socklen_t len = sizeof(err);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err
								     : errno;
}

void
tcp_socket_local(int fd, struct addr *out)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);

	(void)getsockname(fd, (struct sockaddr *)&sa, &len);
	if (addr_from_sockaddr((struct sockaddr *)&sa, out) != 0)
		*out = (struct addr){ 0 };
}
