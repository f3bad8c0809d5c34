/* trie.c - longest-prefix match in an array of 12-byte nodes */
#include "tel/trie.h"

#include <assert.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define NODES_MAX ((size_t)1 << 31)

struct node {
	uint32_t first;    /* index of the child for the lowest set bit */
	uint32_t value;    /* or TRIE_NONE */
	uint16_t children; /* bit d: a child for digit d */
};

struct trie {
	size_t n_nodes;
	struct node nodes[]; /* 0 is the root */
};

/* While a trie is being built. */
struct builder {
	const prefix_word *prefixes;
	struct trie *trie;
	uint32_t n_used; /* nodes */
};

/* The digit of a prefix at this depth, or -1 where the prefix ends. */
static int
digit_at(prefix_word prefix, unsigned depth)
{
	return (int)(prefix >> (60 - 4 * depth) & 15) - 1;
}

/* Whether the word is digits 0..9 with zeros behind, 15 at most. */
static bool
is_prefix(prefix_word prefix)
{
	unsigned len = prefix_len(prefix);

	if (len > PREFIX_MAX)
		return false;
	for (unsigned i = 0; i < len; i++) {
		if (digit_at(prefix, i) < 0 || digit_at(prefix, i) > 9)
			return false;
	}
	return true;
}

/* The digits that two different prefixes begin with. */
static unsigned
n_shared(prefix_word a, prefix_word b)
{
	return (unsigned)__builtin_clzll(a ^ b) / 4;
}

/*
 * The nodes that the prefixes need: the root, and for each prefix its digits
 * beyond what it shares with the one before. In ascending order that is the
 * longest piece it shares with any earlier one.
 */
static int
count_nodes(const prefix_word *prefixes, size_t n, size_t *out)
{
	size_t n_nodes = 1;

	for (size_t i = 0; i < n; i++) {
		prefix_word before = i > 0 ? prefixes[i - 1] : 0;
		unsigned shared = 0;

		if (!is_prefix(prefixes[i]))
			return ERR_INVAL;
		if (i > 0 && prefixes[i] <= before)
			return ERR_INVAL;
		if (i > 0)
			shared = n_shared(before, prefixes[i]);
		n_nodes += prefix_len(prefixes[i]) - shared;
		if (n_nodes > NODES_MAX)
			return ERR_LIMIT;
	}
	*out = n_nodes;
	return 0;
}

/* The end of the prefixes in [begin, end) with begin's digit at depth. */
static size_t
run_end(const struct builder *b, size_t begin, size_t end, unsigned depth)
{
	int digit = digit_at(b->prefixes[begin], depth);

	while (begin < end && digit_at(b->prefixes[begin], depth) == digit)
		begin++;
	return begin;
}

/*
 * Fill a node from the prefixes [begin, end), which share their first depth
 * digits. Children are laid out together and each subtree behind them, so that
 * the deep levels of one look-up lie close. Recursion ends at PREFIX_MAX.
 */
static void
fill(struct builder *b, uint32_t at, size_t begin, size_t end, unsigned depth)
{
	struct node *node = &b->trie->nodes[at];
	uint32_t child;

	node->value = TRIE_NONE;
	if (begin < end && digit_at(b->prefixes[begin], depth) < 0)
		node->value = (uint32_t)begin++;
	for (size_t i = begin; i < end; i = run_end(b, i, end, depth))
		node->children |=
		    (uint16_t)(1u << digit_at(b->prefixes[i], depth));
	node->first = child = b->n_used;
	b->n_used += (uint32_t)__builtin_popcount(node->children);
	while (begin < end) {
		size_t next = run_end(b, begin, end, depth);

		fill(b, child++, begin, next, depth + 1);
		begin = next;
	}
}

int
trie_new(const prefix_word *prefixes, size_t n, struct trie **out)
{
	struct builder b = { .prefixes = prefixes, .n_used = 1 };
	size_t n_nodes, size;
	int err = count_nodes(prefixes, n, &n_nodes);

	if (err != 0)
		return err;
	size = sizeof(*b.trie) + n_nodes * sizeof(b.trie->nodes[0]);
	b.trie = mem_zalloc(1, size);
	if (b.trie == NULL)
		return ERR_NOMEM;
	b.trie->n_nodes = n_nodes;
	fill(&b, 0, 0, n, 0);
	assert(b.n_used == n_nodes);
	*out = b.trie;
	return 0;
}

void
trie_free(struct trie *trie)
{
	mem_free(trie);
}

size_t
trie_bytes(const struct trie *trie)
{
	return sizeof(*trie) + trie->n_nodes * sizeof(trie->nodes[0]);
}

size_t
trie_match(const struct trie *trie, const char *digits, size_t n_digits,
	   uint32_t values[PREFIX_MAX + 1])
{
	const struct node *node = &trie->nodes[0];
	size_t n = 0;

	for (size_t i = 0;; i++) {
		unsigned bit, before;

		if (node->value != TRIE_NONE)
			values[n++] = node->value;
		if (i == n_digits || digits[i] < '0' || digits[i] > '9')
			return n;
		bit = 1u << (digits[i] - '0');
		if ((node->children & bit) == 0)
			return n;
		before = node->children & (bit - 1);
		node = &trie->nodes[node->first +
				    (unsigned)__builtin_popcount(before)];
	}
}
