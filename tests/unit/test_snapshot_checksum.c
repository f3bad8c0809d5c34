/* test_snapshot_checksum.c - equal tables have equal checksums, others do not */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "db/schema.h"
#include "route/snapshot.h"
#include "tests/unit/harness.h"

/* Rows of everything, with gaps in the ids: %d is added to each. */
static const char *const rows[] = {
	"INSERT INTO tariffs (id, tariff, currency) VALUES (%d + 1, 'buy',"
	" 'EUR')",
	"INSERT INTO tariffs (id, tariff, currency) VALUES (%d + 2, 'sell',"
	" 'EUR')",
	"INSERT INTO rates (id, tariff, prefix, rate, first_increment,"
	" increment) VALUES (%d + 1, (SELECT id FROM tariffs WHERE"
	" tariff = 'buy'), '49', 1000000, 1, 1)",
	"INSERT INTO carriers (id, carrier, tariff) VALUES (%d + 1, 'blue',"
	" (SELECT id FROM tariffs WHERE tariff = 'buy'))",
	"INSERT INTO carriers (id, carrier) VALUES (%d + 2, 'red')",
	"INSERT INTO gateways (id, gateway, carrier, uri) VALUES (%d + 1,"
	" 'blue1', (SELECT id FROM carriers WHERE carrier = 'blue'),"
	" 'sip:192.0.2.1')",
	"INSERT INTO gateways (id, gateway, carrier, uri) VALUES (%d + 2,"
	" 'red1', (SELECT id FROM carriers WHERE carrier = 'red'),"
	" 'sip:192.0.2.2')",
	"INSERT INTO accounts (id, account, tariff) VALUES (%d + 1, 'acme',"
	" (SELECT id FROM tariffs WHERE tariff = 'sell'))",
	"INSERT INTO accounts (id, account) VALUES (%d + 2, 'beta')",
	"INSERT INTO trunks (id, account, address) VALUES (%d + 1,"
	" (SELECT id FROM accounts WHERE account = 'acme'), '192.0.2.9')",
	"INSERT INTO blocks (id, account, prefix) VALUES (%d + 1,"
	" (SELECT id FROM accounts WHERE account = 'acme'), '490')",
	"INSERT INTO durations (id, account, prefix, duration_s) VALUES"
	" (%d + 1, NULL, '49', 60)",
	"INSERT INTO measured_durations (id, account, prefix, duration_s,"
	" calls) VALUES (%d + 1, NULL, '49', 60, 5)",
	"INSERT INTO shares (id, account, carrier, percent) VALUES (%d + 1,"
	" (SELECT id FROM accounts WHERE account = 'acme'),"
	" (SELECT id FROM carriers WHERE carrier = 'blue'), 30)",
	"INSERT INTO exchange_rates (id, currency, base, rate, date) VALUES"
	" (%d + 1, 'USD', 'EUR', 90000000, '2026-01-01')",
	"INSERT INTO limits (id, account, channels) VALUES (%d + 1,"
	" (SELECT id FROM accounts WHERE account = 'acme'), 5)",
	"INSERT INTO callers (id, account, prefix) VALUES (%d + 1,"
	" (SELECT id FROM accounts WHERE account = 'acme'), '4989')",
	"INSERT INTO users (id, username, contact) VALUES (%d + 1, 'ann',"
	" 'sip:ann@192.0.2.7')",
	"INSERT INTO emergencies (id, number, gateway) VALUES (%d + 1, '112',"
	" (SELECT id FROM gateways WHERE gateway = 'red1'))",
	"INSERT INTO portability (id, number, routing_number) VALUES (%d + 1,"
	" '4989111', '4930222')",
	"INSERT INTO portability (id, number, routing_number) VALUES (%d + 2,"
	" '4989112', '4930333')",
};
enum { N_ROWS = sizeof(rows) / sizeof(rows[0]) };

/* Each says something else than the tables as they are. */
static const char *const changes[] = {
	"UPDATE tariffs SET rate_by = 'ported' WHERE tariff = 'sell'",
	"UPDATE rates SET rate = 1000001",
	"UPDATE carriers SET tariff = NULL",
	"UPDATE carriers SET priority = 1 WHERE carrier = 'blue'",
	"UPDATE carriers SET enabled = 0 WHERE carrier = 'red'",
	"UPDATE gateways SET weight = 9 WHERE gateway = 'blue1'",
	"UPDATE gateways SET weight = 9 WHERE gateway = 'red1'",
	"UPDATE gateways SET uri = 'sip:192.0.2.3' WHERE gateway = 'blue1'",
	"UPDATE gateways SET stop_codes = '500' WHERE gateway = 'blue1'",
	"UPDATE gateways SET reroute_codes = '500' WHERE gateway = 'blue1'",
	"UPDATE gateways SET prefix = '99' WHERE gateway = 'blue1'",
	"UPDATE gateways SET caller_prefix = '99', caller_format = 'plus'"
	" WHERE gateway = 'blue1'",
	"UPDATE gateways SET media = 'srtp' WHERE gateway = 'blue1'",
	"UPDATE gateways SET capacity = 3 WHERE gateway = 'blue1'",
	"UPDATE gateways SET carrier = (SELECT id FROM carriers WHERE"
	" carrier = 'red')",
	"UPDATE accounts SET tariff = NULL",
	"UPDATE accounts SET min_margin = 1 WHERE account = 'acme'",
	"UPDATE accounts SET strategy = 'priority' WHERE account = 'acme'",
	"UPDATE accounts SET country_code = '44' WHERE account = 'acme'",
	"UPDATE trunks SET tech_prefix = '7'",
	"UPDATE trunks SET account = (SELECT id FROM accounts WHERE"
	" account = 'beta')",
	"UPDATE trunks SET address = '192.0.2.0/24'",
	"UPDATE blocks SET verdict = 'allowed'",
	"UPDATE blocks SET carrier = (SELECT id FROM carriers WHERE"
	" carrier = 'blue')",
	"UPDATE blocks SET class = 'mobile'",
	"UPDATE durations SET duration_s = 61",
	"UPDATE durations SET account = (SELECT id FROM accounts WHERE"
	" account = 'acme')",
	"UPDATE measured_durations SET duration_s = 61",
	"UPDATE shares SET percent = 31",
	"UPDATE exchange_rates SET rate = 90000001",
	"UPDATE exchange_rates SET date = '2026-01-02'",
	"UPDATE limits SET channels = 6",
	"UPDATE limits SET hours = 'mon-fri 08:00-18:00'",
	"UPDATE callers SET preset = 1",
	"UPDATE users SET contact = 'sip:ann@192.0.2.8'",
	"UPDATE emergencies SET priority = 5",
	"UPDATE portability SET routing_number = '4930223'"
	" WHERE number = '4989111'",
	"DELETE FROM portability WHERE number = '4989112'",
};
enum { N_CHANGES = sizeof(changes) / sizeof(changes[0]) };

/* The checksum of a store with these rows, ids from first on, in the order of
 * the table or against it, and one change (NULL: none). */
static int
sum_of(int first, const char *change, uint64_t *out)
{
	struct snapshot_settings settings = { .states = NULL };
	struct snapshot *snapshot = NULL;
	char error[STORE_ERROR_MAX], sql[512];
	struct store *store;
	int err = store_open("sqlite::memory:", STORE_CREATE, &store, error);

	if (err != 0)
		return err;
	err = schema_migrate(store);
	for (int i = 0; i < N_ROWS && err == 0; i++) {
		snprintf(sql, sizeof(sql), rows[i], first);
		err = store_exec(store, sql);
		if (err != 0)
			fprintf(stderr, "%s: %s\n", sql, store_error(store));
	}
	if (err == 0 && change != NULL)
		err = store_exec(store, change);
	if (err == 0)
		err = gateway_states_new(&settings.states);
	if (err == 0)
		err = limit_states_new(NULL, &settings.limits);
	if (err == 0)
		err = snapshot_load(store, &settings, 1, NULL, &snapshot,
				    error);
	if (err == 0) {
		*out = snapshot_report(snapshot)->checksum;
		CHECK(snapshot_asks_for_media(snapshot) ==
		      (change != NULL && strstr(change, "SET media") != NULL));
	}
	snapshot_unref(snapshot);
	limit_states_free(settings.limits);
	gateway_states_free(settings.states);
	store_close(store);
	return err;
}

static void
what_is_said_counts(void)
{
	uint64_t sums[N_CHANGES + 1];

	for (int i = 0; i <= N_CHANGES; i++) {
		test_row(i > 0 ? changes[i - 1] : NULL);
		if (!OK(sum_of(0, i > 0 ? changes[i - 1] : NULL, &sums[i])))
			return;
		for (int k = 0; k < i; k++)
			CHECK(sums[k] != sums[i]);
	}
	test_row(NULL);
}

static void
ids_do_not_count(void)
{
	uint64_t first, second;

	if (OK(sum_of(0, NULL, &first)) && OK(sum_of(700, NULL, &second)))
		CHECK(first == second && first != 0);
}

static const struct test tests[] = {
	{ "another word in any table is another checksum",
	  what_is_said_counts, true },
	{ "ids do not count", ids_do_not_count, true },
};

const struct test_suite suite_snapshot_checksum =
    TEST_SUITE("snapshot_checksum", tests);
