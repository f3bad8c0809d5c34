/* learnt_gateways.c - gateways that are in no table, with their states */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/gateway_uri.h"
#include "route/learnt_private.h"

#define FULL_IDLE_MS 1000 /* when room is wanted */
#define URI_MAX 300 /* a host of 255 octets, brackets, a port */

struct gateway_key {
	struct str server;
	const char *carrier;
};

static struct learnt_gateway *
learnt_of(const struct gateway *gateway)
{
	return (struct learnt_gateway *)(uintptr_t)gateway;
}

bool
learnt_gateway_is(const struct gateway *gateway)
{
	return (gateway->id & LEARNT_GATEWAY_ID) != 0;
}

void
learnt_gateway_hold(const struct gateway *gateway)
{
	if (gateway != NULL && learnt_gateway_is(gateway))
		atomic_fetch_add(&learnt_of(gateway)->users, 1);
}

void
learnt_gateway_release(const struct gateway *gateway)
{
	if (gateway != NULL && learnt_gateway_is(gateway))
		atomic_fetch_sub(&learnt_of(gateway)->users, 1);
}

static bool
is_gateway(const struct map_node *node, const void *arg)
{
	const struct learnt_gateway *gateway =
	    MAP_ENTRY(node, struct learnt_gateway, node);
	const struct gateway_key *key = arg;

	return str_eq(str_of(gateway->gateway.name), key->server) &&
	       strcmp(gateway->carrier, key->carrier) == 0;
}

static uint64_t
hash_of(const struct learnt_book *book, const struct gateway_key *key)
{
	return hash_bytes(&book->key, key->server.p, key->server.len) ^
	       hash_bytes(&book->key, key->carrier, strlen(key->carrier));
}

/* A host as RFC 3219 5.3.1 has it, "host:" included, as a URI. */
static int
make_uri(struct str server, char out[URI_MAX], struct str *host,
	 struct addr *addr)
{
	int len;

	if (server.len > 0 && server.p[server.len - 1] == ':')
		server.len--;
	len = snprintf(out, URI_MAX, "sip:%.*s", STR_ARG(server));
	if (len < 0 || len >= URI_MAX ||
	    memchr(server.p, '@', server.len) != NULL)
		return ERR_SYNTAX;
	return gateway_uri_parse(str_make(out, (size_t)len), host, addr);
}

/* Bound to what is known of its carrier so far. */
static void
bind_gateway(struct learnt_gateway *gateway, const struct snapshot *snapshot)
{
	const struct carrier *carrier =
	    snapshot != NULL ? snapshot_carrier_by_name(
				   snapshot, str_of(gateway->carrier))
			     : NULL;

	atomic_store(&gateway->state.carrier,
		     carrier != NULL ? carrier->state : NULL);
}

static struct learnt_gateway *
make(struct learnt_book *book, const struct gateway_key *key, const char *uri,
     struct str host, const struct addr *addr)
{
	size_t uri_len = strlen(uri) + 1, server_len = key->server.len + 1;
	struct learnt_gateway *made =
	    mem_zalloc(1, sizeof(*made) + uri_len + host.len + 1 + server_len +
			      strlen(key->carrier) + 1);
	char *at;

	if (made == NULL)
		return NULL;
	at = memcpy(made->texts, uri, uri_len);
	made->gateway = (struct gateway){
		.id = ++book->last_id | LEARNT_GATEWAY_ID,
		.uri = at,
		.carrier = UINT32_MAX,
		.addr = *addr,
		.transport = GATEWAY_ANY,
		.capacity = -1,
		.cps = -1,
		.prefix = "",
		.enabled = true,
		.state = &made->state,
	};
	made->state.id = made->gateway.id;
	at += uri_len;
	made->gateway.host = memcpy(at, host.p, host.len);
	at += host.len + 1;
	made->gateway.name = memcpy(at, key->server.p, key->server.len);
	at += server_len;
	made->carrier = strcpy(at, key->carrier);
	bind_gateway(made, book->snapshot);
	return made;
}

int
learnt_book_gateway(struct learnt_book *book, struct str server,
		    const char *carrier, const struct gateway **out)
{
	const struct gateway_key key = { server, carrier };
	uint64_t hash = hash_of(book, &key);
	struct map_node *node =
	    map_find(&book->gateways, hash, is_gateway, &key);
	struct learnt_gateway *made;
	char uri[URI_MAX];
	struct str host;
	struct addr addr;

	if (node != NULL) {
		*out = &MAP_ENTRY(node, struct learnt_gateway, node)->gateway;
		return 0;
	}
	if (make_uri(server, uri, &host, &addr) != 0)
		return ERR_SYNTAX;
	if (book->gateways.n >= LEARNT_GATEWAYS_MAX)
		learnt_gateways_sweep(book, FULL_IDLE_MS);
	if (book->gateways.n >= LEARNT_GATEWAYS_MAX) {
		book->refused++;
		return ERR_LIMIT;
	}
	made = make(book, &key, uri, host, &addr);
	if (made == NULL)
		return ERR_NOMEM;
	made->idle_since_ms = clock_mono_ms(book->clock);
	map_add(&book->gateways, &made->node, hash);
	*out = &made->gateway;
	return 0;
}

static bool
is_in_use(const struct learnt_gateway *gateway)
{
	return gateway->n_sets > 0 || atomic_load(&gateway->users) > 0 ||
	       atomic_load(&gateway->state.pending) > 0 ||
	       atomic_load(&gateway->state.answered) > 0;
}

int
learnt_gateways_addrs(const struct learnt_book *book, struct addr_set **out)
{
	struct map_node *node = map_next(&book->gateways, NULL);
	struct addr *addrs =
	    mem_zalloc(book->gateways.n + 1, sizeof(*addrs));
	size_t n = 0;
	int err;

	if (addrs == NULL)
		return ERR_NOMEM;
	for (; node != NULL; node = map_next(&book->gateways, node)) {
		const struct learnt_gateway *one =
		    MAP_ENTRY(node, struct learnt_gateway, node);

		if (is_in_use(one))
			addrs[n++] = one->gateway.addr;
	}
	err = addr_set_new(&book->key, addrs, n, out);
	mem_free(addrs);
	return err;
}

/* Free gateways that have had no routes for so long, and have no calls. */
void
learnt_gateways_sweep(struct learnt_book *book, int64_t idle_ms)
{
	int64_t now_ms = clock_mono_ms(book->clock);
	struct map_node *node = map_next(&book->gateways, NULL), *next;

	for (; node != NULL; node = next) {
		struct learnt_gateway *gateway =
		    MAP_ENTRY(node, struct learnt_gateway, node);

		next = map_next(&book->gateways, node);
		if (is_in_use(gateway) ||
		    gateway->idle_since_ms + idle_ms > now_ms ||
		    atomic_load(&gateway->state.disabled))
			continue;
		map_remove(&book->gateways, node);
		mem_free(gateway);
	}
}

void
learnt_gateways_free(struct learnt_book *book)
{
	struct map_node *node = map_next(&book->gateways, NULL), *next;

	for (; node != NULL; node = next) {
		next = map_next(&book->gateways, node);
		mem_free(MAP_ENTRY(node, struct learnt_gateway, node));
	}
}

void
learnt_book_bind(struct learnt_book *book, const struct snapshot *snapshot)
{
	struct map_node *node = map_next(&book->gateways, NULL);

	book->snapshot = snapshot;
	for (; node != NULL; node = map_next(&book->gateways, node))
		bind_gateway(MAP_ENTRY(node, struct learnt_gateway, node),
			     snapshot);
}

void
learnt_book_each(const struct learnt_book *book, learnt_gateway_fn *fn,
		 void *arg)
{
	struct map_node *node = map_next(&book->gateways, NULL);

	for (; node != NULL; node = map_next(&book->gateways, node)) {
		const struct learnt_gateway *one =
		    MAP_ENTRY(node, struct learnt_gateway, node);

		fn(arg, &one->gateway, one->carrier, one->n_sets);
	}
}

static int
compare_names(const void *a, const void *b)
{
	const struct learnt_gateway *const *x = a, *const *y = b;
	int order = strcmp((*x)->gateway.name, (*y)->gateway.name);

	return order != 0 ? order : strcmp((*x)->carrier, (*y)->carrier);
}

int
learnt_book_gateways(const struct learnt_book *book, learnt_gateway_fn *fn,
		     void *arg)
{
	size_t n = 0;
	struct map_node *node = map_next(&book->gateways, NULL);
	struct learnt_gateway **all =
	    mem_zalloc(book->gateways.n + 1, sizeof(*all));

	if (all == NULL)
		return ERR_NOMEM;
	for (; node != NULL; node = map_next(&book->gateways, node))
		all[n++] = MAP_ENTRY(node, struct learnt_gateway, node);
	qsort(all, n, sizeof(*all), compare_names);
	for (size_t i = 0; i < n; i++)
		fn(arg, &all[i]->gateway, all[i]->carrier, all[i]->n_sets);
	mem_free(all);
	return 0;
}
