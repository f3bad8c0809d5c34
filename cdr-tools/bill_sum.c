/* bill_sum.c - adding calls up, line by line */
#include "cdr-tools/bill_sum.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

int
bill_keep(struct bill *bill, struct str text, const char **out)
{
	*out = "";
	if (text.len > 0)
		*out = arena_strndup(&bill->texts, text.p, text.len);
	return *out != NULL ? 0 : ERR_NOMEM;
}

int
bill_add(int64_t *sum, int64_t value)
{
	return __builtin_add_overflow(*sum, value, sum) ? ERR_RANGE : 0;
}

struct line_key {
	enum bill_line_kind kind;
	struct str destination, prefix;
	money_e8 rate;
	size_t group;
};

static bool
is_line(const struct map_node *node, const void *arg)
{
	const struct bill_line *line =
	    MAP_ENTRY(node, const struct bill_line, node);
	const struct line_key *key = arg;

	return line->rate == key->rate && line->kind == key->kind &&
	       line->group == key->group &&
	       str_eq_text(key->prefix, line->prefix) &&
	       str_eq_text(key->destination, line->destination);
}

int
bill_sum_line(struct bill *bill, const struct bill_line *like,
	      struct bill_line **out)
{
	struct bill_line *line = arena_alloc(&bill->texts, sizeof(*line));
	int err = line == NULL ? ERR_NOMEM : 0;

	if (err == 0)
		err = mem_grow((void **)&bill->lines, &bill->lines_cap,
			       bill->n_lines, sizeof(struct bill_line *));
	if (err != 0)
		return err;
	*line = *like;
	err = bill_keep(bill, str_of(like->destination), &line->destination);
	if (err == 0)
		err = bill_keep(bill, str_of(like->prefix), &line->prefix);
	if (err != 0)
		return err;
	bill->lines[bill->n_lines++] = line;
	*out = line;
	return 0;
}

static int
new_line(struct bill *bill, const struct line_key *key, uint64_t hash,
	 struct bill_line **out)
{
	struct bill_line like = { .kind = key->kind,
				  .rate = key->rate,
				  .group = key->group };
	int err = bill_keep(bill, key->destination, &like.destination);

	if (err == 0)
		err = bill_keep(bill, key->prefix, &like.prefix);
	if (err == 0)
		err = bill_sum_line(bill, &like, out);
	if (err == 0)
		map_add(&bill->by_key, &(*out)->node, hash);
	return err;
}

static int
find_line(struct bill *bill, const struct bill_call *call, size_t group,
	  struct bill_line **out)
{
	struct line_key key = { call->is_late ? BILL_LATE : BILL_CALLS,
				call->destination, call->prefix, call->rate,
				group };
	uint64_t hash =
	    hash_bytes(&bill->hash_key, call->prefix.p, call->prefix.len) ^
	    (uint64_t)call->rate;
	struct map_node *node = map_find(&bill->by_key, hash, is_line, &key);

	if (node == NULL)
		return new_line(bill, &key, hash, out);
	*out = MAP_ENTRY(node, struct bill_line, node);
	return 0;
}

/* Add a call to its line and to the whole. */
int
bill_sum_add(struct bill *bill, const struct bill_call *call, size_t *group)
{
	const struct tax *tax = call->tax;
	struct bill_line *line;
	int err = tax_groups_find(
	    &bill->taxes, str_of(tax != NULL ? tax->name : ""),
	    tax != NULL ? tax->percent : 0, &bill->texts, group);

	if (err == 0)
		err = find_line(bill, call, *group, &line);
	if (err != 0)
		return err;
	line->calls++;
	bill->calls++;
	bill->late += call->is_late;
	if (bill_add(&line->duration_us, call->duration_us) != 0 ||
	    bill_add(&line->billed_s, call->billed_s) != 0 ||
	    bill_add(&line->amount, call->amount) != 0 ||
	    bill_add(&bill->duration_us, call->duration_us) != 0 ||
	    bill_add(&bill->billed_s, call->billed_s) != 0 ||
	    bill_add(&bill->sum, call->amount) != 0)
		return ERR_RANGE;
	return 0;
}

int
bill_sum_init(struct bill *bill)
{
	int err = hash_key_random(&bill->hash_key);

	bill->currency = "";
	arena_init(&bill->texts, NULL, 0, 0);
	return err != 0 ? err : map_init(&bill->by_key, 0);
}

void
bill_sum_fini(struct bill *bill)
{
	map_fini(&bill->by_key);
	mem_free(bill->lines);
	arena_fini(&bill->texts);
	memset(bill, 0, sizeof(*bill));
}

static int
compare_lines(const void *a, const void *b)
{
	const struct bill_line *x = *(const struct bill_line *const *)a;
	const struct bill_line *y = *(const struct bill_line *const *)b;
	int order = (x->kind > y->kind) - (x->kind < y->kind);

	if (order == 0)
		order = strcmp(x->destination, y->destination);
	if (order == 0)
		order = strcmp(x->prefix, y->prefix);
	if (order == 0)
		order = (x->rate > y->rate) - (x->rate < y->rate);
	if (order == 0)
		order = (x->group > y->group) - (x->group < y->group);
	return order;
}

/* A line for what rounding the exact sums adds to the calls of one tax. */
static int
add_rounding(struct bill *bill, size_t group,
	     const struct bill_tariffs *tariffs,
	     const struct bill_tariff_sums *sums)
{
	struct bill_line line = { .kind = BILL_ROUNDING,
				  .destination = "rounding",
				  .prefix = "",
				  .group = group };
	struct bill_line *out;

	for (size_t i = 0; i < tariffs->n; i++) {
		const struct bill_tariff *tariff = &tariffs->items[i];
		const struct bill_tariff_sum *sum = &sums[i].of_group[group];
		money_e8 rounded;

		if (money_round_60(sum->exact, tariff->decimals,
				   tariff->rounding, &rounded) != 0 ||
		    __builtin_sub_overflow(rounded, sum->amount, &rounded) ||
		    bill_add(&line.amount, rounded) != 0)
			return ERR_RANGE;
	}
	return line.amount == 0 ? 0 : bill_sum_line(bill, &line, &out);
}

/* Net and tax, with each line's share of it. */
static int
add_up(struct bill *bill)
{
	for (size_t i = 0; i < bill->n_lines; i++) {
		struct bill_line *line = bill->lines[i];

		if (bill_add(&bill->net, line->amount) != 0 ||
		    tax_groups_add(&bill->taxes, line->group, line->amount,
				   &line->tax) != 0)
			return ERR_RANGE;
	}
	for (size_t i = 0; i < bill->taxes.n; i++) {
		if (bill_add(&bill->tax, bill->taxes.items[i].tax) != 0)
			return ERR_RANGE;
	}
	bill->total = bill->net;
	return bill_add(&bill->total, bill->tax);
}

int
bill_sum_end(struct bill *bill, const struct bill_tariffs *tariffs,
	     const struct bill_tariff_sums *sums)
{
	for (size_t i = 0; i < bill->taxes.n; i++) {
		int err = add_rounding(bill, i, tariffs, sums);

		if (err != 0)
			return err;
	}
	if (bill->n_lines > 1)
		qsort(bill->lines, bill->n_lines, sizeof(struct bill_line *),
		      compare_lines);
	return add_up(bill);
}
