/*
 * serve.h - a request that begins something: who sends it, what it asks for,
 * which rule it meets, and what that rule does
 */
#ifndef LCRPROXY_SERVE_H
#define LCRPROXY_SERVE_H

#include "lcrproxy/identity.h"
#include "lcrproxy/target.h"

/* A request on its way through the policy. */
struct serve {
	struct worker *worker;
	struct sip_server *server;
	const struct sip_msg *msg;
	const struct sip_flow *from;
	const struct sip_uri *uri;
	struct identity identity;
	struct target target;
};

/* Answer an initial request, or pass it on, as the policy says. It has passed
 * the checks of proxy.h, and uri is its Request-URI. */
void serve_request(struct worker *worker, struct sip_server *server,
		   const struct sip_msg *msg, const struct sip_flow *from,
		   const struct sip_uri *uri);

/* --- for serve_*.c --- */

/* Refuse it, with a record if it is an INVITE of somebody's account. */
void serve_refuse(const struct serve *serve, int status, int q850,
		  const char *reason, uint64_t *counter, const char *headers);
/* serve_other.c: what is no INVITE, by its rule (route, proxy, local,
 * foreign). */
void serve_other(const struct serve *serve);
/* And 302 with what a call would try (RFC 3261 8.3, 13.3.1.2). */
void serve_redirect(const struct serve *serve);
/* Whether the rule's action fits the target, and there is somebody; else it was
 * refused. */
bool serve_has_way(const struct serve *serve);
/* A rule's target with the number that is called as its user, else the user as
 * it came, unless it has one of its own; p == NULL: out of memory. */
struct str serve_target_uri(const struct serve *serve, const char *target);

#endif
