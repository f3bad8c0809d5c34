/*
 * relay_private.h - what the files of requests outside dialogs share
 *
 * relay.c has their life and their responses, relay_send.c where and how they go
 * on.
 */
#ifndef LCRPROXY_RELAY_PRIVATE_H
#define LCRPROXY_RELAY_PRIVATE_H

#include "lcrproxy/relay.h"

/* The request as one place got it. */
struct relay_leg {
	struct relay *relay;
	struct relay_leg *next;
	struct sip_client *client; /* NULL once gone */
	struct sip_flow to;
	uint8_t target;
	uint8_t n_record_routes;   /* of ours; 0: it begins no dialog */
	struct token_space space;  /* and challenges answered */
	uint32_t answered;	   /* in what was sent last (challenge.h) */
	char token[TOKEN_LEN];	   /* in the Record-Route */
};

struct relay {
	struct proxied proxied; /* first */
	struct worker *worker;
	struct relay *next, **link; /* among the worker's */
	struct sip_server *server;
	struct timer timer; /* first response */
	uint16_t n_clients; /* not gone yet */
	struct relay_leg *legs;	  /* latest first */
	struct relay_leg *latest; /* has its turn; NULL: none has */
	bool was_sent;	    /* to the place at hand */
	bool was_split;	    /* at this address TCP was put before UDP (18.1.1) */
	struct sip_look_up *look_up;
	struct snapshot *snapshot; /* counted; account is its */
	const struct account *account;
	time_us began;
	uint32_t cseq;		   /* as it came */
	struct number identity;	   /* asserted by us; len 0 = not */
	bool claims;		   /* its From has a number not its own */
	bool by_login;
	const char *from;	/* as it came; in text */
	uint8_t n, at;		/* targets, the one at hand */
	uint8_t place;		/* of it, likewise */
	bool may_be_gateway[RELAY_TARGETS_MAX];
	const struct gateway *gateways[RELAY_TARGETS_MAX]; /* held, or NULL */
	const char *uris[RELAY_TARGETS_MAX]; /* in text */
	struct sip_places places; /* n 0: not known yet */
	char text[];
};

/* --- relay.c --- */

extern const struct sip_client_events relay_events;

/* None is left: err is why the last one was none. */
void relay_give_up(struct relay *relay, int err);

/* --- relay_send.c --- */

/* On to the next place; err: what was wrong with the one before, 0 at first. */
void relay_try_next(struct relay *relay, int err);
/* Whether a challenge of the gateway that has its turn was answered by the same
 * request with credentials. */
bool relay_challenged(struct relay *relay, const struct sip_msg *response);
/* A 2xx may name the nonce of the next request. */
void relay_renew_nonce(const struct relay_leg *leg, const struct sip_msg *msg);
/* Whether it demands credentials that it has told us of: a quarrel of ours with
 * it, not the sender's. */
bool relay_has_logins(const struct relay *relay);

#endif
