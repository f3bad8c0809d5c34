/* pricebook_build.c - tariffs and rows into a price book */
#include "route/pricebook_build.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

/* mem_grow for any type of array. */
#define GROW(array, cap, n) \
	mem_grow((void **)&(array), &(cap), (n), sizeof(*(array)))

int
pricebook_builder_init(struct pricebook_builder *b)
{
	int err;

	*b = (struct pricebook_builder){ 0 };
	b->book = mem_zalloc(1, sizeof(*b->book));
	if (b->book == NULL)
		return ERR_NOMEM;
	arena_init(&b->book->texts, NULL, 0, 0);
	err = intern_init(&b->book->destinations, true);
	if (err == 0)
		err = intern_init(&b->terms, false);
	return err;
}

void
pricebook_builder_fini(struct pricebook_builder *b)
{
	pricebook_free(b->book);
	intern_fini(&b->terms);
	mem_free(b->rates);
	mem_free(b->keys);
	mem_free(b->holidays);
	*b = (struct pricebook_builder){ 0 };
}

/* An open zone by name, which becomes the book's; *out NULL for UTC. */
static int
open_zone(struct pricebook *book, const char *name, const struct zone **out)
{
	struct zone *zone;
	int err;

	*out = NULL;
	if (name[0] == '\0' || strcmp(name, "UTC") == 0)
		return 0;
	for (size_t i = 0; i < book->n_zones; i++) {
		if (strcmp(book->zones[i].name, name) == 0) {
			*out = book->zones[i].zone;
			return 0;
		}
	}
	if (GROW(book->zones, book->zones_cap, book->n_zones) != 0)
		return ERR_NOMEM;
	err = zone_new(name, &zone);
	if (err != 0)
		return err;
	book->zones[book->n_zones++] = (struct book_zone){ name, zone };
	*out = zone;
	return 0;
}

static const char *
keep(struct pricebook *book, const char *text)
{
	if (text == NULL)
		return "";
	return arena_strndup(&book->texts, text, strlen(text));
}

int
pricebook_builder_add_holiday(struct pricebook_builder *b, uint32_t tariff,
			      int64_t day)
{
	if (GROW(b->holidays, b->holidays_cap, b->n_holidays) != 0)
		return ERR_NOMEM;
	b->holidays[b->n_holidays++] = (struct book_holiday){ tariff, day };
	return 0;
}

int
pricebook_builder_add_tariff(struct pricebook_builder *b,
			     const struct tariff *tariff)
{
	struct pricebook *book = b->book;
	struct tariff copy = *tariff;
	int err;

	copy.name = keep(book, tariff->name);
	copy.zone_name = keep(book, tariff->zone_name);
	if (copy.name == NULL || copy.zone_name == NULL)
		return ERR_NOMEM;
	err = open_zone(book, copy.zone_name, &copy.zone);
	if (err != 0)
		return err;
	if (GROW(book->tariffs, book->tariffs_cap, book->n_tariffs) != 0)
		return ERR_NOMEM;
	copy.holidays = (struct holidays){ 0 };
	for (size_t i = 0; i < tariff->holidays.n && err == 0; i++)
		err = pricebook_builder_add_holiday(
		    b, (uint32_t)book->n_tariffs, tariff->holidays.days[i]);
	book->tariffs[book->n_tariffs++] = copy;
	return err;
}

int
pricebook_builder_set_id(struct pricebook_builder *b, int64_t id)
{
	struct pricebook *book = b->book;

	assert(book->n_tariffs > 0);
	if (GROW(book->by_id, book->ids_cap, book->n_ids) != 0)
		return ERR_NOMEM;
	book->by_id[book->n_ids++] =
	    (struct book_id){ id, (uint32_t)book->n_tariffs - 1 };
	return 0;
}

/* By tariff, those of every tariff last. */
static int
compare_holidays(const void *a, const void *b)
{
	const struct book_holiday *x = a, *y = b;

	if (x->tariff != y->tariff)
		return x->tariff > y->tariff ? 1 : -1;
	return (x->day > y->day) - (x->day < y->day);
}

/* Merge two sorted runs of days into out, each day once. */
static size_t
merge_days(const struct book_holiday *a, size_t n_a,
	   const struct book_holiday *b, size_t n_b, int64_t *out)
{
	size_t n = 0;

	while (n_a + n_b > 0) {
		int64_t day;

		if (n_b == 0 || (n_a > 0 && a->day <= b->day)) {
			day = a++->day;
			n_a--;
		} else {
			day = b++->day;
			n_b--;
		}
		if (n == 0 || out[n - 1] != day)
			out[n++] = day;
	}
	return n;
}

static int
set_holidays(struct pricebook *book, struct tariff *tariff,
	     const struct book_holiday *own, size_t n_own,
	     const struct book_holiday *common, size_t n_common)
{
	int64_t *days;

	if (n_own + n_common == 0)
		return 0;
	days = arena_alloc(&book->texts, (n_own + n_common) * sizeof(*days));
	if (days == NULL)
		return ERR_NOMEM;
	tariff->holidays.days = days;
	tariff->holidays.n = merge_days(own, n_own, common, n_common, days);
	return 0;
}

int
pricebook_builder_close_tariffs(struct pricebook_builder *b)
{
	struct book_holiday *own = b->holidays;
	size_t n_common = 0;
	int err = 0;

	if (b->n_holidays == 0)
		return 0;
	qsort(own, b->n_holidays, sizeof(*own), compare_holidays);
	while (n_common < b->n_holidays &&
	       own[b->n_holidays - 1 - n_common].tariff == PRICEBOOK_NO_TARIFF)
		n_common++;
	for (uint32_t i = 0; i < b->book->n_tariffs && err == 0; i++) {
		size_t n = 0;

		while (own + n < b->holidays + b->n_holidays - n_common &&
		       own[n].tariff == i)
			n++;
		err = set_holidays(b->book, &b->book->tariffs[i], own, n,
				   b->holidays + b->n_holidays - n_common,
				   n_common);
		own += n;
	}
	return err;
}

static int
compare_ids(const void *a, const void *b)
{
	const struct book_id *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void
pricebook_builder_sort_ids(struct pricebook_builder *b)
{
	if (b->book->n_ids > 0)
		qsort(b->book->by_id, b->book->n_ids, sizeof(*b->book->by_id),
		      compare_ids);
}

/* The same values with zeros between them, so that equal terms are equal
 * octets. */
static void
normalise(const struct rate_terms *in, struct rate_terms *out)
{
	memset(out, 0, sizeof(*out));
	out->connect_fee = in->connect_fee;
	out->first_increment_s = in->first_increment_s;
	out->increment_s = in->increment_s;
	out->grace_s = in->grace_s;
	out->from_s = in->from_s;
	out->valid_from = in->valid_from;
	out->valid_until = in->valid_until;
	out->band.kind = in->band.kind;
	out->band.days = in->band.days;
	out->band.from_min = in->band.from_min;
	out->band.until_min = in->band.until_min;
	out->not_sold = in->not_sold;
}

int
pricebook_builder_add_row(struct pricebook_builder *b,
			  const struct pricebook_row *row)
{
	struct rate rate = { .per_min = row->per_min };
	struct rate_terms terms;
	int err;

	if (row->tariff >= b->book->n_tariffs)
		return ERR_INVAL;
	if (b->n >= UINT32_MAX - 1)
		return ERR_LIMIT;
	normalise(&row->terms, &terms);
	err = intern_add(&b->terms, &terms, sizeof(terms), &rate.terms);
	if (err == 0)
		err = intern_add(&b->book->destinations, row->destination.p,
				 row->destination.len, &rate.destination);
	if (err != 0)
		return err;
	if (GROW(b->rates, b->rates_cap, b->n) != 0 ||
	    GROW(b->keys, b->keys_cap, b->n) != 0)
		return ERR_NOMEM;
	b->rates[b->n] = rate;
	b->keys[b->n] =
	    (struct row_key){ row->prefix, row->tariff, (uint32_t)b->n };
	b->n++;
	return 0;
}

int
pricebook_build(const struct tariff *tariffs, size_t n_tariffs,
		const struct pricebook_row *rows, size_t n_rows,
		struct pricebook **out)
{
	struct pricebook_builder b;
	int err = pricebook_builder_init(&b);

	for (size_t i = 0; i < n_tariffs && err == 0; i++)
		err = pricebook_builder_add_tariff(&b, &tariffs[i]);
	for (size_t i = 0; i < n_rows && err == 0; i++)
		err = pricebook_builder_add_row(&b, &rows[i]);
	if (err == 0)
		err = pricebook_builder_finish(&b, out);
	pricebook_builder_fini(&b);
	return err;
}
