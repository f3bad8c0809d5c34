/* test_conf_source.c - included files, wide numbers, what is left open */
#include "base/conf_source.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/conf_sample.h"

/* Numbers are only touched where they are numbers. */
static void
texts_comments_and_names_are_left_alone(void)
{
	struct config config;

	if (!read_good("# 99999999999999999999 \"\n"
		       "// @include /* \"\n"
		       "/* \" 99999999999999999999\n@include */\n"
		       "name = \"5000000000 # // /* \\\" @include\n@include\";"
		       "any = 1; # 5\n",
		       &config))
		return;
	CHECK(strcmp(config.name, "5000000000 # // /* \" @include\n@include") ==
	      0);
	conf_free(&config_table, &config);
}

static const char *
path_of(const char *name, char *out, size_t cap)
{
	snprintf(out, cap, "%s/%s", test_dir(), name);
	return out;
}

static bool
write_file(const char *name, const char *text, size_t len)
{
	char path[256];
	FILE *file = fopen(path_of(name, path, sizeof(path)), "w");
	bool good;

	if (!CHECK(file != NULL))
		return false;
	good = fwrite(text, 1, len, file) == len;
	good = fclose(file) == 0 && good;
	return CHECK(good);
}

/* Reads a file of test_dir(); found gets the errors, "DIR" for its path. */
static int
read_file(const char *name, struct config *config, char *found, size_t cap)
{
	struct conf_errors errors;
	char path[256], all[4096];
	const char *dir = test_dir(), *from = all, *at;
	size_t len = 0;
	int err;

	err = conf_read_file(path_of(name, path, sizeof(path)), &config_table,
			     config, &errors);
	join(&errors, all, sizeof(all));
	found[0] = '\0';
	while ((at = strstr(from, dir)) != NULL && len < cap) {
		len += (size_t)snprintf(found + len, cap - len, "%.*sDIR",
					(int)(at - from), from);
		from = at + strlen(dir);
	}
	if (len < cap)
		snprintf(found + len, cap - len, "%s", from);
	conf_errors_fini(&errors);
	return err;
}

static void
files_include_files(void)
{
	static const char top[] = "any = 1;\n"
				  "  @include \"sub/a.conf\" timer_ms = 600;\n"
				  "name = \"top\";\n";
	static const char a[] = "# first\ncomment = \"a\";\n"
				"@include\t\"b.conf\"";
	static const char b[] = "trip = { hold_time_s = 30; };";
	struct config config;
	char path[256], found[2048];

	mkdir(path_of("sub", path, sizeof(path)), 0700);
	if (!write_file("top.conf", top, strlen(top)) ||
	    !write_file("sub/a.conf", a, strlen(a)) ||
	    !write_file("sub/b.conf", b, strlen(b)))
		return;
	if (!OK(read_file("top.conf", &config, found, sizeof(found))))
		return;
	CHECK(config.any == 1 && config.timer_ms == 600);
	CHECK(strcmp(config.comment, "a") == 0);
	CHECK(config.trip.hold_time_s == 30);
	CHECK(strcmp(config.name, "top") == 0);
	conf_free(&config_table, &config);
}

static void
errors_name_the_included_file(void)
{
	static const struct {
		const char *what, *a, *errors;
		int err;
	} rows[] = {
		{ "values", "any = 0.5;\n@include \"b.conf\"\nx = 1;\n",
		  "DIR/top.conf:1: name is 1, expected a text in quotes\n"
		  "DIR/b.conf:2: timer_ms is 5, expected 100..1000 (ms)\n"
		  "DIR/a.conf:1: any is 0.5, expected a whole number\n"
		  "DIR/top.conf:2: enabled is 2, expected true or false\n"
		  "DIR/top.conf:3: trip is 3, expected a group { ... }\n"
		  "DIR/a.conf:3: x is an unknown setting, "
		  "expected " SAMPLE_SETTINGS,
		  ERR_SYNTAX },
		{ "syntax", "\n=\n",
		  "DIR/a.conf:2: syntax error, expected NAME = VALUE;\n",
		  ERR_SYNTAX },
		{ "open text", "\ncomment = \"",
		  "DIR/a.conf:2: a text is left open, expected a closing "
		  "quote\n",
		  ERR_SYNTAX },
		{ "absent", "\n@include \"none.conf\"\n",
		  "DIR/a.conf:2: DIR/none.conf cannot be included: No such "
		  "file or directory\n",
		  ERR_SYNTAX },
		{ "directory", "@include \"/\"\n",
		  "DIR/a.conf:1: / cannot be included: Is a directory\n",
		  ERR_SYNTAX },
		{ "no name", "@include b.conf\n",
		  "DIR/a.conf:1: @include names no file, expected @include "
		  "\"FILE\"\n",
		  ERR_SYNTAX },
		{ "half a name", "@include \"b.conf\n\"",
		  "DIR/a.conf:1: @include names no file, expected @include "
		  "\"FILE\"\n",
		  ERR_SYNTAX },
		{ "itself", "@include \"a.conf\"\n",
		  "DIR/a.conf:1: @include is file 9 within another, expected "
		  "at most 8\n",
		  ERR_SYNTAX },
	};
	static const char top[] = "name = 1;\n@include \"a.conf\" enabled = 2;"
				  "\ntrip = 3;";
	static const char b[] = "\ntimer_ms = 5;";
	struct config config;
	char found[2048];

	if (!write_file("top.conf", top, strlen(top)) ||
	    !write_file("b.conf", b, strlen(b)))
		return;
	for (size_t i = 0; i < N(rows); i++) {
		test_row(rows[i].what);
		if (!write_file("a.conf", rows[i].a, strlen(rows[i].a)))
			continue;
		CHECK(read_file("top.conf", &config, found, sizeof(found)) ==
		      rows[i].err);
		CHECK(strcmp(found, rows[i].errors) == 0);
	}
}

static void
files_that_cannot_be_read_are_named(void)
{
	struct config config;
	char found[2048];

	CHECK(read_file("none.conf", &config, found, sizeof(found)) == ERR_IO);
	CHECK(strcmp(found, "DIR/none.conf: cannot be read: No such file or "
			    "directory\n") == 0);
	CHECK(read_file("", &config, found, sizeof(found)) == ERR_IO);
	CHECK(strcmp(found, "DIR/: cannot be read: Is a directory\n") == 0);
	if (write_file("nul.conf", "any = 1;\n\0any = 2;", 17)) {
		CHECK(read_file("nul.conf", &config, found, sizeof(found)) ==
		      ERR_SYNTAX);
		CHECK(strcmp(found, "DIR/nul.conf: a NUL octet at byte 9, "
				    "expected text\n") == 0);
	}
}

static void
the_size_of_files_is_bounded(void)
{
	char *blanks = malloc(CONF_SOURCE_MAX);
	struct conf_errors errors;
	struct config config;
	char found[2048];

	memset(blanks, ' ', CONF_SOURCE_MAX);
	if (write_file("big.conf", blanks, CONF_SOURCE_MAX) &&
	    OK(read_file("big.conf", &config, found, sizeof(found))))
		conf_free(&config_table, &config);
	if (write_file("top.conf", "@include \"big.conf\"\n", 20)) {
		CHECK(read_file("top.conf", &config, found, sizeof(found)) ==
		      ERR_SYNTAX);
		CHECK(strcmp(found,
			     "DIR/top.conf:1: the configuration is over "
			     "4194304 bytes, expected at most that\n") == 0);
	}
	CHECK(conf_read_file("/dev/zero", &config_table, &config, &errors) ==
	      ERR_SYNTAX);
	if (CHECK(errors.n == 1))
		CHECK(strcmp(errors.lines[0], "/dev/zero: cannot be read: it "
					      "is over 4 MB") == 0);
	conf_errors_fini(&errors);
	free(blanks);
}

static const struct test tests[] = {
	{ "texts, comments and names are left alone",
	  texts_comments_and_names_are_left_alone, false },
	{ "files include files beside them", files_include_files, false },
	{ "errors name the included file and its line",
	  errors_name_the_included_file, false },
	{ "files that cannot be read are named",
	  files_that_cannot_be_read_are_named, false },
	{ "the size of files is bounded", the_size_of_files_is_bounded, true },
};

const struct test_suite suite_conf_source = TEST_SUITE("conf_source", tests);
