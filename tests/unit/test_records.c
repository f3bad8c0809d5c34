/* test_records.c - the end of a call is on record, whatever is short */
#include "lcrproxy/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acct/event.h"
#include "acct/journal.h"
#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"
#include "tests/unit/route_sample.h"

extern const struct test_suite suite_records;

#define LONG 8192 /* bytes of a Call-ID or tag */
#define MAX_EVENTS 8

/* A worker that has what records need, and its journal. */
struct scene {
	struct route_sample sample;
	struct settings settings;
	struct node node;
	struct worker worker;
	struct arena arena; /* of the events read */
	struct event events[MAX_EVENTS];
	size_t n;
};

static bool
open_scene(struct scene *s, const char *name)
{
	const struct journal_settings how = { .directory = test_dir(),
					      .node = name };

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena, NULL, 0, 0);
	s->settings.accounting = true;
	s->node.settings = &s->settings;
	s->node.name = name;
	s->worker.node = &s->node;
	clock_init_system(&s->worker.clock);
	arena_init(&s->worker.arena, NULL, 0, 0);
	if (!OK(journal_open(&how, NULL, &s->worker.journal)) ||
	    !CHECK(route_sample_open(&s->sample, name, NULL)))
		return false;
	s->worker.snapshot = s->sample.snapshot;
	return true;
}

static void
close_scene(struct scene *s)
{
	route_sample_close(&s->sample);
	journal_close(s->worker.journal);
	arena_fini(&s->worker.arena);
	arena_fini(&s->arena);
}

static void
read_events(struct scene *s)
{
	struct journal_source source = { .worker = 0 };
	const struct journal_position beginning = { 0 };
	struct journal_reader *reader;
	struct journal_position at;
	const void *data;
	size_t len;

	OK(journal_commit(s->worker.journal));
	snprintf(source.node, sizeof(source.node), "%s", s->node.name);
	if (!OK(journal_reader_open(test_dir(), &source, &beginning, &reader)))
		return;
	while (s->n < MAX_EVENTS &&
	       journal_reader_next(reader, &data, &len, &at) == 0)
		OK(event_decode(&s->arena, data, len, &s->events[s->n++]));
	journal_reader_close(reader);
}

static void
stop(struct scene *s, struct str call_id, struct str from_tag,
     struct str to_tag)
{
	const struct token token = { .hop = 1, .setup = 1000, .answer = 2000 };
	const struct stop_fact fact = {
		.token = &token,
		.call_id = call_id,
		.caller_tag = from_tag,
		.callee_tag = to_tag,
		.end = 3000,
		.by = CDR_END_CALLEE,
		.bye_status = 481,
	};

	record_stop(&s->worker, &fact);
}

static void
an_end_needs_no_memory(void)
{
	struct scene s;

	if (!open_scene(&s, "nomem"))
		goto out;
	/* The first event of a worker is what its buffer is made for. */
	stop(&s, str_of("first"), str_of("f"), str_of("t"));
	alloc_fail_after(0);
	stop(&s, str_of("c"), str_of("f"), str_of("t"));
	alloc_fail_after(-1);
	read_events(&s);
	if (CHECK(s.n == 2)) {
		const struct cdr *cdr = &s.events[1].cdr;

		CHECK(s.events[1].type == EVENT_STOP);
		CHECK(strcmp(cdr->call_id, "c") == 0);
		CHECK(strcmp(cdr->from_tag, "f") == 0);
		CHECK(strcmp(cdr->to_tag, "t") == 0);
		CHECK(cdr->setup_time == 1000 && cdr->answer_time == 2000);
		CHECK(cdr->end_time == 3000);
		CHECK(strcmp(cdr->end_source, "callee") == 0);
	}
out:
	close_scene(&s);
}

/* Every octet that a Call-ID or tag may have, as often as it fits. */
static void
fill_legal(char *out, size_t len)
{
	static const char legal[] =
	    "abcxyzABCXYZ0189-.!%*_+`'~()<>:\\\"/[]?{}@";

	for (size_t i = 0; i < len; i++)
		out[i] = legal[(i * 7 + len) % (sizeof(legal) - 1)];
	out[len] = '\0';
}

static void
ids_of_any_length_are_on_record(void)
{
	static const size_t lengths[] = { 1, 2, 255, 1023, 1024, 1025, LONG };
	static char call_id[LONG + 1], tag[LONG + 1];
	struct scene s;

	if (!open_scene(&s, "long"))
		goto out;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		fill_legal(call_id, lengths[i]);
		fill_legal(tag, lengths[i]);
		stop(&s, str_of(call_id), str_of(tag), str_of(tag));
	}
	read_events(&s);
	CHECK(s.n == sizeof(lengths) / sizeof(lengths[0]));
	for (size_t i = 0; i < s.n; i++) {
		const struct cdr *cdr = &s.events[i].cdr;

		fill_legal(tag, lengths[i]);
		CHECK(strcmp(cdr->call_id, tag) == 0);
		CHECK(strcmp(cdr->from_tag, tag) == 0);
		CHECK((strcmp(cdr->to_tag, tag) == 0) ==
		      (lengths[i] <= RECORD_TAG_MAX));
		CHECK(strlen(cdr->to_tag) <= RECORD_TAG_MAX);
	}
out:
	close_scene(&s);
}

/* Two dialogs whose tags differ at the very end are two records. */
static void
long_tags_stay_apart(void)
{
	static char tag[LONG + 1];
	struct scene s;

	if (!open_scene(&s, "apart"))
		goto out;
	memset(tag, 'x', LONG);
	stop(&s, str_of("c"), str_of("f"), str_of(tag));
	stop(&s, str_of("c"), str_of("f"), str_of(tag));
	tag[LONG - 1] = 'y';
	stop(&s, str_of("c"), str_of("f"), str_of(tag));
	read_events(&s);
	if (CHECK(s.n == 3)) {
		CHECK(strcmp(s.events[0].cdr.to_tag, s.events[1].cdr.to_tag) ==
		      0);
		CHECK(strcmp(s.events[0].cdr.to_tag, s.events[2].cdr.to_tag) !=
		      0);
	}
out:
	close_scene(&s);
}

/* Only what the callee has said shows that it was in the call until then. */
static void
an_end_may_be_a_sign_of_life(void)
{
	static const struct {
		const char *name;
		enum cdr_end by;
		int bye_status;
		bool was_alive;
	} rows[] = {
		{ "the callee takes it", CDR_END_CALLER, 200, true },
		{ "it has taken it before", CDR_END_CALLER, 481, false },
		{ "the callee says nothing", CDR_END_CALLER, 0, false },
		{ "it is passed on for its end", CDR_END_CALLER, 408, false },
		{ "the callee hangs up", CDR_END_CALLEE, 200, true },
		{ "whatever the caller says", CDR_END_CALLEE, 481, true },
		{ "and when it is silent", CDR_END_CALLEE, 0, true },
	};
	const struct token token = { .hop = 1, .setup = 1000, .answer = 2000 };
	struct stop_fact fact = { .token = &token,
				  .call_id = str_of("c"),
				  .caller_tag = str_of("f"),
				  .callee_tag = str_of("t"),
				  .end = 3000 };
	const size_t n = sizeof(rows) / sizeof(rows[0]);
	struct scene s;

	if (!open_scene(&s, "life"))
		goto out;
	for (size_t i = 0; i < n; i++) {
		fact.by = rows[i].by;
		fact.bye_status = rows[i].bye_status;
		record_stop(&s.worker, &fact);
	}
	read_events(&s);
	if (!CHECK(s.n == n))
		goto out;
	for (size_t i = 0; i < n; i++) {
		test_row(rows[i].name);
		CHECK(s.events[i].cdr.last_seen ==
		      (rows[i].was_alive ? 3000 : CDR_NONE));
	}
out:
	close_scene(&s);
}

static const struct test tests[] = {
	{ "an end needs no memory", an_end_needs_no_memory, true },
	{ "ids of any length are on record", ids_of_any_length_are_on_record,
	  true },
	{ "long tags stay apart", long_tags_stay_apart, true },
	{ "an end may be a sign of life", an_end_may_be_a_sign_of_life, true },
};

const struct test_suite suite_records = TEST_SUITE("records", tests);
