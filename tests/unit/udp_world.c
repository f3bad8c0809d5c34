/* udp_world.c - see udp_world.h */
#include "tests/unit/udp_world.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define GUARD_MS 5000

#define PHASES_MAX 4

static struct {
	int err, times;
} phases[PHASES_MAX];
static int n_phases;

void
udp_world_refuse(int err, int times)
{
	if (times == 0)
		n_phases = 0;
	else if (CHECK(n_phases < PHASES_MAX)) {
		phases[n_phases].err = err;
		phases[n_phases++].times = times;
	}
}

static bool
is_refused(void)
{
	while (n_phases > 0 && phases[0].times == 0) {
		n_phases--;
		memmove(phases, phases + 1, sizeof(phases) - sizeof(phases[0]));
	}
	if (n_phases == 0)
		return false;
	phases[0].times--;
	errno = phases[0].err;
	return true;
}

int
sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	if (is_refused())
		return -1;
	return (int)syscall(SYS_sendmmsg, fd, msgs, n, flags);
}

static void
on_datagram(void *arg, const char *data, size_t len, const struct addr *from)
{
	struct udp_world *w = arg;

	w->received++;
	w->from = *from;
	w->len = len;
	CHECK(data[len] == '\0');
	memset(w->text, 0, sizeof(w->text));
	memcpy(w->text, data, len < 199 ? len : 199);
	if (w->echo)
		CHECK(sip_udp_send(w->udp, from, data, len) == 0);
	if (w->close_on_datagram) {
		sip_udp_close(w->udp);
		w->udp = NULL;
	}
}

static void
on_undelivered(void *arg, const char *data, size_t len, const struct addr *to,
	       int err)
{
	struct udp_world *w = arg;

	CHECK(!w->is_sending);
	CHECK(len <= sizeof(w->lost));
	w->undelivered++;
	w->err = err;
	w->to = *to;
	w->lost_len = len;
	memcpy(w->lost, data, len);
}

static void
before_flush(void *arg)
{
	struct udp_world *w = arg;
	char c;

	w->flushes++;
	if (recv(w->peer, &c, 1, MSG_DONTWAIT | MSG_PEEK) >= 0)
		w->peer_had_at_flush++;
}

static void
on_guard(uv_timer_t *timer)
{
	struct udp_world *w = timer->data;

	w->timed_out = true;
}

static int
open_peer(struct udp_world *w, const struct addr *at)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(at, &sa);
	int size = 8 << 20;

	w->peer = socket(sa.ss_family, SOCK_DGRAM, 0);
	if (w->peer < 0)
		return ERR_IO;
	if (bind(w->peer, (struct sockaddr *)&sa, len) != 0) {
		close(w->peer);
		return ERR_IO;
	}
	(void)setsockopt(w->peer, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	len = sizeof(sa);
	(void)getsockname(w->peer, (struct sockaddr *)&sa, &len);
	return addr_from_sockaddr((struct sockaddr *)&sa, &w->peer_addr);
}

int
udp_world_reopen(struct udp_world *w, uv_loop_t *loop)
{
	struct sip_udp_events events = { on_datagram, on_undelivered,
					 before_flush, w };
	struct addr at = w->peer_addr;

	at.port = 0;
	return sip_udp_open(loop, &at, NULL, &events, &w->udp);
}

int
udp_world_init(struct udp_world *w, const char *ip)
{
	struct addr at;
	int err;

	memset(w, 0, sizeof(*w));
	udp_world_refuse(0, 0);
	(void)addr_parse_ip(str_of(ip), &at);
	at.port = 0;
	err = open_peer(w, &at);
	if (err != 0)
		return err;
	(void)uv_loop_init(&w->loop);
	(void)uv_timer_init(&w->loop, &w->guard);
	w->guard.data = w;
	(void)uv_timer_start(&w->guard, on_guard, GUARD_MS, 0);
	uv_unref((uv_handle_t *)&w->guard);
	err = udp_world_reopen(w, &w->loop);
	if (err != 0)
		udp_world_fini(w);
	return err;
}

void
udp_world_fini(struct udp_world *w)
{
	sip_udp_close(w->udp);
	uv_close((uv_handle_t *)&w->guard, NULL);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&w->loop) == 0);
	close(w->peer);
}

bool
udp_world_wait(struct udp_world *w, const int *count, int n)
{
	while (*count < n && !w->timed_out)
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	return CHECK(*count >= n);
}

static void
on_rested(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

bool
udp_world_rests(struct udp_world *w)
{
	bool rested = false;
	uv_timer_t timer;
	int turns = 0;

	(void)uv_timer_init(&w->loop, &timer);
	timer.data = &rested;
	(void)uv_timer_start(&timer, on_rested, 20, 0);
	while (!rested) {
		(void)uv_run(&w->loop, UV_RUN_ONCE);
		turns++;
	}
	uv_close((uv_handle_t *)&timer, NULL);
	(void)uv_run(&w->loop, UV_RUN_NOWAIT);
	return turns < 10;
}

void
udp_world_peer_send(struct udp_world *w, const void *data, size_t len)
{
	struct sockaddr_storage sa;
	socklen_t sa_len = addr_to_sockaddr(sip_udp_local(w->udp), &sa);

	CHECK(sendto(w->peer, data, len, 0, (struct sockaddr *)&sa, sa_len) ==
	      (ssize_t)len);
}

long
udp_world_peer_receive(struct udp_world *w, void *out, size_t cap, int wait_ms)
{
	struct pollfd pfd = { w->peer, POLLIN, 0 };

	if (poll(&pfd, 1, wait_ms) <= 0)
		return -1;
	return recv(w->peer, out, cap, MSG_DONTWAIT);
}

int
udp_world_send(struct udp_world *w, const char *text)
{
	int err;

	w->is_sending = true;
	err = sip_udp_send(w->udp, &w->peer_addr, text, strlen(text));
	w->is_sending = false;
	return err;
}

struct addr
udp_world_closed_port(void)
{
	struct sockaddr_storage sa;
	struct addr addr;
	socklen_t len;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)addr_parse(str_of("127.0.0.1:0"), 0, &addr);
	len = addr_to_sockaddr(&addr, &sa);
	(void)bind(fd, (struct sockaddr *)&sa, len);
	len = sizeof(sa);
	(void)getsockname(fd, (struct sockaddr *)&sa, &len);
	(void)addr_from_sockaddr((struct sockaddr *)&sa, &addr);
	close(fd);
	return addr;
}
