/* test_batch_merge.c - what events make of a record, in both databases */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/acct_line.h"

static void
test_whole_call(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	attempt_event(&event, "c", 1, CDR_ATTEMPT_ANSWERED, 200);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	start_event(&event, "c", "t");
	if (!OK(put_event(line.journal, &event)))
		goto out;
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	if (!OK(ship_event(&line, &event)))
		goto out;
	END_ROW(store, "t|answered|63000000|60000000|caller|200|16|-|valid");
	ROWS(store,
	     "SELECT node, generation, call_id, from_tag, account, source,"
	     " caller, caller_asserted, dialled, number, destination_class,"
	     " carrier, gateway, hop, route_source, matched_prefix FROM cdr",
	     "sisssssssssssiss",
	     "pop1|7|c|f|acme|192.0.2.77:5060|49301234567|+49301234567"
	     "|4930987654|4930987654|national|blue|blue-1|1|static|4930");
	ROWS(store,
	     "SELECT setup_time, ring_time, answer_time, pdd_us, rating_run"
	     " FROM cdr",
	     "tttii",
	     "1795417200000000|1795417201000000|1795417203000000|1000000|-");
	ROWS(store,
	     "SELECT c.call_key = a.call_key, a.call_id, a.from_tag, a.node,"
	     " a.hop, a.carrier, a.gateway, a.target, a.start_time,"
	     " a.first_response_us, a.end_us, a.sip_code, a.q850_cause,"
	     " a.outcome, a.reason, a.expected_cost, a.rate_row"
	     " FROM cdr_attempt a, cdr c",
	     "bsssissstiiiissms",
	     "true|c|f|pop1|1|blue|blue-1|198.51.100.7:5060|1795417200000300"
	     "|-|2999700|200|-|answered|-|0.0015|blue-2026/4930");
	CHECK(shipper_counters(line.shipper)->events == 3);
	CHECK(shipper_counters(line.shipper)->rows == 2);
	CHECK(shipper_counters(line.shipper)->last_success > 0);
out:
	close_line(&line);
}

/* Three events of one dialog in the six orders, one batch each or together. */
static void
test_any_order(struct store *store)
{
	static const int orders[][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};
	struct event events[3];
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (int i = 0; i < 12; i++) {
		char id[20];

		snprintf(id, sizeof(id), "c%d", i);
		start_event(&events[0], id, "t");
		stop_event(&events[1], id, "t", 63000000, CDR_END_CALLEE);
		events[1].cdr.answer_time = CDR_NONE; /* the callee's token */
		events[1].cdr.reason = "done";
		start_event(&events[2], id, "t");
		events[2].type = EVENT_REFRESH;
		for (int k = 0; k < 3; k++) {
			const struct event *e = &events[orders[i % 6][k]];

			if (!OK(i < 6 ? ship_event(&line, e)
				      : put_event(line.journal, e)))
				goto out;
		}
	}
	if (!OK(ship(&line)))
		goto out;
	ROWS(store,
	     "SELECT count(*), min(status), max(status), min(duration_us),"
	     " max(duration_us), min(reason), min(end_source), min(node),"
	     " max(caller), count(answer_time) FROM cdr",
	     "issiissssi",
	     "12|answered|answered|60000000|60000000|done|callee|pop1"
	     "|49301234567|12");
out:
	close_line(&line);
}

/* What START says of account, carrier and gateway counts: who serves the BYE or
 * a re-INVITE reads them in tables that may have changed since. */
static void
make_witnesses(struct event events[3], const char *id)
{
	start_event(&events[0], id, "t");
	stop_event(&events[1], id, "t", 63000000, CDR_END_CALLEE);
	events[1].cdr.account = "acme2";
	events[1].cdr.carrier = "azure";
	events[1].cdr.gateway = "azure-1";
	start_event(&events[2], id, "t");
	events[2].type = EVENT_REFRESH;
	events[2].cdr.account = "zeta";
	events[2].cdr.carrier = "red";
	events[2].cdr.gateway = "red-1";
	events[2].cdr.last_seen = CALL_SETUP + 9000000;
}

/* n events in each order that begins with one of the first six permutations. */
static int
put_in_orders(struct line *line, bool has_start)
{
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					 { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	struct event events[3];
	int err = 0;

	for (int i = 0; i < 18 && err == 0; i++) {
		char id[20];

		snprintf(id, sizeof(id), "c%d", i);
		make_witnesses(events, id);
		for (int k = 0; k < 3 && err == 0; k++) {
			int which = orders[i % 6][k];

			if (which == 0 && !has_start)
				continue;
			err = put_event(line->journal, &events[which]);
			/* one batch each, two in one, all together */
			if (err == 0 && (i < 6 || (i < 12 && k == 1)))
				err = ship(line);
		}
		if (err == 0 && i >= 6 && i < 12)
			err = ship(line);
	}
	return err != 0 ? err : ship(line);
}

static void
test_witnesses(struct store *store)
{
	static const char sql[] =
	    "SELECT count(*), min(account), max(account), min(carrier),"
	    " max(carrier), min(gateway), max(gateway), min(status),"
	    " count(last_seen) FROM cdr";
	struct line line;

	if (!OK(open_line(&line, store, 0)) || !OK(put_in_orders(&line, true)))
		goto out;
	ROWS(store, sql, "isssssssi",
	     "18|acme|acme|blue|blue|blue-1|blue-1|answered|18");
	if (!OK(store_exec(store, "DELETE FROM cdr")) ||
	    !OK(put_in_orders(&line, false)))
		goto out;
	/* Nobody knows better: at least it is always the same. */
	ROWS(store, sql, "isssssssi",
	     "18|acme2|acme2|azure|azure|azure-1|azure-1|answered|18");
out:
	close_line(&line);
}

static void
test_open_call(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	event.cdr.reason = "no end, no reason";
	event.cdr.status = "odd";
	event.cdr.end_time = CALL_SETUP + 5;
	if (OK(ship_event(&line, &event)))
		END_ROW(store, "t|open|-|-|-|200|-|-|valid");
out:
	close_line(&line);
}

static void
test_failed_calls(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	fail_event(&event, "c", CDR_CANCELLED, 487, "caller gave up");
	event.cdr.to_tag = NULL;
	if (!OK(ship_event(&line, &event)))
		goto out;
	END_ROW(store, "|cancelled|9000000|-|proxy|487|-|caller gave up|-");
	fail_event(&event, "c", CDR_FAILED, 503, "no");
	event.cdr.setup_time++; /* another call */
	event.cdr.status = NULL;
	if (OK(ship_event(&line, &event)))
		ROWS(store,
		     "SELECT status, sip_code FROM cdr ORDER BY"
		     " setup_time",
		     "si", "cancelled|487\nfailed|503");
out:
	close_line(&line);
}

/* A second node serves the BYE: the record is of the first one's call. */
static void
test_home_node(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	stop_event(&event, "c", "t", 63000000, CDR_END_CALLER);
	event.cdr.node = "pop2";
	if (!OK(ship_event(&line, &event)))
		goto out;
	ROWS(store, "SELECT node FROM cdr", "s", "-");
	start_event(&event, "c", "t");
	if (OK(ship_event(&line, &event)))
		ROWS(store, "SELECT node FROM cdr", "s", "pop1");
out:
	close_line(&line);
}

/* The attempt that was answered is in its START: both rows, and the attempt's is
 * as one of its own would have made it. */
static void
test_answered_attempt(struct store *store)
{
	static const char rows[] =
	    "SELECT hop, call_id, node, carrier, gateway, route_source,"
	    " target, outcome, end_us, sip_code, q850_cause, reason"
	    " FROM cdr_attempt ORDER BY hop";
	static const char expected[] =
	    "1|c|pop1|blue|blue-1|static|192.0.2.9:5060|answered|2000|200|16|"
	    "OK";
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	start_event(&event, "c", "t");
	event_add_attempt(&event);
	event.attempt.target = "192.0.2.9:5060";
	event.attempt.outcome = "answered";
	event.attempt.start_time = event.cdr.setup_time + 1;
	event.attempt.end_us = 2000;
	event.attempt.q850_cause = 16;
	event.attempt.reason = "OK";
	for (int i = 0; i < 2; i++) {
		if (!OK(ship_event(&line, &event)))
			break;
		ROWS(store, rows, "isssssssiiis", expected);
		ROWS(store, "SELECT status, q850_cause, reason FROM cdr", "sis",
		     "open|-|-");
	}
out:
	close_line(&line);
}

/* A gateway answers after it was given up. */
static void
test_late_answer(struct store *store)
{
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	attempt_event(&event, "c", 1, CDR_ATTEMPT_TIMEOUT, 0);
	event.attempt.reason = "no answer";
	if (!OK(ship_event(&line, &event)))
		goto out;
	attempt_event(&event, "c", 2, CDR_ATTEMPT_REJECTED, 486);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	attempt_event(&event, "c", 1, CDR_ATTEMPT_LATE_ANSWER, 200);
	event.attempt.end_us = 40000000;
	event.attempt.reason = "OK";
	if (OK(ship_event(&line, &event)))
		ROWS(store,
		     "SELECT hop, outcome, end_us, sip_code, reason"
		     " FROM cdr_attempt ORDER BY hop",
		     "isiis",
		     "1|late_answer|40000000|200|OK\n"
		     "2|rejected|2999700|486|-");
out:
	close_line(&line);
}

/* The end counts that came first, and what is heard of the call after it shows. */
static void
test_alive_after_end(struct store *store)
{
	static const struct {
		const char *name;
		enum event_type type;
		int64_t after_us; /* the end on record */
		const char *row;
	} rows[] = {
		{ "its own answer", EVENT_STOP, 0, "60000000|0|-" },
		{ "a BYE that crosses it", EVENT_STOP, 500000,
		  "60000000|500000|-" },
		{ "what was on its way", EVENT_REFRESH, 59999999,
		  "60000000|59999999|-" },
		{ "a refresh", EVENT_REFRESH, 60000000,
		  "60000000|60000000|alive_after_end" },
		{ "the callee's BYE", EVENT_STOP, 3600000000,
		  "60000000|3600000000|alive_after_end" },
	};
	struct event stop, later;
	struct line line;

	if (!OK(open_line(&line, store, 0)))
		goto out;
	for (size_t i = 0; i < 3 * sizeof(rows) / sizeof(rows[0]); i++) {
		char id[20], sql[200];

		test_row(rows[i / 3].name);
		snprintf(id, sizeof(id), "c%zu", i);
		start_event(&stop, id, "t");
		if (!OK(put_event(line.journal, &stop)))
			goto out;
		stop_event(&stop, id, "t", 63000000, CDR_END_CALLER);
		stop.cdr.last_seen = stop.cdr.end_time;
		stop_event(&later, id, "t", 63000000 + rows[i / 3].after_us,
			   CDR_END_CALLEE);
		later.type = rows[i / 3].type;
		later.cdr.last_seen = later.cdr.end_time;
		/* in two batches, the other way round, in one */
		if (!OK(i % 3 == 2 ? put_event(line.journal, &stop)
				   : ship_event(&line, i % 3 == 0 ? &stop
								  : &later)) ||
		    !OK(ship_event(&line, i % 3 == 1 ? &stop : &later)))
			goto out;
		snprintf(sql, sizeof(sql),
			 "SELECT duration_us, %s, anomaly FROM cdr"
			 " WHERE call_id = '%s'",
			 store_dialect(store) == STORE_SQLITE
			     ? "last_seen - end_time"
			     : "CAST(extract(epoch FROM last_seen - end_time) *"
			       " 1000000 AS bigint)",
			 id);
		ROWS(store, sql, "iis", rows[i / 3].row);
	}
out:
	close_line(&line);
}

ON_BOTH(DB_TABLES, test_whole_call)
ON_BOTH(DB_TABLES, test_any_order)
ON_BOTH(DB_TABLES, test_witnesses)
ON_BOTH(DB_TABLES, test_open_call)
ON_BOTH(DB_TABLES, test_failed_calls)
ON_BOTH(DB_TABLES, test_home_node)
ON_BOTH(DB_TABLES, test_late_answer)
ON_BOTH(DB_TABLES, test_answered_attempt)
ON_BOTH(DB_TABLES, test_alive_after_end)

static const struct test tests[] = {
	BOTH("a call becomes its records", test_whole_call),
	BOTH_ONCE("the order of events does not matter", test_any_order),
	BOTH_ONCE("START knows the names, whoever else came first",
		  test_witnesses),
	BOTH_ONCE("a call without end is open", test_open_call),
	BOTH_ONCE("failed calls say how", test_failed_calls),
	BOTH_ONCE("a record is of the node that routed the call",
		  test_home_node),
	BOTH_ONCE("an attempt may be answered late", test_late_answer),
	BOTH_ONCE("the one that is answered is in its START",
		  test_answered_attempt),
	BOTH_ONCE("who is alive after the end is marked", test_alive_after_end),
};

const struct test_suite suite_batch_merge = TEST_SUITE("batch_merge", tests);
