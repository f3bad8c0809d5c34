/*
 * route_sample.h - a store with some of everything, and its snapshot
 */
#ifndef TESTS_UNIT_ROUTE_SAMPLE_H
#define TESTS_UNIT_ROUTE_SAMPLE_H

#include <stdio.h>

#include "base/hash.h"
#include "route/snapshot.h"
#include "tests/unit/route_store.h"

/* 3 accounts, 4 trunks, 4 carriers, 5 gateways, 3 tariffs, 2 rates; one gateway
 * has a name instead of an address. */
extern const struct route_csv route_sample[];
extern const struct dial_plan route_sample_numbering;
/* What proofs are hashed by. */
extern const struct hash_key route_sample_key;

struct route_sample {
	struct store *store;
	struct gateway_states *states;
	struct snapshot *snapshot;
	FILE *log_file;
	char error[STORE_ERROR_MAX];
	int err; /* of snapshot_load */
};

/* name and sql as in route_store_open. False when there is no snapshot: then
 * look at err and error, and close as well. Warnings are kept. */
bool route_sample_open(struct route_sample *f, const char *name,
		       const char *sql);
void route_sample_close(struct route_sample *f);
/* Whether a line was logged that contains text. */
bool route_sample_logged(const struct route_sample *f, const char *text);

#endif
