/* guard.c - buckets of subjects, a lock for each group of buckets */
#include "lcrproxy/guard.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"

#define BUCKET 8
#define N_LOCKS 64
#define FIRST_BLOCK_MS 1000
#define MAX_DOUBLINGS 30

struct subject {
	uint64_t hash;
	int64_t seen_ms; /* the last failure or success; 0 = free */
	int64_t blocked_until_ms, known_until_ms;
	int32_t failures;
};

struct guard {
	struct guard_settings settings;
	struct hash_key key;
	size_t n_buckets; /* a power of two, at least N_LOCKS */
	struct subject *subjects;
	_Atomic int64_t blocked_until_ms; /* of all the latest */
	pthread_mutex_t locks[N_LOCKS];
};

int
guard_new(const struct guard_settings *settings, struct guard **out)
{
	struct guard *guard = mem_zalloc(1, sizeof(*guard));
	int err;

	if (guard == NULL)
		return ERR_NOMEM;
	guard->settings = *settings;
	guard->n_buckets = N_LOCKS;
	while (guard->n_buckets * BUCKET < settings->max_subjects)
		guard->n_buckets *= 2;
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_init(&guard->locks[i], NULL);
	guard->subjects = mem_zalloc(guard->n_buckets * BUCKET,
				     sizeof(guard->subjects[0]));
	err = guard->subjects != NULL ? hash_key_random(&guard->key)
				      : ERR_NOMEM;
	if (err != 0) {
		guard_free(guard);
		return err;
	}
	*out = guard;
	return 0;
}

void
guard_free(struct guard *guard)
{
	if (guard == NULL)
		return;
	for (int i = 0; i < N_LOCKS; i++)
		pthread_mutex_destroy(&guard->locks[i]);
	mem_free(guard->subjects);
	mem_free(guard);
}

/* --- one subject --- */

struct place {
	struct subject *bucket;
	pthread_mutex_t *lock;
	uint64_t hash;
};

static struct place
lock_place(struct guard *guard, enum guard_kind kind, struct str key)
{
	uint64_t hash = hash_bytes(&guard->key, key.p, key.len) + kind;
	size_t bucket = hash & (guard->n_buckets - 1);
	struct place place = { &guard->subjects[bucket * BUCKET],
			       &guard->locks[bucket % N_LOCKS], hash };

	pthread_mutex_lock(place.lock);
	return place;
}

static struct subject *
find(const struct place *place)
{
	for (int i = 0; i < BUCKET; i++) {
		struct subject *subject = &place->bucket[i];

		if (subject->seen_ms != 0 && subject->hash == place->hash)
			return subject;
	}
	return NULL;
}

/* Who is blocked is not quiet before that ends. */
static int64_t
quiet_since(const struct subject *subject)
{
	return subject->blocked_until_ms > subject->seen_ms
		   ? subject->blocked_until_ms
		   : subject->seen_ms;
}

/* The one that is there, or a new one in the place of the quietest. */
static struct subject *
get(const struct place *place)
{
	struct subject *subject = find(place), *oldest = &place->bucket[0];

	if (subject != NULL)
		return subject;
	for (int i = 1; i < BUCKET; i++) {
		if (quiet_since(&place->bucket[i]) < quiet_since(oldest))
			oldest = &place->bucket[i];
	}
	*oldest = (struct subject){ .hash = place->hash };
	return oldest;
}

/* A moment that is never 0, which means "free". */
static int64_t
moment(int64_t now_ms)
{
	return now_ms > 0 ? now_ms : 1;
}

static int64_t
block_ms(const struct guard_settings *settings, enum guard_kind kind,
	 int32_t failures)
{
	int32_t over = failures - settings->free_failures[kind] - 1;
	int64_t ms;

	if (over < 0)
		return 0;
	ms = (int64_t)FIRST_BLOCK_MS
	     << (over < MAX_DOUBLINGS ? over : MAX_DOUBLINGS);
	return ms < settings->max_block_ms ? ms : settings->max_block_ms;
}

static void
note_blocked(struct guard *guard, int64_t until_ms)
{
	int64_t latest = atomic_load(&guard->blocked_until_ms);

	while (latest < until_ms &&
	       !atomic_compare_exchange_weak(&guard->blocked_until_ms, &latest,
					     until_ms))
		;
}

int64_t
guard_fail(struct guard *guard, enum guard_kind kind, struct str key,
	   int64_t now_ms)
{
	struct place place = lock_place(guard, kind, key);
	struct subject *subject = get(&place);
	int64_t ms;

	if (now_ms - subject->seen_ms > guard->settings.forget_ms)
		subject->failures = 0;
	if (subject->failures < INT32_MAX)
		subject->failures++;
	subject->seen_ms = moment(now_ms);
	ms = block_ms(&guard->settings, kind, subject->failures);
	if (ms > 0) {
		subject->blocked_until_ms = now_ms + ms;
		note_blocked(guard, now_ms + ms);
	}
	pthread_mutex_unlock(place.lock);
	return ms;
}

bool
guard_is_blocked(struct guard *guard, enum guard_kind kind, struct str key,
		 int64_t now_ms)
{
	const struct subject *subject;
	struct place place;
	bool blocked;

	if (now_ms >= atomic_load_explicit(&guard->blocked_until_ms,
					   memory_order_relaxed))
		return false;
	place = lock_place(guard, kind, key);
	subject = find(&place);
	blocked = subject != NULL && now_ms < subject->blocked_until_ms;
	pthread_mutex_unlock(place.lock);
	return blocked;
}

void
guard_succeed(struct guard *guard, enum guard_kind kind, struct str key,
	      int64_t now_ms)
{
	struct place place = lock_place(guard, kind, key);
	struct subject *subject = get(&place);

	subject->failures = 0;
	subject->blocked_until_ms = 0;
	subject->seen_ms = moment(now_ms);
	subject->known_until_ms = now_ms + guard->settings.known_ms;
	pthread_mutex_unlock(place.lock);
}

bool
guard_is_known(struct guard *guard, enum guard_kind kind, struct str key,
	       int64_t now_ms)
{
	struct place place = lock_place(guard, kind, key);
	const struct subject *subject = find(&place);
	bool known = subject != NULL && now_ms < subject->known_until_ms;

	pthread_mutex_unlock(place.lock);
	return known;
}
