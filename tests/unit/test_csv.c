/* test_csv.c - rows by name, their lines, what is refused, what is written */
#include "base/csv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define STOPPED                                                       \
	(-77) /* what a callback of these tests ends the reading with \
	       */

/* What a reading gave: "1[a|b]2[1|2]"; and where to stop it. */
struct seen {
	char text[1024];
	size_t len;
	size_t n_rows;
	size_t stop_at; /* this line; 0: never */
};

static void
put(struct seen *seen, const char *p, size_t n)
{
	if (n > sizeof(seen->text) - 1 - seen->len)
		n = sizeof(seen->text) - 1 - seen->len;
	memcpy(seen->text + seen->len, p, n);
	seen->len += n;
	seen->text[seen->len] = '\0';
}

static int
see_row(void *arg, const struct csv_row *row)
{
	struct seen *seen = arg;
	char line[24];
	int n = snprintf(line, sizeof(line), "%zu[", row->line);

	put(seen, line, (size_t)n);
	for (size_t i = 0; i < row->n_fields; i++) {
		put(seen, "|", i > 0);
		put(seen, row->fields[i].p, row->fields[i].len);
	}
	put(seen, "]", 1);
	seen->n_rows++;
	CHECK((seen->n_rows == 1) == (row->fields == row->columns));
	return row->line == seen->stop_at ? STOPPED : 0;
}

static void
rows_come_with_their_lines(void)
{
	static const struct {
		const char *what, *text, *seen;
	} rows[] = {
		{ "plain", "a,b\n1,2\n3,4\n", "1[a|b]2[1|2]3[3|4]" },
		{ "no newline at the end", "a,b\n1,2", "1[a|b]2[1|2]" },
		{ "empty last field", "a,b\n1,", "1[a|b]2[1|]" },
		{ "CR LF", "a,b\r\n1,2\r\n3,4\r\n", "1[a|b]2[1|2]3[3|4]" },
		{ "CR", "a,b\r1,2\r3,4\r", "1[a|b]2[1|2]3[3|4]" },
		{ "CR, then LF", "a,b\r1,2\n3,4\n", "1[a|b]2[1|2]3[3|4]" },
		{ "byte order mark",
		  "\xEF\xBB\xBF"
		  "a,b\n1,2\n",
		  "1[a|b]2[1|2]" },
		{ "mark and quotes", "\xEF\xBB\xBF\"a\",b\n1,2\n",
		  "1[a|b]2[1|2]" },
		{ "header only", "a,b\n", "1[a|b]" },
		{ "semicolons", "a;b\n1,5;2\n", "1[a|b]2[1,5|2]" },
		{ "semicolon in a value", "a,b\n1;5,2\n", "1[a|b]2[1;5|2]" },
		{ "comma in a quoted name", "\"a,b\";c\n1;2\n",
		  "1[a,b|c]2[1|2]" },
		{ "semicolon in a quoted name", "\"a;b\"\n1;2\n",
		  "1[a;b]2[1;2]" },
		{ "separator behind a quoted newline", "\"a\nb\";c\n1;2\n",
		  "1[a\nb|c]3[1|2]" },
		{ "separator of a later row", "a\n1;2\n3,4\n",
		  "1[a]2[1;2]3[3|4]" },
		{ "quotes", "a,b\n\"1,5\",\"say \"\"hi\"\"\"\n",
		  "1[a|b]2[1,5|say \"hi\"]" },
		{ "quoted newlines", "a,b\n\"x\ny\",2\n3,\"z\n\n\"\n5,6\n",
		  "1[a|b]2[x\ny|2]4[3|z\n\n]7[5|6]" },
		{ "quoted CR LF", "a,b\r\n\"x\r\ny\",2\r\n3,4\r\n",
		  "1[a|b]2[x\r\ny|2]4[3|4]" },
		{ "blank lines", "\n\r\na,b\n\n\n1,2\n\r\n3,4\n\n",
		  "3[a|b]6[1|2]8[3|4]" },
		{ "spaces", " a , b\n 1 ,\t2 \n", "1[a|b]2[ 1 |\t2 ]" },
		{ "a row of spaces", "a,b\n \n1,2\n", "1[a|b]2[ ]3[1|2]" },
		{ "empty fields", "a,b,c\n,,\n\"\",x,\"\"\n",
		  "1[a|b|c]2[||]3[|x|]" },
		{ "too few and too many", "a,b\n1\n1,2,3\n",
		  "1[a|b]2[1]3[1|2|3]" },
		{ "columns without names", "a,,\n1,2,3\n", "1[a||]2[1|2|3]" },
		{ "not ASCII", "a\n\xC3\xBC,\xFF\n", "1[a]2[\xC3\xBC|\xFF]" },
	};
	struct csv_error error;

	for (size_t i = 0; i < N(rows); i++) {
		struct seen seen = { .len = 0 };

		test_row(rows[i].what);
		if (OK(csv_read_text("t.csv", str_of(rows[i].text), see_row,
				     &seen, &error)))
			CHECK(strcmp(seen.text, rows[i].seen) == 0);
	}
}

#define TEXT(literal)                          \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

static void
what_is_broken_is_refused(void)
{
	static const struct {
		struct str text;
		const char *seen, *error;
	} rows[] = {
		{ TEXT(""), "",
		  "t.csv: the file is empty, expected a row of column names" },
		{ TEXT("\xEF\xBB\xBF"), "",
		  "t.csv: the file is empty, expected a row of column names" },
		{ TEXT("\n\r\n"), "",
		  "t.csv: the file is empty, expected a row of column names" },
		{ TEXT("a,b\n1,\"2\n3,4\n"), "1[a|b]",
		  "t.csv:2: a quote is left open, expected it closed before "
		  "the end of the file" },
		{ TEXT("a,b\n\"x\ny\",1\n\n1,x\"y\n3,4\n"), "1[a|b]2[x\ny|1]",
		  "t.csv:5: a quote within a field, expected such a field in "
		  "quotes and its quotes doubled" },
		{ TEXT("a,b\n\"x\"y,2\n"), "1[a|b]",
		  "t.csv:2: a quote within a field, expected such a field in "
		  "quotes and its quotes doubled" },
		{ TEXT("a, \"b\"\n"), "",
		  "t.csv:1: a quote within a field, expected such a field in "
		  "quotes and its quotes doubled" },
		{ TEXT("a,b\n1,2\n3,\0004\n"), "1[a|b]2[1|2]",
		  "t.csv:3: a NUL octet, expected text" },
		{ TEXT("a,b\n1,\"2\n\000\"\n"), "1[a|b]",
		  "t.csv:3: a NUL octet, expected text" },
		{ TEXT("a,b, a\n1,2,3\n"), "",
		  "t.csv:1: column a is there twice, expected once" },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct seen seen = { .len = 0 };
		struct csv_error error;
		int err = csv_read_text("t.csv", rows[i].text, see_row, &seen,
					&error);

		test_row(rows[i].error);
		CHECK(err == ERR_SYNTAX);
		CHECK(strcmp(error.text, rows[i].error) == 0);
		CHECK(strcmp(seen.text, rows[i].seen) == 0);
	}
}

static void
no_memory_is_no_syntax_error(void)
{
	struct seen seen = { .len = 0 };
	struct csv_error error;
	int err = csv_read_text("t.csv", str_of("a,b\n1,2\n"), see_row, &seen,
				&error);

	if (test_starved()) {
		alloc_fail_after(-1);
		CHECK(err == ERR_NOMEM);
		CHECK(strcmp(error.text, "t.csv: out of memory") == 0);
		alloc_fail_after(0);
		mem_free(mem_alloc(1)); /* so that the sweep goes on */
	} else {
		CHECK(err == 0);
	}
}

/* `n` times `piece` behind a header; yours to free. */
static char *
repeat(const char *header, const char *piece, size_t n)
{
	size_t at = strlen(header), len = strlen(piece);
	char *text = malloc(at + n * len + 1);

	strcpy(text, header);
	for (size_t i = 0; i < n; i++)
		memcpy(text + at + i * len, piece, len);
	text[at + n * len] = '\0';
	return text;
}

static void
bounds_are_kept(void)
{
	const size_t open = strlen("\"\"\n");
	const struct {
		const char *what, *header, *piece;
		size_t n;
		const char *end;
		int err;
		const char *error;
	} rows[] = {
		{ "as many columns as can be", "a", ",", 127, "\n", 0, "" },
		{ "one column more", "a", ",", 128, "\n", ERR_LIMIT,
		  "t.csv:1: the row has over 128 fields, expected at most "
		  "128" },
		{ "as many fields as can be", "a\n1", ",", 127, "\n", 0, "" },
		{ "one field more", "a\n1", ",", 128, "\n", ERR_LIMIT,
		  "t.csv:2: the row has over 128 fields, expected at most "
		  "128" },
		{ "as long as can be", "a\n\"", "x", CSV_MAX_ROW - open, "\"\n",
		  0, "" },
		{ "one octet more", "a\n\"", "x", CSV_MAX_ROW - open + 1,
		  "\"\n", ERR_LIMIT,
		  "t.csv:2: the row has over 1048576 bytes, expected at most "
		  "1048576 (is a quote left open?)" },
		{ "a quote left open", "a\n\"", "x,y\n", CSV_MAX_ROW / 4, "",
		  ERR_LIMIT,
		  "t.csv:2: the row has over 1048576 bytes, expected at most "
		  "1048576 (is a quote left open?)" },
	};

	for (size_t i = 0; i < N(rows); i++) {
		char *text = repeat(rows[i].header, rows[i].piece, rows[i].n);
		size_t len = strlen(text);
		struct seen seen = { .len = 0 };
		struct csv_error error;

		text = realloc(text, len + strlen(rows[i].end) + 1);
		strcpy(text + len, rows[i].end);
		test_row(rows[i].what);
		CHECK(csv_read_text("t.csv", str_of(text), see_row, &seen,
				    &error) == rows[i].err);
		CHECK(strcmp(error.text, rows[i].error) == 0);
		free(text);
	}
}

/* A file of test_dir(); false (and a failure) when it cannot be written. */
static bool
write_file(const char *name, struct str text, char *path, size_t cap)
{
	FILE *file;
	bool good;

	snprintf(path, cap, "%s/%s", test_dir(), name);
	file = fopen(path, "w");
	if (!CHECK(file != NULL))
		return false;
	good = fwrite(text.p, 1, text.len, file) == text.len;
	good = fclose(file) == 0 && good;
	return CHECK(good);
}

struct count {
	size_t rows, last_line, wrong;
};

static int
count_row(void *arg, const struct csv_row *row)
{
	struct count *count = arg;

	count->rows++;
	if (row->line > 1)
		count->wrong += row->line != 2 * count->rows - 2 ||
				row->n_fields != 2 ||
				!str_eq_text(row->fields[0], "a\r\nb") ||
				!str_eq_text(row->fields[1], "cc");
	count->last_line = row->line;
	return 0;
}

/* Rows of 11 octets: every place within one meets the chunks' borders. */
static void
files_are_read_in_chunks(void)
{
	char *text = repeat("x,y\r\n", "\"a\r\nb\",cc\r\n", 40000);
	struct count count = { 0 };
	struct csv_error error;
	char path[256];

	if (write_file("long.csv", str_of(text), path, sizeof(path)) &&
	    OK(csv_read_file(path, count_row, &count, &error))) {
		CHECK(count.rows == 40001);
		CHECK(count.wrong == 0);
		CHECK(count.last_line == 80000);
	}
	free(text);
}

static void
files_that_cannot_be_read_are_named(void)
{
	struct seen seen = { .len = 0 };
	struct csv_error error;
	char expected[512];

	CHECK(csv_read_file("/nonexistent/r.csv", see_row, &seen, &error) ==
	      ERR_IO);
	CHECK(strcmp(error.text, "/nonexistent/r.csv: cannot be opened: No "
				 "such file or directory") == 0);
	CHECK(csv_read_file(test_dir(), see_row, &seen, &error) == ERR_IO);
	snprintf(expected, sizeof(expected),
		 "%s: cannot be read: Is a directory", test_dir());
	CHECK(strcmp(error.text, expected) == 0);
	CHECK(seen.n_rows == 0);
}

static void
a_dash_is_standard_input(void)
{
	struct seen seen = { .len = 0 };
	struct csv_error error;
	int before = dup(STDIN_FILENO), file;
	char path[256];

	if (write_file("stdin.csv", str_of("a,b\n1,2\n\"\n"), path,
		       sizeof(path))) {
		file = open(path, O_RDONLY);
		dup2(file, STDIN_FILENO);
		close(file);
		CHECK(csv_read_file("-", see_row, &seen, &error) == ERR_SYNTAX);
		clearerr(stdin);
		CHECK(strcmp(seen.text, "1[a|b]2[1|2]") == 0);
		CHECK(strncmp(error.text, "stdin:3: ", 9) == 0);
	}
	if (before >= 0) {
		dup2(before, STDIN_FILENO);
		close(before);
	}
}

static void
a_callback_ends_the_reading(void)
{
	struct seen seen = { .stop_at = 2 };
	struct csv_error error;
	int err = csv_read_text("t.csv", str_of("a,b\n1,2\n3,4\n"), see_row,
				&seen, &error);

	CHECK(err == STOPPED);
	CHECK(strcmp(seen.text, "1[a|b]2[1|2]") == 0);
	CHECK(test_starved() || error.text[0] == '\0');
	seen = (struct seen){ .stop_at = 3 };
	err = csv_read_text("t.csv", str_of("a,b\n1,2\n3,4"), see_row, &seen,
			    &error);
	CHECK(err == STOPPED);
}

static void
errors_of_rows_say_where(void)
{
	char long_name[600];
	struct csv_row row = { .file = "rates.csv", .line = 7 };
	struct csv_error error;

	CHECK(csv_row_error(&row, &error, "price", "'%s', expected a number",
			    "x") == ERR_SYNTAX);
	CHECK(strcmp(error.text,
		     "rates.csv:7: price: 'x', expected a number") == 0);
	CHECK(csv_row_error(&row, &error, NULL, "%d fields, expected %d", 3,
			    4) == ERR_SYNTAX);
	CHECK(strcmp(error.text, "rates.csv:7: 3 fields, expected 4") == 0);
	memset(long_name, 'n', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	row.file = long_name;
	csv_row_error(&row, &error, long_name, "%s", long_name);
	CHECK(strlen(error.text) == sizeof(error.text) - 1);
}

/* The fields as one written row, in out. */
static void
write_row(const struct str *fields, size_t n, char *out, size_t cap)
{
	FILE *file = fmemopen(out, cap, "w");

	if (!CHECK(file != NULL))
		return;
	for (size_t i = 0; i < n; i++)
		csv_write_field(file, i == 0, fields[i]);
	csv_write_end(file);
	CHECK(ferror(file) == 0);
	CHECK(fclose(file) == 0);
}

static void
fields_are_quoted_where_needed(void)
{
	static const struct {
		const char *field, *written;
	} rows[] = {
		{ "plain", "plain\n" },       { "", "\n" },
		{ "1,5", "\"1,5\"\n" },       { "a\"b", "\"a\"\"b\"\n" },
		{ "a\nb", "\"a\nb\"\n" },     { "a\rb", "\"a\rb\"\n" },
		{ " spaced ", " spaced \n" }, { "a;b", "a;b\n" },
		{ "\xC3\xBC", "\xC3\xBC\n" },
	};
	char out[64];

	for (size_t i = 0; i < N(rows); i++) {
		struct str field = str_of(rows[i].field);

		test_row(rows[i].field);
		write_row(&field, 1, out, sizeof(out));
		CHECK(strcmp(out, rows[i].written) == 0);
	}
}

static void
what_is_written_can_be_read(void)
{
	const struct str fields[] = {
		str_of("a"),        str_of(""),        str_of("b,c"),
		str_of("\"\n\r\""), str_make(NULL, 0),
	};
	struct seen seen = { .len = 0 };
	struct csv_error error;
	char text[128] = "v,w,x,y,z\n";

	write_row(fields, N(fields), text + 10, sizeof(text) - 10);
	if (OK(csv_read_text("t.csv", str_of(text), see_row, &seen, &error)))
		CHECK(strcmp(seen.text, "1[v|w|x|y|z]2[a||b,c|\"\n\r\"|]") ==
		      0);
}

static const struct test tests[] = {
	{ "rows come with their fields and the line they begin on",
	  rows_come_with_their_lines, false },
	{ "what is broken is refused with file and line",
	  what_is_broken_is_refused, false },
	{ "no memory is not taken for a syntax error",
	  no_memory_is_no_syntax_error, false },
	{ "columns, fields and row lengths are bounded", bounds_are_kept,
	  true },
	{ "a file longer than a chunk gives every row",
	  files_are_read_in_chunks, false },
	{ "files that cannot be read are named",
	  files_that_cannot_be_read_are_named, false },
	{ "a dash is standard input", a_dash_is_standard_input, true },
	{ "a callback ends the reading with its own error",
	  a_callback_ends_the_reading, false },
	{ "errors of rows say file, line and column", errors_of_rows_say_where,
	  true },
	{ "fields are quoted where needed only", fields_are_quoted_where_needed,
	  true },
	{ "what is written can be read", what_is_written_can_be_read, false },
};

const struct test_suite suite_csv = TEST_SUITE("csv", tests);
