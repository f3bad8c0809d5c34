/*
 * zone.h - IANA time zones without the process-wide TZ
 *
 * The only place that includes GLib, whose GTimeZone reads the system's zone
 * files and is safe in threads.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/clock.h"

struct zone; /* immutable, may be shared between threads */

/* An IANA name ("Europe/Berlin"), or "UTC" or "": 0, ERR_NOTFOUND (no such
 * zone on this system) or ERR_NOMEM. Yours to free. */
int zone_new(const char *name, struct zone **out);
void zone_free(struct zone *zone);
/* Seconds east of UTC in force at t. A NULL zone is UTC. */
int32_t zone_offset_s(const struct zone *zone, time_us t);
/* The instant after t at which the offset changes next, or INT64_MAX. Changes
 * are known from 1970 to the end of 2100; the offsets at both ends stay. */
time_us zone_next_change(const struct zone *zone, time_us t);
/*
 * The instant of a local wall time (00:00 of a date and so on). A time that
 * occurs twice gives the earlier instant; one that is skipped gives the
 * instant of the change.
 */
time_us zone_instant(const struct zone *zone, int64_t local_days,
		     int64_t local_second_of_day);
/* Local days since 1970-01-01 and second of that day at t. */
void zone_local(const struct zone *zone, time_us t, int64_t *days,
		int32_t *second_of_day);

#endif
