/* test_learnt_tree.c - a tree that changes by copying, beside a plain list */
#include "route/learnt_tree.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define N_KEYS 3000

static prefix_word
word(unsigned number)
{
	char text[PREFIX_MAX + 1];
	prefix_word prefix = 0;

	snprintf(text, sizeof(text), "%u", number);
	CHECK(prefix_parse(str_of(text), &prefix) == 0);
	return prefix;
}

/* A root as a reader sees it, and what has to be in it. */
struct view {
	const struct learnt_node *root;
	struct learnt_nodes retired; /* by the edit that came after it */
	uint16_t values[N_KEYS];     /* 0 = none */
};

static char places[UINT16_MAX]; /* never written: only their addresses count */

static bool
is_as(const struct learnt_node *root, const uint16_t values[N_KEYS])
{
	for (unsigned i = 0; i < N_KEYS; i++) {
		const char *value = learnt_tree_find(root, word(i));
		uint16_t is = value != NULL ? (uint16_t)(value - places) : 0;

		if (is != values[i])
			return false;
	}
	return true;
}

/* What is not above a key, found the slow way. */
static bool
floors_are(const struct learnt_node *root, const uint16_t values[N_KEYS],
	   uint64_t *seed)
{
	for (int n = 0; n < 20; n++) {
		unsigned key = (unsigned)random_below(seed, 4 * N_KEYS);
		prefix_word best = 0, found = 0;
		uint16_t expected = 0, is;
		const char *value =
		    learnt_tree_floor(root, word(key), &found);

		for (unsigned i = 0; i < N_KEYS; i++) {
			if (values[i] == 0 || word(i) > word(key) ||
			    (expected != 0 && word(i) < best))
				continue;
			best = word(i);
			expected = values[i];
		}
		is = value != NULL ? (uint16_t)(value - places) : 0;
		if (is != expected || (is != 0 && found != best))
			return false;
	}
	return true;
}

static bool
change(struct learnt_tree *tree, uint16_t values[N_KEYS], uint64_t *seed,
       bool fills)
{
	unsigned key = (unsigned)random_below(seed, N_KEYS);
	bool puts = random_below(seed, 8) < (fills ? 6 : 2);
	uint16_t value = (uint16_t)(1 + random_below(seed, UINT16_MAX - 1));
	void *before;
	int err;

	if (puts)
		err = learnt_tree_put(tree, word(key), places + value,
				      &before);
	else
		err = learnt_tree_remove(tree, word(key), &before);
	if (!OK(err))
		return false;
	if (!CHECK(before == (values[key] != 0 ? places + values[key] : NULL)))
		return false;
	values[key] = puts ? value : 0;
	return true;
}

/* Grow, shrink and grow again; readers of five earlier roots see what they saw. */
static void
random_edits(void)
{
	enum { N_VIEWS = 5 };
	static struct view views[N_VIEWS];
	static uint16_t values[N_KEYS];
	struct learnt_tree tree;
	uint64_t seed = 7;

	memset(views, 0, sizeof(views));
	memset(values, 0, sizeof(values));
	learnt_tree_init(&tree);
	for (int edit = 0; edit < 120; edit++) {
		struct view *view = &views[edit % N_VIEWS];
		struct view *last = &views[(edit + N_VIEWS - 1) % N_VIEWS];
		int n = (int)random_below(&seed, 300);

		for (int i = 0; i < n; i++) {
			if (!change(&tree, values, &seed, edit / 40 != 1))
				goto out;
		}
		if (edit > 0)
			last->retired = learnt_tree_seal(&tree);
		else
			CHECK(learnt_tree_seal(&tree).n == 0);
		if (edit >= N_VIEWS && !CHECK(is_as(view->root, view->values)))
			goto out;
		/* the oldest reader has gone */
		learnt_tree_give_back(&tree, view->retired);
		view->retired = (struct learnt_nodes){ 0 };
		view->root = tree.root;
		memcpy(view->values, values, sizeof(values));
		if (!CHECK(is_as(tree.root, values)) ||
		    !CHECK(floors_are(tree.root, values, &seed)))
			goto out;
	}
out:
	for (int i = 0; i < N_VIEWS; i++)
		learnt_tree_give_back(&tree, views[i].retired);
	learnt_tree_fini(&tree);
}

static void
down_to_nothing(void)
{
	struct learnt_tree tree;
	void *before;

	learnt_tree_init(&tree);
	CHECK(learnt_tree_find(tree.root, word(1)) == NULL);
	for (unsigned i = 0; i < N_KEYS; i++) {
		if (!OK(learnt_tree_put(&tree, word(i), places + 1, &before)))
			goto out;
	}
	CHECK(tree.n == N_KEYS && tree.n_of_len[1] == 10 &&
	      tree.n_of_len[2] == 90 && tree.n_of_len[4] == 2000);
	for (unsigned i = 0; i < N_KEYS; i++) {
		if (!OK(learnt_tree_remove(&tree, word(i), &before)))
			goto out;
	}
	CHECK(tree.n == 0 && tree.root == NULL && tree.n_of_len[4] == 0);
	CHECK(OK(learnt_tree_remove(&tree, word(1), &before)) &&
	      before == NULL);
	/* all of one edit: no reader has seen anything */
	CHECK(tree.retired.n == 0);
out:
	learnt_tree_fini(&tree);
}

static const struct test tests[] = {
	{ "older roots stay as they were, whatever comes after", random_edits,
	  true },
	{ "what was filled can be emptied", down_to_nothing, true },
};

const struct test_suite suite_learnt_tree = TEST_SUITE("learnt_tree", tests);
