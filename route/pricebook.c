/* pricebook.c - what applies to a number now: walks over a finished book */
#include "route/pricebook.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/pricebook_private.h"

void
pricebook_free(struct pricebook *book)
{
	if (book == NULL)
		return;
	for (size_t i = 0; i < book->n_zones; i++)
		zone_free(book->zones[i].zone);
	mem_free(book->zones);
	mem_free(book->tariffs);
	mem_free(book->by_name);
	mem_free(book->by_id);
	arena_fini(&book->texts);
	trie_free(book->trie);
	mem_free(book->prefixes);
	mem_free(book->first_slots);
	mem_free(book->slots);
	mem_free(book->rates);
	mem_free(book->terms);
	intern_fini(&book->destinations);
	mem_free(book);
}

size_t
pricebook_n_tariffs(const struct pricebook *book)
{
	return book->n_tariffs;
}

const struct tariff *
pricebook_tariff(const struct pricebook *book, uint32_t index)
{
	assert(index < book->n_tariffs);
	return &book->tariffs[index];
}

uint32_t
pricebook_find_tariff(const struct pricebook *book, struct str name)
{
	size_t low = 0, high = book->n_tariffs;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t tariff = book->by_name[middle];
		int order = str_cmp(str_of(book->tariffs[tariff].name), name);

		if (order == 0)
			return tariff;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return PRICEBOOK_NO_TARIFF;
}

uint32_t
pricebook_find_tariff_id(const struct pricebook *book, int64_t id)
{
	size_t low = 0, high = book->n_ids;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (book->by_id[middle].id == id)
			return book->by_id[middle].tariff;
		if (book->by_id[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return PRICEBOOK_NO_TARIFF;
}

const char *
pricebook_destination(const struct pricebook *book, const struct rate *rate)
{
	return intern_get(&book->destinations, rate->destination);
}

size_t
pricebook_n_rates(const struct pricebook *book)
{
	return book->n_rates;
}

size_t
pricebook_n_orphans(const struct pricebook *book)
{
	return book->n_orphans;
}

size_t
pricebook_bytes(const struct pricebook *book)
{
	size_t bytes = sizeof(*book) + book->texts.used;

	bytes += book->tariffs_cap * sizeof(*book->tariffs);
	bytes += book->n_tariffs * sizeof(*book->by_name);
	bytes += book->ids_cap * sizeof(*book->by_id);
	bytes += book->zones_cap * sizeof(*book->zones);
	bytes += book->n_prefixes *
		 (sizeof(*book->prefixes) + sizeof(*book->first_slots));
	bytes += book->n_slots * sizeof(*book->slots);
	bytes += book->n_rates * sizeof(*book->rates);
	bytes += book->n_terms * sizeof(*book->terms);
	bytes += intern_bytes(&book->destinations);
	return bytes + (book->trie != NULL ? trie_bytes(book->trie) : 0);
}

/* All prefixes of number in the book, shortest first. */
static size_t
match(const struct pricebook *book, const struct number *number,
      uint32_t prefixes[PREFIX_MAX + 1])
{
	if (book->trie == NULL)
		return 0;
	return trie_match(book->trie, number->digits, number->len, prefixes);
}

/* The row of a slot in force at t goes into out->now, if there is one. */
static void
look(const struct pricebook *book, uint32_t prefix,
     const struct book_slot *slot, time_us t, struct price_match *out)
{
	struct rate_rows rows = {
		.rows = &book->rates[slot->first_rate],
		.n = slot[1].first_rate - slot->first_rate,
		.terms = book->terms,
	};

	out->now = rate_rows_at(&book->tariffs[slot->tariff], &rows, t, 0);
	if (out->now == NULL)
		return;
	out->tariff = slot->tariff;
	out->prefix = book->prefixes[prefix];
	out->rows = rows;
}

/*
 * The first slot of [slot, end) whose tariff is not below: steps that double,
 * then halves, so that neither many slots nor many tariffs cost much.
 */
static const struct book_slot *
advance(const struct book_slot *slot, const struct book_slot *end,
	uint32_t tariff)
{
	size_t step = 1, n;

	if (slot == end || slot->tariff >= tariff)
		return slot;
	/* slot[0] is below the tariff from here on */
	while (step < (size_t)(end - slot) && slot[step].tariff < tariff) {
		slot += step;
		step *= 2;
	}
	n = (size_t)(end - slot);
	if (n > step)
		n = step;
	while (n > 1) {
		size_t half = n / 2;

		if (slot[half].tariff < tariff)
			slot += half;
		n -= half;
	}
	return slot + 1;
}

int
pricebook_find(const struct pricebook *book, uint32_t tariff,
	       const struct number *number, time_us t, struct price_match *out)
{
	pricebook_find_each(book, number, t, &tariff, 1, out);
	return out->now != NULL ? 0 : ERR_NOPRICE;
}

/* One prefix for the tariffs that have found none yet; returns how many have
 * now. */
static size_t
find_at(const struct pricebook *book, uint32_t prefix, time_us t,
	const uint32_t *tariffs, size_t n, struct price_match *matches)
{
	const struct book_slot *slot = &book->slots[book->first_slots[prefix]];
	const struct book_slot *end =
	    &book->slots[book->first_slots[prefix + 1]];
	size_t n_found = 0;

	for (size_t i = 0; i < n && slot < end; i++) {
		if (matches[i].now != NULL)
			continue;
		slot = advance(slot, end, tariffs[i]);
		if (slot == end || slot->tariff != tariffs[i])
			continue;
		look(book, prefix, slot, t, &matches[i]);
		if (matches[i].now != NULL)
			n_found++;
	}
	return n_found;
}

void
pricebook_find_each(const struct pricebook *book, const struct number *number,
		    time_us t, const uint32_t *tariffs, size_t n,
		    struct price_match *matches)
{
	uint32_t prefixes[PREFIX_MAX + 1];
	size_t n_prefixes = match(book, number, prefixes);
	size_t n_left = n;

	for (size_t i = 0; i < n; i++)
		matches[i] = (struct price_match){ .tariff = tariffs[i] };
	while (n_prefixes-- > 0 && n_left > 0)
		n_left -=
		    find_at(book, prefixes[n_prefixes], t, tariffs, n, matches);
}
