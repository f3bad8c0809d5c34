/* nonce.c - signed times, and the table of their counts */
#include "sip/nonce.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"

#define ID_LEN 12
#define MAC_LEN 12
#define RAW_LEN (ID_LEN + MAC_LEN)
#define MAX_LIFE_S 86400
#define BUCKET 8 /* counts of one line of the cache */
#define N_LIVES 3
#define NC_BITS 24
#define NC_MAX ((UINT64_C(1) << NC_BITS) - 1)

_Static_assert(BASE64URL_LEN(RAW_LEN) == SIP_NONCE_LEN, "length of a nonce");

struct sip_nonces {
	struct hmac *hmac;
	int64_t life_ms;
	uint64_t next; /* the number of the next nonce, below 2^48 */
	uint8_t worker;
};

/* --- making and checking --- */

int
sip_nonces_new(const uint8_t key[SIP_NONCE_KEY_LEN], int worker,
	       int64_t life_s, struct sip_nonces **out)
{
	struct sip_nonces *nonces;
	int err;

	if (worker < 0 || worker > UINT8_MAX || life_s < 1 ||
	    life_s > MAX_LIFE_S)
		return ERR_INVAL;
	nonces = mem_zalloc(1, sizeof(*nonces));
	if (nonces == NULL)
		return ERR_NOMEM;
	nonces->life_ms = life_s * 1000;
	nonces->worker = (uint8_t)worker;
	err = hmac_new(key, SIP_NONCE_KEY_LEN, &nonces->hmac);
	if (err != 0) {
		sip_nonces_free(nonces);
		return err;
	}
	*out = nonces;
	return 0;
}

void
sip_nonces_free(struct sip_nonces *nonces)
{
	if (nonces == NULL)
		return;
	hmac_free(nonces->hmac);
	mem_free(nonces);
}

static int
sign(struct sip_nonces *nonces, uint8_t raw[RAW_LEN], struct str bound)
{
	const struct hmac_part parts[] = { { raw, ID_LEN },
					   { bound.p, bound.len } };
	uint8_t mac[SHA256_LEN];
	int err = hmac_sum(nonces->hmac, parts, 2, mac);

	if (err == 0)
		memcpy(raw + ID_LEN, mac, MAC_LEN);
	return err;
}

/* The id: 40 bits of milliseconds, the worker, 48 bits of its counter. */
int
sip_nonce_make(struct sip_nonces *nonces, int64_t now_ms, struct str bound,
	       char out[SIP_NONCE_LEN])
{
	uint8_t raw[RAW_LEN];
	uint64_t n = nonces->next++;
	struct wbuf w;
	int err;

	wbuf_init(&w, raw, ID_LEN);
	wbuf_u8(&w, (uint8_t)(now_ms >> 32));
	wbuf_u32(&w, (uint32_t)now_ms);
	wbuf_u8(&w, nonces->worker);
	wbuf_u16(&w, (uint16_t)(n >> 32));
	wbuf_u32(&w, (uint32_t)n);
	err = sign(nonces, raw, bound);
	if (err == 0)
		base64url_encode(raw, RAW_LEN, out);
	return err;
}

int
sip_nonce_check(struct sip_nonces *nonces, struct str text, struct str bound,
		int64_t now_ms, struct sip_nonce *out)
{
	uint8_t raw[RAW_LEN], signed_raw[RAW_LEN];
	struct rbuf r;
	int err;

	if (text.len != SIP_NONCE_LEN ||
	    base64url_decode(text.p, text.len, raw, RAW_LEN) != 0)
		return ERR_AUTH;
	memcpy(signed_raw, raw, ID_LEN);
	err = sign(nonces, signed_raw, bound);
	if (err != 0)
		return err;
	if (!bytes_eq_const_time(raw, signed_raw, RAW_LEN))
		return ERR_AUTH;
	rbuf_init(&r, raw, ID_LEN);
	out->made_ms = (int64_t)rbuf_u8(&r) << 32;
	out->made_ms |= rbuf_u32(&r);
	memcpy(out->id, raw, ID_LEN);
	return now_ms - out->made_ms > nonces->life_ms ? ERR_EXPIRED : 0;
}

/* --- counting --- */

/*
 * Time is divided into lives. A nonce made in life n is counted in table n % 3,
 * and has expired when life n + 2 begins, so that in life n the tables n and
 * n - 1 are in use and n + 1 is emptied. An entry is the hash of a nonce and
 * the highest count seen; 0 is none.
 */
struct sip_nonce_counts {
	struct hash_key key;
	int64_t life_ms;
	size_t n_buckets;	  /* of a table, a power of two */
	pthread_mutex_t lock;	  /* over the change of lives */
	_Atomic int64_t life;	  /* nonces of before life - 1 are refused */
	_Atomic int64_t ready;	  /* the tables are empty enough for this one */
	_Atomic uint64_t *tables; /* N_LIVES after each other */
};

static _Atomic uint64_t *
table_of(const struct sip_nonce_counts *counts, int64_t life)
{
	return counts->tables +
	       (size_t)(life % N_LIVES) * counts->n_buckets * BUCKET;
}

int
sip_nonce_counts_new(size_t max, int64_t life_s, struct sip_nonce_counts **out)
{
	struct sip_nonce_counts *counts = mem_zalloc(1, sizeof(*counts));
	int err;

	if (counts == NULL)
		return ERR_NOMEM;
	pthread_mutex_init(&counts->lock, NULL);
	counts->life_ms = life_s * 1000;
	counts->n_buckets = 1;
	/* Half full on average, or too many buckets are full. */
	while (counts->n_buckets * BUCKET < 2 * max)
		counts->n_buckets *= 2;
	counts->tables = mem_zalloc(N_LIVES * counts->n_buckets * BUCKET,
				    sizeof(counts->tables[0]));
	err = counts->tables != NULL ? hash_key_random(&counts->key)
				     : ERR_NOMEM;
	if (err != 0) {
		sip_nonce_counts_free(counts);
		return err;
	}
	*out = counts;
	return 0;
}

void
sip_nonce_counts_free(struct sip_nonce_counts *counts)
{
	if (counts == NULL)
		return;
	pthread_mutex_destroy(&counts->lock);
	mem_free(counts->tables);
	mem_free(counts);
}

static void
clear(struct sip_nonce_counts *counts, int64_t life)
{
	_Atomic uint64_t *table = table_of(counts, life);

	for (size_t i = 0; i < counts->n_buckets * BUCKET; i++)
		atomic_store_explicit(&table[i], 0, memory_order_relaxed);
}

/* Whoever is first in a new life empties what no nonce is counted in: the next
 * table, and those of lives in which nobody came. Who is late with an old nonce
 * is refused from before that on (is_too_old). */
static void
begin_life(struct sip_nonce_counts *counts, int64_t life)
{
	int64_t last, first;

	pthread_mutex_lock(&counts->lock);
	last = atomic_load(&counts->ready);
	first = last + 2 > life - 1 ? last + 2 : life - 1;
	if (life > last) {
		atomic_store(&counts->life, life);
		for (int64_t i = first; i <= life + 1; i++)
			clear(counts, i);
		atomic_store(&counts->ready, life);
	}
	pthread_mutex_unlock(&counts->lock);
}

/* Its table is emptied now, or will be soon. */
static bool
is_too_old(struct sip_nonce_counts *counts, int64_t made)
{
	return made < atomic_load(&counts->life) - 1;
}

/* An entry of the bucket: 0, ERR_EXISTS, or ERR_NOTFOUND when it is another
 * nonce's. */
static int
count_in(_Atomic uint64_t *entry, uint64_t tag, uint32_t nc)
{
	uint64_t seen = atomic_load(entry);

	for (;;) {
		if (seen != 0 && seen >> NC_BITS != tag)
			return ERR_NOTFOUND;
		if ((seen & NC_MAX) >= nc)
			return ERR_EXISTS;
		if (atomic_compare_exchange_weak(entry, &seen,
						 tag << NC_BITS | nc))
			return 0;
	}
}

/* Entries of a bucket are filled from its beginning and never emptied during a
 * life: two threads that bring the same nonce meet at the same entry. */
static int
count(_Atomic uint64_t *bucket, uint64_t tag, uint32_t nc)
{
	for (int i = 0; i < BUCKET; i++) {
		int err = count_in(&bucket[i], tag, nc);

		if (err != ERR_NOTFOUND)
			return err;
	}
	return ERR_LIMIT;
}

int
sip_nonce_use(struct sip_nonce_counts *counts, const struct sip_nonce *nonce,
	      uint32_t nc, int64_t now_ms)
{
	uint64_t hash = hash_bytes(&counts->key, nonce->id, ID_LEN);
	int64_t now = now_ms / counts->life_ms;
	int64_t made = nonce->made_ms / counts->life_ms;
	int err;

	if (nc == 0 || nc > NC_MAX)
		return ERR_LIMIT;
	if (now > atomic_load(&counts->ready))
		begin_life(counts, now);
	if (is_too_old(counts, made))
		return ERR_LIMIT;
	err = count(table_of(counts, made) +
			(hash & (counts->n_buckets - 1)) * BUCKET,
		    hash >> NC_BITS, nc);
	/* Emptied meanwhile? Then somebody else may have been accepted. */
	return err == 0 && is_too_old(counts, made) ? ERR_LIMIT : err;
}
