/* test_unpriced.c - calls without a price, counted */
#include "cdr-tools/unpriced.h"

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/cdr_help.h"

static int
add(struct unpriced *unpriced, const char *reason, const char *who,
    const char *destination, const char *number)
{
	return unpriced_add(unpriced, reason, str_of(who), str_of(destination),
			    str_of(number));
}

static void
groups_are_sorted_and_printed(void)
{
	static const char expected[] =
	    "  3 calls to Germany: no buy price (red)\n"
	    "  2 calls to +4930...: no sell price (retail)\n"
	    "  1 call to Germany: no buy price (blue)\n"
	    "  1 call: no number\n";
	struct unpriced unpriced;
	struct cdr_text out;
	int err = unpriced_init(&unpriced);

	for (int i = 0; i < 3 && err == 0; i++)
		err = add(&unpriced, "no buy price", "red", "Germany",
			  i == 0 ? "49" : "4989");
	if (err == 0)
		err = add(&unpriced, "no sell price", "retail", NULL,
			  "493012345");
	if (err == 0)
		err = add(&unpriced, "no sell price", "retail", "", "49309");
	if (err == 0)
		err = add(&unpriced, "no buy price", "blue", "Germany", "49");
	if (err == 0)
		err = add(&unpriced, "no number", NULL, NULL, NULL);
	if (!OK(err)) {
		unpriced_fini(&unpriced);
		return;
	}
	CHECK(unpriced.calls == 7);
	CHECK(unpriced.n == 4);
	cdr_text_open(&out);
	if (OK(unpriced_print(&unpriced, out.file, 10)))
		CHECK(strcmp(cdr_text_end(&out), expected) == 0);
	cdr_text_free(&out);
	cdr_text_open(&out);
	if (OK(unpriced_print(&unpriced, out.file, 2)))
		CHECK(strstr(cdr_text_end(&out),
			     "(retail)\n  2 more calls\n") != NULL);
	cdr_text_free(&out);
	unpriced_fini(&unpriced);
}

static void
groups_are_bounded(void)
{
	struct unpriced unpriced;
	char number[32], text[2000];

	memset(text, 'x', sizeof(text));
	if (!OK(unpriced_init(&unpriced)))
		return;
	for (int i = 0; i < UNPRICED_MAX_GROUPS + 5; i++) {
		snprintf(number, sizeof(number), "%d", i);
		if (!OK(add(&unpriced, "no buy price", number, "x", "")))
			break;
	}
	if (!OK(unpriced_add(&unpriced, "no buy price", str_of("0"),
			     str_of("x"), str_of(""))))
		return;
	CHECK(unpriced.n == UNPRICED_MAX_GROUPS);
	CHECK(unpriced.others == 5);
	CHECK(unpriced.calls == UNPRICED_MAX_GROUPS + 6);
	/* texts of any length are cut, not trusted */
	CHECK(unpriced_add(&unpriced, "no buy price",
			   str_make(text, sizeof(text)),
			   str_make(text, sizeof(text)), str_of("")) == 0);
	unpriced_fini(&unpriced);
}

static void
long_texts_are_cut(void)
{
	const struct unpriced_group **groups;
	struct unpriced unpriced;
	char text[2000];

	memset(text, 'x', sizeof(text));
	if (OK(unpriced_init(&unpriced)) &&
	    OK(unpriced_add(&unpriced, "no buy price",
			    str_make(text, sizeof(text)),
			    str_make(text, sizeof(text)), str_of(""))) &&
	    OK(unpriced_sort(&unpriced, &groups))) {
		CHECK(strlen(groups[0]->who) > 100);
		CHECK(strlen(groups[0]->destination) > 50);
		CHECK(strlen(groups[0]->who) + strlen(groups[0]->destination) <
		      512);
		mem_free(groups);
	}
	unpriced_fini(&unpriced);
}

static void
tallies_are_merged(void)
{
	struct unpriced all, one;

	memset(&one, 0, sizeof(one));
	if (OK(unpriced_init(&all)) && OK(unpriced_init(&one)) &&
	    OK(add(&all, "no buy price", "red", "x", "")) &&
	    OK(add(&one, "no buy price", "red", "x", "")) &&
	    OK(add(&one, "no buy price", "red", "x", "")) &&
	    OK(add(&one, "no account", "", "", "4930123"))) {
		one.others = 3;
		if (OK(unpriced_merge(&all, &one)))
			CHECK(all.n == 2 && all.calls == 7 && all.others == 3);
	}
	unpriced_fini(&one);
	unpriced_fini(&all);
}

static const struct test tests[] = {
	{ "tallies are merged", tallies_are_merged, false },
	{ "groups are sorted and printed", groups_are_sorted_and_printed,
	  false },
	{ "groups are bounded", groups_are_bounded, true },
	{ "long texts are cut", long_texts_are_cut, false },
};
const struct test_suite suite_unpriced = TEST_SUITE("unpriced", tests);
