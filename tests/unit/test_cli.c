/* test_cli.c - options, words, help, and what is said about wrong ones */
#include "base/cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/harness.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define MAX_ARGS 8
#define MAX_WORDS 3

/* What an example command line sets. */
struct given {
	const char *file, *format;
	bool has_file, json, quiet;
};

/* Standard output and error, while they go to files. */
struct capture {
	int before[2];
	FILE *files[2];
};

static void
capture_start(struct capture *capture)
{
	fflush(stdout);
	fflush(stderr);
	for (int i = 0; i < 2; i++) {
		capture->before[i] = dup(i + 1);
		capture->files[i] = tmpfile();
		dup2(fileno(capture->files[i]), i + 1);
	}
}

/* Both back where they were; what was written goes to out and err. */
static void
capture_end(struct capture *capture, char *out, char *err, size_t cap)
{
	char *texts[] = { out, err };

	fflush(stdout);
	fflush(stderr);
	for (int i = 0; i < 2; i++) {
		size_t n;

		dup2(capture->before[i], i + 1);
		close(capture->before[i]);
		rewind(capture->files[i]);
		n = fread(texts[i], 1, cap - 1, capture->files[i]);
		texts[i][n] = '\0';
		fclose(capture->files[i]);
	}
}

/* What came of a command line, as text. */
struct outcome {
	int status;
	struct given given;
	char words[256]; /* "a|b" */
	char out[2048], err[2048];
};

/* Parse "ex", then args up to NULL, as the program ex would. */
static void
run(const char *const *args, struct outcome *got)
{
	struct given *given = &got->given;
	const struct cli_option options[] = {
		{ "file", 'f', "FILE", "read FILE\ninstead of stdin",
		  &given->file, &given->has_file },
		{ "format", 0, "csv|json", "how to write", &given->format,
		  NULL },
		{ "json-lines", 0, NULL, "one a line", NULL, NULL },
		{ "json", 'j', NULL, "the same as --format json", NULL,
		  &given->json },
		{ "quiet", 'q', NULL, "say nothing", NULL, &given->quiet },
		{ "an-option-with-a-long-name", 'a', "NUMBER", "long", NULL,
		  NULL },
	};
	const struct cli cli = { "ex", "[OPTION]... WORD...\n--help",
				 "An example.\n\nIt does nothing.", options,
				 N(options) };
	char *argv[MAX_ARGS + 1] = { (char *)"ex" };
	const char *words[MAX_WORDS];
	struct capture capture;
	size_t n_words = 99, len = 0;
	int argc = 1;

	memset(got, 0, sizeof(*got));
	for (; args[argc - 1] != NULL && argc < MAX_ARGS; argc++)
		argv[argc] = (char *)args[argc - 1];
	capture_start(&capture);
	got->status = cli_parse(&cli, argc, argv, words, MAX_WORDS, &n_words);
	capture_end(&capture, got->out, got->err, sizeof(got->err));
	for (size_t i = 0; i < n_words; i++)
		len +=
		    (size_t)snprintf(got->words + len, sizeof(got->words) - len,
				     "%s%s", i > 0 ? "|" : "", words[i]);
}

/* An option that may come again: all of its values, up to as many as fit. */
static void
test_lists(void)
{
	const char *items[2];
	struct cli_list list = { "tree", items, 0, 2 };
	const struct cli_option options[] = {
		{ .name = "tree", .argument = "S" },
		{ .name = "trees" },
	};
	const struct cli cli = { "ex", "", "", options, N(options) };
	char *argv[] = { (char *)"ex", (char *)"--tree", (char *)"a",
			 (char *)"--trees", (char *)"--tree=b" };
	char *too_many[] = { (char *)"ex", (char *)"--tree", (char *)"c" };
	const char *word;
	char out[256], err[256];
	struct capture capture;
	size_t n;

	CHECK(cli_parse_lists(&cli, &list, 1, 5, argv, &word, 1, &n) == -1);
	CHECK(list.n == 2 && strcmp(items[0], "a") == 0 &&
	      strcmp(items[1], "b") == 0);
	capture_start(&capture);
	CHECK(cli_parse_lists(&cli, &list, 1, 3, too_many, &word, 1, &n) ==
	      CLI_USAGE);
	capture_end(&capture, out, err, sizeof(out));
	CHECK(list.n == 2 && strstr(err, "more than 2 times") != NULL);
}

static bool
is_text(const char *found, const char *expected)
{
	if (found == NULL || expected == NULL)
		return found == expected;
	return strcmp(found, expected) == 0;
}

static void
options_and_words_may_mix(void)
{
	static const struct {
		const char *args[MAX_ARGS];
		const char *words, *file, *format;
		bool json, quiet;
	} rows[] = {
		{ { NULL }, "", NULL, NULL, false, false },
		{ { "a", "b", "c" }, "a|b|c", NULL, NULL, false, false },
		{ { "--file", "x", "a" }, "a", "x", NULL, false, false },
		{ { "a", "--file=x" }, "a", "x", NULL, false, false },
		{ { "--file=" }, "", "", NULL, false, false },
		{ { "--file=a=b" }, "", "a=b", NULL, false, false },
		{ { "-f", "x", "a" }, "a", "x", NULL, false, false },
		{ { "-fx", "a" }, "a", "x", NULL, false, false },
		{ { "a", "-jq", "b" }, "a|b", NULL, NULL, true, true },
		{ { "-jfx" }, "", "x", NULL, true, false },
		{ { "-qf", "x" }, "", "x", NULL, false, true },
		{ { "a", "--json", "b", "--quiet", "c" },
		  "a|b|c",
		  NULL,
		  NULL,
		  true,
		  true },
		{ { "--", "--json", "-q" },
		  "--json|-q",
		  NULL,
		  NULL,
		  false,
		  false },
		{ { "a", "--", "--" }, "a|--", NULL, NULL, false, false },
		{ { "-", "--file", "-" }, "-", "-", NULL, false, false },
		{ { "--file", "--json" }, "", "--json", NULL, false, false },
		{ { "--file", "--", "--json" }, "", "--", NULL, true, false },
		{ { "--fi=x", "--q" }, "", "x", NULL, false, true },
		{ { "--form", "csv" }, "", NULL, "csv", false, false },
		{ { "--file", "x", "--file", "y" },
		  "",
		  "y",
		  NULL,
		  false,
		  false },
		{ { "" }, "", NULL, NULL, false, false },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct outcome got;

		run(rows[i].args, &got);
		test_row(rows[i].args[0]);
		CHECK(got.status == -1);
		CHECK(is_text(got.words, rows[i].words));
		CHECK(is_text(got.given.file, rows[i].file));
		CHECK(got.given.has_file == (rows[i].file != NULL));
		CHECK(is_text(got.given.format, rows[i].format));
		CHECK(got.given.json == rows[i].json);
		CHECK(got.given.quiet == rows[i].quiet);
		CHECK(is_text(got.out, "") && is_text(got.err, ""));
	}
}

#define HINT "\nTry 'ex --help'.\n"

static void
wrong_usage_is_explained(void)
{
	static const struct {
		const char *args[MAX_ARGS];
		const char *err;
	} rows[] = {
		{ { "--nope" }, "ex: option --nope is unknown" HINT },
		{ { "--nope=x" }, "ex: option --nope is unknown" HINT },
		{ { "--files", "x" }, "ex: option --files is unknown" HINT },
		{ { "-x" }, "ex: option -x is unknown" HINT },
		{ { "-jx" }, "ex: option -x is unknown" HINT },
		{ { "-5" }, "ex: option -5 is unknown" HINT },
		{ { "--f", "x" },
		  "ex: option --f is ambiguous, expected --file or "
		  "--format" HINT },
		{ { "--js" },
		  "ex: option --js is ambiguous, expected --json-lines or "
		  "--json" HINT },
		{ { "--=x" },
		  "ex: option -- is ambiguous, expected --file or "
		  "--format" HINT },
		{ { "--file" },
		  "ex: option --file has no value, expected FILE" HINT },
		{ { "-f" }, "ex: option -f has no value, expected FILE" HINT },
		{ { "-jf" }, "ex: option -f has no value, expected FILE" HINT },
		{ { "--json=yes" },
		  "ex: option --json is given 'yes', expected no value" HINT },
		{ { "a", "b", "c", "d" },
		  "ex: 'd' is one word too many, expected at most 3" HINT },
		{ { "--nope", "--help" }, "ex: option --nope is unknown" HINT },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct outcome got;

		run(rows[i].args, &got);
		test_row(rows[i].err);
		CHECK(got.status == CLI_USAGE);
		CHECK(is_text(got.err, rows[i].err));
		CHECK(is_text(got.out, ""));
	}
}

static void
help_lists_the_options(void)
{
	static const char *const ways[][MAX_ARGS] = {
		{ "--help" }, { "-h" }, { "a", "--he" }, { "-jh", "--nope" }
	};
	static const char help[] =
	    "usage: ex [OPTION]... WORD...\n"
	    "       ex --help\n"
	    "\n"
	    "An example.\n"
	    "\n"
	    "It does nothing.\n"
	    "\n"
	    "Options:\n"
	    "  -f, --file FILE           read FILE\n"
	    "                            instead of stdin\n"
	    "      --format csv|json     how to write\n"
	    "      --json-lines          one a line\n"
	    "  -j, --json                the same as --format json\n"
	    "  -q, --quiet               say nothing\n"
	    "  -a, --an-option-with-a-long-name NUMBER\n"
	    "                            long\n"
	    "  -h, --help                show this help\n"
	    "  -V, --version             show the version\n";

	for (size_t i = 0; i < N(ways); i++) {
		struct outcome got;

		run(ways[i], &got);
		test_row(ways[i][0]);
		CHECK(got.status == CLI_OK);
		CHECK(is_text(got.out, help));
		CHECK(is_text(got.err, ""));
	}
}

static void
the_version_is_one_line(void)
{
	static const char *const args[] = { "--version", NULL };
	struct outcome got;

	run(args, &got);
	CHECK(got.status == CLI_OK);
	CHECK(strncmp(got.out, "ex (lcrproxy) ", 14) == 0);
	CHECK(strlen(got.out) > 15);
	CHECK(strchr(got.out, '\n') == got.out + strlen(got.out) - 1);
}

static void
failures_name_the_program(void)
{
	const struct cli cli = { "ex", "", "", NULL, 0 };
	char out[64], err[64];
	struct capture capture;

	capture_start(&capture);
	CHECK(cli_fail(&cli, "%s: %s", "x.csv", "gone") == CLI_FAILED);
	capture_end(&capture, out, err, sizeof(err));
	CHECK(is_text(err, "ex: x.csv: gone\n") && is_text(out, ""));
	capture_start(&capture);
	CHECK(cli_usage(&cli, "no %d", 5) == CLI_USAGE);
	capture_end(&capture, out, err, sizeof(err));
	CHECK(is_text(err, "ex: no 5" HINT) && is_text(out, ""));
}

/* Two steps of a progress of total, drawn on standard error. */
static void
make_progress(uint64_t total)
{
	struct cli_progress progress;

	cli_progress_init(&progress, "rates", total);
	cli_progress_at(&progress, 500);
	cli_progress_at(&progress, 501); /* too soon to be drawn */
	cli_progress_end(&progress);
	cli_progress_at(&progress, 502);
}

/* The same with a terminal as standard error; false when there is none. */
static bool
watch_progress(uint64_t total, char *seen, size_t cap)
{
	int ours = posix_openpt(O_RDWR | O_NOCTTY), theirs, before;
	size_t len = 0;
	ssize_t n;

	if (ours < 0 || grantpt(ours) != 0 || unlockpt(ours) != 0) {
		test_skip("no pseudo terminal");
		return false;
	}
	theirs = open(ptsname(ours), O_RDWR | O_NOCTTY);
	before = dup(STDERR_FILENO);
	dup2(theirs, STDERR_FILENO);
	make_progress(total);
	dup2(before, STDERR_FILENO);
	close(before);
	close(theirs); /* reading ends behind what was written */
	while (len < cap - 1 && (n = read(ours, seen + len, cap - 1 - len)) > 0)
		len += (size_t)n;
	seen[len] = '\0';
	close(ours);
	return true;
}

static void
progress_is_drawn_on_a_terminal(void)
{
	static const struct {
		uint64_t total;
		const char *seen;
	} rows[] = {
		{ 1000, "\rrates [###############               ]  50 % 500 "
			"of 1000, " },
		{ 600, "\rrates [#########################     ]  83 % 500 "
		       "of 600, " },
		{ 500, "\rrates [##############################] 100 % 500 "
		       "of 500, " },
		{ 400, "\rrates [##############################] 100 % 500 "
		       "of 400, " },
		{ UINT64_MAX, "\rrates [                              ]   0 % "
			      "500 of 18446744073709551615, " },
		{ 0, "\rrates 500, " },
	};
	char seen[512];

	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].seen);
		if (!watch_progress(rows[i].total, seen, sizeof(seen)))
			return;
		CHECK(strncmp(seen, rows[i].seen, strlen(rows[i].seen)) == 0);
		CHECK(strstr(seen, "501") == NULL);
		CHECK(strstr(seen, "502") == NULL);
		CHECK(is_text(strstr(seen, "/s\033[K"), "/s\033[K\r\033[K"));
	}
}

static void
progress_is_not_drawn_into_files(void)
{
	char out[64], err[64];
	struct capture capture;

	capture_start(&capture);
	make_progress(1000);
	capture_end(&capture, out, err, sizeof(err));
	CHECK(is_text(err, "") && is_text(out, ""));
}

static const struct test tests[] = {
	{ "an option may be given again", test_lists, true },
	{ "options and words may mix", options_and_words_may_mix, true },
	{ "wrong usage is explained", wrong_usage_is_explained, true },
	{ "help lists the options", help_lists_the_options, true },
	{ "the version is one line", the_version_is_one_line, true },
	{ "failures name the program", failures_name_the_program, true },
	{ "progress is drawn on a terminal", progress_is_drawn_on_a_terminal,
	  true },
	{ "progress is not drawn into files", progress_is_not_drawn_into_files,
	  true },
};

const struct test_suite suite_cli = TEST_SUITE("cli", tests);
