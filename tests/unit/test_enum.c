/* test_enum.c - look-ups against scripted DNS servers */
#include "enum/enum.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/dns_server.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define NUMBER "+441632960083"
#define TIMEOUT_MS 300

struct end {
	uv_loop_t *loop;
	unsigned n_called;
	enum enum_outcome outcome;
	size_t n_uris, tree;
	char uri[64];
	bool is_cached, is_stale;
	uint32_t ttl_s;
	int64_t latency_us;
};

/* One server, asked for one or two trees. */
struct world {
	uv_loop_t loop;
	struct dns_test_server server;
	struct dns *dns;
	struct enum_client *client;
	struct enum_tree trees[2];
	struct enum_settings settings;
	uint32_t ttl_s; /* of what the scripts say */
};

static void
say_uri(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	const struct world *world = arg;

	dns_put_header(w, query, 0x400, 1, 0);
	dns_put_naptr(w, world->ttl_s, 10, 10, "u", "E2U+sip",
		      "!^.*$!sip:a@example.com!", ".");
}

static void
say_nothing(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg, (void)query, (void)w;
}

static void
say_nxdomain(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	const struct world *world = arg;

	dns_put_header(w, query, DNS_NXDOMAIN, 0, 1);
	dns_put_soa(w, 900, world->ttl_s);
}

static void
say_nxdomain_bare(void *arg, const struct dns_server_query *query,
		  struct wbuf *w)
{
	(void)arg;
	dns_put_header(w, query, DNS_NXDOMAIN, 0, 0);
}

static void
say_nodata(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg;
	dns_put_header(w, query, 0, 0, 1);
	dns_put_soa(w, 900, 60);
}

static void
say_servfail(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg;
	dns_put_header(w, query, DNS_SERVFAIL, 0, 0);
}

static void
say_refused(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg;
	dns_put_header(w, query, DNS_REFUSED, 0, 0);
}

/* A record that is longer than the message. */
static void
say_garbage(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	say_uri(arg, query, w);
	w->len -= 5;
}

/* A NAPTR whose data ends early, beside a good one. */
static void
say_one_bad(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	dns_put_header(w, query, 0, 2, 0);
	dns_put_record(w, DNS_NAPTR, 60, "\0\1\0\1\1u\300E2U", 10);
	dns_put_naptr(w, 60, 10, 10, "u", "E2U+sip", "!^.*$!sip:a@example.com!",
		      ".");
	(void)arg;
}

/* Only numbers of the second tree are there. */
static void
say_second(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	struct dns_name two;

	dns_name_parse(str_of("two.example."), &two);
	if (dns_name_is_under(&query->message.name, &two))
		say_uri(arg, query, w);
	else
		say_nxdomain(arg, query, w);
}

/* A hundred records, too many for a datagram; the last has the URI. */
static void
say_hundred(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	(void)arg;
	if (!query->is_tcp) {
		dns_put_header(w, query, 0x200, 0, 0);
		return;
	}
	dns_put_header(w, query, 0, 100, 0);
	for (unsigned i = 0; i < 99; i++)
		dns_put_naptr(w, 60, i, 1, "u", "E2U+email:mailto",
			      "!^.*$!mailto:a@example.com!", ".");
	dns_put_naptr(w, 60, 65535, 1, "u", "E2U+sip",
		      "!^.*$!sip:a@example.com!", ".");
}

static void
set_up(struct world *world)
{
	for (int i = 0; i < 2; i++) {
		struct enum_tree *tree = &world->trees[i];

		dns_name_parse(str_of(i == 0 ? "one.example" : "two.example"),
			       &tree->suffix);
		enum_services_parse(str_of("sip"), &tree->services);
		tree->servers[0] = world->server.addr;
		tree->n_servers = 1;
	}
	world->settings.trees = world->trees;
	world->settings.n_trees = 1;
	world->settings.timeout_ms = TIMEOUT_MS;
	world->ttl_s = 60;
}

static bool
open_client(struct world *world)
{
	struct enum_source source = enum_source_dns(world->dns);

	return OK(enum_client_new(&world->loop, &source, &world->settings,
				  &world->client));
}

static bool
world_init(struct world *world, dns_script *script)
{
	struct dns_settings settings = { .try_ms = 120 };

	memset(world, 0, sizeof(*world));
	CHECK(uv_loop_init(&world->loop) == 0);
	CHECK(dns_test_server_open(&world->server, &world->loop, true, script,
				   world));
	set_up(world);
	settings.servers = &world->server.addr;
	settings.n_servers = 1;
	return OK(dns_new(&world->loop, &settings, &world->dns));
}

static void
world_fini(struct world *world)
{
	enum_client_close(world->client);
	dns_close(world->dns);
	dns_test_server_close(&world->server);
	CHECK(uv_run(&world->loop, UV_RUN_DEFAULT) == 0);
	CHECK(uv_loop_close(&world->loop) == 0);
}

static void
note(struct end *end, const struct enum_answer *answer)
{
	end->n_called++;
	end->outcome = answer->outcome;
	end->n_uris = answer->n_uris;
	end->tree = answer->tree;
	end->is_cached = answer->is_cached;
	end->is_stale = answer->is_stale;
	end->latency_us = answer->latency_us;
	if (answer->n_uris > 0) {
		snprintf(end->uri, sizeof(end->uri), "%.*s",
			 STR_ARG(answer->uris[0].text));
		end->ttl_s = answer->uris[0].ttl_s;
	}
}

static void
on_done(void *arg, const struct enum_answer *answer)
{
	struct end *end = arg;

	note(end, answer);
	uv_stop(end->loop); /* or it would wait for what comes next */
}

static int
start(struct world *world, const char *text, struct end *end,
      struct enum_lookup **lookup)
{
	struct enum_number number;

	memset(end, 0, sizeof(*end));
	end->loop = &world->loop;
	enum_number_parse(str_of(text), &number);
	return enum_start(world->client, &number, NULL, on_done, end, lookup);
}

static bool
ask(struct world *world, struct end *end)
{
	struct enum_lookup *lookup;

	if (!OK(start(world, NUMBER, end, &lookup)))
		return false;
	CHECK(end->n_called == 0);
	while (end->n_called == 0)
		uv_run(&world->loop, UV_RUN_ONCE);
	return !test_starved();
}

static void
test_outcomes(void)
{
	static const struct {
		const char *what;
		dns_script *script;
		enum enum_outcome outcome;
	} rows[] = {
		{ "a URI", say_uri, ENUM_FOUND },
		{ "NXDOMAIN", say_nxdomain, ENUM_NXDOMAIN },
		{ "no records", say_nodata, ENUM_NODATA },
		{ "SERVFAIL", say_servfail, ENUM_SERVFAIL },
		{ "REFUSED", say_refused, ENUM_REFUSED },
		{ "garbage", say_garbage, ENUM_MALFORMED },
		{ "silence", say_nothing, ENUM_TIMEOUT },
		{ "one record that cannot be read", say_one_bad, ENUM_FOUND },
		{ "a hundred records", say_hundred, ENUM_FOUND },
	};
	struct world world;
	struct end end;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (world_init(&world, rows[i].script) && open_client(&world) &&
		    ask(&world, &end)) {
			CHECK(end.outcome == rows[i].outcome);
			CHECK((end.n_uris == 1) ==
			      (rows[i].outcome == ENUM_FOUND));
			CHECK(end.n_uris == 0 ||
			      strcmp(end.uri, "sip:a@example.com") == 0);
			CHECK(end.latency_us < (TIMEOUT_MS + 100) * 1000);
		}
		world_fini(&world);
	}
	test_row(NULL);
}

static void
test_cache(void)
{
	struct world world;
	struct end end;
	struct enum_answer answer;
	struct enum_number number;
	struct enum_counters counters;

	enum_number_parse(str_of(NUMBER), &number);
	if (world_init(&world, say_uri) && open_client(&world)) {
		CHECK(!enum_cached(world.client, &number, &answer));
		if (ask(&world, &end) && !end.is_cached &&
		    enum_cached(world.client, &number, &answer)) {
			note(&end, &answer);
			CHECK(end.is_cached && end.n_uris == 1);
			CHECK(end.ttl_s == 60 || end.ttl_s == 59);
			CHECK(ask(&world, &end) && end.is_cached);
			CHECK(world.server.n_udp == 1);
			enum_counters(world.client, &counters);
			CHECK(counters.n_lookups[ENUM_FOUND] == 3);
			CHECK(counters.n_cached == 2);
			CHECK(counters.n_asked == 1 && counters.n_sets == 1);
			enum_flush(world.client);
			CHECK(!enum_cached(world.client, &number, &answer));
		} else {
			CHECK(false);
		}
	}
	world_fini(&world);
}

/* How long each kind of answer is kept. */
static void
test_times(void)
{
	static const struct {
		const char *what;
		dns_script *script;
		uint32_t ttl_s, min_s;
		bool is_kept;
	} rows[] = {
		{ "TTL 0", say_uri, 0, 0, false },
		{ "TTL 0 with a least time", say_uri, 0, 5, true },
		{ "a TTL", say_uri, 1, 0, true },
		{ "NXDOMAIN", say_nxdomain, 1, 0, true },
		{ "NXDOMAIN for no time", say_nxdomain, 0, 0, false },
		{ "NXDOMAIN without SOA, for a moment", say_nxdomain_bare, 0, 0,
		  true },
		{ "SERVFAIL for a moment", say_servfail, 0, 0, true },
	};
	struct world world;
	struct end end;

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (world_init(&world, rows[i].script)) {
			world.ttl_s = rows[i].ttl_s;
			world.settings.min_ttl_s = rows[i].min_s;
			if (open_client(&world) && ask(&world, &end) &&
			    ask(&world, &end)) {
				CHECK(end.is_cached == rows[i].is_kept);
				CHECK(world.server.n_udp ==
				      (rows[i].is_kept ? 1 : 2));
			}
		}
		world_fini(&world);
	}
	test_row(NULL);
}

static void
test_joins(void)
{
	struct world world;
	struct end ends[3];
	struct enum_lookup *lookups[3];
	struct enum_counters counters;

	if (world_init(&world, say_uri) && open_client(&world) &&
	    OK(start(&world, NUMBER, &ends[0], &lookups[0])) &&
	    OK(start(&world, NUMBER, &ends[1], &lookups[1])) &&
	    OK(start(&world, NUMBER, &ends[2], &lookups[2]))) {
		enum_cancel(lookups[1]);
		while (ends[0].n_called == 0 || ends[2].n_called == 0)
			uv_run(&world.loop, UV_RUN_ONCE);
		CHECK(ends[1].n_called == 0);
		CHECK(ends[0].n_uris == 1 && ends[2].n_uris == 1);
		CHECK(world.server.n_udp == 1);
		enum_counters(world.client, &counters);
		CHECK(counters.n_joined == 2 && counters.n_running == 0);
	}
	world_fini(&world);
}

static void
test_trees(void)
{
	struct world world;
	struct end end;

	if (world_init(&world, say_second)) {
		world.settings.n_trees = 2;
		if (open_client(&world) && ask(&world, &end)) {
			CHECK(end.outcome == ENUM_FOUND && end.tree == 1);
			CHECK(world.server.n_udp == 2);
		}
	}
	world_fini(&world);
}

static void
say_itself(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	char name[DNS_NAME_TEXT_MAX];

	(void)arg;
	dns_put_header(w, query, 0, 1, 0);
	dns_put_naptr(w, 60, 10, 10, "", "", "",
		      dns_name_format(&query->message.name, name));
}

/* RFC 6116, 5.2.1: the question of a loop is not even asked. */
static void
test_loop(void)
{
	struct world world;
	struct end end;

	if (world_init(&world, say_itself) && open_client(&world) &&
	    ask(&world, &end)) {
		CHECK(end.outcome == ENUM_LOOP);
		CHECK(world.server.n_udp == 1);
	}
	world_fini(&world);
}

/* One deadline for all trees, and a shorter one for the first leaves time. */
static void
test_deadline(void)
{
	struct world world;
	struct end end;

	if (world_init(&world, say_nothing)) {
		world.settings.n_trees = 2;
		if (open_client(&world) && ask(&world, &end)) {
			CHECK(end.outcome == ENUM_TIMEOUT);
			CHECK(end.latency_us >= TIMEOUT_MS * 1000 - 5000);
			CHECK(end.latency_us < (TIMEOUT_MS + 100) * 1000);
		}
	}
	world_fini(&world);
}

/* A dead server costs the first look-ups their time, the next ones none, and
 * nobody asks again and again. */
static void
test_dead(void)
{
	struct world world;
	struct end end;
	struct enum_counters counters;
	char number[16];
	struct enum_lookup *lookup;

	if (world_init(&world, say_nothing) && open_client(&world)) {
		for (unsigned i = 0; i < 20; i++) {
			snprintf(number, sizeof(number), "+44%02u", i);
			if (!OK(start(&world, number, &end, &lookup)))
				break;
			while (end.n_called == 0)
				uv_run(&world.loop, UV_RUN_ONCE);
			CHECK(end.outcome == ENUM_TIMEOUT);
			CHECK(i < 2 || end.latency_us < 100000);
		}
		enum_counters(world.client, &counters);
		CHECK(counters.n_asked == 20);
	}
	world_fini(&world);
}

static void
test_stale(void)
{
	struct world world;
	struct end end;

	if (world_init(&world, say_uri)) {
		world.ttl_s = 1;
		world.settings.stale_s = 3600;
		if (open_client(&world) && ask(&world, &end)) {
			uv_sleep(1050);
			world.server.script = say_servfail;
			if (ask(&world, &end)) {
				CHECK(end.outcome == ENUM_FOUND);
				CHECK(end.is_stale && !end.is_cached);
			}
			/* And not asked for again at once. */
			CHECK(ask(&world, &end) && end.is_cached);
			CHECK(end.is_stale && world.server.n_udp == 2);
		}
	}
	world_fini(&world);
}

static void
test_limits(void)
{
	struct world world;
	struct end end;
	struct enum_lookup *lookup;

	if (world_init(&world, say_nothing)) {
		world.settings.max_lookups = 1;
		if (open_client(&world) &&
		    OK(start(&world, NUMBER, &end, &lookup))) {
			struct enum_lookup *other;
			struct end end2;

			CHECK(start(&world, "+1", &end2, &other) == ERR_BUSY);
			CHECK(start(&world, "1*2", &end2, &other) == ERR_INVAL);
			enum_cancel(lookup);
			enum_cancel(NULL);
			CHECK(end.n_called == 0);
		}
	}
	world_fini(&world);
}

static const struct test tests[] = {
	{ "outcomes are told apart", test_outcomes, true },
	{ "what is known is not asked again", test_cache, true },
	{ "answers are kept as long as they may", test_times, true },
	{ "look-ups share a question", test_joins, true },
	{ "trees are asked in order", test_trees, true },
	{ "loops are seen before they are entered", test_loop, true },
	{ "one deadline bounds it all", test_deadline, true },
	{ "a dead server costs only the first", test_dead, true },
	{ "stale answers are better than none", test_stale, true },
	{ "look-ups are bounded and cancelled", test_limits, false },
};

const struct test_suite suite_enum = TEST_SUITE("enum", tests);
