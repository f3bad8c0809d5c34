/*
 * acct_line.h - one journal and its shipper, for the tests of acct/
 */
#ifndef TESTS_UNIT_ACCT_LINE_H
#define TESTS_UNIT_ACCT_LINE_H

#include "acct/shipper.h"
#include "tests/unit/acct_call.h"
#include "tests/unit/acct_journal.h"
#include "tests/unit/db_help.h"

/* The journal pop1.0 on its way into the store. */
struct line {
	struct store *store; /* the test's */
	struct journal *journal;
	struct shipper *shipper;
	char dir[PATH_LEN];
};

/* To be closed also when it fails; batch_events 0 = the default. */
int open_line(struct line *line, struct store *store, size_t batch_events);
void close_line(struct line *line);
/* Commit and ship until nothing waits. */
int ship(struct line *line);
/* Add one event, and the same. */
int ship_event(struct line *line, const struct event *event);

#define COUNT(store, table, n) \
	ROWS(store, "SELECT count(*) FROM " table, "i", n)

/* Check what the only record says of its end: to_tag, status, end_time -
 * setup_time, duration_us, end_source, sip_code, q850_cause, reason, token. */
bool check_end(struct store *store, const char *expected, const char *file,
	       int line);
#define END_ROW(store, expected) \
	check_end(store, expected, __FILE__, __LINE__)

#endif
