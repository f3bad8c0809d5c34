/* test_snapshot.c - everything a decision needs, from the store */
#include "route/snapshot.h"

#include <pthread.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

static void
check_report(const struct route_sample *f)
{
	const struct snapshot_report *report = snapshot_report(f->snapshot);

	CHECK(snapshot_generation(f->snapshot) == 42);
	CHECK(report->accounts == 3 && report->trunks == 4);
	CHECK(report->carriers == 4 && report->gateways == 5);
	CHECK(report->tariffs == 3 && report->rates == 2);
	CHECK(report->bytes > 1000 && report->load_ms >= 0);
	CHECK(report->warnings == 1); /* gw.example.net */
	CHECK(route_sample_logged(
	    f, "gateway a-one: gets no calls, no listener can "
	       "send there, uri=sip:gw.example.net;transport=sctp"));
}

static void
check_accounts(const struct snapshot *snapshot)
{
	const struct account *acme =
	    snapshot_account_by_name(snapshot, str_of("acme"));
	const struct account *beta =
	    snapshot_account_by_name(snapshot, str_of("beta"));
	const struct account *gamma =
	    snapshot_account_by_name(snapshot, str_of("gamma"));

	if (!CHECK(acme != NULL && beta != NULL && gamma != NULL))
		return;
	CHECK(snapshot_account_by_name(snapshot, str_of("acm")) == NULL);
	CHECK(snapshot_account_by_id(snapshot, beta->id) == beta);
	CHECK(snapshot_account_by_id(snapshot, 0) == NULL);
	CHECK(snapshot_account_by_id(snapshot, 99) == NULL);
	CHECK(acme->tariff ==
	      pricebook_find_tariff(snapshot_prices(snapshot), str_of("sell")));
	CHECK(strcmp(acme->plan.country_code, "44") == 0);
	CHECK(strcmp(acme->plan.international_prefix, "00") == 0);
	CHECK(strcmp(acme->plan.national_prefix, "0") == 0);
	CHECK(acme->international && acme->channels == 30 && acme->cps == 5);
	CHECK(acme->strategy == ROUTE_PRIORITY && acme->max_hops == 4);
	CHECK(acme->has_min_margin && acme->min_margin == 10000);
	CHECK(strcmp(acme->zone_name, "Europe/Paris") == 0 && acme->enabled);
	CHECK(beta->tariff == PRICEBOOK_NO_TARIFF && !beta->enabled);
	CHECK(strcmp(beta->plan.country_code, "49") == 0);
	CHECK(!beta->international && beta->channels == -1 && beta->cps == -1);
	CHECK(beta->strategy == ROUTE_LEAST_COST && beta->max_hops == 0);
	CHECK(!beta->has_min_margin && strcmp(beta->zone_name, "") == 0);
	CHECK(strcmp(gamma->plan.international_prefix, "011") == 0);
	CHECK(strcmp(gamma->plan.national_prefix, "") == 0); /* "none" */
	CHECK(strcmp(snapshot_numbering(snapshot)->country_code, "49") == 0);
}

static void
check_carriers(const struct snapshot *snapshot)
{
	static const char *const names[] = { "alpha", "kilo", "mike", "zulu" };
	const struct pricebook *prices = snapshot_prices(snapshot);
	const uint32_t *tariffs;
	size_t n;

	if (!CHECK(snapshot_n_carriers(snapshot) == 4))
		return;
	for (uint32_t i = 0; i < 4; i++)
		CHECK(strcmp(snapshot_carrier(snapshot, i)->name, names[i]) ==
		      0);
	CHECK(!snapshot_carrier(snapshot, 0)->enabled);
	CHECK(snapshot_carrier(snapshot, 2)->tariff == PRICEBOOK_NO_TARIFF);
	CHECK(snapshot_carrier(snapshot, 3)->priority == 5);
	CHECK(snapshot_carrier(snapshot, 3)->weight == 7);
	/* two of three carriers' tariffs are the same */
	tariffs = snapshot_carrier_tariffs(snapshot, &n);
	if (!CHECK(n == 2))
		return;
	CHECK(tariffs[0] < tariffs[1]);
	CHECK(tariffs[snapshot_carrier(snapshot, 3)->offer] ==
	      pricebook_find_tariff(prices, str_of("buy-a")));
	CHECK(snapshot_carrier(snapshot, 1)->offer ==
	      snapshot_carrier(snapshot, 3)->offer);
	CHECK(tariffs[snapshot_carrier(snapshot, 0)->offer] ==
	      pricebook_find_tariff(prices, str_of("buy-b")));
}

static void
check_gateways(const struct route_sample *f)
{
	static const char *const names[] = { "a-one", "z-four", "z-three",
					     "z-two", "z-one" };
	const struct snapshot *snapshot = f->snapshot;
	const struct carrier *zulu = snapshot_carrier(snapshot, 3);
	const struct gateway *gateway;
	struct gateway_state *state;
	char text[ADDR_TEXT_MAX];

	if (!CHECK(snapshot_n_gateways(snapshot) == 5))
		return;
	for (uint32_t i = 0; i < 5; i++)
		CHECK(strcmp(snapshot_gateway(snapshot, i)->name, names[i]) ==
		      0);
	CHECK(zulu->first_gateway == 1 && zulu->n_gateways == 4);
	CHECK(snapshot_carrier(snapshot, 1)->n_gateways == 0);
	gateway = snapshot_gateway_by_name(snapshot, str_of("z-one"));
	if (!CHECK(gateway != NULL))
		return;
	CHECK(gateway->carrier == 3 && gateway->priority == 2);
	CHECK(strcmp(gateway->uri, "sip:192.0.2.1:5070") == 0);
	CHECK(strcmp(gateway->host, "192.0.2.1:5070") == 0);
	CHECK(gateway->capacity == 10 && gateway->cps == 20);
	CHECK(gateway->strip == 2 && strcmp(gateway->prefix, "00") == 0);
	CHECK(gateway->enabled);
	CHECK(snapshot_gateway_by_id(snapshot, gateway->id) == gateway);
	if (OK(gateway_states_get(f->states, gateway->id, &state)))
		CHECK(gateway->state == state);
	gateway = snapshot_gateway_by_name(snapshot, str_of("z-two"));
	CHECK(!gateway->enabled && gateway->capacity == -1 &&
	      gateway->cps == -1);
	CHECK(strcmp(addr_format(&gateway->addr, text), "[2001:db8::2]:5061") ==
	      0);
	CHECK(snapshot_gateway_by_name(snapshot, str_of("z")) == NULL);
	CHECK(snapshot_gateway_by_id(snapshot, 77) == NULL);
}

static void
check_addresses(const struct snapshot *snapshot)
{
	const struct gateway *gateway;
	const struct account *account;
	const char *tech_prefix = NULL;
	struct addr addr;

	CHECK(addr_parse(str_of("192.0.2.1:5070"), 0, &addr) == 0);
	addr.port = 5071;
	gateway = snapshot_gateway_by_ip(snapshot, &addr);
	CHECK(gateway != NULL && strcmp(gateway->name, "z-one") == 0);
	account = snapshot_account_by_addr(snapshot, &addr, 0, "udp", NULL);
	CHECK(account != NULL && strcmp(account->name, "acme") == 0);
	CHECK(addr_parse(str_of("192.0.2.7:5060"), 0, &addr) == 0);
	account =
	    snapshot_account_by_addr(snapshot, &addr, 0, "tcp", &tech_prefix);
	CHECK(account != NULL && strcmp(account->name, "beta") == 0);
	CHECK(tech_prefix != NULL && strcmp(tech_prefix, "99") == 0);
	account =
	    snapshot_account_by_addr(snapshot, &addr, 0, "udp", &tech_prefix);
	CHECK(account != NULL && strcmp(account->name, "acme") == 0);
	CHECK(tech_prefix != NULL && strcmp(tech_prefix, "") == 0);
	CHECK(addr_parse(str_of("198.51.100.1:9"), 0, &addr) == 0);
	account = snapshot_account_by_addr(snapshot, &addr, 0, "udp", NULL);
	CHECK(account != NULL && strcmp(account->name, "acme") == 0);
	account = snapshot_account_by_call(snapshot, &addr, 0, "udp",
					   str_of("7749"), &tech_prefix, NULL);
	CHECK(account != NULL && strcmp(account->name, "gamma") == 0);
	CHECK(tech_prefix != NULL && strcmp(tech_prefix, "77") == 0);
	account = snapshot_account_by_call(snapshot, &addr, 0, "udp",
					   str_make(NULL, 0), NULL, NULL);
	CHECK(account != NULL && strcmp(account->name, "acme") == 0);
	CHECK(addr_parse(str_of("198.51.100.2:9"), 0, &addr) == 0);
	CHECK(snapshot_account_by_addr(snapshot, &addr, 0, "udp", NULL) == NULL);
}

static void
everything(void)
{
	struct route_sample f;

	if (route_sample_open(&f, "snapshot", NULL)) {
		check_report(&f);
		check_accounts(f.snapshot);
		check_carriers(f.snapshot);
		check_gateways(&f);
		check_addresses(f.snapshot);
	}
	OK(f.err);
	route_sample_close(&f);
}

static void
nothing(void)
{
	struct route_sample f;
	const struct snapshot_report *report;
	struct addr addr = { .family = 4, .port = 5060 };
	size_t n;

	if (route_sample_open(&f, "empty-snapshot",
			      "DELETE FROM trunks; DELETE FROM accounts;"
			      "DELETE FROM gateways; DELETE FROM carriers;"
			      "DELETE FROM rates; DELETE FROM tariffs")) {
		report = snapshot_report(f.snapshot);
		CHECK(report->accounts + report->trunks + report->carriers +
			  report->gateways + report->tariffs + report->rates +
			  report->warnings ==
		      0);
		CHECK(snapshot_account_by_id(f.snapshot, 1) == NULL);
		CHECK(snapshot_account_by_name(f.snapshot, str_of("a")) ==
		      NULL);
		CHECK(snapshot_account_by_addr(f.snapshot, &addr, 0, "udp",
					       NULL) == NULL);
		CHECK(snapshot_gateway_by_ip(f.snapshot, &addr) == NULL);
		CHECK(snapshot_gateway_by_id(f.snapshot, 1) == NULL);
		CHECK(snapshot_gateway_by_name(f.snapshot, str_of("a")) ==
		      NULL);
		(void)snapshot_carrier_tariffs(f.snapshot, &n);
		CHECK(n == 0);
	}
	OK(f.err);
	route_sample_close(&f);
}

/* --- from PostgreSQL, and counting references --- */

static void
from_postgresql(void)
{
	struct route_sample f = { 0 };
	struct snapshot_settings settings = { .numbering =
						  route_sample_numbering };
	int err =
	    route_store_open_pg("unit_route_snapshot", route_sample, &f.store);

	if (err == ERR_NOTFOUND) {
		test_skip("LCR_TEST_PG is not set");
		return;
	}
	f.log_file = tmpfile();
	if (!OK(err) || !OK(gateway_states_new(&f.states)))
		return;
	settings.states = f.states;
	if (OK(snapshot_load(f.store, &settings, 42, NULL, &f.snapshot,
			     f.error))) {
		CHECK(snapshot_report(f.snapshot)->warnings == 1);
		check_accounts(f.snapshot);
		check_carriers(f.snapshot);
		check_gateways(&f);
		check_addresses(f.snapshot);
	}
	route_sample_close(&f);
}

enum { N_THREADS = 4, N_ROUNDS = 2000 };

/* Each thread takes and drops references and drops one that was taken for it.
 */
static void *
use(void *arg)
{
	struct snapshot *snapshot = arg;

	for (int i = 0; i < N_ROUNDS; i++) {
		struct snapshot *mine = snapshot_ref(snapshot);

		if (snapshot_generation(mine) != 42)
			return arg;
		snapshot_unref(mine);
	}
	snapshot_unref(snapshot);
	return NULL;
}

static void
references(void)
{
	pthread_t threads[N_THREADS];
	struct route_sample f;

	if (route_sample_open(&f, "snapshot", NULL)) {
		for (int i = 0; i < N_THREADS; i++)
			CHECK(pthread_create(&threads[i], NULL, use,
					     snapshot_ref(f.snapshot)) == 0);
		snapshot_unref(f.snapshot);
		f.snapshot = NULL;
		for (int i = 0; i < N_THREADS; i++) {
			void *wrong;

			pthread_join(threads[i], &wrong);
			CHECK(wrong == NULL);
		}
	}
	OK(f.err);
	route_sample_close(&f);
	snapshot_unref(NULL);
}

static const struct test tests[] = {
	{ "all tables are loaded, ordered and found", everything, false },
	{ "an empty store gives an empty snapshot", nothing, true },
	{ "PostgreSQL gives the same", from_postgresql, true },
	{ "the last of many references frees, in any thread", references,
	  true },
};

const struct test_suite suite_snapshot = TEST_SUITE("snapshot", tests);
