/* test_export.c - call records and attempts as CSV or JSON lines */
#include "cdr-tools/export.h"

#include <jansson.h>

#include "base/err.h"
#include "cdr-tools/tool.h"
#include "tel/cdr.h"
#include "tests/unit/cdr_help.h"

static const struct cdr_test_call calls[] = {
	{ "k2", "acme", "red", "4989", "static", "2026-11-01T10:00:00.25Z",
	  INT64_C(61250001), "answered" },
	{ "k1", "poor", NULL, "44,1", NULL, "2026-10-31T10:00:00Z",
	  CDR_TEST_OPEN, "open" },
};

static int
fill(struct store *store)
{
	static const char attempt_sql[] =
	    "INSERT INTO cdr_attempt (call_key, setup_time, hop, gateway,"
	    " outcome, sip_code, expected_cost, start_time) VALUES"
	    " (?, ?, ?, 'red1', 'rejected', 503, ?, ?)";
	const time_us setup = INT64_C(1793527200250000);
	int err = cdr_rated(store, calls, COUNT(calls));

	for (int hop = 2; hop > 0 && err == 0; hop--) {
		const struct store_value params[] = {
			store_text("k2"), store_time(setup), store_int(hop),
			store_money(2041700), store_time(setup + 1)
		};

		err = store_run_once(store, attempt_sql, params, COUNT(params));
	}
	return err;
}

/* Export into out, whose text is complete then. */
static int export(struct store *store, const struct export_options *options,
		  struct cdr_text *out, uint64_t *n)
{
	int err;

	cdr_text_open(out);
	err = export_records(store, options, out->file, n);
	cdr_text_end(out);
	return err;
}

static const struct export_options all = { .from = TOOL_TIME_MIN,
					   .until = TOOL_TIME_MAX };

static void
records_become_csv(struct store *store)
{
	static const char expected[] =
	    "k1,pop1,,,,t,poor,,4989,,,\"44,1\",,,,,,,,2026-10-31T10:00:00Z,,"
	    "2026-10-31T10:00:00Z,,,,,,,,open,,,,,,,,,,,,,,,,,,,,,\n"
	    "k2,pop1,,,,t,acme,,4989,,,4989,,,red,,,static,,"
	    "2026-11-01T10:00:00.250000Z,,2026-11-01T10:00:00.250000Z,"
	    "2026-11-01T10:01:01.500001Z,61250001,,,,,,answered,,,,,,retail,49,"
	    "0.06,120,0.12,EUR,red,49,0.02,62,0.020667,EUR,0.099333,Germany,7,"
	    "\n";
	struct cdr_text out;
	uint64_t n;
	char *rows;

	if (!OK(fill(store)))
		return;
	if (OK(export(store, &all, &out, &n))) {
		CHECK(n == 2);
		rows = strchr(out.text, '\n');
		CHECK(
		    str_starts(str_of(out.text), "call_key,node,generation,"));
		CHECK(rows != NULL && strcmp(rows + 1, expected) == 0);
	}
	cdr_text_free(&out);
}
ON_BOTH(DB_TABLES, records_become_csv)

/* One line of JSON: its members are those of the table, in order, and so many
 * more. */
static void
check_members(const char *line, const struct cdr_field *fields, size_t n,
	      size_t more)
{
	json_t *object = json_loads(line, JSON_DISABLE_EOF_CHECK, NULL);
	const char *key;
	json_t *value;
	size_t i = 0;

	CHECK(json_object_size(object) == n + more);
	json_object_foreach(object, key, value)
	{
		CHECK(i >= n || strcmp(key, fields[i].name) == 0);
		i++;
	}
	json_decref(object);
}

static void
records_become_json(struct store *store)
{
	struct export_options options = all;
	struct cdr_text out;
	uint64_t n;

	options.json = true;
	if (!OK(fill(store)))
		return;
	if (OK(export(store, &options, &out, &n))) {
		CHECK(n == 2);
		check_members(out.text, cdr_fields, n_cdr_fields, 0);
		CHECK(str_starts(str_of(out.text),
				 "{\"call_key\":\"k1\",\"node\":\"pop1\","));
		CHECK(strstr(out.text, "\n{\"call_key\":\"k2\"") != NULL);
		CHECK(strstr(out.text,
			     "\"end_time\":\"2026-11-01T10:01:01.500001Z\","
			     "\"duration_us\":61250001,\"pdd_us\":null") !=
		      NULL);
		CHECK(strstr(out.text, "\"sell_amount\":\"0.12\"") != NULL);
	}
	cdr_text_free(&out);
}
ON_BOTH(DB_TABLES, records_become_json)

static void
spans_and_accounts_are_chosen(struct store *store)
{
	static const struct {
		const char *from, *until, *account;
		uint64_t records, attempts;
	} rows[] = {
		{ NULL, NULL, NULL, 2, 2 },
		{ NULL, NULL, "acme", 1, 2 },
		{ NULL, NULL, "poor", 1, 0 },
		{ NULL, NULL, "ghost", 0, 0 },
		{ "2026-10-31T10:00:00Z", "2026-11-01T10:00:00.25Z", NULL, 1,
		  0 },
		{ "2026-11-01T10:00:00.25Z", NULL, NULL, 1, 2 },
		{ "2026-11-01T10:00:00.250001Z", NULL, NULL, 0, 0 },
	};

	if (!OK(fill(store)))
		return;
	for (size_t i = 0; i < 2 * COUNT(rows); i++) {
		struct export_options options = all;
		size_t k = i / 2;
		struct cdr_text out;
		uint64_t n = 0;

		options.attempts = i % 2;
		options.account = rows[k].account;
		if (rows[k].from != NULL)
			CHECK(tool_instant_parse(str_of(rows[k].from), NULL,
						 &options.from) == 0);
		if (rows[k].until != NULL)
			CHECK(tool_instant_parse(str_of(rows[k].until), NULL,
						 &options.until) == 0);
		if (OK(export(store, &options, &out, &n)))
			CHECK(n == (options.attempts ? rows[k].attempts
						     : rows[k].records));
		cdr_text_free(&out);
	}
}
ON_BOTH(DB_TABLES, spans_and_accounts_are_chosen)

static void
attempts_come_by_hop(struct store *store)
{
	static const char expected[] =
	    "k2,2026-11-01T10:00:00.250000Z,,,,1,,red1,,"
	    "2026-11-01T10:00:00.250001Z,,,503,,rejected,,0.020417,,,,,,\n"
	    "k2,2026-11-01T10:00:00.250000Z,,,,2,,red1,,"
	    "2026-11-01T10:00:00.250001Z,,,503,,rejected,,0.020417,,,,,,\n";
	struct export_options options = all;
	struct cdr_text out;
	uint64_t n;
	char *rows;

	options.attempts = true;
	if (!OK(fill(store)))
		return;
	if (OK(export(store, &options, &out, &n))) {
		rows = strchr(out.text, '\n');
		CHECK(rows != NULL && strcmp(rows + 1, expected) == 0);
	}
	cdr_text_free(&out);
	options.json = true;
	if (OK(export(store, &options, &out, &n)))
		check_members(out.text, cdr_attempt_fields,
			      n_cdr_attempt_fields, 3);
	cdr_text_free(&out);
}
ON_BOTH(DB_TABLES, attempts_come_by_hop)

static void
full_disks_are_told(struct store *store)
{
	FILE *full = fopen("/dev/full", "we");
	uint64_t n;

	if (full == NULL) {
		test_skip("there is no /dev/full");
		return;
	}
	if (OK(fill(store)))
		CHECK(export_records(store, &all, full, &n) == ERR_IO);
	fclose(full);
}
ON_BOTH(DB_TABLES, full_disks_are_told)

static void
columns_and_filters_are_chosen(struct store *store)
{
	static const struct {
		const char *carrier, *status, *columns, *expected;
	} rows[] = {
		{ NULL, NULL, "account, call_key",
		  "account,call_key\npoor,k1\nacme,k2\n" },
		{ "red", NULL, "call_key", "call_key\nk2\n" },
		{ NULL, "open", "call_key,sell_amount",
		  "call_key,sell_amount\nk1,\n" },
		{ "red", "open", "call_key", "call_key\n" },
	};
	struct export_options options = all;
	struct cdr_text out;
	uint64_t n = 0;

	if (!OK(fill(store)))
		return;
	for (size_t i = 0; i < COUNT(rows); i++) {
		options.carrier = rows[i].carrier;
		options.status = rows[i].status;
		options.columns = rows[i].columns;
		if (OK(export(store, &options, &out, &n)))
			CHECK(strcmp(out.text, rows[i].expected) == 0);
		cdr_text_free(&out);
	}
	options.columns = "call_key,colour";
	CHECK(export(store, &options, &out, &n) == ERR_INVAL);
	cdr_text_free(&out);
}
ON_BOTH(DB_TABLES, columns_and_filters_are_chosen)

static const struct test tests[] = {
	ON_STORES("columns and filters can be chosen",
		  columns_and_filters_are_chosen),
	ON_STORES("records become CSV", records_become_csv),
	ON_STORES("records become JSON lines", records_become_json),
	ON_STORES("a span and an account can be chosen",
		  spans_and_accounts_are_chosen),
	ON_STORES("attempts come by hop", attempts_come_by_hop),
	ON_STORES("a full disk is told", full_disks_are_told),
};
const struct test_suite suite_export = TEST_SUITE("export", tests);
