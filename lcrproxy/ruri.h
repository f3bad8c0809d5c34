/*
 * ruri.h - the Request-URI that a gateway gets
 */
#ifndef LCRPROXY_RURI_H
#define LCRPROXY_RURI_H

#include "lcrproxy/call.h"

/* Always from the number as normalised, in the worker's arena; p == NULL when
 * out of memory. */
struct str ruri_make(const struct call *call, const struct gateway *gateway);

#endif
