/*
 * trunks.h - whose address is this: networks, ports, transports, tech prefixes
 *
 * Networks of one length (with a port, or without) are one level with a hash
 * table of its own; a look-up asks level after level, the most specific first.
 * Trunks that are known by a certificate have levels of their own, which go
 * before the others. A domain is told by its hash under a secret key, which
 * nobody can find another domain for.
 */
#ifndef ROUTE_TRUNKS_H
#define ROUTE_TRUNKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/hash.h"
#include "base/str.h"
#include "route/intern.h"

enum trunk_transport { TRUNK_ANY, TRUNK_UDP, TRUNK_TCP, TRUNK_TLS };

struct trunk {
	uint64_t proof;	      /* hash_domain of certificate; 0 = none needed */
	uint8_t ip[16];       /* of the network, as in struct addr */
	uint32_t account;     /* index */
	uint32_t tech_prefix; /* number in texts */
	uint32_t label;	      /* its name, likewise */
	uint32_t certificate; /* the domain, likewise */
	uint16_t port;        /* 0 = any */
	uint8_t family;       /* 4 or 6; 0 = any address */
	uint8_t bits;
	uint8_t transport; /* enum trunk_transport */
};

struct trunk_level {
	uint8_t family, bits;
	bool has_port, has_proof;
	size_t first_slot; /* in slots */
	size_t mask;       /* number of slots - 1 */
};

struct trunks {
	struct trunk *list; /* sorted by level, then network and port */
	size_t n, cap;
	struct trunk_level *levels; /* the most specific first */
	size_t n_levels, levels_cap;
	uint32_t *slots; /* first trunk of a network and port + 1, 0 = free */
	size_t n_slots;
	uint64_t *proofs; /* those that trunks need, by their low bits; 0 = free */
	size_t n_proofs; /* places: a power of two, or 0 */
	struct intern texts;
	struct hash_key key;
	struct hash_key proof_key; /* set it before the first trunk is added to
				    * that of who proves; else one of its own */
};

/* 0 or ERR_IO (no randomness). */
int trunks_init(struct trunks *trunks);
/* Also of zeroed storage. */
void trunks_fini(struct trunks *trunks);
/* "udp", "tcp", "tls", or "" for any: 0 or ERR_SYNTAX. */
int trunk_transport_parse(struct str text, enum trunk_transport *out);
/* net of family 0 = any address; port 0 = any; certificate: the domain to be
 * proved, "" = none. 0, ERR_NOMEM or ERR_LIMIT. */
int trunks_add(struct trunks *trunks, const struct addr_net *net, uint16_t port,
	       struct str certificate, enum trunk_transport transport,
	       struct str tech_prefix, struct str label, uint32_t account);
/* Sort and index; nothing is added any more. 0 or ERR_NOMEM. */
int trunks_finish(struct trunks *trunks);
/*
 * The trunk of an address, and of what is proved (a hash_domain under
 * proof_key, or 0): one that needs the proof before one that needs none; of
 * those the most specific network (any address last), then one with from's
 * port, then one with the transport, then the longest tech prefix that
 * dialled begins with; dialled.p == NULL: the shortest tech prefix. Of trunks
 * that agree in all that, the one with the lowest account. NULL when there is
 * none.
 */
const struct trunk *trunks_find(const struct trunks *trunks,
				const struct addr *from, uint64_t proof,
				enum trunk_transport transport,
				struct str dialled);
/* Whether some trunk needs this proof. */
bool trunks_need(const struct trunks *trunks, uint64_t proof);
const char *trunks_tech_prefix(const struct trunks *trunks,
			       const struct trunk *trunk);
const char *trunks_label(const struct trunks *trunks, const struct trunk *trunk);
/* "" without. */
const char *trunks_certificate(const struct trunks *trunks,
			       const struct trunk *trunk);
/* Whether list[i] differs from the one before by nothing but its account, so
 * that no call can ever be its. */
bool trunks_is_shadowed(const struct trunks *trunks, size_t i);
size_t trunks_bytes(const struct trunks *trunks);

#endif
