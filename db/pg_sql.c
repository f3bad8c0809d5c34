/* pg_sql.c - '?' to $1, $2 ... */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/alloc.h"
#include "db/pg.h"

#define PARAM_MAX 6 /* bytes of "$65535" */

/* Behind the closing quote of the literal that begins at p; backslashes
 * escape in E'...' only (standard_conforming_strings is on). */
static const char *
skip_quoted(const char *p, bool escapes)
{
	char quote = *p++;

	while (*p != '\0') {
		if (escapes && *p == '\\' && p[1] != '\0')
			p += 2;
		else if (*p++ == quote)
			break;
	}
	return p;
}

static const char *
skip_line(const char *p)
{
	return p + strcspn(p, "\n");
}

/* Block comments nest (PostgreSQL, 4.1.5). */
static const char *
skip_block(const char *p)
{
	unsigned depth = 1;

	p += 2;
	while (*p != '\0' && depth > 0) {
		if (p[0] == '/' && p[1] == '*') {
			depth++;
			p += 2;
		} else if (p[0] == '*' && p[1] == '/') {
			depth--;
			p += 2;
		} else {
			p++;
		}
	}
	return p;
}

/* $tag$ ... $tag$; a dollar that opens none is skipped alone. */
static const char *
skip_dollar(const char *p)
{
	size_t n = 1;
	const char *end;

	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	if (p[n] != '$' || isdigit((unsigned char)p[1]))
		return p + 1;
	n++;
	for (end = p + n; *end != '\0'; end++) {
		if (*end == '$' && strncmp(end, p, n) == 0)
			return end + n;
	}
	return end;
}

static bool
is_escape_string(const char *sql, const char *p)
{
	if (p == sql || (p[-1] != 'E' && p[-1] != 'e'))
		return false;
	return p - 1 == sql || !(isalnum((unsigned char)p[-2]) || p[-2] == '_');
}

/* Behind whatever at p may hold a '?' that is not a parameter; p when there
 * is nothing of the kind. */
static const char *
skip(const char *sql, const char *p)
{
	if (*p == '\'')
		return skip_quoted(p, is_escape_string(sql, p));
	if (*p == '"')
		return skip_quoted(p, false);
	if (*p == '-' && p[1] == '-')
		return skip_line(p);
	if (*p == '/' && p[1] == '*')
		return skip_block(p);
	if (*p == '$')
		return skip_dollar(p);
	return p;
}

static size_t
count_marks(const char *sql)
{
	size_t n = 0;

	for (const char *p = sql; *p != '\0'; p++)
		n += *p == '?';
	return n;
}

char *
pg_sql_number(const char *sql, size_t *n_params)
{
	size_t cap = strlen(sql) + count_marks(sql) * PARAM_MAX + 1;
	char *out = mem_alloc(cap), *w = out;

	*n_params = 0;
	if (out == NULL)
		return NULL;
	for (const char *p = sql; *p != '\0';) {
		const char *next = skip(sql, p);

		if (next != p) {
			memcpy(w, p, (size_t)(next - p));
			w += next - p;
			p = next;
		} else if (*p == '?') {
			w += snprintf(w, cap - (size_t)(w - out), "$%zu",
				      ++*n_params);
			p++;
		} else {
			*w++ = *p++;
		}
	}
	*w = '\0';
	return out;
}
