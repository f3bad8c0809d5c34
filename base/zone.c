/*
 * zone.c - IANA time zones over GLib
 *
 * GLib is asked once, when a zone is made: all changes of the offset go into
 * a sorted array that nothing alters afterwards, so lookups need no lock.
 */
#include "base/zone.h"

#include <ctype.h>
#include <glib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define ZONE_DIR "/usr/share/zoneinfo" /* GLib's, when TZDIR is not set */
#define DAY_S INT64_C(86400)
#define FROM_S INT64_C(0)           /* 1970-01-01 */
#define UNTIL_S INT64_C(4133980800) /* 2101-01-01 */
#define OFFSET_MAX_S (26 * 3600)    /* POSIX allows -24:59:59..24:59:59 */

struct change {
	time_us at;
	int32_t offset_s; /* from then on */
};

struct zone {
	int32_t first_offset_s; /* before the first change */
	struct change *changes;
	size_t n, cap;
};

/* GLib also takes offsets, POSIX rules and any path, and complains aloud
 * about a file that is no zone: only names of zone files get there. */
static bool
is_zone_name(const char *name)
{
	if (!isalpha((unsigned char)name[0]))
		return false;
	for (const char *p = name; *p != '\0'; p++) {
		if (!isalnum((unsigned char)*p) && strchr("_+-/", *p) == NULL)
			return false;
	}
	return true;
}

static bool
has_zone_file(const char *name)
{
	const char *dir = getenv("TZDIR");
	char path[512], magic[4] = "";
	FILE *file;
	int n;

	n = snprintf(path, sizeof(path), "%s/%s", dir != NULL ? dir : ZONE_DIR,
		     name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return false;
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	n = (int)fread(magic, 1, sizeof(magic), file);
	fclose(file);
	return n == 4 && memcmp(magic, "TZif", 4) == 0;
}

static int
interval_at(GTimeZone *tz, int64_t second)
{
	return g_time_zone_find_interval(tz, G_TIME_TYPE_UNIVERSAL, second);
}

/* The first second after from of the next interval, which begins by until. */
static int64_t
interval_end(GTimeZone *tz, int64_t from, int64_t until)
{
	int interval = interval_at(tz, from);

	while (until - from > 1) {
		int64_t middle = from + (until - from) / 2;

		if (interval_at(tz, middle) == interval)
			from = middle;
		else
			until = middle;
	}
	return until;
}

static int
add_change(struct zone *zone, int64_t second, int32_t offset_s)
{
	void *changes = zone->changes;

	if (mem_grow(&changes, &zone->cap, zone->n, sizeof(*zone->changes)) !=
	    0)
		return ERR_NOMEM;
	zone->changes = changes;
	zone->changes[zone->n++] =
	    (struct change){ second * US_PER_S, offset_s };
	return 0;
}

/* GLib 2.74 takes a daylight offset of 0 in a rule for one that is not given
 * and makes it an hour more than standard: Europe/Dublin's winters from 2038
 * on. Greenwich Mean Time is 0 by its name. (The winter before, which comes
 * from the zone file, still ends two hours early.) */
static int32_t
offset_in(GTimeZone *tz, int interval)
{
	if (strcmp(g_time_zone_get_abbreviation(tz, interval), "GMT") == 0)
		return 0;
	return g_time_zone_get_offset(tz, interval);
}

/* Intervals that differ in the name only are one to us. */
static int
add_changes(struct zone *zone, GTimeZone *tz)
{
	int last = interval_at(tz, UNTIL_S), interval = interval_at(tz, FROM_S);
	int64_t begins = FROM_S;
	int32_t offset_s = offset_in(tz, interval);

	zone->first_offset_s = offset_s;
	while (interval != last) {
		/* By this much GLib misplaced the end as well. */
		int32_t wrong_s =
		    g_time_zone_get_offset(tz, interval) - offset_s;
		int32_t next_s;

		begins = interval_end(tz, begins, UNTIL_S);
		interval = interval_at(tz, begins);
		next_s = offset_in(tz, interval);
		if (next_s != offset_s &&
		    add_change(zone, begins + wrong_s, next_s) != 0)
			return ERR_NOMEM;
		offset_s = next_s;
	}
	return 0;
}

int
zone_new(const char *name, struct zone **out)
{
	struct zone *zone;
	GTimeZone *tz;
	int err;

	if (name[0] == '\0')
		name = "UTC";
	if (strcmp(name, "UTC") != 0 &&
	    (!is_zone_name(name) || !has_zone_file(name)))
		return ERR_NOTFOUND;
	zone = mem_zalloc(1, sizeof(*zone));
	if (zone == NULL)
		return ERR_NOMEM;
	tz = g_time_zone_new_identifier(name);
	err = tz == NULL ? ERR_NOTFOUND : add_changes(zone, tz);
	if (tz != NULL)
		g_time_zone_unref(tz);
	if (err != 0) {
		zone_free(zone);
		return err;
	}
	*out = zone;
	return 0;
}

void
zone_free(struct zone *zone)
{
	if (zone == NULL)
		return;
	mem_free(zone->changes);
	mem_free(zone);
}

/* How many changes have happened by t: the next one is at that index. */
static size_t
changes_by(const struct zone *zone, time_us t)
{
	size_t from = 0, until = zone->n;

	while (from < until) {
		size_t middle = from + (until - from) / 2;

		if (zone->changes[middle].at <= t)
			from = middle + 1;
		else
			until = middle;
	}
	return from;
}

/* The offset after the first n changes. */
static int32_t
offset_after(const struct zone *zone, size_t n)
{
	return n == 0 ? zone->first_offset_s : zone->changes[n - 1].offset_s;
}

int32_t
zone_offset_s(const struct zone *zone, time_us t)
{
	return zone == NULL ? 0 : offset_after(zone, changes_by(zone, t));
}

time_us
zone_next_change(const struct zone *zone, time_us t)
{
	size_t n;

	if (zone == NULL)
		return INT64_MAX;
	n = changes_by(zone, t);
	return n < zone->n ? zone->changes[n].at : INT64_MAX;
}

time_us
zone_instant(const struct zone *zone, int64_t local_days,
	     int64_t local_second_of_day)
{
	time_us local = (local_days * DAY_S + local_second_of_day) * US_PER_S;
	size_t n;

	if (zone == NULL)
		return local;
	/* Begin where the local time cannot have been reached yet. */
	n = changes_by(zone, local - OFFSET_MAX_S * US_PER_S);
	for (;; n++) {
		time_us t = local - offset_after(zone, n) * US_PER_S;

		if (n > 0 && t < zone->changes[n - 1].at)
			return zone->changes[n - 1].at; /* skipped */
		if (n == zone->n || t < zone->changes[n].at)
			return t;
	}
}

void
zone_local(const struct zone *zone, time_us t, int64_t *days,
	   int32_t *second_of_day)
{
	int64_t seconds = t / US_PER_S - (t % US_PER_S < 0);

	seconds += zone_offset_s(zone, t);
	*days = seconds / DAY_S - (seconds % DAY_S < 0);
	*second_of_day = (int32_t)(seconds - *days * DAY_S);
}
