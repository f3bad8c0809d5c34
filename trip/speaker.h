/*
 * speaker.h - a TRIP speaker on a libuv loop
 *
 * Sessions with the peers of its settings, and the routes that come of them.
 * Everything happens in the loop's thread. The process ignores SIGPIPE. The speaker keeps no more than the
 * routes: each connection has fixed buffers, and what a slow peer has not
 * read yet is not stored for it.
 */
#ifndef TRIP_SPEAKER_H
#define TRIP_SPEAKER_H

#include <uv.h>

#include "base/log.h"
#include "trip/fsm.h"
#include "trip/rib.h"
#include "trip/settings.h"

struct trip_speaker;
struct trip_peer;

struct trip_speaker_events {
	/* As trip_rib_events; trip_peer_of(view->peer) is whom it is from. */
	void (*on_change)(void *arg, enum trip_change_kind kind,
			  const struct trip_view *view);
	/* A session has changed its state; may be NULL. */
	void (*on_state)(void *arg, const struct trip_peer *peer,
			 enum trip_state before);
	/* An UPDATE came in or went out, whole; may be NULL. */
	void (*on_update)(void *arg, const struct trip_peer *peer,
			  bool is_sent, const uint8_t *msg, size_t len);
	void *arg;
};

/*
 * Make a speaker that is not yet running: 0, ERR_NOMEM, ERR_IO. settings, log,
 * clock are borrowed until it is freed; events are copied.
 */
int trip_speaker_new(uv_loop_t *loop, const struct trip_settings *settings,
		     const struct clock *clock, struct log *log,
		     const struct trip_speaker_events *events,
		     struct trip_speaker **out);
/* Listen and start all sessions: 0 or ERR_IO (the address is taken, or the
 * kernel refuses a key or the hop limit). */
int trip_speaker_start(struct trip_speaker *speaker);
/* Cease to all peers (6.7), then everything closes; done (may be NULL) is
 * called when the loop holds nothing of it any more, and the speaker is freed
 * then. No events but on_state come after this call. */
void trip_speaker_stop(struct trip_speaker *speaker, void (*done)(void *arg),
		       void *arg);
/* Routes: trip_rib_set, _unset, _walk, _lookup ... at any time; what they change
 * is sent before the loop waits again. */
struct trip_rib *trip_speaker_rib(struct trip_speaker *speaker);

/* What became of a peer: "added" ... */
typedef void trip_reload_fn(void *arg, const char *address, const char *what);
/*
 * Other settings while it runs. What trip_settings_keep_fixed names is as before.
 * Sessions begin anew with peers whose settings ask for it, or with all where
 * default_preference is another, or with those that have tls where trip.tls is.
 * Timers count from when they are next started. before are those in use, which
 * are not needed any more after this; settings are borrowed as they were. 0, or
 * ERR_NOMEM: nothing has changed.
 */
int trip_speaker_reload(struct trip_speaker *speaker,
			const struct trip_settings *before,
			const struct trip_settings *settings,
			trip_reload_fn *told, void *arg);

/* --- peers --- */

/* After RFC 3872's peer and statistics tables. */
struct trip_peer_info {
	const struct trip_peer_settings *settings; /* borrowed */
	enum trip_state state;
	bool is_enabled;	/* false: stopped by hand */
	bool is_internal;
	uint32_t id;		/* 0 until an OPEN came */
	enum trip_mode mode;	/* the peer's */
	uint16_t hold_s;	/* negotiated */
	int64_t state_ms;	/* how long it has been in this state */
	int64_t in_update_ms;	/* since its last UPDATE; -1: none */
	int64_t restart_ms;	/* until the next Start; -1: no */
	uint64_t established_transitions, in_updates, out_updates,
	    in_messages, out_messages, in_notifications, out_notifications;
	uint8_t last_error_code, last_error_subcode; /* sent or received */
	bool last_error_is_sent;
	struct trip_peer_counters routes;
};

typedef void trip_peer_fn(void *arg, struct trip_peer *peer);
void trip_speaker_peers(struct trip_speaker *speaker, trip_peer_fn *fn,
			void *arg);
/* By address, port ignored; NULL when there is none. */
struct trip_peer *trip_speaker_find_peer(struct trip_speaker *speaker,
					 const struct addr *addr);
/* What it is configured with; borrowed. */
const struct trip_peer_settings *
trip_peer_settings_of(const struct trip_peer *peer);
void trip_peer_info(const struct trip_peer *peer, struct trip_peer_info *out);
/* The peer behind a view's peer; NULL for NULL. */
struct trip_peer *trip_peer_of(const struct trip_rib_peer *peer);
/* Cease, and begin again at once: all routes come anew (route refresh). */
void trip_peer_reset(struct trip_peer *peer);
/* Cease, and stay away until trip_peer_start. */
void trip_peer_stop(struct trip_peer *peer);
void trip_peer_start(struct trip_peer *peer);

#endif
