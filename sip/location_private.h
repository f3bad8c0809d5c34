/*
 * location_private.h - what the files of location.h share
 *
 * location_cache.c knows answers and asks for them; location_walk.c goes by RFC
 * 3263 over what is known, and says what is missing; location.c walks again
 * whenever something has come.
 */
#ifndef SIP_LOCATION_PRIVATE_H
#define SIP_LOCATION_PRIVATE_H

#include "base/map.h"
#include "sip/location.h"

#define LOCATION_AWAITS_MAX 48 /* answers one look-up waits for at once */
#define LOCATION_RECORDS_MAX 64 /* of one answer that are looked at */

enum location_kind { LOCATION_UNKNOWN, LOCATION_HAS, LOCATION_HAS_NONE,
		     LOCATION_FAILED };

/* That a look-up waits for an answer. */
struct location_await {
	struct location_await *next, **link; /* of the entry; link NULL: unused */
	struct sip_look_up *look_up;
};

/* One question and its answer. */
struct location_entry {
	struct map_node node;
	struct location_entry *older, *newer; /* by use */
	struct sip_location *location;
	struct dns_query *query; /* runs; NULL = none */
	struct location_await *awaits;
	struct dns_name name;
	uint16_t type;
	uint8_t kind;		 /* enum location_kind */
	int64_t expires_ms;
	int64_t stale_ms;	 /* LOCATION_HAS: good until then if need be */
	uint8_t *data;		 /* the message; LOCATION_HAS */
	size_t len;
};

struct sip_look_up {
	struct sip_look_up *next, **link;
	struct sip_location *location;
	struct timer deadline;
	sip_location_done *done;
	void *arg;
	struct sip_target target; /* host in text */
	size_t n_awaits;
	struct location_await awaits[LOCATION_AWAITS_MAX];
	char text[];
};

struct sip_location {
	struct sip_location_env env;
	struct sip_location_counters counters;
	struct map entries;
	struct location_entry *oldest, *newest;
	struct sip_look_up *waiting, *ready;
	uint64_t random;
};

/* Going through one target. */
struct location_walk {
	struct sip_location *location;
	const struct sip_target *target;
	struct sip_places *places;
	bool is_final;	  /* what is missing is taken for failed */
	bool has_failed;  /* of some question, nothing is known */
	size_t most;	  /* places, until the next server */
	size_t n_awaits;  /* answers that are missing, */
	size_t n_doubts;  /* and of them those that failed the last time */
	struct location_entry *awaits[LOCATION_AWAITS_MAX];
};

struct location_srv {
	uint16_t priority, weight, port;
	struct dns_name target;
};

/* --- location_cache.c --- */

/* The answer to a question: one that is there, or LOCATION_UNKNOWN: it is asked
 * for now, if may_ask. NULL when out of memory, or nothing is known. */
struct location_entry *location_look(struct sip_location *location,
				     const struct dns_name *name,
				     uint16_t type, bool may_ask);
void location_cache_fini(struct sip_location *location);

/* --- location_walk.c --- */

/* Fills in places: 0, ERR_BUSY (awaits says for what), or an error as of
 * sip_location_find. */
int location_walk(struct location_walk *walk);

/* --- location_order.c --- */

/* In the order of RFC 2782: by priority, and among equals by chance with
 * their weights. random is the state of the generator, not 0. */
void location_order(struct location_srv *srvs, size_t n, uint64_t *random);

/* --- location.c --- */

/* An answer has come, or will not: walk again for whom it is. */
void location_wake(struct sip_location *location,
		   struct location_entry *entry);

#endif
