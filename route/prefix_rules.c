/* prefix_rules.c - rules by owner and prefix */
#include "route/prefix_rules.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

int
prefix_rules_add(struct prefix_rules *rules, uint32_t owner,
		 prefix_word prefix, uint32_t value, uint32_t detail)
{
	if (mem_grow((void **)&rules->list, &rules->cap, rules->n,
		     sizeof(*rules->list)) != 0)
		return ERR_NOMEM;
	rules->list[rules->n++] =
	    (struct prefix_rule){ prefix, owner, value, detail };
	rules->lengths |= UINT32_C(1) << prefix_len(prefix);
	return 0;
}

static int
compare_rules(const void *a, const void *b)
{
	const struct prefix_rule *x = a, *y = b;
	int order = COMPARE(x->owner, y->owner);

	if (order == 0)
		order = COMPARE(x->prefix, y->prefix);
	return order != 0 ? order : COMPARE(x->value, y->value);
}

void
prefix_rules_sort(struct prefix_rules *rules)
{
	if (rules->n > 1)
		qsort(rules->list, rules->n, sizeof(*rules->list),
		      compare_rules);
}

void
prefix_rules_fini(struct prefix_rules *rules)
{
	mem_free(rules->list);
	*rules = (struct prefix_rules){ 0 };
}

const struct prefix_rule *
prefix_rules_at(const struct prefix_rules *rules, uint32_t owner,
		const struct number *number, unsigned len, size_t *n)
{
	struct prefix_rule key = { .owner = owner };
	size_t low = 0, high = rules->n, end;

	*n = 0;
	if (len > number->len || (rules->lengths >> len & 1) == 0)
		return NULL;
	key.prefix = prefix_of(number, len);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_rules(&rules->list[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < rules->n && rules->list[end].owner == owner &&
			rules->list[end].prefix == key.prefix;
	     end++)
		;
	*n = end - low;
	return *n > 0 ? &rules->list[low] : NULL;
}

const struct prefix_rule *
prefix_rules_find(const struct prefix_rules *rules, uint32_t owner,
		  const struct number *number)
{
	for (unsigned len = number->len + 1u; rules->n > 0 && len-- > 0;) {
		size_t n;
		const struct prefix_rule *rule =
		    prefix_rules_at(rules, owner, number, len, &n);

		if (rule != NULL)
			return rule;
	}
	return NULL;
}
