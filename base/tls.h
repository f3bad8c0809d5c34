/*
 * tls.h - TLS without sockets: bytes in, bytes out
 *
 * A context holds a certificate and what is trusted; sessions are made from it.
 * It is counted and may be shared between threads, so that a reload puts a new
 * one in its place while sessions of the old one go on. A session belongs to
 * one thread and works on memory: what the peer sent is fed to it, what is to
 * be sent to the peer is taken from it.
 *
 * A client's session is open only when the server proved, by a certificate
 * that chains to what is trusted, that it is the domain we wanted (RFC 5922 7).
 */
#ifndef BASE_TLS_H
#define BASE_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define TLS_WHY_MAX 256

struct tls_ctx;
struct tls;

struct tls_settings {
	const char *certificate; /* PEM file, with its chain; NULL: none, for
				  * clients only */
	const char *key;	 /* PEM file; NULL: in certificate */
	const char *ca;		 /* PEM file; NULL: those of the system */
	bool verify_clients;	 /* demand a certificate that chains to ca */
	const char *const *clients; /* and is that of one of these domains; none:
				  * of any (RFC 5922 7.4) */
	size_t n_clients;
	bool verify_servers;
};

/* 0, ERR_INVAL (a file cannot be read or used; why says which and how), or
 * ERR_NOMEM. The new context has one reference. why[TLS_WHY_MAX]. */
int tls_ctx_new(const struct tls_settings *settings, char *why,
		    struct tls_ctx **out);
struct tls_ctx *tls_ctx_ref(struct tls_ctx *ctx);
void tls_ctx_unref(struct tls_ctx *ctx);

/* A session; as a client, with the domain name or IP address that the server
 * must prove, copied. Holds a reference to ctx. 0 or ERR_NOMEM. */
int tls_accept(struct tls_ctx *ctx, struct tls **out);
int tls_connect(struct tls_ctx *ctx, const char *name,
		    struct tls **out);
void tls_free(struct tls *tls);

/* What came from the peer, all of it: 0 or ERR_NOMEM. */
int tls_feed(struct tls *tls, const char *data, size_t len);
/*
 * Go on with what was fed, until open, then with plain text into out. Returns 0
 * and *len (0: more must be fed first), ERR_END (the peer closed in order),
 * ERR_AUTH (its certificate is not good enough), or ERR_CORRUPT (what came is
 * no TLS). After an error something may still be to be taken: an alert.
 */
int tls_read(struct tls *tls, char *out, size_t cap, size_t *len);
/* Encrypt; only when open: 0 or ERR_NOMEM. */
int tls_write(struct tls *tls, const char *data, size_t len);
/* Tell the peer that nothing follows. */
void tls_finish(struct tls *tls);
/* What is to be sent to the peer: the number of octets, at most cap. */
size_t tls_take(struct tls *tls, char *out, size_t cap);
bool tls_is_open(const struct tls *tls);
/* Whether the peer showed a certificate that chains to what is trusted. */
bool tls_has_proof(const struct tls *tls);
/* Whether that is a certificate of this domain or IP address. */
bool tls_peer_is(const struct tls *tls, const char *name);
/* Called with each domain that the peer proved to be; with none without proof.
 * As in tls_identity_each. */
void tls_peer_domains(const struct tls *tls,
		      void (*found)(void *arg, struct str domain), void *arg);
/* Borrowed. */
struct tls_ctx *tls_ctx_of(const struct tls *tls);

/* What a client may begin its next session with the same server by, under the
 * same context: NULL when the server gave nothing. Yours to free. */
struct tls_session;
struct tls_session *tls_session(const struct tls *tls);
void tls_session_free(struct tls_session *session);
/* Before the first read. What the server makes of it is its affair. */
void tls_resume(struct tls *tls, struct tls_session *session);
bool tls_was_resumed(const struct tls *tls);
/* Why reading failed, for the log; static or of the session. */
const char *tls_why(const struct tls *tls);

#endif
