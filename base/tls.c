/* tls.c - TLS without sockets, over OpenSSL's memory BIOs */
#include "base/tls.h"

#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/err.h"
#include "base/tls_identity.h"

#define SESSION_S 3600 /* sessions are taken up again for so long */

struct tls_ctx {
	_Atomic int refs;
	SSL_CTX *ssl;
	bool verify_servers;
	size_t n_clients;
	char **clients; /* domains; none = any */
};

struct tls {
	struct tls_ctx *ctx; /* counted */
	SSL *ssl;
	BIO *in, *out;		 /* of ssl */
	bool is_open;
	const char *why;	 /* NULL = ask OpenSSL's verify result */
	char *name;		 /* clients: who the server must be */
};

/* --- contexts --- */

/* The newest error of OpenSSL's queue, which is emptied. */
static int
explain(char *why, const char *what, const char *file)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(code);

	ERR_clear_error();
	snprintf(why, TLS_WHY_MAX, "%s%s%s: %s", what,
		 file != NULL ? " " : "", file != NULL ? file : "",
		 text != NULL ? text : "cannot be used");
	return ERR_INVAL;
}

static int
load_own(SSL_CTX *ssl, const struct tls_settings *settings, char *why)
{
	const char *key =
	    settings->key != NULL ? settings->key : settings->certificate;

	if (settings->certificate == NULL)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ssl, settings->certificate) != 1)
		return explain(why, "certificate", settings->certificate);
	if (SSL_CTX_use_PrivateKey_file(ssl, key, SSL_FILETYPE_PEM) != 1)
		return explain(why, "key", key);
	if (SSL_CTX_check_private_key(ssl) != 1)
		return explain(why, "key", key);
	return 0;
}

static int
load_trusted(SSL_CTX *ssl, const char *ca, char *why)
{
	if (ca == NULL)
		return SSL_CTX_set_default_verify_paths(ssl) == 1
			   ? 0
			   : explain(why, "the system's CAs", NULL);
	if (SSL_CTX_load_verify_locations(ssl, ca, NULL) != 1)
		return explain(why, "ca", ca);
	/* what a server tells clients to choose their certificate by */
	SSL_CTX_set_client_CA_list(ssl, SSL_load_client_CA_file(ca));
	return 0;
}

/* OpenSSL asks for the usages of web servers and their clients. */
static int
judge_certificate(int is_good, X509_STORE_CTX *store)
{
	if (X509_STORE_CTX_get_error(store) != X509_V_ERR_INVALID_PURPOSE ||
	    X509_STORE_CTX_get_error_depth(store) != 0 ||
	    !tls_identity_is_for_sip(X509_STORE_CTX_get_current_cert(store)))
		return is_good;
	X509_STORE_CTX_set_error(store, X509_V_OK);
	return 1;
}

static int
set_up(SSL_CTX *ssl, const struct tls_settings *settings, char *why)
{
	static const unsigned char id[] = "lcrproxy";
	int err = load_own(ssl, settings, why);

	if (err == 0)
		err = load_trusted(ssl, settings->ca, why);
	if (err != 0)
		return err;
	SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_session_id_context(ssl, id, sizeof(id) - 1);
	/* tickets are kept by who gets them, and lose their key with ssl */
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ssl, SESSION_S);
	SSL_CTX_set_verify(ssl,
			   settings->verify_clients
			       ? SSL_VERIFY_PEER |
				     SSL_VERIFY_FAIL_IF_NO_PEER_CERT
			       : SSL_VERIFY_NONE,
			   judge_certificate);
	return 0;
}

static int
keep_clients(struct tls_ctx *ctx, const struct tls_settings *settings)
{
	if (settings->n_clients == 0)
		return 0;
	ctx->clients = mem_zalloc(settings->n_clients, sizeof(char *));
	if (ctx->clients == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < settings->n_clients; i++) {
		ctx->clients[i] = mem_strdup(settings->clients[i]);
		if (ctx->clients[i] == NULL)
			return ERR_NOMEM;
		ctx->n_clients++;
	}
	return 0;
}

static void
free_ctx(struct tls_ctx *ctx)
{
	if (ctx == NULL)
		return;
	for (size_t i = 0; i < ctx->n_clients; i++)
		mem_free(ctx->clients[i]);
	mem_free(ctx->clients);
	SSL_CTX_free(ctx->ssl);
	mem_free(ctx);
}

int
tls_ctx_new(const struct tls_settings *settings, char *why,
		struct tls_ctx **out)
{
	struct tls_ctx *ctx = mem_zalloc(1, sizeof(*ctx));
	int err = ERR_NOMEM;

	why[0] = '\0';
	if (ctx != NULL)
		ctx->ssl = SSL_CTX_new(TLS_method());
	if (ctx != NULL && ctx->ssl != NULL)
		err = set_up(ctx->ssl, settings, why);
	if (err == 0)
		err = keep_clients(ctx, settings);
	if (err != 0) {
		free_ctx(ctx);
		return err;
	}
	ctx->verify_servers = settings->verify_servers;
	atomic_init(&ctx->refs, 1);
	*out = ctx;
	return 0;
}

struct tls_ctx *
tls_ctx_ref(struct tls_ctx *ctx)
{
	if (ctx != NULL)
		atomic_fetch_add(&ctx->refs, 1);
	return ctx;
}

void
tls_ctx_unref(struct tls_ctx *ctx)
{
	if (ctx == NULL || atomic_fetch_sub(&ctx->refs, 1) > 1)
		return;
	free_ctx(ctx);
}

/* --- sessions --- */

static int
new_session(struct tls_ctx *ctx, struct tls **out)
{
	struct tls *tls = mem_zalloc(1, sizeof(*tls));

	if (tls == NULL)
		return ERR_NOMEM;
	tls->ctx = tls_ctx_ref(ctx);
	tls->ssl = SSL_new(ctx->ssl);
	tls->in = BIO_new(BIO_s_mem());
	tls->out = BIO_new(BIO_s_mem());
	if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL) {
		BIO_free(tls->in);
		BIO_free(tls->out);
		tls->in = tls->out = NULL;
		tls_free(tls);
		return ERR_NOMEM;
	}
	SSL_set_bio(tls->ssl, tls->in, tls->out); /* takes both over */
	*out = tls;
	return 0;
}

int
tls_accept(struct tls_ctx *ctx, struct tls **out)
{
	int err = new_session(ctx, out);

	if (err == 0)
		SSL_set_accept_state((*out)->ssl);
	return err;
}

int
tls_connect(struct tls_ctx *ctx, const char *name,
		struct tls **out)
{
	struct tls *tls;
	struct addr addr;
	int err = new_session(ctx, &tls);

	if (err != 0)
		return err;
	tls->name = mem_strdup(name);
	if (tls->name == NULL) {
		tls_free(tls);
		return ERR_NOMEM;
	}
	SSL_set_connect_state(tls->ssl);
	SSL_set_verify(tls->ssl,
		       ctx->verify_servers ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
		       judge_certificate);
	/* RFC 6066 3: no addresses */
	if (addr_parse_ip(str_of(name), &addr) != 0)
		(void)SSL_set_tlsext_host_name(tls->ssl, name);
	*out = tls;
	return 0;
}

void
tls_free(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	tls_ctx_unref(tls->ctx);
	mem_free(tls->name);
	mem_free(tls);
}

int
tls_feed(struct tls *tls, const char *data, size_t len)
{
	if (len > INT_MAX)
		return ERR_NOMEM;
	return BIO_write(tls->in, data, (int)len) == (int)len ? 0 : ERR_NOMEM;
}

static bool
shows(const struct tls *tls, const char *name)
{
	X509 *cert = SSL_get1_peer_certificate(tls->ssl);
	bool fits = cert != NULL && tls_identity_is(cert, name);

	X509_free(cert);
	return fits;
}

/* RFC 5922 7.3. */
static int
check_server(struct tls *tls)
{
	if (!tls->ctx->verify_servers || shows(tls, tls->name))
		return 0;
	tls->why = "the certificate is not that of the domain";
	return ERR_AUTH;
}

/* RFC 5922 7.4. */
static int
check_client(struct tls *tls)
{
	const struct tls_ctx *ctx = tls->ctx;

	if (ctx->n_clients == 0)
		return 0;
	for (size_t i = 0; i < ctx->n_clients; i++) {
		if (shows(tls, ctx->clients[i]))
			return 0;
	}
	tls->why = "the certificate is not that of a domain that is let in";
	return ERR_AUTH;
}

static int
fail(struct tls *tls, int result)
{
	unsigned long code;

	switch (SSL_get_error(tls->ssl, result)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return ERR_END;
	default:
		break;
	}
	code = ERR_peek_error();
	tls->why = ERR_reason_error_string(code);
	ERR_clear_error();
	if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
		long verify = SSL_get_verify_result(tls->ssl);

		tls->why = X509_verify_cert_error_string(verify);
		return ERR_AUTH;
	}
	return ERR_GET_REASON(code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE
		   ? ERR_AUTH
		   : ERR_CORRUPT;
}

int
tls_read(struct tls *tls, char *out, size_t cap, size_t *len)
{
	int n, err;

	*len = 0;
	ERR_clear_error();
	if (!tls->is_open) {
		n = SSL_do_handshake(tls->ssl);
		if (n != 1)
			return fail(tls, n);
		err = tls->name != NULL ? check_server(tls)
					: check_client(tls);
		if (err != 0)
			return err;
		tls->is_open = true;
	}
	n = SSL_read(tls->ssl, out, cap > INT_MAX ? INT_MAX : (int)cap);
	if (n <= 0)
		return fail(tls, n);
	*len = (size_t)n;
	return 0;
}

int
tls_write(struct tls *tls, const char *data, size_t len)
{
	ERR_clear_error();
	if (len == 0)
		return 0;
	return len <= INT_MAX && SSL_write(tls->ssl, data, (int)len) == (int)len
		   ? 0
		   : ERR_NOMEM;
}

void
tls_finish(struct tls *tls)
{
	ERR_clear_error();
	if (tls->is_open)
		(void)SSL_shutdown(tls->ssl);
	ERR_clear_error();
}

size_t
tls_take(struct tls *tls, char *out, size_t cap)
{
	int n = BIO_read(tls->out, out, cap > INT_MAX ? INT_MAX : (int)cap);

	return n > 0 ? (size_t)n : 0;
}

bool
tls_is_open(const struct tls *tls)
{
	return tls->is_open;
}

bool
tls_has_proof(const struct tls *tls)
{
	return tls->is_open &&
	       (SSL_get_verify_mode(tls->ssl) & SSL_VERIFY_PEER) != 0 &&
	       SSL_get0_peer_certificate(tls->ssl) != NULL &&
	       SSL_get_verify_result(tls->ssl) == X509_V_OK;
}

bool
tls_peer_is(const struct tls *tls, const char *name)
{
	return tls_has_proof(tls) && shows(tls, name);
}

void
tls_peer_domains(const struct tls *tls,
		 void (*found)(void *arg, struct str domain), void *arg)
{
	if (tls_has_proof(tls))
		tls_identity_each(SSL_get0_peer_certificate(tls->ssl), found,
				  arg);
}

struct tls_ctx *
tls_ctx_of(const struct tls *tls)
{
	return tls->ctx;
}

/* --- sessions again --- */

struct tls_session *
tls_session(const struct tls *tls)
{
	SSL_SESSION *session = SSL_get1_session(tls->ssl);

	if (session != NULL && SSL_SESSION_is_resumable(session) == 1)
		return (struct tls_session *)session;
	SSL_SESSION_free(session);
	return NULL;
}

void
tls_session_free(struct tls_session *session)
{
	SSL_SESSION_free((SSL_SESSION *)session);
}

void
tls_resume(struct tls *tls, struct tls_session *session)
{
	(void)SSL_set_session(tls->ssl, (SSL_SESSION *)session);
	ERR_clear_error();
}

bool
tls_was_resumed(const struct tls *tls)
{
	return SSL_session_reused(tls->ssl) == 1;
}

const char *
tls_why(const struct tls *tls)
{
	return tls->why != NULL ? tls->why : "closed";
}
