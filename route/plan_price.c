/* plan_price.c - (a), (c) of the decision: what a call costs and may cost */
#include "base/err.h"
#include "route/plan_private.h"

#define PERCENT (100 * MONEY_ONE)

/* The first of: the query's own, the account's rule for the prefix, the
 * account's, the rule of everybody for the prefix, the configuration's. */
int64_t
plan_expect(const struct snapshot *snapshot, const struct plan_query *query)
{
	const struct prefix_rules *rules = snapshot_durations(snapshot);
	const struct account *account = query->account;
	const struct prefix_rule *rule = NULL;

	if (query->duration_s > 0)
		return query->duration_s;
	if (account != NULL)
		rule = prefix_rules_find(
		    rules, snapshot_account_index(snapshot, account),
		    &query->number);
	if (rule != NULL)
		return rule->value;
	if (account != NULL && account->expected_duration_s > 0)
		return account->expected_duration_s;
	rule = prefix_rules_find(rules, PREFIX_RULES_ALL, &query->number);
	if (rule != NULL)
		return rule->value;
	return query->default_duration_s > 0 ? query->default_duration_s
					     : PLAN_DURATION_S;
}

int64_t
plan_duration_us(int64_t seconds)
{
	return seconds <= CHARGE_MAX_S ? seconds * US_PER_S : INT64_MAX;
}

struct offer
plan_price(const struct pricebook *book, const struct price_match *match,
	   time_us at, int64_t duration_us)
{
	struct offer offer = { PLAN_NOT_EXCLUDED, 0 };
	struct charge charge;

	if (match->now == NULL)
		offer.excluded = PLAN_NO_PREFIX;
	else if (match->rows.terms[match->now->terms].not_sold)
		offer.excluded = PLAN_NOT_SOLD;
	else if (tariff_charge(pricebook_tariff(book, match->tariff),
			       &match->rows, at, duration_us, &charge) != 0 ||
		 money_round_60(charge.exact, 8, MONEY_HALF_UP,
				&offer.amount) != 0)
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
