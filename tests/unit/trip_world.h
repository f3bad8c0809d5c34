/*
 * trip_world.h - several ribs and the UPDATE messages between them
 *
 * Sessions are wires without delay: world_run carries messages until nobody
 * has anything to say. Time stands still but for world_pass.
 */
#ifndef TESTS_UNIT_TRIP_WORLD_H
#define TESTS_UNIT_TRIP_WORLD_H

#include "trip/rib.h"

#define WORLD_MAX 8
#define WORLD_LOG 65536

struct world_peer {
	struct trip_rib_peer *peer; /* NULL: no session configured */
	bool is_up;
};

struct world {
	struct clock clock;
	struct trip_rib *rib[WORLD_MAX];
	uint32_t itad[WORLD_MAX], id[WORLD_MAX];
	struct world_peer link[WORLD_MAX][WORLD_MAX]; /* of rib i towards j */
	size_t n;
	uint32_t med;		 /* of the next local routes; 0: none */
	unsigned n_messages;	 /* carried since it was set to 0 */
	uint8_t last[TRIP_MESSAGE_MAX]; /* the last one */
	size_t last_len;
	char log[WORLD_LOG];	 /* changes of the Loc-TRIB of rib 0 */
};

/* Presets for a rib: ITAD and id, no intervals, 10 s MaxPurgeTime. */
struct trip_rib_settings world_settings(uint32_t itad, uint32_t id);
void world_init(struct world *world);
void world_fini(struct world *world);
/* The number of the new rib, or -1 (out of memory). */
int world_add(struct world *world, const struct trip_rib_settings *settings);
/* Frees it and begins a new one in its place, with the same sessions down:
 * false when out of memory. */
bool world_restart(struct world *world, int i,
		   const struct trip_rib_settings *settings);
/* Configure and bring up sessions of i and j. settings may be NULL and apply to
 * i's side. */
bool world_connect(struct world *world, int i, int j,
		   const struct trip_rib_peer_settings *settings);
bool world_up(struct world *world, int i, int j);
void world_down(struct world *world, int i, int j);
/* False when a message was refused. */
bool world_run(struct world *world);
/* Let time pass in steps and carry messages. */
bool world_pass(struct world *world, int64_t ms);

/* A local route of rib i: E.164, SIP; server gets ":5060". */
bool world_set(struct world *world, int i, const char *digits,
	       const char *server);
void world_unset(struct world *world, int i, const char *digits);
struct trip_prefix world_prefix(const char *digits);
/* "itad=301 path=301,302 hop=gw" of what rib i selected, "-" without; static
 * storage. */
const char *world_best(struct world *world, int i, const char *digits);
/* All that rib i has selected, in text. */
void world_dump(struct world *world, int i, char *out, size_t cap);

#endif
