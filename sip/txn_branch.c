/*
 * txn_branch.c - the branches of our requests
 *
 * Cookie, instance, counter, keyed hash, ".", loop hash. The hash is 64 bits that
 * nobody can guess, so responses cannot be forged blindly.
 */
#include <string.h>

#include "sip/txn_layer.h"

#define COOKIE "z9hG4bK"
#define COOKIE_LEN 7
#define INSTANCE_LEN 6 /* 62^6 > 2^32 */
#define COUNTER_LEN 7  /* 62^7: 11 years of 10,000 a second */
#define HASH_LEN 11    /* 62^11 > 2^64 */
#define LOOP_AT (COOKIE_LEN + INSTANCE_LEN + COUNTER_LEN + HASH_LEN)
#define LOOP_DIGITS 8

_Static_assert(LOOP_AT + 1 + LOOP_DIGITS == SIP_BRANCH_LEN, "as promised");
_Static_assert(COOKIE_LEN + INSTANCE_LEN + COUNTER_LEN == TXN_NUMBER_END,
	       "as txn_key.c takes it");

/* The number at the end of a branch's beginning, in the digits of txn_base62. */
static void
count_up(char branch[TXN_NUMBER_END])
{
	for (int i = TXN_NUMBER_END; i-- > COOKIE_LEN + INSTANCE_LEN;) {
		char c = branch[i];

		branch[i] = (char)(c == '9'   ? 'A'
				   : c == 'Z' ? 'a'
				   : c == 'z' ? '0'
					      : c + 1);
		if (c != 'z')
			return;
	}
}

void
txn_branches_begin(struct sip_txns *txns)
{
	char *p = txns->next_branch;

	memcpy(p, COOKIE, COOKIE_LEN);
	txn_base62(txns->env.instance, p + COOKIE_LEN, INSTANCE_LEN);
	txn_base62(0, p + COOKIE_LEN + INSTANCE_LEN, COUNTER_LEN);
}

void
sip_branch_make(struct sip_txns *txns, uint32_t loop_hash,
		char out[SIP_BRANCH_LEN + 1])
{
	const uint64_t input[3] = { txns->env.instance, txns->n_branches++,
				    loop_hash };
	char *p = out;

	memcpy(p, txns->next_branch, TXN_NUMBER_END);
	count_up(txns->next_branch);
	p += TXN_NUMBER_END;
	txn_base62(hash_bytes(txns->env.key, input, sizeof(input)), p,
		   HASH_LEN);
	p += HASH_LEN;
	*p++ = '.';
	for (int shift = 28; shift >= 0; shift -= 4)
		*p++ = "0123456789abcdef"[loop_hash >> shift & 15];
	*p = '\0';
}

bool
sip_branch_loop_hash(struct str branch, uint32_t *out)
{
	uint32_t v = 0;

	if (branch.len != SIP_BRANCH_LEN || !str_starts(branch, COOKIE) ||
	    branch.p[LOOP_AT] != '.')
		return false;
	for (size_t i = LOOP_AT + 1; i < branch.len; i++) {
		char c = branch.p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}
