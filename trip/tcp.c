/* tcp.c - options of sockets: keys, hops, listening */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/err.h"
#include "trip/conn.h"

#define BACKLOG 64
#define TTL_MAX 255

int
trip_tcp_md5(uv_os_fd_t fd, const struct addr *peer, const char *password)
{
	struct tcp_md5sig key;
	struct addr any_port = *peer;
	struct sockaddr_storage sa;
	size_t len = strlen(password);

	memset(&key, 0, sizeof(key));
	any_port.port = 0;
	memset(&sa, 0, sizeof(sa));
	addr_to_sockaddr(&any_port, &sa);
	memcpy(&key.tcpm_addr, &sa, sizeof(sa));
	if (len > TCP_MD5SIG_MAXKEYLEN)
		return ERR_IO;
	key.tcpm_keylen = (uint16_t)len;
	memcpy(key.tcpm_key, password, len);
	return setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &key, sizeof(key)) == 0
		   ? 0
		   : ERR_IO;
}

int
trip_tcp_far(uv_os_fd_t fd, const struct addr *addr)
{
	int level = addr->family == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	int ttl = addr->family == 4 ? IP_TTL : IPV6_UNICAST_HOPS;
	int value = TTL_MAX;

	return setsockopt(fd, level, ttl, &value, sizeof(value)) == 0 ? 0
								      : ERR_IO;
}

static int
set_least(uv_os_fd_t fd, const struct addr *addr, int value)
{
	int level = addr->family == 4 ? IPPROTO_IP : IPPROTO_IPV6;
	/* Linux: linux/in6.h has IPV6_MINHOPCOUNT, 73. */
	int least = addr->family == 4 ? IP_MINTTL : 73;

	return setsockopt(fd, level, least, &value, sizeof(value)) == 0
		   ? 0
		   : ERR_IO;
}

int
trip_tcp_gtsm(uv_os_fd_t fd, const struct addr *peer)
{
	int err = trip_tcp_far(fd, peer);

	return err == 0 ? set_least(fd, peer, TTL_MAX) : err;
}

int
trip_tcp_any_hops(uv_os_fd_t fd, const struct addr *addr)
{
	return set_least(fd, addr, 0);
}

int
trip_listen(uv_loop_t *loop, uv_tcp_t *server, const struct addr *at,
	    uv_connection_cb on_connection)
{
	struct sockaddr_storage sa;

	addr_to_sockaddr(at, &sa);
	if (uv_tcp_init(loop, server) != 0)
		return ERR_IO;
	if (uv_tcp_bind(server, (struct sockaddr *)&sa, 0) != 0 ||
	    uv_listen((uv_stream_t *)server, BACKLOG, on_connection) != 0)
		return ERR_IO;
	return 0;
}
