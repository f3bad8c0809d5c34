/* route_oracle_rules.c - what the oracle knows of blocks, expected durations
 * and exchange rates */
#include <string.h>

#include "tests/unit/route_world.h"
#include "tests/unit/route_world_private.h"


enum number_class
world_class_of(const char *digits)
{
	struct number number;

	return number_parse(str_of(digits), &number) == 0
		   ? number_classify(&number)
		   : NUMBER_UNKNOWN;
}

static bool
holds_for(const struct world_rule *rule, const char *number)
{
	return strncmp(number, rule->prefix, strlen(rule->prefix)) == 0;
}

/* Of two that are about the call: longer, then of an account, then of a
 * class. */
static bool
is_closer(const struct world_rule *a, const struct world_rule *b)
{
	if (strlen(a->prefix) != strlen(b->prefix))
		return strlen(a->prefix) > strlen(b->prefix);
	if (a->account != b->account)
		return a->account != -1;
	return a->class != -1 && b->class == -1;
}

/* What the closest block with this carrier (-1: with none) says. */
static bool
is_barred(const struct world *world, const struct world_asked *asked, int carrier,
	  const char *number)
{
	const struct world_rule *best = NULL;
	int class = (int)world_class_of(asked->number);

	for (int i = 0; i < world->n_blocks; i++) {
		const struct world_rule *block = &world->blocks[i];

		if (holds_for(block, number) && block->carrier == carrier &&
		    (block->class == -1 || block->class == class) &&
		    (block->account == -1 ||
		     block->account == asked->account) &&
		    asked->at < block->until &&
		    (best == NULL || is_closer(block, best)))
			best = block;
	}
	return best != NULL && !best->is_allowed;
}

bool
world_is_blocked(const struct world *world, const struct world_asked *asked, int carrier)
{
	const char *routing = world_routing(world, asked->number);

	return is_barred(world, asked, -1, asked->number) ||
	       is_barred(world, asked, carrier, asked->number) ||
	       (routing != NULL && (is_barred(world, asked, -1, routing) ||
				    is_barred(world, asked, carrier, routing)));
}

/* The rule of one owner with the longest prefix: its seconds, or 0. */
static int
duration_of(const struct world_rule *list, int n, int account,
	    const char *number)
{
	const struct world_rule *best = NULL;

	for (int i = 0; i < n; i++) {
		const struct world_rule *rule = &list[i];

		if (rule->account == account && holds_for(rule, number) &&
		    (best == NULL ||
		     strlen(rule->prefix) > strlen(best->prefix)))
			best = rule;
	}
	return best != NULL ? best->seconds : 0;
}

int64_t
world_expect(const struct world *world, int account, const char *number)
{
	const struct world_rule *said = world->durations;
	const struct world_rule *seen = world->measured;
	int n_said = world->n_durations, n_seen = world->n_measured;
	int in_order[6] = { 0 };

	if (account >= 0) {
		in_order[0] = duration_of(said, n_said, account, number);
		in_order[1] = world->accounts[account].expected_s;
		in_order[2] = duration_of(seen, n_seen, account, number);
	}
	in_order[3] = duration_of(said, n_said, -1, number);
	in_order[4] = duration_of(seen, n_seen, -1, number);
	for (int i = 0; i < 5; i++) {
		if (in_order[i] > 0)
			return in_order[i];
	}
	return PLAN_DURATION_S;
}

/* The last rate of a pair that has begun, or 0. */
static int64_t
exchange_at(const struct world *world, const char *from, const char *to,
	    time_us at)
{
	const struct world_exchange *best = NULL;
	int64_t day = at / (24 * 3600 * US_PER_S); /* at > 0 */

	for (int i = 0; i < world->n_exchanges; i++) {
		const struct world_exchange *x = &world->exchanges[i];

		if (x->from == from && x->to == to && x->day <= day &&
		    (best == NULL || x->day > best->day))
			best = x;
	}
	return best != NULL ? best->rate : 0;
}

/* times / by is what one unit of from is worth, by the pair's own rates. */
static bool
worth(const struct world *world, const char *from, const char *to, time_us at,
      __int128 *times, __int128 *by)
{
	int64_t there = exchange_at(world, from, to, at);
	int64_t back = exchange_at(world, to, from, at);

	*times = there > 0 ? there : MONEY_ONE;
	*by = there > 0 ? MONEY_ONE : back;
	return there > 0 || back > 0;
}

/* False without an exchange rate, also by way of another currency. */
bool
world_convert(const struct world *world, const char *from, const char *to,
	time_us at, int64_t amount, int64_t *out)
{
	__int128 times, by, more_times, more_by;
	bool found;

	*out = amount;
	if (from == to)
		return true;
	found = worth(world, from, to, at, &times, &by);
	for (int i = 0; i < WORLD_CURRENCIES && !found; i++) {
		const char *third = world_currencies[i];

		if (third == from || third == to ||
		    !worth(world, from, third, at, &times, &by) ||
		    !worth(world, third, to, at, &more_times, &more_by))
			continue;
		times *= more_times;
		by *= more_by;
		found = true;
	}
	if (found)
		*out = (int64_t)(((__int128)amount * times * 2 + by) / by / 2);
	return found;
}
