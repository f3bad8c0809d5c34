/* test_trip_dest.c - the tree of destinations against a plain list */
#include "trip/dest.h"

#include <stdlib.h>

#include "base/err.h"
#include "tests/unit/trip_help.h"

static int
get(struct trip_tree *tree, uint16_t family, const char *address)
{
	struct trip_prefix prefix = { family, 1, str_of(address) };
	struct trip_dest *dest;

	return trip_tree_get(tree, &prefix, &dest);
}

static bool
take_one(void *arg, struct trip_dest *dest)
{
	*(struct trip_dest **)arg = dest;
	return false;
}

static void
clear(struct trip_tree *tree)
{
	struct trip_dest *any = NULL;

	while (!trip_tree_walk(tree, NULL, take_one, &any))
		trip_tree_remove(tree, any);
	CHECK(tree->n == 0);
	CHECK(tree->root.to == NULL && tree->root.symbols == 0);
}

static bool
collect(void *arg, struct trip_dest *dest)
{
	char *text = arg;

	strncat(text, dest->address, dest->len);
	strcat(text, ",");
	return strlen(text) < 90;
}

static void
test_order(void)
{
	static const char *const in[] = { "4930", "49", "", "4", "493",
					  "1",	  "31", "4931" };
	struct trip_tree tree = { 0 };
	struct trip_prefix p49 = { 3, 1, str_of("49") },
			   p5 = { 3, 1, str_of("5") },
			   other = { 1, 1, str_of("") };
	char text[100] = "";

	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		if (!OK(get(&tree, 3, in[i])))
			goto out;
	}
	if (!OK(get(&tree, 5, "49")) || !OK(get(&tree, 3, "49")))
		goto out;
	CHECK(tree.n == 9);
	CHECK(trip_tree_walk(&tree, NULL, collect, text));
	CHECK(strcmp(text, ",1,31,4,49,493,4930,4931,49,") == 0);
	text[0] = '\0';
	CHECK(trip_tree_walk(&tree, &p49, collect, text));
	CHECK(strcmp(text, "49,493,4930,4931,") == 0);
	text[0] = '\0';
	CHECK(trip_tree_walk(&tree, &p5, collect, text));
	CHECK(trip_tree_walk(&tree, &other, collect, text));
	CHECK(text[0] == '\0');
out:
	clear(&tree);
}

static bool
is_short(void *arg, struct trip_dest *dest)
{
	return dest->len <= *(const size_t *)arg;
}

static void
test_longest(void)
{
	struct trip_tree tree = { 0 };
	struct trip_prefix asked = { 3, 1, str_of("4930123") };
	struct trip_dest *dest;
	size_t limit = 2;

	if (!OK(get(&tree, 3, "49")) || !OK(get(&tree, 3, "4930")) ||
	    !OK(get(&tree, 3, "493099")) || !OK(get(&tree, 5, "+1")))
		goto out;
	dest = trip_tree_longest(&tree, &asked, NULL, NULL);
	CHECK(dest != NULL && dest->len == 4);
	dest = trip_tree_longest(&tree, &asked, is_short, &limit);
	CHECK(dest != NULL && dest->len == 2);
	asked = (struct trip_prefix){ 5, 1, str_of("+12") };
	CHECK(trip_tree_longest(&tree, &asked, NULL, NULL) == NULL);
	asked.address = str_of("+1");
	CHECK(trip_tree_longest(&tree, &asked, NULL, NULL) != NULL);
out:
	clear(&tree);
}

/* Random keys, also with zero octets and one the beginning of another. */
static void
test_random(void)
{
	enum { N = 4096 };
	static bool is_in[N];
	struct trip_tree tree = { 0 };
	unsigned seed = 1;

	memset(is_in, 0, sizeof(is_in));
	for (int i = 0; i < 20000; i++) {
		unsigned k = (seed = seed * 1103515245 + 12345) >> 16 & (N - 1);
		char key[6];
		size_t len = k % 6;
		struct trip_prefix prefix = { 40000, 1, str_make(key, len) };
		struct trip_dest *dest;

		for (size_t j = 0; j < len; j++)
			key[j] = (char)(k >> (2 * j) & 3);
		/* several k may give one key: the first owns it */
		for (unsigned o = 0; o < k; o++) {
			if (o % 6 == len &&
			    ((o ^ k) & ((1u << (2 * len)) - 1)) == 0) {
				k = o;
				break;
			}
		}
		dest = trip_tree_find(&tree, &prefix);
		CHECK((dest != NULL) == is_in[k]);
		if (dest != NULL)
			trip_tree_remove(&tree, dest);
		else if (!OK(trip_tree_get(&tree, &prefix, &dest)))
			break;
		is_in[k] = !is_in[k];
	}
	clear(&tree);
}

static void
test_limits(void)
{
	struct trip_tree tree = { 0 };
	char address[300];
	struct trip_dest *dest;
	struct trip_prefix prefix = { 3, 1, str_make(address, 256) };

	memset(address, '1', sizeof(address));
	CHECK(trip_tree_get(&tree, &prefix, &dest) == ERR_LIMIT);
	prefix.address.len = 255;
	if (OK(trip_tree_get(&tree, &prefix, &dest))) {
		prefix.address.len = 299;
		CHECK(trip_tree_longest(&tree, &prefix, NULL, NULL) == dest);
		trip_tree_remove(&tree, dest);
	}
	CHECK(trip_tree_longest(&tree, &prefix, NULL, NULL) == NULL);
}

static const struct test tests[] = {
	{ "walks go in order, also below a prefix", test_order, false },
	{ "the longest prefix is found", test_longest, false },
	{ "random keys come and go", test_random, true },
	{ "addresses have a bound", test_limits, false },
};

const struct test_suite suite_trip_dest = TEST_SUITE("trip_dest", tests);
