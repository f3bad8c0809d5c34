/* session.c - what the state machine wants, done with sockets and timers */
#include "trip/session.h"

#include <stdio.h>

#include "base/err.h"

#define OPEN_HOLD_MS 240000 /* section 9: 4 minutes until an OPEN comes */
#define KEEPALIVE_MIN_MS 3000 /* 4.4 */

int64_t
trip_speaker_now(const struct trip_speaker *speaker)
{
	return clock_mono_ms(speaker->clock);
}

static void
start(struct trip_session *session, struct timer *timer, int64_t after_ms)
{
	struct trip_speaker *speaker = session->peer->speaker;

	timer_start(&speaker->timers, timer,
		    trip_speaker_now(speaker) + after_ms);
}

static void
stop_timers(struct trip_session *session)
{
	struct timers *timers = &session->peer->speaker->timers;

	timer_cancel(timers, &session->hold);
	timer_cancel(timers, &session->keepalive);
	timer_cancel(timers, &session->stall);
}

/* --- telling --- */

void
trip_session_log_error(const struct trip_session *session, const struct trip_error *error,
	     const char *verb)
{
	struct log *log = session->peer->speaker->log;
	const char *subcode =
	    trip_error_subcode_text(error->code, error->subcode);

	log_warning(log, "trip peer %s itad=%lld: %s %s%s%s, code=%u/%u octets=%zu",
		    session->peer->set->address,
		    (long long)session->peer->set->itad, verb,
		    trip_error_code_text(error->code),
		    subcode[0] != '\0' ? ": " : "", subcode, error->code,
		    error->subcode, error->data_len);
}

void
trip_session_count_error(struct trip_peer *peer, const struct trip_error *error,
	    bool is_sent)
{
	peer->counted.last_error_code = error->code;
	peer->counted.last_error_subcode = error->subcode;
	peer->counted.last_error_is_sent = is_sent;
	if (is_sent)
		peer->counted.out_notifications++;
	else
		peer->counted.in_notifications++;
}

static void
set_state(struct trip_session *session, enum trip_state next)
{
	struct trip_peer *peer = session->peer;
	struct trip_speaker *speaker = peer->speaker;
	enum trip_state before = session->state;

	if (before == next)
		return;
	session->state = next;
	if (session != &peer->session)
		return;
	peer->state_since_ms = trip_speaker_now(speaker);
	log_info(speaker->log, "trip peer %s itad=%lld: %s -> %s",
		 peer->set->address, (long long)peer->set->itad,
		 trip_state_text(before), trip_state_text(next));
	if (speaker->events.on_state != NULL)
		speaker->events.on_state(speaker->events.arg, peer, before);
}

/* --- sending --- */

static void
restart_keepalive(struct trip_session *session)
{
	const struct trip_speaker *speaker = session->peer->speaker;
	int64_t ms = (int64_t)session->hold_s * 1000 / 3;

	if (session->hold_s == 0 || session->state < TRIP_OPEN_SENT)
		return;
	if (ms > speaker->set->timers.keepalive_s * 1000)
		ms = speaker->set->timers.keepalive_s * 1000;
	ms = ms * speaker->jitter / 1000;
	start(session, &session->keepalive,
	      ms > KEEPALIVE_MIN_MS ? ms : KEEPALIVE_MIN_MS);
}

static void
count_sent(struct trip_peer *peer, const struct wbuf *w)
{
	struct trip_speaker *speaker = peer->speaker;
	const uint8_t *msg = w->start, *end = w->start + w->len;

	while (msg < end) {
		size_t len = (size_t)(msg[0] << 8 | msg[1]);

		peer->counted.out_messages++;
		if (msg[2] == TRIP_UPDATE) {
			peer->counted.out_updates++;
			if (speaker->events.on_update != NULL)
				speaker->events.on_update(speaker->events.arg,
							  peer, true, msg, len);
		}
		msg += len;
	}
}

/* A write that does not end within the hold time: the peer does not read. */
static void
send_all(struct trip_session *session, const struct wbuf *w)
{
	int64_t ms =
	    session->hold_s > 0 ? (int64_t)session->hold_s * 1000
				: OPEN_HOLD_MS;

	if (w->len == 0)
		return;
	count_sent(session->peer, w);
	trip_conn_send(session->conn, w);
	start(session, &session->stall, ms);
	restart_keepalive(session);
}

void
trip_session_flush(struct trip_session *session)
{
	struct wbuf w;

	if (session->state < TRIP_OPEN_CONFIRM || session->conn == NULL ||
	    trip_conn_is_writing(session->conn))
		return;
	w = trip_conn_room(session->conn);
	if (session->wants_keepalive)
		trip_keepalive_encode(&w);
	session->wants_keepalive = false;
	if (session->state == TRIP_ESTABLISHED)
		(void)trip_rib_fill(session->peer->rib, &w);
	send_all(session, &w);
}

static void
send_open(struct trip_session *session)
{
	struct wbuf w = trip_conn_room(session->conn);

	session->hold_s = 0; /* nothing is negotiated yet */
	trip_open_encode(&w, &session->peer->speaker->ours);
	send_all(session, &w);
	start(session, &session->hold, OPEN_HOLD_MS);
}

/* --- connections --- */

struct trip_conn_options
trip_session_options(struct trip_peer *peer)
{
	struct trip_speaker *speaker = peer->speaker;
	struct trip_conn_options options = {
		.timers = &speaker->timers,
		.clock = speaker->clock,
		.password = peer->set->password,
		.gtsm = peer->set->gtsm,
		.tls = peer->tls,
		.tls_name = peer->tls_name,
		.events = &trip_session_conn_events,
		.arg = peer,
		.n_live = &speaker->n_conns,
	};

	if (speaker->set->listen != NULL)
		(void)addr_parse(str_of(speaker->set->listen), 0,
				 &options.from);
	return options;
}

void
trip_session_drop(struct trip_session *session, const struct trip_error *error)
{
	struct trip_conn *conn = session->conn;

	session->conn = NULL;
	stop_timers(session);
	session->wants_keepalive = false;
	if (conn == NULL)
		return;
	if (error == NULL) {
		trip_conn_close(conn);
		return;
	}
	trip_session_count_error(session->peer, error, true);
	trip_session_log_error(session, error, "sent");
	trip_conn_finish(conn, error);
}

static void
connect_now(struct trip_session *session)
{
	struct trip_peer *peer = session->peer;
	struct trip_conn_options options = trip_session_options(peer);

	trip_session_drop(session, NULL);
	/* One that waits, or could not even try, is where a failed attempt
	 * would have led to; the ConnectRetry timer runs. */
	if (peer->set->passive ||
	    trip_conn_connect(peer->speaker->loop, &peer->addr, &options,
			      &session->conn) != 0)
		set_state(session, TRIP_ACTIVE);
}

/* --- what the machine wants --- */

static void
negotiated(struct trip_session *session)
{
	const struct trip_open *ours = &session->peer->speaker->ours;
	uint16_t theirs = session->theirs.hold_s;

	session->hold_s = ours->hold_s < theirs ? ours->hold_s : theirs;
	if (session->hold_s == 0)
		timer_cancel(&session->peer->speaker->timers, &session->hold);
	else
		start(session, &session->hold,
		      (int64_t)session->hold_s * 1000);
	restart_keepalive(session);
}

static void
establish(struct trip_session *session)
{
	struct trip_peer *peer = session->peer;

	peer->counted.established_transitions++;
	if (trip_rib_peer_up(peer->rib, &session->theirs,
			     peer->speaker->ours.mode) == 0)
		return;
	log_error(peer->speaker->log, "trip peer %s: out of memory",
		  peer->set->address);
	trip_session_event(session, TRIP_EV_STOP, true, NULL);
}

static const struct trip_error *
answer(unsigned actions, const struct trip_error *error,
       struct trip_error *made)
{
	if (actions & TRIP_DO_NOTIFY_ERROR)
		return error;
	if (actions & TRIP_DO_NOTIFY_CEASE)
		trip_error_set(made, TRIP_ERR_CEASE, 0, NULL, 0);
	else if (actions & TRIP_DO_NOTIFY_HOLD)
		trip_error_set(made, TRIP_ERR_HOLD, 0, NULL, 0);
	else if (actions & TRIP_DO_NOTIFY_FSM)
		trip_error_set(made, TRIP_ERR_FSM, 0, NULL, 0);
	else
		return NULL;
	return made;
}

static void
perform(struct trip_session *session, unsigned actions,
	const struct trip_error *error)
{
	struct trip_peer *peer = session->peer;
	struct trip_error made;

	if (actions & TRIP_DO_START_RETRY)
		start(session, &peer->retry,
		      peer->speaker->set->timers.connect_retry_s * 1000);
	if (actions & TRIP_DO_STOP_RETRY)
		timer_cancel(&peer->speaker->timers, &peer->retry);
	if (actions & TRIP_DO_CONNECT)
		connect_now(session);
	if (actions & TRIP_DO_SEND_OPEN)
		send_open(session);
	if (actions & TRIP_DO_SEND_KEEPALIVE)
		session->wants_keepalive = true;
	if (actions & TRIP_DO_NEGOTIATED)
		negotiated(session);
	if ((actions & TRIP_DO_RESTART_HOLD) && session->hold_s > 0)
		start(session, &session->hold,
		      (int64_t)session->hold_s * 1000);
	if (actions & TRIP_DO_ESTABLISH)
		establish(session);
	if (actions & TRIP_DO_CLOSE)
		trip_session_drop(session, answer(actions, error, &made));
}

/* The other session of the peer takes the place of the one that ended. */
static void
promote(struct trip_peer *peer)
{
	struct trip_session *a = &peer->session, *b = &peer->rival;
	struct timers *timers = &peer->speaker->timers;
	int64_t hold_ms = b->hold.due_ms, keepalive_ms = b->keepalive.due_ms,
		stall_ms = b->stall.due_ms;
	bool holds = timer_is_running(&b->hold),
	     keeps = timer_is_running(&b->keepalive),
	     stalls = timer_is_running(&b->stall);
	enum trip_state state = b->state;

	a->conn = b->conn;
	a->theirs = b->theirs;
	a->hold_s = b->hold_s;
	a->wants_keepalive = b->wants_keepalive;
	b->conn = NULL;
	stop_timers(b);
	b->state = TRIP_IDLE;
	if (holds)
		timer_start(timers, &a->hold, hold_ms);
	if (keeps)
		timer_start(timers, &a->keepalive, keepalive_ms);
	if (stalls)
		timer_start(timers, &a->stall, stall_ms);
	timer_cancel(timers, &peer->retry);
	set_state(a, state);
	if (state == TRIP_CONNECT)
		start(a, &peer->retry,
		      peer->speaker->set->timers.connect_retry_s * 1000);
}

/* Section 9: after an error not at once, and later each time; a session that
 * lasted begins anew. */
static void
plan_restart(struct trip_peer *peer, enum trip_state before, int64_t lasted_ms)
{
	const struct trip_timer_settings *set = &peer->speaker->set->timers;
	int64_t first_ms = set->idle_hold_s * 1000;
	int64_t max_ms = set->idle_hold_max_s * 1000;

	if (!peer->is_enabled || peer->speaker->is_stopping ||
	    peer->speaker->is_disabled)
		return;
	if (peer->restart_after_ms == 0 ||
	    (before == TRIP_ESTABLISHED && lasted_ms > peer->restart_after_ms))
		peer->restart_after_ms = first_ms;
	start(&peer->session, &peer->restart, peer->restart_after_ms);
	peer->restart_after_ms *= 2;
	if (peer->restart_after_ms > max_ms)
		peer->restart_after_ms = max_ms > first_ms ? max_ms : first_ms;
}

void
trip_session_end_rival(struct trip_peer *peer)
{
	struct trip_error cease;

	trip_error_set(&cease, TRIP_ERR_CEASE, 0, NULL, 0);
	trip_session_drop(&peer->rival, peer->rival.state >= TRIP_OPEN_SENT
					    ? &cease
					    : NULL);
	peer->rival.state = TRIP_IDLE;
}

void
trip_session_event(struct trip_session *session, enum trip_event event,
		   bool good, const struct trip_error *error)
{
	struct trip_peer *peer = session->peer;
	enum trip_state before = session->state;
	struct trip_step step = trip_fsm_step(before, event, good);
	int64_t lasted_ms =
	    trip_speaker_now(peer->speaker) - peer->state_since_ms;

	if (before == TRIP_ESTABLISHED && step.next != TRIP_ESTABLISHED)
		trip_rib_peer_down(peer->rib);
	/* A rival has no second try: it ends. */
	if (session == &peer->rival && step.next < TRIP_OPEN_SENT)
		step.actions &= ~(unsigned)TRIP_DO_START_RETRY;
	if (session == &peer->rival && step.next == TRIP_ACTIVE)
		step.next = TRIP_IDLE;
	/* Connecting may fail at once and change the state. */
	set_state(session, step.next);
	perform(session, step.actions, error);
	if (session != &peer->session || before == TRIP_IDLE)
		return;
	if (step.next > TRIP_ACTIVE || event == TRIP_EV_RETRY_TIMER)
		return;
	if (event != TRIP_EV_STOP &&
	    (peer->rival.state >= TRIP_OPEN_SENT ||
	     (peer->rival.state == TRIP_CONNECT && step.next == TRIP_ACTIVE))) {
		promote(peer);
	} else if (step.next == TRIP_IDLE) {
		trip_session_end_rival(peer);
		plan_restart(peer, before, lasted_ms);
	}
}

/* --- timers --- */

static void
on_hold(struct timer *timer, void *arg)
{
	(void)timer;
	trip_session_event(arg, TRIP_EV_HOLD_TIMER, true, NULL);
}

static void
on_keepalive(struct timer *timer, void *arg)
{
	(void)timer;
	trip_session_event(arg, TRIP_EV_KEEPALIVE_TIMER, true, NULL);
	restart_keepalive(arg);
}

static void
on_stall(struct timer *timer, void *arg)
{
	struct trip_session *session = arg;

	(void)timer;
	log_warning(session->peer->speaker->log,
		    "trip peer %s itad=%lld: does not read",
		    session->peer->set->address,
		    (long long)session->peer->set->itad);
	trip_session_event(session, TRIP_EV_FATAL, true, NULL);
}

void
trip_session_init(struct trip_session *session, struct trip_peer *peer)
{
	memset(session, 0, sizeof(*session));
	session->peer = peer;
	session->state = TRIP_IDLE;
	timer_init(&session->hold, on_hold, session);
	timer_init(&session->keepalive, on_keepalive, session);
	timer_init(&session->stall, on_stall, session);
}

void
trip_peer_fini(struct trip_peer *peer)
{
	struct timers *timers = &peer->speaker->timers;

	trip_session_drop(&peer->rival, NULL);
	trip_session_drop(&peer->session, NULL);
	timer_cancel(timers, &peer->retry);
	timer_cancel(timers, &peer->restart);
}
