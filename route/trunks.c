/* trunks.c - levels of networks, each with a hash table */
#include "route/trunks.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

/* What a slot is found by. */
struct trunk_key {
	uint8_t ip[16];
	uint16_t port;
};

int
trunks_init(struct trunks *trunks)
{
	int err;

	*trunks = (struct trunks){ 0 };
	err = intern_init(&trunks->texts, true);
	if (err == 0)
		err = hash_key_random(&trunks->key);
	trunks->proof_key = trunks->key;
	return err;
}

void
trunks_fini(struct trunks *trunks)
{
	mem_free(trunks->list);
	mem_free(trunks->levels);
	mem_free(trunks->slots);
	mem_free(trunks->proofs);
	intern_fini(&trunks->texts);
	*trunks = (struct trunks){ 0 };
}

int
trunk_transport_parse(struct str text, enum trunk_transport *out)
{
	static const char *const names[] = {
		[TRUNK_ANY] = "",
		[TRUNK_UDP] = "udp",
		[TRUNK_TCP] = "tcp",
		[TRUNK_TLS] = "tls",
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (str_eq_nocase(text, str_of(names[i]))) {
			*out = (enum trunk_transport)i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

int
trunks_add(struct trunks *trunks, const struct addr_net *net, uint16_t port,
	   struct str certificate, enum trunk_transport transport,
	   struct str tech_prefix, struct str label, uint32_t account)
{
	struct trunk trunk = {
		.proof = hash_domain(&trunks->proof_key, certificate),
		.account = account,
		.port = port,
		.family = net->addr.family,
		.bits = net->bits,
		.transport = (uint8_t)transport,
	};
	int err;

	if (trunks->n >= UINT32_MAX - 1)
		return ERR_LIMIT;
	memcpy(trunk.ip, net->addr.ip, sizeof(trunk.ip));
	err = intern_add(&trunks->texts, tech_prefix.p, tech_prefix.len,
			 &trunk.tech_prefix);
	if (err == 0)
		err = intern_add(&trunks->texts, label.p, label.len,
				 &trunk.label);
	if (err == 0)
		err = intern_add(&trunks->texts, certificate.p, certificate.len,
				 &trunk.certificate);
	if (err == 0)
		err = mem_grow((void **)&trunks->list, &trunks->cap, trunks->n,
			       sizeof(*trunks->list));
	if (err != 0)
		return err;
	trunks->list[trunks->n++] = trunk;
	return 0;
}

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

/* Where a trunk's level stands. */
static int
compare_levels(const struct trunk *a, const struct trunk *b)
{
	int order = COMPARE(b->proof != 0, a->proof != 0);

	if (order == 0)
		order = COMPARE(b->family, a->family); /* any comes last */
	if (order == 0)
		order = COMPARE(b->bits, a->bits);
	return order != 0 ? order : COMPARE(b->port != 0, a->port != 0);
}

static int
compare_keys(const struct trunk *a, const struct trunk *b)
{
	int order = compare_levels(a, b);

	if (order == 0)
		order = memcmp(a->ip, b->ip, sizeof(a->ip));
	if (order == 0)
		order = COMPARE(a->proof, b->proof);
	return order != 0 ? order : COMPARE(a->port, b->port);
}

static int
compare_trunks(const void *left, const void *right)
{
	const struct trunk *a = left, *b = right;
	int order = compare_keys(a, b);

	if (order == 0)
		order = COMPARE(b->transport, a->transport);
	if (order == 0)
		order = COMPARE(a->tech_prefix, b->tech_prefix);
	return order != 0 ? order : COMPARE(a->account, b->account);
}

static uint32_t *
find_slot(const struct trunks *trunks, const struct trunk_level *level,
	  const uint8_t ip[16], uint16_t port, uint64_t proof)
{
	struct trunk_key key;
	size_t at;

	memcpy(key.ip, ip, sizeof(key.ip));
	key.port = port;
	at = hash_bytes(&trunks->key, &key, sizeof(key)) + proof;
	for (;; at++) {
		uint32_t *slot =
		    &trunks->slots[level->first_slot + (at & level->mask)];
		const struct trunk *trunk;

		if (*slot == 0)
			return slot;
		trunk = &trunks->list[*slot - 1];
		if (trunk->port == port && trunk->proof == proof &&
		    memcmp(trunk->ip, ip, sizeof(trunk->ip)) == 0)
			return slot;
	}
}

/* The level of trunks [begin, end), whose tables are half full at most. */
static int
add_level(struct trunks *trunks, size_t begin, size_t end)
{
	const struct trunk *trunk = &trunks->list[begin];
	size_t n_slots = 2;

	if (mem_grow((void **)&trunks->levels, &trunks->levels_cap,
		     trunks->n_levels, sizeof(*trunks->levels)) != 0)
		return ERR_NOMEM;
	while (n_slots < 2 * (end - begin))
		n_slots *= 2;
	trunks->levels[trunks->n_levels++] =
	    (struct trunk_level){ .family = trunk->family,
				  .bits = trunk->bits,
				  .has_port = trunk->port != 0,
				  .has_proof = trunk->proof != 0,
				  .first_slot = trunks->n_slots,
				  .mask = n_slots - 1 };
	trunks->n_slots += n_slots;
	return 0;
}

static int
add_levels(struct trunks *trunks)
{
	const struct trunk *list = trunks->list;
	size_t begin = 0;
	int err = 0;

	for (size_t i = 1; i <= trunks->n && err == 0; i++) {
		if (i < trunks->n &&
		    compare_levels(&list[begin], &list[i]) == 0)
			continue;
		err = add_level(trunks, begin, i);
		begin = i;
	}
	return err;
}

/* Note the first trunk of each network and port. */
static void
fill_slots(struct trunks *trunks)
{
	const struct trunk *list = trunks->list;
	const struct trunk_level *level = trunks->levels;

	for (size_t i = 0; i < trunks->n; i++) {
		if (i > 0 && compare_keys(&list[i - 1], &list[i]) == 0)
			continue;
		if (i > 0 && compare_levels(&list[i - 1], &list[i]) != 0)
			level++;
		*find_slot(trunks, level, list[i].ip, list[i].port,
			   list[i].proof) = (uint32_t)i + 1;
	}
}

/* Where a proof is, or would be: half of the places are free at least. */
static uint64_t *
find_proof(const struct trunks *trunks, uint64_t proof)
{
	size_t mask = trunks->n_proofs - 1, at = proof & mask;

	while (trunks->proofs[at] != 0 && trunks->proofs[at] != proof)
		at = (at + 1) & mask;
	return &trunks->proofs[at];
}

static int
index_proofs(struct trunks *trunks)
{
	size_t n = 0, places = 2;

	while (n < trunks->n && trunks->list[n].proof != 0)
		n++;
	if (n == 0)
		return 0;
	while (places < 2 * n)
		places *= 2;
	trunks->proofs = mem_zalloc(places, sizeof(*trunks->proofs));
	if (trunks->proofs == NULL)
		return ERR_NOMEM;
	trunks->n_proofs = places;
	for (size_t i = 0; i < n; i++)
		*find_proof(trunks, trunks->list[i].proof) =
		    trunks->list[i].proof;
	return 0;
}

bool
trunks_need(const struct trunks *trunks, uint64_t proof)
{
	return proof != 0 && trunks->n_proofs > 0 &&
	       *find_proof(trunks, proof) == proof;
}

int
trunks_finish(struct trunks *trunks)
{
	int err;

	intern_seal(&trunks->texts);
	if (trunks->n == 0)
		return 0;
	qsort(trunks->list, trunks->n, sizeof(*trunks->list), compare_trunks);
	err = add_levels(trunks);
	if (err != 0)
		return err;
	trunks->slots = mem_zalloc(trunks->n_slots, sizeof(*trunks->slots));
	if (trunks->slots == NULL)
		return ERR_NOMEM;
	fill_slots(trunks);
	return index_proofs(trunks);
}

const char *
trunks_tech_prefix(const struct trunks *trunks, const struct trunk *trunk)
{
	return intern_get(&trunks->texts, trunk->tech_prefix);
}

const char *
trunks_label(const struct trunks *trunks, const struct trunk *trunk)
{
	return intern_get(&trunks->texts, trunk->label);
}

const char *
trunks_certificate(const struct trunks *trunks, const struct trunk *trunk)
{
	return intern_get(&trunks->texts, trunk->certificate);
}

/* Whether a goes before b for a call, where both could take it. */
static bool
is_better(const struct trunks *trunks, const struct trunk *a,
	  const struct trunk *b, bool longest)
{
	size_t len_a = strlen(trunks_tech_prefix(trunks, a));
	size_t len_b = strlen(trunks_tech_prefix(trunks, b));

	if (a->transport != b->transport)
		return a->transport != TRUNK_ANY;
	if (len_a != len_b)
		return longest ? len_a > len_b : len_a < len_b;
	return a->account < b->account;
}

/* The best of the trunks from `first` on that share its network and port. */
static const struct trunk *
choose(const struct trunks *trunks, const struct trunk *first,
       enum trunk_transport transport, struct str dialled)
{
	const struct trunk *end = trunks->list + trunks->n;
	const struct trunk *best = NULL;

	for (const struct trunk *trunk = first;
	     trunk < end && compare_keys(trunk, first) == 0; trunk++) {
		if (trunk->transport != TRUNK_ANY &&
		    trunk->transport != transport)
			continue;
		if (dialled.p != NULL &&
		    !str_starts(dialled, trunks_tech_prefix(trunks, trunk)))
			continue;
		if (best == NULL ||
		    is_better(trunks, trunk, best, dialled.p != NULL))
			best = trunk;
	}
	return best;
}

/* The first bits of an address. */
static void
mask(const struct addr *a, unsigned bits, uint8_t out[16])
{
	size_t whole = bits / 8;

	memset(out, 0, 16);
	memcpy(out, a->ip, whole);
	if (bits % 8 != 0)
		out[whole] = (uint8_t)(a->ip[whole] & 0xff00u >> bits % 8);
}

const struct trunk *
trunks_find(const struct trunks *trunks, const struct addr *from,
	    uint64_t proof, enum trunk_transport transport, struct str dialled)
{
	for (size_t i = 0; i < trunks->n_levels; i++) {
		const struct trunk_level *level = &trunks->levels[i];
		const struct trunk *trunk;
		uint8_t ip[16];
		uint32_t slot;

		if ((level->family != 0 && level->family != from->family) ||
		    (level->has_proof && proof == 0))
			continue;
		mask(from, level->bits, ip);
		slot = *find_slot(trunks, level, ip,
				  level->has_port ? from->port : 0,
				  level->has_proof ? proof : 0);
		if (slot == 0)
			continue;
		trunk =
		    choose(trunks, &trunks->list[slot - 1], transport, dialled);
		if (trunk != NULL)
			return trunk;
	}
	return NULL;
}

bool
trunks_is_shadowed(const struct trunks *trunks, size_t i)
{
	const struct trunk *list = trunks->list;

	return i > 0 && compare_keys(&list[i - 1], &list[i]) == 0 &&
	       list[i - 1].transport == list[i].transport &&
	       list[i - 1].tech_prefix == list[i].tech_prefix;
}

size_t
trunks_bytes(const struct trunks *trunks)
{
	return trunks->cap * sizeof(*trunks->list) +
	       trunks->levels_cap * sizeof(*trunks->levels) +
	       trunks->n_slots * sizeof(*trunks->slots) +
	       trunks->n_proofs * sizeof(*trunks->proofs) +
	       intern_bytes(&trunks->texts);
}
