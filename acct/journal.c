/* journal.c - appending: a queue, one write for many commits, syncing beside it */
#include "acct/journal_private.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"

#define FIRST_RETRY_MS 1000
#define MAX_RETRY_MS 60000

/* --- writing --- */

int
journal_write_tail(struct journal *j)
{
	const struct journal_tail *tail = &j->tail;

	return journal_writer_write(
	    &j->writer,
	    tail->written > 0 ? tail->bytes + tail->written : tail->bytes,
	    journal_tail_unwritten(tail));
}

void
journal_note_outcome(struct journal *j, int err)
{
	char name[JOURNAL_NAME_MAX];
	bool was_failing = atomic_exchange(&j->failing, err != 0);

	if (err != 0 && !was_failing)
		log_error(j->log,
			  "journal %s: cannot be written: %s; events wait in "
			  "memory until it can",
			  journal_writer_name(&j->writer, name),
			  strerror(errno));
	if (err == 0 && was_failing)
		log_info(j->log, "journal %s: can be written again",
			 journal_writer_name(&j->writer, name));
}

/* --- what a failed sync may have lost --- */

static void
log_doubt(struct journal *j)
{
	char name[JOURNAL_NAME_MAX];

	log_error(j->log,
		  "journal %s: cannot be synced: %s; records %lld to %lld may "
		  "not be on the disk, and go into another segment again",
		  journal_writer_name(&j->writer, name), strerror(j->sync.error),
		  (long long)j->doubt_from, (long long)j->next_seq - 1);
	j->was_in_doubt = true;
}

static void
wait_longer(struct journal *j, int64_t now_ms)
{
	j->retry_ms = j->retry_ms == 0 ? FIRST_RETRY_MS : 2 * j->retry_ms;
	if (j->retry_ms > MAX_RETRY_MS)
		j->retry_ms = MAX_RETRY_MS;
	j->restart_at_ms = now_ms + j->retry_ms;
}

/* The segment could not be synced: all that is not known to be safe goes into
 * another one. Not at once again when that fails, too. */
static void
start_over(struct journal *j)
{
	int64_t now_ms = clock_mono_ms(&j->clock);
	int64_t next_written = j->writer.at.first_seq;

	if (!j->was_in_doubt)
		log_doubt(j);
	if (j->restarting || now_ms < j->restart_at_ms)
		return;
	wait_longer(j, now_ms);
	j->kept_from = journal_tail_first(&j->tail, j->next_seq);
	j->writer.at.first_seq = j->kept_from;
	if (journal_writer_begin(&j->writer, j->writer.at.number + 1, false) != 0) {
		j->writer.at.first_seq = next_written;
		return;
	}
	j->tail.written = 0;
	j->restarting = true;
}

/* It was synced again. */
static void
end_doubt(struct journal *j)
{
	char name[JOURNAL_NAME_MAX];

	if (j->kept_from > j->doubt_from)
		log_error(j->log,
			  "journal %s: records %lld to %lld were not in memory "
			  "any more, and stay in doubt",
			  journal_writer_name(&j->writer, name), (long long)j->doubt_from,
			  (long long)j->kept_from - 1);
	log_info(j->log, "journal %s: synced; records from %lld on are safe",
		 journal_writer_name(&j->writer, name), (long long)j->kept_from);
	j->was_in_doubt = false;
	j->retry_ms = 0;
}

/* What was synced since the last time is let go. */
static void
settle(struct journal *j)
{
	uint64_t safe;

	if (atomic_load(&j->sync.in_doubt)) {
		start_over(j);
		return;
	}
	safe = atomic_load(&j->sync.safe);
	if (j->was_in_doubt && !atomic_load(&j->sync.is_new))
		end_doubt(j);
	journal_tail_drop(&j->tail, safe);
	if (safe >= j->tail.start && !j->was_in_doubt)
		j->doubt_from = journal_tail_first(&j->tail, j->next_seq);
}

static void
note_written(struct journal *j)
{
	if (j->restarting)
		journal_sync_restart(&j->sync, j->writer.at.number, j->tail.start);
	j->restarting = false;
	journal_tail_note_written(&j->tail);
	journal_front_empty(&j->front);
	journal_sync_note_written(
	    &j->sync, journal_tail_position(&j->tail), j->next_seq);
	j->writer.at.first_seq = j->next_seq;
}

static int
write_on(struct journal *j)
{
	int err;

	if (journal_writer_is_long(&j->writer) &&
	    journal_writer_roll(&j->writer))
		atomic_store(&j->sync.segment, j->writer.at.number);
	journal_writer_seek_room(&j->writer);
	err = journal_write_tail(j);
	journal_note_outcome(j, err);
	if (err == 0)
		note_written(j);
	return err;
}

/* From now on each commit writes. */
static void
lose_front(struct journal *j)
{
	char name[JOURNAL_NAME_MAX];

	log_error(j->log,
		  "journal %s: its front, the file for what is to be written "
		  "soon, was deleted, cut or cannot be stored into; events are "
		  "written at once from now on",
		  journal_writer_name(&j->writer, name));
	journal_front_close(&j->front);
}

/* After settle. */
static int
write_what_waits(struct journal *j)
{
	size_t waiting = journal_tail_unwritten(&j->tail);
	int err = 0;

	if (waiting > 0 || j->restarting || journal_is_failing(j))
		err = write_on(j);
	else if (journal_is_low(j))
		journal_writer_seek_room(&j->writer);
	atomic_store_explicit(&j->deferred, 0, memory_order_release);
	/* What a crash or a power cut could cost. */
	atomic_store(&j->unwritten, atomic_load(&j->sync.in_doubt)
					? j->tail.len
					: journal_tail_unwritten(&j->tail));
	return err;
}

int
journal_write(struct journal *j)
{
	int err;

	settle(j);
	err = write_what_waits(j);
	/* What somebody deletes takes 20 ms of events with it, not all. */
	if (journal_front_is_gone(&j->front))
		lose_front(j);
	return err;
}

bool
journal_is_deferred(const struct journal *j)
{
	size_t waiting = journal_tail_unwritten(&j->tail);

	return waiting > 0 && waiting == j->front.len && !j->restarting &&
	       !journal_is_failing(j) && !journal_is_low(j) &&
	       !atomic_load(&j->sync.in_doubt);
}

int
journal_commit(struct journal *j)
{
	settle(j);
	if (!journal_is_deferred(j))
		return write_what_waits(j);
	atomic_store_explicit(&j->deferred, j->front.len,
			      memory_order_relaxed);
	return 0;
}

/* The record behind the first `before` bytes that wait; unless one of those did
 * not fit. */
static void
put_in_front(struct journal *j, size_t before)
{
	const struct journal_tail *tail = &j->tail;
	size_t len = journal_tail_unwritten(tail) - before;

	if (j->front.bytes == NULL || j->front.len != before)
		return;
	if (!journal_front_put(&j->front, tail->bytes + tail->len - len, len) &&
	    journal_front_is_lost(&j->front))
		lose_front(j);
}

int
journal_add(struct journal *j, const void *data, size_t len)
{
	size_t before = journal_tail_unwritten(&j->tail);
	int err;

	if (len == 0 || len > JOURNAL_RECORD_MAX)
		return ERR_LIMIT;
	err = journal_tail_add(&j->tail, data, len, j->next_seq);
	if (err == ERR_NOMEM && journal_write(j) == 0) {
		before = journal_tail_unwritten(&j->tail);
		err = journal_tail_add(&j->tail, data, len, j->next_seq);
	}
	if (err != 0)
		return err;
	j->next_seq++;
	put_in_front(j, before);
	return 0;
}

bool
journal_is_unsettled(const struct journal *j)
{
	return j->tail.len > 0 || journal_is_low(j) || journal_is_failing(j);
}

bool
journal_is_failing(const struct journal *j)
{
	return atomic_load(&j->failing);
}

bool
journal_is_low(const struct journal *j)
{
	return atomic_load(&j->writer.reserve.is_low);
}

uint64_t
journal_unwritten(const struct journal *j)
{
	return atomic_load(&j->unwritten);
}

uint64_t
journal_deferred(const struct journal *j)
{
	return atomic_load_explicit(&j->deferred, memory_order_relaxed);
}

uint64_t
journal_bytes(const struct journal *j)
{
	return atomic_load(&j->writer.written);
}

void
journal_add_figures(const struct journal *j, struct journal_figures *sum)
{
	journal_sync_add_figures(&j->sync, sum);
}

int
journal_sync(struct journal *j)
{
	return journal_sync_run(&j->sync);
}
