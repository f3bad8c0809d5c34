/* dest.c - a tree of destinations (a qp trie: T. Finch, dotat.at/prog/qp) */
#include "trip/dest.h"

#include "base/alloc.h"
#include "base/err.h"

/* A key is two numbers of 16 bits and the address, read in symbols: of each
 * octet the upper half plus 1, then the lower half. 0 is the end, so a key is
 * never the beginning of another one, and shorter ones come first. */
#define KEY_HEAD 4

struct trip_prefix
trip_dest_prefix(const struct trip_dest *dest)
{
	return (struct trip_prefix){ dest->family, dest->protocol,
				     str_make(dest->address, dest->len) };
}

static unsigned
symbol(const struct trip_prefix *key, uint32_t at)
{
	uint32_t head = (uint32_t)key->family << 16 | key->protocol;
	size_t i = at / 2;
	unsigned octet;

	if (i < KEY_HEAD)
		octet = head >> (24 - 8 * i) & 0xFF;
	else if (i - KEY_HEAD < key->address.len)
		octet = (uint8_t)key->address.p[i - KEY_HEAD];
	else
		return 0;
	return at % 2 == 0 ? 1 + (octet >> 4) : octet & 15;
}

/* The first symbol in which two keys differ; UINT32_MAX: none. */
static uint32_t
first_difference(const struct trip_prefix *a, const struct trip_prefix *b)
{
	size_t n = (a->address.len > b->address.len ? a->address.len
						    : b->address.len) +
		   KEY_HEAD;

	for (uint32_t at = 0; at < 2 * n; at++) {
		if (symbol(a, at) != symbol(b, at))
			return at;
	}
	return UINT32_MAX;
}

/* --- twigs --- */

static bool
is_branch(const struct trip_twig *twig)
{
	return twig->symbols != 0;
}

static unsigned
n_twigs(const struct trip_twig *branch)
{
	return (unsigned)__builtin_popcount(branch->symbols);
}

/* How many twigs of a branch come before that of a symbol. */
static unsigned
rank(const struct trip_twig *branch, unsigned sym)
{
	return (unsigned)__builtin_popcount(branch->symbols &
					    ((1U << sym) - 1));
}

static bool
has(const struct trip_twig *branch, unsigned sym)
{
	return (branch->symbols >> sym & 1) != 0;
}

static struct trip_twig *
twig_at(const struct trip_twig *branch, unsigned i)
{
	return (struct trip_twig *)branch->to + i;
}

static struct trip_twig
leaf(struct trip_dest *dest)
{
	return (struct trip_twig){ dest, 0, 0 };
}

/* One step towards key, or what is near it. */
static struct trip_twig *
toward(const struct trip_twig *branch, const struct trip_prefix *key)
{
	unsigned sym = symbol(key, branch->at);

	return twig_at(branch, has(branch, sym) ? rank(branch, sym) : 0);
}

/* A destination that has more symbols in common with key than all others
 * have; NULL: the tree is empty. */
static struct trip_dest *
nearest(const struct trip_tree *tree, const struct trip_prefix *key)
{
	const struct trip_twig *twig = &tree->root;

	while (is_branch(twig))
		twig = toward(twig, key);
	return twig->to;
}

/* Of the twig's destination what a change of a route reads first. */
static void
foresee_routes(struct trip_twig *const *twigs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct trip_dest *dest = twigs[i]->to;

		__builtin_prefetch(dest);
		__builtin_prefetch(&dest->address); /* often the next line */
	}
	for (size_t i = 0; i < n; i++) {
		const struct trip_dest *dest = twigs[i]->to;

		__builtin_prefetch(dest->routes);
	}
}

void
trip_tree_foresee(const struct trip_tree *tree,
		  const struct trip_prefix *prefixes, size_t n)
{
	struct trip_twig *twigs[TRIP_FORESEEN_MAX];
	bool goes_on = n > 0 && is_branch(&tree->root);

	for (size_t i = 0; goes_on && i < n; i++)
		twigs[i] = toward(&tree->root, &prefixes[i]);
	while (goes_on) {
		goes_on = false;
		for (size_t i = 0; i < n; i++) {
			if (!is_branch(twigs[i]))
				continue;
			twigs[i] = toward(twigs[i], &prefixes[i]);
			__builtin_prefetch(twigs[i]);
			goes_on = true;
		}
		if (!goes_on)
			foresee_routes(twigs, n);
	}
}

struct trip_dest *
trip_tree_find(const struct trip_tree *tree, const struct trip_prefix *prefix)
{
	const struct trip_twig *twig = &tree->root;
	struct trip_dest *dest;

	while (is_branch(twig)) {
		unsigned sym = symbol(prefix, twig->at);

		if (!has(twig, sym))
			return NULL;
		twig = twig_at(twig, rank(twig, sym));
	}
	dest = twig->to;
	if (dest == NULL || dest->family != prefix->family ||
	    dest->protocol != prefix->protocol ||
	    !str_eq(str_make(dest->address, dest->len), prefix->address))
		return NULL;
	return dest;
}

static struct trip_dest *
make_dest(const struct trip_prefix *prefix)
{
	struct trip_dest *dest = mem_zalloc(
	    1, offsetof(struct trip_dest, address) + prefix->address.len);

	if (dest == NULL)
		return NULL;
	dest->family = prefix->family;
	dest->protocol = prefix->protocol;
	dest->len = (uint8_t)prefix->address.len;
	if (prefix->address.len > 0)
		memcpy(dest->address, prefix->address.p, prefix->address.len);
	return dest;
}

/* One more twig for a branch. */
static int
grow(struct trip_twig *branch, unsigned sym, struct trip_twig twig)
{
	unsigned n = n_twigs(branch), i = rank(branch, sym);
	struct trip_twig *twigs =
	    mem_realloc(branch->to, (n + 1) * sizeof(*twigs));

	if (twigs == NULL)
		return ERR_NOMEM;
	memmove(twigs + i + 1, twigs + i, (n - i) * sizeof(*twigs));
	twigs[i] = twig;
	branch->to = twigs;
	branch->symbols |= 1U << sym;
	return 0;
}

/* A branch where a twig was, for that one and another. */
static int
branch_off(struct trip_twig *twig, uint32_t at, unsigned its, unsigned others,
	   struct trip_twig other)
{
	struct trip_twig *twigs = mem_alloc(2 * sizeof(*twigs));

	if (twigs == NULL)
		return ERR_NOMEM;
	twigs[its > others] = *twig;
	twigs[others > its] = other;
	*twig = (struct trip_twig){ twigs, 1U << its | 1U << others, at };
	return 0;
}

/* Put dest where its key leaves that of near. */
static int
insert(struct trip_tree *tree, struct trip_dest *dest,
       const struct trip_prefix *near, uint32_t at)
{
	const struct trip_prefix key = trip_dest_prefix(dest);
	struct trip_twig *twig = &tree->root;

	while (is_branch(twig) && twig->at < at)
		twig = twig_at(twig, rank(twig, symbol(&key, twig->at)));
	if (is_branch(twig) && twig->at == at)
		return grow(twig, symbol(&key, at), leaf(dest));
	return branch_off(twig, at, symbol(near, at), symbol(&key, at),
			  leaf(dest));
}

int
trip_tree_get(struct trip_tree *tree, const struct trip_prefix *prefix,
	      struct trip_dest **out)
{
	struct trip_dest *near = nearest(tree, prefix), *dest;
	struct trip_prefix near_key;
	uint32_t at = 0;

	if (prefix->address.len > TRIP_ADDRESS_MAX)
		return ERR_LIMIT;
	if (near != NULL) {
		near_key = trip_dest_prefix(near);
		at = first_difference(&near_key, prefix);
		*out = near;
		if (at == UINT32_MAX)
			return 0;
	}
	dest = make_dest(prefix);
	if (dest == NULL)
		return ERR_NOMEM;
	if (near == NULL) {
		tree->root = leaf(dest);
	} else if (insert(tree, dest, &near_key, at) != 0) {
		mem_free(dest);
		return ERR_NOMEM;
	}
	tree->n++;
	*out = dest;
	return 0;
}

/* One twig less; a branch with one left is that one. */
static void
cut(struct trip_twig *branch, unsigned sym)
{
	struct trip_twig *twigs = branch->to, *fewer;
	unsigned n = n_twigs(branch) - 1, i = rank(branch, sym);

	memmove(twigs + i, twigs + i + 1, (n - i) * sizeof(*twigs));
	branch->symbols &= ~(1U << sym);
	if (n == 1) {
		*branch = twigs[0];
		mem_free(twigs);
		return;
	}
	fewer = mem_realloc(twigs, n * sizeof(*twigs));
	if (fewer != NULL)
		branch->to = fewer;
}

void
trip_tree_remove(struct trip_tree *tree, struct trip_dest *dest)
{
	const struct trip_prefix key = trip_dest_prefix(dest);
	struct trip_twig *twig = &tree->root, *above = NULL;

	while (is_branch(twig)) {
		above = twig;
		twig = twig_at(twig, rank(twig, symbol(&key, twig->at)));
	}
	if (above == NULL)
		tree->root = leaf(NULL);
	else
		cut(above, symbol(&key, above->at));
	tree->n--;
	mem_free(dest);
}

static bool
walk(const struct trip_twig *twig, trip_dest_fn *fn, void *arg)
{
	unsigned n = n_twigs(twig);

	if (!is_branch(twig))
		return twig->to == NULL || fn(arg, twig->to);
	for (unsigned i = 0; i < n; i++) {
		if (!walk(twig_at(twig, i), fn, arg))
			return false;
	}
	return true;
}

static bool
begins(const struct trip_dest *dest, const struct trip_prefix *prefix)
{
	return dest->family == prefix->family &&
	       dest->protocol == prefix->protocol &&
	       dest->len >= prefix->address.len &&
	       memcmp(dest->address, prefix->address.p, prefix->address.len) ==
		   0;
}

bool
trip_tree_walk(const struct trip_tree *tree, const struct trip_prefix *prefix,
	       trip_dest_fn *fn, void *arg)
{
	const struct trip_twig *twig = &tree->root, *any;
	uint32_t end;

	if (prefix == NULL || twig->to == NULL)
		return walk(twig, fn, arg);
	end = (uint32_t)(2 * (KEY_HEAD + prefix->address.len));
	while (is_branch(twig) && twig->at < end) {
		unsigned sym = symbol(prefix, twig->at);

		if (!has(twig, sym))
			return true;
		twig = twig_at(twig, rank(twig, sym));
	}
	for (any = twig; is_branch(any);)
		any = twig_at(any, 0);
	return !begins(any->to, prefix) || walk(twig, fn, arg);
}

struct trip_dest *
trip_tree_longest(const struct trip_tree *tree,
		  const struct trip_prefix *prefix, trip_dest_fn *fn, void *arg)
{
	struct trip_prefix part = *prefix;
	struct trip_dest *dest;

	if (part.address.len > TRIP_ADDRESS_MAX)
		part.address.len = TRIP_ADDRESS_MAX;
	for (;;) {
		dest = trip_tree_find(tree, &part);
		if (dest != NULL && (fn == NULL || fn(arg, dest)))
			return dest;
		if (part.address.len == 0 ||
		    !trip_family_is_digits(part.family))
			return NULL;
		part.address.len--;
	}
}
