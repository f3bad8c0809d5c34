/* test_nonce.c - whose nonces are good, how long, and how often */
#include "sip/nonce.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define S(text) str_make((text), sizeof(text) - 1)
#define LIFE_S 300
#define LIFE_MS (LIFE_S * INT64_C(1000))
#define NOW INT64_C(123456789)

static const uint8_t key[SIP_NONCE_KEY_LEN] = "the key of this process";

static int
make(struct sip_nonces *nonces, char out[SIP_NONCE_LEN])
{
	return sip_nonce_make(nonces, NOW, S("realm 192.0.2.1"), out);
}

static int
check(struct sip_nonces *nonces, const char *text, struct str bound,
      int64_t now)
{
	struct sip_nonce nonce;

	return sip_nonce_check(nonces, str_make(text, SIP_NONCE_LEN), bound,
			       now, &nonce);
}

static void
test_life(void)
{
	struct sip_nonces *nonces;
	char text[SIP_NONCE_LEN];

	CHECK(sip_nonces_new(key, 256, LIFE_S, &nonces) == ERR_INVAL);
	CHECK(sip_nonces_new(key, 0, 0, &nonces) == ERR_INVAL);
	if (!OK(sip_nonces_new(key, 0, LIFE_S, &nonces)))
		return;
	if (OK(make(nonces, text))) {
		struct str who = S("realm 192.0.2.1");

		CHECK(check(nonces, text, who, NOW) == 0);
		CHECK(check(nonces, text, who, NOW + LIFE_MS) == 0);
		CHECK(check(nonces, text, who, NOW + LIFE_MS + 1) ==
		      ERR_EXPIRED);
		CHECK(check(nonces, text, S("realm 192.0.2.2"), NOW) ==
		      ERR_AUTH);
	}
	sip_nonces_free(nonces);
}

static void
test_forged(void)
{
	struct sip_nonces *nonces, *others = NULL;
	char text[SIP_NONCE_LEN], second[SIP_NONCE_LEN];
	uint8_t other_key[SIP_NONCE_KEY_LEN] = "the key of another";
	struct sip_nonce nonce;

	if (!OK(sip_nonces_new(key, 1, LIFE_S, &nonces)))
		return;
	if (OK(sip_nonces_new(other_key, 1, LIFE_S, &others)) &&
	    OK(make(nonces, text)) && OK(make(nonces, second))) {
		struct str who = S("realm 192.0.2.1");

		CHECK(memcmp(text, second, SIP_NONCE_LEN) != 0);
		CHECK(check(others, text, who, NOW) == ERR_AUTH);
		CHECK(sip_nonce_check(nonces, str_make(text, 31), who, NOW,
				      &nonce) == ERR_AUTH);
		for (size_t i = 0; i < SIP_NONCE_LEN; i++) {
			char old = text[i];

			text[i] = old == 'A' ? 'B' : 'A';
			CHECK(check(nonces, text, who, NOW) == ERR_AUTH);
			text[i] = '"';
			CHECK(check(nonces, text, who, NOW) == ERR_AUTH);
			text[i] = old;
		}
		CHECK(check(nonces, text, who, NOW) == 0);
	}
	sip_nonces_free(others);
	sip_nonces_free(nonces);
}

/* The n-th nonce of a moment, as sip_nonce_check would give it. */
static struct sip_nonce
nonce_of(uint32_t n, int64_t made_ms)
{
	struct sip_nonce nonce = { .made_ms = made_ms };

	memcpy(nonce.id, &made_ms, 8);
	memcpy(nonce.id + 8, &n, 4);
	return nonce;
}

static int
use(struct sip_nonce_counts *counts, uint32_t n, int64_t made, uint32_t nc,
    int64_t now)
{
	struct sip_nonce nonce = nonce_of(n, made);

	return sip_nonce_use(counts, &nonce, nc, now);
}

static void
test_counts(void)
{
	struct sip_nonce_counts *counts;

	if (!OK(sip_nonce_counts_new(1000, LIFE_S, &counts)))
		return;
	CHECK(use(counts, 1, NOW, 0, NOW) == ERR_LIMIT);
	CHECK(use(counts, 1, NOW, 1, NOW) == 0);
	CHECK(use(counts, 1, NOW, 1, NOW) == ERR_EXISTS);
	CHECK(use(counts, 1, NOW, 5, NOW) == 0);
	CHECK(use(counts, 1, NOW, 4, NOW) == ERR_EXISTS);
	CHECK(use(counts, 2, NOW, 4, NOW) == 0);
	CHECK(use(counts, 1, NOW, 1 << 24, NOW) == ERR_LIMIT);
	/* Not forgotten while it may still be used, whoever comes first. */
	CHECK(use(counts, 3, NOW + LIFE_MS, 1, NOW + LIFE_MS) == 0);
	CHECK(use(counts, 1, NOW, 5, NOW + LIFE_MS) == ERR_EXISTS);
	CHECK(use(counts, 4, NOW + 2 * LIFE_MS, 1, NOW + 2 * LIFE_MS) == 0);
	CHECK(use(counts, 3, NOW + LIFE_MS, 1, NOW + 2 * LIFE_MS) ==
	      ERR_EXISTS);
	CHECK(use(counts, 1, NOW, 9, NOW + 2 * LIFE_MS) == ERR_LIMIT);
	sip_nonce_counts_free(counts);
}

/* A small table is full at some time and empty again two lives later, also
 * when nobody came in between. */
static void
test_full(void)
{
	static const int64_t pauses[] = { 2, 3, 4, 7, 100 };
	struct sip_nonce_counts *counts;
	int64_t now = NOW;

	if (!OK(sip_nonce_counts_new(16, LIFE_S, &counts)))
		return;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++) {
		int n_full = 0;

		for (uint32_t n = 0; n < 200; n++) {
			int err = use(counts, n, now, 1, now);

			CHECK(err == 0 || err == ERR_LIMIT);
			n_full += err == ERR_LIMIT;
			if (n < 8)
				CHECK(err == 0);
		}
		CHECK(n_full >= 200 - 32);
		now += pauses[i] * LIFE_MS;
	}
	sip_nonce_counts_free(counts);
}

#define N_THREADS 4
#define N_NONCES 2000

struct race {
	struct sip_nonce_counts *counts;
	_Atomic int accepted;
};

static void *
run_race(void *arg)
{
	struct race *race = arg;

	for (uint32_t n = 0; n < N_NONCES; n++) {
		int64_t now = NOW + n * (LIFE_MS / 500);

		if (use(race->counts, n, now, 1, now) == 0)
			atomic_fetch_add(&race->accepted, 1);
	}
	return NULL;
}

/* Across four changes of lives; a nonce that a thread lags behind with may be
 * refused by all, but none is accepted twice. */
static void
test_race(void)
{
	struct race race = { NULL, 0 };
	pthread_t threads[N_THREADS];

	if (!OK(sip_nonce_counts_new(4 * N_NONCES, LIFE_S, &race.counts)))
		return;
	for (int i = 0; i < N_THREADS; i++)
		pthread_create(&threads[i], NULL, run_race, &race);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK(race.accepted <= N_NONCES);
	CHECK(race.accepted > 0);
	sip_nonce_counts_free(race.counts);
}

static const struct test tests[] = {
	{ "a nonce is good for its owner and its life", test_life, false },
	{ "a nonce of somebody else is not", test_forged, false },
	{ "each count of a nonce is good once", test_counts, false },
	{ "a full table asks for new nonces and empties", test_full, false },
	{ "threads cannot use one count twice", test_race, true },
};

const struct test_suite suite_nonce = TEST_SUITE("nonce", tests);
