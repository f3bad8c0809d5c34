/* test_location.c - RFC 3263 against a real DNS server with a small zone */
#include "sip/location.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/dns_zone.h"
#include "tests/unit/harness.h"
#include "tests/unit/sip_help.h"

#define UDP 1U
#define TCP 2U
#define TLS 4U
#define ALL 7U
#define NOT6(transport) ((transport) * 8U) /* over IPv4 alone */

static const struct dns_zone_record zone[] = {
	{ "a.test", DNS_A, 60, "192.0.2.1" },
	{ "a.test", DNS_A, 60, "192.0.2.2" },
	{ "both.test", DNS_A, 60, "192.0.2.3" },
	{ "both.test", DNS_AAAA, 60, "2001:db8::3" },
	{ "_sip._udp.srv.test", DNS_SRV, 60, "20 0 5070 a.test" },
	{ "_sip._udp.srv.test", DNS_SRV, 60, "10 0 5080 both.test" },
	{ "_sip._udp.srv.test", DNS_SRV, 60, "5 0 5090 gone.test" },
	{ "_sip._tcp.srv.test", DNS_SRV, 60, "1 0 5060 both.test" },
	{ "_sips._tcp.srv.test", DNS_SRV, 60, "1 0 5061 both.test" },
	{ "naptr.test", DNS_NAPTR, 60, "20 1 SIP+D2U _sip._udp.srv.test" },
	{ "naptr.test", DNS_NAPTR, 60, "10 2 SIP+D2T _sip._tcp.srv.test" },
	{ "naptr.test", DNS_NAPTR, 60, "10 1 SIPS+D2T _sips._tcp.srv.test" },
	{ "naptr.test", DNS_NAPTR, 60, "1 1 E2U+sip other.test" },
	{ "_sip._tcp.tcponly.test", DNS_SRV, 60, "1 0 5062 a.test" },
	{ "_sip._udp.not.test", DNS_SRV, 60, "0 0 0 ." },
	{ "not.test", DNS_A, 60, "192.0.2.9" },
	{ "short.test", DNS_A, 0, "192.0.2.4" },
	{ "_sip._udp.wide.test", DNS_SRV, 60, "1 0 5060 wide-a.test" },
	{ "_sip._udp.wide.test", DNS_SRV, 60, "2 0 5060 both.test" },
	{ "wide-a.test", DNS_A, 60, "192.0.2.11" },
	{ "wide-a.test", DNS_A, 60, "192.0.2.12" },
	{ "wide-a.test", DNS_A, 60, "192.0.2.13" },
	{ "wide-a.test", DNS_A, 60, "192.0.2.14" },
	{ "wide-a.test", DNS_A, 60, "192.0.2.15" },
	{ "wide-a.test", DNS_A, 60, "192.0.2.16" },
};

struct world {
	uv_loop_t loop;
	struct dns *dns;
	struct dns_test_server server;
	struct clock clock;
	struct timers timers;
	struct hash_key key;
	struct sip_location *location;
	struct sip_look_up *look_up;
	bool is_silent, is_started;
	unsigned rcode; /* instead of answers */

	int done, err;
	struct sip_places places;
};

/* --- the server --- */

static void
serve(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	struct world *world = arg;

	if (world->is_silent)
		return;
	if (world->rcode != 0)
		dns_put_header(w, query, world->rcode, 0, 0);
	else
		dns_zone_serve(zone, N_ROWS(zone), query, w);
}

/* --- the world --- */

/* The TCP port of the number that UDP was given may be taken. */
static bool
open_server(struct world *world)
{
	for (int i = 0; i < 10; i++) {
		if (dns_test_server_open(&world->server, &world->loop, true,
					 serve, world))
			return true;
		(void)uv_run(&world->loop, UV_RUN_NOWAIT);
	}
	return CHECK(false); /* no port is free */
}

static bool
init(struct world *world, unsigned transports)
{
	struct dns_settings settings = { .n_servers = 1, .dead_after = 1000 };
	struct sip_location_env env = {
		.clock = &world->clock,
		.timers = &world->timers,
		.key = &world->key,
		.seed = 3,
		.ip4 = transports & ALL,
		.ip6 = transports & ~(transports / NOT6(1)) & ALL,
		.timeout_ms = 2000,
		.max_entries = 100,
	};

	memset(world, 0, sizeof(*world));
	clock_init_fake(&world->clock, US_PER_S);
	clock_advance_us(&world->clock, US_PER_S);
	timers_init(&world->timers, clock_mono_ms(&world->clock));
	(void)uv_loop_init(&world->loop);
	if (!open_server(world)) {
		(void)uv_loop_close(&world->loop);
		return false;
	}
	settings.servers = &world->server.addr;
	if (OK(dns_new(&world->loop, &settings, &world->dns))) {
		env.dns = world->dns;
		if (OK(sip_location_new(&env, &world->location)))
			return true;
	}
	dns_close(world->dns);
	dns_test_server_close(&world->server);
	(void)uv_run(&world->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&world->loop);
	return false;
}

static void
fini(struct world *world)
{
	sip_location_free(world->location);
	dns_close(world->dns);
	dns_test_server_close(&world->server);
	(void)uv_run(&world->loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&world->loop) == 0);
	CHECK(world->timers.n == 0);
}

static void
on_done(void *arg, int err, const struct sip_places *places)
{
	struct world *world = arg;

	CHECK(world->is_started);
	world->done++;
	world->err = err;
	world->places = *places;
}

static struct sip_target
target_of(const char *host, unsigned port, const char *transport, bool is_sips)
{
	struct sip_target target = { .host = str_of(host),
				     .port = (uint16_t)port,
				     .is_sips = is_sips };

	target.has_transport =
	    transport != NULL &&
	    sip_transport_parse(str_of(transport), &target.transport) == 0;
	return target;
}

static int
start(struct world *world, const struct sip_target *target)
{
	int err;

	world->done = 0;
	world->is_started = false;
	err = sip_location_find(world->location, target, &world->places,
				on_done, world, &world->look_up);
	world->is_started = true;
	return err;
}

/* Let the loop run until the look-up is over. */
static int
find(struct world *world, const struct sip_target *target)
{
	int err = start(world, target);

	for (int i = 0; err == ERR_BUSY && world->done == 0 && i < 10000; i++)
		(void)uv_run(&world->loop, UV_RUN_ONCE);
	return err == ERR_BUSY ? world->err : err;
}

/* "udp 192.0.2.1:5060, tcp ..." */
static const char *
show(const struct world *world, char *out, size_t cap)
{
	char text[ADDR_TEXT_MAX];
	size_t len = 0;

	out[0] = '\0';
	for (size_t i = 0; i < world->places.n; i++) {
		const struct sip_place *place = &world->places.at[i];

		len += (size_t)snprintf(
		    out + len, cap - len, "%s%s %s", i > 0 ? ", " : "",
		    sip_transport_param((enum sip_transport)place->transport),
		    addr_format(&place->addr, text));
	}
	return out;
}

/* --- the rules --- */

struct row {
	const char *what, *host;
	unsigned port;
	const char *transport;
	bool is_sips;
	unsigned have;
	int err;
	const char *places;
	unsigned queries;
};

static void
the_rules_of_rfc_3263(void)
{
	static const struct row rows[] = {
		{ "an address", "192.0.2.7", 0, NULL, false, UDP | TCP, 0,
		  "udp 192.0.2.7:5060", 0 },
		{ "an address, sips", "192.0.2.7", 0, NULL, true, UDP | TLS, 0,
		  "tls 192.0.2.7:5061", 0 },
		{ "an IPv6 address with port and transport", "2001:db8::1",
		  5099, "tcp", false, UDP | TCP, 0, "tcp [2001:db8::1]:5099",
		  0 },
		{ "a port: no NAPTR, no SRV", "both.test", 5099, NULL, false,
		  UDP | TCP, 0,
		  "udp 192.0.2.3:5099, udp [2001:db8::3]:5099", 2 },
		{ "a port and a transport", "both.test", 5099, "tcp", false,
		  UDP | TCP, 0,
		  "tcp 192.0.2.3:5099, tcp [2001:db8::3]:5099", 2 },
		{ "a transport: no NAPTR", "srv.test", 0, "tcp", false,
		  UDP | TCP, 0,
		  "tcp 192.0.2.3:5060, tcp [2001:db8::3]:5060", 3 },
		{ "SRV by priority, what is gone left out", "srv.test", 0,
		  NULL, false, UDP | TCP, 0,
		  "udp 192.0.2.3:5080, udp [2001:db8::3]:5080, "
		  "udp 192.0.2.1:5070, udp 192.0.2.2:5070", 8 },
		{ "four addresses of a server, then the next server's",
		  "wide.test", 0, "udp", false, UDP, 0,
		  "udp 192.0.2.11:5060, udp 192.0.2.12:5060, "
		  "udp 192.0.2.13:5060, udp 192.0.2.14:5060, "
		  "udp 192.0.2.3:5060, udp [2001:db8::3]:5060", 5 },
		{ "NAPTR chooses", "naptr.test", 0, NULL, false,
		  UDP | TCP | TLS, 0, "tls 192.0.2.3:5061, "
		  "tls [2001:db8::3]:5061, tcp 192.0.2.3:5060, "
		  "tcp [2001:db8::3]:5060, udp 192.0.2.3:5080, "
		  "udp [2001:db8::3]:5080, udp 192.0.2.1:5070, "
		  "udp 192.0.2.2:5070", 10 },
		{ "NAPTR among what we have", "naptr.test", 0, NULL, false,
		  TCP, 0, "tcp 192.0.2.3:5060, tcp [2001:db8::3]:5060", 4 },
		{ "NAPTR for sips", "naptr.test", 0, NULL, true,
		  UDP | TCP | TLS, 0,
		  "tls 192.0.2.3:5061, tls [2001:db8::3]:5061", 4 },
		{ "the second transport is offered", "tcponly.test", 0, NULL,
		  false, UDP | TCP, 0,
		  "tcp 192.0.2.1:5062, tcp 192.0.2.2:5062", 5 },
		{ "no SRV at all", "a.test", 0, NULL, false, UDP | TCP, 0,
		  "udp 192.0.2.1:5060, udp 192.0.2.2:5060", 5 },
		{ "sips without SRV", "a.test", 0, NULL, true, UDP | TLS, 0,
		  "tls 192.0.2.1:5061, tls 192.0.2.2:5061", 4 },
		{ "a service that is not offered", "not.test", 0, "udp", false,
		  UDP, ERR_NOTFOUND, "", 1 },
		{ "no such name", "nowhere.test", 0, NULL, false, UDP,
		  ERR_NOTFOUND, "", 4 },
		{ "no name", "a..b", 0, NULL, false, UDP, ERR_SYNTAX, "", 0 },
		{ "a transport that we have over IPv4 alone", "srv.test", 0,
		  "tcp", false, UDP | TCP | NOT6(TCP), 0,
		  "tcp 192.0.2.3:5060", 2 },
		{ "an address likewise", "2001:db8::1", 0, "tcp", false,
		  UDP | TCP | NOT6(TCP), ERR_UNSUPPORTED, "", 0 },
		{ "a transport we have not", "a.test", 0, "tls", false, UDP,
		  ERR_UNSUPPORTED, "", 0 },
		{ "sips without TLS", "a.test", 0, NULL, true, UDP | TCP,
		  ERR_UNSUPPORTED, "", 0 },
	};

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		const struct row *row = &rows[i];
		struct sip_target target = target_of(
		    row->host, row->port, row->transport, row->is_sips);
		struct world world;
		char text[600];

		test_row(row->what);
		if (!init(&world, row->have))
			continue;
		CHECK(find(&world, &target) == row->err);
		CHECK(strcmp(show(&world, text, sizeof(text)), row->places) ==
		      0);
		CHECK(world.server.n_udp == row->queries);
		/* the second time nothing is asked */
		CHECK(start(&world, &target) == row->err);
		CHECK(world.done == 0);
		CHECK(strcmp(show(&world, text, sizeof(text)), row->places) ==
		      0);
		fini(&world);
	}
	test_row(NULL);
}

static void
what_there_is_not_is_known_for_a_while(void)
{
	struct sip_target target = target_of("nowhere.test", 5060, NULL, false);
	struct world world;

	if (!init(&world, UDP))
		return;
	CHECK(find(&world, &target) == ERR_NOTFOUND || test_starved());
	clock_advance_us(&world.clock, 29 * US_PER_S);
	CHECK(start(&world, &target) == ERR_NOTFOUND || test_starved());
	clock_advance_us(&world.clock, 1 * US_PER_S);
	if (start(&world, &target) == ERR_BUSY) {
		sip_look_up_cancel(world.look_up);
		(void)uv_run(&world.loop, UV_RUN_NOWAIT);
		CHECK(world.done == 0);
	} else {
		CHECK(test_starved());
	}
	fini(&world);
}

static void
answers_are_asked_again_when_they_are_old(void)
{
	struct sip_target target = target_of("short.test", 5060, NULL, false);
	struct world world;
	unsigned before;

	if (!init(&world, UDP))
		return;
	if (OK(find(&world, &target))) {
		before = world.server.n_udp;
		clock_advance_us(&world.clock, 2 * US_PER_S);
		OK(find(&world, &target));
		CHECK(world.server.n_udp == before + 1 || test_starved());
		CHECK(world.places.n == 1 || test_starved());
	}
	fini(&world);
}

static void
an_old_answer_serves_when_dns_fails(void)
{
	struct sip_target target = target_of("short.test", 5060, NULL, false);
	struct world world;

	if (!init(&world, UDP))
		return;
	if (OK(find(&world, &target))) {
		world.rcode = DNS_SERVFAIL;
		clock_advance_us(&world.clock, 10 * US_PER_S);
		OK(find(&world, &target));
		CHECK(world.places.n == 1 || test_starved());
		/* and is not asked for at each call */
		OK(start(&world, &target));
		CHECK(sip_location_counters(world.location)->stale == 1 ||
		      test_starved());
	}
	fini(&world);
}

static void
a_dead_server_costs_a_bounded_time(void)
{
	struct sip_target target = target_of("a.test", 0, NULL, false);
	struct world world;

	if (!init(&world, UDP))
		return;
	world.is_silent = true;
	CHECK(start(&world, &target) == ERR_BUSY || test_starved());
	clock_advance_us(&world.clock, 1999 * US_PER_MS);
	timers_run(&world.timers, clock_mono_ms(&world.clock));
	CHECK(world.done == 0);
	clock_advance_us(&world.clock, 1 * US_PER_MS);
	timers_run(&world.timers, clock_mono_ms(&world.clock));
	CHECK((world.done == 1 && world.err == ERR_TIMEOUT) || test_starved());
	fini(&world);
}

/* What DNS refused is not asked for at each call. */
static void
failures_are_known_for_a_moment(void)
{
	struct sip_target target = target_of("a.test", 5060, NULL, false);
	struct world world;

	if (!init(&world, UDP))
		return;
	world.rcode = DNS_SERVFAIL;
	CHECK(find(&world, &target) == ERR_TIMEOUT || test_starved());
	world.rcode = 0;
	CHECK(start(&world, &target) == ERR_TIMEOUT || test_starved());
	clock_advance_us(&world.clock, 5 * US_PER_S);
	OK(find(&world, &target));
	CHECK(world.places.n == 2 || test_starved());
	fini(&world);
}

static void
those_who_wait_for_the_same_ask_once(void)
{
	struct sip_target target = target_of("a.test", 5060, "udp", false);
	struct sip_look_up *first;
	struct world world;

	if (!init(&world, UDP))
		return;
	if (start(&world, &target) == ERR_BUSY) {
		first = world.look_up;
		CHECK(start(&world, &target) == ERR_BUSY || test_starved());
		while (world.done < 2 && !test_starved())
			(void)uv_run(&world.loop, UV_RUN_ONCE);
		CHECK(world.server.n_udp == 2 || test_starved());
		CHECK(first != world.look_up);
	}
	fini(&world);
}

#define CROWD 60

struct crowd {
	struct sip_look_up *look_up[CROWD];
	int told[CROWD], n_told, n_due;
};

static struct crowd crowd; /* of the test below */

static void
on_told(void *arg, int err, const struct sip_places *places)
{
	int *told = arg;
	size_t i = (size_t)(told - crowd.told);

	CHECK(err == (i % 4 == 0 ? 0 : ERR_NOTFOUND) || test_starved());
	CHECK(places->n == (i % 4 == 0 ? 2U : 0U) || test_starved());
	++*told;
	crowd.n_told++;
	crowd.look_up[i] = NULL;
	/* one callback takes another's look-up away */
	if (i % 5 == 0 && i + 1 < CROWD && crowd.look_up[i + 1] != NULL) {
		sip_look_up_cancel(crowd.look_up[i + 1]);
		crowd.look_up[i + 1] = NULL;
		crowd.n_due--;
	}
}

/* Many names, some asked for by several; some lose interest, also within the
 * callback of another. */
static void
each_is_told_once_of_its_own(void)
{
	struct sip_places places;
	struct world world;
	char name[32];

	if (!init(&world, UDP))
		return;
	memset(&crowd, 0, sizeof(crowd));
	for (size_t i = 0; i < CROWD; i++) {
		struct sip_target target;

		snprintf(name, sizeof(name), "n%zu.test", i / 2);
		target = target_of(i % 4 == 0 ? "a.test" : name, 5060, "udp",
				   false);
		if (sip_location_find(world.location, &target, &places,
				      on_told, &crowd.told[i],
				      &crowd.look_up[i]) == ERR_BUSY)
			crowd.n_due++;
		else
			crowd.look_up[i] = NULL;
	}
	for (size_t i = 3; i < CROWD; i += 7) {
		crowd.n_due -= crowd.look_up[i] != NULL;
		sip_look_up_cancel(crowd.look_up[i]);
		crowd.look_up[i] = NULL;
	}
	while (crowd.n_told < crowd.n_due && !test_starved())
		(void)uv_run(&world.loop, UV_RUN_ONCE);
	for (size_t i = 0; i < CROWD; i++)
		CHECK(crowd.told[i] <= 1 && (crowd.look_up[i] == NULL ||
					     test_starved()));
	CHECK(crowd.n_told > CROWD / 2 || test_starved());
	fini(&world);
}

static void
the_cache_is_bounded(void)
{
	struct world world;
	char name[32];

	if (!init(&world, UDP))
		return;
	for (int i = 0; i < 120; i++) {
		struct sip_target target;

		snprintf(name, sizeof(name), "n%d.test", i);
		target = target_of(name, 5060, "udp", false);
		CHECK(find(&world, &target) == ERR_NOTFOUND);
	}
	CHECK(sip_location_counters(world.location)->entries == 100);
	fini(&world);
}

static const struct test tests[] = {
	{ "the rules of RFC 3263", the_rules_of_rfc_3263, true },
	{ "what there is not is known for a while",
	  what_there_is_not_is_known_for_a_while, false },
	{ "answers are asked again when they are old",
	  answers_are_asked_again_when_they_are_old, false },
	{ "an old answer serves when DNS fails",
	  an_old_answer_serves_when_dns_fails, false },
	{ "a dead server costs a bounded time",
	  a_dead_server_costs_a_bounded_time, false },
	{ "failures are known for a moment", failures_are_known_for_a_moment,
	  false },
	{ "those who wait for the same ask once",
	  those_who_wait_for_the_same_ask_once, false },
	{ "each is told once of its own", each_is_told_once_of_its_own, false },
	{ "the cache is bounded", the_cache_is_bounded, true },
};

const struct test_suite suite_location = TEST_SUITE("location", tests);
