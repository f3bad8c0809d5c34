/* test_trie.c - longest-prefix match */
#include "tel/trie.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/tel_random.h"

#define N(table) (sizeof(table) / sizeof((table)[0]))
#define N_RANDOM 50000
#define N_LOOKUPS 2000

/* A trie of texts, which must be in order. */
static int
trie_of(const char *const *texts, size_t n, struct trie **out)
{
	prefix_word words[16];

	for (size_t i = 0; i < n; i++) {
		if (!OK(prefix_parse(str_of(texts[i]), &words[i])))
			return ERR_SYNTAX;
	}
	return trie_new(words, n, out);
}

static void
an_empty_trie_matches_nothing(void)
{
	struct trie *trie;
	uint32_t values[PREFIX_MAX + 1];

	if (!OK(trie_new(NULL, 0, &trie)))
		return;
	CHECK(trie_match(trie, "49", 2, values) == 0);
	CHECK(trie_match(trie, "", 0, values) == 0);
	CHECK(trie_bytes(trie) > 0);
	trie_free(trie);
	trie_free(NULL);
}

static void
all_prefixes_are_found_shortest_first(void)
{
	static const char *const texts[] = { "",    "1",    "4",
					     "49",  "4930", "4930123",
					     "499", "5",    "999999999999999" };
	static const struct {
		const char *digits;
		size_t n;
		uint32_t values[6];
	} rows[] = {
		{ "", 1, { 0 } },
		{ "0", 1, { 0 } },
		{ "1", 2, { 0, 1 } },
		{ "44", 2, { 0, 2 } },
		{ "493", 3, { 0, 2, 3 } },
		{ "49301", 4, { 0, 2, 3, 4 } },
		{ "49301234", 5, { 0, 2, 3, 4, 5 } },
		{ "4998", 4, { 0, 2, 3, 6 } },
		{ "5", 2, { 0, 7 } },
		{ "99999999999999", 1, { 0 } },
		{ "999999999999999", 2, { 0, 8 } },
		{ "9999999999999999", 2, { 0, 8 } },
		{ "4:9", 2, { 0, 2 } },
		{ "4/9", 2, { 0, 2 } },
	};
	struct trie *trie;

	if (!OK(trie_of(texts, N(texts), &trie)))
		return;
	for (size_t i = 0; i < N(rows); i++) {
		uint32_t values[PREFIX_MAX + 1];

		test_row(rows[i].digits);
		CHECK(trie_match(trie, rows[i].digits, strlen(rows[i].digits),
				 values) == rows[i].n);
		CHECK(memcmp(values, rows[i].values,
			     rows[i].n * sizeof(values[0])) == 0);
	}
	/* only as many digits as are said to be there */
	CHECK(trie_match(trie, "4930", 2, (uint32_t[PREFIX_MAX + 1]){ 0 }) ==
	      3);
	trie_free(trie);
}

static void
a_chain_of_all_lengths_matches_all(void)
{
	prefix_word words[PREFIX_MAX + 1] = { 0 };
	uint32_t values[PREFIX_MAX + 1];
	struct trie *trie;

	for (int i = 1; i <= PREFIX_MAX; i++)
		words[i] = words[i - 1] | UINT64_C(0xa) << (64 - 4 * i);
	if (!OK(trie_new(words, N(words), &trie)))
		return;
	CHECK(trie_match(trie, "9999999999999999", 16, values) == N(values));
	for (uint32_t i = 0; i < N(values); i++)
		CHECK(values[i] == i);
	trie_free(trie);
}

static void
words_out_of_order_are_refused(void)
{
	static const struct {
		const char *what;
		prefix_word words[2];
	} rows[] = {
		{ "descending", { UINT64_C(2) << 60, UINT64_C(1) << 60 } },
		{ "equal", { UINT64_C(2) << 60, UINT64_C(2) << 60 } },
		{ "longer before shorter",
		  { UINT64_C(0x22) << 56, UINT64_C(0x20) << 56 } },
		{ "a gap", { 0, UINT64_C(0x102) << 52 } },
		{ "no digit", { 0, UINT64_C(0x1b) << 56 } },
		{ "16 digits", { 0, UINT64_C(0x1111111111111111) } },
	};

	for (size_t i = 0; i < N(rows); i++) {
		struct trie *trie = NULL;

		test_row(rows[i].what);
		CHECK(trie_new(rows[i].words, 2, &trie) == ERR_INVAL);
		CHECK(trie == NULL);
	}
}

static int
compare_words(const void *a, const void *b)
{
	prefix_word x = *(const prefix_word *)a, y = *(const prefix_word *)b;

	return (x > y) - (x < y);
}

/* 0..max random digits, from a few so that they meet. */
static size_t
random_digits(uint64_t *seed, int64_t max, char out[PREFIX_MAX + 2])
{
	size_t len = (size_t)random_below(seed, max + 1);

	for (size_t i = 0; i < len; i++)
		out[i] = (char)('0' + random_below(seed, i < 4 ? 10 : 4));
	out[len] = '\0';
	return len;
}

/* Random prefixes, ascending and each once; their number. */
static size_t
random_words(uint64_t *seed, prefix_word *words)
{
	char text[PREFIX_MAX + 2];
	size_t n = 0;

	for (size_t i = 0; i < N_RANDOM; i++) {
		size_t len = random_digits(seed, PREFIX_MAX, text);

		if (!OK(prefix_parse(str_make(text, len), &words[i])))
			return 0;
	}
	qsort(words, N_RANDOM, sizeof(words[0]), compare_words);
	for (size_t i = 0; i < N_RANDOM; i++) {
		if (i == 0 || words[i] != words[i - 1])
			words[n++] = words[i];
	}
	return n;
}

/* Look at every prefix, one after the other. */
static bool
matches_as_linear_search(const struct trie *trie, char (*texts)[PREFIX_MAX + 1],
			 size_t n, const char *digits)
{
	uint32_t values[PREFIX_MAX + 1];
	size_t n_values = trie_match(trie, digits, strlen(digits), values);
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (strncmp(texts[i], digits, strlen(texts[i])) != 0)
			continue;
		if (at == n_values || values[at++] != i)
			return false;
	}
	return at == n_values;
}

static void
compare_with_linear_search(const prefix_word *words, size_t n,
			   char (*texts)[PREFIX_MAX + 1], uint64_t seed)
{
	struct trie *trie;
	char digits[PREFIX_MAX + 2];

	if (!OK(trie_new(words, n, &trie)))
		return;
	for (size_t i = 0; i < n; i++)
		prefix_format(words[i], texts[i]);
	for (int i = 0; i < N_LOOKUPS; i++) {
		if (i % 2 == 0)
			random_digits(&seed, PREFIX_MAX + 1, digits);
		else
			strcpy(digits, texts[random_below(&seed, (int64_t)n)]);
		test_row(digits);
		if (!CHECK(matches_as_linear_search(trie, texts, n, digits)))
			break;
	}
	trie_free(trie);
}

static void
random_prefixes_match_as_in_a_linear_search(void)
{
	prefix_word *words = mem_alloc(N_RANDOM * sizeof(*words));
	char(*texts)[PREFIX_MAX + 1] = mem_alloc(N_RANDOM * sizeof(*texts));
	uint64_t seed = 3;
	size_t n;

	if (CHECK(words != NULL && texts != NULL)) {
		n = random_words(&seed, words);
		CHECK(n > N_RANDOM / 2);
		if (n > 0)
			compare_with_linear_search(words, n, texts, seed);
	}
	mem_free(texts);
	mem_free(words);
}

static void
every_prefix_finds_itself_in_twelve_bytes_a_node(void)
{
	prefix_word words[11110];
	uint32_t values[PREFIX_MAX + 1];
	char text[PREFIX_MAX + 1];
	size_t n = 0;
	struct trie *trie;

	/* the root and all prefixes of 1..4 digits: 11111 nodes */
	for (int len = 1, end = 10; len <= 4; len++, end *= 10) {
		for (int i = 0; i < end; i++, n++) {
			words[n] = 0;
			for (int k = 0, rest = i; k < len; k++, rest /= 10)
				words[n] |= (prefix_word)(rest % 10 + 1)
					    << (60 - 4 * k);
		}
	}
	qsort(words, n, sizeof(words[0]), compare_words);
	if (!OK(trie_new(words, n, &trie)))
		return;
	for (uint32_t i = 0; i < n; i++) {
		size_t found;

		prefix_format(words[i], text);
		found = trie_match(trie, text, strlen(text), values);
		CHECK(found == strlen(text) && values[found - 1] == i);
	}
	CHECK(trie_bytes(trie) >= 11111 * 12);
	CHECK(trie_bytes(trie) < 11111 * 12 + 64);
	trie_free(trie);
}

static const struct test tests[] = {
	{ "an empty trie matches nothing", an_empty_trie_matches_nothing,
	  false },
	{ "all prefixes are found, shortest first",
	  all_prefixes_are_found_shortest_first, false },
	{ "a chain of all lengths matches all",
	  a_chain_of_all_lengths_matches_all, false },
	{ "words out of order are refused", words_out_of_order_are_refused,
	  false },
	{ "random prefixes match as in a linear search",
	  random_prefixes_match_as_in_a_linear_search, false },
	{ "every prefix finds itself, in twelve bytes a node",
	  every_prefix_finds_itself_in_twelve_bytes_a_node, false },
};

const struct test_suite suite_trie = TEST_SUITE("trie", tests);
