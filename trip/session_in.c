/* session_in.c - what connections bring to sessions */
#include "base/err.h"
#include "trip/session.h"

/* --- what connections say --- */

/* NULL: a connection that was given up in the same turn. */
static struct trip_session *
session_of(struct trip_peer *peer, const struct trip_conn *conn)
{
	if (peer->session.conn == conn)
		return &peer->session;
	return peer->rival.conn == conn ? &peer->rival : NULL;
}

static void
on_opened(void *arg, struct trip_conn *conn, int err)
{
	struct trip_session *session = session_of(arg, conn);

	if (session != NULL)
		trip_session_event(session,
				   err == 0 ? TRIP_EV_OPENED
					    : TRIP_EV_OPEN_FAILED,
				   true, NULL);
}

static void
on_closed(void *arg, struct trip_conn *conn, bool fatal)
{
	struct trip_session *session = session_of(arg, conn);

	if (session != NULL)
		trip_session_event(session,
				   fatal ? TRIP_EV_FATAL : TRIP_EV_CLOSED,
				   true, NULL);
}

static void
on_insecure(void *arg, struct trip_conn *conn, const char *why)
{
	const struct trip_peer *peer = arg;

	(void)conn;
	log_warning(peer->speaker->log, "trip peer %s: TLS: %s",
		    peer->set->address, why);
}

static void
on_room(void *arg, struct trip_conn *conn)
{
	struct trip_session *session = session_of(arg, conn);

	if (session == NULL)
		return;
	timer_cancel(&session->peer->speaker->timers, &session->stall);
	trip_session_flush(session);
}

/* Whatever the state, the answer is the error's, and then Idle (section 9,
 * OpenSent: header checking; 6.1). */
static void
fail(struct trip_session *session, const struct trip_error *error)
{
	trip_session_drop(session, error);
	trip_session_event(session, TRIP_EV_FATAL, true, NULL);
}

static void
on_bad_header(void *arg, struct trip_conn *conn,
	      const struct trip_error *error)
{
	struct trip_session *session = session_of(arg, conn);

	if (session != NULL)
		fail(session, error);
}

/* 6.8: false when this session had to give way. */
static bool
win_collision(struct trip_session *session, const struct trip_open *theirs)
{
	struct trip_peer *peer = session->peer;
	struct trip_session *other =
	    session == &peer->session ? &peer->rival : &peer->session;
	struct trip_error cease;

	if (other->state < TRIP_OPEN_SENT)
		return true;
	trip_error_set(&cease, TRIP_ERR_CEASE, 0, NULL, 0);
	if (other->state == TRIP_ESTABLISHED ||
	    !trip_session_is_preferred(session, theirs)) {
		fail(session, &cease);
		return false;
	}
	fail(other, &cease);
	return true;
}

static void
take_open(struct trip_session *session, const uint8_t *msg, size_t len)
{
	struct trip_peer *peer = session->peer;
	struct trip_conn *conn = session->conn;
	struct trip_open theirs;
	struct trip_error error;
	int err = 0;

	if (session->state == TRIP_OPEN_SENT) {
		err = trip_open_decode(msg, len, &theirs, &error);
		if (err == 0)
			err = trip_session_judge(session, &theirs, &error);
		if (err == 0 && !win_collision(session, &theirs))
			return;
		/* The winner may have moved into the loser's place. */
		session = session_of(peer, conn);
		if (session == NULL)
			return;
		/* What they point to is only there for this message. */
		theirs.route_types_tlv = theirs.mode_tlv = str_of("");
		if (err == 0)
			session->theirs = theirs;
	}
	trip_session_event(session, TRIP_EV_OPEN, err == 0, &error);
}

static void
take_update(struct trip_session *session, const uint8_t *msg, size_t len)
{
	struct trip_peer *peer = session->peer;
	struct trip_speaker *speaker = peer->speaker;
	struct trip_error error;
	int err = 0;

	if (session->state == TRIP_ESTABLISHED) {
		peer->counted.in_updates++;
		peer->last_update_ms = trip_speaker_now(speaker);
		if (speaker->events.on_update != NULL)
			speaker->events.on_update(speaker->events.arg, peer,
						  false, msg, len);
		err = trip_rib_update(peer->rib, msg, len, &error);
	}
	if (err == ERR_LIMIT || err == ERR_NOMEM) {
		log_error(speaker->log, "trip peer %s itad=%lld: %s, limit=%lld",
			  peer->set->address, (long long)peer->set->itad,
			  err == ERR_LIMIT ? "too many prefixes"
					   : "out of memory",
			  (long long)peer->set->max_prefixes);
		trip_session_event(session, TRIP_EV_STOP, true, NULL);
		return;
	}
	trip_session_event(session, TRIP_EV_UPDATE, err == 0, &error);
}

static void
take_notification(struct trip_session *session, const uint8_t *msg, size_t len)
{
	struct trip_error error;

	trip_notification_decode(msg, len, &error);
	trip_session_count_error(session->peer, &error, false);
	trip_session_log_error(session, &error, "received");
	trip_session_event(session, TRIP_EV_NOTIFICATION, true, NULL);
}

static bool
on_message(void *arg, struct trip_conn *conn, enum trip_message_type type,
	   const uint8_t *msg, size_t len)
{
	struct trip_peer *peer = arg;
	struct trip_session *session = session_of(peer, conn);

	if (session == NULL)
		return false;
	peer->counted.in_messages++;
	switch (type) {
	case TRIP_OPEN:
		take_open(session, msg, len);
		break;
	case TRIP_UPDATE:
		take_update(session, msg, len);
		break;
	case TRIP_NOTIFICATION:
		take_notification(session, msg, len);
		break;
	case TRIP_KEEPALIVE:
		trip_session_event(session, TRIP_EV_KEEPALIVE, true, NULL);
		break;
	}
	return session_of(peer, conn) != NULL;
}

const struct trip_conn_events trip_session_conn_events = {
	on_opened, on_message, on_bad_header, on_closed,
	on_insecure, on_room
};

/* --- connections from outside --- */

static bool
begin(struct trip_session *session, struct trip_conn *conn)
{
	struct trip_conn_options options = trip_session_options(session->peer);

	if (trip_conn_begin(conn, &options) != 0) {
		trip_conn_close(conn);
		return false;
	}
	trip_session_drop(session, NULL);
	session->conn = conn;
	return true;
}

void
trip_session_accept(struct trip_peer *peer, struct trip_conn *conn)
{
	struct trip_session *session = &peer->session, *rival = &peer->rival;
	bool is_refused = session->state == TRIP_IDLE ||
			  session->state == TRIP_ESTABLISHED ||
			  rival->state != TRIP_IDLE;

	/* In Idle all are refused; one Established stays the only one. */
	if (is_refused) {
		log_debug(peer->speaker->log,
			  "trip peer %s: connection refused in %s",
			  peer->set->address, trip_state_text(session->state));
		trip_conn_close(conn);
		return;
	}
	if (session->state == TRIP_CONNECT) {
		/* Ours may still come about: both go on until an OPEN says
		 * which one stays. */
		rival->conn = session->conn;
		rival->state = TRIP_CONNECT;
		session->conn = NULL;
	} else if (session->state != TRIP_ACTIVE) {
		rival->state = TRIP_ACTIVE;
		session = rival;
	}
	if (begin(session, conn))
		trip_session_event(session, TRIP_EV_OPENED, true, NULL);
	else if (session == rival)
		rival->state = TRIP_IDLE;
}
