/* test_metrics.c - what is told of a node that did this and that */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "lcrproxy/metrics.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_fixture.h"

extern const struct test_suite suite_metrics;

/* --- the table of counters --- */

static void
all_counters_are_told(void)
{
	for (size_t i = 0; i < n_counter_fields; i++) {
		size_t offset =
		    offsetof(struct counted, calls) + counter_fields[i].offset;
		int n = 0;

		test_row(counter_fields[i].name);
		for (size_t k = 0; k < n_metric_rows; k++)
			n += metric_rows[k].offset == offset;
		CHECK(n == 1);
	}
	test_row(NULL);
}

static bool
is_name(const char *text)
{
	for (; *text != '\0'; text++) {
		if (!islower((unsigned char)*text) &&
		    !isdigit((unsigned char)*text) && *text != '_')
			return false;
	}
	return true;
}

static void
rows_of_a_family_stand_together(void)
{
	for (size_t i = 0; i < n_metric_rows; i++) {
		const struct metric_row *row = &metric_rows[i];
		bool is_first =
		    i == 0 || strcmp(row->family, row[-1].family) != 0;

		test_row(row->family);
		CHECK(is_name(row->family));
		CHECK(strstr(row->family, "_total") == NULL);
		CHECK((row->help != NULL) == is_first);
		CHECK(is_first || (row->type == row[-1].type &&
				   strcmp(row->label, row[-1].label) == 0));
		CHECK((row->label == NULL) == (row->value == NULL));
		CHECK(row->offset % sizeof(uint64_t) == 0 &&
		      row->offset < sizeof(struct counted));
		for (size_t k = 0; is_first && k < i; k++)
			CHECK(strcmp(row->family, metric_rows[k].family) != 0);
	}
	test_row(NULL);
}

/* --- of a whole node --- */

static const struct route_csv tables[] = {
	{ "tariffs", "tariff,currency\nt,EUR\n" },
	{ "carriers", "carrier,tariff\nblue,t\n" },
	{ "gateways", "gateway,carrier,uri,capacity,enabled\n"
		      "b1,blue,sip:192.0.2.1,10,true\n"
		      "b\\2,blue,sip:192.0.2.2,,false\n" },
	{ "accounts", "account,tariff\nacme,t\nidle,t\nzeta,t\n" },
	{ NULL, NULL },
};

static void
count_some(struct route_fixture *f)
{
	struct gateway_state *b1 = route_fixture_state(f, "b1");
	const struct account *acme =
	    snapshot_account_by_name(f->snapshot, str_of("acme"));
	const struct account *zeta =
	    snapshot_account_by_name(f->snapshot, str_of("zeta"));
	struct account_state *state;

	gateway_state_note_end(b1, 1, CDR_ATTEMPT_ANSWERED, 200);
	gateway_state_note_end(b1, 1, CDR_ATTEMPT_REJECTED, 486);
	gateway_state_note_end(b1, 1, CDR_ATTEMPT_TIMEOUT, 0);
	gateway_state_note_attempt(b1, 1, true, 300);
	gateway_state_note_call(b1, 1, 61);
	state = snapshot_account_state(f->snapshot, acme);
	if (CHECK(state != NULL) && state != NULL)
		tally_add(&state->codes, 200);
	state = snapshot_account_state(f->snapshot, zeta);
	if (CHECK(state != NULL) && state != NULL)
		tally_add(&state->codes, 486);
	state = snapshot_account_state(f->snapshot,
				       snapshot_nobody(f->snapshot));
	if (CHECK(state != NULL) && state != NULL)
		tally_add(&state->codes, 403);
}

/* Whether the text has this whole line. */
static bool
has_line(const struct exposition *text, const char *line)
{
	char wanted[300];

	snprintf(wanted, sizeof(wanted), "\nlcrproxy_%s\n", line);
	return text->text != NULL &&
	       memmem(text->text, text->len, wanted, strlen(wanted)) != NULL;
}

static void
check_lines(const struct exposition *text)
{
	static const char *const lines[] = {
		"build_info{version=\"0.1.0\",node=\"pop1\"} 1",
		"uptime_seconds 5.000000",
		"snapshot_generation 7",
		"snapshot_rows{table=\"gateways\"} 2",
		"workers 1",
		"worker_calls_total{worker=\"0\"} 3",
		"sip_requests_received_total{method=\"INVITE\"} 4",
		"sip_requests_received_total{method=\"other\"} 9",
		"calls_received_total 3",
		"calls_refused_total{reason=\"cps\"} 2",
		"reloads_total{result=\"failed\"} 1",
		"journal_sync_seconds_sum 0.250000",
		"journal_sync_seconds_count 2",
		"accounting_backlog_bytes 1000",
		"accounting_backlog_events 5",
		"accounting_backlog_age_seconds 2.000000",
		"accounting_swept_calls_total{by=\"session\"} 1",
		"accounting_swept_calls_total{by=\"limit\"} 2",
		"accounting_back_off_seconds 0.400000",
		"gateway_enabled{carrier=\"blue\",gateway=\"b1\"} 1",
		"gateway_enabled{carrier=\"blue\",gateway=\"b\\\\2\"} 0",
		"gateway_health{carrier=\"blue\",gateway=\"b1\",state=\"up\"} 1",
		"gateway_health{carrier=\"blue\",gateway=\"b1\",state=\"down\"} 0",
		"gateway_attempts_total{carrier=\"blue\",gateway=\"b1\",outcome=\"timeout\"} 1",
		"gateway_responses_total{carrier=\"blue\",gateway=\"b1\",code=\"none\"} 1",
		"gateway_responses_total{carrier=\"blue\",gateway=\"b1\",code=\"486\"} 1",
		"gateway_talk_seconds_total{carrier=\"blue\",gateway=\"b1\"} 61",
		"gateway_post_dial_delay_seconds_bucket{carrier=\"blue\",gateway=\"b1\",le=\"0.25\"} 0",
		"gateway_post_dial_delay_seconds_bucket{carrier=\"blue\",gateway=\"b1\",le=\"0.5\"} 1",
		"gateway_post_dial_delay_seconds_bucket{carrier=\"blue\",gateway=\"b1\",le=\"+Inf\"} 1",
		"gateway_post_dial_delay_seconds_sum{carrier=\"blue\",gateway=\"b1\"} 0.300000",
		"carrier_responses_total{carrier=\"blue\",code=\"200\"} 1",
		"account_calls_total{account=\"acme\",code=\"200\"} 1",
		"account_calls_total{account=\"\",code=\"403\"} 1",
		"account_calls_total{account=\"/others\",code=\"486\"} 1",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		test_row(lines[i]);
		CHECK(has_line(text, lines[i]));
	}
	test_row(NULL);
	CHECK(memmem(text->text, text->len, "idle", 4) == NULL);
	CHECK(memmem(text->text, text->len, "trip_", 5) == NULL);
}

static void
write_node(const struct route_fixture *f, struct exposition *text)
{
	struct counted one = {
		.calls = { .calls = 3, .refused_cps = 2 },
	};
	struct harvest harvest = {
		.node = "pop1",
		.now = 10 * US_PER_S,
		.started = 5 * US_PER_S,
		.snapshot = f->snapshot,
		.reloads = { .failed = 1, .loaded_at = 9 * US_PER_S },
		.acct = { .backlog_bytes = 1000,
			  .backlog_events = 5,
			  .caught_up_ago_us = 2 * US_PER_S,
			  .retry_ms = 400,
			  .swept = { .swept = 3, .by_session = 1 },
			  .journals = { .syncs = 2, .sync_us = 250000 } },
		.workers = { &one },
		.n_workers = 1,
	};

	one.txns.requests[SIP_INVITE] = 4;
	one.txns.requests[SIP_METHOD_OTHER] = 9;
	counted_add(&harvest.sum, &one);
	exposition_init(text, false);
	metrics_write(text, &harvest, 1);
}

static void
a_node_is_told(void)
{
	struct route_fixture f;
	struct exposition text = { .text = NULL };

	if (OK(route_fixture_open(&f, "metrics", tables))) {
		count_some(&f);
		write_node(&f, &text);
		if (OK(text.err))
			check_lines(&text);
	}
	exposition_fini(&text);
	route_fixture_close(&f);
}

/* What is counted of an account stays with it, and goes with it. */
static void
accounts_are_counted_on(void)
{
	struct route_fixture f;
	const struct account *acme;
	struct account_state *state, *again;

	if (!OK(route_fixture_open(&f, "metrics", tables)))
		goto out;
	acme = snapshot_account_by_name(f.snapshot, str_of("acme"));
	CHECK(snapshot_n_accounts(f.snapshot) == 3);
	CHECK(snapshot_account_at(f.snapshot, 0) == acme);
	CHECK(snapshot_account_state_at(f.snapshot, 0) == NULL);
	state = snapshot_account_state(f.snapshot, acme);
	if (!OK(state != NULL ? 0 : -1 /* ERR_NOMEM */))
		goto out;
	CHECK(snapshot_account_state_at(f.snapshot, 0) == state);
	if (!OK(route_fixture_reload(&f, 0)))
		goto out;
	CHECK(snapshot_account_state_at(f.snapshot, 0) == state);
	again = snapshot_account_state(
	    f.snapshot, snapshot_account_by_name(f.snapshot, str_of("acme")));
	CHECK(again == state);
	CHECK(snapshot_account_state_at(f.snapshot, 1) == NULL);
	CHECK(snapshot_account_state_at(f.snapshot, 3) == NULL);
out:
	route_fixture_close(&f);
}

static const struct test tests[] = {
	{ "every counter is told, once", all_counters_are_told, true },
	{ "rows of a family stand together, with one help",
	  rows_of_a_family_stand_together, true },
	{ "all of a node is told, accounts up to a number", a_node_is_told,
	  false },
	{ "an account's numbers outlive a reload", accounts_are_counted_on,
	  false },
};
const struct test_suite suite_metrics = TEST_SUITE("metrics", tests);
