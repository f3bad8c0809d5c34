/*
 * trip_node.h - the TRIP speaker of the daemon
 *
 * Lives in the control thread, so that no SIP worker ever waits for it. What
 * changes goes into a book of learnt routes; a version of it is mailed to the
 * workers at once, or 10 ms after the last one.
 */
#ifndef LCRPROXY_TRIP_NODE_H
#define LCRPROXY_TRIP_NODE_H

#include "lcrproxy/app.h"
#include "lcrproxy/trip_feed.h"

struct trip_node;

/* Start to speak; errors were logged. *out is NULL when no TRIP is configured.
 * 0, ERR_IO (the address is taken ...) or ERR_NOMEM. */
int trip_node_new(struct app *app, struct trip_node **out);
/* Cease to all peers; the loop has to run until nothing of it is left. Nothing
 * is mailed any more. NULL is accepted. */
void trip_node_stop(struct trip_node *trip);
/* The loop has ended and no worker is left. NULL is accepted. */
void trip_node_free(struct trip_node *trip);
/* The app has another snapshot. */
void trip_node_reloaded(struct trip_node *trip);
/* The app has other settings: sessions and offers follow. before are those in
 * use, and not needed after this; settings are borrowed, and as before where
 * they cannot change. told: what became of peers. 0, or ERR_NOMEM and nothing
 * has changed. */
int trip_node_set(struct trip_node *trip, const struct trip_settings *before,
		  const struct trip_settings *settings, trip_reload_fn *told,
		  void *arg);

/* The newest version, borrowed for the control thread's turn; NULL without
 * TRIP (trip NULL). */
const struct learnt *trip_node_learnt(const struct trip_node *trip);
struct learnt_book *trip_node_book(const struct trip_node *trip);
struct trip_speaker *trip_node_speaker(const struct trip_node *trip);
const struct trip_feed *trip_node_feed(const struct trip_node *trip);

#endif
