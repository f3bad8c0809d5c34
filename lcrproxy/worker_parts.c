/* worker_parts.c - what a worker is made of, besides its loop and its sockets */
#include "lcrproxy/worker_parts.h"

#include "base/addr_set.h"
#include "base/alloc.h"
#include "base/err.h"
#include "base/pool.h"
#include "lcrproxy/call.h"
#include "lcrproxy/challenge.h"
#include "lcrproxy/dialog.h"
#include "lcrproxy/forward.h"
#include "lcrproxy/gateway_names.h"
#include "lcrproxy/heal.h"
#include "lcrproxy/identity.h"
#include "lcrproxy/meter.h"
#include "lcrproxy/policy.h"
#include "lcrproxy/proxy.h"
#include "lcrproxy/registrants.h"
#include "lcrproxy/relay.h"
#include "lcrproxy/watch.h"

#define LINGER_SLACK_MS 32 /* a wake-up for many ends, not for each */

static int
send_for_txns(void *arg, struct sip_flow *to, const char *data, size_t len)
{
	return worker_send(arg, to, data, len);
}

static int
open_txns(struct worker *worker)
{
	struct node *node = worker->node;
	const struct sip_txns_env env = {
		.clock = &worker->clock,
		.timers = &worker->timers,
		.key = &node->hash_key,
		.log = worker->log,
		.send = send_for_txns,
		.send_arg = worker,
		.t1_ms = 500,
		.t2_ms = 4000,
		.t4_ms = 5000,
		.linger_slack_ms = LINGER_SLACK_MS,
		.max_transactions =
		    (size_t)node->settings->sip.max_transactions /
		    (size_t)node->n_workers,
		.instance = node->instance + (uint32_t)worker->index,
	};
	struct sip_user user;

	proxy_user(worker, &user);
	return sip_txns_new(&env, &user, &worker->txns);
}

static int
open_tables(struct worker *worker)
{
	const struct node *node = worker->node;
	size_t max = (size_t)node->settings->sip.max_dialogs /
		     (size_t)node->n_workers;
	int err = live_init(&worker->live, &node->hash_key, max);

	if (err == 0)
		err = live_init(&worker->resumed, &node->hash_key, max);
	if (err == 0)
		err = heal_new(worker, &worker->heal);
	if (err == 0)
		err = meter_new(&node->hash_key, &worker->meter);
	if (err == 0)
		err = meter_new(&node->hash_key, &worker->forgers);
	if (err == 0)
		err = challenges_new(&worker->challenges);
	return err;
}

int
worker_parts_open(struct worker *worker)
{
	const struct node *node = worker->node;
	int err;

	timers_init(&worker->timers, clock_mono_ms(&worker->clock));
	err = pool_new(ALLOC_IS_WATCHED, &worker->pool);
	if (err == 0)
		err = open_tables(worker);
	if (err == 0)
		err = token_keys_new(node->keys, node->n_keys, &worker->keys);
	if (err == 0)
		err = identity_nonces_new(node, worker->index,
					  &worker->nonces);
	return err == 0 ? open_txns(worker) : err;
}

void
worker_parts_drop_calls(struct worker *worker)
{
	sip_txns_free(worker->txns);
	worker->txns = NULL;
	watch_free(worker->watch);
	worker->watch = NULL;
	gateway_names_free(worker->gateway_names);
	worker->gateway_names = NULL;
	registrants_free(worker->registrants);
	worker->registrants = NULL;
	calls_free(worker);
	dialogs_free(worker);
	relays_free(worker);
	forward_free(worker);
}

void
worker_parts_free(struct worker *worker)
{
	heal_free(worker->heal);
	live_fini(&worker->resumed);
	live_fini(&worker->live);
	token_keys_free(worker->keys);
	meter_free(worker->meter);
	meter_free(worker->forgers);
	challenges_free(worker->challenges);
	sip_nonces_free(worker->nonces);
	snapshot_unref(worker->snapshot);
	learnt_unref(worker->learnt);
	addr_set_unref(worker->gateway_addrs);
	policy_unref(worker->policy);
	pool_free(worker->pool);
}
