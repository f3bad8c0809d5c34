/* tcp_ping.c - keep-alives that we send (RFC 5626 4.4.1) */
#include "sip/tcp_private.h"

#define LEAST_PERCENT 80 /* of the interval; by chance, so that many spread */

/* Connections that were opened to us are for the other side to keep. */
static bool
is_ours_to_keep(const struct tcp_conn *conn)
{
	return conn->tcp->env.limits.ping_ms > 0 && conn->peer == NULL &&
	       conn->state == TCP_OPEN;
}

void
tcp_ping_plan(struct tcp_conn *conn)
{
	const struct sip_tcp_env *env = &conn->tcp->env;
	const uint64_t input[2] = { conn->flow.conn,
				    conn->tcp->counters.pings_sent };
	uint64_t chance = hash_bytes(env->key, input, sizeof(input));
	uint64_t percent = LEAST_PERCENT + chance % (101 - LEAST_PERCENT);

	conn->pinged_ms = 0;
	conn->ping_ms = 0;
	if (is_ours_to_keep(conn))
		conn->ping_ms = tcp_now_ms(conn) +
				env->limits.ping_ms * (int64_t)percent / 100;
}

int64_t
tcp_ping_due_ms(const struct tcp_conn *conn)
{
	if (conn->pinged_ms != 0)
		return conn->pinged_ms + conn->tcp->env.limits.pong_ms;
	return conn->ping_ms != 0 ? conn->ping_ms : INT64_MAX;
}

void
tcp_ping_on_time(struct tcp_conn *conn)
{
	int64_t now = tcp_now_ms(conn);

	if (!is_ours_to_keep(conn) || conn->pinged_ms != 0 ||
	    conn->ping_ms == 0 || now < conn->ping_ms)
		return;
	conn->pinged_ms = now;
	conn->tcp->counters.pings_sent++;
	(void)tcp_conn_queue(conn, "\r\n\r\n", 4);
}

void
tcp_ping_take_pong(struct tcp_conn *conn)
{
	if (conn->pinged_ms == 0)
		return;
	conn->tcp->counters.pongs++;
	conn->last_ms = tcp_now_ms(conn); /* who is kept alive is not idle */
	tcp_ping_plan(conn);
	tcp_conn_arm(conn);
}
