/*
 * live.h - the answered calls that this worker knows of
 *
 * For people (lcrctl calls), for gateway capacities, to tell requests that
 * stray (way.h), and to know a token again without summing its signature;
 * records and in-dialog requests do without it. Bounded; a call that outlives
 * max_age_s is forgotten, so that a lost BYE cannot hold a channel for ever.
 */
#ifndef LCRPROXY_LIVE_H
#define LCRPROXY_LIVE_H

#include "acct/token.h"
#include "base/addr.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/str.h"
#include "lcrproxy/cseq.h"
#include "route/gateway_state.h"
#include "route/limit_state.h"
#include "sip/flow.h"
#include "tel/number.h"

#define LIVE_MAX_AGE_S 86400

/* Where the callee is (way.h). */
struct live_way {
	struct addr callee;  /* next hop towards it; family 0: not known */
	uint64_t name_hash;  /* of its host name and port; 0: not known */
	struct sip_flow gateway; /* that answered */
	struct sip_flow caller;	 /* by which the INVITE came */
	bool is_fixed;	     /* by a Record-Route: no refresh moves it */
};

struct live_call {
	struct map_node node;
	struct live_call *older, *newer;
	size_t size; /* of it and its texts */
	struct gateway_state *gateway; /* NULL: it went to a URI */
	struct limit_use use;
	struct live_way way;
	time_us setup, answer;
	int64_t answer_mono_us; /* the same on the clock that never steps */
	char token[TOKEN_LEN];	/* as signed for these ids */
	struct token_space space; /* of the caller's CSeq numbers, as in it */
	struct cseq_again again; /* of the caller's INVITEs inside it */
	uint32_t login_cseq;	/* of the INVITE that had ... */
	const char *login;	/* these header lines (ack_login.h); or NULL */
	struct number number;
	const char *account;
	const char *carrier, *gateway_name, *uri; /* "": none. All in text */
	uint16_t call_id_len, from_tag_len, to_tag_len;
	char text[];	/* call_id, from_tag, to_tag, then the names with NUL */
};

struct pool;

/* What names a call: one that came through here twice (a spiral, RFC 5393) is
 * two calls of the same ids. */
struct live_id {
	struct str call_id, from_tag, to_tag;
	time_us setup; /* 0: any */
};

struct live {
	const struct hash_key *key;
	struct pool *pool; /* of the calls */
	struct map map;
	struct live_call *oldest, *newest;
	struct live_call *next_to_check; /* by live_keep */
	struct live_call *found; /* last, or added: what is asked about one
				  * message is mostly one call; or NULL */
	size_t max;
};

struct live_fact {
	struct str call_id, from_tag, to_tag;
	time_us setup, answer;
	int64_t answer_mono_us;
	const char *token;   /* TOKEN_LEN characters */
	struct token_space space;
	const struct number *number;
	const char *account;
	const char *carrier, *gateway_name, *uri; /* NULL: none */
	struct gateway_state *gateway;		  /* likewise */
	struct limit_use *use; /* taken over; NULL: none */
	struct live_way way;
};

int live_init(struct live *live, const struct hash_key *key, size_t max);
void live_fini(struct live *live);
/* Count an answered dialog in at its gateway; forgets the oldest when full
 * and those over their age. 0, ERR_EXISTS or ERR_NOMEM. */
int live_add(struct live *live, const struct live_fact *fact);
/* It has ended now: count it out: 0, or ERR_NOTFOUND for one that is not known
 * here. */
int live_remove(struct live *live, const struct live_id *id, time_us now);
/* Forget those over their age; live_add does it, too. */
void live_age(struct live *live, time_us now);
/* What names a dialog in a list of live_keep. */
uint64_t live_name(const struct hash_key *key, struct str call_id,
		   struct str to_tag);
/* Calls that go on, elsewhere known: their live_names, ascending. */
struct live_known {
	const uint64_t *names;
	size_t n;
	int64_t as_of_us; /* on the monotonic clock: later answers are not
			   * among them */
};
/*
 * Forget the calls that are not known any more, of the next few ones, from the
 * oldest on: with is_first from the beginning. True when there are more to look
 * at. *n_out is how many were forgotten.
 */
bool live_keep(struct live *live, const struct live_known *known,
	       bool is_first, size_t few, size_t *n_out);
/* A call that is known here, or NULL; good until the next live_add or
 * live_remove. */
struct live_call *live_find(struct live *live, const struct live_id *id);
/*
 * When it is now for the call: its answer and what has passed since, whatever
 * was done to the wall clock meanwhile. *step_us is how far the wall clock is
 * ahead of that: next to nothing while it runs as it should.
 */
time_us live_now(const struct live_call *call, const struct clock *clock,
		 int64_t *step_us);
struct str live_call_id(const struct live_call *call);

#endif
