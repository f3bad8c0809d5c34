/* test_store_url.c - which store a program works on */
#include "db/store_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/db_help.h"

#define N(a) (sizeof(a) / sizeof((a)[0]))

static const struct row {
	const char *text;
	const char *url;   /* NULL: not set, or an error */
	const char *error; /* NULL: none */
} rows[] = {
	{ "", NULL, NULL },
	{ "store = \"sqlite:a.db\";", "sqlite:a.db", NULL },
	{ "store=\"sqlite:a.db\"", "sqlite:a.db", NULL },
	{ "store : \"sqlite:a.db\"\n", "sqlite:a.db", NULL },
	{ "node = \"n\";\nstore\n=\n\"sqlite:a.db\"\n;", "sqlite:a.db", NULL },
	{ "store = \"postgresql:\"\n  \"host=h\" # more\n \" user=u\";",
	  "postgresql:host=h user=u", NULL },
	{ "store = \"a\\\\b\\\"c\\x4F\\x6d\\t\\q\";", "a\\b\"cOm\t\\q", NULL },
	{ "# store = \"no\"\nstore = \"yes\";", "yes", NULL },
	{ "// store = \"no\"\nstore = \"yes\";", "yes", NULL },
	{ "/* store = \"no\";\n */ store = \"yes\";", "yes", NULL },
	{ "a = { store = \"no\"; };\nstore = \"yes\";", "yes", NULL },
	{ "a = ( { store = \"no\"; } );", NULL, NULL },
	{ "a = [ \"store\" ]; b = \"store = \\\"no\\\"\";", NULL, NULL },
	{ "a = \"}\"; store = \"yes\";", "yes", NULL },
	{ "restore = \"no\"; store-x = \"no\"; my.store = \"no\";", NULL,
	  NULL },
	{ "STORE = \"no\";", NULL, NULL },
	{ "store;", NULL, NULL },
	{ "\n\nstore = 5;", NULL, "FILE:3: store is not a text in quotes" },
	{ "store = { };", NULL, "FILE:1: store is not a text in quotes" },
	{ "store = \"left open", NULL, "FILE:1: store is not" },
	{ "store = ", NULL, "FILE:1: store is not" },
	{ "store = \"\\", NULL, "FILE:1: store is not" },
	{ "/* never closed", NULL, NULL },
	{ "a = \"never closed", NULL, NULL },
	{ "}}} store = \"yes\"", "yes", NULL },
};

static void
the_setting_is_found_at_the_top_level(void)
{
	for (size_t i = 0; i < N(rows); i++) {
		char error[STORE_ERROR_MAX] = "", *url;
		int err =
		    store_url_parse("FILE", str_of(rows[i].text), &url, error);

		test_row(rows[i].text);
		if (rows[i].error != NULL) {
			CHECK(err == ERR_SYNTAX);
			CHECK(url == NULL);
			CHECK(strstr(error, rows[i].error) != NULL);
		} else if (OK(err)) {
			CHECK((url == NULL) == (rows[i].url == NULL));
			if (url != NULL && rows[i].url != NULL)
				CHECK(strcmp(url, rows[i].url) == 0);
		}
		mem_free(url);
	}
}

static void
check_found(const char *given, const char *config, const char *expected)
{
	char error[STORE_ERROR_MAX], *url;

	test_row(expected);
	if (!OK(store_url_find(given, config, &url, error)))
		return;
	CHECK(strcmp(url, expected) == 0);
	mem_free(url);
}

static void
the_option_goes_before_the_environment_and_the_file(void)
{
	char path[256], empty[256], error[STORE_ERROR_MAX], *url;

	db_file("lcrproxy.conf", "store = \"sqlite:conf\";", path,
		sizeof(path));
	db_file("empty.conf", "", empty, sizeof(empty));
	setenv("LCR_STORE", "sqlite:environment", 1);
	check_found("sqlite:option", path, "sqlite:option");
	check_found(NULL, path, "sqlite:environment");
	setenv("LCR_STORE", "", 1);
	check_found(NULL, path, "sqlite:conf");
	unsetenv("LCR_STORE");
	check_found(NULL, path, "sqlite:conf");
	check_found("sqlite:option", "/nosuch/file", "sqlite:option");
	check_found(NULL, empty, "sqlite:/var/lib/lcrproxy/lcr.db");
	check_found(NULL, NULL, "sqlite:/var/lib/lcrproxy/lcr.db");
	CHECK(store_url_find(NULL, "/nosuch/file", &url, error) == ERR_IO);
	CHECK(strstr(error, "/nosuch/file: No such file") != NULL);
	CHECK(store_url_find(NULL, test_dir(), &url, error) == ERR_IO);
}

static const struct test tests[] = {
	{ .name = "the setting is found at the top level",
	  .run = the_setting_is_found_at_the_top_level },
	{ .name = "the option goes before the environment and the file",
	  .run = the_option_goes_before_the_environment_and_the_file },
};

const struct test_suite suite_store_url = TEST_SUITE("store_url", tests);
