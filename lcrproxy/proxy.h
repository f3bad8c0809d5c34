/*
 * proxy.h - where requests come in: RFC 3261 16.3 and who serves them
 *
 * The transaction user of a worker. Checks what every request must satisfy,
 * then hands initial INVITEs to call.h and requests inside dialogs to
 * dialog.h; what we ourselves are asked is answered here.
 */
#ifndef LCRPROXY_PROXY_H
#define LCRPROXY_PROXY_H

#include "lcrproxy/worker.h"
#include "sip/value.h"

/* What a server transaction of ours serves; the first member of its owner. */
enum proxied_kind { PROXIED_CALL, PROXIED_DIALOG, PROXIED_RELAY };

struct proxied {
	enum proxied_kind kind;
};

/* What passes here or is answered (RFC 3261 20.5). */
#define PROXY_ALLOW                                                       \
	"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, PRACK, UPDATE, INFO, " \
	"REFER, SUBSCRIBE, NOTIFY, MESSAGE, PUBLISH\r\n"

/* Fills in the callbacks for worker's transaction layer. */
void proxy_user(struct worker *worker, struct sip_user *user);
/* Whether a URI names this node: its address and port, or one of its
 * domains. */
bool proxy_is_us(const struct worker *worker, const struct sip_uri *uri);
/*
 * The hash of what makes a request loop (RFC 3261 16.6 step 8): the same
 * request coming back unchanged gives the same value.
 */
uint32_t proxy_loop_hash(const struct worker *worker,
			 const struct sip_msg *msg);
/* The value of our Via towards to with this branch, in the worker's arena; p ==
 * NULL when out of memory. */
struct str proxy_via(struct worker *worker, const struct sip_flow *to,
		     const char *branch);
/* What our Record-Route is about. */
struct proxy_route {
	const struct sip_flow *from, *to;
	struct str token;
	struct str params; /* of the topmost value, each with its ';' */
	bool is_secure;	   /* sips: URIs, where the listener has TLS */
};

/* Our Record-Route, likewise: two values when the call leaves by another listener
 * than it came in by (RFC 5658). */
struct str proxy_record_route(struct worker *worker,
			      const struct proxy_route *route);
/* Our Record-Route where a response brings it back. */
struct proxy_mark {
	const char *token;	 /* TOKEN_LEN characters, as sent */
	const char *anew;	 /* likewise, put in its place; NULL: it stays */
	int n;			 /* values of ours: one, or two */
	const struct addr *from; /* where the response comes from (nat.h) */
};

/* In edit, put the new token, and behind it what nat.h has to say of who
 * answered. No-op when it did not return our values. */
void proxy_edit_record_route(struct worker *worker,
			     const struct proxy_mark *mark,
			     struct sip_edit *edit);
/* A reply that counts an out-of-memory instead of failing. */
void proxy_reply(struct worker *worker, struct sip_server *server, int status,
		 const char *reason, const char *headers);
/* Forward a response without a transaction, to where those of the request went
 * (16.7: a 2xx that comes after a final failure). */
void proxy_forward_late(struct worker *worker, const struct sip_flow *reply_to,
			struct sip_edit *edit);

#endif
