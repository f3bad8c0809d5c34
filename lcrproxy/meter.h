/*
 * meter.h - who sends too many new requests, and is not listened to for a while
 *
 * One table per worker, of fixed size. A source may send so many requests per
 * second, and as many at once; one more, and it is met with silence: a second
 * at first, twice as long each time it comes back too soon. Sources that have
 * been quiet longest make room for new ones.
 */
#ifndef LCRPROXY_METER_H
#define LCRPROXY_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"

#define METER_SILENCE_MS 1000	   /* the first one */
#define METER_SILENCE_MAX_MS 64000 /* the longest; forgiven after as long */

struct meter;

enum meter_verdict {
	METER_PASS,
	METER_SILENCED, /* from now on: worth a line in the log */
	METER_DROP,
};

/* 0 or ERR_NOMEM; yours to free. key is borrowed. */
int meter_new(const struct hash_key *key, struct meter **out);
void meter_free(struct meter *meter);
/* A request of a source (its addr_host; the port is nobody's) that may send rate
 * per second, at least 1; now_ms of a monotonic clock. */
enum meter_verdict meter_take(struct meter *meter, const struct addr *source,
			      uint32_t rate, int64_t now_ms);
/* Whether any source may be silent now: cheap. */
bool meter_has_silent(const struct meter *meter, int64_t now_ms);
/* Whether this one is. Nothing is counted. */
bool meter_is_silent(const struct meter *meter, const struct addr *source,
		     int64_t now_ms);

#endif
