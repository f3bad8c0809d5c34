/*
 * snapshot.h - everything a decision needs, immutable, counted
 *
 * Built from the store beside the running one and swapped whole. Calls hold a
 * reference to the snapshot they were planned with. A generation number names
 * it; it grows by one with each load of a process (and starts from the time of
 * day, so that it differs between restarts). Texts and structs that are handed
 * out live as long as the reference.
 */
#ifndef ROUTE_SNAPSHOT_H
#define ROUTE_SNAPSHOT_H

#include "base/addr.h"
#include "base/log.h"
#include "route/blocks.h"
#include "route/callers.h"
#include "route/emergencies.h"
#include "route/exchange.h"
#include "route/gateway_enrolment.h"
#include "route/gateway_login.h"
#include "route/gateway_state.h"
#include "route/gateway_uri.h"
#include "route/limits.h"
#include "route/prefix_rules.h"
#include "route/pricebook.h"
#include "route/pricebook_survey.h"
#include "route/users.h"
#include "tel/codes.h"

enum route_strategy {
	ROUTE_LEAST_COST,
	ROUTE_PRIORITY,
	ROUTE_QUALITY,	  /* measured, the best first */
	ROUTE_LOAD_SHARE, /* by the account's percentages */
	ROUTE_TOLERANCE,  /* near the cheapest, by quality */
};

/* "least_cost", ...: for people and for JSON. */
const char *route_strategy_text(enum route_strategy strategy);

/* How a gateway wants numbers. */
enum number_format {
	FORMAT_PRESET,	 /* "+" and digits; digits with strip or prefix.
			  * Of callers: as they came */
	FORMAT_PLUS,	 /* "+" and digits */
	FORMAT_DIGITS,
	FORMAT_NATIONAL, /* as dialled in the configuration's country */
};

/* What a gateway is told of a number that was ported (RFC 4694). */
enum gateway_portability {
	PORTABILITY_NONE,
	PORTABILITY_PARAMS, /* npdi and rn behind the number */
	PORTABILITY_NUMBER, /* the routing number in its place */
};

/* How a gateway wants to be told who calls. */
enum gateway_identity {
	IDENTITY_KEEP, /* P-Asserted-Identity, Remote-Party-ID: as they came */
	IDENTITY_PAI,  /* P-Asserted-Identity alone */
	IDENTITY_RPID, /* Remote-Party-ID alone */
	IDENTITY_NONE,
};

/* What becomes of a gateway's 3xx. */
enum redirect_rule {
	REDIRECT_PRESET, /* as the configuration says */
	REDIRECT_PASS,	 /* to the caller */
	REDIRECT_FOLLOW,
	REDIRECT_FAIL,	 /* on to the next gateway */
};

/* One carrier's part of a load_share account's calls. */
struct share {
	uint32_t account, carrier; /* indexes */
	uint32_t percent;
};

struct account {
	uint32_t id;
	const char *name;
	const char *group;	    /* "" = none */
	uint32_t tariff;	    /* PRICEBOOK_NO_TARIFF: not billed */
	struct dial_plan plan;
	bool international;
	int32_t channels, cps;	    /* -1 = unlimited */
	int32_t max_hops;	    /* 0 = the configuration's */
	enum route_strategy strategy;
	money_e8 tolerance;	    /* percent, with ROUTE_TOLERANCE */
	bool has_min_margin, has_min_margin_percent;
	money_e8 min_margin;	    /* of one call, net */
	money_e8 min_margin_percent; /* of what the account pays */
	money_e8 max_loss;	    /* of one call: 0.. */
	int32_t expected_duration_s; /* 0 = the configuration's */
	const struct share *shares; /* of ROUTE_LOAD_SHARE */
	size_t n_shares;
	struct account_state *state; /* NULL unless ROUTE_LOAD_SHARE */
	bool trusted;		    /* what it asserts of callers */
	bool secure;		    /* by TLS or not at all */
	const char *zone_name;	    /* "" = UTC */
	bool enabled;
	/* that of all calls has channels and cps, too */
	uint32_t first_limit, n_limits;
};

struct carrier {
	uint32_t id;
	const char *name;
	uint32_t tariff;	    /* PRICEBOOK_NO_TARIFF: never a candidate */
	int32_t priority, weight;
	int32_t min_asr_percent, min_acd_s; /* quality floor; -1 = none */
	bool enabled;
	struct carrier_state *state;
	uint32_t first_gateway, n_gateways; /* priority, weight desc, name */
	uint32_t offer;		    /* of its tariff in
				     * snapshot_carrier_tariffs */
};

struct gateway {
	uint32_t id;
	const char *name;
	uint32_t carrier;	    /* index */
	const char *uri;	    /* as configured */
	const char *host;	    /* with brackets and port as in uri */
	struct addr addr;	    /* family 0: host is a name */
	uint8_t transport;	    /* enum gateway_transport */
	bool is_sips;
	int32_t priority, weight, capacity, cps; /* -1 = unlimited */
	uint8_t strip;
	const char *prefix;
	enum number_format format;  /* of the number, before strip and prefix */
	bool trusted;		    /* with callers' asserted identities */
	enum number_format caller_format;
	uint8_t caller_strip;
	const char *caller_prefix;
	uint8_t portability;	    /* enum gateway_portability */
	uint8_t identity;	    /* enum gateway_identity */
	bool no_diversion;	    /* it is not told who diverted a call */
	bool is_out_of_reach;	    /* no listener of ours can send there */
	uint32_t media;		    /* taken, tel/media.h; 0 = everything */
	struct codes reroute, stop; /* beside the configuration's */
	bool probe;		    /* asked for signs of life */
	bool enabled;
	struct gateway_logins logins;
	struct gateway_enrolment enrolment;
	enum redirect_rule redirects;
	struct gateway_state *state;
};

struct snapshot;

/* transport: GATEWAY_UDP, GATEWAY_TCP or GATEWAY_TLS. */
#define SNAPSHOT_REACH(transport, is_ip6) \
	(UINT32_C(1) << (2 * (transport) + ((is_ip6) ? 1 : 0)))

struct snapshot_settings {
	struct dial_plan numbering;	/* what an account leaves open (NULL) */
	struct gateway_states *states;	/* borrowed, outlives all snapshots */
	struct limit_states *limits;	/* likewise; NULL: there are no limits */
	/* What this node can send by: bits SNAPSHOT_REACH; 0 = everything. */
	uint32_t reach;
	/* What callers' proofs are hashed by (hash_domain); NULL: nobody
	 * proves anything. */
	const struct hash_key *proof_key;
	/* Other nodes register at gateways, if anybody does: they are taken
	 * as registered. */
	bool registers_nowhere;
};

struct snapshot_report {
	size_t accounts, trunks, logins, carriers, gateways, tariffs,
	    rates, bytes;
	size_t blocks, durations, shares, exchange_rates;
	struct pricebook_survey prices;	/* at the time of loading */
	size_t limits, users, ported, measured_durations;
	uint64_t checksum;		/* of all tables but credentials */
	int64_t load_ms;
	uint32_t warnings;		/* each was logged */
};

/*
 * Load from the store, in one transaction (with STORE_READ_ONLY all tables
 * are seen at one moment and nobody is kept from writing): 0, a store error,
 * ERR_IO (no randomness) or ERR_INVAL (a value cannot be read) with error.
 * Rows that refer to something that is not there are left out with a warning.
 * The caller has one reference. An empty store gives an empty snapshot.
 */
int snapshot_load(struct store *store, const struct snapshot_settings *settings,
		  uint32_t generation, struct log *log, struct snapshot **out,
		  char error[STORE_ERROR_MAX]);
struct snapshot *snapshot_ref(struct snapshot *snapshot);
/* The last unref frees, a large one in the background; from any thread. NULL
 * is accepted. */
void snapshot_unref(struct snapshot *snapshot);

uint32_t snapshot_generation(const struct snapshot *snapshot);
/* Whether the media that a call offers make a difference to any gateway. */
bool snapshot_asks_for_media(const struct snapshot *snapshot);
const struct snapshot_report *snapshot_report(const struct snapshot *snapshot);
const struct pricebook *snapshot_prices(const struct snapshot *snapshot);
/* The settings' dial plan. */
const struct dial_plan *snapshot_numbering(const struct snapshot *snapshot);

/* By the pair and the time they come into force. */
const struct exchange *snapshot_exchange(const struct snapshot *snapshot);
const struct blocks *snapshot_blocks(const struct snapshot *snapshot);
/* By account (index, or PREFIX_RULES_ALL) and prefix: how many seconds a call
 * is expected to last. */
const struct prefix_rules *snapshot_durations(const struct snapshot *snapshot);
/* Likewise: how long calls were on the average, as was measured. */
const struct prefix_rules *
snapshot_measured_durations(const struct snapshot *snapshot);
/* The index of an account, which blocks and durations have as their owner;
 * nobody's is PREFIX_RULES_ALL, which is BLOCKS_EVERYBODY. */
uint32_t snapshot_account_index(const struct snapshot *snapshot,
				const struct account *account);

/* The account of the trunk that an address belongs to: the most specific
 * network, a trunk with a port before one without; before all those the trunk of
 * the domain that is proved (hash_domain, 0 = none), if the address is its.
 * transport "udp", "tcp",
 * "tls". NULL when there is none. tech_prefix (may be NULL) gets the trunk's,
 * "" without; of several the shortest. Disabled accounts are found too: look
 * at enabled. */
const struct account *snapshot_account_by_addr(const struct snapshot *snapshot,
					       const struct addr *from,
					       uint64_t proof,
					       const char *transport,
					       const char **tech_prefix);
/* The same for a call to dialled: trunks that differ only in their tech
 * prefix are told apart by the longest one that dialled begins with, and a
 * trunk whose tech prefix it does not begin with is none. trunk (may be NULL)
 * gets its name, "" without. */
const struct account *snapshot_account_by_call(const struct snapshot *snapshot,
					       const struct addr *from,
					       uint64_t proof,
					       const char *transport,
					       struct str dialled,
					       const char **tech_prefix,
					       const char **trunk);
/* Whether there is a trunk of the domain that is proved. */
bool snapshot_has_proof(const struct snapshot *snapshot, uint64_t proof);
const struct account *snapshot_account_by_name(const struct snapshot *snapshot,
					       struct str name);
const struct account *snapshot_account_by_id(const struct snapshot *snapshot,
					     uint32_t id);
/* All accounts, by their ids: i below snapshot_n_accounts. */
size_t snapshot_n_accounts(const struct snapshot *snapshot);
const struct account *snapshot_account_at(const struct snapshot *snapshot,
					  size_t i);
/* What is counted of an account, or of nobody; kept across snapshots. Made when it
 * is asked for the first time: NULL when out of memory. From any thread. */
struct account_state *snapshot_account_state(const struct snapshot *snapshot,
					     const struct account *account);
/* The same of account i, of nobody for snapshot_n_accounts; NULL when it was never
 * asked for. */
const struct account_state *
snapshot_account_state_at(const struct snapshot *snapshot, size_t i);
/* Who has no account (a carrier, or somebody unknown): enabled, dials as the
 * configuration says, and is in no table. */
const struct account *snapshot_nobody(const struct snapshot *snapshot);
/* The credentials of a user in a realm, and whose they are; NULL when there are
 * none. */
struct login;
const struct login *snapshot_login(const struct snapshot *snapshot,
				   struct str user, struct str realm);
const struct account *snapshot_login_account(const struct snapshot *snapshot,
					     const struct login *login);
/* The routing number of a number that is in the table of ported ones. */
bool snapshot_ported(const struct snapshot *snapshot,
		     const struct number *number, struct number *routing);
/* Whether the account may present number, and what is put there otherwise; see
 * callers.h. */
enum caller_verdict snapshot_caller(const struct snapshot *snapshot,
				    const struct account *account,
				    const struct number *number);
bool snapshot_caller_preset(const struct snapshot *snapshot,
			    const struct account *account, struct number *out);
/* The rows of an emergency number, *n of them, or NULL; see emergencies_find. */
const struct emergency *snapshot_emergencies(const struct snapshot *snapshot,
					     struct str digits, size_t *n);
/* A user of ours; see users_find and users_find_number. */
const struct user *snapshot_user(const struct snapshot *snapshot,
				 struct str name, struct str domain);
const struct user *snapshot_user_by_number(const struct snapshot *snapshot,
					   const struct number *number);
/* Those of an account, *n of them; nobody has none. */
const struct limit *snapshot_account_limits(const struct snapshot *snapshot,
					    const struct account *account,
					    size_t *n);
/* All limits, by account. */
const struct limit *snapshot_limits(const struct snapshot *snapshot,
				    size_t *n);
const struct account *snapshot_limit_account(const struct snapshot *snapshot,
					     const struct limit *limit);
/* In the order of their names. */
size_t snapshot_n_carriers(const struct snapshot *snapshot);
const struct carrier *snapshot_carrier(const struct snapshot *snapshot,
				       uint32_t index);
/* NULL when there is none. */
const struct carrier *snapshot_carrier_by_name(const struct snapshot *snapshot,
					       struct str name);
/* The tariffs that carriers have, ascending and each once. */
const uint32_t *snapshot_carrier_tariffs(const struct snapshot *snapshot,
					 size_t *n);
size_t snapshot_n_gateways(const struct snapshot *snapshot);
const struct gateway *snapshot_gateway(const struct snapshot *snapshot,
				       uint32_t index);
const struct gateway *snapshot_gateway_by_name(const struct snapshot *snapshot,
					       struct str name);
const struct gateway *snapshot_gateway_by_id(const struct snapshot *snapshot,
					     uint32_t id);
/* The gateway that an address belongs to, whatever the port, or NULL; of
 * several the one with the lowest port. */
const struct gateway *snapshot_gateway_by_ip(const struct snapshot *snapshot,
					     const struct addr *from);

#endif
