/* sql_text.c - a statement put together piece by piece */
#include "db/sql_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

static int
grow(struct sql_text *sql, size_t n)
{
	size_t cap = (sql->len + n) * 2;
	char *text = mem_realloc(sql->text, cap);

	if (text == NULL)
		return ERR_NOMEM;
	sql->text = text;
	sql->cap = cap;
	return 0;
}

void
sql_add(struct sql_text *sql, const char *format, ...)
{
	va_list args, again;
	int n;

	if (sql->err != 0)
		return;
	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	if (sql->cap - sql->len < (size_t)n + 1)
		sql->err = grow(sql, (size_t)n + 1);
	if (sql->err == 0)
		vsnprintf(sql->text + sql->len, (size_t)n + 1, format, again);
	if (sql->err == 0)
		sql->len += (size_t)n;
	va_end(again);
	va_end(args);
}

void
sql_sep(struct sql_text *sql, const char *separator, size_t i)
{
	if (i > 0)
		sql_add(sql, "%s", separator);
}

void
sql_fini(struct sql_text *sql)
{
	mem_free(sql->text);
	memset(sql, 0, sizeof(*sql));
}
