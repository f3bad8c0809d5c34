/* test_udp_socket.c - socket options, and errors that ICMP brings */
#include "sip/udp_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/udp_world.h"

static struct addr
loopback(const char *text)
{
	struct addr at;

	(void)addr_parse(str_of(text), 0, &at);
	return at;
}

static int
option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, level, name, &value, &len);
	return value;
}

static struct addr
local_of(int fd)
{
	struct sockaddr_storage sa;
	socklen_t len = sizeof(sa);
	struct addr addr;

	(void)getsockname(fd, (struct sockaddr *)&sa, &len);
	(void)addr_from_sockaddr((struct sockaddr *)&sa, &addr);
	return addr;
}

static void
send_to(int fd, const struct addr *to, const char *text)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(to, &sa);

	CHECK(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&sa, len) ==
	      (ssize_t)strlen(text));
}

static void
test_options(void)
{
	struct addr at = loopback("127.0.0.1:0");
	int fd;

	if (!OK(udp_socket_open(&at, NULL, &fd)))
		return;
	CHECK(fcntl(fd, F_GETFL) & O_NONBLOCK);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	CHECK(option(fd, SOL_SOCKET, SO_REUSEPORT) == 1);
	CHECK(option(fd, IPPROTO_IP, IP_RECVERR) == 1);
	CHECK(option(fd, IPPROTO_IP, IP_MTU_DISCOVER) == IP_PMTUDISC_DONT);
	CHECK(option(fd, SOL_SOCKET, SO_RCVBUF) > 212992); /* the preset */
	close(fd);
}

static void
test_ip6_options(void)
{
	struct addr at = loopback("[::1]:0");
	int fd;

	if (udp_socket_open(&at, NULL, &fd) != 0) {
		test_skip("there is no ::1");
		return;
	}
	CHECK(option(fd, IPPROTO_IPV6, IPV6_V6ONLY) == 1);
	CHECK(option(fd, IPPROTO_IPV6, IPV6_RECVERR) == 1);
	close(fd);
}

static void
test_refused(const char *ip)
{
	struct addr at = loopback(ip), nobody;
	struct udp_error error;
	char c;
	int fd, other;

	if (udp_socket_open(&at, NULL, &fd) != 0) {
		test_skip("there is no such address");
		return;
	}
	/* a port of the same address that was open a moment ago */
	if (!OK(udp_socket_open(&at, NULL, &other)))
		goto out;
	nobody = local_of(other);
	close(other);
	CHECK(!udp_socket_next_error(fd, &error));
	send_to(fd, &nobody, "one");
	udp_socket_clear_error(fd); /* or it would be the next send's */
	send_to(fd, &nobody, "seven");
	CHECK(udp_socket_next_error(fd, &error));
	CHECK(error.err == ECONNREFUSED && addr_eq(&error.to, &nobody));
	CHECK(error.len == 3 && memcmp(error.data, "one", 3) == 0);
	CHECK(udp_socket_next_error(fd, &error));
	CHECK(error.len == 5 && memcmp(error.data, "seven", 5) == 0);
	CHECK(!udp_socket_next_error(fd, &error));
	send_to(fd, &nobody, "again");
	udp_socket_clear_error(fd);
	CHECK(recv(fd, &c, 1, 0) < 0 && errno == EAGAIN);
out:
	close(fd);
}

static void
test_refused_ip4(void)
{
	test_refused("127.0.0.1:0");
}

static void
test_refused_ip6(void)
{
	test_refused("[::1]:0");
}

/* --- ICMP of our own making --- */

struct quoted { /* RFC 792: header and what it is about */
	uint8_t type, code;
	uint16_t sum, rest[2];
	uint8_t ip[20];
	uint16_t from, to, len, udp_sum;
	char data[4];
};

static uint16_t
internet_sum(const void *data, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2) {
		uint16_t word;

		memcpy(&word, (const char *)data + i, sizeof(word));
		sum += word;
	}
	while (sum >> 16 != 0)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

static void
send_icmp(int raw, int type, int code, uint16_t from_port, uint16_t to_port)
{
	static const uint8_t ip[20] = { 0x45, 0, 0,   32, 0, 1, 0,   0, 64, 17,
					0,    0, 127, 0,  0, 1, 127, 0, 0,  1 };
	struct quoted q = { .type = (uint8_t)type, .code = (uint8_t)code };
	struct sockaddr_in to = { .sin_family = AF_INET };

	memcpy(q.ip, ip, sizeof(ip));
	q.from = htons(from_port);
	q.to = htons(to_port);
	q.len = htons(12);
	memcpy(q.data, "data", 4);
	q.sum = internet_sum(&q, sizeof(q));
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(sendto(raw, &q, sizeof(q), 0, (struct sockaddr *)&to,
		     sizeof(to)) == sizeof(q));
}

/* RFC 3261 18.4 */
static void
test_kinds(void)
{
	static const struct {
		const char *what;
		int type, code;
		bool counts;
	} table[] = {
		{ "network unreachable", 3, 0, true },
		{ "host unreachable", 3, 1, true },
		{ "protocol unreachable", 3, 2, true },
		{ "port unreachable", 3, 3, true },
		{ "administratively prohibited", 3, 13, true },
		{ "TTL exceeded", 11, 0, false },
		{ "parameter problem", 12, 0, true },
	};
	struct addr at = loopback("127.0.0.1:0");
	int raw = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
	int fd;

	if (raw < 0) {
		test_skip("raw sockets need a privilege");
		return;
	}
	if (!OK(udp_socket_open(&at, NULL, &fd)))
		goto out;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct udp_error error = { .err = -1 };

		test_row(table[i].what);
		send_icmp(raw, table[i].type, table[i].code, local_of(fd).port,
			  5999);
		CHECK(udp_socket_next_error(fd, &error));
		CHECK((error.err > 0) == table[i].counts);
		CHECK(error.to.port == 5999);
		CHECK(error.len == 4 && memcmp(error.data, "data", 4) == 0);
	}
	close(fd);
out:
	close(raw);
}

static void
test_cannot_open(void)
{
	struct addr at = loopback("192.0.2.1:5060");
	int fd = -7;

	CHECK(udp_socket_open(&at, NULL, &fd) == ERR_IO);
	CHECK(errno == EADDRNOTAVAIL && fd == -7);
}

static const struct test tests[] = {
	{ "a socket has its options", test_options, true },
	{ "an IPv6 socket is for IPv6 only", test_ip6_options, true },
	{ "refusals are queued over IPv4", test_refused_ip4, true },
	{ "refusals are queued over IPv6", test_refused_ip6, true },
	{ "some kinds of ICMP errors count, others do not", test_kinds, true },
	{ "an address that is not ours is refused", test_cannot_open, true },
};

const struct test_suite suite_udp_socket = TEST_SUITE("udp_socket", tests);
