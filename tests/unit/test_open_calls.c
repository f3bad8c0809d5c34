/* test_open_calls.c - calls with an answer and without an end */
#include "acct/open_calls.h"

#include <stdio.h>

#include "base/err.h"
#include "tests/unit/acct_line.h"

#define S US_PER_S

struct told {
	char text[512];
	size_t len;
};

static void
note(void *arg, const struct open_call *call)
{
	struct told *told = arg;

	told->len += (size_t)snprintf(
	    told->text + told->len, sizeof(told->text) - told->len,
	    "%.*s/%.*s/%.*s %lld+%lld %.*s %.*s\n", STR_ARG(call->call_id),
	    STR_ARG(call->from_tag), STR_ARG(call->to_tag),
	    (long long)((call->setup - CALL_SETUP) / S),
	    (long long)((call->answer - call->setup) / S),
	    STR_ARG(call->account), STR_ARG(call->gateway));
}

/* Call n of the node, which is set up n seconds after the first one. */
static int
put_call(struct line *line, const char *call_id, const char *node, int64_t n)
{
	struct event event;

	start_event(&event, call_id, "t");
	event.cdr.node = node;
	event.cdr.setup_time += n * S;
	event.cdr.answer_time += n * S;
	event.cdr.gateway = "blue1";
	return put_event(line->journal, &event);
}

static void
of_this_node(struct store *store)
{
	struct told told = { .len = 0 };
	struct event event;
	struct line line;

	if (!OK(open_line(&line, store, 0)) ||
	    !OK(put_call(&line, "later", "pop1", 9)) ||
	    !OK(put_call(&line, "first", "pop1", 2)) ||
	    !OK(put_call(&line, "old", "pop1", 0)) ||
	    !OK(put_call(&line, "other's", "pop2", 3)) ||
	    !OK(put_call(&line, "over", "pop1", 0)))
		goto out;
	stop_event(&event, "over", "t", 63000000, CDR_END_CALLER);
	if (!OK(put_event(line.journal, &event)))
		goto out;
	fail_event(&event, "failed", CDR_FAILED, 486, "Busy");
	if (!OK(ship_event(&line, &event)))
		goto out;
	if (OK(open_calls_read(store, "pop1", CALL_SETUP + S, note, &told)))
		CHECK(str_eq_text(str_make(told.text, told.len),
				  "first/f/t 2+3 acme blue1\n"
				  "later/f/t 9+3 acme blue1\n"));
	told.len = 0;
	if (OK(open_calls_read(store, "pop3", 0, note, &told)))
		CHECK(told.len == 0);
out:
	close_line(&line);
}

ON_BOTH(DB_TABLES, of_this_node)

static const struct test tests[] = {
	BOTH("a node's calls without an end, the oldest answer first",
	     of_this_node),
};

const struct test_suite suite_open_calls = TEST_SUITE("open_calls", tests);
