/*
 * show.h - messages, routes and peers as JSON objects, and those as text
 *
 * For tripspeak, lcrctl and tests: one object per thing, stable keys.
 */
#ifndef TRIP_SHOW_H
#define TRIP_SHOW_H

#include <jansson.h>

#include "trip/speaker.h"

/* All return an object that is yours (json_decref), or NULL without memory. */

/* {family, protocol, prefix} and the attributes of a route: next_hop,
 * next_hop_itad, path, routed_path, preference, med, communities ... and
 * unknown, of a set. */
json_t *trip_show_view(const struct trip_view *view);
/* State, timers and counters of a peer. */
json_t *trip_show_peer(const struct trip_peer_info *info);
/*
 * One whole message, whatever it is: {type, length, ...}. UPDATEs are read as
 * from an internal peer when they are encapsulated. What is wrong with it is
 * in error: {code, subcode, text, data}.
 */
json_t *trip_show_message(const uint8_t *msg, size_t len,
			  const struct trip_update_context *context);
/* "key=value key=value": lists with commas, objects flattened; out gets a NUL
 * and is cut where it is full. */
void trip_show_text(const json_t *object, char *out, size_t cap);

#endif
