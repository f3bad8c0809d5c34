/*
 * identity.h - who sends this call: a trunk, or a user who proves it
 *
 * Whose client certificate, or else whose source address, is that of a trunk is
 * its account. Anybody else is
 * challenged (407, RFC 3261 22.3) when there are users at all, and is the
 * account of the user whose hash he knows. What this promises, and what not:
 * doc/access.md.
 */
#ifndef LCRPROXY_IDENTITY_H
#define LCRPROXY_IDENTITY_H

#include "lcrproxy/guard.h"
#include "lcrproxy/policy.h"
#include "lcrproxy/worker.h"
#include "sip/nonce.h"
#include "sip/value.h"

/* What all workers share for it. */
struct identity_node {
	uint8_t nonce_key[SIP_NONCE_KEY_LEN];
	struct sip_nonce_counts *counts;
	struct guard *guard;
	char realm[256]; /* of requests for none of our domains */
};

/* By node's settings: 0, ERR_IO or ERR_NOMEM; yours to free. */
int identity_node_new(const struct node *node, struct identity_node **out);
void identity_node_free(struct identity_node *identity);
/* The nonces of one worker: 0, ERR_INVAL or ERR_NOMEM. */
int identity_nonces_new(const struct node *node, int worker,
			struct sip_nonces **out);

struct identity {
	const struct account *account; /* snapshot_nobody of those without */
	const char *tech_prefix; /* of the trunk; "" of a user */
	const char *trunk;	 /* its name, or NULL */
	enum policy_source source;
	bool by_login;
	const struct policy_rule *rule; /* that the request follows, or NULL */
};

/* Whether to take notice of a new request at all: not of those who guess, nor
 * of the usual scanners. */
bool identity_admits(struct worker *worker, const struct sip_msg *msg,
		     const struct sip_flow *from);
/* Not for a while those who guess. */
bool identity_is_blocked(const struct worker *worker,
			 const struct sip_flow *from);
/* Who sends a request for uri, in the worker's snapshot: a trunk, a user with
 * good credentials, a carrier's gateway, or nobody we know. False when it was
 * answered, since there are credentials and they are no good. */
bool identity_find(struct worker *worker, struct sip_server *server,
		   const struct sip_msg *msg, const struct sip_flow *from,
		   const struct sip_uri *uri, struct identity *out);
/* A challenge is due: true when the request answers one already (of a trunk
 * nobody has looked), and identity is who he has proved to be. Else it was
 * answered: 407, 401 (RFC 3261 22.2) to what is not passed on, 403 where there
 * is nobody who could log in. */
bool identity_challenge(struct worker *worker, struct sip_server *server,
			const struct sip_msg *msg, const struct sip_flow *from,
			const struct sip_uri *uri, struct identity *identity);
/* Take off the credentials that were for us (22.3): nobody else's business. */
void identity_strip(struct worker *worker, struct sip_edit *edit);
/* The same inside a dialog, and in ACKs, which have those of their INVITE (22.1):
 * the Request-URI does not tell which of our realms they were asked for in. */
void identity_strip_inside(struct worker *worker, struct sip_edit *edit);

#endif
