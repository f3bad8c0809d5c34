/* test_table.c - aligned columns */
#include <stdlib.h>
#include <string.h>

#include "lcrproxy/table.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_table;

static void
test_rows(void)
{
	static const char *const keys[] = { "name", "n", "on", NULL };
	json_t *rows = json_pack("[{s:s s:i s:b} {s:s s:i s:n}]", "name", "blue",
				 "n", 7, "on", 1, "name", "x", "n", 12345, "on");
	char *text = table_text(rows, keys);

	CHECK(text != NULL && strcmp(text, "name  n      on\n"
					   "blue  7      yes\n"
					   "x     12345  -") == 0);
	free(text);
	json_decref(rows);
}

static void
test_object(void)
{
	json_t *object =
	    json_pack("{s:i s:{s:s}}", "a", 1, "b", "c", "text");
	char *text = table_object(object);

	CHECK(text != NULL && strncmp(text, "a ", 2) == 0);
	CHECK(text != NULL && strstr(text, "\nb.c ") != NULL);
	free(text);
	json_decref(object);
}

static const struct test tests[] = {
	{ "columns are as wide as their widest cell", test_rows, true },
	{ "nested objects get dotted names", test_object, true },
};
const struct test_suite suite_table = TEST_SUITE("table", tests);
