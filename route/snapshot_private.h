/*
 * snapshot_private.h - the inside of a snapshot; private to route/
 */
#ifndef ROUTE_SNAPSHOT_PRIVATE_H
#define ROUTE_SNAPSHOT_PRIVATE_H

#include <stdatomic.h>

#include "base/arena.h"
#include "route/logins.h"
#include "route/portability.h"
#include "route/snapshot.h"
#include "route/table_rows.h"
#include "route/trunks.h"

struct snapshot {
	atomic_uint n_refs;
	uint32_t generation;
	struct snapshot_report report;
	struct dial_plan numbering;
	struct account nobody;
	struct pricebook *prices;
	struct arena texts;

	struct account *accounts; /* by id */
	size_t n_accounts, accounts_cap;
	const struct account **accounts_by_name;
	struct gateway_states *states; /* borrowed */
	/* of each account and then of nobody, NULL until it was asked for */
	struct account_state *_Atomic *account_states;
	struct carrier *carriers; /* by name */
	size_t n_carriers, carriers_cap;
	struct gateway *gateways; /* by carrier, priority, weight, name */
	size_t n_gateways, gateways_cap;
	bool asks_for_media; /* one of them does not take everything */
	const struct gateway **gateways_by_name;
	const struct gateway **gateways_by_id;
	const struct gateway **gateways_by_addr; /* those that have one */
	size_t n_gateway_addrs;
	struct gateway_login *gateway_logins; /* by gateway */
	size_t n_gateway_logins, gateway_logins_cap;
	struct trunks trunks;
	struct logins logins;
	struct limits limits;
	struct emergencies emergencies;
	struct callers callers;
	struct users users;
	uint32_t *carrier_tariffs; /* ascending, each once */
	size_t n_carrier_tariffs;
	struct exchange exchange;
	struct blocks blocks;
	struct prefix_rules durations, measured; /* snapshot.h */
	struct portability portability;
	struct share *shares; /* by account and carrier */
	size_t n_shares, shares_cap;
};

/* A carrier's place while gateways look for it. */
struct carrier_id {
	uint32_t id;
	uint32_t index;
};

struct snapshot_loader {
	struct store *store;
	const struct snapshot_settings *settings;
	struct log *log;
	char *error; /* [STORE_ERROR_MAX] */
	struct snapshot *snapshot;
	struct carrier_id *carrier_ids; /* by id */
};

/* An odd row: logged and counted. */
#define snapshot_warn(loader, ...)                \
	(log_warning((loader)->log, __VA_ARGS__), \
	 (void)(loader)->snapshot->report.warnings++)

/* A copy that lives as long as the snapshot: 0 or ERR_NOMEM. */
int snapshot_keep(struct snapshot *snapshot, struct str text, const char **out);
/* Carriers and gateways in their orders, and carrier_tariffs: 0, a store
 * error, ERR_INVAL or ERR_NOMEM. Prices are there. */
int snapshot_load_carriers(struct snapshot_loader *loader);
int snapshot_load_gateways(struct snapshot_loader *loader);
/* The index of the account whose id a column has, PREFIX_RULES_ALL where it is
 * NULL; false, with a warning, when there is no such account. */
bool snapshot_read_owner(struct snapshot_loader *loader, struct row *row,
			 int column, uint32_t *out);
/* Where the gateway of this id is while tables are read, or n_gateways. */
size_t snapshot_gateway_place(const struct snapshot *snapshot, int64_t id);
/* The credentials of gateways: likewise. Gateways are there, in their order. */
int snapshot_load_gateway_logins(struct snapshot_loader *loader);
/* Where this node registers: likewise, once those are there. */
int snapshot_load_enrolments(struct snapshot_loader *loader);
/* Wiped, then given back. */
void snapshot_drop_gateway_logins(struct snapshot *snapshot);
/* The index of a carrier by its id, or of none: n_carriers. */
uint32_t snapshot_find_carrier(const struct snapshot_loader *loader,
			       int64_t id);
/* Blocks, sorted: likewise. Accounts and carriers are there. */
int snapshot_load_blocks(struct snapshot_loader *loader);
/* Exchange rates, durations and shares: likewise. Accounts and
 * carriers are there. */
int snapshot_load_rules(struct snapshot_loader *loader);
/* Limits, sorted, and those of each account: 0, a store error,
 * ERR_INVAL or ERR_NOMEM. Accounts are there. */
int snapshot_load_limits(struct snapshot_loader *loader);
/* What account_states already has: 0 or ERR_NOMEM. Accounts are there. */
int snapshot_find_account_states(struct snapshot *snapshot);
/* The numbers of accounts, sorted: likewise. */
int snapshot_load_callers(struct snapshot_loader *loader);
/* Trunks, found by address and certificate from then on: likewise. */
int snapshot_load_trunks(struct snapshot_loader *loader);
/* The users of our domains, sorted: likewise. */
int snapshot_load_users(struct snapshot_loader *loader);
/* Emergency numbers: likewise. Gateways are there, in their order. */
int snapshot_load_emergencies(struct snapshot_loader *loader);
/* Ported numbers: likewise. */
int snapshot_load_portability(struct snapshot_loader *loader);
/* Of all that decides where calls go, but for credentials; equal on nodes that
 * have the same tables, whatever their ids. The report's prices are there. */
uint64_t snapshot_checksum(const struct snapshot *snapshot);
/* Everything is loaded and in its order: make the other orders. 0 or
 * ERR_NOMEM. */
int snapshot_index(struct snapshot *snapshot);

#endif
