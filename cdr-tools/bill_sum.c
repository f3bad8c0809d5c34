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
	struct str destination, prefix;
	money_e8 rate;
};

static bool
is_line(const struct map_node *node, const void *arg)
{
	const struct bill_line *line =
	    MAP_ENTRY(node, const struct bill_line, node);
	const struct line_key *key = arg;

	return line->rate == key->rate &&
	       str_eq_text(key->prefix, line->prefix) &&
	       str_eq_text(key->destination, line->destination);
}

static int
new_line(struct bill *bill, const struct line_key *key, uint64_t hash,
	 struct bill_line **out)
{
	struct bill_line *line = arena_zalloc(&bill->texts, sizeof(*line));
	int err = line == NULL ? ERR_NOMEM : 0;

	if (err == 0)
		err = mem_grow((void **)&bill->lines, &bill->lines_cap,
			       bill->n_lines, sizeof(struct bill_line *));
	if (err == 0)
		err = bill_keep(bill, key->destination, &line->destination);
	if (err == 0)
		err = bill_keep(bill, key->prefix, &line->prefix);
	if (err != 0)
		return err;
	line->rate = key->rate;
	map_add(&bill->by_key, &line->node, hash);
	bill->lines[bill->n_lines++] = line;
	*out = line;
	return 0;
}

static int
find_line(struct bill *bill, const struct bill_call *call,
	  struct bill_line **out)
{
	struct line_key key = { call->destination, call->prefix, call->rate };
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
bill_sum_add(struct bill *bill, const struct bill_call *call)
{
	struct bill_line *line;
	int err = find_line(bill, call, &line);

	if (err != 0)
		return err;
	line->calls++;
	bill->calls++;
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
	int order = strcmp(x->destination, y->destination);

	if (order == 0)
		order = strcmp(x->prefix, y->prefix);
	if (order == 0)
		order = x->rate < y->rate ? -1 : x->rate > y->rate;
	return order;
}

int
bill_sum_end(struct bill *bill, const struct bill_tariffs *tariffs,
	     const money_e8 *sums)
{
	bill->net = bill->sum;
	for (size_t i = 0; i < tariffs->n; i++) {
		const struct bill_tariff *tariff = &tariffs->items[i];
		money_e8 rounded;

		if (money_round(sums[i], tariff->decimals, tariff->rounding,
				&rounded) != 0 ||
		    bill_add(&bill->net, rounded - sums[i]) != 0)
			return ERR_RANGE;
	}
	bill->total = bill->net + bill->tax;
	if (bill->n_lines > 1)
		qsort(bill->lines, bill->n_lines, sizeof(struct bill_line *),
		      compare_lines);
	return 0;
}
