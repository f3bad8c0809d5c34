/* peer.c - one peer of a speaker: its making, and what is known of it */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "trip/session.h"

static void
on_retry(struct timer *timer, void *arg)
{
	struct trip_peer *peer = arg;

	(void)timer;
	trip_session_event(&peer->session, TRIP_EV_RETRY_TIMER, true, NULL);
}

static void
on_restart(struct timer *timer, void *arg)
{
	struct trip_peer *peer = arg;

	(void)timer;
	trip_session_event(&peer->session, TRIP_EV_START, true, NULL);
}

static struct trip_policy
policy_of(const struct conf_list *rules)
{
	return (struct trip_policy){ rules->items, rules->n };
}

/* Certificates both ways: 0, ERR_INVAL (logged), ERR_NOMEM. */
static int
make_tls(struct trip_speaker *speaker, struct trip_peer *peer)
{
	const struct trip_tls_settings *tls = &speaker->set->tls;
	const char *name = peer->tls_name;
	const struct tls_settings settings = {
		.certificate = tls->certificate,
		.key = tls->key,
		.ca = tls->ca,
		.verify_clients = true,
		.verify_servers = true,
		.clients = &name,
		.n_clients = 1,
	};
	char why[TLS_WHY_MAX];
	int err;

	if (peer->set->tls_name != NULL)
		snprintf(peer->tls_name, sizeof(peer->tls_name), "%s",
			 peer->set->tls_name);
	else
		addr_format_ip(&peer->addr, peer->tls_name);
	err = tls_ctx_new(&settings, why, &peer->tls);
	if (err != 0)
		log_error(speaker->log, "trip peer %s: %s", peer->set->address,
			  err == ERR_INVAL ? why : err_text(err));
	return err;
}

static struct trip_rib_peer_settings
rib_settings_of(struct trip_peer *peer)
{
	const struct trip_peer_settings *set = peer->set;

	return (struct trip_rib_peer_settings){
		.owner = peer,
		.itad = (uint32_t)set->itad,
		.is_tgrep = set->tgrep,
		.strict_withdraw = set->strict_withdraw,
		.legacy_converted = set->legacy_converted_route,
		.next_hop = set->next_hop,
		.aggregate = set->aggregate,
		.max_prefixes = (size_t)set->max_prefixes,
		.import = policy_of(&set->import),
		.export = policy_of(&set->export),
	};
}

static void
init(struct trip_peer *peer, struct trip_speaker *speaker,
     const struct trip_peer_settings *set)
{
	peer->speaker = speaker;
	peer->set = set;
	peer->addr = trip_peer_settings_addr(set);
	peer->is_enabled = true;
	peer->last_update_ms = -1;
	peer->state_since_ms = trip_speaker_now(speaker);
	trip_session_init(&peer->session, peer);
	trip_session_init(&peer->rival, peer);
	timer_init(&peer->retry, on_retry, peer);
	timer_init(&peer->restart, on_restart, peer);
}

int
trip_peer_new(struct trip_speaker *speaker,
	      const struct trip_peer_settings *set, struct trip_peer **out)
{
	struct trip_peer *peer = mem_zalloc(1, sizeof(*peer));
	struct trip_rib_peer_settings settings;
	int err = 0;

	if (peer == NULL)
		return ERR_NOMEM;
	init(peer, speaker, set);
	settings = rib_settings_of(peer);
	if (set->tls)
		err = make_tls(speaker, peer);
	if (err == 0)
		err = trip_rib_peer_add(speaker->rib, &settings, &peer->rib);
	if (err != 0)
		trip_peer_free(peer);
	else
		*out = peer;
	return err;
}

void
trip_peer_free(struct trip_peer *peer)
{
	tls_ctx_unref(peer->tls);
	mem_free(peer);
}

int
trip_peer_take(struct trip_peer *peer, bool is_anew)
{
	struct trip_rib_peer_settings settings = rib_settings_of(peer);

	trip_rib_peer_change(peer->rib, &settings);
	if (!is_anew)
		return 0;
	peer->addr = trip_peer_settings_addr(peer->set);
	tls_ctx_unref(peer->tls);
	peer->tls = NULL;
	return peer->set->tls ? make_tls(peer->speaker, peer) : 0;
}

void
trip_peer_begin(struct trip_peer *peer)
{
	struct trip_speaker *speaker = peer->speaker;

	timer_cancel(&speaker->timers, &peer->restart);
	peer->restart_after_ms = 0;
	if (peer->is_enabled && !speaker->is_disabled && !speaker->is_stopping)
		trip_session_event(&peer->session, TRIP_EV_START, true, NULL);
}

void
trip_peer_end(struct trip_peer *peer)
{
	trip_session_end_rival(peer);
	trip_session_event(&peer->session, TRIP_EV_STOP, true, NULL);
	timer_cancel(&peer->speaker->timers, &peer->restart);
}

void
trip_peer_start(struct trip_peer *peer)
{
	peer->is_enabled = true;
	trip_peer_begin(peer);
}

void
trip_peer_stop(struct trip_peer *peer)
{
	peer->is_enabled = false;
	trip_peer_end(peer);
}

void
trip_peer_reset(struct trip_peer *peer)
{
	trip_peer_end(peer);
	trip_peer_begin(peer);
}

struct trip_peer *
trip_peer_of(const struct trip_rib_peer *peer)
{
	return peer != NULL ? trip_rib_peer_owner(peer) : NULL;
}

const struct trip_peer_settings *
trip_peer_settings_of(const struct trip_peer *peer)
{
	return peer->set;
}

void
trip_peer_info(const struct trip_peer *peer, struct trip_peer_info *out)
{
	const struct trip_speaker *speaker = peer->speaker;
	const struct trip_session *session = &peer->session;
	int64_t now_ms = trip_speaker_now(speaker);

	*out = peer->counted;
	out->settings = peer->set;
	out->state = session->state;
	out->is_enabled = peer->is_enabled;
	out->is_internal =
	    (uint32_t)peer->set->itad == speaker->ours.itad &&
	    !peer->set->tgrep && !speaker->set->gateway;
	out->id = session->theirs.id;
	out->mode = session->theirs.mode;
	out->hold_s = session->hold_s;
	out->state_ms = now_ms - peer->state_since_ms;
	out->in_update_ms =
	    peer->last_update_ms < 0 ? -1 : now_ms - peer->last_update_ms;
	out->restart_ms = timer_is_running(&peer->restart)
			      ? peer->restart.due_ms - now_ms
			      : -1;
	trip_rib_peer_counters(peer->rib, &out->routes);
}
