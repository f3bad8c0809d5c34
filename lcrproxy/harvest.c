/* harvest.c - all that the daemon knows of itself at one moment */
#include "lcrproxy/harvest.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/report.h"
#include "lcrproxy/trip_node.h"

static void
add_peer(void *arg, struct trip_peer *peer)
{
	struct harvest_trip *trip = arg;
	struct harvest_peer *row;

	if (mem_grow((void **)&trip->peers, &trip->cap_peers, trip->n_peers,
		     sizeof(*row)) != 0)
		return; /* one that is missing is seen to be */
	row = &trip->peers[trip->n_peers++];
	trip_peer_info(peer, &row->info);
	str_copy(str_of(row->info.settings->address), row->address,
		 sizeof(row->address));
}

static void
add_trip(struct harvest_trip *out, const struct trip_node *trip)
{
	struct trip_speaker *speaker = trip_node_speaker(trip);

	trip_rib_counters(trip_speaker_rib(speaker), &out->rib);
	trip_feed_counters(trip_node_feed(trip), &out->feed);
	learnt_book_counters(trip_node_book(trip), &out->book);
	trip_speaker_peers(speaker, add_peer, out);
}

void
harvest_begin(struct harvest *harvest, struct app *app)
{
	const struct node *node = app_node(app);

	*harvest = (struct harvest){
		.node = node->name,
		.now = report_now(),
		.started = node->started_us,
		.snapshot = snapshot_ref(app_snapshot(app)),
		.reloads = *app_reloads(app),
	};
	acct_status(node->acct, &harvest->acct);
	harvest->has_trip = app_trip(app) != NULL;
	if (harvest->has_trip)
		add_trip(&harvest->trip, app_trip(app));
}

int
harvest_add_workers(struct harvest *harvest, void **answers, int n)
{
	int err = 0;

	for (int i = 0; i < n; i++) {
		harvest->workers[i] = answers[i];
		if (answers[i] != NULL)
			counted_add(&harvest->sum, answers[i]);
		else
			err = ERR_NOMEM;
	}
	harvest->n_workers = n;
	return err;
}

void
harvest_fini(struct harvest *harvest)
{
	snapshot_unref(harvest->snapshot);
	mem_free(harvest->trip.peers);
	for (int i = 0; i < harvest->n_workers; i++)
		mem_free(harvest->workers[i]);
	*harvest = (struct harvest){ .n_workers = 0 };
}
