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
#ifndef SIP_TLS_H
#define SIP_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

#define SIP_TLS_WHY_MAX 256

struct sip_tls_ctx;
struct sip_tls;

struct sip_tls_settings {
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
 * ERR_NOMEM. The new context has one reference. why[SIP_TLS_WHY_MAX]. */
int sip_tls_ctx_new(const struct sip_tls_settings *settings, char *why,
		    struct sip_tls_ctx **out);
struct sip_tls_ctx *sip_tls_ctx_ref(struct sip_tls_ctx *ctx);
void sip_tls_ctx_unref(struct sip_tls_ctx *ctx);

/* A session; as a client, with the domain name or IP address that the server
 * must prove, copied. Holds a reference to ctx. 0 or ERR_NOMEM. */
int sip_tls_accept(struct sip_tls_ctx *ctx, struct sip_tls **out);
int sip_tls_connect(struct sip_tls_ctx *ctx, const char *name,
		    struct sip_tls **out);
void sip_tls_free(struct sip_tls *tls);

/* What came from the peer, all of it: 0 or ERR_NOMEM. */
int sip_tls_feed(struct sip_tls *tls, const char *data, size_t len);
/*
 * Go on with what was fed, until open, then with plain text into out. Returns 0
 * and *len (0: more must be fed first), ERR_END (the peer closed in order),
 * ERR_AUTH (its certificate is not good enough), or ERR_CORRUPT (what came is
 * no TLS). After an error something may still be to be taken: an alert.
 */
int sip_tls_read(struct sip_tls *tls, char *out, size_t cap, size_t *len);
/* Encrypt; only when open: 0 or ERR_NOMEM. */
int sip_tls_write(struct sip_tls *tls, const char *data, size_t len);
/* Tell the peer that nothing follows. */
void sip_tls_finish(struct sip_tls *tls);
/* What is to be sent to the peer: the number of octets, at most cap. */
size_t sip_tls_take(struct sip_tls *tls, char *out, size_t cap);
bool sip_tls_is_open(const struct sip_tls *tls);
/* Whether the peer showed a certificate that chains to what is trusted. */
bool sip_tls_has_proof(const struct sip_tls *tls);
/* Whether that is a certificate of this domain or IP address. */
bool sip_tls_peer_is(const struct sip_tls *tls, const char *name);
/* Borrowed. */
struct sip_tls_ctx *sip_tls_ctx_of(const struct sip_tls *tls);

/* What a client may begin its next session with the same server by, under the
 * same context: NULL when the server gave nothing. Yours to free. */
struct sip_tls_session;
struct sip_tls_session *sip_tls_session(const struct sip_tls *tls);
void sip_tls_session_free(struct sip_tls_session *session);
/* Before the first read. What the server makes of it is its affair. */
void sip_tls_resume(struct sip_tls *tls, struct sip_tls_session *session);
bool sip_tls_was_resumed(const struct sip_tls *tls);
/* Why reading failed, for the log; static or of the session. */
const char *sip_tls_why(const struct sip_tls *tls);

#endif
