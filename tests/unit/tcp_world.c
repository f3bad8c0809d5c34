/* tcp_world.c - see tcp_world.h */
#include "tests/unit/tcp_world.h"

#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define GUARD_MS 10000
#define SETTLE_TURNS 30

static void
on_message(void *arg, const char *data, size_t len, const struct sip_flow *from)
{
	struct tcp_side *side = arg;
	size_t shown = len < sizeof(side->text) ? len : sizeof(side->text) - 1;

	CHECK(data[len] == '\0');
	side->received++;
	side->from = *from;
	side->len = len;
	memcpy(side->text, data, shown);
	side->text[shown] = '\0';
	if (side->echo != NULL)
		CHECK(sip_tcp_send(side->tcp, &side->from, side->echo,
				   strlen(side->echo)) == 0 ||
		      test_starved());
	if (side->close_on_message) {
		sip_tcp_close(side->tcp);
		side->tcp = NULL;
	}
}

static uint64_t
choose_proof(void *arg, const uint64_t *proofs, size_t n)
{
	struct tcp_side *side = arg;

	side->n_proofs = n;
	return n > 0 ? proofs[n - 1] : 0;
}

static void
on_bad(void *arg, const char *data, size_t len, const struct sip_flow *from,
       int status, const char *reason)
{
	struct tcp_side *side = arg;
	struct sip_flow to = *from;

	CHECK(len > 0 && reason != NULL && data != NULL);
	side->bad++;
	side->bad_status = status;
	CHECK(sip_tcp_send(side->tcp, &to, "refused", 7) == 0 ||
	      test_starved());
}

static void
on_lost(void *arg, const struct sip_flow *flow, int err, bool was_open)
{
	struct tcp_side *side = arg;

	CHECK(!side->is_sending);
	side->lost++;
	side->lost_flow = *flow;
	side->lost_err = err;
	side->lost_was_open = was_open;
}

static void
before_flush(void *arg)
{
	((struct tcp_side *)arg)->flushes++;
}

static void
on_guard(uv_timer_t *timer)
{
	((struct tcp_world *)timer->data)->timed_out = true;
}

static int
open_side(struct tcp_world *w, struct tcp_side *side, uint8_t listener,
	  struct tls_ctx *ctx)
{
	const struct sip_tcp_env env = {
		.loop = &w->loop,
		.clock = &w->clock,
		.timers = &w->timers,
		.key = &w->key,
		.worker = listener,
		.limits = w->limits,
		.alias = w->alias,
		.events = { .on_message = on_message,
			    .choose_proof = choose_proof,
			    .on_bad = on_bad,
			    .on_lost = on_lost,
			    .before_flush = before_flush,
			    .arg = side },
	};
	struct addr at;
	int err = sip_tcp_new(&env, &side->tcp);

	side->world = w;
	(void)addr_parse(str_of("127.0.0.1:0"), 0, &at);
	if (err == 0)
		err = sip_tcp_listen(side->tcp, listener, &at, ctx);
	return err;
}

int
tcp_world_init(struct tcp_world *w, struct tls_ctx *a,
	       struct tls_ctx *b)
{
	struct sip_tcp_limits limits = w->limits;
	enum sip_tcp_alias alias = w->alias;
	int err;

	memset(w, 0, sizeof(*w));
	w->alias = alias;
	w->server = -1;
	w->limits = limits.max != 0 ? limits : sip_tcp_limits_default;
	w->peer = -1;
	clock_init_fake(&w->clock, US_PER_S);
	clock_advance_us(&w->clock, US_PER_S);
	timers_init(&w->timers, clock_mono_ms(&w->clock));
	(void)uv_loop_init(&w->loop);
	(void)uv_timer_init(&w->loop, &w->guard);
	w->guard.data = w;
	(void)uv_timer_start(&w->guard, on_guard, GUARD_MS, 0);
	uv_unref((uv_handle_t *)&w->guard);
	err = open_side(w, &w->a, 3, a);
	if (err == 0)
		err = open_side(w, &w->b, 5, b);
	if (err != 0)
		tcp_world_fini(w);
	return err;
}

void
tcp_world_fini(struct tcp_world *w)
{
	sip_tcp_close(w->a.tcp);
	sip_tcp_close(w->b.tcp);
	uv_close((uv_handle_t *)&w->guard, NULL);
	(void)uv_run(&w->loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&w->loop) == 0);
	CHECK(w->timers.n == 0);
	if (w->peer >= 0)
		close(w->peer);
	if (w->server >= 0)
		close(w->server);
}

bool
tcp_world_wait(struct tcp_world *w, const int *count, int n)
{
	while (*count < n && !w->timed_out && !test_starved())
		(void)uv_run(&w->loop, UV_RUN_ONCE);
	return CHECK(*count >= n);
}

/* Over the loopback what was sent is there at once. */
void
tcp_world_settle(struct tcp_world *w)
{
	for (int i = 0; i < SETTLE_TURNS; i++)
		(void)uv_run(&w->loop, UV_RUN_NOWAIT);
}

void
tcp_world_pass(struct tcp_world *w, int64_t ms)
{
	tcp_world_settle(w);
	clock_advance_us(&w->clock, ms * 1000);
	timers_run(&w->timers, clock_mono_ms(&w->clock));
	tcp_world_settle(w);
}

struct sip_flow
tcp_world_flow(const struct tcp_side *from)
{
	const struct tcp_world *w = from->world;
	bool is_a = from == &w->a;
	const struct addr *to = is_a ? sip_tcp_local(w->b.tcp, 5)
				     : sip_tcp_local(w->a.tcp, 3);

	return (struct sip_flow){ .addr = *to,
				  .transport = SIP_TCP,
				  .listener = is_a ? 3 : 5 };
}

int
tcp_world_send(struct tcp_side *side, struct sip_flow *to, const char *text)
{
	int err;

	side->is_sending = true;
	err = sip_tcp_send(side->tcp, to, text, strlen(text));
	side->is_sending = false;
	return err;
}

void
tcp_world_connect(struct tcp_world *w)
{
	struct sockaddr_storage sa;
	socklen_t len = addr_to_sockaddr(sip_tcp_local(w->a.tcp, 3), &sa);
	int on = 1;

	w->peer = socket(AF_INET, SOCK_STREAM, 0);
	(void)setsockopt(w->peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	CHECK(connect(w->peer, (struct sockaddr *)&sa, len) == 0);
	tcp_world_settle(w);
}

struct sip_flow
tcp_world_serve(struct tcp_world *w)
{
	struct sip_flow to = tcp_world_flow(&w->a);
	struct sockaddr_storage sa;
	socklen_t len;

	to.addr.port = 0;
	len = addr_to_sockaddr(&to.addr, &sa);
	w->server = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(bind(w->server, (struct sockaddr *)&sa, len) == 0);
	CHECK(listen(w->server, 4) == 0);
	CHECK(getsockname(w->server, (struct sockaddr *)&sa, &len) == 0);
	(void)addr_from_sockaddr((struct sockaddr *)&sa, &to.addr);
	return to;
}

bool
tcp_world_take(struct tcp_world *w)
{
	int on = 1;

	tcp_world_settle(w);
	w->peer = accept4(w->server, NULL, NULL, SOCK_NONBLOCK);
	(void)setsockopt(w->peer, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return CHECK(w->peer >= 0);
}

void
tcp_world_write(struct tcp_world *w, const char *text)
{
	CHECK(send(w->peer, text, strlen(text), MSG_NOSIGNAL) ==
	      (ssize_t)strlen(text));
	tcp_world_settle(w);
}

long
tcp_world_read(struct tcp_world *w, char *out, size_t cap)
{
	ssize_t n;

	tcp_world_settle(w);
	n = recv(w->peer, out, cap - 1, MSG_DONTWAIT);
	out[n > 0 ? n : 0] = '\0';
	return n;
}
