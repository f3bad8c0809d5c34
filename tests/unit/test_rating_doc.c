/* test_rating_doc.c - the examples of doc/rating.md, computed by hand */
#include <stdlib.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/deck.h"
#include "cdr-tools/quote.h"
#include "cdr-tools/seconds.h"
#include "tests/unit/cdr_help.h"

#define N_CELLS 6 /* number, at, duration, billed, amount, why */
#define MIN_EXAMPLES 60

struct examples {
	struct str rest; /* of the file */
	struct tariff like;
	char zone[64];
	struct pricebook *book;
	int n;
};

static struct str
next_line(struct examples *examples)
{
	return str_trim(str_cut(&examples->rest, '\n'));
}

/* One option of a list's heading: "--decimals 4". */
static void
take_option(struct examples *examples, struct str name, struct str *rest)
{
	struct tariff *like = &examples->like;
	enum duration_rounding duration;
	enum money_rounding rounding;
	uint64_t decimals;

	if (str_eq_text(name, "--allow-negative")) {
		like->allow_negative = true;
	} else if (str_eq_text(name, "--decimals")) {
		CHECK(str_parse_u64(str_cut(rest, ' '), 8, &decimals) == 0);
		like->decimals = (uint8_t)decimals;
	} else if (str_eq_text(name, "--rounding")) {
		CHECK(money_rounding_parse(str_cut(rest, ' '), &rounding) == 0);
		like->rounding = (uint8_t)rounding;
	} else if (str_eq_text(name, "--duration-rounding")) {
		CHECK(duration_rounding_parse(str_cut(rest, ' '), &duration) ==
		      0);
		like->duration_rounding = (uint8_t)duration;
	} else if (str_eq_text(name, "--minimum-charge")) {
		CHECK(money_parse(str_cut(rest, ' '), &like->minimum_charge) ==
		      0);
	} else {
		CHECK(str_eq_text(name, "--zone"));
		CHECK(str_copy(str_cut(rest, ' '), examples->zone,
			       sizeof(examples->zone)) == 0);
		like->zone_name = examples->zone;
	}
}

/* "### B `--decimals 4 --rounding up`" */
static void
take_heading(struct examples *examples, struct str line)
{
	struct str options;

	examples->like =
	    (struct tariff){ .currency = DECK_NO_CURRENCY, .decimals = 6 };
	(void)str_cut(&line, '`');
	options = str_cut(&line, '`');
	while (options.p != NULL && options.len > 0)
		take_option(examples, str_cut(&options, ' '), &options);
}

/* The lines up to the closing fence, as a file. */
static void
take_deck(struct examples *examples)
{
	const char *begin = examples->rest.p;
	const char *end = strstr(begin, "```");
	char path[256], error[STORE_ERROR_MAX], *text;

	if (end == NULL) {
		CHECK(end != NULL);
		return;
	}
	text = strndup(begin, (size_t)(end - begin));
	pricebook_free(examples->book);
	examples->book = NULL;
	OK(deck_load(db_file("deck.csv", text, path, sizeof(path)),
		     &examples->like, stdout, &examples->book, error));
	free(text);
	examples->rest = str_of(end + 3);
}

static void
check_price(const struct quote *quote, struct str billed, struct str amount)
{
	money_e8 expected = 0;
	int64_t seconds = 0;

	if (str_eq_text(amount, "no price")) {
		CHECK(quote->err == ERR_NOPRICE);
		return;
	}
	CHECK(quote->err == 0);
	CHECK(str_parse_i64(billed, 0, INT64_MAX, &seconds) == 0);
	CHECK(money_parse(amount, &expected) == 0);
	CHECK(quote->charge.billed_s == seconds);
	CHECK(quote->charge.amount == expected);
}

/* "| 4930... | 2026-... | 61 | 61 | 0.061 | why |" */
static void
take_example(struct examples *examples, struct str line)
{
	struct str cells[N_CELLS];
	char what[256];
	struct quote quote;

	(void)str_cut(&line, '|');
	for (size_t i = 0; i < N_CELLS; i++)
		cells[i] = str_trim(str_cut(&line, '|'));
	snprintf(what, sizeof(what), "%.*s, %.*s s: %.*s", STR_ARG(cells[0]),
		 STR_ARG(cells[2]), STR_ARG(cells[5]));
	test_row(what);
	CHECK(number_parse(cells[0], &quote.number) == 0);
	CHECK(time_parse(cells[1], &quote.at) == 0);
	CHECK(seconds_parse(cells[2], &quote.duration_us) == 0);
	quote_price(examples->book, 0, &quote);
	check_price(&quote, cells[3], cells[4]);
	test_row(NULL);
	examples->n++;
}

/* Tables of other parts of the page are not of a list. */
static void
end_lists(struct examples *examples)
{
	pricebook_free(examples->book);
	examples->book = NULL;
}

static void
take_line(struct examples *examples, struct str line)
{
	if (str_starts(line, "## "))
		end_lists(examples);
	else if (str_starts(line, "### "))
		take_heading(examples, line);
	else if (str_eq_text(line, "```csv"))
		take_deck(examples);
	else if (examples->book != NULL && str_starts(line, "| ") &&
		 !str_starts(line, "| number "))
		take_example(examples, line);
}

static void
examples_are_true(void)
{
	char path[512];
	char *text =
	    cdr_read_file(test_file("doc/rating.md", path, sizeof(path)));
	struct examples examples;

	memset(&examples, 0, sizeof(examples));
	examples.rest = str_of(text);
	CHECK(text != NULL);
	while (examples.rest.p != NULL)
		take_line(&examples, next_line(&examples));
	CHECK(examples.n >= MIN_EXAMPLES);
	pricebook_free(examples.book);
	free(text);
}

static const struct test tests[] = {
	{ "the examples of doc/rating.md are true", examples_are_true, true },
};
const struct test_suite suite_rating_doc = TEST_SUITE("rating_doc", tests);
