/* cdr-rate-quote.c - cdr-rate quote: the price of imaginary calls */
#include <string.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "cdr-tools/cdr-rate.h"
#include "cdr-tools/deck.h"
#include "cdr-tools/quote.h"
#include "cdr-tools/seconds.h"

/* --decimals and --rounding. */
static int
parse_rounding(const struct rate_job *job, struct tariff *out)
{
	enum money_rounding rounding = MONEY_HALF_UP;
	uint64_t decimals = 6;

	if (job->decimals != NULL &&
	    str_parse_u64(str_of(job->decimals), 8, &decimals) != 0)
		return cli_usage(job->cli,
				 "--decimals is \"%s\", expected 0..8",
				 job->decimals);
	if (job->rounding != NULL &&
	    money_rounding_parse(str_of(job->rounding), &rounding) != 0)
		return cli_usage(job->cli,
				 "--rounding is \"%s\", expected half_up, up "
				 "or down",
				 job->rounding);
	out->decimals = (uint8_t)decimals;
	out->rounding = (uint8_t)rounding;
	return 0;
}

/* --duration-rounding and --minimum-charge. */
static int
parse_charge(const struct rate_job *job, struct tariff *out)
{
	enum duration_rounding rounding = DURATION_UP;

	if (job->duration_rounding != NULL &&
	    duration_rounding_parse(str_of(job->duration_rounding),
				    &rounding) != 0)
		return cli_usage(job->cli,
				 "--duration-rounding is \"%s\", expected up, "
				 "down, half_up or exact",
				 job->duration_rounding);
	out->duration_rounding = (uint8_t)rounding;
	if (job->minimum_charge == NULL)
		return 0;
	if (money_parse(str_of(job->minimum_charge), &out->minimum_charge) ==
		0 &&
	    out->minimum_charge >= 0)
		return 0;
	return cli_usage(job->cli,
			 "--minimum-charge is \"%s\", expected an amount of 0 "
			 "or more with up to 8 decimals",
			 job->minimum_charge);
}

/* --currency and --zone. */
static int
parse_place(const struct rate_job *job, struct tariff *out)
{
	const char *currency =
	    job->currency != NULL ? job->currency : DECK_NO_CURRENCY;
	struct zone *zone;

	if (strlen(currency) != 3 ||
	    strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return cli_usage(job->cli,
				 "--currency is \"%s\", expected three capital "
				 "letters (ISO 4217)",
				 currency);
	memcpy(out->currency, currency, 4);
	out->zone_name = job->zone != NULL ? job->zone : "UTC";
	if (zone_new(out->zone_name, &zone) != 0)
		return cli_usage(job->cli,
				 "--zone is \"%s\", expected an IANA name that "
				 "this system knows",
				 job->zone);
	zone_free(zone);
	out->allow_negative = job->allow_negative;
	return 0;
}

/* Which tariff of a rates file is meant. */
static int
choose(const struct rate_job *job, const struct pricebook *book,
       uint32_t *tariff)
{
	*tariff = 0;
	if (job->tariff != NULL)
		*tariff = pricebook_find_tariff(book, str_of(job->tariff));
	else if (pricebook_n_tariffs(book) != 1)
		return cli_usage(job->cli,
				 "%s has %zu tariffs, expected --tariff with "
				 "the name of one",
				 job->rates, pricebook_n_tariffs(book));
	if (*tariff != PRICEBOOK_NO_TARIFF)
		return 0;
	return cli_fail(job->cli, "tariff %s: not in %s", job->tariff,
			job->rates);
}

static int
load_deck(const struct rate_job *job, struct pricebook **book, uint32_t *tariff)
{
	struct tariff like = { .round_at = ROUND_AT_CALL };
	char error[STORE_ERROR_MAX];
	int status = parse_rounding(job, &like);

	if (status == 0)
		status = parse_charge(job, &like);
	if (status == 0)
		status = parse_place(job, &like);
	if (status == 0 && strcmp(job->rates, "-") == 0)
		status =
		    cli_usage(job->cli, "--rates is \"-\", expected a file");
	if (status != 0)
		return status;
	if (deck_load(job->rates, &like, stderr, book, error) != 0)
		return cli_fail(job->cli, "%s", error);
	return choose(job, *book, tariff);
}

static int
load_tariff(const struct rate_job *job, struct store *store,
	    struct pricebook **book, uint32_t *tariff)
{
	char error[STORE_ERROR_MAX];
	int err = store_begin(store);

	if (err != 0)
		return cli_fail(job->cli, "%s", store_error(store));
	err = pricebook_load(store, book, error);
	store_rollback(store);
	if (err != 0)
		return cli_fail(job->cli, "%s", error);
	*tariff = pricebook_find_tariff(*book, str_of(job->tariff));
	if (*tariff != PRICEBOOK_NO_TARIFF)
		return 0;
	return cli_fail(job->cli, "tariff %s: not in the store", job->tariff);
}

/* The prices to quote from. */
static int
load(const struct rate_job *job, struct pricebook **book, uint32_t *tariff)
{
	struct store *store;
	int status;

	if (job->rates != NULL)
		return load_deck(job, book, tariff);
	if (job->tariff == NULL)
		return cli_usage(job->cli,
				 "no prices given, expected --tariff or "
				 "--rates");
	if (job->decimals != NULL || job->rounding != NULL ||
	    job->duration_rounding != NULL || job->minimum_charge != NULL ||
	    job->zone != NULL || job->currency != NULL || job->allow_negative)
		return cli_usage(job->cli,
				 "--decimals, --rounding, --duration-rounding, "
				 "--minimum-charge, --zone, --currency and "
				 "--allow-negative belong to --rates: a tariff "
				 "of the store has its own");
	status =
	    tool_open_store(job->cli, &job->store, STORE_READ_ONLY, &store);
	if (status != 0)
		return status;
	status = load_tariff(job, store, book, tariff);
	store_close(store);
	return status;
}

static int
quote_file(const struct rate_job *job, const struct pricebook *book,
	   uint32_t tariff, time_us at)
{
	struct quote_calls calls = {
		.book = book, .tariff = tariff, .at = at, .out = stdout,
		.report = stderr
	};
	struct csv_error error;

	if (quote_calls(&calls, job->calls, &error) != 0) {
		fflush(stdout);
		return cli_fail(job->cli, "%s", error.text);
	}
	if (calls.bad > 0) {
		fflush(stdout);
		return cli_fail(job->cli,
				"%s: %llu rows could not be read, the others "
				"are priced",
				job->calls, (unsigned long long)calls.bad);
	}
	return tool_flush(job->cli);
}

static int
quote_one(const struct rate_job *job, const struct pricebook *book,
	  uint32_t tariff, struct quote *quote)
{
	int err = quote_price(book, tariff, quote);
	int status = CLI_OK;

	if (job->json)
		status = rate_put_json(job, quote_json(quote));
	else if (err == 0)
		quote_print(quote, stdout);
	if (status == CLI_OK)
		status = tool_flush(job->cli);
	if (err == 0 || status != CLI_OK)
		return status;
	return cli_fail(job->cli, "number %s: %s in tariff %s",
			quote->number.digits, quote_error(err),
			quote->tariff->name);
}

static int
parse_call(const struct rate_job *job, struct quote *out)
{
	if (job->number == NULL || job->duration == NULL)
		return cli_usage(job->cli,
				 "no call given, expected --number and "
				 "--duration, or --calls");
	if (number_parse(str_of(job->number), &out->number) != 0)
		return cli_usage(job->cli,
				 "--number is \"%s\", expected 1 to 15 digits "
				 "with or without '+'",
				 job->number);
	if (seconds_parse(str_of(job->duration), &out->duration_us) != 0)
		return cli_usage(job->cli,
				 "--duration is \"%s\", expected seconds with "
				 "up to 6 decimals",
				 job->duration);
	return 0;
}

/* --at, or now. */
static int
parse_at(const struct rate_job *job, time_us *out)
{
	struct clock clock;

	clock_init_system(&clock);
	*out = clock_wall(&clock);
	if (job->at == NULL || time_parse(str_of(job->at), out) == 0)
		return 0;
	return cli_usage(job->cli,
			 "--at is \"%s\", expected a time such as "
			 "2026-11-23T07:11:00Z",
			 job->at);
}

int
rate_quote_command(const struct rate_job *job)
{
	struct pricebook *book = NULL;
	struct quote quote;
	uint32_t tariff = PRICEBOOK_NO_TARIFF;
	int status = parse_at(job, &quote.at);

	if (status == 0 && job->calls == NULL)
		status = parse_call(job, &quote);
	else if (status == 0 && (job->number != NULL || job->duration != NULL))
		status = cli_usage(job->cli,
				   "--calls is given with --number or "
				   "--duration, expected one or the other");
	if (status == 0)
		status = load(job, &book, &tariff);
	if (status == 0 && job->calls != NULL)
		status = quote_file(job, book, tariff, quote.at);
	else if (status == 0)
		status = quote_one(job, book, tariff, &quote);
	pricebook_free(book);
	return status;
}
