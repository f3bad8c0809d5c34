/* test_tool.c - what the command lines share */
#include "cdr-tools/tool.h"

#include <stdlib.h>

#include "base/err.h"
#include "tests/unit/cdr_help.h"

static const struct cli cli = { "unit", "", "", NULL, 0 };

static void
instants_and_dates_are_read(void)
{
	static const struct {
		const char *text;
		int err;
		time_us t;
	} rows[] = {
		{ "1970-01-02", 0, INT64_C(86400000000) },
		{ "1970-01-01T00:00:01.5Z", 0, 1500000 },
		{ "1970-01-01T01:00:00+01:00", 0, 0 },
		{ "2026-02-30", ERR_RANGE, 0 },
		{ "yesterday", ERR_SYNTAX, 0 },
		{ "", ERR_SYNTAX, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		time_us t = 0;

		test_row(rows[i].text);
		CHECK(tool_instant_parse(str_of(rows[i].text), NULL, &t) ==
		      rows[i].err);
		CHECK(t == rows[i].t);
	}
}

static void
spans_have_an_order(void)
{
	struct tool_span span = { .from = NULL };

	CHECK(tool_span_parse(&cli, &span) == 0);
	CHECK(span.from_us == TOOL_TIME_MIN);
	CHECK(span.until_us == TOOL_TIME_MAX);
	span.from = "1970-01-01";
	span.until = "1970-01-02";
	CHECK(tool_span_parse(&cli, &span) == 0);
	CHECK(span.from_us == 0);
	CHECK(span.until_us == INT64_C(86400000000));
	span.from = "1970-01-03";
	CHECK(tool_span_parse(&cli, &span) == CLI_USAGE);
	span.from = "1970";
	CHECK(tool_span_parse(&cli, &span) == CLI_USAGE);
	span.from = NULL;
	span.until = "0000-01-01";
	CHECK(tool_span_parse(&cli, &span) == CLI_USAGE);
}

static void
stores_must_have_tables(void)
{
	char path[256], url[300];
	struct tool_store options = { .url = url };
	struct store *store;

	unsetenv("LCR_STORE");
	snprintf(url, sizeof(url), "sqlite:%s",
		 db_file("empty.db", "", path, sizeof(path)));
	CHECK(tool_open_store(&cli, &options, 0, &store) == CLI_FAILED);
	CHECK(store == NULL);
	options.url = "sqlite:/nowhere/at/all.db";
	CHECK(tool_open_store(&cli, &options, 0, &store) == CLI_FAILED);
	options.url = "mysql:x";
	CHECK(tool_open_store(&cli, &options, 0, &store) == CLI_FAILED);
	options.config = "/nowhere/at/all.conf";
	options.url = NULL;
	CHECK(tool_open_store(&cli, &options, 0, &store) == CLI_FAILED);
}

static void
open_the_same(struct store *store)
{
	struct tool_store options = { .url = db_url() };
	struct store *second;

	(void)store;
	if (tool_open_store(&cli, &options, STORE_READ_ONLY, &second) != 0) {
		CHECK(false);
		return;
	}
	store_close(second);
}
ON_BOTH(DB_TABLES, open_the_same)

static const struct test tests[] = {
	{ "instants and dates are read", instants_and_dates_are_read, true },
	{ "a span does not end before it begins", spans_have_an_order, true },
	{ "a store without tables is refused", stores_must_have_tables, true },
	ON_STORES("a store with tables is opened", open_the_same),
};
const struct test_suite suite_tool = TEST_SUITE("tool", tests);
