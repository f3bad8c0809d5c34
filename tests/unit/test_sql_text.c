/* test_sql_text.c - a statement put together piece by piece */
#include "db/sql_text.h"

#include <string.h>

#include "tests/unit/harness.h"

static void
pieces_come_behind_each_other(void)
{
	struct sql_text sql = { 0 };

	sql_add(&sql, "SELECT ");
	for (size_t i = 0; i < 100; i++) {
		sql_sep(&sql, ", ", i);
		sql_add(&sql, "\"column_%zu\"", i);
	}
	if (OK(sql.err)) {
		CHECK(strncmp(sql.text, "SELECT \"column_0\", \"column_1\", ",
			      31) == 0);
		CHECK(strcmp(sql.text + sql.len - 11, "\"column_99\"") == 0);
		CHECK(strlen(sql.text) == sql.len);
	}
	sql_fini(&sql);
	CHECK(sql.text == NULL && sql.len == 0);
}

static const struct test tests[] = {
	{ .name = "pieces come behind each other",
	  .run = pieces_come_behind_each_other },
};

const struct test_suite suite_sql_text = TEST_SUITE("sql_text", tests);
