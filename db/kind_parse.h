/*
 * kind_parse.h - the parsers behind kind_parse; private to db/kind_*.c
 */
#ifndef DB_KIND_PARSE_H
#define DB_KIND_PARSE_H

#include "db/kind_table.h"

/* text is trimmed and, but for texts and prefixes, not empty. */
typedef int kind_parse_fn(struct kind_row *row, size_t i, struct str text);

/* `"value", expected WHAT` of column i: returns ERR_SYNTAX. */
int kind_row_refuse(struct kind_row *row, size_t i, const char *expected);
/* values[i] becomes a copy of text in the row's arena: 0 or ERR_NOMEM. */
int kind_row_keep(struct kind_row *row, size_t i, const char *text);

kind_parse_fn kind_parse_prefix, kind_parse_digits, kind_parse_dial,
    kind_parse_band, kind_parse_uri, kind_parse_net, kind_parse_currency,
    kind_parse_hex, kind_parse_codes, kind_parse_contact, kind_parse_media,
    kind_parse_domain;

#endif
