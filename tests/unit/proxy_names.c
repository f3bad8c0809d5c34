/* proxy_names.c - see proxy_names.h */
#include "tests/unit/proxy_names.h"

#include <limits.h>
#include <string.h>

#include "sip/location_private.h"
#include "tests/unit/harness.h"

#define TURNS_MAX 10000
#define STARVED_TURNS_MAX 100
#define ENTRIES_MAX 100

static void
serve(void *arg, const struct dns_server_query *query, struct wbuf *w)
{
	const struct proxy_names *names = arg;

	if (names->is_silent)
		return;
	if (names->rcode != 0)
		dns_put_header(w, query, names->rcode, 0, 0);
	else
		dns_zone_serve(names->zone, names->n, query, w);
}

static bool
open_dns(struct proxy_names *names)
{
	const struct dns_settings settings = { .servers = &names->server.addr,
					       .n_servers = 1,
					       .dead_after = UINT_MAX };

	return OK(dns_new(&names->loop, &settings, &names->dns));
}

static bool
open_location(struct proxy_names *names, int timeout_ms)
{
	struct worker *worker = &names->world->worker;
	const struct listeners *listeners = &worker->node->listeners;
	const struct sip_location_env env = {
		.dns = names->dns,
		.clock = &worker->clock,
		.timers = &worker->timers,
		.key = &worker->node->hash_key,
		.seed = 3,
		.ip4 = listeners->ip4,
		.ip6 = listeners->ip6,
		.timeout_ms = timeout_ms != 0 ? timeout_ms : 60000,
		.max_entries = ENTRIES_MAX,
	};

	return OK(sip_location_new(&env, &worker->location));
}

bool
pn_open(struct proxy_names *names, struct proxy_world *w,
	const struct dns_zone_record *zone, size_t n, int timeout_ms)
{
	memset(names, 0, sizeof(*names));
	if (w->worker.node == NULL)
		return false; /* there is no world */
	names->world = w;
	names->zone = zone;
	names->n = n;
	(void)uv_loop_init(&names->loop);
	return CHECK(dns_test_server_open(&names->server, &names->loop, true,
					  serve, names)) &&
	       open_dns(names) && open_location(names, timeout_ms);
}

void
pn_close(struct proxy_names *names)
{
	if (names->world == NULL)
		return;
	sip_location_free(names->world->worker.location);
	names->world->worker.location = NULL;
	dns_close(names->dns);
	dns_test_server_close(&names->server);
	(void)uv_run(&names->loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&names->loop) == 0);
}

/* Something is asked for that the server has an answer to. */
static bool
is_awaited(const struct proxy_names *names)
{
	const struct location_entry *entry =
	    names->world->worker.location->oldest;

	for (; entry != NULL && !names->is_silent; entry = entry->newer) {
		if (entry->query != NULL &&
		    !dns_zone_is_silent(names->zone, names->n, &entry->name))
			return true;
	}
	return false;
}

bool
pn_begin(struct proxy_names *names, struct proxy_world *w,
	 const struct pw_config *config, const struct dns_zone_record *zone,
	 size_t n, int timeout_ms)
{
	bool good = pw_open(w, config);

	return pn_open(names, w, zone, n, timeout_ms) && good;
}

void
pn_end(struct proxy_names *names, struct proxy_world *w)
{
	pw_close(w);
	pn_close(names);
}

void
pn_answer(struct proxy_names *names)
{
	/* What was lost for want of memory is not waited for: nothing comes
	 * from elsewhere. */
	for (int i = 0; i < TURNS_MAX && is_awaited(names); i++) {
		if (!test_starved())
			(void)uv_run(&names->loop, UV_RUN_ONCE);
		else if (i < STARVED_TURNS_MAX)
			(void)uv_run(&names->loop, UV_RUN_NOWAIT);
		else
			return;
	}
	CHECK(!is_awaited(names));
}

unsigned
pn_queries(const struct proxy_names *names)
{
	return (unsigned)sip_location_counters(names->world->worker.location)
	    ->queries;
}
