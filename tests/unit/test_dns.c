/* test_dns.c - queries against scripted servers on the loopback */
#include "base/dns.h"

#include <limits.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/dns_server.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define TRY_MS 120
#define FLAG_TC 0x200

/* What a test looks at when its query is over. */
struct outcome {
	unsigned n_called;
	enum dns_result result;
	struct addr server;
	enum dns_transport transport;
	unsigned n_tries, rcode, n_answers;
	int64_t latency_us;
};

struct world {
	uv_loop_t loop;
	struct dns *dns;
	struct dns_test_server a, b;
	struct addr servers[2];
	size_t n_servers;
	struct outcome outcome;
	bool is_started; /* dns_query_start has returned */
};

static void
on_done(void *arg, const struct dns_reply *reply)
{
	struct world *world = arg;
	struct outcome *out = &world->outcome;

	CHECK(world->is_started);
	uv_stop(&world->loop); /* or it would wait for what comes next */
	out->n_called++;
	out->result = reply->result;
	out->server = reply->server;
	out->transport = reply->transport;
	out->n_tries = reply->n_tries;
	out->latency_us = reply->latency_us;
	CHECK((reply->message != NULL) == (reply->result == DNS_ANSWER));
	if (reply->message != NULL) {
		out->rcode = reply->message->rcode;
		out->n_answers = reply->message->n_answers;
	}
}

static void
say_ok(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg;
	dns_put_header(w, query, 0, 1, 0);
	dns_put_record(w, DNS_A, 60, "\300\000\002\001", 4);
}

static void
say_nothing(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg, (void)query, (void)w;
}

static void
say_rcode(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	dns_put_header(w, query, *(const unsigned *)arg, 0, 0);
}

/* Answers after the first query has been lost. */
static void
say_second(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	if (query->number > 0)
		say_ok(arg, query, w);
}

static void
say_truncated(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	if (query->is_tcp)
		say_ok(arg, query, w);
	else
		dns_put_header(w, query, FLAG_TC, 0, 0);
}

static void
say_no_edns(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	if (query->message.has_edns)
		dns_put_header(w, query, DNS_FORMERR, 0, 0);
	else
		say_ok(arg, query, w);
}

static void
say_wrong_id(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	say_ok(arg, query, w);
	w->start[0] ^= 1;
}

static void
say_wrong_name(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	say_ok(arg, query, w);
	w->start[13] ^= 1;
}

/* One record more is announced than there is. */
static void
say_too_few(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg;
	dns_put_header(w, query, 0, 2, 0);
	dns_put_record(w, DNS_A, 60, "\300\000\002\001", 4);
}

static bool
world_init(struct world *world, dns_script *a, dns_script *b, void *arg)
{
	struct dns_settings settings = { .try_ms = TRY_MS,
					 .hold_ms = 300,
					 .n_servers = 1 };
	bool ready;

	memset(world, 0, sizeof(*world));
	CHECK(uv_loop_init(&world->loop) == 0);
	ready = dns_test_server_open(&world->a, &world->loop, true, a, arg);
	ready = dns_test_server_open(&world->b, &world->loop, false,
				     b != NULL ? b : say_nothing, arg) &&
		ready;
	CHECK(ready);
	world->servers[0] = world->a.addr;
	world->servers[1] = world->b.addr;
	world->n_servers = b != NULL ? 2 : 1;
	settings.servers = world->servers;
	settings.n_servers = world->n_servers;
	return OK(dns_new(&world->loop, &settings, &world->dns));
}

static void
world_fini(struct world *world)
{
	dns_close(world->dns);
	dns_test_server_close(&world->a);
	dns_test_server_close(&world->b);
	uv_run(&world->loop, UV_RUN_NOWAIT); /* a stop may be left over */
	CHECK(uv_run(&world->loop, UV_RUN_DEFAULT) == 0);
	CHECK(uv_loop_close(&world->loop) == 0);
}

static int
start(struct world *world, int timeout_ms, bool tcp, struct dns_query **query)
{
	struct dns_question question = { .type = DNS_A,
					 .timeout_ms = timeout_ms,
					 .tcp = tcp };
	int err;

	memset(&world->outcome, 0, sizeof(world->outcome));
	world->is_started = false;
	dns_name_parse(str_of("Host.example."), &question.name);
	err = dns_query_start(world->dns, &question, on_done, world, query);
	world->is_started = true;
	return err;
}

/* One query to its end; true when it was told once. */
static bool
ask(struct world *world, int timeout_ms, bool tcp)
{
	struct dns_query *query;

	if (!OK(start(world, timeout_ms, tcp, &query)))
		return false;
	while (world->outcome.n_called == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	return CHECK(world->outcome.n_called == 1) && !test_starved();
}

static void
test_outcomes(void)
{
	static unsigned servfail = DNS_SERVFAIL, refused = DNS_REFUSED,
			nxdomain = DNS_NXDOMAIN;
	static const struct {
		const char *what;
		dns_script *a, *b;
		unsigned *arg;
		bool tcp;
		enum dns_result result;
		unsigned rcode, n_tries;
		enum dns_transport transport;
		int from; /* 0 = a, 1 = b */
	} rows[] = {
		{ "plain", say_ok, NULL, NULL, false, DNS_ANSWER, 0, 1, DNS_UDP,
		  0 },
		{ "by TCP", say_ok, NULL, NULL, true, DNS_ANSWER, 0, 1, DNS_TCP,
		  0 },
		{ "TC", say_truncated, NULL, NULL, false, DNS_ANSWER, 0, 2,
		  DNS_TCP, 0 },
		{ "NXDOMAIN ends it", say_rcode, say_rcode, &nxdomain, false,
		  DNS_ANSWER, DNS_NXDOMAIN, 1, DNS_UDP, 0 },
		{ "lost once", say_second, NULL, NULL, false, DNS_ANSWER, 0, 2,
		  DNS_UDP, 0 },
		{ "no EDNS there", say_no_edns, NULL, NULL, false, DNS_ANSWER,
		  0, 1, DNS_UDP, 0 },
		{ "all SERVFAIL", say_rcode, say_rcode, &servfail, false,
		  DNS_ANSWER, DNS_SERVFAIL, 2, DNS_UDP, 1 },
		{ "all REFUSED", say_rcode, say_rcode, &refused, false,
		  DNS_ANSWER, DNS_REFUSED, 2, DNS_UDP, 1 },
		{ "second after SERVFAIL", say_rcode, say_ok, &servfail, false,
		  DNS_ANSWER, 0, 2, DNS_UDP, 1 },
		{ "second after garbage", say_too_few, say_ok, NULL, false,
		  DNS_ANSWER, 0, 2, DNS_UDP, 1 },
		{ "second after silence", say_nothing, say_ok, NULL, false,
		  DNS_ANSWER, 0, 2, DNS_UDP, 1 },
		{ "garbage alone", say_too_few, NULL, NULL, false,
		  DNS_MALFORMED, 0, 1, DNS_UDP, 0 },
		{ "foreign id", say_wrong_id, NULL, NULL, false, DNS_TIMEOUT, 0,
		  3, DNS_UDP, 0 },
		{ "foreign name", say_wrong_name, NULL, NULL, false,
		  DNS_TIMEOUT, 0, 3, DNS_UDP, 0 },
		{ "silence", say_nothing, NULL, NULL, false, DNS_TIMEOUT, 0, 3,
		  DNS_UDP, 0 },
	};
	struct world world;
	const struct outcome *out = &world.outcome;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (world_init(&world, rows[i].a, rows[i].b, rows[i].arg) &&
		    ask(&world, 500, rows[i].tcp)) {
			CHECK(out->result == rows[i].result);
			CHECK(out->rcode == rows[i].rcode);
			CHECK(out->n_tries == rows[i].n_tries);
			CHECK(out->transport == rows[i].transport);
			CHECK(addr_eq(&out->server,
				      &world.servers[rows[i].from]));
			CHECK(out->latency_us > 0);
		}
		world_fini(&world);
	}
	test_row(NULL);
}

static void
test_refused(void)
{
	struct world world;
	struct dns_server_state state;

	/* Nobody listens where b was. */
	if (world_init(&world, say_ok, say_ok, NULL)) {
		dns_test_server_close(&world.b);
		uv_run(&world.loop, UV_RUN_NOWAIT);
		world.servers[0] = world.servers[1];
	}
	if (world.dns != NULL) {
		struct dns_question question = { .type = DNS_A,
						 .timeout_ms = 1000,
						 .servers = world.servers,
						 .n_servers = 1 };
		struct dns_query *query;

		dns_name_parse(str_of("a."), &question.name);
		if (OK(dns_query_start(world.dns, &question, on_done, &world,
				       &query))) {
			world.is_started = true;
			while (world.outcome.n_called == 0)
				uv_run(&world.loop, UV_RUN_ONCE);
			CHECK(world.outcome.result == DNS_UNREACHABLE);
			CHECK(world.outcome.latency_us < 500000);
			CHECK(dns_server_state(world.dns, 0, &state));
			CHECK(state.n_refused == 1 && state.n_sent == 1);
			CHECK(!dns_server_state(world.dns, 1, &state));
		}
		dns_close(world.dns);
		dns_test_server_close(&world.a);
	} else {
		dns_test_server_close(&world.a);
		dns_test_server_close(&world.b);
	}
	CHECK(uv_run(&world.loop, UV_RUN_DEFAULT) == 0);
	CHECK(uv_loop_close(&world.loop) == 0);
}

/* Three silences open the breaker; a fourth query costs nothing; when the
 * server is back, a probe beside a query that still fails finds out. */
static void
test_breaker(void)
{
	struct world world;
	struct dns_server_state state = { 0 };
	bool ready = world_init(&world, say_nothing, NULL, NULL);

	if (ready && ask(&world, 450, false)) {
		CHECK(world.outcome.result == DNS_TIMEOUT);
		CHECK(dns_server_state(world.dns, 0, &state));
		CHECK(state.is_dead && state.n_opened == 1);
	}
	if (ready && ask(&world, 450, false)) {
		CHECK(world.outcome.result == DNS_UNAVAILABLE);
		CHECK(world.outcome.latency_us < 100000);
		CHECK(world.outcome.server.family == 0);
	}
	world.a.script = say_ok;
	for (int i = 0; ready && i < 200; i++) {
		if (!ask(&world, 450, false) ||
		    world.outcome.result == DNS_ANSWER)
			break;
		CHECK(world.outcome.latency_us < 100000);
		uv_sleep(5);
	}
	if (ready && world.outcome.n_called > 0)
		CHECK(world.outcome.result == DNS_ANSWER);
	world_fini(&world);
}

static void
test_cancel(void)
{
	struct world world;
	struct dns_query *query;

	if (world_init(&world, say_ok, NULL, NULL) &&
	    OK(start(&world, 1000, false, &query))) {
		dns_query_cancel(query);
		dns_query_cancel(NULL);
		for (int i = 0; i < 20; i++) {
			uv_run(&world.loop, UV_RUN_NOWAIT);
			uv_sleep(1);
		}
		CHECK(world.a.n_udp == 1);
		CHECK(world.outcome.n_called == 0);
	}
	world_fini(&world);
}

static void
test_close(void)
{
	struct world world;
	struct dns_query *query;

	if (world_init(&world, say_nothing, NULL, NULL) &&
	    OK(start(&world, 1000, false, &query)) &&
	    CHECK(world.outcome.n_called == 0)) {
		dns_close(world.dns);
		world.dns = NULL;
		CHECK(world.outcome.n_called == 1);
		CHECK(world.outcome.result == DNS_CANCELLED);
	}
	world_fini(&world);
}

static void
test_bad_questions(void)
{
	struct world world;
	struct dns_query *query;
	struct dns_question question = { .type = DNS_A };

	if (world_init(&world, say_ok, NULL, NULL)) {
		CHECK(start(&world, 0, false, &query) == ERR_INVAL);
		question.timeout_ms = 1;
		CHECK(dns_query_start(world.dns, &question, on_done, &world,
				      &query) == ERR_INVAL);
		dns_name_parse(str_of("a."), &question.name);
		question.servers = world.servers;
		question.n_servers = DNS_SERVERS_MAX + 1;
		CHECK(dns_query_start(world.dns, &question, on_done, &world,
				      &query) == ERR_INVAL);
	}
	world_fini(&world);
}

/* More than one channel's worth, each by a callback of the one before. */
static void
ask_next(void *arg, const struct dns_reply *reply)
{
	struct world *world = arg;
	struct dns_question question = { .type = DNS_A, .timeout_ms = 2000 };
	struct dns_query *query;

	CHECK(reply->result == DNS_ANSWER);
	if (++world->outcome.n_called == 1200)
		return;
	dns_name_parse(str_of("b.example."), &question.name);
	OK(dns_query_start(world->dns, &question, ask_next, world, &query));
}

static void
test_channels_renew(void)
{
	struct world world;
	struct dns_question question = { .type = DNS_A, .timeout_ms = 2000 };
	struct dns_query *query;

	if (world_init(&world, say_ok, NULL, NULL) &&
	    CHECK(dns_name_parse(str_of("b.example."), &question.name) == 0) &&
	    OK(dns_query_start(world.dns, &question, ask_next, &world,
			       &query))) {
		for (int i = 0; i < 20000 && world.outcome.n_called < 1200; i++)
			uv_run(&world.loop, UV_RUN_ONCE);
		CHECK(world.outcome.n_called == 1200);
		CHECK(world.a.n_udp == 1200);
	}
	world_fini(&world);
}

static const struct test tests[] = {
	{ "each end of a query is told apart", test_outcomes, true },
	{ "a refused connection ends at once", test_refused, true },
	{ "a dead server costs nothing until it is back", test_breaker, true },
	{ "a cancelled query is not told", test_cancel, false },
	{ "closing tells those who wait", test_close, false },
	{ "questions that cannot be asked are refused", test_bad_questions,
	  false },
	{ "channels are renewed under way", test_channels_renew, true },
};

const struct test_suite suite_dns = TEST_SUITE("dns", tests);
