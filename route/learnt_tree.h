/*
 * learnt_tree.h - a map from prefixes to pointers that changes by copying
 *
 * A B+tree whose readers have a root and need no lock: an edit copies the nodes
 * on its way once and changes the copies, until it is sealed; the root before
 * stays what it was. What the copies replaced is handed out to be freed when
 * nobody reads the older root any more. Values are not looked at.
 *
 * One writer. Out of memory leaves the tree as it was.
 */
#ifndef ROUTE_LEARNT_TREE_H
#define ROUTE_LEARNT_TREE_H

#include <stddef.h>

#include "tel/number.h"

struct learnt_node;

/* A list that is moved whole: its nodes are long out of the cache. */
struct learnt_nodes {
	struct learnt_node *first, *last;
	size_t n;
};

struct learnt_tree {
	struct learnt_node *root;    /* NULL: empty */
	size_t n;
	size_t n_of_len[PREFIX_MAX + 1];
	uint32_t edit;		     /* number of the running one */
	struct learnt_nodes retired; /* replaced in it */
	struct learnt_nodes spare;   /* for the next copies */
};

void learnt_tree_init(struct learnt_tree *tree);
/* Frees the nodes of the running edit's root and those it replaced; no value.
 * Nobody reads any more. */
void learnt_tree_fini(struct learnt_tree *tree);

/* Put or replace; *before is the value there was, or NULL. 0 or ERR_NOMEM. */
int learnt_tree_put(struct learnt_tree *tree, prefix_word key, void *value,
		    void **before);
/* Take out; *before is what it was, NULL when there was none. 0 or ERR_NOMEM. */
int learnt_tree_remove(struct learnt_tree *tree, prefix_word key,
		       void **before);
/* This key will be put or removed soon: its leaf is fetched meanwhile. */
void learnt_tree_foresee(const struct learnt_tree *tree, prefix_word key);
/* The edit is over: its root is for readers, and the next change copies.
 * Returns the nodes that only older roots have: give them back in the end. */
struct learnt_nodes learnt_tree_seal(struct learnt_tree *tree);
void learnt_tree_give_back(struct learnt_tree *tree,
			   struct learnt_nodes nodes);

/* The value of key below a root, NULL without. For readers. */
void *learnt_tree_find(const struct learnt_node *root, prefix_word key);
/* The value of the greatest key that is not above key, and that key; NULL when
 * there is none. */
void *learnt_tree_floor(const struct learnt_node *root, prefix_word key,
			prefix_word *found);

#endif
