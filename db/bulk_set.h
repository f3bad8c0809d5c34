/*
 * bulk_set.h - what a merge makes of a column of a row that is there; private to
 * db/
 */
#ifndef DB_BULK_SET_H
#define DB_BULK_SET_H

#include "db/bulk.h"
#include "db/sql_text.h"

/* For ON CONFLICT DO UPDATE SET in this table, quoted; number is the column's
 * parameter, from 1 on. */
void bulk_set_sqlite(struct sql_text *sql, const struct bulk_column *column,
		     const char *table, size_t number);
/* For UPDATE SET, of the row t by the new row s. */
void bulk_set_pg(struct sql_text *sql, const struct bulk_column *column);

#endif
