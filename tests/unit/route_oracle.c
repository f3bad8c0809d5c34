/* route_oracle.c - the decision, found the long way */
#include <string.h>

#include "base/err.h"
#include "tests/unit/route_world.h"
#include "tests/unit/route_world_private.h"

#define DAY_S 86400

static bool
is_holiday(int tariff, int64_t day)
{
	return day == world_common_holiday ||
	       (tariff == 0 && day == world_own_holiday);
}

static bool
is_in_band(const struct world *world, const struct world_rate *rate, time_us t)
{
	const struct world_tariff *tariff = &world->tariffs[rate->tariff];
	int64_t day;
	int32_t second, hour;
	int weekday; /* 0 = Monday */

	zone_local(tariff->in_berlin ? world->berlin : NULL, t, &day, &second);
	weekday = (int)((day + 3) % 7);
	hour = second / 3600;
	switch (rate->band) {
	case WORLD_OFFICE:
		return weekday <= 4 && hour >= 8 && hour < 18;
	case WORLD_NIGHT:
		return (weekday <= 3 && hour >= 20) ||
		       (weekday >= 1 && weekday <= 4 && hour < 6);
	case WORLD_WEEKEND:
		return weekday >= 5;
	case WORLD_HOLIDAYS:
		return is_holiday(rate->tariff, day);
	case WORLD_ALWAYS:
	case WORLD_N_BANDS:
		break;
	}
	return true;
}

static int
class_of(enum world_band band)
{
	if (band == WORLD_HOLIDAYS)
		return 2;
	return band == WORLD_ALWAYS ? 0 : 1;
}

/* Whether a is the row that counts where b is in force too. */
static bool
is_stronger(const struct world_rate *a, const struct world_rate *b)
{
	if (a->from != b->from)
		return a->from > b->from;
	if (class_of(a->band) != class_of(b->band))
		return class_of(a->band) > class_of(b->band);
	return a->valid_from > b->valid_from;
}

/* The rows of a tariff and a prefix. */
struct rows {
	const struct world_rate *list[WORLD_RATES];
	int n;
};

static void
find_rows(const struct world *world, int tariff, const char *prefix,
	  struct rows *out)
{
	out->n = 0;
	for (int i = 0; i < world->n_rates; i++) {
		const struct world_rate *rate = &world->rates[i];

		if (rate->tariff == tariff && strcmp(rate->prefix, prefix) == 0)
			out->list[out->n++] = rate;
	}
}

/* The one in force. */
static const struct world_rate *
row_at(const struct world *world, const struct rows *rows, time_us t,
       int64_t second)
{
	const struct world_rate *best = NULL;

	for (int i = 0; i < rows->n; i++) {
		const struct world_rate *rate = rows->list[i];

		if (t < rate->valid_from || t >= rate->valid_until ||
		    rate->from > second || !is_in_band(world, rate, t))
			continue;
		if (best == NULL || is_stronger(rate, best))
			best = rate;
	}
	return best;
}

const struct world_rate *
world_find(const struct world *world, int tariff, const char *number, time_us t)
{
	for (size_t len = strlen(number) + 1; len-- > 0;) {
		char prefix[NUMBER_MAX + 1];
		const struct world_rate *rate;
		struct rows rows;

		memcpy(prefix, number, len);
		prefix[len] = '\0';
		find_rows(world, tariff, prefix, &rows);
		rate = row_at(world, &rows, t, 0);
		if (rate != NULL)
			return rate;
	}
	return NULL;
}

bool
world_price(const struct world *world, const struct world_rate *rate,
	    time_us answer, int64_t duration_s, int64_t *out)
{
	__int128 sum = (__int128)rate->fee * 60;
	int64_t billed = 0;
	int tier = -1;
	struct rows rows;

	*out = 0;
	if (!rate->is_sold)
		return false;
	if (duration_s <= rate->grace)
		return true;
	find_rows(world, rate->tariff, rate->prefix, &rows);
	for (const struct world_rate *row = rate;;) {
		int step = row->from > tier ? row->first : row->increment;
		const struct world_rate *next;

		tier = row->from > tier ? row->from : tier;
		sum += (__int128)row->per_min * step;
		billed += step;
		if (billed >= duration_s)
			break;
		next = row_at(world, &rows, answer + billed * US_PER_S, billed);
		if (next != NULL && next->is_sold)
			row = next;
	}
	*out = (int64_t)((sum + 30) / 60); /* no price is negative here */
	return true;
}

/* What a tariff costs a carrier, or an account. */
static void
price(const struct world *world, int tariff, const char *number, time_us at,
      int64_t duration_s, struct world_candidate *out)
{
	const char *routing = world_routing(world, number);

	if (routing != NULL && world->tariffs[tariff].by_ported)
		number = routing;
	*out = (struct world_candidate){ .excluded = PLAN_NOT_EXCLUDED };
	out->rate = world_find(world, tariff, number, at);
	if (out->rate == NULL)
		out->excluded = PLAN_NO_PREFIX;
	else if (out->rate->is_sold && duration_s > CHARGE_MAX_S)
		out->excluded = PLAN_NO_PRICE;
	else if (!world_price(world, out->rate, at, duration_s, &out->cost))
		out->excluded = PLAN_NOT_SOLD;
	else
		out->has_cost = true;
}

/* Where a ported number really is, the carrier sells, too. */
static enum plan_exclusion
reach(const struct world *world, int tariff, const char *number, time_us at)
{
	const char *routing = world_routing(world, number);
	const struct world_rate *rate;

	if (routing == NULL)
		return PLAN_NOT_EXCLUDED;
	rate = world_find(world, tariff, routing, at);
	if (rate == NULL)
		return PLAN_NO_PREFIX;
	return rate->is_sold ? PLAN_NOT_EXCLUDED : PLAN_NOT_SOLD;
}

/* What can be said of a carrier alone. */
static void
look_at_carrier(const struct world *world, int i, const char *number,
		time_us at, int64_t duration_s, struct world_candidate *out)
{
	const struct world_carrier *carrier = &world->carriers[i];

	*out = (struct world_candidate){ .excluded = PLAN_CARRIER_NO_TARIFF };
	if (carrier->tariff >= 0)
		price(world, carrier->tariff, number, at, duration_s, out);
	if (carrier->tariff >= 0 && out->has_cost)
		out->excluded = reach(world, carrier->tariff, number, at);
	out->has_cost =
	    out->has_cost && out->excluded == PLAN_NOT_EXCLUDED;
	if (!carrier->enabled)
		out->excluded = PLAN_CARRIER_DISABLED;
}

/* The currency that counts, NULL when it is nobody's. */
static const char *
currency_of(const struct world *world, int account,
	    const struct world_candidate *carriers)
{
	int first = -1;

	if (account >= 0 && world->accounts[account].tariff >= 0)
		return world->tariffs[world->accounts[account].tariff].currency;
	for (int i = 0; i < WORLD_CARRIERS; i++) {
		if (carriers[i].excluded != PLAN_NOT_EXCLUDED)
			continue;
		if (first < 0 || strcmp(world->carriers[i].name,
					world->carriers[first].name) < 0)
			first = i;
	}
	return first < 0
		   ? NULL
		   : world->tariffs[world->carriers[first].tariff].currency;
}

static enum plan_exclusion
look_at_margin(const struct world_account *payer, int64_t sell, int64_t cost)
{
	int64_t allowed = payer->has_loss     ? payer->loss
			  : payer->margin < 0 ? -payer->margin
					      : 0;

	if (payer->has_margin && sell - cost < payer->margin)
		return PLAN_MARGIN;
	/* the percentage left of the sale, both times 1e8 */
	if (payer->has_percent && sell > 0 &&
	    (__int128)(sell - cost) * 100 * MONEY_ONE <
		(__int128)payer->percent * sell)
		return PLAN_MARGIN_PERCENT;
	return cost - sell > allowed ? PLAN_LOSS : PLAN_NOT_EXCLUDED;
}

static bool
is_poor(const struct world *world, int carrier)
{
	int q[3];

	world_quality(world, carrier, q);
	return (q[0] != -1 && q[0] < world->carriers[carrier].min_asr) ||
	       (q[1] != -1 && q[1] < world->carriers[carrier].min_acd);
}

static enum plan_exclusion
look_at_sale(const struct world *world, const struct world_asked *asked, int carrier,
	     struct world_candidate *c, const struct world_plan *plan)
{
	const struct world_tariff *tariff =
	    &world->tariffs[world->carriers[carrier].tariff];

	c->has_value = world_convert(world, tariff->currency, asked->currency,
			       asked->at, c->cost, &c->value);
	if (world_is_blocked(world, asked, carrier))
		return PLAN_BLOCKED;
	if (is_poor(world, carrier))
		return PLAN_QUALITY;
	if (!c->has_value)
		return PLAN_CURRENCY;
	if (plan->err == ERR_NOPRICE)
		return PLAN_UNBILLABLE;
	if (!plan->has_sell)
		return PLAN_NOT_EXCLUDED;
	return look_at_margin(&world->accounts[asked->account], plan->sell,
			      c->value);
}

/* Of the words from one to another: both say something, and not the same. */
static bool
is_at_odds(const struct world_gateway *gateway, const bool *offers, int from,
	   int to)
{
	int takes = 0, has = 0, both = 0;

	for (int i = from; i < to; i++) {
		takes += gateway->takes[i];
		has += offers[i];
		both += gateway->takes[i] && offers[i];
	}
	return takes > 0 && has > 0 && both == 0;
}

static enum plan_exclusion
look_at_gateway(const struct world *world, const struct world_gateway *gateway,
		const struct world_call *call)
{
	const char *number = call->number;
	bool is_class = world_class_of(number) == world_class;

	if (!gateway->enabled)
		return PLAN_GATEWAY_DISABLED;
	if (gateway->is_off)
		return PLAN_GATEWAY_OFF;
	if (gateway->registers == REGISTERS_OR_DOWN && !gateway->is_registered)
		return PLAN_UNREGISTERED;
	if (gateway->health == HEALTH_DOWN)
		return PLAN_DOWN;
	if (is_class && gateway->class_health == HEALTH_DOWN)
		return PLAN_CLASS_DOWN;
	if (is_class && gateway->class_health == HEALTH_PROBING)
		return PLAN_ON_TRIAL; /* no trials of the class are left */
	if (gateway->health == HEALTH_PROBING && gateway->trials == 0)
		return PLAN_ON_TRIAL;
	if (gateway->capacity >= 0 &&
	    gateway->pending + gateway->answered >= gateway->capacity)
		return PLAN_CAPACITY;
	if (gateway->pause_s > 0)
		return PLAN_PAUSE;
	/* those that were sent came at once: one second's worth may */
	if (gateway->cps == 0 ||
	    (gateway->cps > 0 && gateway->calls_sent >= gateway->cps))
		return PLAN_CPS;
	if (!gateway->has_transport)
		return PLAN_TRANSPORT;
	if (call->account >= 0 && world->accounts[call->account].is_secure &&
	    !gateway->is_tls)
		return PLAN_INSECURE;
	if (is_at_odds(gateway, call->offers, 0, 2) ||
	    is_at_odds(gateway, call->offers, 2, 4) ||
	    is_at_odds(gateway, call->offers, 4, WORLD_MEDIA))
		return PLAN_MEDIA;
	return PLAN_NOT_EXCLUDED;
}

static void
sell(const struct world *world, int account, const char *number, time_us at,
     int64_t duration_s, struct world_plan *out)
{
	struct world_candidate sale;

	if (account < 0 || world->accounts[account].tariff < 0)
		return;
	price(world, world->accounts[account].tariff, number, at, duration_s,
	      &sale);
	out->has_sell = sale.has_cost;
	out->sell = sale.cost;
	if (!sale.has_cost)
		out->err = ERR_NOPRICE;
}

void
world_decide(const struct world *world, const struct world_call *call,
	     struct world_plan *out)
{
	int account = call->account;
	const char *number = call->number;
	time_us at = call->at;
	int64_t duration_s = call->duration_s;
	struct world_asked asked = { account, number, NULL, at };
	struct world_candidate carriers[WORLD_CARRIERS];
	bool takes[WORLD_CARRIERS];
	int64_t value[WORLD_CARRIERS];

	*out = (struct world_plan){ 0 };
	if (duration_s == 0)
		duration_s = world_expect(world, account, number);
	out->duration_s = duration_s;
	sell(world, account, number, at, duration_s, out);
	for (int i = 0; i < WORLD_CARRIERS; i++)
		look_at_carrier(world, i, number, at, duration_s, &carriers[i]);
	asked.currency = currency_of(world, account, carriers);
	for (int i = 0; i < WORLD_CARRIERS; i++) {
		if (carriers[i].excluded == PLAN_NOT_EXCLUDED)
			carriers[i].excluded = look_at_sale(
			    world, &asked, i, &carriers[i], out);
		takes[i] = carriers[i].excluded == PLAN_NOT_EXCLUDED;
		value[i] = carriers[i].value;
	}
	for (int i = 0; i < WORLD_GATEWAYS; i++) {
		const struct world_gateway *gateway = &world->gateways[i];

		out->candidates[i] = carriers[gateway->carrier];
		if (out->candidates[i].excluded == PLAN_NOT_EXCLUDED)
			out->candidates[i].excluded =
			    look_at_gateway(world, gateway, call);
	}
	world_order(world, account, call->max_hops, out, takes, value);
	if (out->err == 0 && out->n_hops == 0)
		out->err = ERR_NOROUTE;
}
