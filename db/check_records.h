/*
 * check_records.h - what no call record says that was not edited by hand;
 * private to db/
 */
#ifndef DB_CHECK_RECORDS_H
#define DB_CHECK_RECORDS_H

#include <stdio.h>

#include "db/store.h"

/* One line into out for each record of cdr and cdr_attempt that has a value its
 * column cannot have (the first one of it, some hundred records at most): "cdr 5:
 * hop is "-1", expected 0 to 255". *n counts them, besides what it had. 0, a store
 * error or ERR_NOMEM. */
int check_records(struct store *store, FILE *out, int *n);

#endif
