/*
 * session.h - one peer's state machine with its connections and timers
 *
 * Inside of the speaker. A peer has one session, and while a collision is not
 * yet resolved (6.8) a second one beside it, its rival.
 */
#ifndef TRIP_SESSION_H
#define TRIP_SESSION_H

#include "trip/conn.h"
#include "trip/speaker.h"

struct trip_session {
	struct trip_peer *peer;
	enum trip_state state;
	struct trip_conn *conn; /* NULL in Idle and Active */
	struct trip_open theirs;
	uint16_t hold_s;	/* negotiated */
	struct timer hold, keepalive, stall;
	bool wants_keepalive;	/* could not be written yet */
};

struct trip_peer {
	struct trip_speaker *speaker;
	const struct trip_peer_settings *set;
	struct addr addr;
	struct trip_rib_peer *rib;
	struct tls_ctx *tls;	 /* NULL: plain */
	char tls_name[TRIP_NAME_MAX + 1];
	struct trip_session session, rival; /* rival: Idle when there is none */
	struct timer retry, restart;
	int64_t restart_after_ms; /* doubles with every error */
	int64_t state_since_ms, last_update_ms;
	bool is_enabled;
	bool is_new; /* made by a reload, and not begun */
	bool is_gone; /* these two: while settings are exchanged */
	enum trip_peer_change change;
	struct trip_peer_info counted;
};

struct trip_speaker {
	uv_loop_t *loop;
	const struct trip_settings *set;
	const struct clock *clock;
	struct log *log;
	struct trip_speaker_events events;
	struct trip_rib *rib;
	struct trip_open ours;
	struct timers timers;
	uv_timer_t tick;
	uv_prepare_t prepare;
	uv_tcp_t server;
	bool is_listening, is_stopping, is_disabled;
	unsigned jitter; /* per mille, 750 to 1000: the same for all peers */
	struct timer disable;
	int n_handles;
	size_t n_conns;
	void (*done)(void *arg);
	void *done_arg;
	size_t n_peers;
	struct trip_peer **peers;
};

int64_t trip_speaker_now(const struct trip_speaker *speaker);

void trip_session_init(struct trip_session *session, struct trip_peer *peer);
/* Feed an event; error belongs to OPEN and UPDATE messages that are not good.
 */
void trip_session_event(struct trip_session *session, enum trip_event event,
			bool good, const struct trip_error *error);
/* A connection from the peer's address: taken or refused. */
void trip_session_accept(struct trip_peer *peer, struct trip_conn *conn);
/* Write what is due, if the connection has room. */
void trip_session_flush(struct trip_session *session);
/* Close the connection, with a last message unless error is NULL. */
void trip_session_drop(struct trip_session *session,
		       const struct trip_error *error);
/* The second session, if there is one, ends (Cease). */
void trip_session_end_rival(struct trip_peer *peer);
struct trip_conn_options trip_session_options(struct trip_peer *peer);
extern const struct trip_conn_events trip_session_conn_events;
void trip_session_log_error(const struct trip_session *session,
			    const struct trip_error *error, const char *verb);
void trip_session_count_error(struct trip_peer *peer,
			      const struct trip_error *error, bool is_sent);
/* As configured, not started. 0, ERR_INVAL (a certificate cannot be used,
 * logged) or ERR_NOMEM. */
int trip_peer_new(struct trip_speaker *speaker,
		  const struct trip_peer_settings *set, struct trip_peer **out);
/* After trip_peer_fini; the rib's is gone, or goes with the rib. */
void trip_peer_free(struct trip_peer *peer);
/* peer->set is another: is_anew: its session has ended, and may be of another
 * kind. 0, ERR_INVAL (a certificate cannot be used, logged) or ERR_NOMEM. */
int trip_peer_take(struct trip_peer *peer, bool is_anew);
/* Start, and stop, whatever the operator has said. */
void trip_peer_begin(struct trip_peer *peer);
void trip_peer_end(struct trip_peer *peer);
/* The listening socket lets in as peers are set: 0 or ERR_IO. */
int trip_speaker_protect(struct trip_speaker *speaker);
struct trip_rib_settings
trip_speaker_rib_settings(const struct trip_speaker *speaker);
/* No timer and no connection any more. */
void trip_peer_fini(struct trip_peer *peer);

/* judge.c: is what the peer says acceptable (6.2, 6.8, RFC 5140 6.7)? 0 or
 * ERR_SYNTAX with the answer. */
int trip_session_judge(const struct trip_session *session,
		       const struct trip_open *theirs,
		       struct trip_error *error);
/* Which of two sessions stays, by who opened the connection of the
 * first. */
bool trip_session_is_preferred(const struct trip_session *session,
			       const struct trip_open *theirs);

#endif
