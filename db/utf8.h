/*
 * utf8.h - text that a database accepts
 *
 * What comes from the network may hold any octets; PostgreSQL refuses texts
 * that are not UTF-8 or hold NUL, and a refused call record would be a lost
 * one. So everything that goes into a store is cleaned here, for SQLite too.
 */
#ifndef DB_UTF8_H
#define DB_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Bytes that utf8_clean may write for len octets, with the NUL. */
#define UTF8_CLEAN_MAX(len) (3 * (len) + 1)

/* Whether text is UTF-8 (RFC 3629) without NUL. */
bool utf8_is_clean(struct str text);
/* Copy with each octet that does not belong there replaced by U+FFFD, and a
 * NUL behind it; returns the length. */
size_t utf8_clean(struct str text, char *out);

#endif
