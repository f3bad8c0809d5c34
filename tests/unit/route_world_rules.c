/* route_world_rules.c - what random worlds know beyond prices */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/route_world.h"
#include "tests/unit/route_world_private.h"

const enum number_class world_class = NUMBER_SHORT;

const char *const world_currencies[WORLD_CURRENCIES] = { "EUR", "USD", "GBP" };

const char *const world_media[WORLD_MEDIA] = { "rtp",  "srtp", "ip4", "ip6",
					       "pcma", "g729", "opus" };

/* By enum gateway_registers. */
const char *const world_registers[] = { "no", "yes", "required" };

#define MINUTE_US (60 * US_PER_S)
#define DAY_US (24 * 60 * MINUTE_US)

const char *
world_media_text(const bool *words, char out[64])
{
	out[0] = '\0';
	for (int i = 0; i < WORLD_MEDIA; i++) {
		if (words[i]) {
			strcat(out, world_media[i]);
			strcat(out, " ");
		}
	}
	return out;
}

const char *
world_routing(const struct world *world, const char *number)
{
	for (int i = 0; i < world->n_ported; i++) {
		if (strcmp(world->ported[i].number, number) == 0)
			return world->ported[i].routing;
	}
	return NULL;
}

static void
make_exchange(struct world *world, struct world_exchange *out)
{
	int64_t from = world_below(world, WORLD_CURRENCIES);
	int64_t to = from + 1 + world_below(world, WORLD_CURRENCIES - 1);

	out->from = world_currencies[from];
	out->to = world_currencies[to % WORLD_CURRENCIES];
	out->rate = MONEY_ONE / 2 + world_below(world, MONEY_ONE);
	out->day = world_one_in(world, 4) ? 0 : world_time(world) / DAY_US;
}

static bool
is_exchange_taken(const struct world *world, const struct world_exchange *x)
{
	for (int i = 0; i < world->n_exchanges; i++) {
		if (world->exchanges[i].from == x->from &&
		    world->exchanges[i].to == x->to &&
		    world->exchanges[i].day == x->day)
			return true;
	}
	return false;
}

static void
make_rule(struct world *world, struct world_rule *out)
{
	*out = (struct world_rule){ .account = -1, .carrier = -1, .class = -1 };
	if (!world_one_in(world, 3))
		out->account = (int)world_below(world, WORLD_ACCOUNTS);
	out->seconds = 1 + (int)world_below(world, 600);
	world_put_digits(world, out->prefix, world_below(world, 4), 3);
}

/* Whether it is about what one of the n of the list is about. */
static bool
is_ruled(const struct world_rule *list, int n, const struct world_rule *rule)
{
	for (int i = 0; i < n; i++) {
		if (list[i].account == rule->account &&
		    list[i].carrier == rule->carrier &&
		    list[i].class == rule->class &&
		    strcmp(list[i].prefix, rule->prefix) == 0)
			return true;
	}
	return false;
}

static void
make_blocks(struct world *world)
{
	for (int i = 0; i < WORLD_BLOCKS; i++) {
		struct world_rule rule;

		make_rule(world, &rule);
		if (rule.prefix[0] == '\0' || world_one_in(world, 2))
			rule.carrier = (int)world_below(world, WORLD_CARRIERS);
		if (world_one_in(world, 3))
			rule.class = world_class;
		rule.is_allowed = world_one_in(world, 3);
		rule.until = world_one_in(world, 4) ? world_time(world)
						    : INT64_MAX;
		if (!is_ruled(world->blocks, world->n_blocks, &rule))
			world->blocks[world->n_blocks++] = rule;
	}
}

static void
make_durations(struct world *world, struct world_rule *list, int *n)
{
	for (int i = 0; i < WORLD_RULES; i++) {
		struct world_rule rule;

		make_rule(world, &rule);
		if (!is_ruled(list, *n, &rule))
			list[(*n)++] = rule;
	}
}

/* The numbers are those that calls go to. */
static void
make_ported(struct world *world)
{
	for (int i = 0; i < WORLD_PORTED; i++) {
		struct world_ported *ported = &world->ported[world->n_ported];

		world_put_digits(world, ported->number,
				 2 + world_below(world, 2), 3);
		world_put_digits(world, ported->routing,
				 2 + world_below(world, 6), 3);
		world->n_ported +=
		    world_routing(world, ported->number) == NULL;
	}
}

/* Each carrier has a luck of its own, from two hours ago till now. */
static void
measure(struct world *world, struct world_carrier *carrier)
{
	int64_t luck = 1 + world_below(world, 5);
	time_us at;

	carrier->min_asr = world_one_in(world, 4) ? 30 : -1;
	carrier->min_acd = world_one_in(world, 4) ? 150 : -1;
	carrier->n_events = (int)world_below(world, WORLD_EVENTS + 1);
	at = world->now - carrier->n_events * MINUTE_US * 5 / 4;
	for (int i = 0; i < carrier->n_events; i++) {
		struct world_event *event = &carrier->events[i];

		at += world_below(world, 2 * MINUTE_US);
		if (at > world->now)
			at = world->now;
		event->at = at;
		event->is_attempt = !world_one_in(world, 3);
		event->is_answered = world_one_in(world, luck);
		event->value = (int)world_below(world, 200 * luck);
		if (event->is_attempt && world_one_in(world, 6))
			event->value = -1;
	}
}

void
world_make_rules(struct world *world)
{
	world->now = world_time(world);
	for (int i = 0; i < WORLD_EXCHANGES; i++) {
		struct world_exchange exchange;

		make_exchange(world, &exchange);
		if (world_one_in(world, 2) &&
		    !is_exchange_taken(world, &exchange))
			world->exchanges[world->n_exchanges++] = exchange;
	}
	make_blocks(world);
	make_durations(world, world->durations, &world->n_durations);
	make_durations(world, world->measured, &world->n_measured);
	make_ported(world);
	for (int i = 0; i < WORLD_CARRIERS; i++)
		measure(world, &world->carriers[i]);
	for (int i = 0; i < WORLD_ACCOUNTS; i++) {
		for (int k = 0; k < WORLD_CARRIERS; k++)
			world->accounts[i].shares[k] =
			    (int)world_below(world, 5) * 10 - 10;
	}
}

/* --- in a store --- */

static struct store_value
carrier_reference(int i)
{
	return i < 0 ? store_null(STORE_INT) : store_int(world_carrier_id(i));
}

static int
store_exchange(const struct world_exchange *x, struct store *store)
{
	char date[16];
	struct store_value values[] = {
		store_text(x->from),
		store_text(x->to),
		store_money(x->rate),
		store_null(STORE_TEXT),
	};

	world_date(x->day, date);
	values[3] = store_text(date);
	return world_insert(store,
			    "INSERT INTO exchange_rates (currency, base, rate,"
			    " date) VALUES (?, ?, ?, ?)",
			    values, 4);
}

static int
store_shares(const struct world *world, struct store *store)
{
	int err = 0;

	for (int i = 0; i < WORLD_ACCOUNTS * WORLD_CARRIERS && err == 0; i++) {
		int account = i / WORLD_CARRIERS, carrier = i % WORLD_CARRIERS;
		const struct store_value values[] = {
			world_reference(account),
			carrier_reference(carrier),
			store_int(world->accounts[account].shares[carrier]),
		};

		if (values[2].number >= 0)
			err = world_insert(store,
					   "INSERT INTO shares (account,"
					   " carrier, percent)"
					   " VALUES (?, ?, ?)",
					   values, 3);
	}
	return err;
}

static int
store_block(const struct world_rule *rule, struct store *store)
{
	const struct store_value values[] = {
		world_reference(rule->account),
		carrier_reference(rule->carrier),
		store_text(rule->prefix),
		rule->class < 0
		    ? store_null(STORE_TEXT)
		    : store_text(number_class_text(
			  (enum number_class)rule->class)),
		store_text(rule->is_allowed ? "allowed" : "blocked"),
		world_time_or_null(rule->until),
	};

	return world_insert(store,
			    "INSERT INTO blocks (account, carrier, prefix,"
			    " class, verdict, valid_until)"
			    " VALUES (?, ?, ?, ?, ?, ?)",
			    values, 6);
}

static int
store_duration(const struct world_rule *rule, struct store *store)
{
	const struct store_value values[] = {
		world_reference(rule->account),
		store_text(rule->prefix),
		store_int(rule->seconds),
	};

	return world_insert(store,
			    "INSERT INTO durations (account, prefix,"
			    " duration_s) VALUES (?, ?, ?)",
			    values, 3);
}

static int
store_measured(const struct world_rule *rule, struct store *store)
{
	const struct store_value values[] = {
		world_reference(rule->account),
		store_text(rule->prefix),
		store_int(rule->seconds),
	};

	return world_insert(store,
			    "INSERT INTO measured_durations (account, prefix,"
			    " duration_s, calls) VALUES (?, ?, ?, 20)",
			    values, 3);
}

static int
store_ported(const struct world_ported *ported, struct store *store)
{
	const struct store_value values[] = {
		store_text(ported->number),
		store_text(ported->routing),
	};

	return world_insert(store,
			    "INSERT INTO portability (number, routing_number)"
			    " VALUES (?, ?)",
			    values, 2);
}

int
world_store_rules(const struct world *world, struct store *store)
{
	int err = store_shares(world, store);

	for (int i = 0; i < world->n_exchanges && err == 0; i++)
		err = store_exchange(&world->exchanges[i], store);
	for (int i = 0; i < world->n_blocks && err == 0; i++)
		err = store_block(&world->blocks[i], store);
	for (int i = 0; i < world->n_durations && err == 0; i++)
		err = store_duration(&world->durations[i], store);
	for (int i = 0; i < world->n_measured && err == 0; i++)
		err = store_measured(&world->measured[i], store);
	for (int i = 0; i < world->n_ported && err == 0; i++)
		err = store_ported(&world->ported[i], store);
	return err;
}

/* --- in states --- */

static int
set_carrier(const struct world *world, struct gateway_states *states, int i)
{
	const struct world_carrier *carrier = &world->carriers[i];
	struct carrier_state *state;
	int err =
	    carrier_states_get(states, (uint32_t)world_carrier_id(i), &state);

	if (err != 0)
		return err;
	state->turn = carrier->turn;
	state->later_turn = carrier->later_turn;
	for (int k = 0; k < carrier->n_events; k++) {
		const struct world_event *event = &carrier->events[k];

		if (event->is_attempt)
			quality_note_attempt(&state->quality, event->at,
					     event->is_answered, event->value);
		else
			quality_note_call(&state->quality, event->at,
					  event->value);
	}
	return 0;
}

static int
set_gateway(const struct world *world, struct gateway_states *states, int i)
{
	const struct world_gateway *gateway = &world->gateways[i];
	struct gateway_state *state;
	int err =
	    gateway_states_get(states, (uint32_t)world_gateway_id(i), &state);

	if (err != 0)
		return err;
	state->disabled = gateway->is_off;
	state->is_registered = gateway->is_registered;
	state->pending = gateway->pending;
	state->answered = gateway->answered;
	state->health.state = gateway->health;
	state->health.trials = gateway->trials;
	state->by_class[world_class].state = gateway->class_health;
	state->pause_until_us = world->now + gateway->pause_s * US_PER_S;
	for (int k = 0; k < gateway->calls_sent; k++)
		gateway_state_take_rate(state, gateway->cps, world->now);
	return 0;
}

int
world_set_states(const struct world *world, struct gateway_states *states)
{
	struct account_state *state;
	int err = 0;

	for (int i = 0; i < WORLD_CARRIERS && err == 0; i++)
		err = set_carrier(world, states, i);
	for (int i = 0; i < WORLD_GATEWAYS && err == 0; i++)
		err = set_gateway(world, states, i);
	for (int i = 0; i < WORLD_ACCOUNTS && err == 0; i++) {
		err = account_states_get(states, (uint32_t)i + 1, &state);
		if (err == 0)
			state->turn = world->accounts[i].turn;
	}
	return err;
}
