/* test_journal_store.c - journals as a store in memory */
#include "cdr-tools/journal_store.h"

#include <sys/stat.h>

#include "acct/event.h"
#include "acct/journal.h"
#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/cdr_help.h"

#define S US_PER_S
#define SETUP (INT64_C(1793527200) * S)

static int
write_event(struct journal *journal, const struct event *event)
{
	uint8_t bytes[2048];
	struct wbuf w;
	int err;

	wbuf_init(&w, bytes, sizeof(bytes));
	event_encode(&w, event);
	err = w.err != 0 ? w.err : journal_add(journal, bytes, w.len);
	return err != 0 ? err : journal_commit(journal);
}

static void
set_identity(struct cdr *cdr, const char *call_id, const char *to_tag)
{
	cdr->call_id = call_id;
	cdr->from_tag = "from";
	cdr->to_tag = to_tag;
	cdr->setup_time = SETUP;
	cdr->node = "pop1";
}

/* A call as two workers' journals have it: the end may come first. */
static int
write_start(struct journal *journal)
{
	struct event event;

	event_init(&event, EVENT_START);
	set_identity(&event.cdr, "one@example", "to");
	event.cdr.account = "acme";
	event.cdr.number = "4989";
	event.cdr.answer_time = SETUP + 5 * S;
	event.cdr.status = "open";
	return write_event(journal, &event);
}

static int
write_stop(struct journal *journal)
{
	struct event event;

	event_init(&event, EVENT_STOP);
	set_identity(&event.cdr, "one@example", "to");
	event.cdr.answer_time = SETUP + 5 * S;
	event.cdr.end_time = SETUP + 65 * S;
	event.cdr.end_source = "caller";
	event.cdr.status = "answered";
	return write_event(journal, &event);
}

static int
write_attempt(struct journal *journal)
{
	struct event event;

	event_init(&event, EVENT_ATTEMPT);
	event.attempt.call_id = "one@example";
	event.attempt.from_tag = "from";
	event.attempt.setup_time = SETUP;
	event.attempt.hop = 1;
	event.attempt.gateway = "red1";
	event.attempt.outcome = "answered";
	return write_event(journal, &event);
}

static int
write_garbage(struct journal *journal)
{
	int err = journal_add(journal, "\xFF\xFFgarbage", 9);

	return err != 0 ? err : journal_commit(journal);
}

static int
write_journal(const char *dir, int worker,
	      int (*const *writers)(struct journal *journal))
{
	const struct journal_settings settings = { .directory = dir,
						   .node = "pop1",
						   .worker = worker };
	struct journal *journal;
	int err = journal_open(&settings, NULL, &journal);

	if (err != 0)
		return err;
	for (; *writers != NULL && err == 0; writers++)
		err = (*writers)(journal);
	journal_close(journal);
	return err;
}

/* Once per program: reading does not change the journals. */
static const char *
make_journals(char out[256])
{
	static int (*const first[])(
	    struct journal * journal) = { write_stop, write_attempt, NULL };
	static int (*const second[])(
	    struct journal * journal) = { write_garbage, write_start, NULL };

	snprintf(out, 256, "%s/journals", test_dir());
	if (mkdir(out, 0700) == 0) {
		OK(write_journal(out, 0, first));
		OK(write_journal(out, 1, second));
	}
	return out;
}

static size_t
count_sources(const char *dir)
{
	struct journal_source *sources;
	size_t n = 0;

	if (OK(journal_list(dir, &sources, &n)))
		mem_free(sources);
	return n;
}

static void
check_store(struct store *store)
{
	ROWS(store,
	     "SELECT call_id, account, number, answer_time, end_time,"
	     " duration_us, status, end_source FROM cdr",
	     "sssttiss",
	     "one@example|acme|4989|1793527205000000|1793527265000000|"
	     "60000000|answered|caller");
	ROWS(store, "SELECT call_id, hop, gateway, outcome FROM cdr_attempt",
	     "siss", "one@example|1|red1|answered");
}

static void
events_become_records(void)
{
	char dir[256], error[STORE_ERROR_MAX];
	struct journal_count count;
	struct store *store;

	if (!OK(journal_store_open(make_journals(dir), NULL, &store, &count,
				   error)))
		return;
	CHECK(count.events == 3);
	CHECK(count.bad_events == 1);
	CHECK(count.corrupt_bytes == 0);
	check_store(store);
	store_close(store);
	CHECK(count_sources(dir) == 2);
	/* and once more: nothing was moved on, nothing was removed */
	if (!OK(journal_store_open(dir, NULL, &store, &count, error)))
		return;
	check_store(store);
	store_close(store);
}

/* More than one batch of the shipper. */
#define MANY 6000

static int
write_many(struct journal *journal)
{
	struct event event;
	uint8_t bytes[512];
	struct wbuf w;
	int err = 0;

	for (int i = 0; i < MANY && err == 0; i++) {
		event_init(&event, EVENT_REFRESH);
		set_identity(&event.cdr, "one@example", "to");
		event.cdr.setup_time += i;
		wbuf_init(&w, bytes, sizeof(bytes));
		event_encode(&w, &event);
		err = w.err != 0 ? w.err : journal_add(journal, bytes, w.len);
	}
	return err != 0 ? err : journal_commit(journal);
}

static void
all_batches_are_read(void)
{
	static int (*const writers[])(struct journal * journal) = { write_many,
								    NULL };
	char dir[256], error[STORE_ERROR_MAX], rows[16];
	struct journal_count count;
	struct store *store;

	snprintf(dir, sizeof(dir), "%s/many", test_dir());
	CHECK(mkdir(dir, 0700) == 0);
	if (!OK(write_journal(dir, 0, writers)) ||
	    !OK(journal_store_open(dir, NULL, &store, &count, error)))
		return;
	CHECK(count.events == MANY);
	snprintf(rows, sizeof(rows), "%d", MANY);
	ROWS(store, "SELECT count(*) FROM cdr", "i", rows);
	store_close(store);
}

static void
directories_must_have_journals(void)
{
	char dir[256], error[STORE_ERROR_MAX];
	struct journal_count count;
	struct store *store;

	snprintf(dir, sizeof(dir), "%s/none", test_dir());
	mkdir(dir, 0700);
	CHECK(journal_store_open(dir, NULL, &store, &count, error) ==
	      ERR_NOTFOUND);
	CHECK(strstr(error, "no journals there") != NULL);
	CHECK(journal_store_open("/nowhere", NULL, &store, &count, error) ==
	      ERR_IO);
	CHECK(strstr(error, "/nowhere: ") != NULL);
}

static const struct test tests[] = {
	{ "events of several journals become records", events_become_records,
	  false },
	{ "journals may be of any length", all_batches_are_read, true },
	{ "a directory without journals is refused",
	  directories_must_have_journals, true },
};
const struct test_suite suite_journal_store =
    TEST_SUITE("journal_store", tests);
