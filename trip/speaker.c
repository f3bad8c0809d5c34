/* speaker.c - peers, listening, and the turn of the loop */
#include "trip/speaker.h"

#include <assert.h>

#include "base/alloc.h"
#include "base/err.h"
#include "trip/session.h"

/* --- the loop --- */

static void
arm(struct trip_speaker *speaker)
{
	int64_t now_ms = trip_speaker_now(speaker);
	int64_t wait_ms = timers_next_ms(&speaker->timers, now_ms);
	int64_t due_ms = trip_rib_due_ms(speaker->rib);
	int64_t rib_ms = due_ms > now_ms ? due_ms - now_ms : 0;

	if (due_ms != INT64_MAX && (wait_ms < 0 || rib_ms < wait_ms))
		wait_ms = rib_ms;
	if (wait_ms < 0)
		uv_timer_stop(&speaker->tick);
	else
		uv_timer_start(&speaker->tick, speaker->tick.timer_cb,
			       (uint64_t)wait_ms, 0);
}

static void
on_tick(uv_timer_t *tick)
{
	struct trip_speaker *speaker = tick->data;

	timers_run(&speaker->timers, trip_speaker_now(speaker));
	if (!speaker->is_stopping)
		trip_rib_run(speaker->rib);
}

/* Before the loop waits, what has changed in this turn is sent. */
static void
on_prepare(uv_prepare_t *prepare)
{
	struct trip_speaker *speaker = prepare->data;

	for (size_t i = 0; i < speaker->n_peers; i++) {
		trip_session_flush(&speaker->peers[i]->session);
		trip_session_flush(&speaker->peers[i]->rival);
	}
	arm(speaker);
}

/* --- connections from outside --- */

struct trip_peer *
trip_speaker_find_peer(struct trip_speaker *speaker, const struct addr *addr)
{
	for (size_t i = 0; i < speaker->n_peers; i++) {
		if (addr_eq_ip(&speaker->peers[i]->addr, addr))
			return speaker->peers[i];
	}
	return NULL;
}

static void
on_connection(uv_stream_t *server, int status)
{
	struct trip_speaker *speaker = server->data;
	struct trip_conn *conn;
	struct trip_peer *peer;
	char text[ADDR_TEXT_MAX];

	if (status != 0 || trip_conn_accept(speaker->loop, server, &conn) != 0)
		return;
	peer = trip_speaker_find_peer(speaker, trip_conn_peer(conn));
	if (peer != NULL && !speaker->is_stopping) {
		trip_session_accept(peer, conn);
		return;
	}
	log_warning(speaker->log, "trip: connection from %s refused, nobody "
				  "is expected from there",
		    addr_format(trip_conn_peer(conn), text));
	trip_conn_close(conn);
}

/* The listening socket lets in as its peers are set. */
int
trip_speaker_protect(struct trip_speaker *speaker)
{
	bool all_near = speaker->n_peers > 0;
	struct addr at;
	uv_os_fd_t fd;

	if (!speaker->is_listening)
		return 0;
	(void)addr_parse(str_of(speaker->set->listen), TRIP_PORT, &at);
	if (uv_fileno((uv_handle_t *)&speaker->server, &fd) != 0)
		return ERR_IO;
	for (size_t i = 0; i < speaker->n_peers; i++) {
		const struct trip_peer *peer = speaker->peers[i];

		if (peer->set->password != NULL &&
		    trip_tcp_md5(fd, &peer->addr, peer->set->password) != 0)
			return ERR_IO;
		if (peer->set->gtsm && trip_tcp_far(fd, &at) != 0)
			return ERR_IO;
		all_near &= peer->set->gtsm;
	}
	/* Else what came before a connection was taken has been let in. */
	return all_near ? trip_tcp_gtsm(fd, &at) : trip_tcp_any_hops(fd, &at);
}

static int
listen_at(struct trip_speaker *speaker)
{
	struct addr at;

	if (speaker->set->listen == NULL)
		return 0;
	(void)addr_parse(str_of(speaker->set->listen), TRIP_PORT, &at);
	speaker->is_listening = true;
	if (trip_listen(speaker->loop, &speaker->server, &at, on_connection) !=
	    0)
		return ERR_IO;
	return trip_speaker_protect(speaker);
}

/* --- peers --- */

void
trip_speaker_peers(struct trip_speaker *speaker, trip_peer_fn *fn, void *arg)
{
	for (size_t i = 0; i < speaker->n_peers; i++)
		fn(arg, speaker->peers[i]);
}

/* --- sequence numbers at their end (10.1.4) --- */

static void
on_disable(struct timer *timer, void *arg)
{
	struct trip_speaker *speaker = arg;

	if (!speaker->is_disabled) {
		log_error(speaker->log,
			  "trip: sequence numbers are used up, silent for %lld s",
			  (long long)speaker->set->timers.disable_s);
		speaker->is_disabled = true;
		for (size_t i = 0; i < speaker->n_peers; i++)
			trip_peer_end(speaker->peers[i]);
		timer_start(&speaker->timers, timer,
			    trip_speaker_now(speaker) +
				speaker->set->timers.disable_s * 1000);
		return;
	}
	speaker->is_disabled = false;
	trip_rib_renumber(speaker->rib);
	for (size_t i = 0; i < speaker->n_peers; i++)
		trip_peer_begin(speaker->peers[i]);
}

/* Called from inside the rib: acts in the next turn. */
static void
on_exhausted(void *arg)
{
	struct trip_speaker *speaker = arg;

	timer_start(&speaker->timers, &speaker->disable,
		    trip_speaker_now(speaker));
}

static void
on_change(void *arg, enum trip_change_kind kind, const struct trip_view *view)
{
	struct trip_speaker *speaker = arg;

	if (speaker->events.on_change != NULL && !speaker->is_stopping)
		speaker->events.on_change(speaker->events.arg, kind, view);
}

/* --- the speaker --- */

struct trip_rib_settings
trip_speaker_rib_settings(const struct trip_speaker *speaker)
{
	const struct trip_settings *set = speaker->set;
	const struct trip_timer_settings *timers = &set->timers;

	return (struct trip_rib_settings){
		.itad = speaker->ours.itad,
		.id = speaker->ours.id,
		.default_preference = (uint32_t)set->default_preference,
		.compare_med = set->compare_med,
		.lower_med_wins = set->lower_med_wins,
		.is_receiver = speaker->ours.mode != TRIP_SEND_ONLY,
		.is_gateway = set->gateway,
		.consolidate = set->consolidate,
		.tells_all = set->offer == TRIP_OFFER_ALL,
		.next_hop = set->next_hop,
		.min_advertisement_ms =
		    timers->min_route_advertisement_s * speaker->jitter,
		.min_origination_ms =
		    timers->min_itad_origination_s * speaker->jitter,
		.max_purge_ms = timers->max_purge_s * 1000,
	};
}

static int
make_rib(struct trip_speaker *speaker)
{
	const struct trip_rib_settings settings =
	    trip_speaker_rib_settings(speaker);
	const struct trip_rib_events events = { on_change, on_exhausted,
						speaker };

	return trip_rib_new(&settings, speaker->clock, &events, &speaker->rib);
}

static int
make_peers(struct trip_speaker *speaker)
{
	const struct conf_list *list = &speaker->set->peers;
	const struct trip_peer_settings *items = list->items;
	int err = 0;

	speaker->peers = mem_zalloc(list->n > 0 ? list->n : 1,
				    sizeof(*speaker->peers));
	if (speaker->peers == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; err == 0 && i < list->n; i++) {
		err = trip_peer_new(speaker, &items[i], &speaker->peers[i]);
		speaker->n_peers += err == 0;
	}
	return err;
}

/* Uniform from 0.75 to 1 (10.3.3.3). */
static int
draw_jitter(struct trip_speaker *speaker)
{
	struct hash_key random;
	int err = hash_key_random(&random);

	if (err == 0)
		speaker->jitter = 750 + (unsigned)(random.k0 % 251);
	return err;
}

static void
free_speaker(struct trip_speaker *speaker)
{
	trip_rib_free(speaker->rib);
	for (size_t i = 0; i < speaker->n_peers; i++)
		trip_peer_free(speaker->peers[i]);
	mem_free(speaker->peers);
	mem_free(speaker);
}

int
trip_speaker_new(uv_loop_t *loop, const struct trip_settings *settings,
		 const struct clock *clock, struct log *log,
		 const struct trip_speaker_events *events,
		 struct trip_speaker **out)
{
	struct trip_speaker *speaker = mem_zalloc(1, sizeof(*speaker));
	int err;

	if (speaker == NULL)
		return ERR_NOMEM;
	speaker->loop = loop;
	speaker->set = settings;
	speaker->clock = clock;
	speaker->log = log;
	speaker->events = *events;
	trip_settings_open(settings, &speaker->ours);
	timers_init(&speaker->timers, clock_mono_ms(clock));
	timer_init(&speaker->disable, on_disable, speaker);
	err = draw_jitter(speaker);
	if (err == 0)
		err = make_rib(speaker);
	if (err == 0)
		err = make_peers(speaker);
	if (err != 0) {
		free_speaker(speaker);
		return err;
	}
	uv_timer_init(loop, &speaker->tick);
	uv_prepare_init(loop, &speaker->prepare);
	speaker->tick.data = speaker->prepare.data = speaker->server.data =
	    speaker;
	/* Set once, so that arm() can start it again by itself. */
	uv_timer_start(&speaker->tick, on_tick, 0, 0);
	uv_prepare_start(&speaker->prepare, on_prepare);
	*out = speaker;
	return 0;
}

int
trip_speaker_start(struct trip_speaker *speaker)
{
	int err = listen_at(speaker);

	if (err != 0) {
		log_error(speaker->log, "trip: cannot listen at %s",
			  speaker->set->listen);
		return err;
	}
	for (size_t i = 0; i < speaker->n_peers; i++)
		trip_peer_begin(speaker->peers[i]);
	return 0;
}

struct trip_rib *
trip_speaker_rib(struct trip_speaker *speaker)
{
	return speaker->rib;
}

/* --- the end --- */

static void
on_handle_gone(uv_handle_t *handle)
{
	struct trip_speaker *speaker = handle->data;
	void (*done)(void *arg) = speaker->done;
	void *arg = speaker->done_arg;

	if (--speaker->n_handles > 0)
		return;
	free_speaker(speaker);
	if (done != NULL)
		done(arg);
}

#define END_POLL_MS 10

/* When the last connections are gone, which have 2 seconds for their last
 * messages. */
static void
on_end(struct timer *timer, void *arg)
{
	struct trip_speaker *speaker = arg;

	if (speaker->n_conns > 0) {
		timer_start(&speaker->timers, timer,
			    trip_speaker_now(speaker) + END_POLL_MS);
		return;
	}
	speaker->n_handles = 2;
	uv_close((uv_handle_t *)&speaker->tick, on_handle_gone);
	uv_close((uv_handle_t *)&speaker->prepare, on_handle_gone);
	if (speaker->is_listening) {
		speaker->n_handles++;
		uv_close((uv_handle_t *)&speaker->server, on_handle_gone);
	}
}

void
trip_speaker_stop(struct trip_speaker *speaker, void (*done)(void *arg),
		  void *arg)
{
	assert(!speaker->is_stopping);
	speaker->is_stopping = true;
	speaker->done = done;
	speaker->done_arg = arg;
	for (size_t i = 0; i < speaker->n_peers; i++) {
		trip_peer_end(speaker->peers[i]);
		trip_peer_fini(speaker->peers[i]);
	}
	timer_init(&speaker->disable, on_end, speaker);
	timer_start(&speaker->timers, &speaker->disable,
		    trip_speaker_now(speaker));
}
