/* test_quote_calls.c - the prices of the calls in a CSV file */
#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/deck.h"
#include "cdr-tools/quote.h"
#include "tests/unit/cdr_help.h"

struct job {
	struct pricebook *book;
	struct cdr_text out;
	struct csv_error error;
	struct quote_calls calls;
};

/* Quote the calls of a file of that text, by 0.06 a minute to 49. */
static int
quote(struct job *job, const char *text)
{
	static const struct tariff tariff = { .name = "test",
					      .currency = "EUR",
					      .decimals = 6 };
	struct pricebook_row row = {
		.per_min = 6000000,
		.destination = { "Germany", 7 },
		.terms = { .first_increment_s = 1,
			   .increment_s = 1,
			   .valid_from = INT64_MIN,
			   .valid_until = INT64_MAX },
	};
	char path[256];
	int err;

	memset(job, 0, sizeof(*job));
	CHECK(prefix_parse(str_of("49"), &row.prefix) == 0);
	err = pricebook_build(&tariff, 1, &row, 1, &job->book);
	cdr_text_open(&job->out);
	job->calls.book = job->book;
	job->calls.out = job->out.file;
	job->calls.report = job->out.file;
	if (err == 0)
		err = quote_calls(
		    &job->calls, db_file("calls.csv", text, path, sizeof(path)),
		    &job->error);
	cdr_text_end(&job->out);
	return err;
}

static void
end(struct job *job)
{
	pricebook_free(job->book);
	cdr_text_free(&job->out);
}

static size_t
count_lines(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

static void
each_call_is_a_line(void)
{
	struct job job;

	if (OK(quote(&job, "at,number,duration,note\n"
			   "2026-11-23T12:00:00Z,+4930,60,x\n"
			   ",7812,1,y\n"
			   ", 49 ,1.5 ,z\n"))) {
		CHECK(job.calls.priced == 2);
		CHECK(job.calls.unpriced == 1);
		CHECK(count_lines(job.out.text) == 4);
		CHECK(strstr(job.out.text, "calls.csv:1: note: column "
					   "\"note\" is not known") != NULL);
		CHECK(strstr(job.out.text,
			     "\"at\":\"2026-11-23T12:00:00Z\",\"prefix\":"
			     "\"49\",\"destination\":\"Germany\","
			     "\"duration_us\":60000000,\"billed_s\":60") !=
		      NULL);
		CHECK(strstr(job.out.text, "\n{\"error\":\"no price\"") !=
		      NULL);
		CHECK(strstr(job.out.text, "\"at\":\"1970-01-01T00:00:00Z\"") !=
		      NULL);
		CHECK(strstr(job.out.text, "\"billed_s\":2") != NULL);
	}
	end(&job);
}

/* Each is told, has its line, and the others are priced. */
static void
bad_rows_are_left_out(void)
{
	static const char text[] = "number,duration,at\n49,1,\n49,x,\n,1,\n"
				   "49,1,noon\n49\n49,2,\n";
	static const char *const told[] = {
		"calls.csv:3: duration: \"x\", expected seconds",
		"calls.csv:4: number: \"\", expected 1 to 15 digits",
		"calls.csv:5: at: \"noon\", expected a time",
		"calls.csv:6: 1 fields, expected 3",
	};
	struct job job;

	if (OK(quote(&job, text))) {
		CHECK(job.calls.priced == 2 && job.calls.bad == COUNT(told));
		CHECK(count_lines(job.out.text) == 2 + 2 * COUNT(told));
		for (size_t i = 0; i < COUNT(told); i++) {
			test_row(told[i]);
			CHECK(strstr(job.out.text, told[i]) != NULL);
		}
	}
	end(&job);
}

static void
bad_files_end_it(void)
{
	static const struct {
		const char *text, *error;
		size_t lines;
	} rows[] = {
		{ "number,at\n49,\n", "calls.csv:1: duration: no such column",
		  0 },
		{ "duration\n1\n", "calls.csv:1: number: no such column", 0 },
		{ "number,duration\n49,1\n\"49,x\n",
		  "calls.csv:3: a quote is left open", 1 },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct job job;

		test_row(rows[i].error);
		CHECK(quote(&job, rows[i].text) == ERR_SYNTAX);
		CHECK(strstr(job.error.text, rows[i].error) != NULL);
		CHECK(count_lines(job.out.text) == rows[i].lines);
		end(&job);
	}
}

static const struct test tests[] = {
	{ "each call of a file is one line", each_call_is_a_line, false },
	{ "a row that is wrong is left out, with its place",
	  bad_rows_are_left_out, false },
	{ "a file that is none ends it", bad_files_end_it, true },
};
const struct test_suite suite_quote_calls = TEST_SUITE("quote_calls", tests);
