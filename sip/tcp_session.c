/* tcp_session.c - TLS sessions that are taken up again (RFC 8446 2.2, RFC 5077)
 *
 * The last one of each server, in a table of fixed size where one may push out
 * another: a handshake in full is all that costs.
 */
#include "sip/tcp_private.h"

static bool
fits(const struct tcp_session *kept, const struct sip_flow *to,
     const struct tls_ctx *ctx)
{
	return kept->session != NULL && kept->ctx == ctx &&
	       kept->flow.listener == to->listener &&
	       kept->flow.name == to->name &&
	       addr_eq(&kept->flow.addr, &to->addr);
}

static struct tcp_session *
place_of(struct sip_tcp *tcp, const struct sip_flow *to)
{
	uint64_t hash = hash_bytes(tcp->env.key, to->addr.ip,
				   sizeof(to->addr.ip)) +
			to->name * UINT64_C(0x9E3779B97F4A7C15) +
			to->addr.port * UINT64_C(0xBF58476D1CE4E5B9);

	return &tcp->sessions[(hash >> 32) % TCP_SESSIONS_MAX];
}

static void
drop(struct tcp_session *kept)
{
	tls_session_free(kept->session);
	tls_ctx_unref(kept->ctx);
	kept->session = NULL;
	kept->ctx = NULL;
}

void
tcp_session_keep(struct tcp_conn *conn)
{
	struct tls_session *session;
	struct tcp_session *kept;

	/* those of clients are the clients' to keep */
	if (conn->tls == NULL || conn->peer != NULL || !conn->was_open)
		return;
	session = tls_session(conn->tls);
	if (session == NULL)
		return;
	kept = place_of(conn->tcp, &conn->flow);
	drop(kept);
	kept->session = session;
	kept->ctx = tls_ctx_ref(tls_ctx_of(conn->tls));
	kept->flow = conn->flow;
}

void
tcp_session_resume(struct sip_tcp *tcp, const struct sip_flow *to,
		   const struct tls_ctx *ctx, struct tls *tls)
{
	struct tcp_session *kept = place_of(tcp, to);

	if (fits(kept, to, ctx))
		tls_resume(tls, kept->session);
}

void
tcp_sessions_fini(struct sip_tcp *tcp)
{
	for (size_t i = 0; i < TCP_SESSIONS_MAX; i++)
		drop(&tcp->sessions[i]);
}
