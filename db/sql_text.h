/*
 * sql_text.h - a statement put together piece by piece; private to db/
 */
#ifndef DB_SQL_TEXT_H
#define DB_SQL_TEXT_H

#include <stddef.h>

struct sql_text {
	char *text; /* heap; NULL while nothing was added */
	size_t len, cap;
	int err; /* sticky: ERR_NOMEM */
};

void sql_add(struct sql_text *sql, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* " AND ", ", " and the like: nothing before the first of a list. */
void sql_sep(struct sql_text *sql, const char *separator, size_t i);
void sql_fini(struct sql_text *sql);

#endif
