/* route_world.c - making random worlds, and putting them into a store */
#include "tests/unit/route_world.h"

#include <stdio.h>

#include "base/err.h"
#include "base/timefmt.h"
#include "tests/unit/route_world_private.h"
#include "tests/unit/tel_random.h"

#define CENT WORLD_CENT
#define HOUR_US (3600 * US_PER_S)

/* From Friday, 2026-03-27; on the 29th Berlin changes its clocks. */
#define FROM_DAY INT64_C(20539)
#define N_DAYS 6

static const char *const band_texts[] = {
	[WORLD_ALWAYS] = "",
	[WORLD_OFFICE] = "mon-fri 08:00-18:00",
	[WORLD_NIGHT] = "mon-thu 20:00-06:00",
	[WORLD_WEEKEND] = "sat,sun",
	[WORLD_HOLIDAYS] = "holidays",
};

const int64_t world_common_holiday = FROM_DAY + 3;
const int64_t world_own_holiday = FROM_DAY + 1; /* of tariff 0 */

int64_t
world_below(struct world *world, int64_t n)
{
	return random_below(&world->seed, n);
}

bool
world_one_in(struct world *world, int64_t n)
{
	return world_below(world, n) == 0;
}

#define below world_below
#define one_in world_one_in

/* Most often on a full hour or just beside it. */
time_us
world_time(struct world *world)
{
	time_us t =
	    FROM_DAY * 24 * HOUR_US + below(world, N_DAYS * 24) * HOUR_US;

	switch (below(world, 4)) {
	case 0:
		return t;
	case 1:
		return t - 1;
	default:
		return t + below(world, HOUR_US);
	}
}

void
world_put_digits(struct world *world, char *out, int64_t n, int64_t n_digits)
{
	for (int64_t i = 0; i < n; i++)
		*out++ = (char)('1' + below(world, n_digits));
	*out = '\0';
}

void
world_number(struct world *world, struct number *out)
{
	out->len = (uint8_t)(2 + below(world, 6));
	world_put_digits(world, out->digits, out->len, one_in(world, 8) ? 5 : 3);
}

static void
make_tariff(struct world *world, int i)
{
	struct world_tariff *tariff = &world->tariffs[i];

	snprintf(tariff->name, sizeof(tariff->name), "t%d", i);
	tariff->currency =
	    world_currencies[one_in(world, 4)
				 ? below(world, WORLD_CURRENCIES)
				 : 0];
	tariff->in_berlin = one_in(world, 2);
	tariff->by_ported = one_in(world, 3);
}

static void
make_rate(struct world *world, struct world_rate *out)
{
	static const int increments[][2] = {
		{ 1, 1 }, { 60, 60 }, { 30, 6 }, { 60, 1 }, { 7, 11 }
	};
	const int *increment = increments[below(world, 5)];

	*out = (struct world_rate){
		.tariff = (int)below(world, WORLD_TARIFFS),
		.is_sold = !one_in(world, 12),
		.per_min = below(world, 6) * CENT + one_in(world, 6),
		.fee = one_in(world, 5) ? below(world, 3) * CENT : 0,
		.first = increment[0],
		.increment = increment[1],
		.grace = one_in(world, 15) ? 20 : 0,
		.from = one_in(world, 6) ? (int)below(world, 3) * 60 : 0,
		.band = one_in(world, 3)
			    ? (enum world_band)below(world, WORLD_N_BANDS)
			    : WORLD_ALWAYS,
		.valid_from = one_in(world, 3) ? world_time(world) : INT64_MIN,
		.valid_until = one_in(world, 4) ? world_time(world) : INT64_MAX,
	};
	world_put_digits(world, out->prefix, below(world, 5), 3);
}

static bool
is_same_key(const struct world_rate *a, const struct world_rate *b)
{
	return a->tariff == b->tariff && strcmp(a->prefix, b->prefix) == 0 &&
	       a->from == b->from && a->band == b->band &&
	       a->valid_from == b->valid_from;
}

static bool
is_taken(const struct world *world, const struct world_rate *rate)
{
	for (int i = 0; i < world->n_rates; i++) {
		if (is_same_key(&world->rates[i], rate))
			return true;
	}
	return false;
}

/* Names begin with a random letter, so that they are not in order of ids;
 * priorities, weights and prices are few, so that they tie. */
static void
make_carrier(struct world *world, int i)
{
	struct world_carrier *carrier = &world->carriers[i];

	snprintf(carrier->name, sizeof(carrier->name), "%c%d",
		 (char)('a' + below(world, 26)), i);
	carrier->tariff =
	    one_in(world, 12) ? -1 : (int)below(world, WORLD_TARIFFS);
	carrier->priority = (int)below(world, 2);
	carrier->weight = (int)below(world, 2);
	carrier->enabled = !one_in(world, 10);
	carrier->turn = (uint64_t)below(world, 1000);
	carrier->later_turn = (uint64_t)below(world, 1000);
}

static void
make_gateway(struct world *world, int i)
{
	struct world_gateway *gateway = &world->gateways[i];

	snprintf(gateway->name, sizeof(gateway->name), "%c%d",
		 (char)('a' + below(world, 26)), i);
	gateway->has_transport = !one_in(world, 12);
	gateway->is_tls = gateway->has_transport && one_in(world, 2);
	snprintf(gateway->uri, sizeof(gateway->uri), "sip:gw%d.example%s",
		 i + 1, !gateway->has_transport ? ";transport=sctp"
			: gateway->is_tls	? ";transport=tls" : "");
	for (int k = 0; k < WORLD_MEDIA; k++)
		gateway->takes[k] = one_in(world, 4);
	gateway->carrier = (int)below(world, WORLD_CARRIERS);
	gateway->priority = (int)below(world, 2);
	gateway->weight = (int)below(world, 4);
	gateway->cps = one_in(world, 3) ? (int)below(world, 4) : -1;
	gateway->calls_sent = (int)below(world, 4);
	gateway->health = one_in(world, 6) ? (int)below(world, 3) : HEALTH_UP;
	gateway->trials = (int)below(world, 2);
	gateway->class_health =
	    one_in(world, 8) ? (int)below(world, 3) : HEALTH_UP;
	gateway->pause_s = one_in(world, 12) ? (int)below(world, 3) : 0;
	gateway->capacity = one_in(world, 3) ? (int)below(world, 4) : -1;
	gateway->pending = (int)below(world, 3);
	gateway->answered = (int)below(world, 3);
	gateway->enabled = !one_in(world, 12);
	gateway->is_off = one_in(world, 12);
	gateway->registers = (int)below(world, 12) % 5 % 3;
	gateway->is_registered = !one_in(world, 3);
}

static void
make_account(struct world *world, int i)
{
	struct world_account *account = &world->accounts[i];

	snprintf(account->name, sizeof(account->name), "acc%d", i);
	account->tariff =
	    one_in(world, 4) ? -1 : (int)below(world, WORLD_TARIFFS);
	account->strategy = (enum route_strategy)(i % 5);
	account->has_margin = one_in(world, 3);
	account->margin =
	    account->has_margin ? (below(world, 5) - 2) * CENT : 0;
	account->has_percent = one_in(world, 3);
	account->percent = (below(world, 60) - 20) * MONEY_ONE + CENT / 3;
	account->has_loss = !one_in(world, 3);
	account->loss = below(world, 30) * CENT;
	account->tolerance = below(world, 80) * MONEY_ONE + CENT / 7;
	account->expected_s =
	    one_in(world, 2) ? 1 + (int)below(world, 300) : 0;
	account->turn = (uint64_t)below(world, 1000);
	account->is_secure = one_in(world, 5);
}

int
world_init(struct world *world, uint64_t seed)
{
	*world = (struct world){ .seed = seed };
	for (int i = 0; i < WORLD_TARIFFS; i++)
		make_tariff(world, i);
	for (int i = 0; i < WORLD_RATES; i++) {
		struct world_rate rate;

		make_rate(world, &rate);
		if (!is_taken(world, &rate))
			world->rates[world->n_rates++] = rate;
	}
	for (int i = 0; i < WORLD_CARRIERS; i++)
		make_carrier(world, i);
	for (int i = 0; i < WORLD_GATEWAYS; i++)
		make_gateway(world, i);
	for (int i = 0; i < WORLD_ACCOUNTS; i++)
		make_account(world, i);
	world_make_rules(world);
	return zone_new("Europe/Berlin", &world->berlin);
}

void
world_fini(struct world *world)
{
	zone_free(world->berlin);
	world->berlin = NULL;
}

/* --- as a price book --- */

static void
fill_row(const struct world_rate *rate, struct pricebook_row *out)
{
	*out = (struct pricebook_row){
		.tariff = (uint32_t)rate->tariff,
		.destination = str_of(rate->prefix),
		.per_min = rate->per_min,
		.terms = { .connect_fee = rate->fee,
			   .first_increment_s = rate->first,
			   .increment_s = rate->increment,
			   .grace_s = rate->grace,
			   .from_s = rate->from,
			   .valid_from = rate->valid_from,
			   .valid_until = rate->valid_until,
			   .not_sold = !rate->is_sold },
	};
	(void)prefix_parse(str_of(rate->prefix), &out->prefix);
	(void)band_parse(str_of(band_texts[rate->band]), &out->terms.band);
}

int
world_build(const struct world *world, struct pricebook **out)
{
	static struct pricebook_row rows[WORLD_RATES];
	const int64_t days[] = { world_own_holiday, world_common_holiday };
	struct tariff tariffs[WORLD_TARIFFS] = { 0 };

	for (int i = 0; i < WORLD_TARIFFS; i++) {
		const struct world_tariff *tariff = &world->tariffs[i];
		bool has_own = i == 0;

		tariffs[i].name = tariff->name;
		strcpy(tariffs[i].currency, tariff->currency);
		tariffs[i].zone_name =
		    tariff->in_berlin ? "Europe/Berlin" : "UTC";
		tariffs[i].decimals = 2;
		tariffs[i].holidays =
		    (struct holidays){ days + !has_own, 1 + has_own };
	}
	for (int i = 0; i < world->n_rates; i++)
		fill_row(&world->rates[i], &rows[i]);
	return pricebook_build(tariffs, WORLD_TARIFFS, rows,
			       (size_t)world->n_rates, out);
}

/* --- in a store --- */

int
world_insert(struct store *store, const char *sql,
	     const struct store_value *values, size_t n)
{
	return store_run_once(store, sql, values, n);
}

/* The reference to row number i of a table whose ids begin at 1. */
struct store_value
world_reference(int i)
{
	return i < 0 ? store_null(STORE_INT) : store_int(i + 1);
}

struct store_value
world_time_or_null(int64_t t)
{
	return t == INT64_MIN || t == INT64_MAX ? store_null(STORE_TIME)
						: store_time(t);
}

static int
store_tariff(const struct world *world, struct store *store, int i)
{
	const struct world_tariff *tariff = &world->tariffs[i];
	const struct store_value values[] = {
		world_reference(i),
		store_text(tariff->name),
		store_text(tariff->currency),
		store_text(tariff->in_berlin ? "Europe/Berlin" : "UTC"),
		store_int(2), /* decimals: not those of the decision */
		store_text(tariff->by_ported ? "ported" : "dialled"),
	};

	return world_insert(store,
		      "INSERT INTO tariffs (id, tariff, currency, timezone,"
		      " decimals, rate_by) VALUES (?, ?, ?, ?, ?, ?)",
		      values, sizeof(values) / sizeof(values[0]));
}

static int
store_rate(const struct world_rate *rate, struct store *store)
{
	const struct store_value values[] = {
		world_reference(rate->tariff),
		store_text(rate->prefix),
		rate->is_sold ? store_money(rate->per_min)
			      : store_null(STORE_MONEY),
		store_money(rate->fee),
		store_int(rate->first),
		store_int(rate->increment),
		store_int(rate->grace),
		store_int(rate->from),
		store_text(band_texts[rate->band]),
		world_time_or_null(rate->valid_from),
		world_time_or_null(rate->valid_until),
	};

	return world_insert(store,
		      "INSERT INTO rates (tariff, prefix, rate, connect_fee,"
		      " first_increment, increment, grace_s, from_second, band,"
		      " valid_from, valid_until)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      values, sizeof(values) / sizeof(values[0]));
}

static struct store_value
int_or_null(int n)
{
	return n < 0 ? store_null(STORE_INT) : store_int(n);
}

int
world_carrier_id(int carrier)
{
	return WORLD_CARRIERS - carrier;
}

static int
store_carrier(const struct world *world, struct store *store, int i)
{
	const struct world_carrier *carrier = &world->carriers[i];
	const struct store_value values[] = {
		store_int(world_carrier_id(i)),
		store_text(carrier->name),
		world_reference(carrier->tariff),
		store_int(carrier->priority),
		store_int(carrier->weight),
		store_bool(carrier->enabled),
		int_or_null(carrier->min_asr),
		int_or_null(carrier->min_acd),
	};

	return world_insert(store,
		      "INSERT INTO carriers (id, carrier, tariff, priority,"
		      " weight, enabled, quality_min_asr,"
		      " quality_min_acd_s)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		      values, sizeof(values) / sizeof(values[0]));
}

int
world_gateway_id(int gateway)
{
	return WORLD_GATEWAYS - gateway;
}

static int
store_gateway(const struct world *world, struct store *store, int i)
{
	const struct world_gateway *gateway = &world->gateways[i];
	char media[64];
	const struct store_value values[] = {
		store_int(world_gateway_id(i)),
		store_text(gateway->name),
		store_int(world_carrier_id(gateway->carrier)),
		store_text(gateway->uri),
		store_int(gateway->priority),
		store_int(gateway->weight),
		int_or_null(gateway->capacity),
		int_or_null(gateway->cps),
		store_bool(gateway->enabled),
		store_text(world_media_text(gateway->takes, media)),
		store_text(world_registers[gateway->registers]),
	};

	return world_insert(store,
		      "INSERT INTO gateways (id, gateway, carrier, uri,"
		      " priority, weight, capacity, cps, enabled, media,"
		      " registers, register_aor)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'sip:a@b')",
		      values, sizeof(values) / sizeof(values[0]));
}

static struct store_value
money_if(bool is_there, int64_t amount)
{
	return is_there ? store_money(amount) : store_null(STORE_MONEY);
}

static int
store_account(const struct world *world, struct store *store, int i)
{
	const struct world_account *account = &world->accounts[i];
	const struct store_value values[] = {
		store_text(account->name),
		world_reference(account->tariff),
		store_text(route_strategy_text(account->strategy)),
		money_if(account->has_margin, account->margin),
		money_if(account->has_percent, account->percent),
		money_if(account->has_loss, account->loss),
		store_money(account->tolerance),
		account->expected_s > 0 ? store_int(account->expected_s)
					: store_null(STORE_INT),
		store_bool(account->is_secure),
	};

	return world_insert(store,
		      "INSERT INTO accounts (account, tariff, strategy,"
		      " min_margin, min_margin_percent, max_loss,"
		      " tolerance, expected_duration_s, secure)"
		      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		      values, sizeof(values) / sizeof(values[0]));
}

void
world_date(int64_t day, char out[16])
{
	int year, month, of_month;

	date_from_days(day, &year, &month, &of_month);
	snprintf(out, 16, "%04d-%02d-%02d", year % 10000, month % 100,
		 of_month % 100);
}

static int
store_holiday(struct store *store, int tariff, int64_t day)
{
	char date[16];
	struct store_value values[2];

	world_date(day, date);
	values[0] = world_reference(tariff);
	values[1] = store_text(date);
	return world_insert(store,
		      "INSERT INTO holidays (tariff, date)"
		      " VALUES (?, ?)",
		      values, 2);
}

int
world_store(const struct world *world, struct store *store)
{
	int err = 0;

	for (int i = 0; i < WORLD_TARIFFS && err == 0; i++)
		err = store_tariff(world, store, i);
	for (int i = 0; i < world->n_rates && err == 0; i++)
		err = store_rate(&world->rates[i], store);
	if (err == 0)
		err = store_holiday(store, 0, world_own_holiday);
	if (err == 0)
		err = store_holiday(store, -1, world_common_holiday);
	for (int i = 0; i < WORLD_CARRIERS && err == 0; i++)
		err = store_carrier(world, store, i);
	for (int i = 0; i < WORLD_GATEWAYS && err == 0; i++)
		err = store_gateway(world, store, i);
	for (int i = 0; i < WORLD_ACCOUNTS && err == 0; i++)
		err = store_account(world, store, i);
	return err != 0 ? err : world_store_rules(world, store);
}
