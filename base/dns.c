/* dns.c - asynchronous DNS queries: the resolver of one loop */
#include "base/dns.h"

#include <string.h>

#include "base/alloc.h"
#include "base/dns_private.h"
#include "base/err.h"

#define TEND_EVERY_MS 250
#define PATIENCE_MIN_MS 2000 /* a late answer says that a server lives */

static void
on_tend(struct timer *timer, void *arg)
{
	struct dns *dns = arg;

	dns_servers_tend(&dns->servers);
	if (dns->n_attempts > 0)
		wheel_start(&dns->wheel, timer, dns_now_ms() + TEND_EVERY_MS);
}

void
dns_tend_start(struct dns *dns)
{
	if (dns->n_attempts > 0 && !timer_is_running(&dns->tending))
		wheel_start(&dns->wheel, &dns->tending,
			    dns_now_ms() + TEND_EVERY_MS);
}

static int
or_default(int value, int usual)
{
	return value > 0 ? value : usual;
}

static void
take_settings(struct dns *dns, const struct dns_settings *settings)
{
	struct dns_settings *own = &dns->settings;

	*own = *settings;
	own->try_ms = or_default(own->try_ms, 500);
	own->hold_ms = or_default(own->hold_ms, 1000);
	own->hold_max_ms = or_default(own->hold_max_ms, 30000);
	if (own->max_queries == 0)
		own->max_queries = 20000;
	if (own->dead_after == 0)
		own->dead_after = 3;
	dns->rule = (struct dns_breaker_rule){ own->dead_after, own->hold_ms,
					       own->hold_max_ms };
	dns->servers.patience_ms = own->try_ms * 4 > PATIENCE_MIN_MS
				       ? own->try_ms * 4
				       : PATIENCE_MIN_MS;
}

/* The servers of the settings, else the system's. */
static int
take_defaults(struct dns *dns)
{
	struct dns_settings *own = &dns->settings;

	if (own->n_servers > DNS_SERVERS_MAX)
		return ERR_INVAL;
	if (own->n_servers == 0)
		return dns_servers_of_system(dns->defaults, DNS_SERVERS_MAX,
					     &own->n_servers);
	memcpy(dns->defaults, own->servers,
	       own->n_servers * sizeof(*own->servers));
	return 0;
}

int
dns_new(uv_loop_t *loop, const struct dns_settings *settings, struct dns **out)
{
	struct dns *dns = mem_zalloc(1, sizeof(*dns));
	int err;

	if (dns == NULL)
		return ERR_NOMEM;
	dns->servers.loop = loop;
	take_settings(dns, settings);
	err = take_defaults(dns);
	dns->settings.servers = dns->defaults;
	if (err == 0)
		err = hash_key_random(&dns->id_key);
	if (err != 0) {
		mem_free(dns);
		return err;
	}
	wheel_init(&dns->wheel, loop);
	timer_init(&dns->tending, on_tend, dns);
	*out = dns;
	return 0;
}

static void
on_closed(uv_handle_t *clock)
{
	mem_free(clock->data);
}

void
dns_close(struct dns *dns)
{
	if (dns == NULL)
		return;
	dns->is_closing = true;
	while (dns->queries != NULL)
		dns_query_drop(dns->queries);
	dns_servers_fini(&dns->servers);
	wheel_close(&dns->wheel, on_closed, dns);
}

bool
dns_server_state(const struct dns *dns, size_t i, struct dns_server_state *out)
{
	const struct dns_server *server;

	if (i >= dns->servers.n)
		return false;
	server = dns->servers.server[i];
	*out = server->seen;
	out->is_dead = server->breaker.is_open;
	out->n_opened = server->breaker.n_opened;
	return true;
}

const char *
dns_result_text(enum dns_result result)
{
	static const char *const texts[] = {
		[DNS_ANSWER] = "answer",
		[DNS_TIMEOUT] = "timeout",
		[DNS_UNREACHABLE] = "unreachable",
		[DNS_MALFORMED] = "malformed",
		[DNS_UNAVAILABLE] = "unavailable",
		[DNS_CANCELLED] = "cancelled",
	};

	return texts[result];
}

const char *
dns_transport_text(enum dns_transport transport)
{
	return transport == DNS_TCP ? "tcp" : "udp";
}
