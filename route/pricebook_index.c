/* pricebook_index.c - the end of building a price book: sort once, index */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "route/pricebook_build.h"

#define N_PASSES 12 /* octets of a row's key: 4 of the tariff, 8 of prefix */

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/* What no two rows of one prefix and tariff may have in common. */
static int
compare_when(const struct rate_terms *a, const struct rate_terms *b)
{
	int order = COMPARE(a->from_s, b->from_s);

	if (order == 0)
		order = COMPARE(a->band.kind, b->band.kind);
	if (order == 0)
		order = COMPARE(a->band.days, b->band.days);
	if (order == 0)
		order = COMPARE(a->band.from_min, b->band.from_min);
	if (order == 0)
		order = COMPARE(a->band.until_min, b->band.until_min);
	if (order == 0)
		order = COMPARE(a->valid_from, b->valid_from);
	return order;
}

static int
compare_terms(const void *a, const void *b)
{
	const struct rate_terms *x = *(const struct rate_terms *const *)a;
	const struct rate_terms *y = *(const struct rate_terms *const *)b;
	int order = compare_when(x, y);

	return order != 0 ? order : memcmp(x, y, sizeof(*x));
}

/* Terms in order, and what to call the one that was number i. */
static void
place_terms(const struct rate_terms *const *sorted,
	    const struct rate_terms *base, size_t n, struct rate_terms *terms,
	    uint32_t *renamed)
{
	for (size_t i = 0; i < n; i++) {
		terms[i] = *sorted[i];
		renamed[sorted[i] - base] = (uint32_t)i;
	}
}

/* Number the terms in order of compare_terms; rates get the new numbers. */
static int
sort_terms(struct pricebook_builder *b)
{
	size_t n = b->terms.n;
	const struct rate_terms *base;
	const struct rate_terms **sorted =
	    mem_alloc(n * sizeof(*sorted) + n * sizeof(uint32_t));
	uint32_t *renamed;

	b->book->terms = mem_alloc(n * sizeof(*b->book->terms));
	if (sorted == NULL || b->book->terms == NULL) {
		mem_free(sorted);
		return ERR_NOMEM;
	}
	renamed = (uint32_t *)(void *)(sorted + n); /* shares the memory */
	intern_seal(&b->terms);
	base = (const struct rate_terms *)intern_get(&b->terms, 0);
	for (size_t i = 0; i < n; i++)
		sorted[i] = &base[i];
	qsort(sorted, n, sizeof(*sorted), compare_terms);
	place_terms(sorted, base, n, b->book->terms, renamed);
	for (size_t i = 0; i < b->n; i++)
		b->rates[i].terms = renamed[b->rates[i].terms];
	b->book->n_terms = n;
	mem_free(sorted);
	intern_fini(&b->terms);
	return 0;
}

/* Octet number pass of a key, the least significant first. */
static unsigned
octet(const struct row_key *key, unsigned pass)
{
	if (pass < 4)
		return key->tariff >> (8 * pass) & 0xff;
	return (unsigned)(key->prefix >> (8 * (pass - 4)) & 0xff);
}

/* One pass of a radix sort: false when all octets are equal and nothing had
 * to be moved. */
static bool
sort_pass(const struct row_key *in, struct row_key *out, size_t n,
	  unsigned pass)
{
	size_t at[256] = { 0 };
	size_t sum = 0;

	for (size_t i = 0; i < n; i++)
		at[octet(&in[i], pass)]++;
	if (at[octet(&in[0], pass)] == n)
		return false;
	for (size_t i = 0; i < 256; i++) {
		size_t count = at[i];

		at[i] = sum;
		sum += count;
	}
	for (size_t i = 0; i < n; i++)
		out[at[octet(&in[i], pass)]++] = in[i];
	return true;
}

/* By prefix, then tariff. */
static int
sort_keys(struct pricebook_builder *b)
{
	struct row_key *other = mem_alloc(b->n * sizeof(*other));

	if (other == NULL)
		return ERR_NOMEM;
	for (unsigned pass = 0; pass < N_PASSES; pass++) {
		struct row_key *sorted = other;

		if (!sort_pass(b->keys, sorted, b->n, pass))
			continue;
		other = b->keys;
		b->keys = sorted;
	}
	mem_free(other);
	return 0;
}

/* The rates in order of their keys. */
static int
gather(struct pricebook_builder *b)
{
	struct rate *rates = mem_alloc(b->n * sizeof(*rates));

	if (rates == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < b->n; i++)
		rates[i] = b->rates[b->keys[i].row];
	mem_free(b->rates);
	b->rates = NULL;
	b->book->rates = rates;
	b->book->n_rates = b->n;
	return 0;
}

static bool
begins_prefix(const struct row_key *keys, size_t i)
{
	return i == 0 || keys[i].prefix != keys[i - 1].prefix;
}

static bool
begins_slot(const struct row_key *keys, size_t i)
{
	return begins_prefix(keys, i) || keys[i].tariff != keys[i - 1].tariff;
}

static int
alloc_index(struct pricebook_builder *b)
{
	struct pricebook *book = b->book;
	size_t n_prefixes = 0, n_slots = 0;

	for (size_t i = 0; i < b->n; i++) {
		n_prefixes += begins_prefix(b->keys, i);
		n_slots += begins_slot(b->keys, i);
	}
	book->prefixes = mem_alloc(n_prefixes * sizeof(*book->prefixes));
	book->first_slots =
	    mem_alloc((n_prefixes + 1) * sizeof(*book->first_slots));
	book->slots = mem_alloc((n_slots + 1) * sizeof(*book->slots));
	if (book->prefixes == NULL || book->first_slots == NULL ||
	    book->slots == NULL)
		return ERR_NOMEM;
	return 0;
}

static void
fill_index(struct pricebook_builder *b)
{
	struct pricebook *book = b->book;

	for (size_t i = 0; i < b->n; i++) {
		const struct row_key *key = &b->keys[i];

		if (begins_prefix(b->keys, i)) {
			book->prefixes[book->n_prefixes] = key->prefix;
			book->first_slots[book->n_prefixes++] =
			    (uint32_t)book->n_slots;
		}
		if (begins_slot(b->keys, i))
			book->slots[book->n_slots++] =
			    (struct book_slot){ key->tariff, (uint32_t)i };
	}
	book->first_slots[book->n_prefixes] = (uint32_t)book->n_slots;
	book->slots[book->n_slots] =
	    (struct book_slot){ PRICEBOOK_NO_TARIFF, (uint32_t)b->n };
}

static int
compare_rates(const void *a, const void *b)
{
	const struct rate *x = a, *y = b;

	return COMPARE(x->terms, y->terms);
}

/* Sort the rows of one slot by their terms; ERR_EXISTS when two of them are
 * for the same time. */
static int
sort_slot(struct pricebook_builder *b, size_t first, size_t end)
{
	const struct rate_terms *terms = b->book->terms;
	struct rate *rates = b->book->rates;

	qsort(&rates[first], end - first, sizeof(*rates), compare_rates);
	for (size_t i = first + 1; i < end; i++) {
		if (compare_when(&terms[rates[i - 1].terms],
				 &terms[rates[i].terms]) != 0)
			continue;
		b->clash = b->keys[first];
		return ERR_EXISTS;
	}
	return 0;
}

static int
sort_slots(struct pricebook_builder *b)
{
	const struct book_slot *slots = b->book->slots;
	int err = 0;

	for (size_t i = 0; i < b->book->n_slots && err == 0; i++) {
		if (slots[i + 1].first_rate - slots[i].first_rate > 1)
			err = sort_slot(b, slots[i].first_rate,
					slots[i + 1].first_rate);
	}
	return err;
}

static int
index_rates(struct pricebook_builder *b)
{
	int err = sort_terms(b);

	if (err == 0)
		err = sort_keys(b);
	if (err == 0)
		err = gather(b);
	if (err == 0)
		err = alloc_index(b);
	if (err != 0)
		return err;
	fill_index(b);
	err = sort_slots(b);
	if (err != 0)
		return err;
	mem_free(b->keys);
	b->keys = NULL;
	return trie_new(b->book->prefixes, b->book->n_prefixes, &b->book->trie);
}

static int
compare_names(const void *a, const void *b)
{
	const struct tariff *x = *(const struct tariff *const *)a;
	const struct tariff *y = *(const struct tariff *const *)b;

	return strcmp(x->name, y->name);
}

static int
index_names(struct pricebook *book)
{
	size_t n = book->n_tariffs;
	const struct tariff **sorted = mem_alloc(n * sizeof(*sorted));

	book->by_name = mem_alloc(n * sizeof(*book->by_name));
	if (sorted == NULL || book->by_name == NULL) {
		mem_free(sorted);
		return ERR_NOMEM;
	}
	for (size_t i = 0; i < n; i++)
		sorted[i] = &book->tariffs[i];
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < n; i++)
		book->by_name[i] = (uint32_t)(sorted[i] - book->tariffs);
	mem_free(sorted);
	return 0;
}

int
pricebook_builder_finish(struct pricebook_builder *b, struct pricebook **out)
{
	int err = pricebook_builder_close_tariffs(b);

	if (err == 0)
		err = index_names(b->book);
	if (err == 0 && b->n > 0)
		err = index_rates(b);
	if (err != 0)
		return err;
	intern_seal(&b->book->destinations);
	*out = b->book;
	b->book = NULL;
	return 0;
}
