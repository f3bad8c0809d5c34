/* emergencies.c - a sorted list of emergency numbers */
#include "route/emergencies.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

void
emergencies_fini(struct emergencies *emergencies)
{
	mem_free(emergencies->list);
	*emergencies = (struct emergencies){ 0 };
}

int
emergencies_add(struct emergencies *emergencies,
		const struct emergency *emergency)
{
	if (mem_grow((void **)&emergencies->list, &emergencies->cap,
		     emergencies->n, sizeof(*emergency)) != 0)
		return ERR_NOMEM;
	emergencies->list[emergencies->n++] = *emergency;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct emergency *x = a, *y = b;
	int order = strcmp(x->digits, y->digits);

	if (order == 0)
		order = COMPARE(x->priority, y->priority);
	return order != 0 ? order : COMPARE(x->gateway, y->gateway);
}

void
emergencies_finish(struct emergencies *emergencies)
{
	if (emergencies->n > 0)
		qsort(emergencies->list, emergencies->n,
		      sizeof(emergencies->list[0]), compare);
}

const struct emergency *
emergencies_find(const struct emergencies *emergencies, struct str digits,
		 size_t *n)
{
	size_t low = 0, high = emergencies->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (str_cmp(str_of(emergencies->list[middle].digits), digits) <
		    0)
			low = middle + 1;
		else
			high = middle;
	}
	end = low;
	while (end < emergencies->n &&
	       str_eq_text(digits, emergencies->list[end].digits))
		end++;
	*n = end - low;
	return end > low ? &emergencies->list[low] : NULL;
}
