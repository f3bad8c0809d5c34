/* test_exposition.c - the text that Prometheus reads */
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "lcrproxy/exposition.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_exposition;

static bool
is_text(const struct exposition *out, const char *expected)
{
	return out->err == 0 && out->len == strlen(expected) &&
	       memcmp(out->text, expected, out->len) == 0;
}

static void
two_families(struct exposition *out)
{
	const struct metric_label labels[] = { { "carrier", "blue" },
					       { "gateway", "b1" } };

	exposition_family(out, "calls", METRIC_COUNTER, "All of them");
	exposition_add(out, "", labels, 2, 7);
	exposition_family(out, "age_seconds", METRIC_GAUGE, "How old");
	exposition_add_us(out, "", NULL, 0, 1500000);
	exposition_end(out);
}

static void
plain(void)
{
	struct exposition out;

	exposition_init(&out, false);
	two_families(&out);
	CHECK(is_text(&out,
		      "# HELP lcrproxy_calls_total All of them\n"
		      "# TYPE lcrproxy_calls_total counter\n"
		      "lcrproxy_calls_total{carrier=\"blue\",gateway=\"b1\"} 7\n"
		      "# HELP lcrproxy_age_seconds How old\n"
		      "# TYPE lcrproxy_age_seconds gauge\n"
		      "lcrproxy_age_seconds 1.500000\n"));
	exposition_fini(&out);
}

static void
openmetrics(void)
{
	struct exposition out;

	exposition_init(&out, true);
	two_families(&out);
	CHECK(is_text(&out,
		      "# HELP lcrproxy_calls All of them\n"
		      "# TYPE lcrproxy_calls counter\n"
		      "lcrproxy_calls_total{carrier=\"blue\",gateway=\"b1\"} 7\n"
		      "# HELP lcrproxy_age_seconds How old\n"
		      "# TYPE lcrproxy_age_seconds gauge\n"
		      "lcrproxy_age_seconds 1.500000\n"
		      "# EOF\n"));
	exposition_fini(&out);
}

static void
escaping(void)
{
	static const struct {
		const char *what, *value, *written;
	} rows[] = {
		{ "nothing", "", "" },
		{ "a quote", "a\"b", "a\\\"b" },
		{ "a backslash", "\\", "\\\\" },
		{ "a line feed", "a\nb", "a\\nb" },
		{ "all at the ends", "\"x\n", "\\\"x\\n" },
		{ "braces and commas", "{a=\"1\",b}", "{a=\\\"1\\\",b}" },
		{ "UTF-8", "M\xc3\xbcnchen", "M\xc3\xbcnchen" },
		{ "what is no UTF-8", "M\xfcnchen", "M?nchen" },
		{ "cut off", "x\xc3", "x?" },
		{ "no UTF-8, and a quote", "\"\xff\n\\", "????" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct metric_label label = { "l", rows[i].value };
		struct exposition out;
		char expected[200] = "lcrproxy_g{l=\"";
		const char *sample;

		test_row(rows[i].what);
		strcat(strcat(expected, rows[i].written), "\"} -1\n");
		exposition_init(&out, false);
		exposition_family(&out, "g", METRIC_GAUGE, "x");
		exposition_add(&out, "", &label, 1, -1);
		sample = out.err == 0 ? memmem(out.text, out.len, expected,
					       strlen(expected))
				      : NULL;
		CHECK(sample != NULL &&
		      sample + strlen(expected) == out.text + out.len);
		exposition_fini(&out);
	}
	test_row(NULL);
}

static void
help(void)
{
	struct exposition out;

	exposition_init(&out, false);
	exposition_family(&out, "g", METRIC_GAUGE, "a \"b\" \\ c\nd");
	CHECK(is_text(&out, "# HELP lcrproxy_g a \"b\" \\\\ c\\nd\n"
			    "# TYPE lcrproxy_g gauge\n"));
	exposition_fini(&out);
	exposition_init(&out, true);
	exposition_family(&out, "g", METRIC_GAUGE, "a \"b\"");
	CHECK(is_text(&out, "# HELP lcrproxy_g a \\\"b\\\"\n"
			    "# TYPE lcrproxy_g gauge\n"));
	exposition_fini(&out);
}

static void
numbers(void)
{
	struct exposition out;

	exposition_init(&out, false);
	exposition_family(&out, "s", METRIC_SUMMARY, "x");
	exposition_add_us(&out, "_sum", NULL, 0, INT64_MIN);
	exposition_add_us(&out, "_sum", NULL, 0, INT64_MAX);
	exposition_add_us(&out, "_sum", NULL, 0, -1);
	exposition_add(&out, "_count", NULL, 0, INT64_MIN);
	exposition_add(&out, "_count", NULL, 0, INT64_MAX);
	CHECK(is_text(&out, "# HELP lcrproxy_s x\n"
			    "# TYPE lcrproxy_s summary\n"
			    "lcrproxy_s_sum -9223372036854.775808\n"
			    "lcrproxy_s_sum 9223372036854.775807\n"
			    "lcrproxy_s_sum -0.000001\n"
			    "lcrproxy_s_count -9223372036854775808\n"
			    "lcrproxy_s_count 9223372036854775807\n"));
	exposition_fini(&out);
}

/* Over several doublings of its room. */
static void
long_ones(void)
{
	struct exposition out;
	const struct metric_label label = { "l", "0123456789" };

	exposition_init(&out, false);
	exposition_family(&out, "g", METRIC_GAUGE, "x");
	for (int i = 0; i < 10000; i++)
		exposition_add(&out, "", &label, 1, 1);
	if (OK(out.err)) {
		CHECK(out.len == strlen("# HELP lcrproxy_g x\n"
					"# TYPE lcrproxy_g gauge\n") +
				     10000 * strlen("lcrproxy_g{l=\"0123456789\"} 1\n"));
		CHECK(out.text[out.len - 1] == '\n');
	}
	exposition_fini(&out);
}

static void
too_long(void)
{
	static char value[1 << 20];
	struct exposition out;
	const struct metric_label label = { "l", value };

	memset(value, 'x', sizeof(value) - 1);
	exposition_init(&out, false);
	exposition_family(&out, "g", METRIC_GAUGE, "x");
	for (int i = 0; i < 70; i++)
		exposition_add(&out, "", &label, 1, 1);
	CHECK(out.err == ERR_LIMIT && out.len <= EXPOSITION_MAX);
	exposition_fini(&out);
}

static const struct test tests[] = {
	{ "the text format 0.0.4", plain, false },
	{ "OpenMetrics", openmetrics, false },
	{ "values of labels are escaped, and always UTF-8", escaping, false },
	{ "help is escaped as its format has it", help, false },
	{ "numbers are exact to the ends", numbers, false },
	{ "a long text grows", long_ones, false },
	{ "one that is too long is an error", too_long, true },
};
const struct test_suite suite_exposition = TEST_SUITE("exposition", tests);
