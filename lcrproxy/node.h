/*
 * node.h - what all threads of a running daemon share
 *
 * Written before the workers start and read-only afterwards, but for the
 * atomics. Whatever changes later travels to the workers by mail.
 */
#ifndef LCRPROXY_NODE_H
#define LCRPROXY_NODE_H

#include <stdatomic.h>

#include "acct/acct.h"
#include "acct/token.h"
#include "base/addr.h"
#include "base/hash.h"
#include "base/log.h"
#include "lcrproxy/listeners.h"
#include "lcrproxy/settings.h"
#include "lcrproxy/shun.h"
#include "route/gateway_state.h"
#include "route/snapshot.h"
#include "sip/session.h"
#include "tel/codes.h"

struct addr_set;
struct identity_node;
struct mailbox;
struct worker;

struct node {
	const struct settings *settings; /* as at start */
	struct log *log;
	const char *name;
	uint32_t id;			 /* token_node_id(name) */
	uint32_t instance;		 /* random, one per process */
	struct listeners listeners;
	struct hash_key hash_key;
	struct sip_session_rule session; /* of settings */
	const struct token_key *keys;
	size_t n_keys;
	struct acct *acct;
	struct gateway_states *gateways;
	struct clock limits_clock;
	struct limit_states *limits;
	struct identity_node *identity;
	struct shun shun;		 /* atomics, by any thread */
	struct sip_tcp_peers *tcp_peers; /* locked, by any thread */
	size_t max_connections;		 /* of all workers */
	struct mailbox *home;		 /* of the control thread */
	struct addr_set *gateway_addrs;	 /* that thread's; see worker.h */
	struct worker **workers;
	int n_workers;
	_Atomic bool stopping;		 /* new calls are refused */
	_Atomic bool draining;		 /* likewise, until somebody says so */
	int64_t started_us;
};

/* What a reload changes, besides the snapshot. */
struct tuning {
	int64_t first_response_timeout_ms, progress_timeout_ms,
	    ringing_timeout_ms, hunt_timeout_ms, timer_c_ms;
	struct codes reroute;
	bool q850_decides;
	struct codes enum_reroute; /* of URIs that ENUM found, beside reroute */
	enum redirect_rule redirects; /* never REDIRECT_PRESET */
	int check; /* enum settings_check */
	struct health_rules health;
	int64_t probe_interval_ms, probe_timeout_ms;
	int64_t register_back_off_s, register_back_off_max_s;
	int32_t max_hops;
	int64_t expected_duration_s;
};

#endif
