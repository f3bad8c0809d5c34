/*
 * txn_key.c - the names of transactions (RFC 3261 17.1.3, 17.2.3)
 *
 * A server transaction is named by branch, sent-by and method, a client
 * transaction by branch and method. Requests from RFC 2543 elements, whose
 * branch lacks the magic cookie or what should follow it, are named by what
 * they say. Each piece of what others named is hashed under the worker's key, so
 * nobody can choose names that collide.
 */
#include "sip/txn_layer.h"

#include <string.h>

#include "base/err.h"
#include "sip/chars.h"
#include "sip/value.h"

#define MAGIC_COOKIE "z9hG4bK"
#define TAG_DOMAIN 1 /* keeps tags apart from other hashes of 16 bytes */
#define METHOD_SPREAD UINT64_C(0x9E3779B97F4A7C15) /* 2^64 / golden ratio */

/* --- a request that is known in part --- */

/* The value of the first Via row; p == NULL when the headers end before. */
static struct str
first_via(struct str rows)
{
	for (;;) {
		struct str line = str_cut(&rows, '\n');
		struct str name = str_trim(str_cut(&line, ':'));

		if (name.len == 0)
			return str_make(NULL, 0);
		if (line.p != NULL && sip_header_parse(name) == SIP_HDR_VIA)
			return str_trim(line);
	}
}

int
txn_peek_request(struct str data, enum sip_method *method, struct sip_top_via *via)
{
	struct str line = str_cut(&data, '\n');
	struct str word = str_cut(&line, ' ');
	struct str value = first_via(data);

	if (!sip_is_token(word) || line.p == NULL || value.p == NULL)
		return ERR_SYNTAX;
	*method = sip_method_parse(word);
	if (sip_top_via_scan(value, via) != 0 || via->branch.len == 0)
		return ERR_SYNTAX;
	return 0;
}

/* --- keys --- */

static void
add_part(struct txn_key *key, const struct hash_key *secret, struct str part)
{
	if (part.len == 0) /* an absent tag is as good as an empty one */
		part = str_make("", 0);
	key->part[key->n_parts++] = part;
	key->base = (key->base << 23 | key->base >> 41) +
		    hash_bytes(secret, part.p, part.len);
}

void
txn_key_set_method(struct txn_key *key, enum sip_method method)
{
	key->method = (uint8_t)method;
	key->hash = key->base + (uint64_t)method * METHOD_SPREAD;
}

/* 17.2.3: Request-URI, From tag, Call-ID, CSeq number and top Via; To tags
 * are compared besides, since that of an ACK is the response's. */
static void
add_old_parts(struct txn_key *key, const struct hash_key *secret,
	      const struct txn_in *in)
{
	const struct sip_msg *msg = in->msg;

	key->is_old = true;
	key->cseq = msg->cseq;
	key->to_tag = msg->to_tag;
	add_part(key, secret, in->msg->top_via.text);
	add_part(key, secret, msg->ruri);
	add_part(key, secret, msg->from_tag);
	add_part(key, secret, msg->call_id);
	add_part(key, secret,
		 str_make((const char *)&key->cseq, sizeof(key->cseq)));
}

void
txn_key_of_request(struct txn_key *key, const struct hash_key *secret,
		   const struct txn_in *in)
{
	const struct sip_top_via *via = &in->msg->top_via;
	enum sip_method method = in->msg->method;

	key->n_parts = 0;
	key->base = 0;
	key->is_ack = method == SIP_ACK;
	/* the cookie alone names nothing (RFC 4475 3.2.1) */
	if (via->branch.len > sizeof(MAGIC_COOKIE) - 1 &&
	    str_starts(via->branch, MAGIC_COOKIE)) {
		key->is_old = false;
		key->to_tag = str_make(NULL, 0);
		add_part(key, secret, via->branch);
		add_part(key, secret, via->sent_by);
	} else {
		add_old_parts(key, secret, in);
	}
	if (method == SIP_METHOD_OTHER) /* no part of the hash: a CANCEL has
					 * to find it */
		key->part[key->n_parts++] = in->msg->method_text;
	txn_key_set_method(key, key->is_ack ? SIP_INVITE : method);
}

/* The number of a branch of ours, modulo 62^4; of others anything. */
static uint64_t
number_of(struct str branch)
{
	uint64_t v = 0;

	for (size_t i = TXN_NUMBER_END - 4; i < TXN_NUMBER_END; i++) {
		unsigned c = (unsigned char)branch.p[i];

		v = v * 62 + c - (c >= 'a' ? 'a' - 36U : c >= 'A' ? 'A' - 10U : '0');
	}
	return v;
}

/* Branches of ours count up. Taken as they are, the numbers put what is found
 * one after the other into neighbouring buckets, which the caches still have;
 * and nobody but us puts anything there, so chains stay short without a secret. */
void
txn_key_of_branch(struct txn_key *key, const struct hash_key *secret,
		  struct str branch, enum sip_method method)
{
	key->n_parts = 0;
	key->base = 0;
	key->is_ack = false;
	key->is_old = false;
	key->to_tag = str_make(NULL, 0);
	if (branch.len == SIP_BRANCH_LEN) {
		key->part[key->n_parts++] = branch;
		key->base = number_of(branch);
	} else {
		add_part(key, secret, branch);
	}
	txn_key_set_method(key, method);
}

static size_t
parts_size(const struct txn_key *key)
{
	size_t size = 0;

	for (size_t i = 0; i < key->n_parts; i++)
		size += key->part[i].len + 1;
	return size;
}

size_t
txn_key_size(const struct txn_key *key)
{
	return parts_size(key) + key->to_tag.len;
}

void
txn_key_keep(const struct txn_key *key, struct txn *txn, char *at)
{
	txn->key = at;
	txn->key_len = (uint32_t)parts_size(key);
	txn->tag_len = (uint32_t)key->to_tag.len;
	txn->method = key->method;
	for (size_t i = 0; i < key->n_parts; i++) {
		memcpy(at, key->part[i].p, key->part[i].len);
		at += key->part[i].len;
		*at++ = '\0';
	}
	if (key->to_tag.len > 0)
		memcpy(at, key->to_tag.p, key->to_tag.len);
}

bool
txn_key_begins(const struct txn_key *key, const struct txn *txn)
{
	const char *at = txn->key;

	if (txn->method != key->method || txn->key_len < parts_size(key))
		return false;
	for (size_t i = 0; i < key->n_parts; i++) {
		struct str part = key->part[i];

		if (memcmp(at, part.p, part.len) != 0)
			return false;
		at += part.len;
		if (*at++ != '\0')
			return false;
	}
	return true;
}

bool
txn_key_fits(const struct txn_key *key, const struct txn *txn)
{
	return txn->key_len == parts_size(key) && txn_key_begins(key, txn);
}

/* --- what we make of them --- */

void
txn_base62(uint64_t v, char *out, size_t n)
{
	static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz";

	while (n > 0) {
		out[--n] = digits[v % 62];
		v /= 62;
	}
}

struct str
txn_key_tag(const struct hash_key *secret, uint64_t hash, char out[TXN_TAG_LEN])
{
	const uint64_t input[2] = { hash, TAG_DOMAIN };

	txn_base62(hash_bytes(secret, input, sizeof(input)), out, TXN_TAG_LEN);
	return str_make(out, TXN_TAG_LEN);
}
