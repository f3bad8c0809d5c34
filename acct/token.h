/*
 * token.h - the signed state of a call in our Record-Route
 *
 * The parameter `lcr` of our Record-Route URI: facts about the call under an
 * HMAC-SHA-256 cut to 96 bits, bound to Call-ID and the caller's tag and, once
 * answered, to the callee's tag too. Any node that knows the key can serve the
 * call's later requests without a dialog table. Fixed length, so that the
 * answer time can be put in place in the 2xx. doc/token.md has the layout.
 */
#ifndef ACCT_TOKEN_H
#define ACCT_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/clock.h"
#include "base/str.h"

#define TOKEN_PARAM "lcr"
#define TOKEN_RAW_LEN 48
#define TOKEN_LEN 64 /* characters, no NUL */

/* How the CSeq numbers of the caller's requests go out (lcrproxy/cseq.h). */
struct token_space {
	bool is_spaced;	    /* else as they come, and the rest is 0 */
	uint8_t tries;	    /* INVITEs sent before this one: 0..3 */
	uint16_t cseq;	    /* low bits of the number of the caller's INVITE */
};

struct token {
	uint8_t key_id;	    /* of the key that signed; not read by encode */
	uint8_t hop;	    /* 1 = first choice */
	uint32_t node;	    /* token_node_id of the node's name */
	uint32_t account;   /* id in the store, 0 = none */
	uint32_t gateway;   /* id in the store, 0 = none; or a mark (below) */
	uint32_t generation; /* of the snapshot */
	time_us setup;	    /* when the INVITE came; after 1970 */
	time_us answer;	    /* 0 until answered; else setup..setup + 2^48 us */
	struct token_space space;
};

struct token_key {
	uint8_t id;
	const void *secret;
	size_t secret_len;  /* 16 bytes at least */
};

struct token_keys;	    /* of one thread: contexts are not shared */

/* The first key signs, all verify: 0, ERR_INVAL (no key, a short secret, two
 * of one id) or ERR_NOMEM. The secrets are copied. */
int token_keys_new(const struct token_key *keys, size_t n,
		   struct token_keys **out);
void token_keys_free(struct token_keys *keys);
uint32_t token_node_id(const char *node);
/* Where this token is in text, or NULL (memmem makes itself a table first). */
const char *token_find(struct str text, const char token[TOKEN_LEN]);

/*
 * What stands for a gateway that is in no table: its address, whatever the port,
 * summed with the key of this id, or with the one that signs. Who has that
 * address is, by the token, who the call went to. Above the ids of tables; 0: no
 * such key, or no memory: it proves nothing.
 */
#define TOKEN_MARK (1U << 31)
#define TOKEN_KEY_SIGNS (-1)
uint32_t token_mark(struct token_keys *keys, int key_id,
		    const struct addr *addr);

/* Write the TOKEN_LEN characters. to_tag is only bound when answer != 0.
 * 0, ERR_RANGE (a time, or a text of more than 65,535 bytes) or ERR_NOMEM. */
int token_encode(struct token_keys *keys, const struct token *token,
		 struct str call_id, struct str from_tag, struct str to_tag,
		 char out[TOKEN_LEN]);
/*
 * Check and read. from_tag is the tag of the INVITE's caller, to_tag the other
 * side's: for a request of the callee its To and From tags in this order.
 * max_age_s bounds now - setup (0 = no bound). Returns 0, ERR_SYNTAX (not a
 * token of a known version), ERR_AUTH (signature, or no such key), ERR_EXPIRED
 * (out is set) or ERR_NOMEM. Time does not depend on where a wrong signature
 * differs.
 */
int token_decode(struct token_keys *keys, struct str text, struct str call_id,
		 struct str from_tag, struct str to_tag, time_us now,
		 int64_t max_age_s, struct token *out);
/* The same for a token which this process has signed for the very texts of the
 * message, and remembers octet by octet: that is as good as its signature,
 * which is not summed again. Never ERR_AUTH. */
int token_read_own(struct str text, time_us now, int64_t max_age_s,
		   struct token *out);

#endif
