/*
 * harvest.h - all that the daemon knows of itself at one moment, for metrics
 *
 * Brought together in the control thread, which asks the workers by mail; then
 * anybody's, who may take his time: nothing in it is shared but the snapshot, which
 * is counted, and the atomics of its gateways and accounts.
 */
#ifndef LCRPROXY_HARVEST_H
#define LCRPROXY_HARVEST_H

#include "lcrproxy/app.h"
#include "lcrproxy/counted.h"
#include "lcrproxy/trip_feed.h"
#include "trip/speaker.h"

struct harvest_peer {
	char address[ADDR_TEXT_MAX];
	struct trip_peer_info info; /* its settings are not to be used */
};

struct harvest_trip {
	struct trip_rib_counters rib;
	struct trip_feed_counters feed;
	struct learnt_counters book;
	struct harvest_peer *peers; /* heap */
	size_t n_peers, cap_peers;
};

struct harvest {
	const char *node; /* borrowed, as long as the daemon runs */
	time_us now, started;
	struct snapshot *snapshot; /* counted */
	struct app_reloads reloads;
	struct acct_status acct;
	bool has_trip;
	struct harvest_trip trip;
	struct counted *workers[SETTINGS_MAX_WORKERS]; /* heap */
	int n_workers;
	struct counted sum;
};

/* What the control thread knows, to which counted_take of all workers is to be
 * added. Yours to harvest_fini. */
void harvest_begin(struct harvest *harvest, struct app *app);
/* What gather.h has brought, taken over: 0, or ERR_NOMEM when a worker could not
 * tell. */
int harvest_add_workers(struct harvest *harvest, void **answers, int n);
void harvest_fini(struct harvest *harvest);

#endif
