/*
 * store_url.c - which store a program works on
 *
 * The tools need one setting of a file whose other settings are the daemon's
 * business, so this goes through libconfig's tokens and no further.
 */
#include "db/store_url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "db/driver.h"

#define FILE_MAX (1 << 20) /* bytes of a configuration file */

struct scan {
	const char *p, *end;
	size_t line;
	unsigned depth; /* of groups, lists and arrays */
};

static void
step(struct scan *scan)
{
	if (*scan->p == '\n')
		scan->line++;
	scan->p++;
}

static bool
at(const struct scan *scan, const char *text)
{
	size_t len = strlen(text);

	return (size_t)(scan->end - scan->p) >= len &&
	       memcmp(scan->p, text, len) == 0;
}

static void
skip_until(struct scan *scan, const char *text)
{
	while (scan->p < scan->end && !at(scan, text))
		step(scan);
}

/* White space and comments: #, //, and C's. */
static void
skip_space(struct scan *scan)
{
	while (scan->p < scan->end) {
		if (at(scan, "#") || at(scan, "//")) {
			skip_until(scan, "\n");
		} else if (at(scan, "/*")) {
			skip_until(scan, "*/");
			if (scan->p < scan->end)
				scan->p += 2;
		} else if (isspace((unsigned char)*scan->p)) {
			step(scan);
		} else {
			return;
		}
	}
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One character of a string that is not its end, escapes resolved. */
static char
take_char(struct scan *scan)
{
	static const char letters[] = "nrtf\\\"", meant[] = "\n\r\t\f\\\"";
	const char *found;
	char c = *scan->p;

	step(scan);
	if (c != '\\' || scan->p == scan->end)
		return c;
	if (*scan->p == 'x' && scan->end - scan->p >= 3 &&
	    hex_value(scan->p[1]) >= 0 && hex_value(scan->p[2]) >= 0) {
		c = (char)(hex_value(scan->p[1]) * 16 + hex_value(scan->p[2]));
		scan->p += 3;
		return c;
	}
	found = *scan->p != '\0' ? strchr(letters, *scan->p) : NULL;
	if (found == NULL)
		return c;
	scan->p++;
	return meant[found - letters];
}

/* A string, with those that follow it put behind it; out has room for all
 * that is left. ERR_SYNTAX when there is none, or one is left open. */
static int
take_string(struct scan *scan, char *out)
{
	if (scan->p == scan->end || *scan->p != '"')
		return ERR_SYNTAX;
	while (scan->p < scan->end && *scan->p == '"') {
		step(scan);
		while (scan->p < scan->end && *scan->p != '"')
			*out++ = take_char(scan);
		if (scan->p == scan->end)
			return ERR_SYNTAX;
		step(scan);
		skip_space(scan);
	}
	*out = '\0';
	return 0;
}

static void
skip_string(struct scan *scan)
{
	step(scan);
	while (scan->p < scan->end && *scan->p != '"')
		take_char(scan);
	if (scan->p < scan->end)
		step(scan);
}

static struct str
take_word(struct scan *scan)
{
	const char *begin = scan->p;

	while (scan->p < scan->end && (isalnum((unsigned char)*scan->p) ||
				       strchr("_-*.+", *scan->p) != NULL))
		scan->p++;
	if (scan->p == begin)
		step(scan);
	return str_make(begin, (size_t)(scan->p - begin));
}

/* Go on to behind "store =" at the top level; false when there is none. */
static bool
find_setting(struct scan *scan)
{
	for (skip_space(scan); scan->p < scan->end; skip_space(scan)) {
		char c = *scan->p;
		struct str word;

		if (c == '"') {
			skip_string(scan);
			continue;
		}
		if (strchr("{([", c) != NULL)
			scan->depth++;
		else if (strchr("})]", c) != NULL && scan->depth > 0)
			scan->depth--;
		word = take_word(scan);
		if (scan->depth > 0 || !str_eq_text(word, "store"))
			continue;
		skip_space(scan);
		if (at(scan, "=") || at(scan, ":")) {
			scan->p++;
			skip_space(scan);
			return true;
		}
	}
	return false;
}

int
store_url_parse(const char *name, struct str text, char **out,
		char error[STORE_ERROR_MAX])
{
	struct scan scan = { text.p, text.p + text.len, 1, 0 };
	size_t line;

	*out = NULL;
	if (!find_setting(&scan))
		return 0;
	line = scan.line;
	*out = mem_alloc((size_t)(scan.end - scan.p) + 1);
	if (*out == NULL)
		return store_open_fail(error, ERR_NOMEM, "out of memory");
	if (take_string(&scan, *out) == 0)
		return 0;
	mem_free(*out);
	*out = NULL;
	return store_open_fail(error, ERR_SYNTAX,
			       "%.300s:%zu: store is not a text in quotes, "
			       "expected one like \"%s\"",
			       name, line, STORE_URL_DEFAULT);
}

static int
read_stream(FILE *file, const char *name, char **out,
	    char error[STORE_ERROR_MAX])
{
	char *text = mem_alloc(FILE_MAX);
	size_t len;
	int err;

	if (text == NULL)
		return store_open_fail(error, ERR_NOMEM, "out of memory");
	errno = 0;
	len = fread(text, 1, FILE_MAX, file);
	if (ferror(file))
		err = store_open_fail(error, ERR_IO, "%.300s: %s", name,
				      strerror(errno));
	else if (len == FILE_MAX)
		err = store_open_fail(error, ERR_IO,
				      "%.300s: over %d bytes, "
				      "expected a configuration file",
				      name, FILE_MAX);
	else
		err = store_url_parse(name, str_make(text, len), out, error);
	mem_free(text);
	return err;
}

static int
read_file(const char *name, char **out, char error[STORE_ERROR_MAX])
{
	FILE *file = fopen(name, "re");
	int err;

	if (file == NULL)
		return store_open_fail(error, ERR_IO, "%.300s: %s", name,
				       strerror(errno));
	err = read_stream(file, name, out, error);
	fclose(file);
	return err;
}

int
store_url_find(const char *given, const char *config, char **out,
	       char error[STORE_ERROR_MAX])
{
	const char *environment = getenv("LCR_STORE");
	int err = 0;

	*out = NULL;
	if (given == NULL && environment != NULL && environment[0] != '\0')
		given = environment;
	if (given == NULL && config != NULL)
		err = read_file(config, out, error);
	if (err != 0 || *out != NULL)
		return err;
	*out = mem_strdup(given != NULL ? given : STORE_URL_DEFAULT);
	return *out != NULL
		   ? 0
		   : store_open_fail(error, ERR_NOMEM, "out of memory");
}
