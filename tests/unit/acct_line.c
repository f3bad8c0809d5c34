/* acct_line.c - see acct_line.h */
#include "tests/unit/acct_line.h"

int
open_line(struct line *line, struct store *store, size_t batch_events)
{
	struct shipper_settings settings = { .directory = line->dir,
					     .node = "pop1",
					     .batch_events = batch_events };
	int err;

	*line = (struct line){ .store = store };
	fresh_dir(line->dir);
	err = open_journal(line->dir, 0, &line->journal);
	return err != 0 ? err : shipper_new(&settings, NULL, &line->shipper);
}

void
close_line(struct line *line)
{
	shipper_free(line->shipper);
	journal_close(line->journal);
}

int
ship(struct line *line)
{
	size_t n = 1;
	int err = journal_commit(line->journal);

	while (err == 0 && n > 0)
		err = shipper_run(line->shipper, line->store, &n);
	return err;
}

int
ship_event(struct line *line, const struct event *event)
{
	int err = put_event(line->journal, event);

	return err != 0 ? err : ship(line);
}

bool
check_end(struct store *store, const char *expected, const char *file, int line)
{
	static const char sqlite[] =
	    "SELECT to_tag, status, end_time - setup_time, duration_us,"
	    " end_source, sip_code, q850_cause, reason, token FROM cdr";
	static const char postgresql[] =
	    "SELECT to_tag, status,"
	    " (extract(epoch FROM end_time - setup_time) * 1000000)::bigint,"
	    " duration_us, end_source, sip_code, q850_cause, reason, token"
	    " FROM cdr";

	return db_check_rows(
	    store, store_dialect(store) == STORE_SQLITE ? sqlite : postgresql,
	    "ssiisiiss", expected, file, line);
}
