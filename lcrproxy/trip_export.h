/*
 * trip_export.h - our own gateways, announced to neighbours
 *
 * Each row of trip.exports is a list of prefixes that is announced as long as
 * one of its gateways can take calls. Looked at now and then, and when tables
 * were loaded. A speaker that is a gateway itself (RFC 5140) tells how many
 * circuits are free and how many calls succeed, too.
 */
#ifndef LCRPROXY_TRIP_EXPORT_H
#define LCRPROXY_TRIP_EXPORT_H

#include "base/log.h"
#include "route/snapshot.h"
#include "trip/rib.h"
#include "trip/settings.h"

struct trip_export;

/* settings and rib are borrowed. 0 or ERR_NOMEM. */
int trip_export_new(const struct trip_settings *settings, struct trip_rib *rib,
		    struct log *log, struct trip_export **out);
/* The rib may be gone already. NULL is accepted. */
void trip_export_free(struct trip_export *export);
/* Other settings, borrowed, in place of those of before: what their rows say is
 * announced, and no more. 0, or ERR_NOMEM: nothing is. */
int trip_export_set(struct trip_export *export,
		    const struct trip_settings *before,
		    const struct trip_settings *settings,
		    const struct snapshot *snapshot);
/* The same settings in another place. */
void trip_export_keep(struct trip_export *export,
		      const struct trip_settings *settings);
/* Announce and withdraw as the gateways are now. */
void trip_export_look(struct trip_export *export,
		      const struct snapshot *snapshot);

#endif
