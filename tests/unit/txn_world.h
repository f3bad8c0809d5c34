/*
 * txn_world.h - a transaction layer with nothing real around it
 *
 * A fake clock, a timer wheel run to the millisecond, sends that are captured
 * and a user that counts what it is told. Times are milliseconds from the
 * world's beginning.
 */
#ifndef TESTS_UNIT_TXN_WORLD_H
#define TESTS_UNIT_TXN_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/txn.h"

#define WORLD_SENT_MAX 64
#define WORLD_TEXT_MAX 2048
#define WORLD_LIMIT 100 /* max_transactions */
#define WORLD_BRANCH "z9hG4bKtest1"   /* of world_begin_client */
#define WORLD_CALLER "z9hG4bKcaller" /* of world_begin_server */

struct world_sent {
	int64_t at_ms;
	struct sip_flow to;
	size_t len;
	char text[WORLD_TEXT_MAX]; /* with NUL */
};

struct world {
	bool is_shut; /* no new request is admitted */
	struct clock clock;
	struct timers timers;
	struct hash_key key;
	struct sip_txns *txns;
	struct sip_flow caller, carrier; /* 192.0.2.1:5062, 198.51.100.7:5060 */
	int send_err;		     /* what the transport answers */
	uint32_t new_conn;	     /* of a stream to any connection */

	size_t n_sent;
	struct world_sent sent[WORLD_SENT_MAX];

	/* the user as server */
	struct sip_server *server;    /* the last one */
	struct sip_server *cancelled; /* the last one */
	int requests, cancels, acks, strays, servers_gone;
	void *gone_user;
	int answer_at_once;	      /* status, or 0 */

	/* the user as client */
	int responses, failures, gone, status, failure;
	int64_t failed_ms, gone_ms;
	struct sip_client *client;    /* of the last callback */
	bool detach_on_response;
};

extern const struct sip_client_events world_events;

int world_init(struct world *w);
int world_init_logged(struct world *w, struct log *log);
int world_init_slack(struct world *w, int32_t slack_ms);
void world_fini(struct world *w);
int64_t world_now(const struct world *w);
/* Let time pass, every timer at its very millisecond. */
void world_run_until(struct world *w, int64_t at_ms);
/* A datagram from the caller, from the carrier. */
void world_call(struct world *w, const char *text);
void world_carry(struct world *w, const char *text);
/* The last datagram sent, an empty one when there is none. */
const struct world_sent *world_last(const struct world *w);
/* Whether the last datagram sent begins with start. */
bool world_last_is(const struct world *w, const char *start);
/* How many sent datagrams begin with start. */
size_t world_count(const struct world *w, const char *start);
/* The value of the first row of a header of text, "" without; out[cap]. */
const char *world_header(const char *text, enum sip_header id, char *out,
			 size_t cap);

/* Messages, all in one dialog; out[WORLD_TEXT_MAX]. */
const char *world_request(char *out, const char *method, const char *branch);
/* The same with a To tag. */
const char *world_request_to(char *out, const char *method, const char *branch,
			     const char *to_tag);
/* A response to what we sent with this branch; below it the caller's Via. */
const char *world_response(char *out, int status, const char *method,
			   const char *branch);
/* Start a client transaction to the carrier. */
int world_start(struct world *w, const char *method, const char *branch,
		struct sip_client **out);
/* A world with one client transaction, and responses to it. */
bool world_begin_client(struct world *w, const char *method,
			struct sip_client **client);
void world_answer(struct world *w, int status, const char *method);
/* A world with one server transaction; requests of the same caller with this
 * To tag; his ACK for the response sent last; a response of the carrier's
 * passed on. */
bool world_begin_server(struct world *w, const char *method);
void world_call_as(struct world *w, const char *method, const char *to_tag);
void world_acknowledge(struct world *w);
int world_relay(struct world *w, int status, const char *method);
/* The To tag of the last datagram sent; out[cap]. */
void world_last_tag(const struct world *w, char *out, size_t cap);

const struct sip_txns_counters *world_counters(const struct world *w);
/* The one transaction was reported gone and nothing is left. */
void world_check_clients_gone(const struct world *w);
void world_check_servers_gone(const struct world *w);

#endif
