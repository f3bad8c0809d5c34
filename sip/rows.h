/*
 * rows.h - where a header row ends, and which octets may be in it
 *
 * A row is a header with its folded lines (RFC 3261 7.3.1). Lines end with
 * CRLF and with nothing else.
 */
#ifndef SIP_ROWS_H
#define SIP_ROWS_H

#include <stdbool.h>

#include "base/str.h"

/*
 * The CRLF that ends the row which p is in; NULL when there is none before
 * end. *odd is set when there are control characters besides HT and folds, and
 * left alone otherwise.
 */
const char *sip_row_end(const char *p, const char *end, bool *odd);
/* Whether all control characters of a row (without its CRLF) are HT, folds, or
 * quoted-pairs, which may hold any but CR and LF (25.1). */
bool sip_row_controls_are_quoted(struct str row);
/* Empty lines before the start line are ignored (7.5). */
struct str sip_skip_empty_lines(struct str data);
/* The value in a row (without its CRLF), which begins behind its colon. */
struct str sip_row_value(struct str row, size_t colon);

#endif
