/* quote.c - the price of one imaginary call */
#include "cdr-tools/quote.h"

#include <inttypes.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/seconds.h"

int
quote_price(const struct pricebook *book, uint32_t tariff, struct quote *quote)
{
	struct price_match match;

	quote->tariff = pricebook_tariff(book, tariff);
	quote->has_prefix = false;
	quote->err =
	    pricebook_find(book, tariff, &quote->number, quote->at, &match);
	if (quote->err != 0)
		return quote->err;
	quote->has_prefix = true;
	quote->prefix = match.prefix;
	quote->destination = pricebook_destination(book, match.now);
	quote->err = tariff_charge(quote->tariff, &match.rows, quote->at,
				   quote->duration_us, &quote->charge);
	return quote->err;
}

const char *
quote_error(int err)
{
	return err == ERR_NOPRICE ? "no price" : err_text(err);
}

static json_t *
money_json(money_e8 amount)
{
	char text[MONEY_TEXT_MAX];

	return json_string(money_format(amount, 0, text));
}

/* A stretch's amount to 1e-8; ERR_RANGE cannot be, the call's amount holds. */
static money_e8
line_amount(const struct charge_line *line)
{
	money_e8 amount = 0;

	(void)money_round_60(line->exact, 8, MONEY_HALF_UP, &amount);
	return amount;
}

static json_t *
lines_json(const struct charge *charge)
{
	json_t *lines = json_array();

	for (size_t i = 0; i < charge->n_lines && lines != NULL; i++) {
		const struct charge_line *line = &charge->lines[i];
		json_t *object = json_pack("{s:I,s:I,s:o,s:o}", "from_s",
					   (json_int_t)line->from_s, "seconds",
					   (json_int_t)line->seconds, "rate",
					   money_json(line->per_min), "amount",
					   money_json(line_amount(line)));

		if (json_array_append_new(lines, object) != 0) {
			json_decref(lines);
			return NULL;
		}
	}
	return lines;
}

static json_t *
price_json(const struct quote *quote, const char *prefix, const char *at)
{
	const struct charge *charge = &quote->charge;

	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:o,s:o,s:s,s:o}",
			 "tariff", quote->tariff->name, "number",
			 quote->number.digits, "at", at, "prefix", prefix,
			 "destination", quote->destination, "duration_us",
			 (json_int_t)quote->duration_us, "billed_s",
			 (json_int_t)charge->billed_s, "connect_fee",
			 money_json(charge->connect_fee), "amount",
			 money_json(charge->amount), "currency",
			 quote->tariff->currency, "lines", lines_json(charge));
}

json_t *
quote_json(const struct quote *quote)
{
	char prefix[PREFIX_MAX + 1] = "", at[TIMEFMT_MAX];

	time_format(quote->at, at);
	if (quote->has_prefix)
		prefix_format(quote->prefix, prefix);
	if (quote->err == 0)
		return price_json(quote, prefix, at);
	return json_pack("{s:s,s:s,s:s,s:s,s:s*,s:I}", "error",
			 quote_error(quote->err), "tariff", quote->tariff->name,
			 "number", quote->number.digits, "at", at, "prefix",
			 quote->has_prefix ? prefix : NULL, "duration_us",
			 (json_int_t)quote->duration_us);
}

static void
print_lines(const struct charge *charge, FILE *out)
{
	char rate[MONEY_TEXT_MAX], amount[MONEY_TEXT_MAX];

	if (charge->n_lines > 0)
		fprintf(out, "\n%8s %8s %14s %16s\n", "from", "seconds",
			"per minute", "amount");
	for (size_t i = 0; i < charge->n_lines; i++) {
		const struct charge_line *line = &charge->lines[i];

		fprintf(out, "%8" PRId64 " %8" PRId64 " %14s %16s\n",
			line->from_s, line->seconds,
			money_format(line->per_min, 2, rate),
			money_format(line_amount(line), 2, amount));
	}
	if (charge->connect_fee != 0)
		fprintf(out, "%17s %14s %16s\n", "", "connect fee",
			money_format(charge->connect_fee, 2, amount));
}

void
quote_print(const struct quote *quote, FILE *out)
{
	char prefix[PREFIX_MAX + 1], seconds[SECONDS_TEXT_MAX];
	char at[TIMEFMT_MAX], amount[MONEY_TEXT_MAX];
	const struct charge *charge = &quote->charge;

	time_format(quote->at, at);
	prefix_format(quote->prefix, prefix);
	fprintf(out, "number   %s at %s for %s s\n", quote->number.digits, at,
		seconds_format(quote->duration_us, seconds));
	fprintf(out, "tariff   %s\n", quote->tariff->name);
	fprintf(out, "prefix   %s%s%s\n",
		prefix[0] != '\0' ? prefix : "(everything)",
		quote->destination[0] != '\0' ? "  " : "", quote->destination);
	fprintf(out, "billed   %" PRId64 " s\n", charge->billed_s);
	fprintf(out, "amount   %s %s\n",
		money_format(charge->amount, 2, amount),
		quote->tariff->currency);
	print_lines(charge, out);
}
