/* test_import_values.c - in every column of every table a wrong value is
 * refused with its line, column and rule, and nothing is imported */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/kind_table.h"
#include "tests/unit/db_import.h"

/* What no column of the type takes, and how messages show it (NULL: as it is;
 * secrets and hashes are not shown). */
static const struct wrong {
	const char *text, *shown;
} wrongs[] = {
	[KIND_NAME] = { "a/b", NULL },
	[KIND_TEXT] = { "a\001b", "a?b" },
	[KIND_USER] = { "a\001b", "a?b" },
	[KIND_SECRET] = { "sesame\001", "" },
	[KIND_INT] = { "1.5", NULL },
	[KIND_MONEY] = { "1e3", NULL },
	[KIND_BOOL] = { "maybe", NULL },
	[KIND_TIME] = { "yesterday", NULL },
	[KIND_DATE] = { "2026-02-30", NULL },
	[KIND_PREFIX] = { "49x", NULL },
	[KIND_DIGITS] = { "x", NULL },
	[KIND_DIAL] = { "x", NULL },
	[KIND_BAND] = { "noon", NULL },
	[KIND_WORD] = { "nonsense", NULL },
	[KIND_REF] = { "nobody", NULL },
	[KIND_ZONE] = { "Mars/Olympus", NULL },
	[KIND_URI] = { "tel:+4930", NULL },
	[KIND_CONTACT] = { "tel:+4930", NULL },
	[KIND_NET] = { "192.0.2.300", NULL },
	[KIND_DOMAIN] = { "a..b", NULL },
	[KIND_CURRENCY] = { "euro", NULL },
	[KIND_CODES] = { "99", NULL },
	[KIND_MEDIA] = { "smoke", NULL },
	[KIND_HEX] = { "xyz", NULL },
};

/* All columns; all fields empty but one. */
static void
make_csv(const struct kind *kind, size_t at, const char *value, char *out,
	 size_t cap)
{
	size_t len = 0;

	for (size_t i = 0; i < kind->n_columns; i++)
		len += (size_t)snprintf(out + len, cap - len, "%s%s",
					i > 0 ? "," : "",
					kind->columns[i].name);
	len += (size_t)snprintf(out + len, cap - len, "\n");
	for (size_t i = 0; i < kind->n_columns; i++)
		len += (size_t)snprintf(out + len, cap - len, "%s%s",
					i > 0 ? "," : "",
					i == at ? value : "");
	snprintf(out + len, cap - len, "\n");
}

static void
refuse(struct store *store, const struct kind *kind, size_t at,
       const struct wrong *wrong)
{
	static const struct import_options plain = { .tariff = NULL };
	const char *name = kind->columns[at].name;
	char csv[2048], report[REPORT_MAX], says[200], what[100];
	struct import_result result;
	int err;

	make_csv(kind, at, wrong->text, csv, sizeof(csv));
	snprintf(says, sizeof(says), "FILE:2: %s: \"%s\", expected ", name,
		 wrong->shown != NULL ? wrong->shown : wrong->text);
	if (kind->columns[at].type == KIND_HEX)
		snprintf(says, sizeof(says),
			 "FILE:2: %s: 3 octets, expected ", name);
	if (kind->columns[at].type == KIND_SECRET)
		snprintf(says, sizeof(says), "FILE:2: %s: not shown, expected ",
			 name);
	snprintf(what, sizeof(what), "%s.%s: %s", kind->name, name,
		 wrong->text);
	test_row(what);
	err = db_import_with(store, kind->name, csv, &plain, &result, report);
	if (!CHECK(err == ERR_SYNTAX) ||
	    !CHECK(strstr(report, says) != NULL))
		printf("\n    %s\n    %s\n", says, report);
	CHECK(result.inserted == 0 && result.updated == 0);
	test_row(NULL);
}

/* Beside its bounds, where there are any. */
static void
refuse_out_of_range(struct store *store, const struct kind *kind, size_t at)
{
	const struct kind_column *column = &kind->columns[at];
	char text[32];
	const struct wrong wrong = { text, NULL };

	if (column->type == KIND_INT) {
		snprintf(text, sizeof(text), "%lld",
			 (long long)column->min - 1);
		refuse(store, kind, at, &wrong);
	}
	if (column->type == KIND_INT && column->max < INT64_MAX) {
		snprintf(text, sizeof(text), "%lld",
			 (long long)column->max + 1);
		refuse(store, kind, at, &wrong);
	}
	if (column->type == KIND_MONEY && column->min == 0) {
		snprintf(text, sizeof(text), "-0.00000001");
		refuse(store, kind, at, &wrong);
	}
}

static void
every_column_has_its_rule(struct store *store)
{
	char sql[100];

	if (!OK(db_import_basics(store)))
		return;
	for (size_t k = 0; k < n_kind_tables; k++) {
		const struct kind *kind = &kind_tables[k];
		int64_t before = -1, after = -2;

		snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s",
			 kind->name);
		CHECK(store_get_int(store, sql, NULL, 0, &before) == 0);
		for (size_t i = 0; i < kind->n_columns; i++) {
			refuse(store, kind, i,
			       &wrongs[kind->columns[i].type]);
			refuse_out_of_range(store, kind, i);
		}
		CHECK(store_get_int(store, sql, NULL, 0, &after) == 0);
		CHECK(before == after);
	}
}
ON_BOTH(DB_TABLES, every_column_has_its_rule)

static const struct test tests[] = {
	BOTH_ONCE("a wrong value in any column of any table is refused",
		  every_column_has_its_rule),
};

const struct test_suite suite_import_values =
    TEST_SUITE("import_values", tests);
