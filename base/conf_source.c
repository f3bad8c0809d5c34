/* conf_source.c - the whole text of a configuration, ready for libconfig */
#include "base/conf_source.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/conf.h"
#include "base/err.h"

#define READ_STEP 16384

/* One file on its way into the text. */
struct input {
	struct conf_source *source;
	const char *name;
	const char *p, *end; /* what is still to be taken */
	int line;            /* of p */
	int depth;           /* files that include this one */
	bool is_file;        /* may include others */
	bool at_line_start;  /* only blanks since the last newline */
};

/* Turns conf_error()'s result into ours: a line was added, or no memory. */
static int
refused(int err)
{
	return err == ERR_NOMEM ? ERR_NOMEM : ERR_SYNTAX;
}

static int
add_segment(struct conf_source *source, const char *file, int line)
{
	void *segments = source->segments;
	char *copy;

	if (mem_grow(&segments, &source->segments_cap, source->n_segments,
		     sizeof(*source->segments)) != 0)
		return ERR_NOMEM;
	source->segments = segments;
	copy = mem_strdup(file);
	if (copy == NULL)
		return ERR_NOMEM;
	source->segments[source->n_segments++] =
	    (struct conf_segment){ source->line, copy, line };
	return 0;
}

/* Add octets to the text and keep it terminated: 0, ERR_LIMIT, ERR_NOMEM. */
static int
append(struct conf_source *source, const char *p, size_t n)
{
	if (n > CONF_SOURCE_MAX - source->len)
		return ERR_LIMIT;
	if (source->cap - source->len <= n) {
		size_t cap = (source->len + n) * 2 + 1;
		char *grown = mem_realloc(source->text, cap);

		if (grown == NULL)
			return ERR_NOMEM;
		source->text = grown;
		source->cap = cap;
	}
	memcpy(source->text + source->len, p, n);
	source->len += n;
	source->text[source->len] = '\0';
	for (size_t i = 0; i < n; i++)
		source->line += p[i] == '\n';
	return 0;
}

/* The same, with the limit as an error of the input's line. */
static int
add(struct input *in, const char *p, size_t n)
{
	int err = append(in->source, p, n);

	if (err != ERR_LIMIT)
		return err;
	return refused(conf_error(in->source->errors, in->name, in->line,
				  "the configuration is over %d bytes, "
				  "expected at most that",
				  CONF_SOURCE_MAX));
}

/* Take the next n octets into the text as they are. */
static int
take(struct input *in, size_t n)
{
	int err = add(in, in->p, n);

	for (size_t i = 0; i < n; i++)
		in->line += in->p[i] == '\n';
	in->p += n;
	return err;
}

static bool
starts(const struct input *in, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(in->end - in->p) >= n && memcmp(in->p, with, n) == 0;
}

/* Take a text in quotes with its escapes. */
static int
take_text(struct input *in)
{
	const char *q = in->p + 1;

	while (q < in->end && *q != '"')
		q += *q == '\\' && q + 1 < in->end ? 2 : 1;
	if (q == in->end)
		return refused(conf_error(in->source->errors, in->name,
					  in->line,
					  "a text is left open, expected a "
					  "closing quote"));
	return take(in, (size_t)(q - in->p) + 1);
}

static int
take_line_comment(struct input *in)
{
	const char *q = memchr(in->p, '\n', (size_t)(in->end - in->p));

	return take(in, (size_t)((q != NULL ? q : in->end) - in->p));
}

static int
take_block_comment(struct input *in)
{
	size_t left = (size_t)(in->end - in->p);
	const char *q = memmem(in->p + 2, left - 2, "*/", 2);

	if (q == NULL)
		return refused(conf_error(in->source->errors, in->name,
					  in->line,
					  "a comment is left open, expected "
					  "*/ behind it"));
	return take(in, (size_t)(q - in->p) + 2);
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '*';
}

static int
take_name(struct input *in)
{
	size_t n = 1;

	while (in->p + n < in->end && is_name_char(in->p[n]))
		n++;
	return take(in, n);
}

static bool
is_number(const struct input *in)
{
	bool sign = *in->p == '-' || *in->p == '+';

	return in->p + sign < in->end && isdigit((unsigned char)in->p[sign]);
}

/* Take a number; a whole one that libconfig would cut to 32 bits gets its
 * suffix. Anything else behind the digits is left to libconfig. */
static int
take_number(struct input *in)
{
	size_t n = *in->p == '-' || *in->p == '+', digits;
	bool hex = starts(in, "0x") || starts(in, "0X");
	bool wide, plain;
	char *end;
	long long value;
	int err;

	n += hex ? 2 : 0;
	digits = n;
	while (in->p + n < in->end && (hex ? isxdigit((unsigned char)in->p[n])
					   : isdigit((unsigned char)in->p[n])))
		n++;
	plain = n > digits &&
		(in->p + n == in->end || strchr("Ll.eE", in->p[n]) == NULL);
	if (!plain && !(in->p + n < in->end && in->p[n] == 'L'))
		return take(in, n);
	errno = 0;
	value = strtoll(in->p, &end, hex ? 16 : 10);
	if (errno == ERANGE)
		return refused(conf_error(
		    in->source->errors, in->name, in->line,
		    "%.*s is a number over 64 bits, "
		    "expected %lld..%lld",
		    (int)n, in->p, (long long)INT64_MIN, (long long)INT64_MAX));
	wide = value < INT32_MIN || value > INT32_MAX;
	err = take(in, n);
	return err == 0 && plain && wide ? add(in, "L", 1) : err;
}

static int take_all(struct input *in);

/* The text of a file, terminated: 0, ERR_IO with errno, ERR_LIMIT, ERR_NOMEM;
 * *out is yours to free. */
static int
slurp(FILE *file, char **out, size_t *len)
{
	char *text = NULL;
	size_t n = 0, got = READ_STEP;

	while (got == READ_STEP) {
		char *grown = mem_realloc(text, n + READ_STEP + 1);

		if (grown == NULL || n > CONF_SOURCE_MAX) {
			mem_free(grown == NULL ? text : grown);
			return grown == NULL ? ERR_NOMEM : ERR_LIMIT;
		}
		text = grown;
		got = fread(text + n, 1, READ_STEP, file);
		n += got;
	}
	if (ferror(file)) {
		mem_free(text);
		return ERR_IO;
	}
	text[n] = '\0';
	*out = text;
	*len = n;
	return 0;
}

static int
open_and_slurp(const char *name, char **out, size_t *len)
{
	FILE *file = fopen(name, "re");
	int err, cause;

	if (file == NULL)
		return ERR_IO;
	err = slurp(file, out, len);
	cause = errno;
	fclose(file);
	errno = cause;
	return err;
}

/* Why `name` could not be read, as an error of the line that wanted it. */
static int
refuse_file(struct conf_errors *errors, const char *wanted_by, int line,
	    const char *name, int err)
{
	const char *why =
	    err == ERR_LIMIT ? "it is over 4 MB" : strerror(errno);
	int added;

	if (err == ERR_NOMEM)
		return err;
	if (wanted_by == NULL)
		added = conf_error(errors, name, 0, "cannot be read: %s", why);
	else
		added = conf_error(errors, wanted_by, line,
				   "%s cannot be included: %s", name, why);
	if (added == ERR_NOMEM)
		return ERR_NOMEM;
	return err == ERR_LIMIT ? ERR_SYNTAX : err;
}

/* The path of an included file: its own, or beside the file that names it. */
static char *
beside(const char *file, const char *name, size_t name_len)
{
	const char *slash = strrchr(file, '/');
	size_t dir_len = 0;
	char *path;

	if (slash != NULL && name_len > 0 && name[0] != '/')
		dir_len = (size_t)(slash - file) + 1;
	path = mem_alloc(dir_len + name_len + 1);
	if (path == NULL)
		return NULL;
	memcpy(path, file, dir_len);
	memcpy(path + dir_len, name, name_len);
	path[dir_len + name_len] = '\0';
	return path;
}

static int
include(struct input *in, const char *path)
{
	struct input inner = { .source = in->source,
			       .name = path,
			       .line = 1,
			       .depth = in->depth + 1,
			       .is_file = true,
			       .at_line_start = true };
	char *text = NULL;
	size_t len;
	int err = open_and_slurp(path, &text, &len);

	if (err != 0)
		return refused(refuse_file(in->source->errors, in->name,
					   in->line, path, err));
	inner.p = text;
	inner.end = text + len;
	err = take_all(&inner);
	mem_free(text);
	if (err == 0)
		err = add(in, "\n", 1);
	if (err == 0)
		err = add_segment(in->source, in->name, in->line);
	return err;
}

/* `@include "FILE"` at the beginning of a line. */
static int
take_include(struct input *in)
{
	struct conf_errors *errors = in->source->errors;
	const char *from = in->p + strlen("@include");
	const char *to;
	char *path;
	int err;

	while (from < in->end && (*from == ' ' || *from == '\t'))
		from++;
	to = from;
	while (to < in->end && *to != '\n' && (to == from || *to != '"'))
		to++;
	if (to == from || to == in->end || *from != '"' || *to != '"')
		return refused(conf_error(errors, in->name, in->line,
					  "@include names no file, expected "
					  "@include \"FILE\""));
	if (!in->is_file)
		return refused(conf_error(errors, in->name, in->line,
					  "@include is in a text, expected it "
					  "in files only"));
	if (in->depth == CONF_SOURCE_MAX_DEPTH)
		return refused(conf_error(
		    errors, in->name, in->line,
		    "@include is file %d within another, expected at most %d",
		    in->depth + 1, CONF_SOURCE_MAX_DEPTH));
	path = beside(in->name, from + 1, (size_t)(to - from) - 1);
	if (path == NULL)
		return ERR_NOMEM;
	err = include(in, path);
	mem_free(path);
	in->p = to + 1;
	return err;
}

static int
take_next(struct input *in)
{
	char c = *in->p;

	if (in->at_line_start && starts(in, "@include"))
		return take_include(in);
	if (c == '"')
		return take_text(in);
	if (c == '#' || starts(in, "//"))
		return take_line_comment(in);
	if (starts(in, "/*"))
		return take_block_comment(in);
	if (isalpha((unsigned char)c) || c == '*')
		return take_name(in);
	if (is_number(in))
		return take_number(in);
	return take(in, 1);
}

/* The input ends with a NUL, which strtoll relies on. */
static int
take_all(struct input *in)
{
	const char *nul = memchr(in->p, '\0', (size_t)(in->end - in->p));
	int err = add_segment(in->source, in->name, 1);

	if (err == 0 && nul != NULL)
		return refused(conf_error(in->source->errors, in->name, 0,
					  "a NUL octet at byte %td, expected "
					  "text",
					  nul - in->p));
	while (err == 0 && in->p < in->end) {
		char c = *in->p;

		err = take_next(in);
		if (c == '\n')
			in->at_line_start = true;
		else if (c != ' ' && c != '\t')
			in->at_line_start = false;
	}
	return err;
}

static int
source_init(struct conf_source *source, struct conf_errors *errors)
{
	memset(source, 0, sizeof(*source));
	source->line = 1;
	source->errors = errors;
	return append(source, "", 0);
}

int
conf_source_read_file(struct conf_source *source, const char *file,
		      struct conf_errors *errors)
{
	struct input in = { .source = source,
			    .name = file,
			    .line = 1,
			    .is_file = true,
			    .at_line_start = true };
	char *text = NULL;
	size_t len;
	int err = source_init(source, errors);

	if (err != 0)
		return err;
	err = open_and_slurp(file, &text, &len);
	if (err != 0)
		return refuse_file(errors, NULL, 0, file, err);
	in.p = text;
	in.end = text + len;
	err = take_all(&in);
	mem_free(text);
	return err;
}

int
conf_source_read_text(struct conf_source *source, const char *name,
		      const char *text, struct conf_errors *errors)
{
	struct input in = { .source = source,
			    .name = name,
			    .line = 1,
			    .p = text,
			    .end = text + strlen(text),
			    .at_line_start = true };
	int err = source_init(source, errors);

	return err != 0 ? err : take_all(&in);
}

void
conf_source_fini(struct conf_source *source)
{
	for (size_t i = 0; i < source->n_segments; i++)
		mem_free(source->segments[i].file);
	mem_free(source->segments);
	mem_free(source->text);
	memset(source, 0, sizeof(*source));
}

const char *
conf_source_where(const struct conf_source *source, int text_line, int *line)
{
	size_t at = source->n_segments;

	assert(at > 0);
	do {
		at--;
	} while (at > 0 && source->segments[at].first > text_line);
	*line = source->segments[at].line;
	if (text_line > source->segments[at].first)
		*line += text_line - source->segments[at].first;
	return source->segments[at].file;
}
