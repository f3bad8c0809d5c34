/*
 * ruri.h - the Request-URI that a gateway gets
 */
#ifndef LCRPROXY_RURI_H
#define LCRPROXY_RURI_H

#include "lcrproxy/call.h"

#define RURI_USER_MAX 128 /* an escaped prefix, digits, npdi and rn */

/* Always from the number as normalised, in the worker's arena; p == NULL when
 * out of memory. */
struct str ruri_make(const struct call *call, const struct gateway *gateway);
/* The same with the user part written already. says_udp: the URI alone has to
 * say where it leads, so it names UDP too, where the gateway does. */
struct str ruri_of_user(struct arena *arena, const struct gateway *gateway,
			const char *user, bool says_udp);

#endif
