/*
 * accounts.c - a million accounts, trunks and users: what a snapshot of them
 * holds, and what it costs to know who calls
 *
 * Usage: accounts STORE-URL [LOOK-UPS]. The store is made by bench/many-accounts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/err.h"
#include "route/snapshot.h"

static int64_t
now_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec;
}

static uint32_t
random_of(uint64_t *seed, uint32_t n)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (uint32_t)(((*seed >> 32) * n) >> 32);
}

/* bench/many-accounts gives trunk i the address 10.0.0.0 + i. */
static size_t
by_address(const struct snapshot *snapshot, size_t look_ups, uint32_t n)
{
	uint64_t seed = 1;
	size_t found = 0;

	for (size_t i = 0; i < look_ups; i++) {
		uint32_t k = random_of(&seed, n);
		struct addr addr = { .family = 4, .port = 5060 };
		const char *prefix;
		const char *trunk;

		addr.ip[0] = 10;
		addr.ip[1] = (uint8_t)(k >> 16);
		addr.ip[2] = (uint8_t)(k >> 8);
		addr.ip[3] = (uint8_t)k;
		found += snapshot_account_by_call(snapshot, &addr, 0, "udp",
						  str_of("+4930123456"),
						  &prefix, &trunk) != NULL;
	}
	return found;
}

static size_t
by_login(const struct snapshot *snapshot, size_t look_ups, uint32_t n)
{
	uint64_t seed = 2;
	size_t found = 0;
	char user[16];

	for (size_t i = 0; i < look_ups; i++) {
		snprintf(user, sizeof(user), "u%u", random_of(&seed, n));
		found += snapshot_login(snapshot, str_of(user),
					str_of("voice.example.net")) != NULL;
	}
	return found;
}

static void
measure(const char *what, const struct snapshot *snapshot, size_t look_ups,
	uint32_t n,
	size_t (*run)(const struct snapshot *, size_t, uint32_t))
{
	int64_t begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
	size_t found = run(snapshot, look_ups, n);
	int64_t took = now_ns(CLOCK_THREAD_CPUTIME_ID) - begin;

	printf("%s: %zu of %zu found, %.0f ns CPU each\n", what, found,
	       look_ups, (double)took / (double)look_ups);
}

static int
load(const char *url, struct snapshot **out)
{
	struct snapshot_settings settings = { .numbering = { "49", "00",
							     "0" } };
	char error[STORE_ERROR_MAX] = "";
	struct store *store;
	struct clock clock;
	struct log log;
	int err = store_open(url, STORE_READ_ONLY, &store, error);

	log_init(&log, 2, LOG_LEVEL_WARNING);
	clock_init_system(&clock);
	if (err == 0)
		err = gateway_states_new(&settings.states);
	if (err == 0)
		err = limit_states_new(&clock, &settings.limits);
	if (err == 0)
		err = snapshot_load(store, &settings, 1, &log, out, error);
	if (err != 0)
		fprintf(stderr, "accounts: %s: %s\n", error, err_text(err));
	return err;
}

int
main(int argc, char **argv)
{
	size_t look_ups = argc > 2 ? strtoul(argv[2], NULL, 10) : 5000000;
	const struct snapshot_report *report;
	struct snapshot *snapshot;

	if (argc < 2 || load(argv[1], &snapshot) != 0)
		return 1;
	report = snapshot_report(snapshot);
	printf("%zu accounts, %zu trunks, %zu logins, %zu users, %zu limits: "
	       "%.1f MB, loaded in %lld ms\n",
	       report->accounts, report->trunks, report->logins, report->users,
	       report->limits, (double)report->bytes / 1e6,
	       (long long)report->load_ms);
	measure("a trunk by its address", snapshot, look_ups,
		(uint32_t)report->trunks, by_address);
	measure("a user by his name", snapshot, look_ups,
		(uint32_t)report->logins, by_login);
	return 0;
}
