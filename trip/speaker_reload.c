/* speaker_reload.c - other settings for a speaker that runs */
#include "base/alloc.h"
#include "base/err.h"
#include "trip/session.h"

struct reload {
	struct trip_speaker *speaker;
	const struct trip_settings *settings;
	bool is_tls_new, is_import_new; /* for all peers */
	trip_reload_fn *tell;
	void *arg;
};

static void
note(void *arg, const char *setting, bool reloadable)
{
	struct reload *reload = arg;

	(void)reloadable;
	if (strncmp(setting, "tls.", 4) == 0)
		reload->is_tls_new = true;
	if (strcmp(setting, "default_preference") == 0)
		reload->is_import_new = true;
}

static void
tell(const struct reload *reload, const struct trip_peer_settings *set,
     const char *what)
{
	log_info(reload->speaker->log, "trip peer %s itad=%lld: %s",
		 set->address, (long long)set->itad, what);
	reload->tell(reload->arg, set->address, what);
}

/* Peers are known by their address. */
static const struct trip_peer_settings *
find_new(const struct reload *reload, const struct addr *addr)
{
	const struct trip_peer_settings *items = reload->settings->peers.items;

	for (size_t i = 0; i < reload->settings->peers.n; i++) {
		struct addr other = trip_peer_settings_addr(&items[i]);

		if (addr_eq_ip(&other, addr))
			return &items[i];
	}
	return NULL;
}

/* The kernel keeps a key until it is told otherwise. */
static void
forget_key(const struct reload *reload, const struct trip_peer *peer,
	   const struct trip_peer_settings *next)
{
	struct trip_speaker *speaker = reload->speaker;
	uv_os_fd_t fd;

	if (speaker->is_listening && peer->set->password != NULL &&
	    (next == NULL || next->password == NULL) &&
	    uv_fileno((uv_handle_t *)&speaker->server, &fd) == 0)
		(void)trip_tcp_md5(fd, &peer->addr, "");
}

/* All peers that stay have their new settings before anything happens. */
static void
compare_all(const struct reload *reload)
{
	struct trip_speaker *speaker = reload->speaker;

	for (size_t i = 0; i < speaker->n_peers; i++) {
		struct trip_peer *peer = speaker->peers[i];
		const struct trip_peer_settings *next =
		    find_new(reload, &peer->addr);

		forget_key(reload, peer, next);
		peer->is_gone = next == NULL;
		if (next == NULL)
			continue;
		peer->change = trip_peer_settings_compare(peer->set, next);
		if ((reload->is_tls_new && next->tls) || reload->is_import_new)
			peer->change = TRIP_PEER_RESET;
		peer->set = next;
	}
}

static void
remove_peer(const struct reload *reload, struct trip_peer *peer)
{
	tell(reload, peer->set, "removed");
	trip_peer_end(peer);
	trip_peer_fini(peer);
	trip_rib_peer_remove(peer->rib);
	trip_peer_free(peer);
}

static void
change_peer(const struct reload *reload, struct trip_peer *peer)
{
	if (peer->change != TRIP_PEER_RESET) {
		(void)trip_peer_take(peer, false);
		if (peer->change == TRIP_PEER_LIVE)
			tell(reload, peer->set, "changed");
		return;
	}
	trip_peer_end(peer);
	if (trip_peer_take(peer, true) != 0) {
		peer->is_enabled = false;
		tell(reload, peer->set, "stopped, it cannot be used (see the "
					"log)");
		return;
	}
	tell(reload, peer->set, "changed, its session begins anew");
	trip_peer_begin(peer);
}

static struct trip_peer *
find_kept(const struct trip_speaker *speaker,
	  const struct trip_peer_settings *set)
{
	for (size_t i = 0; i < speaker->n_peers; i++) {
		if (speaker->peers[i] != NULL && speaker->peers[i]->set == set)
			return speaker->peers[i];
	}
	return NULL;
}

static struct trip_peer *
add_peer(const struct reload *reload, const struct trip_peer_settings *set)
{
	struct trip_peer *peer = NULL;

	if (trip_peer_new(reload->speaker, set, &peer) != 0) {
		tell(reload, set, "not added, it cannot be used (see the log)");
		return NULL;
	}
	peer->is_new = true;
	tell(reload, set, "added");
	return peer;
}

/* Those that are new are not started: the kernel has no keys for them yet. */
static size_t
fill(const struct reload *reload, struct trip_peer **peers)
{
	const struct trip_peer_settings *items = reload->settings->peers.items;
	size_t n = 0;

	for (size_t i = 0; i < reload->settings->peers.n; i++) {
		struct trip_peer *peer =
		    find_kept(reload->speaker, &items[i]);

		if (peer == NULL)
			peer = add_peer(reload, &items[i]);
		if (peer != NULL)
			peers[n++] = peer;
	}
	return n;
}

static void
exchange_peers(const struct reload *reload, struct trip_peer **peers)
{
	struct trip_speaker *speaker = reload->speaker;
	size_t n;

	for (size_t i = 0; i < speaker->n_peers; i++) {
		if (speaker->peers[i]->is_gone) {
			remove_peer(reload, speaker->peers[i]);
			speaker->peers[i] = NULL;
		}
	}
	n = fill(reload, peers);
	mem_free(speaker->peers);
	speaker->peers = peers;
	speaker->n_peers = n;
	if (trip_speaker_protect(speaker) != 0)
		log_error(speaker->log, "trip: the keys and hop limits of "
					"peers cannot be set at %s",
			  speaker->set->listen);
	for (size_t i = 0; i < n; i++) {
		if (peers[i]->is_new)
			trip_peer_begin(peers[i]);
		else
			change_peer(reload, peers[i]);
		peers[i]->is_new = false;
	}
}

int
trip_speaker_reload(struct trip_speaker *speaker,
		    const struct trip_settings *before,
		    const struct trip_settings *settings, trip_reload_fn *told,
		    void *arg)
{
	struct reload reload = { .speaker = speaker, .settings = settings,
				 .tell = told, .arg = arg };
	struct trip_rib_settings rib;
	struct trip_peer **peers =
	    mem_zalloc(settings->peers.n + 1, sizeof(*peers));

	if (peers == NULL)
		return ERR_NOMEM;
	conf_compare(&trip_settings_table, before, settings, note, &reload);
	speaker->set = settings;
	trip_settings_open(settings, &speaker->ours);
	compare_all(&reload);
	rib = trip_speaker_rib_settings(speaker);
	trip_rib_change(speaker->rib, &rib);
	exchange_peers(&reload, peers);
	return 0;
}
