/* test_heal.c - open calls on their way to the workers; what workers do with
 * them is seen end to end (tests/e2e/test_restart.py) */
#include "lcrproxy/heal.h"

#include <stdio.h>

#include "base/err.h"
#include "lcrproxy/resume.h"
#include "tests/unit/harness.h"

extern const struct test_suite suite_heal;

static const struct hash_key key = { 3, 4 };

static struct open_call
call_of(const char *call_id, time_us answer)
{
	return (struct open_call){
		.call_id = str_of(call_id),
		.from_tag = str_of("from"),
		.to_tag = str_of("to"),
		.setup = answer - 5,
		.answer = answer,
		.account = str_of("acme"),
		.gateway = str_of("blue1"),
	};
}

static void
names_are_sorted(void)
{
	struct heal_report *report = heal_report_new(7);
	char id[16];

	if (!OK(report != NULL ? 0 : ERR_NOMEM))
		return;
	for (int i = 0; i < 40; i++) {
		struct open_call call;

		snprintf(id, sizeof(id), "call%d", i);
		call = call_of(id, 100);
		if (!OK(heal_report_add(report, &key, &call, i % 2 == 0)))
			goto out;
	}
	heal_report_finish(report);
	CHECK(report->n == 40 && report->as_of_us == 7);
	for (size_t i = 1; i < report->n; i++)
		CHECK(report->names[i - 1] < report->names[i]);
	CHECK(report->first != NULL && report->mail.open != NULL);
out:
	heal_report_free(report);
}

/* No worker is there yet: the report waits. */
static void
reports_wait_for_workers(void)
{
	struct log log;
	struct node node = { .log = &log, .n_workers = 3, .hash_key = key,
			     .started_us = 1000 };
	const struct open_calls_listener *listener;
	const struct open_call call = call_of("call", 100);
	struct resume *resume = NULL;

	log_init(&log, -1, LOG_LEVEL_ERROR);
	if (!OK(resume_new(&node, &resume)))
		return;
	listener = resume_listener(resume);
	/* one that breaks off, one that does not, and one too many */
	for (int i = 0; i < 3; i++) {
		listener->begin(listener->arg, 50);
		listener->each(listener->arg, &call);
		listener->end(listener->arg, i == 0 ? ERR_DB : 0);
	}
	resume_close(resume);
	resume_free(resume);
}

static const struct test tests[] = {
	{ "the names of open calls are sorted", names_are_sorted, false },
	{ "reports wait for the workers", reports_wait_for_workers, false },
};
const struct test_suite suite_heal = TEST_SUITE("heal", tests);
