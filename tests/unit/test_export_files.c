/* test_export_files.c - a row of files for exported records */
#include "cdr-tools/export_files.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/cdr_help.h"

static void
rotations_are_named(void)
{
	static const struct {
		const char *text;
		int err;
		enum export_rotation rotation;
		uint64_t max;
	} rows[] = {
		{ "hour", 0, EXPORT_HOUR, 0 },
		{ "day", 0, EXPORT_DAY, 0 },
		{ "month", 0, EXPORT_MONTH, 0 },
		{ "1", 0, EXPORT_RECORDS, 1 },
		{ "250000", 0, EXPORT_RECORDS, 250000 },
		{ "0", ERR_SYNTAX, EXPORT_ONE, 0 },
		{ "-1", ERR_SYNTAX, EXPORT_ONE, 0 },
		{ "year", ERR_SYNTAX, EXPORT_ONE, 0 },
		{ "", ERR_SYNTAX, EXPORT_ONE, 0 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct export_files files = { .path = "x" };

		test_row(rows[i].text);
		CHECK(export_rotation_parse(str_of(rows[i].text), &files) ==
		      rows[i].err);
		CHECK(files.rotation == rows[i].rotation);
		CHECK(files.max_records == rows[i].max);
	}
	test_row(NULL);
}

/* One record for each instant; what the file called name has then, yours to
 * free(). */
static char *
run(struct export_files *files, const char *const *instants, const char *name)
{
	char path[300], base[280];
	int err = 0;

	snprintf(base, sizeof(base), "%s/%s", test_dir(), files->path);
	snprintf(path, sizeof(path), "%s/%s", test_dir(), name);
	files->path = base;
	for (size_t i = 0; instants[i] != NULL && err == 0; i++) {
		bool is_new = false;
		time_us t = 0;
		FILE *out;

		CHECK(time_parse(str_of(instants[i]), &t) == 0);
		err = export_files_next(files, t, &out, &is_new);
		if (err == 0)
			fprintf(out, "%s%zu\n", is_new ? "head " : "", i);
	}
	if (!OK(export_files_end(files, err)))
		return NULL;
	return cdr_read_file(path);
}

static void
each_part_has_its_file(void)
{
	/* summer time ends in Berlin at 01:00 UTC, and in Havana, where it is
	 * 01:00 then, on 1 November at 05:00 UTC */
	static const char *const instants[] = {
		"2026-10-24T21:59:59.999999Z", "2026-10-24T22:00:00Z",
		"2026-10-25T00:30:00Z",        "2026-10-25T01:30:00Z",
		"2026-11-01T04:59:59Z",        "2026-11-01T05:30:00Z",
		"2026-11-01T06:30:00Z",        NULL
	};
	static const struct {
		const char *what;
		const char *zone, *path;
		enum export_rotation rotation;
		uint64_t max;
		const char *name, *expected;
	} rows[] = {
		{ "a day of the zone", "Europe/Berlin", "a.csv", EXPORT_DAY, 0,
		  "a-2026-10-25.csv", "head 1\n2\n3\n" },
		{ "a day of UTC", "", "b.csv", EXPORT_DAY, 0,
		  "b-2026-10-24.csv", "head 0\n1\n" },
		{ "the first 02:30", "Europe/Berlin", "c.csv", EXPORT_HOUR, 0,
		  "c-2026-10-25T02+0200.csv", "head 2\n" },
		{ "the second 02:30", "Europe/Berlin", "d.csv", EXPORT_HOUR, 0,
		  "d-2026-10-25T02+0100.csv", "head 3\n" },
		{ "midnight twice", "America/Havana", "e.csv", EXPORT_DAY, 0,
		  "e-2026-11-01.csv", "head 4\n5\n6\n" },
		{ "a month", "", "f.csv", EXPORT_MONTH, 0, "f-2026-11.csv",
		  "head 4\n5\n6\n" },
		{ "records", "", "g.csv", EXPORT_RECORDS, 3, "g-000002.csv",
		  "head 3\n4\n5\n" },
		{ "no ending", "", "h", EXPORT_MONTH, 0, "h-2026-11",
		  "head 4\n5\n6\n" },
		{ "only an ending", "", ".i", EXPORT_MONTH, 0, ".i-2026-11",
		  "head 4\n5\n6\n" },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct export_files files = {
			.path = rows[i].path,
			.rotation = rows[i].rotation,
			.max_records = rows[i].max,
		};
		struct zone *zone = NULL;
		char *text;

		test_row(rows[i].what);
		if (!OK(zone_new(rows[i].zone, &zone)))
			continue;
		files.zone = zone;
		text = run(&files, instants, rows[i].name);
		CHECK(text != NULL && strcmp(text, rows[i].expected) == 0);
		free(text);
		zone_free(zone);
	}
	test_row(NULL);
}

static void
compressed_ones_say_so(void)
{
	static const char *const instants[] = { "2026-10-24T21:00:00Z", NULL };
	struct export_files one = { .path = "z.csv.gz",
				    .rotation = EXPORT_MONTH };
	struct export_files two = { .path = "y.csv",
				    .rotation = EXPORT_MONTH,
				    .compress = true };
	char *text = run(&one, instants, "z-2026-10.csv.gz");

	CHECK(text != NULL && memcmp(text, "\x1f\x8b", 2) == 0);
	free(text);
	text = run(&two, instants, "y-2026-10.csv.gz");
	CHECK(text != NULL && memcmp(text, "\x1f\x8b", 2) == 0);
	free(text);
}

static void
what_fails_leaves_no_file(void)
{
	struct export_files files = { .rotation = EXPORT_DAY };
	char path[256], part[300];
	bool is_new;
	FILE *out;

	snprintf(path, sizeof(path), "%s/none.csv", test_dir());
	snprintf(part, sizeof(part), "%s/none-1970-01-01.csv", test_dir());
	files.path = path;
	if (OK(export_files_next(&files, 0, &out, &is_new)))
		fputs("half\n", out);
	CHECK(export_files_end(&files, ERR_DB) == ERR_DB);
	CHECK(access(part, F_OK) != 0);
	files.path = "/nowhere/none.csv";
	CHECK(export_files_next(&files, 0, &out, &is_new) != 0);
	CHECK(export_files_end(&files, ERR_IO) == ERR_IO);
}

static const struct test tests[] = {
	{ "rotations have names or are numbers", rotations_are_named, true },
	{ "each hour, day, month or number has its file",
	  each_part_has_its_file, true },
	{ "compressed files say so", compressed_ones_say_so, false },
	{ "what fails leaves no file", what_fails_leaves_no_file, false },
};
const struct test_suite suite_export_files = TEST_SUITE("export_files", tests);
