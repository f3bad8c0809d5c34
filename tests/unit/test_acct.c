/* test_acct.c - the accounting thread, with a real store that comes late */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "acct/acct.h"
#include "acct/event.h"
#include "base/err.h"
#include "db/schema.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_acct;

#define PATIENCE_MS 10000

struct place {
	char directory[256], url[256];
};

static void
make_place(const char *name, struct place *place)
{
	snprintf(place->directory, sizeof(place->directory), "%s/%s",
		 test_dir(), name);
	snprintf(place->url, sizeof(place->url), "sqlite:%s/%s.db", test_dir(),
		 name);
}

static int
make_store(const struct place *place)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	int err = store_open(place->url, STORE_CREATE, &store, error);

	if (err == 0) {
		err = schema_migrate(store);
		store_close(store);
	}
	return err;
}

static int
start(const struct place *place, int64_t max_size, struct acct **out)
{
	const struct acct_settings settings = {
		.node = "unit",
		.directory = place->directory,
		.store_url = place->url,
		.n_workers = 2,
		.sync_interval_ms = 5,
		.ship_interval_ms = 10,
		.max_size_bytes = max_size,
	};

	return acct_start(&settings, NULL, out);
}

/* A failed call of worker number n. */
static int
add_call(struct acct *acct, int n)
{
	struct journal *journal = acct_journal(acct, n % 2);
	uint8_t bytes[EVENT_MAX];
	struct event event;
	struct wbuf w;
	char id[32];
	int err;

	snprintf(id, sizeof(id), "call-%d", n);
	event_init(&event, EVENT_FAIL);
	event.cdr.call_id = id;
	event.cdr.from_tag = "f";
	event.cdr.to_tag = "";
	event.cdr.setup_time = INT64_C(1790000000000000) + n;
	event.cdr.end_time = event.cdr.setup_time + 5;
	event.cdr.status = "failed";
	wbuf_init(&w, bytes, sizeof(bytes));
	event_encode(&w, &event);
	err = w.err != 0 ? w.err : journal_add(journal, bytes, w.len);
	return err != 0 ? err : journal_commit(journal);
}

static int64_t
count_rows(const struct place *place)
{
	char error[STORE_ERROR_MAX];
	struct store *store;
	int64_t n = -1;

	if (store_open(place->url, 0, &store, error) != 0)
		return -1;
	store_get_int(store, "SELECT count(*) FROM cdr", NULL, 0, &n);
	store_close(store);
	return n;
}

static void
sleep_ms(long ms)
{
	struct timespec ts = { 0, ms * 1000000 };

	nanosleep(&ts, NULL);
}

/* Until nothing waits any more; returns the last status. */
static struct acct_status
wait_shipped(struct acct *acct)
{
	struct acct_status status;
	int waited = 0;

	acct_status(acct, &status);
	while ((status.backlog_bytes > 0 || status.store_lost_at != 0) &&
	       waited < PATIENCE_MS) {
		sleep_ms(10);
		waited += 10;
		acct_status(acct, &status);
	}
	return status;
}

static void
test_ships(void)
{
	struct acct_status status;
	struct place place;
	struct acct *acct;

	make_place("ships", &place);
	if (!OK(make_store(&place)) || !OK(start(&place, 1 << 20, &acct)))
		return;
	for (int i = 0; i < 100; i++)
		CHECK(add_call(acct, i) == 0);
	status = wait_shipped(acct);
	CHECK(status.backlog_bytes == 0);
	CHECK(status.shipper.events == 100);
	CHECK(count_rows(&place) == 100);
	CHECK(!acct_is_full(acct));
	CHECK(add_call(acct, 100) == 0);
	acct_stop(acct, 5000);
	CHECK(count_rows(&place) == 101);
}

static void
test_late_store(void)
{
	struct acct_status status;
	struct place place;
	struct acct *acct;

	make_place("late", &place);
	if (!OK(start(&place, 1 << 20, &acct)))
		return;
	for (int i = 0; i < 10; i++)
		CHECK(add_call(acct, i) == 0);
	sleep_ms(100);
	acct_status(acct, &status);
	CHECK(status.store_lost_at != 0);
	CHECK(status.store_error[0] != '\0');
	CHECK(status.backlog_bytes > 0);
	if (OK(make_store(&place))) {
		status = wait_shipped(acct);
		CHECK(status.store_lost_at == 0);
		CHECK(count_rows(&place) == 10);
	}
	acct_stop(acct, 5000);
}

static void
test_restart(void)
{
	struct place place;
	struct acct *acct;

	make_place("restart", &place);
	if (!OK(start(&place, 1 << 20, &acct)))
		return;
	for (int i = 0; i < 10; i++)
		CHECK(add_call(acct, i) == 0);
	acct_stop(acct, 0); /* without a store: nothing can be shipped */
	if (!OK(make_store(&place)) || !OK(start(&place, 1 << 20, &acct)))
		return;
	CHECK(add_call(acct, 10) == 0);
	wait_shipped(acct);
	acct_stop(acct, 5000);
	CHECK(count_rows(&place) == 11);
}

static void
test_full(void)
{
	struct place place;
	struct acct *acct;
	int waited = 0;

	make_place("full", &place);
	if (!OK(make_store(&place)) || !OK(start(&place, 1 << 20, &acct)))
		return;
	wait_shipped(acct); /* the position of both journals is known */
	CHECK(!acct_is_full(acct));
	acct_stop(acct, 5000);
	make_place("full2", &place);
	if (!OK(start(&place, 0, &acct)))
		return;
	while (!acct_is_full(acct) && waited < PATIENCE_MS) {
		sleep_ms(10);
		waited += 10;
	}
	CHECK(acct_is_full(acct));
	acct_stop(acct, 0);
}

static const struct test tests[] = {
	{ "what is written is shipped, and the rest at the stop", test_ships,
	  true },
	{ "a store that comes late gets everything", test_late_store, true },
	{ "what one process could not ship the next one does", test_restart,
	  true },
	{ "new calls are to be refused when the bound is reached", test_full,
	  true },
};
const struct test_suite suite_acct = TEST_SUITE("acct", tests);
