/*
 * load.h - reading configuration and store into what workers run on
 */
#ifndef LCRPROXY_LOAD_H
#define LCRPROXY_LOAD_H

#include "acct/token.h"
#include "lcrproxy/node.h"
#include "lcrproxy/policy.h"
#include "route/snapshot.h"

#define LOAD_ERROR_MAX (STORE_ERROR_MAX + 64)

/* Open the store, check its schema and load a snapshot; of states, numbering
 * is the settings'. error says what is wrong. */
int load_snapshot(const struct settings *settings,
		  const struct snapshot_settings *states, uint32_t generation,
		  struct log *log, struct snapshot **out,
		  char error[LOAD_ERROR_MAX]);
void load_tuning(const struct settings *settings, struct tuning *out);
/* The policy of the settings. Rules that can never match, and names that are in
 * no table, are logged; *n_odd (may be NULL) counts them. 0 or ERR_NOMEM. */
int load_policy(const struct settings *settings,
		const struct snapshot *snapshot, struct log *log,
		struct policy **out, size_t *n_odd);

/* The secrets of record_route.keys; errors are logged. Release with
 * load_keys_free. */
int load_keys(const struct settings *settings, struct log *log,
	      struct token_key **out, size_t *n_out);
void load_keys_free(struct token_key *keys, size_t n);

#endif
