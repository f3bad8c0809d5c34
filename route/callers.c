/* callers.c - a sorted list of the numbers of accounts */
#include "route/callers.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

void
callers_fini(struct callers *callers)
{
	mem_free(callers->list);
	*callers = (struct callers){ 0 };
}

int
callers_add(struct callers *callers, const struct caller *caller)
{
	if (mem_grow((void **)&callers->list, &callers->cap, callers->n,
		     sizeof(*caller)) != 0)
		return ERR_NOMEM;
	callers->list[callers->n++] = *caller;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct caller *x = a, *y = b;
	int order = COMPARE(x->account, y->account);

	return order != 0 ? order : COMPARE(x->prefix, y->prefix);
}

void
callers_finish(struct callers *callers)
{
	if (callers->n > 0)
		qsort(callers->list, callers->n, sizeof(callers->list[0]),
		      compare);
}

/* The account's first row, or where it would be. */
static size_t
first_of(const struct callers *callers, uint32_t account)
{
	size_t low = 0, high = callers->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (callers->list[middle].account < account)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

enum caller_verdict
callers_judge(const struct callers *callers, uint32_t account,
	      const struct number *number)
{
	size_t first = first_of(callers, account);

	if (first == callers->n || callers->list[first].account != account)
		return CALLER_ANY;
	for (unsigned len = number->len; len > 0; len--) {
		const struct caller key = {
			.account = account, .prefix = prefix_of(number, len)
		};

		if (bsearch(&key, callers->list, callers->n, sizeof(key),
			    compare) != NULL)
			return CALLER_OWN;
	}
	return CALLER_FOREIGN;
}

bool
callers_preset(const struct callers *callers, uint32_t account,
	       struct number *out)
{
	for (size_t i = first_of(callers, account);
	     i < callers->n && callers->list[i].account == account; i++) {
		if (!callers->list[i].is_preset)
			continue;
		prefix_format(callers->list[i].prefix, out->digits);
		out->len = (uint8_t)prefix_len(callers->list[i].prefix);
		return true;
	}
	return false;
}
