/*
 * test_shipper_orders.c - random calls, their events in any order
 *
 * Calls with all kinds of ends are written down as events; the events are
 * shuffled, repeated, spread over two nodes' journals, and shipped in batches
 * of random size between the writes. The rows must be those that a plain model
 * of the calls has.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "tests/unit/acct_line.h"
#include "tests/unit/tel_random.h"

#define N_CALLS 40
#define MAX_ENDS 3
#define MAX_EVENTS 1000
#define TEXT_MAX_LEN 20000

struct end {
	int64_t us; /* after CALL_SETUP */
	enum cdr_end source;
	int sip_code;
	bool has_reason, says_answer;
};

/* A dialog, or a call that failed. */
struct call {
	char id[20], tag[20];
	bool failed;
	int n_attempts;
	bool late; /* the first attempt is answered after its time-out */
	int n_ends;
	struct end ends[MAX_ENDS];
	int64_t last_seen; /* the last of its refreshes; 0 = none */
};

struct entry {
	struct event event;
	int node;      /* whose journal it is in */
	uint64_t rank; /* in the order of events */
};

struct world {
	uint64_t seed;
	struct call calls[N_CALLS];
	struct entry *entries;
	int n_entries;
	char expected[TEXT_MAX_LEN], found[TEXT_MAX_LEN];
};

static bool
one_in(struct world *w, int n)
{
	return random_below(&w->seed, n) == 0;
}

static void
make_call(struct world *w, int number)
{
	struct call *call = &w->calls[number];

	/* Some calls are forked: two dialogs of one INVITE. */
	snprintf(call->id, sizeof(call->id), "call%02d",
		 number % 4 == 3 ? number - 1 : number);
	snprintf(call->tag, sizeof(call->tag), "tag%02d", number);
	call->failed = number % 4 == 0;
	call->n_attempts = number % 4 == 3 ? 0 : (int)random_below(&w->seed, 4);
	call->late = one_in(w, 3);
	call->n_ends = (int)random_below(&w->seed, MAX_ENDS + 1);
	call->last_seen = one_in(w, 2) ? 0 : random_below(&w->seed, 90000000);
	for (int i = 0; i < call->n_ends; i++) {
		struct end *end = &call->ends[i];

		end->us = 60000000 + random_below(&w->seed, 3);
		end->source = one_in(w, 2) ? CDR_END_CALLER : CDR_END_CALLEE;
		/* What one side says of one instant is one thing. */
		end->sip_code = 200 + (int)end->us % 10 * 2 + (int)end->source;
		end->has_reason = end->sip_code % 2 == 0;
		end->says_answer = one_in(w, 2);
	}
}

/* --- the calls as events --- */

static struct entry *
add(struct world *w, const struct event *event)
{
	struct entry *entry = &w->entries[w->n_entries++];

	entry->event = *event;
	entry->node = (int)random_below(&w->seed, 2);
	entry->rank = random_next(&w->seed) / 2;
	return entry;
}

/* Once, or more often. */
static void
add_some(struct world *w, const struct event *event)
{
	do
		add(w, event);
	while (one_in(w, 4));
}

/* Given up, and answered then: in this order, in one journal. */
static void
add_late_attempt(struct world *w, const struct call *call)
{
	struct entry *first, *second;
	struct event event;

	attempt_event(&event, call->id, 1, CDR_ATTEMPT_TIMEOUT, 0);
	first = add(w, &event);
	attempt_event(&event, call->id, 1, CDR_ATTEMPT_LATE_ANSWER, 200);
	second = add(w, &event);
	second->node = first->node;
	second->rank += first->rank;
}

static void
add_attempts(struct world *w, const struct call *call)
{
	struct event event;

	for (int hop = 1; hop <= call->n_attempts; hop++) {
		if (hop == 1 && call->late) {
			add_late_attempt(w, call);
			continue;
		}
		attempt_event(&event, call->id, hop, CDR_ATTEMPT_REJECTED,
			      400 + hop);
		add_some(w, &event);
	}
}

/* Another node's tables may have other names, or none, behind the ids of the
 * token. */
static void
name_parties(struct world *w, struct event *event, const char *name)
{
	if (one_in(w, 2))
		return;
	event->cdr.account = one_in(w, 4) ? NULL : name;
	event->cdr.carrier = name;
	event->cdr.gateway = name;
}

static void
add_end(struct world *w, const struct call *call, const struct end *end)
{
	struct event event;

	stop_event(&event, call->id, call->tag, end->us, end->source);
	event.cdr.sip_code = end->sip_code;
	event.cdr.reason = end->has_reason ? "a reason" : NULL;
	if (!end->says_answer)
		event.cdr.answer_time = CDR_NONE;
	name_parties(w, &event, end->says_answer ? "ahab" : "zora");
	event.cdr.node = "pop9"; /* who serves the BYE is not in the record */
	add_some(w, &event);
}

/* Signs of life; the last of them counts. */
static void
add_lives(struct world *w, const struct call *call)
{
	struct event event;

	start_event(&event, call->id, call->tag);
	event.type = EVENT_REFRESH;
	event.cdr.node = "pop9";
	for (int64_t seen = call->last_seen; seen > 0; seen -= 20000000) {
		event.cdr.last_seen = CALL_SETUP + seen;
		event.cdr.session_s = seen / 1000000;
		name_parties(w, &event, "maud");
		add_some(w, &event);
	}
}

static void
add_call(struct world *w, const struct call *call)
{
	struct event event;

	add_attempts(w, call);
	if (call->failed) {
		fail_event(&event, call->id, CDR_FAILED, 503, "busy");
		add_some(w, &event);
	} else {
		start_event(&event, call->id, call->tag);
		add_some(w, &event);
		for (int i = 0; i < call->n_ends; i++)
			add_end(w, call, &call->ends[i]);
		add_lives(w, call);
	}
}

static int
compare_ranks(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->rank > y->rank) - (x->rank < y->rank);
}

/* --- the calls as rows --- */

static size_t
append(char *text, size_t len, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	len += (size_t)vsnprintf(text + len, TEXT_MAX_LEN - len, format, args);
	va_end(args);
	return len;
}

static const struct end *
earliest(const struct call *call)
{
	const struct end *best = NULL;

	for (int i = 0; i < call->n_ends; i++) {
		const struct end *end = &call->ends[i];

		if (best == NULL || end->us < best->us ||
		    (end->us == best->us && end->source == CDR_END_CALLEE))
			best = end;
	}
	return best;
}

static size_t
expect_call(char *text, size_t len, const struct call *call)
{
	const struct end *end = earliest(call);

	if (len > 0)
		len = append(text, len, "\n");
	if (call->failed)
		return append(text, len,
			      "%s||pop1|acme|blue|blue-1|49301234567|failed|-"
			      "|%" PRId64 "|-|proxy|503|-|busy|-|-|-",
			      call->id, CALL_SETUP + 9000000);
	len = append(text, len,
		     "%s|%s|pop1|acme|blue|blue-1|49301234567|%s|%" PRId64, call->id,
		     call->tag, end != NULL ? "answered" : "open",
		     CALL_SETUP + 3000000);
	if (end == NULL)
		len = append(text, len, "|-|-|-|200|-|-|valid");
	else
		len = append(text, len,
			     "|%" PRId64 "|%" PRId64 "|%s|%d|16|%s|valid",
			     CALL_SETUP + end->us, end->us - 3000000,
			     cdr_end_text(end->source), end->sip_code,
			     end->has_reason ? "a reason" : "-");
	if (call->last_seen == 0)
		return append(text, len, "|-|-");
	return append(text, len, "|%" PRId64 "|%" PRId64,
		      CALL_SETUP + call->last_seen, call->last_seen / 1000000);
}

static size_t
expect_attempts(char *text, size_t len, const struct call *call)
{
	for (int hop = 1; hop <= call->n_attempts; hop++) {
		if (len > 0)
			len = append(text, len, "\n");
		if (hop == 1 && call->late)
			len =
			    append(text, len, "%s|1|late_answer|200", call->id);
		else
			len = append(text, len, "%s|%d|rejected|%d", call->id,
				     hop, 400 + hop);
	}
	return len;
}

/* Says where the texts part. */
static void
check_texts(const char *found, const char *expected)
{
	size_t same = 0;

	if (CHECK(strcmp(found, expected) == 0))
		return;
	while (found[same] == expected[same])
		same++;
	while (same > 0 && found[same - 1] != '\n')
		same--;
	printf("\n    found    %.*s\n    expected %.*s\n",
	       (int)strcspn(found + same, "\n"), found + same,
	       (int)strcspn(expected + same, "\n"), expected + same);
}

static void
check_rows(struct world *w, struct store *store)
{
	size_t len = 0;

	for (int i = 0; i < N_CALLS; i++)
		len = expect_call(w->expected, len, &w->calls[i]);
	if (OK(db_rows(store,
		       "SELECT call_id, to_tag, node, account, carrier,"
		       " gateway, caller, status,"
		       " answer_time, end_time, duration_us, end_source,"
		       " sip_code, q850_cause, reason, token, last_seen,"
		       " session_s FROM cdr"
		       " ORDER BY call_id, to_tag",
		       "ssssssssttisiissti", w->found, TEXT_MAX_LEN)))
		check_texts(w->found, w->expected);
	len = 0;
	w->expected[0] = '\0';
	for (int i = 0; i < N_CALLS; i++)
		len = expect_attempts(w->expected, len, &w->calls[i]);
	if (OK(db_rows(store,
		       "SELECT call_id, hop, outcome, sip_code FROM"
		       " cdr_attempt ORDER BY call_id, hop",
		       "sisi", w->found, TEXT_MAX_LEN)))
		check_texts(w->found, w->expected);
}

/* --- shipping --- */

struct node {
	struct journal *journal;
	struct shipper *shipper;
};

static int
open_node(struct world *w, struct node *node, const char *name, const char *dir)
{
	const struct journal_settings where = {
		.directory = dir,
		.node = name,
		.segment_bytes = 1000 + random_below(&w->seed, 5000),
	};
	const struct shipper_settings settings = {
		.directory = dir,
		.node = name,
		.batch_events = 1 + (size_t)random_below(&w->seed, 30),
	};
	int err = journal_open(&where, NULL, &node->journal);

	return err != 0 ? err : shipper_new(&settings, NULL, &node->shipper);
}

static int
write_and_ship(struct world *w, struct node nodes[2], struct store *store)
{
	int err = 0;
	size_t n;

	for (int i = 0; i < w->n_entries && err == 0; i++) {
		struct node *node = &nodes[w->entries[i].node];

		err = put_event(node->journal, &w->entries[i].event);
		if (err == 0 && one_in(w, 8))
			err = journal_commit(node->journal);
		if (err == 0 && one_in(w, 12))
			err = shipper_run(node->shipper, store, &n);
	}
	for (int i = 0; i < 2 && err == 0; i++) {
		err = journal_commit(nodes[i].journal);
		for (n = 1; err == 0 && n > 0;)
			err = shipper_run(nodes[i].shipper, store, &n);
	}
	return err;
}

static void
run_world(struct world *w, struct store *store)
{
	struct node nodes[2] = { { 0 } };
	char dir[PATH_LEN];

	for (int i = 0; i < N_CALLS; i++) {
		make_call(w, i);
		add_call(w, &w->calls[i]);
	}
	CHECK(w->n_entries > 4 * N_CALLS && w->n_entries < MAX_EVENTS);
	qsort(w->entries, (size_t)w->n_entries, sizeof(w->entries[0]),
	      compare_ranks);
	fresh_dir(dir);
	if (OK(open_node(w, &nodes[0], "pop1", dir)) &&
	    OK(open_node(w, &nodes[1], "pop2", dir)) &&
	    OK(write_and_ship(w, nodes, store))) {
		check_rows(w, store);
		COUNT(store, "bad_events", "0");
	}
	for (int i = 0; i < 2; i++) {
		shipper_free(nodes[i].shipper);
		journal_close(nodes[i].journal);
	}
}

static void
test_orders(struct store *store)
{
	int n_worlds = store_dialect(store) == STORE_SQLITE ? 30 : 4;

	for (int i = 1; i <= n_worlds; i++) {
		struct world *w = calloc(1, sizeof(*w));
		char what[30];

		snprintf(what, sizeof(what), "seed %d", i);
		test_row(what);
		if (w == NULL ||
		    !OK(store_exec(store, "DELETE FROM cdr;"
					  "DELETE FROM cdr_attempt;"
					  "DELETE FROM journal_position")))
			return;
		w->seed = (uint64_t)i;
		w->entries = calloc(MAX_EVENTS, sizeof(w->entries[0]));
		if (w->entries != NULL)
			run_world(w, store);
		free(w->entries);
		free(w);
	}
}

ON_BOTH(DB_TABLES, test_orders)

static const struct test tests[] = {
	BOTH_ONCE("random calls in random order give the same rows",
		  test_orders),
};

const struct test_suite suite_shipper_orders =
    TEST_SUITE("shipper_orders", tests);
