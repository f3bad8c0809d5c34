/* pricebook_survey.c - one walk over all rates */
#include "route/pricebook_survey.h"

#include "base/alloc.h"
#include "base/err.h"
#include "route/checksum.h"
#include "route/pricebook_private.h"

#define mix checksum_mix
#define mix_text checksum_mix_text

static uint64_t
hash_tariff(const struct tariff *tariff)
{
	uint64_t hash = mix_text(1, tariff->name);

	hash = mix_text(hash, tariff->currency);
	hash = mix_text(hash, tariff->zone_name);
	hash = mix(hash, tariff->decimals);
	hash = mix(hash, tariff->rounding);
	hash = mix(hash, tariff->duration_rounding);
	hash = mix(hash, tariff->round_at);
	hash = mix(hash, tariff->allow_negative);
	hash = mix(hash, tariff->by_ported);
	hash = mix(hash, (uint64_t)tariff->minimum_charge);
	hash = mix(hash, (uint64_t)tariff->attempt_fee);
	for (size_t i = 0; i < tariff->holidays.n; i++)
		hash = mix(hash, (uint64_t)tariff->holidays.days[i]);
	return hash;
}

static uint64_t
hash_terms(const struct rate_terms *terms)
{
	const struct band *band = &terms->band;
	uint64_t hash = mix(2, (uint64_t)terms->connect_fee);

	hash = mix(hash, (uint64_t)terms->first_increment_s);
	hash = mix(hash, (uint64_t)terms->increment_s);
	hash = mix(hash, (uint64_t)terms->grace_s);
	hash = mix(hash, (uint64_t)terms->from_s);
	hash = mix(hash, (uint64_t)terms->valid_from);
	hash = mix(hash, (uint64_t)terms->valid_until);
	hash = mix(hash, (uint64_t)band->kind << 8 | band->days);
	hash = mix(hash, (uint64_t)band->from_min << 16 | band->until_min);
	return mix(hash, terms->not_sold);
}

/* What rows refer to, hashed once. */
struct hashes {
	uint64_t *tariffs, *terms;
};

static int
hash_shared(const struct pricebook *book, struct hashes *out)
{
	out->tariffs = mem_alloc(book->n_tariffs * sizeof(*out->tariffs));
	out->terms = mem_alloc(book->n_terms * sizeof(*out->terms));
	if (out->tariffs == NULL || out->terms == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < book->n_tariffs; i++)
		out->tariffs[i] = hash_tariff(&book->tariffs[i]);
	for (size_t i = 0; i < book->n_terms; i++)
		out->terms[i] = hash_terms(&book->terms[i]);
	return 0;
}

static bool
is_same_kind(const struct rate_terms *a, const struct rate_terms *b)
{
	return a->from_s == b->from_s && a->band.kind == b->band.kind &&
	       a->band.days == b->band.days &&
	       a->band.from_min == b->band.from_min &&
	       a->band.until_min == b->band.until_min;
}

/* Whether a newer row hides this one from now to its end. */
static bool
is_superseded(const struct pricebook *book, const struct rate *rates, size_t n,
	      size_t at, time_us now)
{
	const struct rate_terms *terms = &book->terms[rates[at].terms];

	for (size_t i = 0; i < n; i++) {
		const struct rate_terms *other = &book->terms[rates[i].terms];

		if (i != at && is_same_kind(terms, other) &&
		    other->valid_from > terms->valid_from &&
		    other->valid_from <= now &&
		    other->valid_until >= terms->valid_until)
			return true;
	}
	return false;
}

/* Whether the latest row before this one still runs when it begins. */
static bool
is_overlapping(const struct pricebook *book, const struct rate *rates,
	       size_t n, size_t at)
{
	const struct rate_terms *terms = &book->terms[rates[at].terms];
	const struct rate_terms *before = NULL;

	for (size_t i = 0; i < n; i++) {
		const struct rate_terms *other = &book->terms[rates[i].terms];

		if (i != at && is_same_kind(terms, other) &&
		    other->valid_from < terms->valid_from &&
		    (before == NULL || other->valid_from > before->valid_from))
			before = other;
	}
	return before != NULL && before->valid_until > terms->valid_from;
}

/* The n rows of one prefix and tariff. */
static void
survey_slot(const struct pricebook *book, const struct rate *rates, size_t n,
	    time_us now, struct pricebook_survey *out)
{
	for (size_t i = 0; i < n; i++) {
		const struct rate_terms *terms = &book->terms[rates[i].terms];

		out->not_sold += terms->not_sold;
		out->overlapping +=
		    n > 1 && is_overlapping(book, rates, n, i);
		if (terms->valid_until <= now ||
		    terms->valid_until <= terms->valid_from)
			out->expired++;
		else if (terms->valid_from > now)
			out->future++;
		else if (n > 1 && is_superseded(book, rates, n, i, now))
			out->superseded++;
	}
}

static void
survey_prefix(const struct pricebook *book, size_t prefix,
	      const struct hashes *hashes, time_us now,
	      struct pricebook_survey *out)
{
	for (uint32_t s = book->first_slots[prefix];
	     s < book->first_slots[prefix + 1]; s++) {
		const struct book_slot *slot = &book->slots[s];
		uint32_t end = slot[1].first_rate;

		for (uint32_t i = slot->first_rate; i < end; i++) {
			const struct rate *rate = &book->rates[i];
			uint64_t hash = mix(hashes->tariffs[slot->tariff],
					    book->prefixes[prefix]);

			hash = mix(hash, hashes->terms[rate->terms]);
			hash = mix(hash, (uint64_t)rate->per_min);
			out->checksum += mix_text(
			    hash, pricebook_destination(book, rate));
		}
		survey_slot(book, &book->rates[slot->first_rate],
			    end - slot->first_rate, now, out);
	}
}

int
pricebook_survey(const struct pricebook *book, time_us now,
		 struct pricebook_survey *out)
{
	struct hashes hashes = { NULL, NULL };
	int err = hash_shared(book, &hashes);

	*out = (struct pricebook_survey){ 0 };
	for (size_t i = 0; i < book->n_tariffs && err == 0; i++)
		out->checksum += hashes.tariffs[i];
	for (size_t i = 0; i < book->n_prefixes && err == 0; i++)
		survey_prefix(book, i, &hashes, now, out);
	mem_free(hashes.tariffs);
	mem_free(hashes.terms);
	return err;
}
