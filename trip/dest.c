/* dest.c - a crit-bit tree of destinations (Bernstein, cr.yp.to/critbit.html) */
#include "trip/dest.h"

#include "base/alloc.h"
#include "base/err.h"

/* A key is two numbers of 16 bits and the address. Each of its octets counts
 * as nine bits, the first of which says that the octet is there: so a key is
 * never the beginning of another one, and shorter ones come first. */
#define KEY_HEAD 4
#define OCTET_BITS 9

struct branch {
	void *child[2];
	uint32_t bit;
};

/* Branches are told from destinations by the lowest bit of the pointer. */
static bool
is_branch(const void *node)
{
	return ((uintptr_t)node & 1) != 0;
}

static struct branch *
branch_of(void *node)
{
	return (struct branch *)((uintptr_t)node - 1);
}

static void *
tagged(struct branch *branch)
{
	return (void *)((uintptr_t)branch + 1);
}

struct trip_prefix
trip_dest_prefix(const struct trip_dest *dest)
{
	return (struct trip_prefix){ dest->family, dest->protocol,
				     str_make(dest->address, dest->len) };
}

/* The nine bits of one octet. */
static unsigned
symbol(const struct trip_prefix *key, size_t i)
{
	uint32_t head = (uint32_t)key->family << 16 | key->protocol;

	if (i < KEY_HEAD)
		return 0x100 | (head >> (24 - 8 * i) & 0xFF);
	if (i - KEY_HEAD >= key->address.len)
		return 0;
	return 0x100 | (uint8_t)key->address.p[i - KEY_HEAD];
}

static unsigned
bit_of(const struct trip_prefix *key, uint32_t bit)
{
	return symbol(key, bit / OCTET_BITS) >>
		   (OCTET_BITS - 1 - bit % OCTET_BITS) &
	       1;
}

/* The first bit in which two keys differ; UINT32_MAX: none. */
static uint32_t
first_difference(const struct trip_prefix *a, const struct trip_prefix *b)
{
	size_t n = (a->address.len > b->address.len ? a->address.len
						    : b->address.len) +
		   KEY_HEAD;

	for (size_t i = 0; i < n; i++) {
		unsigned x = symbol(a, i) ^ symbol(b, i);
		uint32_t bit = 0;

		if (x == 0)
			continue;
		while ((x & (1u << (OCTET_BITS - 1))) == 0) {
			x <<= 1;
			bit++;
		}
		return (uint32_t)(i * OCTET_BITS) + bit;
	}
	return UINT32_MAX;
}

/* The only destination that can have this key. */
static struct trip_dest *
candidate(const struct trip_tree *tree, const struct trip_prefix *key)
{
	void *node = tree->root;

	while (is_branch(node)) {
		struct branch *branch = branch_of(node);

		node = branch->child[bit_of(key, branch->bit)];
	}
	return node;
}

struct trip_dest *
trip_tree_find(const struct trip_tree *tree, const struct trip_prefix *prefix)
{
	struct trip_dest *dest = candidate(tree, prefix);

	if (dest == NULL || dest->family != prefix->family ||
	    dest->protocol != prefix->protocol ||
	    !str_eq(str_make(dest->address, dest->len), prefix->address))
		return NULL;
	return dest;
}

static struct trip_dest *
make_dest(const struct trip_prefix *prefix)
{
	struct trip_dest *dest =
	    mem_zalloc(1, sizeof(*dest) + prefix->address.len);

	if (dest == NULL)
		return NULL;
	dest->family = prefix->family;
	dest->protocol = prefix->protocol;
	dest->len = (uint16_t)prefix->address.len;
	if (prefix->address.len > 0)
		memcpy(dest->address, prefix->address.p, prefix->address.len);
	dest->self.route.dest = dest;
	trip_link_init(&dest->self.route.of_source);
	trip_link_init(&dest->self.flood);
	trip_link_init(&dest->self.timer);
	return dest;
}

/* Put branch, whose bit is set, where the path of key passes it. */
static void
insert(struct trip_tree *tree, struct branch *branch, struct trip_dest *dest,
       const struct trip_prefix *key)
{
	void **where = &tree->root;
	unsigned side = bit_of(key, branch->bit);

	while (is_branch(*where) && branch_of(*where)->bit < branch->bit) {
		struct branch *upper = branch_of(*where);

		where = &upper->child[bit_of(key, upper->bit)];
	}
	branch->child[side] = dest;
	branch->child[1 - side] = *where;
	*where = tagged(branch);
}

int
trip_tree_get(struct trip_tree *tree, const struct trip_prefix *prefix,
	      struct trip_dest **out)
{
	struct trip_dest *near = candidate(tree, prefix);
	struct branch *branch = NULL;
	struct trip_prefix near_key;
	uint32_t bit = 0;

	if (prefix->address.len > TRIP_ADDRESS_MAX)
		return ERR_LIMIT;
	if (near != NULL) {
		near_key = trip_dest_prefix(near);
		bit = first_difference(&near_key, prefix);
		*out = near;
		if (bit == UINT32_MAX)
			return 0;
		branch = mem_alloc(sizeof(*branch));
		if (branch == NULL)
			return ERR_NOMEM;
		branch->bit = bit;
	}
	*out = make_dest(prefix);
	if (*out == NULL) {
		mem_free(branch);
		return ERR_NOMEM;
	}
	if (branch != NULL)
		insert(tree, branch, *out, prefix);
	else
		tree->root = *out;
	tree->n++;
	return 0;
}

void
trip_tree_remove(struct trip_tree *tree, struct trip_dest *dest)
{
	struct trip_prefix key = trip_dest_prefix(dest);
	void **where = &tree->root, **upper = NULL;

	while (is_branch(*where)) {
		struct branch *branch = branch_of(*where);

		upper = where;
		where = &branch->child[bit_of(&key, branch->bit)];
	}
	if (upper == NULL) {
		tree->root = NULL;
	} else {
		struct branch *branch = branch_of(*upper);

		*upper = branch->child[branch->child[0] == dest];
		mem_free(branch);
	}
	tree->n--;
	mem_free(dest);
}

static bool
walk(void *node, trip_dest_fn *fn, void *arg)
{
	struct branch *branch;

	if (!is_branch(node))
		return fn(arg, node);
	branch = branch_of(node);
	return walk(branch->child[0], fn, arg) &&
	       walk(branch->child[1], fn, arg);
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
	void *node = tree->root, *any;
	uint32_t n_bits;

	if (node == NULL)
		return true;
	if (prefix == NULL)
		return walk(node, fn, arg);
	n_bits = (uint32_t)((KEY_HEAD + prefix->address.len) * OCTET_BITS);
	while (is_branch(node) && branch_of(node)->bit < n_bits) {
		struct branch *branch = branch_of(node);

		node = branch->child[bit_of(prefix, branch->bit)];
	}
	for (any = node; is_branch(any);)
		any = branch_of(any)->child[0];
	return !begins(any, prefix) || walk(node, fn, arg);
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
