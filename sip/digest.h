/*
 * digest.h - digest authentication as SIP uses it (RFC 3261 22, RFC 7616,
 * RFC 8760): MD5, SHA-256 and SHA-512-256, qop auth; as a client also their
 * -sess variants and auth-int
 *
 * Values in, values out: no clock, no store, no socket. Passwords do not occur
 * on the side that checks, only their hashes (HA1, lower-case hex), which are
 * as good as the password for their realm and are handled so.
 */
#ifndef SIP_DIGEST_H
#define SIP_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum sip_digest_algorithm { SIP_DIGEST_MD5, SIP_DIGEST_SHA256,
			    SIP_DIGEST_SHA512_256, SIP_N_DIGESTS };

#define SIP_DIGEST_HEX_MAX 65	  /* a hash in hex and a NUL */
#define SIP_DIGEST_VALUE_MAX 512  /* bytes of a parameter's value ... */
#define SIP_DIGEST_URI_MAX 1024	  /* ... but of uri; more: ERR_LIMIT */
#define SIP_DIGEST_METHOD_MAX 64

/* Credentials: one Authorization or Proxy-Authorization value. */
struct sip_digest {
	enum sip_digest_algorithm algorithm;
	struct str username; /* unescaped */
	struct str realm;    /* unescaped */
	struct str nonce, uri, cnonce, nc_text; /* between the quotes, as sent */
	struct str response; /* hex, as long as the algorithm's */
	bool has_qop;	     /* "auth"; else RFC 2069's way, without count */
	uint32_t nc;	     /* with qop: 1 or more */
};

/* A challenge: one WWW-Authenticate or Proxy-Authenticate value. */
struct sip_challenge {
	enum sip_digest_algorithm algorithm;
	struct str realm, nonce, opaque; /* between the quotes, as sent; opaque
					  * p == NULL without */
	bool is_session;		 /* the algorithm is MD5-sess ... */
	bool has_qop;			 /* "auth" is offered, or ... */
	bool is_int;			 /* ... "auth-int" alone */
	bool is_stale;
};

/*
 * 0; ERR_SYNTAX when it breaks the grammar, lacks a parameter, has one twice or
 * one of the wrong length; ERR_NOTFOUND for credentials whose response is empty,
 * of who has not been asked yet (RFC 8760 2.7); ERR_UNSUPPORTED for another scheme, algorithm or
 * qop (credentials: of a session, or auth-int, which we never offer; a
 * challenge: of a session without qop); ERR_LIMIT; ERR_NOMEM. What is found lives
 * as long as text and arena.
 */
int sip_digest_parse(struct arena *arena, struct str text,
		     struct sip_digest *out);
int sip_challenge_parse(struct str text, struct sip_challenge *out);

/* HA1 of a user: 0, ERR_LIMIT or ERR_NOMEM. */
int sip_digest_ha1(enum sip_digest_algorithm algorithm, struct str username,
		   struct str realm, struct str password,
		   char out[SIP_DIGEST_HEX_MAX]);

/*
 * Whether the response is that of whoever knows ha1, for a request of this
 * method. Takes the same time whatever is wrong with it. 0, ERR_AUTH when it
 * is not, ERR_LIMIT or ERR_NOMEM.
 */
int sip_digest_check(const struct sip_digest *digest, struct str method,
		     const char *ha1);

/* Append a challenge's value: Digest realm=... (RFC 7616 3.3). realm must not
 * hold quotes, backslashes or control characters. */
void sip_challenge_format(struct wbuf *w, enum sip_digest_algorithm algorithm,
			  const char *realm, struct str nonce, bool is_stale);

/* What a client answers a challenge with. */
struct sip_answer {
	struct str username; /* without quotes, backslashes, controls */
	struct str method, uri;
	const char *ha1;     /* of the challenge's algorithm and realm */
	struct str cnonce;   /* of characters that need no quoting */
	uint32_t nc;	     /* how often this nonce was used, this included */
	struct str body;     /* of the request, for auth-int */
};

/* Append the credentials' value for it: 0, ERR_LIMIT or ERR_NOMEM. Of a session
 * the cnonce is the same as long as the nonce is (RFC 7616 3.4.2). */
int sip_answer_format(struct wbuf *w, const struct sip_challenge *challenge,
		      const struct sip_answer *answer);

#endif
