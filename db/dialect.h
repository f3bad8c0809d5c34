/*
 * dialect.h - one SQL text for both databases; private to db/
 *
 * Words in %...% stand for what the dialects write differently:
 * %ID% (the column definition of a primary key that is never given twice),
 * %INT%, %TEXT%, %TIME%, %MONEY%, %BOOL% (column types), %DURATION% (end_time
 * - answer_time in microseconds), %NO_TIME% (an instant before all others),
 * %MINUTE% (a difference of times).
 */
#ifndef DB_DIALECT_H
#define DB_DIALECT_H

#include "db/store.h"

/* Expand: 0 or ERR_NOMEM; *out is yours to free. A word that is not one of
 * the above is a broken promise. */
int dialect_expand(enum store_dialect dialect, const char *sql, char **out);
/* The column type of a value, e.g. "numeric(20,8)". */
const char *dialect_type(enum store_dialect dialect, enum store_type type);
/* dialect_expand and store_exec. */
int dialect_exec(struct store *store, const char *sql);

#endif
