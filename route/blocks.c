/* blocks.c - a sorted list of blocks, asked for each length that occurs */
#include "route/blocks.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

void
blocks_fini(struct blocks *blocks)
{
	mem_free(blocks->list);
	*blocks = (struct blocks){ 0 };
}

int
blocks_add(struct blocks *blocks, const struct block *block)
{
	if (mem_grow((void **)&blocks->list, &blocks->cap, blocks->n,
		     sizeof(*block)) != 0)
		return ERR_NOMEM;
	blocks->list[blocks->n++] = *block;
	blocks->lengths |= 1U << prefix_len(block->prefix);
	return 0;
}

/* All classes come last: BLOCKS_ALL_CLASSES is above any. */
static int
compare(const void *a, const void *b)
{
	const struct block *x = a, *y = b;
	int order = COMPARE(x->account, y->account);

	if (order == 0)
		order = COMPARE(x->carrier, y->carrier);
	if (order == 0)
		order = COMPARE(x->prefix, y->prefix);
	return order != 0 ? order : COMPARE(x->class, y->class);
}

void
blocks_finish(struct blocks *blocks)
{
	if (blocks->n > 0)
		qsort(blocks->list, blocks->n, sizeof(blocks->list[0]),
		      compare);
}

static const struct block *
find_one(const struct blocks *blocks, const struct block_query *query,
	 uint32_t account, uint32_t carrier, unsigned len)
{
	const uint32_t classes[] = { query->class, BLOCKS_ALL_CLASSES };
	struct block key = { .account = account,
			     .carrier = carrier,
			     .prefix = prefix_of(query->number, len) };

	for (int i = 0; i < 2; i++) {
		const struct block *found;

		key.class = classes[i];
		found = bsearch(&key, blocks->list, blocks->n, sizeof(key),
				compare);
		if (found != NULL && query->at < found->until)
			return found;
	}
	return NULL;
}

const struct block *
blocks_find(const struct blocks *blocks, const struct block_query *query,
	    uint32_t carrier)
{
	if (blocks->n == 0)
		return NULL;
	for (unsigned len = query->number->len + 1U; len-- > 0;) {
		const struct block *found = NULL;

		if ((blocks->lengths & 1U << len) == 0)
			continue;
		if (query->account != BLOCKS_EVERYBODY)
			found = find_one(blocks, query, query->account,
					 carrier, len);
		if (found == NULL)
			found = find_one(blocks, query, BLOCKS_EVERYBODY,
					 carrier, len);
		if (found != NULL)
			return found;
	}
	return NULL;
}

static bool
is_barred(const struct block *block)
{
	return block != NULL && !block->is_allowed;
}

bool
blocks_bar(const struct blocks *blocks, const struct block_query *query,
	   uint32_t carrier)
{
	return is_barred(blocks_find(blocks, query, BLOCKS_NO_CARRIER)) ||
	       is_barred(blocks_find(blocks, query, carrier));
}
