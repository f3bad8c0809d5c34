/*
 * trie.h - longest-prefix match on digits, immutable and compact
 *
 * Built once from sorted prefixes; 12 bytes a node: a bitmap of the digits
 * that follow, the index of the first child (children are contiguous), and
 * the index of the prefix that ends here.
 */
#ifndef TEL_TRIE_H
#define TEL_TRIE_H

#include <stddef.h>
#include <stdint.h>

#include "tel/number.h"

#define TRIE_NONE UINT32_MAX

struct trie;

/*
 * prefixes must be strictly ascending (see prefix_word); entry i has the
 * value i. Returns 0, ERR_INVAL (not ascending, or no prefix), ERR_LIMIT (over
 * 2^31 nodes) or ERR_NOMEM. Yours to free; the array is not kept.
 */
int trie_new(const prefix_word *prefixes, size_t n, struct trie **out);
void trie_free(struct trie *trie);
size_t trie_bytes(const struct trie *trie);
/*
 * All prefixes of digits (n_digits characters '0'..'9') that are in the trie,
 * shortest first, into values (at most PREFIX_MAX + 1). Returns their number.
 */
size_t trie_match(const struct trie *trie, const char *digits, size_t n_digits,
		  uint32_t values[PREFIX_MAX + 1]);

#endif
