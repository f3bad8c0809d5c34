/* plan_price.c - (a), (c) of the decision: what a call costs and may cost */
#include "base/err.h"
#include "route/plan_private.h"

#define PERCENT (100 * MONEY_ONE)

/* The seconds of the owner's rule with the longest prefix; 0 without. */
static int64_t
seconds_of(const struct prefix_rules *rules, uint32_t owner,
	   const struct number *number)
{
	const struct prefix_rule *rule =
	    prefix_rules_find(rules, owner, number);

	return rule != NULL ? rule->value : 0;
}

/* The first of: the query's own, the account's rule for the prefix, the
 * account's, what was measured of it, the rule of everybody for the prefix,
 * what was measured of everybody, the configuration's. */
int64_t
plan_expect(const struct snapshot *snapshot, const struct plan_query *query)
{
	const struct prefix_rules *rules = snapshot_durations(snapshot);
	const struct prefix_rules *measured =
	    snapshot_measured_durations(snapshot);
	const struct account *account = query->account;
	const struct number *number = &query->number;
	int64_t seconds = query->duration_s;
	uint32_t owner = 0;

	if (account != NULL)
		owner = snapshot_account_index(snapshot, account);
	if (seconds <= 0 && account != NULL)
		seconds = seconds_of(rules, owner, number);
	if (seconds <= 0 && account != NULL)
		seconds = account->expected_duration_s;
	if (seconds <= 0 && account != NULL)
		seconds = seconds_of(measured, owner, number);
	if (seconds <= 0)
		seconds = seconds_of(rules, PREFIX_RULES_ALL, number);
	if (seconds <= 0)
		seconds = seconds_of(measured, PREFIX_RULES_ALL, number);
	if (seconds <= 0)
		seconds = query->default_duration_s;
	return seconds > 0 ? seconds : PLAN_DURATION_S;
}

int64_t
plan_duration_us(int64_t seconds)
{
	return seconds <= CHARGE_MAX_S ? seconds * US_PER_S : INT64_MAX;
}

const struct number *
plan_rated_number(const struct pricebook *book, uint32_t tariff,
		  const struct number *number, const struct number *routing)
{
	return routing->len > 0 && pricebook_tariff(book, tariff)->by_ported
		   ? routing
		   : number;
}

enum plan_exclusion
plan_sells(const struct price_match *match)
{
	if (match->now == NULL)
		return PLAN_NO_PREFIX;
	return match->rows.terms[match->now->terms].not_sold
		   ? PLAN_NOT_SOLD
		   : PLAN_NOT_EXCLUDED;
}

struct offer
plan_price(const struct pricebook *book, const struct price_match *match,
	   time_us at, int64_t duration_us)
{
	struct offer offer = { plan_sells(match), 0 };
	struct charge charge;

	if (offer.excluded == PLAN_NOT_EXCLUDED &&
	    (tariff_charge(pricebook_tariff(book, match->tariff),
			   &match->rows, at, duration_us, &charge) != 0 ||
	     money_round_60(charge.exact, 8, MONEY_HALF_UP, &offer.amount) !=
		 0))
		offer.excluded = PLAN_NO_PRICE;
	return offer;
}

enum plan_exclusion
plan_check_margin(const struct account *account, money_e8 sell, money_e8 cost)
{
	__int128 margin = (__int128)sell - cost;

	if (account->has_min_margin && margin < account->min_margin)
		return PLAN_MARGIN;
	/* of a sale below 0 there is no percentage to ask for */
	if (account->has_min_margin_percent && sell > 0 &&
	    margin * PERCENT < (__int128)sell * account->min_margin_percent)
		return PLAN_MARGIN_PERCENT;
	if (margin < -(__int128)account->max_loss)
		return PLAN_LOSS;
	return PLAN_NOT_EXCLUDED;
}
