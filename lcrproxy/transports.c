/* transports.c - the sockets of one worker, and how it finds names */
#include "lcrproxy/transports.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/err.h"
#include "lcrproxy/handover.h"
#include "lcrproxy/place.h"
#include "lcrproxy/registrants.h"
#include "sip/alias.h"
#include "sip/value.h"

#define LOCATION_ENTRIES 4096
#define CANCELLED_MS 32000 /* 64*T1: an INVITE ends behind its CANCEL (9.1) */

struct udp_end {
	struct worker *worker;
	uint8_t listener;
};

struct transports {
	struct worker *worker;
	struct dns *dns;
	struct sip_tcp *tcp;
	struct sip_udp *udp[LISTENERS_MAX];
	struct udp_end ends[LISTENERS_MAX];
};

/* --- what comes --- */

static void
on_datagram(void *arg, const char *data, size_t len, const struct addr *from)
{
	const struct udp_end *end = arg;
	const struct sip_flow flow = {
		.addr = *from,
		.transport = SIP_UDP,
		.listener = end->listener,
		.worker = (uint8_t)end->worker->index,
	};

	worker_take(end->worker, data, len, &flow);
}

static void
on_undelivered(void *arg, const char *data, size_t len, const struct addr *to,
	       int err)
{
	struct worker *worker = ((struct udp_end *)arg)->worker;
	char text[ADDR_TEXT_MAX];

	log_debug(worker->log, "peer %s: not delivered, %s",
		  addr_format(to, text), strerror(err));
	handover_undelivered(worker, data, len);
	arena_reset(&worker->arena);
}

static void
before_udp(void *arg)
{
	worker_before_flush(((struct udp_end *)arg)->worker);
}

/* RFC 5923 8.2; of responses and of what is no message nothing comes. */
static void
note_alias(struct transports *t, struct str message, const struct sip_flow *from)
{
	struct sip_tcp_offer offer;
	uint16_t port;

	if (sip_tcp_may_alias(t->tcp, from->conn) &&
	    sip_alias_offered(message, (enum sip_transport)from->transport,
			      &port) &&
	    sip_tcp_alias(t->tcp, from->conn, port, &offer))
		handover_offer(t->worker, &offer);
	if (sip_tcp_offer_address(t->tcp, from->conn, &offer))
		handover_offer(t->worker, &offer);
}

static void
on_message(void *arg, const char *data, size_t len, const struct sip_flow *from)
{
	struct transports *t = arg;

	note_alias(t, str_make(data, len), from);
	worker_take(t->worker, data, len, from);
}

/* Of several domains the first that is a trunk. */
static uint64_t
choose_proof(void *arg, const uint64_t *proofs, size_t n)
{
	const struct snapshot *snapshot =
	    ((struct transports *)arg)->worker->snapshot;

	for (size_t i = 0; i < n && snapshot != NULL; i++) {
		if (snapshot_has_proof(snapshot, proofs[i]))
			return proofs[i];
	}
	return 0;
}

static void
on_bad(void *arg, const char *data, size_t len, const struct sip_flow *from,
       int status, const char *reason)
{
	struct worker *worker = ((struct transports *)arg)->worker;

	sip_txns_refuse(worker->txns, data, len, from, status, reason);
	arena_reset(&worker->arena);
}

static void
on_lost(void *arg, const struct sip_flow *flow, int err, bool was_open)
{
	struct worker *worker = ((struct transports *)arg)->worker;
	char text[ADDR_TEXT_MAX];

	log_debug(worker->log, "peer %s: connection lost, %s",
		  addr_format(&flow->addr, text),
		  err != 0 ? strerror(err) : "closed");
	if (!was_open) /* what could not wait for that knows next time */
		place_note(worker, flow, SHUN_MS);
	handover_lost(worker, flow, was_open);
	registrants_lost(worker->registrants, flow->conn);
	arena_reset(&worker->arena);
}

static void
before_tcp(void *arg)
{
	worker_before_flush(((struct transports *)arg)->worker);
}

/* --- opening --- */

static int
open_dns(struct transports *t, uv_loop_t *loop)
{
	const struct settings_dns *settings =
	    &t->worker->node->settings->dns;
	char *const *servers = settings->servers.items;
	struct addr addrs[DNS_SERVERS_MAX];
	struct dns_settings dns = { .servers = addrs,
				    .n_servers = settings->servers.n };
	int err;

	for (size_t i = 0; i < dns.n_servers; i++)
		(void)addr_parse(str_of(servers[i]), DNS_PORT, &addrs[i]);
	err = dns_new(loop, &dns, &t->dns);
	if (err == ERR_NOTFOUND && t->worker->index == 0)
		log_warning(t->worker->log,
			    "dns: the system names no server, host names in "
			    "gateways and Contacts cannot be found");
	return err;
}

static int
open_location(struct transports *t, uv_loop_t *loop)
{
	struct worker *worker = t->worker;
	const struct listeners *listeners = &worker->node->listeners;
	struct sip_location_env env = {
		.clock = &worker->clock,
		.timers = &worker->timers,
		.key = &worker->node->hash_key,
		.ip4 = listeners->ip4,
		.ip6 = listeners->ip6,
		.timeout_ms = (int)worker->node->settings->dns.timeout_ms,
		.max_entries = LOCATION_ENTRIES,
	};
	int err = open_dns(t, loop);

	if (err == ERR_NOTFOUND)
		return 0;
	if (err == 0)
		err = random_bytes(&env.seed, sizeof(env.seed));
	env.dns = t->dns;
	if (err == 0)
		err = sip_location_new(&env, &worker->location);
	return err;
}

/* How long nothing may pass by the connection of a call: while it rings, and
 * between two refreshes of its session (RFC 4028), if it has one. */
static int32_t
invite_ms(const struct node *node)
{
	int64_t ringing = node->settings->routing.timer_c_ms + CANCELLED_MS;
	int64_t session = (int64_t)node->session.interval_s * 1000;

	return (int32_t)(ringing > session ? ringing : session);
}

static int
open_tcp(struct transports *t, uv_loop_t *loop)
{
	struct worker *worker = t->worker;
	const struct settings_sip *sip = &worker->node->settings->sip;
	size_t n_workers = (size_t)worker->node->n_workers;
	struct sip_tcp_env env = {
		.loop = loop,
		.clock = &worker->clock,
		.timers = &worker->timers,
		.key = &worker->node->hash_key,
		.log = worker->log,
		.worker = (uint8_t)worker->index,
		.limits = sip_tcp_limits_default,
		.peers = worker->node->tcp_peers,
		.alias = (enum sip_tcp_alias)sip->connection_alias,
		.events = { .on_message = on_message,
			    .choose_proof = choose_proof,
			    .on_bad = on_bad,
			    .on_lost = on_lost,
			    .before_flush = before_tcp,
			    .arg = t },
	};

	env.limits.max = worker->node->max_connections / n_workers + 1;
	env.limits.max_per_peer = (size_t)sip->max_connections_per_peer;
	env.limits.idle_ms = (int32_t)(sip->connection_idle_s * 1000);
	env.limits.invite_ms = invite_ms(worker->node);
	env.limits.ping_ms = (int32_t)(sip->connection_ping_s * 1000);
	return sip_tcp_new(&env, &t->tcp);
}

static int
open_udp(struct transports *t, uv_loop_t *loop, size_t i)
{
	const struct sip_udp_events events = {
		.on_datagram = on_datagram,
		.on_undelivered = on_undelivered,
		.before_flush = before_udp,
		.arg = &t->ends[i],
	};

	t->ends[i] = (struct udp_end){ t->worker, (uint8_t)i };
	return sip_udp_open(loop, &t->worker->node->listeners.at[i].addr,
			    t->worker->log, &events, &t->udp[i]);
}

static int
open_listeners(struct transports *t, uv_loop_t *loop)
{
	const struct listeners *listeners = &t->worker->node->listeners;

	for (size_t i = 0; i < listeners->n; i++) {
		const struct listener *l = &listeners->at[i];
		int err = l->transport == SIP_UDP
			      ? open_udp(t, loop, i)
			      : sip_tcp_listen(t->tcp, (uint8_t)i, &l->addr,
					       l->ctx);

		if (err == 0)
			continue;
		log_error(t->worker->log, "listen %s: %s", l->sent_by,
			  err == ERR_IO ? strerror(errno) : err_text(err));
		return err;
	}
	return 0;
}

int
transports_open(struct worker *worker, uv_loop_t *loop,
		struct transports **out)
{
	struct transports *t = mem_zalloc(1, sizeof(*t));
	int err;

	if (t == NULL)
		return ERR_NOMEM;
	t->worker = worker;
	*out = t;
	err = open_location(t, loop);
	if (err == 0 && listeners_have_streams(&worker->node->listeners))
		err = open_tcp(t, loop);
	return err == 0 ? open_listeners(t, loop) : err;
}

void
transports_close(struct transports *t)
{
	if (t == NULL)
		return;
	sip_location_free(t->worker->location);
	t->worker->location = NULL;
	dns_close(t->dns);
	for (size_t i = 0; i < LISTENERS_MAX; i++)
		sip_udp_close(t->udp[i]);
	sip_tcp_close(t->tcp);
	/* no callback uses the ends any more but before_flush, and that came
	 * within the two calls above */
	mem_free(t);
}

/* --- sending --- */

/* A response whose connection is gone goes by another one to its sent-by (RFC
 * 3261 18.2.2): by TLS that is who must prove to be there (RFC 5922 7.3). */
static void
want_sent_by(struct transports *t, struct sip_flow *to, struct str message)
{
	struct worker *worker = t->worker;
	struct addr addr;
	struct sip_msg msg;
	struct sip_via via;

	if (to->transport != SIP_TLS || to->name != 0 ||
	    !str_starts(message, "SIP/2.0 ") || sip_tcp_has(t->tcp, to->conn) ||
	    sip_scan(&msg, message.p, message.len, NULL) != 0)
		return;
	if (sip_via_parse(&worker->arena, sip_value(&msg, SIP_HDR_VIA), &via,
			  NULL) == 0 &&
	    addr_parse_ip(via.host, &addr) != 0)
		to->name = sip_tcp_name(t->tcp, via.host);
}

int
transports_send(struct transports *t, struct sip_flow *to, const char *data,
		size_t len)
{
	if (to->transport == SIP_UDP)
		return sip_udp_send(t->udp[to->listener], &to->addr, data,
				    len);
	return t->tcp != NULL ? sip_tcp_send(t->tcp, to, data, len) : ERR_IO;
}

bool
transports_elsewhere(struct transports *t, struct sip_flow *to,
		     const char *data, size_t len)
{
	if (t->tcp == NULL || to->transport == SIP_UDP)
		return false;
	want_sent_by(t, to, str_make(data, len));
	return sip_tcp_elsewhere(t->tcp, to);
}

void
transports_learn(struct transports *t, const struct sip_tcp_offer *offer)
{
	if (t->tcp != NULL)
		sip_tcp_learn(t->tcp, offer);
}

void
transports_unlearn(struct transports *t, const struct sip_flow *gone)
{
	if (t->tcp != NULL)
		sip_tcp_unlearn(t->tcp, gone);
}

bool
transports_has_conn(const struct transports *t, uint32_t conn)
{
	return t->tcp != NULL && sip_tcp_has(t->tcp, conn);
}

uint32_t
transports_name(struct transports *t, struct str host)
{
	return t->tcp != NULL ? sip_tcp_name(t->tcp, host) : 0;
}

void
transports_set_ctx(struct transports *t, uint8_t listener,
		   struct tls_ctx *ctx)
{
	if (t->tcp != NULL)
		sip_tcp_set_ctx(t->tcp, listener, ctx);
}

static void
add(uint64_t *sums, const uint64_t *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		sums[i] += values[i];
}

void
transports_count(const struct transports *t, struct sip_udp_counters *udp,
		 struct sip_tcp_counters *tcp)
{
	memset(udp, 0, sizeof(*udp));
	memset(tcp, 0, sizeof(*tcp));
	for (size_t i = 0; i < LISTENERS_MAX; i++) {
		if (t->udp[i] != NULL)
			add((uint64_t *)udp,
			    (const uint64_t *)sip_udp_counters(t->udp[i]),
			    sizeof(*udp) / sizeof(uint64_t));
	}
	if (t->tcp != NULL)
		*tcp = *sip_tcp_counters(t->tcp);
}
