/* rate.c - what one call costs: the account's side and the carrier's side */
#include "cdr-tools/rate.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tel/cdr.h"

static const char *const why_texts[][2] = {
	/* buy, sell */
	[RATE_PRICED] = { NULL, NULL },
	[RATE_NO_NUMBER] = { "no number", "no number" },
	[RATE_NO_PARTY] = { "no carrier", "no account" },
	[RATE_UNKNOWN_PARTY] = { "carrier is not known",
				 "account is not known" },
	[RATE_NO_TARIFF] = { "carrier has no tariff", "account has no tariff" },
	[RATE_NO_PRICE] = { "no buy price", "no sell price" },
	[RATE_NEGATIVE] = { "negative duration", "negative duration" },
	[RATE_OUT_OF_RANGE] = { "buy amount out of range",
				"sell amount out of range" },
};

const char *
rate_why_text(bool is_sell, enum rate_why why)
{
	return why_texts[why][is_sell];
}

static enum rate_why
why_of(int err)
{
	switch (err) {
	case 0:
		return RATE_PRICED;
	case ERR_NOPRICE:
		return RATE_NO_PRICE;
	case ERR_INVAL:
		return RATE_NEGATIVE;
	default:
		return RATE_OUT_OF_RANGE;
	}
}

/* What a record is priced by; ported is the dialled one when there is none. */
struct numbers {
	struct number dialled, ported;
};

/* One side on its way to a price. */
struct side {
	struct rate_side *out;
	uint32_t tariff; /* of the price book, when out->why is RATE_NO_PRICE */
	const struct number *number;
	struct price_match match; /* now is NULL without one */
};

/* By what the side is priced: why is RATE_NO_PRICE until a price is found. */
static void
find_tariff(const struct pricebook *book, const struct party_list *list,
	    struct str name, const struct numbers *numbers, struct side *side)
{
	const struct party *party;
	const struct tariff *tariff;

	side->out->why = RATE_NO_PARTY;
	if (name.p == NULL || name.len == 0)
		return;
	party = party_find(list, name);
	side->out->why = party == NULL ? RATE_UNKNOWN_PARTY : RATE_NO_TARIFF;
	if (party == NULL || party->tariff == PRICEBOOK_NO_TARIFF)
		return;
	side->out->why = RATE_NO_PRICE;
	side->tariff = party->tariff;
	tariff = pricebook_tariff(book, party->tariff);
	side->out->tariff = tariff->name;
	side->number = tariff->by_ported ? &numbers->ported : &numbers->dialled;
}

/* The rows of both sides: one walk over the prefixes of the number, nearly
 * always, for that is what misses the caches. */
static void
find_rows(const struct pricebook *book, time_us answer, struct side *a,
	  struct side *b)
{
	bool has_a = a->out->why == RATE_NO_PRICE;
	bool has_b = b->out->why == RATE_NO_PRICE;

	if (has_a && has_b && a->number == b->number &&
	    a->tariff != b->tariff) {
		struct side *low = a->tariff < b->tariff ? a : b;
		struct side *high = low == a ? b : a;
		const uint32_t tariffs[] = { low->tariff, high->tariff };
		struct price_match found[2];

		pricebook_find_each(book, a->number, answer, tariffs, 2, found);
		low->match = found[0];
		high->match = found[1];
		return;
	}
	if (has_a)
		(void)pricebook_find(book, a->tariff, a->number, answer,
				     &a->match);
	if (has_b)
		(void)pricebook_find(book, b->tariff, b->number, answer,
				     &b->match);
}

/* The price of a side that has rows. */
static void
price(const struct pricebook *book, const struct rate_call *call,
      struct charge *charge, const struct side *side)
{
	struct rate_side *out = side->out;
	const struct tariff *list;
	int err;

	if (out->why != RATE_NO_PRICE || side->match.now == NULL)
		return;
	list = pricebook_tariff(book, side->tariff);
	out->has_prefix = true;
	out->prefix = side->match.prefix;
	out->destination = pricebook_destination(book, side->match.now);
	err = tariff_charge(list, &side->match.rows, call->answer,
			    call->duration_us, charge);
	out->why = why_of(err);
	if (err != 0)
		return;
	out->currency = list->currency;
	out->rate = charge->first->per_min;
	out->seconds = charge->billed_s;
	out->amount = charge->amount;
	out->rounds_at_bill = list->round_at == ROUND_AT_BILL;
	out->rest_60 = charge->rest_60;
}

/* Whether the call went where nobody charges us: over IP, or to one of our
 * own. */
static bool
needs_no_carrier(const struct rate_call *call)
{
	return call->carrier.len == 0 &&
	       (str_eq_text(call->route_source, cdr_source_text(CDR_ENUM)) ||
		str_eq_text(call->route_source, cdr_source_text(CDR_LOCAL)) ||
		str_eq_text(call->route_source, cdr_source_text(CDR_FOREIGN)));
}

/* A call to a user of ours, a domain, an ISN: there is no number to price by and
 * nothing to pay. The account's tariff says in which currency. */
static void
take_for_nothing(const struct pricebook *book, const struct parties *parties,
		 const struct rate_call *call, const struct numbers *numbers,
		 struct side *sell)
{
	struct rate_side *out = sell->out;

	find_tariff(book, &parties->accounts, call->account, numbers, sell);
	if (out->why != RATE_NO_PRICE)
		return;
	out->why = RATE_PRICED;
	out->is_free = true;
	out->currency = pricebook_tariff(book, sell->tariff)->currency;
	out->destination = RATE_NO_NUMBER_DESTINATION;
}

/* A gateway that announced itself, of a carrier that asks for nothing: routes
 * without a price are only offered where that is allowed (doc/trip.md). */
static bool
is_unpriced(const struct rate_call *call, const struct rate_side *buy)
{
	return buy->why == RATE_NO_TARIFF &&
	       str_eq_text(call->route_source, cdr_source_text(CDR_TRIP));
}

static void
set_margin(const struct exchange *exchange, time_us answer, struct rating *out)
{
	const char *to = out->sell.currency;
	const char *from = out->buy.is_free ? to : out->buy.currency;
	money_e8 cost;
	int err;

	if (out->sell.why != RATE_PRICED || out->buy.why != RATE_PRICED)
		return;
	err = exchange_convert(exchange, out->buy.amount, from, to, answer,
			       &cost);
	out->no_exchange = err == ERR_NOTFOUND;
	out->has_margin = err == 0 && !__builtin_sub_overflow(
					  out->sell.amount, cost, &out->margin);
}

static bool
has_text(const char *text)
{
	return text != NULL && *text != '\0';
}

void
rate_call(const struct pricebook *book, const struct parties *parties,
	  const struct rate_call *call, struct charge *charge,
	  struct rating *out)
{
	struct side sell = { .out = &out->sell }, buy = { .out = &out->buy };
	struct numbers numbers;
	bool is_number = call->number.p != NULL &&
			 number_parse(call->number, &numbers.dialled) == 0;

	memset(out, 0, sizeof(*out));
	out->sell.why = RATE_NO_NUMBER;
	out->buy.why = RATE_NO_NUMBER;
	if (is_number && (call->ported_to.len == 0 ||
			  number_parse(call->ported_to, &numbers.ported) != 0))
		numbers.ported = numbers.dialled;
	if (is_number)
		find_tariff(book, &parties->accounts, call->account, &numbers,
			    &sell);
	if (needs_no_carrier(call)) {
		if (call->number.len == 0)
			take_for_nothing(book, parties, call, &numbers, &sell);
		out->buy.why = RATE_PRICED;
		out->buy.is_free = true;
	} else if (is_number) {
		find_tariff(book, &parties->carriers, call->carrier, &numbers,
			    &buy);
		if (is_unpriced(call, &out->buy)) {
			out->buy.why = RATE_PRICED;
			out->buy.is_free = true;
		}
	}
	find_rows(book, call->answer, &sell, &buy);
	price(book, call, charge, &sell);
	price(book, call, charge, &buy);
	if (has_text(out->sell.destination))
		out->destination = out->sell.destination;
	else if (has_text(out->buy.destination))
		out->destination = out->buy.destination;
	set_margin(&parties->exchange, call->answer, out);
}

/* What the sides together say, when each of them is priced. */
static const char *
pair_text(const struct rating *rating)
{
	if (rating->has_margin || rating->sell.why != RATE_PRICED ||
	    rating->buy.why != RATE_PRICED)
		return NULL;
	if (rating->no_exchange)
		return "no exchange rate";
	return "margin out of range";
}

const char *
rate_note(const struct rating *rating, char out[RATE_NOTE_MAX])
{
	const char *sell = rate_why_text(true, rating->sell.why);
	const char *buy = rate_why_text(false, rating->buy.why);
	const char *pair = pair_text(rating);

	if (sell != NULL && buy != NULL && strcmp(sell, buy) == 0)
		buy = NULL; /* one reason for both */
	if (pair != NULL)
		sell = pair;
	snprintf(out, RATE_NOTE_MAX, "%s%s%s", sell != NULL ? sell : "",
		 sell != NULL && buy != NULL ? "; " : "",
		 buy != NULL ? buy : "");
	return out;
}
