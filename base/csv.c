/*
 * csv.c - CSV files by header name, over libcsv
 *
 * libcsv is fed one physical line at a time, so that a row ends with the line
 * that was fed last: this gives the rows their line numbers, bounds them and
 * lets a callback end the reading, none of which libcsv does itself.
 */
#include "base/csv.h"

#include <csv.h>
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define READ_CHUNK 65536
#define FIELD_STEP 1024 /* libcsv's field buffer grows by this */

/* A row under way: its fields lie one behind the other in bytes. */
struct row_text {
	char *bytes;
	size_t len, cap;
	size_t end[CSV_MAX_COLUMNS]; /* where field i ends in bytes */
	size_t n;
};

struct reader {
	struct csv_parser parser;
	csv_row_fn *fn;
	void *arg;
	struct csv_error *error;
	struct csv_row row;     /* what the callback sees */
	struct row_text fields; /* of the row under way */
	struct row_text names;  /* of the header; columns points into it */
	struct str columns[CSV_MAX_COLUMNS];
	struct str values[CSV_MAX_COLUMNS];
	size_t line;    /* of the next octet */
	size_t row_len; /* octets of the row under way */
	bool started;   /* the first octets were looked at */
	bool in_row;    /* a row is under way */
	bool after_cr;  /* the octet before was a CR */
	int err;        /* sticky: what ended the reading */
};

/* "FILE: ..." or "FILE:LINE: ..." into the caller's error; gives err back. */
static int __attribute__((format(printf, 4, 5)))
fail(struct reader *reader, int err, size_t line, const char *format, ...)
{
	char *text = reader->error->text;
	size_t cap = sizeof(reader->error->text);
	va_list args;
	int n;

	if (line > 0)
		n = snprintf(text, cap, "%.200s:%zu: ", reader->row.file, line);
	else
		n = snprintf(text, cap, "%.200s: ", reader->row.file);
	va_start(args, format);
	vsnprintf(text + n, cap - (size_t)n, format, args);
	va_end(args);
	reader->err = err;
	return err;
}

static int
fail_nomem(struct reader *reader)
{
	return fail(reader, ERR_NOMEM, 0, "out of memory");
}

/* Copy a field behind the others: 0, ERR_LIMIT or ERR_NOMEM. */
static int
append_field(struct row_text *text, const void *bytes, size_t len)
{
	if (text->n == CSV_MAX_COLUMNS)
		return ERR_LIMIT;
	if (text->cap - text->len < len) {
		size_t cap = (text->len + len) * 2;
		char *grown = mem_realloc(text->bytes, cap);

		if (grown == NULL)
			return ERR_NOMEM;
		text->bytes = grown;
		text->cap = cap;
	}
	if (len > 0)
		memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->end[text->n++] = text->len;
	return 0;
}

static void
split_fields(const struct row_text *text, struct str *out)
{
	size_t from = 0;

	for (size_t i = 0; i < text->n; i++) {
		out[i] = str_make(text->len > 0 ? text->bytes + from : "",
				  text->end[i] - from);
		from = text->end[i];
	}
}

static void
on_field(void *field, size_t len, void *arg)
{
	struct reader *reader = arg;
	int err;

	if (reader->err != 0)
		return;
	err = append_field(&reader->fields, field, len);
	if (err == ERR_LIMIT)
		fail(reader, err, reader->row.line,
		     "the row has over %d fields, expected at most %d",
		     CSV_MAX_COLUMNS, CSV_MAX_COLUMNS);
	else if (err != 0)
		fail_nomem(reader);
}

/* Two columns of one name would leave it open which of them counts. */
static int
check_names(struct reader *reader)
{
	for (size_t i = 1; i < reader->row.n_columns; i++) {
		for (size_t k = 0; k < i; k++) {
			struct str name = reader->columns[i];

			if (name.len > 0 && str_eq(name, reader->columns[k]))
				return fail(
				    reader, ERR_SYNTAX, reader->row.line,
				    "column %.*s is there twice, "
				    "expected once",
				    (int)(name.len < 80 ? name.len : 80),
				    name.p);
		}
	}
	return 0;
}

/* The first row becomes the column names. */
static int
take_header(struct reader *reader)
{
	reader->names = reader->fields;
	memset(&reader->fields, 0, sizeof(reader->fields));
	split_fields(&reader->names, reader->columns);
	for (size_t i = 0; i < reader->names.n; i++)
		reader->columns[i] = str_trim(reader->columns[i]);
	reader->row.columns = reader->columns;
	reader->row.n_columns = reader->names.n;
	reader->row.fields = reader->columns;
	reader->row.n_fields = reader->names.n;
	return check_names(reader);
}

static void
on_row(int end, void *arg)
{
	struct reader *reader = arg;

	(void)end;
	reader->in_row = false;
	if (reader->err != 0)
		return;
	if (reader->row.n_columns == 0) {
		if (take_header(reader) != 0)
			return;
	} else {
		split_fields(&reader->fields, reader->values);
		reader->row.fields = reader->values;
		reader->row.n_fields = reader->fields.n;
	}
	reader->err = reader->fn(reader->arg, &reader->row);
	reader->fields.n = 0;
	reader->fields.len = 0;
}

/* Spaces belong to the fields (RFC 4180, 2.4); libcsv would cut them off. */
static int
is_never_space(unsigned char c)
{
	(void)c;
	return 0;
}

static int
reader_init(struct reader *reader, const char *name, csv_row_fn *fn, void *arg,
	    struct csv_error *error)
{
	memset(reader, 0, sizeof(*reader));
	error->text[0] = '\0';
	reader->fn = fn;
	reader->arg = arg;
	reader->error = error;
	reader->row.file = name;
	reader->line = 1;
	if (csv_init(&reader->parser, CSV_STRICT | CSV_STRICT_FINI) != 0)
		return fail_nomem(reader);
	csv_set_realloc_func(&reader->parser, mem_realloc);
	csv_set_free_func(&reader->parser, mem_free);
	csv_set_blk_size(&reader->parser, FIELD_STEP);
	csv_set_space_func(&reader->parser, is_never_space);
	return 0;
}

static void
reader_fini(struct reader *reader)
{
	csv_free(&reader->parser);
	mem_free(reader->fields.bytes);
	mem_free(reader->names.bytes);
}

/* The separator the header row uses, looking outside quotes. */
static unsigned char
detect_separator(const char *p, size_t n)
{
	bool quoted = false, semicolon = false, begun = false;

	for (size_t i = 0; i < n; i++) {
		if (p[i] == '"')
			quoted = !quoted;
		else if (!quoted && p[i] == ',')
			return ',';
		else if (!quoted && p[i] == ';')
			semicolon = true;
		else if (!quoted && begun && (p[i] == '\n' || p[i] == '\r'))
			break;
		begun = begun || (p[i] != '\n' && p[i] != '\r');
	}
	return semicolon ? ';' : ',';
}

/* Up to and with the first CR or LF, or all. */
static size_t
line_len(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] != '\n' && p[i] != '\r')
		i++;
	return i < n ? i + 1 : n;
}

static int
parse_error(struct reader *reader)
{
	if (csv_error(&reader->parser) != CSV_EPARSE)
		return fail_nomem(reader);
	return fail(reader, ERR_SYNTAX, reader->row.line,
		    "a quote within a field, expected such a field in quotes "
		    "and its quotes doubled");
}

/* Feed one line or a part of it, its end included. */
static int
feed_line(struct reader *reader, const char *p, size_t n)
{
	if (!reader->in_row) {
		reader->in_row = true;
		reader->row_len = 0;
		reader->row.line = reader->line;
	}
	reader->row_len += n;
	if (reader->row_len > CSV_MAX_ROW)
		return fail(reader, ERR_LIMIT, reader->row.line,
			    "the row has over %d bytes, expected at most %d "
			    "(is a quote left open?)",
			    CSV_MAX_ROW, CSV_MAX_ROW);
	if (memchr(p, '\0', n) != NULL)
		return fail(reader, ERR_SYNTAX, reader->line,
			    "a NUL octet, expected text");
	if (csv_parse(&reader->parser, p, n, on_field, on_row, reader) != n)
		return parse_error(reader);
	return reader->err;
}

/* Lines end with LF, CR LF or CR; a CR LF that arrives as two is one. */
static void
count_line(struct reader *reader, char last)
{
	if (last == '\r' || (last == '\n' && !reader->after_cr))
		reader->line++;
	reader->after_cr = last == '\r';
}

static int
feed(struct reader *reader, const char *p, size_t n)
{
	if (!reader->started && n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0) {
		p += 3;
		n -= 3;
	}
	if (!reader->started)
		csv_set_delim(&reader->parser, detect_separator(p, n));
	reader->started = true;
	while (n > 0) {
		size_t len = line_len(p, n);
		bool blank = len == 1 && (*p == '\n' || *p == '\r');

		if ((reader->in_row || !blank) &&
		    feed_line(reader, p, len) != 0)
			return reader->err;
		if (len > 1)
			reader->after_cr = false;
		count_line(reader, p[len - 1]);
		p += len;
		n -= len;
	}
	return 0;
}

static int
finish(struct reader *reader)
{
	if (csv_fini(&reader->parser, on_field, on_row, reader) != 0)
		return fail(reader, ERR_SYNTAX, reader->row.line,
			    "a quote is left open, expected it closed before "
			    "the end of the file");
	if (reader->err == 0 && reader->row.n_columns == 0)
		return fail(
		    reader, ERR_SYNTAX, 0,
		    "the file is empty, expected a row of column names");
	return reader->err;
}

static int
feed_file(struct reader *reader, FILE *file, char *chunk)
{
	size_t n;

	do {
		n = fread(chunk, 1, READ_CHUNK, file);
		if (n > 0 && feed(reader, chunk, n) != 0)
			return reader->err;
	} while (n == READ_CHUNK);
	if (ferror(file))
		return fail(reader, ERR_IO, 0, "cannot be read: %s",
			    strerror(errno));
	return finish(reader);
}

static int
read_stream(FILE *file, const char *name, csv_row_fn *fn, void *arg,
	    struct csv_error *error)
{
	struct reader reader;
	char *chunk = NULL;
	int err = reader_init(&reader, name, fn, arg, error);

	if (err == 0) {
		chunk = mem_alloc(READ_CHUNK);
		err = chunk == NULL ? fail_nomem(&reader)
				    : feed_file(&reader, file, chunk);
	}
	mem_free(chunk);
	reader_fini(&reader);
	return err;
}

int
csv_read_file(const char *path, csv_row_fn *fn, void *arg,
	      struct csv_error *error)
{
	FILE *file;
	int err;

	if (strcmp(path, "-") == 0)
		return read_stream(stdin, "stdin", fn, arg, error);
	file = fopen(path, "re");
	if (file == NULL) {
		snprintf(error->text, sizeof(error->text),
			 "%.200s: cannot be opened: %s", path, strerror(errno));
		return ERR_IO;
	}
	err = read_stream(file, path, fn, arg, error);
	fclose(file);
	return err;
}

int
csv_read_text(const char *name, struct str text, csv_row_fn *fn, void *arg,
	      struct csv_error *error)
{
	struct reader reader;
	int err = reader_init(&reader, name, fn, arg, error);

	if (err == 0)
		err = feed(&reader, text.p, text.len);
	if (err == 0)
		err = finish(&reader);
	reader_fini(&reader);
	return err;
}

int
csv_row_error(const struct csv_row *row, struct csv_error *error,
	      const char *column, const char *format, ...)
{
	size_t cap = sizeof(error->text);
	va_list args;
	int n;

	n = snprintf(error->text, cap, "%.200s:%zu: %.80s%s", row->file,
		     row->line, column != NULL ? column : "",
		     column != NULL ? ": " : "");
	va_start(args, format);
	vsnprintf(error->text + n, cap - (size_t)n, format, args);
	va_end(args);
	return ERR_SYNTAX;
}

static bool
needs_quotes(struct str field)
{
	for (size_t i = 0; i < field.len; i++) {
		if (memchr(",\"\r\n", field.p[i], 4) != NULL)
			return true;
	}
	return false;
}

void
csv_write_field(FILE *file, bool first, struct str field)
{
	if (!first)
		fputc(',', file);
	if (needs_quotes(field))
		csv_fwrite(file, field.p, field.len);
	else if (field.len > 0)
		fwrite(field.p, 1, field.len, file);
}

void
csv_write_end(FILE *file)
{
	fputc('\n', file);
}
