/* metrics_trip.c - TRIP peers and routes, as metrics */
#include "lcrproxy/metrics.h"

static const struct peer_row {
	const char *family;
	enum metric_type type;
	const char *help;
	size_t offset; /* in struct trip_peer_info, of a 64-bit number */
} peer_rows[] = {
	{ "trip_peer_transitions", METRIC_COUNTER,
	  "Times that the session came up",
	  offsetof(struct trip_peer_info, established_transitions) },
	{ "trip_peer_updates_received", METRIC_COUNTER, "UPDATEs of the peer",
	  offsetof(struct trip_peer_info, in_updates) },
	{ "trip_peer_updates_sent", METRIC_COUNTER, "UPDATEs to the peer",
	  offsetof(struct trip_peer_info, out_updates) },
	{ "trip_peer_notifications_received", METRIC_COUNTER,
	  "Sessions that the peer ended",
	  offsetof(struct trip_peer_info, in_notifications) },
	{ "trip_peer_notifications_sent", METRIC_COUNTER,
	  "Sessions that we ended",
	  offsetof(struct trip_peer_info, out_notifications) },
	{ "trip_peer_routes", METRIC_GAUGE, "Routes of the peer",
	  offsetof(struct trip_peer_info, routes.n_routes) },
	{ "trip_peer_routes_rejected", METRIC_GAUGE,
	  "Of those that policy rejects",
	  offsetof(struct trip_peer_info, routes.n_rejected) },
	{ "trip_peer_routes_advertised", METRIC_GAUGE, "Routes told to it",
	  offsetof(struct trip_peer_info, routes.n_advertised) },
};

static void
put_peers(struct exposition *out, const struct harvest_trip *trip)
{
	exposition_family(out, "trip_peer_up", METRIC_GAUGE,
			  "1 while the session is established");
	for (size_t k = 0; k < trip->n_peers; k++) {
		const struct harvest_peer *peer = &trip->peers[k];
		const struct metric_label label = { "peer", peer->address };

		exposition_add(out, "", &label, 1,
			       peer->info.state == TRIP_ESTABLISHED);
	}
	for (size_t i = 0; i < sizeof(peer_rows) / sizeof(peer_rows[0]); i++) {
		const struct peer_row *row = &peer_rows[i];

		exposition_family(out, row->family, row->type, row->help);
		for (size_t k = 0; k < trip->n_peers; k++) {
			const struct harvest_peer *peer = &trip->peers[k];
			const struct metric_label label = { "peer",
							    peer->address };
			const char *at = (const char *)&peer->info;

			exposition_add(out, "", &label, 1,
				       *(const int64_t *)(const void *)(at +
					       row->offset));
		}
	}
}

void
metrics_trip(struct exposition *out, const struct harvest *harvest)
{
	const struct harvest_trip *trip = &harvest->trip;

	if (!harvest->has_trip)
		return;
	put_peers(out, trip);
	metrics_one(out, "trip_routes", METRIC_GAUGE, "Routes that were chosen",
		    (int64_t)trip->rib.n_selected);
	metrics_one(out, "trip_destinations", METRIC_GAUGE,
		    "Destinations that there are routes to",
		    (int64_t)trip->rib.n_destinations);
	metrics_one(out, "trip_decisions", METRIC_COUNTER,
		    "Times that a destination was decided anew",
		    (int64_t)trip->rib.decisions);
	metrics_one(out, "trip_routes_offered", METRIC_GAUGE,
		    "Routes that calls may take",
		    (int64_t)trip->book.n_routes);
	metrics_one(out, "trip_gateways", METRIC_GAUGE,
		    "Gateways that they lead to",
		    (int64_t)trip->book.n_gateways);
	metrics_one(out, "trip_routes_unmapped", METRIC_COUNTER,
		    "Routes of no carrier of ours",
		    (int64_t)trip->feed.unmapped);
	metrics_one(out, "trip_routes_unusable", METRIC_COUNTER,
		    "Routes to a server that is none for us",
		    (int64_t)(trip->feed.unusable + trip->book.refused));
	metrics_one(out, "trip_routes_lost", METRIC_COUNTER,
		    "Routes lost for lack of memory",
		    (int64_t)(trip->feed.lost + trip->rib.starved));
}
