/* learnt_tree.c - a B+tree that changes by copying */
#include "route/learnt_tree.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define FANOUT 32
#define FEW 8        /* a node with fewer looks for a neighbour to join */
#define SPARE_MIN 64 /* nodes that are kept for the next copies, at least */
#define CACHE_LINE 64
#define DEPTH_MAX 16 /* of at least 2 children each, and FEW as a rule */

/* keys[i] is not above what is below at[i], and keys[i + 1] not below it; what
 * is before keys[0] belongs to at[0]. In a leaf keys are exact. */
struct learnt_node {
	struct learnt_node *next; /* among the retired: the writer's */
	uint32_t edit;
	uint16_t n;
	uint16_t level; /* 0: a leaf */
	prefix_word keys[FANOUT];
	void *at[FANOUT];
};

void
learnt_tree_init(struct learnt_tree *tree)
{
	memset(tree, 0, sizeof(*tree));
	tree->edit = 1;
}

static void
push(struct learnt_nodes *list, struct learnt_node *node)
{
	node->next = list->first;
	list->first = node;
	if (list->last == NULL)
		list->last = node;
	list->n++;
}

/* NULL: there is none. */
static struct learnt_node *
pop(struct learnt_nodes *list)
{
	struct learnt_node *node = list->first;

	if (node == NULL)
		return NULL;
	list->first = node->next;
	if (list->first == NULL)
		list->last = NULL;
	else
		__builtin_prefetch(list->first);
	list->n--;
	return node;
}

/* A change of a large table copies a node, and the one that it replaces is
 * free two versions later: some are kept, rather than taken apart by the
 * allocator each time. */
static size_t
spare_max(const struct learnt_tree *tree)
{
	return SPARE_MIN + tree->n / (2 * FANOUT);
}

static void
trim(struct learnt_nodes *list, size_t max)
{
	while (list->n > max)
		mem_free(pop(list));
}

void
learnt_tree_give_back(struct learnt_tree *tree, struct learnt_nodes nodes)
{
	struct learnt_nodes *spare = &tree->spare;

	if (nodes.first != NULL) {
		nodes.last->next = spare->first;
		spare->first = nodes.first;
		if (spare->last == NULL)
			spare->last = nodes.last;
		spare->n += nodes.n;
	}
	trim(spare, spare_max(tree));
}

/* With anything in it; NULL: no memory. */
static struct learnt_node *
take(struct learnt_tree *tree)
{
	struct learnt_node *node = pop(&tree->spare);

	return node != NULL ? node : mem_alloc(sizeof(*node));
}

/* As deep as the tree is, a handful. */
static void
free_below(struct learnt_node *node)
{
	for (unsigned i = 0; node != NULL && node->level > 0 && i < node->n;
	     i++)
		free_below(node->at[i]);
	mem_free(node);
}

void
learnt_tree_fini(struct learnt_tree *tree)
{
	free_below(tree->root);
	trim(&tree->retired, 0);
	trim(&tree->spare, 0);
	memset(tree, 0, sizeof(*tree));
}

struct learnt_nodes
learnt_tree_seal(struct learnt_tree *tree)
{
	struct learnt_nodes retired = tree->retired;

	tree->retired = (struct learnt_nodes){ 0 };
	tree->edit++;
	return retired;
}

/* The last key that is not above key; 0 when all are. */
static unsigned
child_of(const struct learnt_node *node, prefix_word key)
{
	unsigned low = 0, high = node->n;

	while (high - low > 1) {
		unsigned middle = (low + high) / 2;

		if (node->keys[middle] <= key)
			low = middle;
		else
			high = middle;
	}
	return low;
}

void *
learnt_tree_find(const struct learnt_node *root, prefix_word key)
{
	const struct learnt_node *node = root;
	unsigned i;

	while (node != NULL && node->level > 0)
		node = node->at[child_of(node, key)];
	if (node == NULL)
		return NULL;
	i = child_of(node, key);
	return node->keys[i] == key ? node->at[i] : NULL;
}

void *
learnt_tree_floor(const struct learnt_node *root, prefix_word key,
		  prefix_word *found)
{
	const struct learnt_node *node = root, *before = NULL;
	unsigned i;

	while (node != NULL && node->level > 0) {
		i = child_of(node, key);
		if (i > 0)
			before = node->at[i - 1];
		node = node->at[i];
	}
	if (node == NULL)
		return NULL;
	i = child_of(node, key);
	if (node->keys[i] > key) { /* all of this leaf are: the one before */
		node = before;
		while (node != NULL && node->level > 0)
			node = node->at[node->n - 1];
		if (node == NULL)
			return NULL;
		i = node->n - 1U;
	}
	*found = node->keys[i];
	return node->at[i];
}

/* --- the writer --- */

void
learnt_tree_foresee(const struct learnt_tree *tree, prefix_word key)
{
	const struct learnt_node *node = tree->root;

	if (node == NULL || node->level == 0)
		return;
	while (node->level > 1)
		node = node->at[child_of(node, key)];
	/* not read yet */
	node = node->at[child_of(node, key)];
	for (size_t i = 0; i < sizeof(*node); i += CACHE_LINE)
		__builtin_prefetch((const char *)node + i);
}

static struct learnt_node *
new_node(struct learnt_tree *tree, uint16_t level)
{
	struct learnt_node *node = take(tree);

	if (node != NULL) {
		memset(node, 0, sizeof(*node));
		node->edit = tree->edit;
		node->level = level;
	}
	return node;
}

/* Out of the newest root: at once when no reader has ever seen it. */
static void
retire(struct learnt_tree *tree, struct learnt_node *node)
{
	if (node->edit == tree->edit) {
		push(&tree->spare, node);
		return;
	}
	push(&tree->retired, node);
}

/* What *link points to, as this edit may change it; NULL: no memory. */
static struct learnt_node *
own(struct learnt_tree *tree, void **link)
{
	struct learnt_node *node = *link, *copy;

	if (node->edit == tree->edit)
		return node;
	copy = take(tree);
	if (copy == NULL)
		return NULL;
	*copy = *node;
	copy->edit = tree->edit;
	retire(tree, node);
	*link = copy;
	return copy;
}

static struct learnt_node *
own_root(struct learnt_tree *tree)
{
	void *link = tree->root;
	struct learnt_node *node = own(tree, &link);

	tree->root = link;
	return node;
}

static void
insert_at(struct learnt_node *node, unsigned i, prefix_word key, void *value)
{
	size_t behind = node->n - i;

	memmove(&node->keys[i + 1], &node->keys[i],
		behind * sizeof(node->keys[0]));
	memmove(&node->at[i + 1], &node->at[i], behind * sizeof(node->at[0]));
	node->keys[i] = key;
	node->at[i] = value;
	node->n++;
}

static void
remove_at(struct learnt_node *node, unsigned i)
{
	size_t behind = node->n - i - 1U;

	memmove(&node->keys[i], &node->keys[i + 1],
		behind * sizeof(node->keys[0]));
	memmove(&node->at[i], &node->at[i + 1], behind * sizeof(node->at[0]));
	node->n--;
}

/* The upper half of a full child into a new one behind it; both parent, which
 * has room, and child are this edit's. */
static int
split(struct learnt_tree *tree, struct learnt_node *parent, unsigned i)
{
	struct learnt_node *child = parent->at[i];
	struct learnt_node *right = new_node(tree, child->level);
	unsigned half = FANOUT / 2;

	if (right == NULL)
		return ERR_NOMEM;
	right->n = (uint16_t)(child->n - half);
	memcpy(right->keys, &child->keys[half],
	       right->n * sizeof(right->keys[0]));
	memcpy(right->at, &child->at[half], right->n * sizeof(right->at[0]));
	child->n = (uint16_t)half;
	insert_at(parent, i + 1, right->keys[0], right);
	return 0;
}

/* The root is there, this edit's, and has room. */
static int
prepare_root(struct learnt_tree *tree)
{
	struct learnt_node *root;

	if (tree->root == NULL) {
		tree->root = new_node(tree, 0);
		return tree->root != NULL ? 0 : ERR_NOMEM;
	}
	root = own_root(tree);
	if (root == NULL)
		return ERR_NOMEM;
	if (root->n < FANOUT)
		return 0;
	root = new_node(tree, (uint16_t)(tree->root->level + 1));
	if (root == NULL)
		return ERR_NOMEM;
	insert_at(root, 0, tree->root->keys[0], tree->root);
	if (split(tree, root, 0) != 0) {
		push(&tree->spare, root);
		return ERR_NOMEM;
	}
	tree->root = root;
	return 0;
}

/* The leaf of key, with room, and all above it this edit's; NULL: no memory. */
static struct learnt_node *
leaf_to_fill(struct learnt_tree *tree, prefix_word key)
{
	struct learnt_node *node;

	if (prepare_root(tree) != 0)
		return NULL;
	node = tree->root;
	while (node->level > 0) {
		unsigned i = child_of(node, key);
		struct learnt_node *child = own(tree, &node->at[i]);

		if (child == NULL)
			return NULL;
		if (child->n == FANOUT) {
			if (split(tree, node, i) != 0)
				return NULL;
			i = child_of(node, key);
		}
		node = node->at[i];
	}
	return node;
}

int
learnt_tree_put(struct learnt_tree *tree, prefix_word key, void *value,
		void **before)
{
	struct learnt_node *leaf = leaf_to_fill(tree, key);
	unsigned i;

	*before = NULL;
	if (leaf == NULL)
		return ERR_NOMEM;
	i = child_of(leaf, key);
	if (leaf->n > 0 && leaf->keys[i] == key) {
		*before = leaf->at[i];
		leaf->at[i] = value;
		return 0;
	}
	if (leaf->n > 0 && leaf->keys[i] < key)
		i++;
	insert_at(leaf, i, key, value);
	tree->n++;
	tree->n_of_len[prefix_len(key)]++;
	return 0;
}

/* Child i of parent has few entries: join it with a neighbour, where both fit
 * well below the limit. No memory: it stays as it is. */
static void
join(struct learnt_tree *tree, struct learnt_node *parent, unsigned i)
{
	struct learnt_node *left, *right;

	if (i + 1 == parent->n)
		i--;
	left = parent->at[i];
	right = parent->at[i + 1];
	if (left->n + right->n > FANOUT - FEW)
		return;
	left = own(tree, &parent->at[i]);
	if (left == NULL)
		return;
	memcpy(&left->keys[left->n], right->keys,
	       right->n * sizeof(right->keys[0]));
	memcpy(&left->at[left->n], right->at, right->n * sizeof(right->at[0]));
	if (left->level > 0)
		left->keys[left->n] = parent->keys[i + 1];
	left->n = (uint16_t)(left->n + right->n);
	retire(tree, right);
	remove_at(parent, i + 1);
}

struct step {
	struct learnt_node *node;
	unsigned child;
};

/* After an entry has gone: empty nodes go, small ones join, from the leaf up.
 */
static void
shrink(struct learnt_tree *tree, const struct step *path, unsigned depth)
{
	while (depth-- > 0) {
		struct learnt_node *parent = path[depth].node;
		struct learnt_node *child = parent->at[path[depth].child];

		if (child->n == 0) {
			retire(tree, child);
			remove_at(parent, path[depth].child);
		} else if (child->n < FEW && parent->n > 1) {
			join(tree, parent, path[depth].child);
		}
	}
	while (tree->root->level > 0 && tree->root->n == 1) {
		struct learnt_node *root = tree->root;

		tree->root = root->at[0];
		retire(tree, root);
	}
	if (tree->root->n == 0) {
		retire(tree, tree->root);
		tree->root = NULL;
	}
}

int
learnt_tree_remove(struct learnt_tree *tree, prefix_word key, void **before)
{
	struct step path[DEPTH_MAX];
	struct learnt_node *node;
	unsigned depth = 0, i;

	*before = NULL;
	if (learnt_tree_find(tree->root, key) == NULL)
		return 0;
	node = own_root(tree);
	while (node != NULL && node->level > 0) {
		i = child_of(node, key);
		path[depth++] = (struct step){ node, i };
		node = own(tree, &node->at[i]);
	}
	if (node == NULL)
		return ERR_NOMEM;
	i = child_of(node, key);
	*before = node->at[i];
	remove_at(node, i);
	tree->n--;
	tree->n_of_len[prefix_len(key)]--;
	shrink(tree, path, depth);
	return 0;
}
