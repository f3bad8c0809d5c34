/*
 * dns_private.h - a resolver and its queries from inside: dns.c and
 * dns_query.c
 */
#ifndef BASE_DNS_PRIVATE_H
#define BASE_DNS_PRIVATE_H

#include "base/dns.h"
#include "base/dns_servers.h"
#include "base/hash.h"
#include "base/wheel.h"

/* One server as one query sees it. */
struct dns_slot {
	struct dns_server *server;
	uint8_t n_tries;
	bool is_done; /* has refused, failed or talked nonsense */
	bool by_tcp;  /* had a truncated answer */
	bool no_edns; /* did not understand a query with EDNS */
};

/* One message on its way; belongs to its wire until that calls back. */
struct dns_attempt {
	struct dns_attempt *next; /* of the query */
	struct dns *dns;
	struct dns_query *query; /* NULL: nobody waits for it any more */
	struct dns_server *server;
	int64_t started_ms;
	uint8_t slot;
	uint8_t transport;
	bool is_blamed; /* its silence has been counted */
	bool is_probe;
};

struct dns_query {
	struct dns_query *next, **link;
	struct dns *dns;
	dns_done *done;
	void *arg;
	struct dns_attempt *attempts; /* newest first */
	struct timer timer;
	int64_t started_us, deadline_ms;
	struct dns_name name;
	uint16_t type;
	bool is_sending; /* dns_server_send is under way */
	uint8_t n_slots, last_slot;
	unsigned n_tries;
	enum dns_result failure; /* what to tell when all is tried */
	uint8_t last_transport;
	struct dns_slot slots[DNS_SERVERS_MAX];
	/* The best answer that is none, for when there is no better. */
	uint8_t *held;
	size_t held_len;
	struct addr held_server;
	uint8_t held_transport;
};

struct dns {
	struct dns_settings settings;
	struct addr defaults[DNS_SERVERS_MAX];
	struct dns_servers servers;
	struct dns_breaker_rule rule;
	struct dns_query *queries;
	size_t n_attempts;
	struct hash_key id_key; /* ids nobody can guess */
	uint64_t n_ids;
	struct wheel wheel;
	struct timer tending;
	bool is_closing;
};

static inline int64_t
dns_now_us(void)
{
	return (int64_t)(uv_hrtime() / 1000);
}

static inline int64_t
dns_now_ms(void)
{
	return wheel_now_ms();
}

/* The loop looks now and then whether an attempt has waited too long. */
void dns_tend_start(struct dns *dns);
/* NULL when there is no memory or too many are on their way. */
struct dns_attempt *dns_attempt_new(struct dns *dns, struct dns_server *server);
void dns_attempt_free(struct dns_attempt *attempt);
/* Send the query's question. The attempt is the wire's if this succeeds, and
 * may be over already. 0 or ERR_NOMEM. */
int dns_attempt_post(struct dns_attempt *attempt, const struct dns_query *query,
		     bool edns);
/* The server has been silent for too long; counted once per attempt. */
void dns_attempt_blame(struct dns_attempt *attempt);
/* What an event says about the server. */
void dns_attempt_judge(struct dns_attempt *attempt, enum dns_wire_event event);
/* Send a copy of the question to a dead server whose time has come. */
void dns_probe(struct dns_query *query, const struct dns_slot *slot);
/* A dns_wire_done: the attempt is over (dns_query.c). */
void dns_attempt_done(void *arg, enum dns_wire_event event, const uint8_t *data,
		      size_t len);
/* End a query with DNS_CANCELLED. */
void dns_query_drop(struct dns_query *query);

#endif
