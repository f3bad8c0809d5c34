/* test_outfile.c - files that appear whole or not at all */
#include "cdr-tools/outfile.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/cdr_help.h"

static bool
is_there(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", test_dir(), name);
	return access(path, F_OK) == 0;
}

static void
files_appear_when_complete(void)
{
	struct outfile out;
	struct stat st;
	char path[256], *text;

	snprintf(path, sizeof(path), "%s/whole", test_dir());
	unlink(path);
	if (!OK(outfile_open(&out, test_dir(), "whole")))
		return;
	fputs("one\n", out.file);
	CHECK(!is_there("whole"));
	CHECK(OK(outfile_commit(&out)));
	CHECK(is_there("whole"));
	CHECK(!is_there("whole.tmp"));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 07) == 0);
	if (!OK(outfile_open(&out, test_dir(), "whole")))
		return;
	fputs("two\n", out.file);
	outfile_abort(&out);
	outfile_abort(&out); /* ended: nothing to do */
	CHECK(!is_there("whole.tmp"));
	text = cdr_read_file(path);
	CHECK(text != NULL && strcmp(text, "one\n") == 0);
	free(text);
}

static void
failures_are_told(void)
{
	struct outfile out;

	CHECK(outfile_open(&out, "/nowhere", "file") == ERR_IO);
	CHECK(errno == ENOENT);
	outfile_abort(&out);
	if (!OK(outfile_open(&out, test_dir(), "gone")))
		return;
	unlink(out.temporary);
	CHECK(outfile_commit(&out) == ERR_IO);
	CHECK(errno == ENOENT);
	CHECK(!is_there("gone"));
}

static void
a_full_disk_leaves_nothing(void)
{
	struct outfile out;

	if (access("/dev/full", W_OK) != 0) {
		test_skip("there is no /dev/full");
		return;
	}
	if (!OK(outfile_open(&out, test_dir(), "full")))
		return;
	fclose(out.file);
	out.file = fopen("/dev/full", "we");
	fputs("x", out.file);
	CHECK(outfile_commit(&out) == ERR_IO);
	CHECK(!is_there("full"));
	CHECK(!is_there("full.tmp"));
}

static void
names_cannot_leave_the_directory(void)
{
	static const struct {
		const char *account, *stem;
	} rows[] = {
		{ "acme", "acme" },
		{ "Acme-2.example_x", "Acme-2.example_x" },
		{ "../etc/x", "%2E.%2Fetc%2Fx" },
		{ ".hidden", "%2Ehidden" },
		{ "S\xC3\xB6hne & Co", "S%C3%B6hne%20%26%20Co" },
		{ "summary", "%73ummary" },
		{ "summary2", "summary2" },
		{ "acme-calls", "acme%2Dcalls" },
		{ "acme-credit", "acme%2Dcredit" },
		{ "acme-calls-2", "acme-calls-2" },
		{ "100%", "100%25" },
	};
	char stem[OUTFILE_STEM_MAX], text[OUTFILE_STEM_MAX];

	for (size_t i = 0; i < COUNT(rows); i++) {
		test_row(rows[i].account);
		CHECK(outfile_stem(str_of(rows[i].account), stem) == 0);
		CHECK(strcmp(stem, rows[i].stem) == 0);
	}
	memset(text, '/', sizeof(text));
	CHECK(outfile_stem(str_make(text, sizeof(text)), stem) == ERR_SPACE);
	CHECK(outfile_stem(str_make(text, 260), stem) == 0);
}

static const struct test tests[] = {
	{ "a file appears when it is complete", files_appear_when_complete,
	  false },
	{ "failures are told, with errno", failures_are_told, false },
	{ "a full disk leaves nothing behind", a_full_disk_leaves_nothing,
	  false },
	{ "names cannot leave the directory", names_cannot_leave_the_directory,
	  true },
};
const struct test_suite suite_outfile = TEST_SUITE("outfile", tests);
