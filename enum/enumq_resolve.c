/* enumq_resolve.c - where the URIs that were found are (RFC 3263) */
#include <jansson.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "enum/enumq.h"
#include "sip/location.h"
#include "sip/value.h"

#define TICK_MS 10
#define ENTRIES_MAX 1024

struct resolver {
	const struct enumq *enumq;
	uv_loop_t loop;
	uv_timer_t tick;
	struct clock clock;
	struct timers timers;
	struct hash_key key;
	struct dns *dns;
	struct sip_location *location;
	/* of the URI at hand */
	bool is_over;
	int err;
	struct sip_places places;
};

static void
on_tick(uv_timer_t *tick)
{
	struct resolver *resolver = tick->data;

	timers_run(&resolver->timers, clock_mono_ms(&resolver->clock));
}

static int
open_resolver(struct resolver *resolver, const struct enumq *enumq)
{
	const struct dns_settings settings = {
		.servers = enumq->trees[0].servers,
		.n_servers = enumq->trees[0].n_servers,
	};
	struct sip_location_env env = {
		.clock = &resolver->clock,
		.timers = &resolver->timers,
		.key = &resolver->key,
		.ip4 = 1U << SIP_UDP | 1U << SIP_TCP | 1U << SIP_TLS,
		.ip6 = 1U << SIP_UDP | 1U << SIP_TCP | 1U << SIP_TLS,
		.timeout_ms = enumq->settings.timeout_ms,
		.max_entries = ENTRIES_MAX,
	};
	int err;

	memset(resolver, 0, sizeof(*resolver));
	resolver->enumq = enumq;
	if (uv_loop_init(&resolver->loop) != 0)
		return ERR_IO;
	clock_init_system(&resolver->clock);
	timers_init(&resolver->timers, clock_mono_ms(&resolver->clock));
	uv_timer_init(&resolver->loop, &resolver->tick);
	resolver->tick.data = resolver;
	uv_timer_start(&resolver->tick, on_tick, TICK_MS, TICK_MS);
	err = hash_key_random(&resolver->key);
	if (err == 0)
		err = random_bytes(&env.seed, sizeof(env.seed));
	if (err == 0)
		err = dns_new(&resolver->loop, &settings, &resolver->dns);
	env.dns = resolver->dns;
	return err == 0 ? sip_location_new(&env, &resolver->location) : err;
}

static void
close_resolver(struct resolver *resolver)
{
	if (resolver->location != NULL)
		sip_location_free(resolver->location);
	dns_close(resolver->dns);
	uv_close((uv_handle_t *)&resolver->tick, NULL);
	uv_run(&resolver->loop, UV_RUN_DEFAULT);
	uv_loop_close(&resolver->loop);
}

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct resolver *resolver = arg;

	resolver->is_over = true;
	resolver->err = err;
	if (err == 0)
		resolver->places = *places;
}

static int
read_target(struct arena *arena, const char *text, struct sip_target *out)
{
	struct sip_uri uri;
	int err = sip_uri_parse(arena, str_of(text), &uri);

	if (err != 0)
		return err;
	if (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS)
		return ERR_UNSUPPORTED;
	*out = (struct sip_target){ .host = uri.host,
				    .port = uri.port,
				    .is_sips = uri.scheme == SIP_SCHEME_SIPS };
	out->has_transport = uri.transport.p != NULL;
	return out->has_transport
		   ? sip_transport_parse(uri.transport, &out->transport)
		   : 0;
}

static void
locate(struct resolver *resolver, const char *text)
{
	struct sip_look_up *look_up;
	struct sip_target target;
	struct arena arena;

	arena_init(&arena, NULL, 0, 0);
	resolver->is_over = false;
	resolver->places.n = 0;
	resolver->err = read_target(&arena, text, &target);
	if (resolver->err == 0)
		resolver->err = sip_location_find(
		    resolver->location, &target, &resolver->places, on_located,
		    resolver, &look_up);
	while (resolver->err == ERR_BUSY && !resolver->is_over)
		uv_run(&resolver->loop, UV_RUN_ONCE);
	arena_fini(&arena);
}

static const char *
why(int err)
{
	return err == ERR_UNSUPPORTED ? "not by SIP"
	       : err == ERR_NOTFOUND  ? "no such server"
	       : err == ERR_TIMEOUT   ? "DNS does not tell"
				      : err_text(err);
}

static void
print(const struct resolver *resolver, const char *uri)
{
	char text[ADDR_TEXT_MAX];

	printf("  %s\n", uri);
	if (resolver->err != 0)
		printf("    %s\n", why(resolver->err));
	for (size_t i = 0; i < resolver->places.n; i++) {
		const struct sip_place *place = &resolver->places.at[i];

		printf("    %s %s\n",
		       sip_transport_param((enum sip_transport)place->transport),
		       addr_format(&place->addr, text));
	}
}

static json_t *
to_json(const struct resolver *resolver, const char *uri)
{
	char text[ADDR_TEXT_MAX];
	json_t *list = json_array();

	for (size_t i = 0; i < resolver->places.n; i++) {
		const struct sip_place *place = &resolver->places.at[i];

		json_array_append_new(
		    list,
		    json_pack("{s:s s:s}", "transport",
			      sip_transport_param(
				  (enum sip_transport)place->transport),
			      "address", addr_format(&place->addr, text)));
	}
	return json_pack("{s:s s:s? s:o}", "uri", uri, "error",
			 resolver->err != 0 ? why(resolver->err) : NULL,
			 "places", list);
}

int
enumq_resolve(const struct enumq *enumq, char *const *uris, size_t n,
	      json_t **json)
{
	struct resolver resolver;
	int err = open_resolver(&resolver, enumq);

	if (json != NULL)
		*json = json_array();
	else if (err == 0)
		printf("\nPlaces, by RFC 3263\n");
	for (size_t i = 0; i < n && err == 0; i++) {
		locate(&resolver, uris[i]);
		if (json != NULL)
			json_array_append_new(*json,
					      to_json(&resolver, uris[i]));
		else
			print(&resolver, uris[i]);
	}
	close_resolver(&resolver);
	if (err == 0)
		return 0;
	cli_fail(enumq->cli, "--resolve: %s",
		 err == ERR_NOTFOUND ? "the system names no DNS server"
				     : err_text(err));
	return ENUMQ_DNS_FAILED;
}
