/* udp_socket.c - socket options and the queue of ICMP errors */
#include "sip/udp_socket.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* behind the socket headers, whose types it needs */
#include <linux/errqueue.h>

#include "base/err.h"

#define BUFFER_BYTES (8 << 20) /* about 5,000 datagrams of a call */

/* ICMP (RFC 792) and ICMPv6 (RFC 4443) types, and the code that only says the
 * path takes smaller packets: the kernel has learnt that, and a retransmission
 * will pass. */
enum { ICMP_UNREACHABLE = 3, ICMP_TOO_BIG_CODE = 4, ICMP_PARAMETER = 12 };
enum { ICMP6_UNREACHABLE = 1, ICMP6_PARAMETER = 4 };

static int
set_option(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

/* FORCE is for root and passes the system's limit. The kernel doubles what is
 * asked for, for its own needs. */
static void
set_buffer(int fd, int force_option, int option)
{
	if (set_option(fd, SOL_SOCKET, force_option, BUFFER_BYTES) != 0)
		(void)set_option(fd, SOL_SOCKET, option, BUFFER_BYTES);
}

static void
check_buffer(int fd, const struct addr *at, struct log *log)
{
	char text[ADDR_TEXT_MAX];
	int bytes = 0;
	socklen_t len = sizeof(bytes);

	(void)getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len);
	if (bytes / 2 < BUFFER_BYTES)
		log_warning(log,
			    "udp %s: receive buffer is %d bytes, expected "
			    "%d; raise net.core.rmem_max",
			    addr_format(at, text), bytes / 2, BUFFER_BYTES);
}

static int
set_options(int fd, const struct addr *at)
{
	bool is_ip6 = at->family == 6;

	if (set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) != 0)
		return ERR_IO;
	if (is_ip6 && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) != 0)
		return ERR_IO;
	if (is_ip6)
		return set_option(fd, IPPROTO_IPV6, IPV6_RECVERR, 1) == 0
			   ? 0
			   : ERR_IO;
	/* never "don't fragment": where ICMP is filtered nobody would tell that
	 * a response, however often it goes, is too long for the path */
	(void)set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT);
	return set_option(fd, IPPROTO_IP, IP_RECVERR, 1) == 0 ? 0 : ERR_IO;
}

int
udp_socket_open(const struct addr *at, struct log *log, int *out)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(at, &sa);
	int fd, saved;

	fd = socket(at->family == 6 ? AF_INET6 : AF_INET,
		    SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ERR_IO;
	if (set_options(fd, at) != 0 ||
	    bind(fd, (const struct sockaddr *)&sa, sa_len) != 0) {
		saved = errno;
		close(fd);
		errno = saved;
		return ERR_IO;
	}
	set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
	set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
	check_buffer(fd, at, log);
	*out = fd;
	return 0;
}

/* RFC 3261 18.4: unreachable and parameter problems count, source quench and
 * TTL exceeded do not. Errors that arise here were returned by the send. */
static bool
is_failure(const struct sock_extended_err *ee)
{
	if (ee->ee_origin == SO_EE_ORIGIN_ICMP)
		return ee->ee_type == ICMP_PARAMETER ||
		       (ee->ee_type == ICMP_UNREACHABLE &&
			ee->ee_code != ICMP_TOO_BIG_CODE);
	return ee->ee_origin == SO_EE_ORIGIN_ICMP6 &&
	       (ee->ee_type == ICMP6_UNREACHABLE ||
		ee->ee_type == ICMP6_PARAMETER);
}

/* The errno of the report in the control messages, or 0. */
static int
failure_of(struct msghdr *msg)
{
	struct sock_extended_err ee;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		bool ip4 =
		    c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_RECVERR;
		bool ip6 = c->cmsg_level == IPPROTO_IPV6 &&
			   c->cmsg_type == IPV6_RECVERR;

		if (!ip4 && !ip6)
			continue;
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		return is_failure(&ee) ? (int)ee.ee_errno : 0;
	}
	return 0;
}

bool
udp_socket_next_error(int fd, struct udp_error *out)
{
	union {
		char bytes[256];
		struct cmsghdr align;
	} control;
	struct sockaddr_storage to = { 0 };
	struct iovec iov = { out->data, sizeof(out->data) };
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

	if (n < 0)
		return false;
	out->len = (size_t)n;
	out->err = failure_of(&msg);
	if (addr_from_sockaddr((const struct sockaddr *)&to, &out->to) != 0)
		out->err = 0;
	return true;
}

void
udp_socket_clear_error(int fd)
{
	int err;
	socklen_t len = sizeof(err);

	(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len);
}
