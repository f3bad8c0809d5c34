/* trip_node.c - the TRIP speaker of the daemon */
#include "lcrproxy/trip_node.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/trip_export.h"
#include "lcrproxy/watch.h"
#include "lcrproxy/worker.h"

#define PUBLISH_MS 10	/* from version to version */
#define BULK 1000	/* changes in one, after which the next waits longer: */
#define BULK_MS 30	/* copying costs more than waiting then */
#define REAP_MS 100
#define LOOK_MS 250	/* at gateways' health, as watch.c */

struct trip_node {
	struct app *app;
	struct clock clock;
	struct trip_speaker *speaker; /* NULL once it is gone */
	struct learnt_book *book;
	struct trip_feed *feed;
	struct trip_export *export;
	const struct learnt *newest;  /* what was mailed last */
	uv_timer_t publish, reap, look;
	int64_t published_ms, due_ms, interval_ms;
	uint64_t n_changes;	      /* that the newest has */
	bool is_owed;		      /* not all workers have the newest */
	bool is_stopping;
};

struct news {
	struct mail mail; /* first */
	struct learnt *learnt;
};

static void
open_news(struct mail *mail, void *owner)
{
	struct news *news = (struct news *)(void *)mail;
	struct worker *worker = owner;

	learnt_unref(worker->learnt);
	worker->learnt = news->learnt;
	mem_free(news);
}

static int
tell(struct worker *worker, struct learnt *learnt)
{
	struct news *news = mem_zalloc(1, sizeof(*news));

	if (news == NULL)
		return ERR_NOMEM;
	news->mail.open = open_news;
	news->learnt = learnt_ref(learnt);
	worker_post(worker, &news->mail);
	return 0;
}

/* A new version to all workers: 0 or ERR_NOMEM, to be tried again. */
static int
tell_workers(struct trip_node *trip)
{
	struct node *node = app_node(trip->app);
	struct learnt *learnt = learnt_book_publish(trip->book);
	int err = learnt != NULL ? 0 : ERR_NOMEM;

	if (learnt != NULL && learnt == trip->newest)
		return 0; /* it came and went */
	for (int i = 0; i < node->n_workers && err == 0; i++)
		err = tell(node->workers[i], learnt);
	if (err == 0)
		trip->newest = learnt;
	return err;
}

static void
on_reap(uv_timer_t *timer)
{
	struct trip_node *trip = timer->data;

	if (!learnt_book_reap(trip->book))
		uv_timer_stop(timer);
}

static void on_publish(uv_timer_t *timer);

static void
publish(struct trip_node *trip)
{
	struct learnt_counters counters;

	learnt_book_counters(trip->book, &counters);
	trip->interval_ms = counters.changes - trip->n_changes > BULK
				? BULK_MS
				: PUBLISH_MS;
	trip->n_changes = counters.changes;
	trip->published_ms = clock_mono_ms(&trip->clock);
	(void)learnt_book_reap(trip->book); /* what is free is used again */
	trip->is_owed = tell_workers(trip) != 0;
	if (trip->is_owed)
		uv_timer_start(&trip->publish, on_publish, PUBLISH_MS, 0);
	else if (!uv_is_active((uv_handle_t *)&trip->reap))
		uv_timer_start(&trip->reap, on_reap, REAP_MS, REAP_MS);
}

static void
on_publish(uv_timer_t *timer)
{
	struct trip_node *trip = timer->data;

	if (trip->is_owed || learnt_book_has_changed(trip->book))
		publish(trip);
}

static void
on_change(void *arg, enum trip_change_kind kind, const struct trip_view *view)
{
	struct trip_node *trip = arg;
	int64_t now_ms;

	(void)kind;
	if (trip->is_stopping)
		return;
	trip_feed_change(trip->feed, trip_speaker_rib(trip->speaker), view);
	if (!learnt_book_has_changed(trip->book))
		return;
	now_ms = clock_mono_ms(&trip->clock);
	if (!uv_is_active((uv_handle_t *)&trip->publish)) {
		trip->due_ms = trip->published_ms + trip->interval_ms;
		if (trip->due_ms < now_ms)
			trip->due_ms = now_ms; /* the end of this turn */
		uv_timer_start(&trip->publish, on_publish,
			       (uint64_t)(trip->due_ms - now_ms), 0);
	} else if (now_ms >= trip->due_ms + trip->interval_ms) {
		trip->due_ms = now_ms; /* a flood makes long turns */
		publish(trip);
	}
}

static void
tick_gateway(void *arg, const struct gateway *gateway, const char *carrier,
	     size_t n_sets)
{
	struct trip_node *trip = arg;

	(void)carrier;
	(void)n_sets;
	watch_tick(app_node(trip->app)->log, gateway,
		   &app_tuning(trip->app)->health, false,
		   clock_wall(&trip->clock));
}

static void
on_look(uv_timer_t *timer)
{
	struct trip_node *trip = timer->data;

	learnt_book_each(trip->book, tick_gateway, trip);
	trip_export_look(trip->export, app_snapshot(trip->app));
}

static int
make_speaker(struct trip_node *trip)
{
	struct node *node = app_node(trip->app);
	const struct trip_speaker_events events = { .on_change = on_change,
						    .arg = trip };

	return trip_speaker_new(app_loop(trip->app), &node->settings->trip,
				&trip->clock, node->log, &events,
				&trip->speaker);
}

static int
make_parts(struct trip_node *trip)
{
	struct node *node = app_node(trip->app);
	const struct trip_settings *set = &node->settings->trip;
	int err = learnt_book_new(&trip->clock, &trip->book);

	if (err == 0)
		err = trip_feed_new(set, trip->book, &node->listeners,
				    node->log, &trip->feed);
	if (err == 0)
		err = make_speaker(trip);
	if (err == 0)
		err = trip_export_new(set, trip_speaker_rib(trip->speaker),
				      node->log, &trip->export);
	return err;
}

int
trip_node_new(struct app *app, struct trip_node **out)
{
	struct node *node = app_node(app);
	struct trip_node *trip;
	int err;

	*out = NULL;
	if (node->settings->trip.itad == 0)
		return 0;
	trip = mem_zalloc(1, sizeof(*trip));
	if (trip == NULL)
		return ERR_NOMEM;
	trip->app = app;
	clock_init_system(&trip->clock);
	uv_timer_init(app_loop(app), &trip->publish);
	uv_timer_init(app_loop(app), &trip->reap);
	uv_timer_init(app_loop(app), &trip->look);
	trip->publish.data = trip->reap.data = trip->look.data = trip;
	*out = trip; /* what is there by now is stopped and freed */
	err = make_parts(trip);
	if (err == 0)
		err = tell_workers(trip);
	if (err == 0)
		err = trip_speaker_start(trip->speaker);
	if (err != 0) {
		log_error(node->log, "trip: %s",
			  err == ERR_IO ? strerror(errno) : err_text(err));
		return err;
	}
	trip_node_reloaded(trip);
	uv_timer_start(&trip->look, on_look, LOOK_MS, LOOK_MS);
	return 0;
}

static void
speaker_gone(void *arg)
{
	struct trip_node *trip = arg;

	trip->speaker = NULL;
}

void
trip_node_stop(struct trip_node *trip)
{
	if (trip == NULL || trip->is_stopping)
		return;
	trip->is_stopping = true;
	uv_close((uv_handle_t *)&trip->publish, NULL);
	uv_close((uv_handle_t *)&trip->reap, NULL);
	uv_close((uv_handle_t *)&trip->look, NULL);
	if (trip->speaker != NULL)
		trip_speaker_stop(trip->speaker, speaker_gone, trip);
}

void
trip_node_free(struct trip_node *trip)
{
	if (trip == NULL)
		return;
	trip_export_free(trip->export);
	learnt_book_free(trip->book);
	trip_feed_free(trip->feed);
	mem_free(trip);
}

void
trip_node_reloaded(struct trip_node *trip)
{
	if (trip == NULL || trip->is_stopping)
		return;
	learnt_book_bind(trip->book, app_snapshot(trip->app));
	trip_export_look(trip->export, app_snapshot(trip->app));
}

const struct learnt *
trip_node_learnt(const struct trip_node *trip)
{
	return trip != NULL ? trip->newest : NULL;
}

struct learnt_book *
trip_node_book(const struct trip_node *trip)
{
	return trip->book;
}

struct trip_speaker *
trip_node_speaker(const struct trip_node *trip)
{
	return trip->speaker;
}

const struct trip_feed *
trip_node_feed(const struct trip_node *trip)
{
	return trip->feed;
}

/* --- other settings --- */

struct change_over {
	trip_reload_fn *told;
	void *arg;
	bool is_map_new; /* routes may belong to other carriers */
	bool is_export_new;
};

static void
note_setting(void *arg, const char *setting, bool reloadable)
{
	struct change_over *over = arg;

	(void)reloadable;
	over->is_map_new |= strcmp(setting, "carriers") == 0 ||
			    strcmp(setting, "offer") == 0;
	over->is_export_new |= strcmp(setting, "exports") == 0 ||
			       strcmp(setting, "next_hop") == 0;
}

static void
note_peer(void *arg, const char *address, const char *what)
{
	struct change_over *over = arg;

	/* its session goes on, and so do its routes */
	over->is_map_new |= strcmp(what, "changed") == 0;
	over->told(over->arg, address, what);
}

static bool
feed_again(void *arg, const struct trip_view *view)
{
	on_change(arg, TRIP_CHANGED, view);
	return true;
}

/* To the end, or not at all. */
static int
exchange_peers(struct trip_node *trip, const struct trip_settings *before,
	       const struct trip_settings *settings, struct change_over *over)
{
	struct trip_mapping *mapping, *last;
	int err = trip_mapping_new(trip->feed, settings, &mapping);

	if (err != 0)
		return err;
	/* the speaker tells of changes while it exchanges peers */
	last = trip_feed_use(trip->feed, mapping);
	err = trip_speaker_reload(trip->speaker, before, settings, note_peer,
				  over);
	if (err != 0)
		last = trip_feed_use(trip->feed, last);
	trip_mapping_free(last);
	return err;
}

int
trip_node_set(struct trip_node *trip, const struct trip_settings *before,
	      const struct trip_settings *settings, trip_reload_fn *told,
	      void *arg)
{
	struct change_over over = { told, arg, false, false };
	int err = exchange_peers(trip, before, settings, &over);

	if (err != 0)
		return err;
	conf_compare(&trip_settings_table, before, settings, note_setting,
		     &over);
	if (over.is_map_new)
		(void)trip_rib_walk(trip_speaker_rib(trip->speaker), NULL,
				    feed_again, trip);
	if (!over.is_export_new)
		trip_export_keep(trip->export, settings);
	else if (trip_export_set(trip->export, before, settings,
				 app_snapshot(trip->app)) != 0)
		log_error(app_node(trip->app)->log,
			  "trip: out of memory, nothing is announced");
	return 0;
}
