/* snapshot_checksum.c - whether two nodes decide by the same tables */
#include "route/checksum.h"
#include "route/snapshot_private.h"

#define mix checksum_mix
#define mix_text checksum_mix_text

/* Tables whose rows look alike must not look the same. */
enum table {
	ACCOUNTS = 1,
	CARRIERS,
	GATEWAYS,
	TRUNKS,
	SHARES,
	BLOCKS,
	DURATIONS,
	MEASURED,
	EXCHANGE,
	LIMITS,
	CALLERS,
	USERS,
	EMERGENCIES,
};

static uint64_t
mix_tariff(uint64_t hash, const struct snapshot *snapshot, uint32_t tariff)
{
	if (tariff == PRICEBOOK_NO_TARIFF)
		return mix(hash, 0);
	return mix_text(hash,
			pricebook_tariff(snapshot->prices, tariff)->name);
}

/* Whose rule it is: by name, or nobody's, or everybody's. */
static uint64_t
mix_owner(uint64_t hash, const struct snapshot *snapshot, uint32_t account)
{
	return account < snapshot->n_accounts
		   ? mix_text(hash, snapshot->accounts[account].name)
		   : mix(hash, 0);
}

static uint64_t
mix_carrier(uint64_t hash, const struct snapshot *snapshot, uint32_t carrier)
{
	return carrier < snapshot->n_carriers
		   ? mix_text(hash, snapshot->carriers[carrier].name)
		   : mix(hash, 0);
}

static uint64_t
mix_band(uint64_t hash, const struct band *band)
{
	hash = mix(hash, (uint64_t)band->kind << 8 | band->days);
	return mix(hash, (uint64_t)band->from_min << 16 | band->until_min);
}

static uint64_t
mix_numbers(uint64_t hash, const int64_t *numbers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		hash = mix(hash, (uint64_t)numbers[i]);
	return hash;
}

#define MIX_NUMBERS(hash, numbers) \
	mix_numbers((hash), (numbers), sizeof(numbers) / sizeof((numbers)[0]))

static uint64_t
of_account(const struct snapshot *snapshot, const struct account *a)
{
	const int64_t numbers[] = {
		a->international,   a->channels,
		a->cps,		    a->max_hops,
		a->strategy,	    a->tolerance,
		a->has_min_margin,  a->has_min_margin_percent,
		a->min_margin,	    a->min_margin_percent,
		a->max_loss,	    a->expected_duration_s,
		a->trusted,	    a->secure,
		a->enabled,
	};
	uint64_t hash = mix_text(ACCOUNTS, a->name);

	hash = mix_text(hash, a->group);
	hash = mix_tariff(hash, snapshot, a->tariff);
	hash = mix_text(hash, a->plan.country_code);
	hash = mix_text(hash, a->plan.international_prefix);
	hash = mix_text(hash, a->plan.national_prefix);
	hash = mix_text(hash, a->zone_name);
	return MIX_NUMBERS(hash, numbers);
}

static uint64_t
of_carrier(const struct snapshot *snapshot, const struct carrier *c)
{
	const int64_t numbers[] = { c->priority, c->weight, c->min_asr_percent,
				    c->min_acd_s, c->enabled };
	uint64_t hash = mix_text(CARRIERS, c->name);

	return MIX_NUMBERS(mix_tariff(hash, snapshot, c->tariff), numbers);
}

static uint64_t
mix_codes(uint64_t hash, const struct codes *codes)
{
	for (size_t i = 0; i < sizeof(codes->bits) / sizeof(codes->bits[0]);
	     i++)
		hash = mix(hash, codes->bits[i]);
	return hash;
}

/* What listeners this node has is not the table's. */
static uint64_t
of_gateway(const struct snapshot *snapshot, const struct gateway *g)
{
	const int64_t numbers[] = {
		g->priority,	   g->weight,	    g->capacity,
		g->cps,		   g->strip,	    g->format,
		g->trusted,	   g->caller_format, g->caller_strip,
		g->portability,	   g->identity,	    g->no_diversion,
		g->media,	   g->probe,	    g->enabled,
		g->redirects,
	};
	uint64_t hash = mix_text(GATEWAYS, g->name);

	hash = mix_carrier(hash, snapshot, g->carrier);
	hash = mix_text(hash, g->uri);
	hash = mix_text(hash, g->prefix);
	hash = mix_text(hash, g->caller_prefix);
	hash = mix_codes(hash, &g->reroute);
	hash = mix_codes(hash, &g->stop);
	return MIX_NUMBERS(hash, numbers);
}

static uint64_t
of_trunk(const struct snapshot *snapshot, const struct trunk *t)
{
	const struct trunks *trunks = &snapshot->trunks;
	uint64_t hash = mix_owner(TRUNKS, snapshot, t->account), words[2];

	memcpy(words, t->ip, sizeof(words));
	hash = mix(mix(hash, words[0]), words[1]);
	hash = mix_text(hash, trunks_tech_prefix(trunks, t));
	hash = mix_text(hash, trunks_label(trunks, t));
	hash = mix_text(hash, trunks_certificate(trunks, t));
	hash = mix(hash, (uint64_t)t->port << 16 | (uint64_t)t->bits << 8 |
			     t->family);
	return mix(hash, t->transport);
}

static uint64_t
of_limit(const struct snapshot *snapshot, const struct limit *l)
{
	const struct limit_bounds *b = &l->bounds;
	const int64_t numbers[] = {
		l->class,	b->channels,	 b->cps,
		b->calls,	b->window_s,	 b->minutes_hour,
		b->minutes_day, b->spend_hour,	 b->spend_day,
		b->warn_percent, l->observe,
	};
	uint64_t hash = mix_owner(LIMITS, snapshot, l->account);

	hash = mix_band(mix_text(hash, l->trunk), &l->hours);
	for (size_t i = 0; i < snapshot->limits.n_zones; i++) {
		if (snapshot->limits.zones[i].zone == l->zone)
			hash = mix_text(hash, snapshot->limits.zones[i].name);
	}
	return MIX_NUMBERS(hash, numbers);
}

static uint64_t
of_block(const struct snapshot *snapshot, const struct block *b)
{
	uint64_t hash = mix_owner(BLOCKS, snapshot, b->account);

	hash = mix_carrier(hash, snapshot, b->carrier);
	hash = mix(mix(hash, b->class), b->prefix);
	hash = mix(mix(hash, (uint64_t)b->until), b->is_allowed);
	return mix_text(mix_text(hash, b->source), b->reason);
}

static uint64_t
of_user(const struct snapshot *snapshot, const struct user *u)
{
	uint64_t hash = mix_owner(USERS, snapshot, u->account);

	hash = mix_text(mix_text(hash, u->name), u->domain);
	hash = mix_text(hash, u->contact);
	return mix(mix(hash, u->enabled),
		   prefix_of(&u->number, u->number.len));
}

static uint64_t
of_durations(const struct snapshot *snapshot, enum table table,
	     const struct prefix_rules *rules)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < rules->n; i++) {
		const struct prefix_rule *rule = &rules->list[i];
		uint64_t hash = mix_owner(table, snapshot, rule->owner);

		sum += mix(mix(hash, rule->prefix), rule->value);
	}
	return sum;
}

static uint64_t
of_exchange(const struct exchange *exchange)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < exchange->n; i++) {
		const struct exchange_rate *rate = &exchange->items[i];
		uint64_t hash = mix_text(EXCHANGE, rate->currency);

		hash = mix_text(hash, rate->base);
		sum += mix(mix(hash, (uint64_t)rate->day),
			   (uint64_t)rate->rate);
	}
	return sum;
}

/* Small tables that refer to accounts, carriers and gateways. */
static uint64_t
of_references(const struct snapshot *s)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n_shares; i++) {
		uint64_t hash = mix_owner(SHARES, s, s->shares[i].account);

		hash = mix_carrier(hash, s, s->shares[i].carrier);
		sum += mix(hash, s->shares[i].percent);
	}
	for (size_t i = 0; i < s->callers.n; i++) {
		const struct caller *caller = &s->callers.list[i];
		uint64_t hash = mix_owner(CALLERS, s, caller->account);

		sum += mix(mix(hash, caller->prefix), caller->is_preset);
	}
	for (size_t i = 0; i < s->emergencies.n; i++) {
		const struct emergency *e = &s->emergencies.list[i];
		uint64_t hash = mix_text(EMERGENCIES, e->digits);

		hash = mix_text(hash, e->country_code);
		hash = mix_text(hash, s->gateways[e->gateway].name);
		sum += mix(hash, (uint64_t)e->priority);
	}
	return sum;
}

uint64_t
snapshot_checksum(const struct snapshot *s)
{
	uint64_t sum = s->report.prices.checksum;

	for (size_t i = 0; i < s->n_accounts; i++)
		sum += of_account(s, &s->accounts[i]);
	for (size_t i = 0; i < s->n_carriers; i++)
		sum += of_carrier(s, &s->carriers[i]);
	for (size_t i = 0; i < s->n_gateways; i++)
		sum += of_gateway(s, &s->gateways[i]);
	for (size_t i = 0; i < s->trunks.n; i++)
		sum += of_trunk(s, &s->trunks.list[i]);
	for (size_t i = 0; i < s->limits.n; i++)
		sum += of_limit(s, &s->limits.list[i]);
	for (size_t i = 0; i < s->blocks.n; i++)
		sum += of_block(s, &s->blocks.list[i]);
	for (size_t i = 0; i < s->users.n; i++)
		sum += of_user(s, &s->users.list[i]);
	sum += of_references(s);
	sum += of_durations(s, DURATIONS, &s->durations);
	sum += of_durations(s, MEASURED, &s->measured);
	sum += of_exchange(&s->exchange);
	return sum + portability_checksum(&s->portability);
}
