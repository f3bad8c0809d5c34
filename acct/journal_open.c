/* journal_open.c - where the last writer has stopped, and how this one ends */
#include "acct/journal_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "acct/journal_recover.h"
#include "base/alloc.h"
#include "base/err.h"

#define DEFAULT_SEGMENT_BYTES (INT64_C(64) << 20)
#define MAX_KEPT ((size_t)64 << 20) /* written, but not known to be safe */

static bool
is_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

/* The segment after the last one, and its header at once: what cannot work is
 * better known now. A full disk may have no room for its name before the last one
 * has given back its reserve, nor for a header before the first record. */
static int
begin_first(struct journal *j)
{
	struct journal_writer *writer = &j->writer;
	int64_t number = writer->at.number + 1;
	int err = journal_writer_begin(writer, number, false);

	if (err != 0 && writer->fd >= 0 && is_full(errno) &&
	    journal_writer_cut(writer) == 0)
		err = journal_writer_begin(writer, number, false);
	if (err != 0)
		return err;
	journal_writer_seek_room(writer);
	err = journal_write_tail(j);
	if (err != 0 && is_full(errno)) {
		journal_note_outcome(j, err);
		return 0;
	}
	return err;
}

/* Take over the numbers and the reserve of the last segment, which stays locked
 * until the new one is. */
static int
resume(struct journal *j, const char *directory)
{
	struct journal_writer *writer = &j->writer;
	struct journal_recovered last;
	int err = journal_recover(j->dir_fd, directory, j->log, &writer->at,
				  &last);

	writer->dir_fd = j->dir_fd;
	writer->fd = last.fd;
	writer->size = last.size;
	writer->reserve.to = last.allocated_to;
	j->next_seq = j->doubt_from = writer->at.first_seq;
	if (err == 0)
		err = begin_first(j);
	journal_sync_fini(&j->sync);
	journal_sync_init(&j->sync, j->dir_fd, &writer->at);
	return err;
}

/* Records that are in the front only: of who was killed, or whose segment has
 * lost more than its front when the power failed. */
static int
add_left_over(struct journal *j, struct journal_front_copy *copy)
{
	struct journal_record record;
	int64_t seq = j->next_seq, first = seq;
	int err = 0;

	while (err == 0 && journal_front_next(copy, seq, &record)) {
		if (record.seq != seq)
			log_error(j->log,
				  "journal %s.%d: before record %lld in its "
				  "front records from %lld on are missing",
				  j->writer.at.node, j->writer.at.worker,
				  (long long)record.seq, (long long)seq);
		seq = record.seq + 1;
		err = journal_tail_add(&j->tail, record.data, record.len,
				       j->next_seq);
		j->next_seq += err == 0;
	}
	if (j->next_seq > first)
		log_info(j->log,
			 "journal %s.%d: %lld records were in its front only, "
			 "and are written now",
			 j->writer.at.node, j->writer.at.worker,
			 (long long)(j->next_seq - first));
	return err;
}

/* What is left in the front goes into the segment: 0, also when it cannot be
 * written yet and waits in both, ERR_IO (it cannot be read) or ERR_NOMEM. */
static int
adopt_front(struct journal *j)
{
	struct journal_front_copy copy;
	int err = journal_front_read(j->dir_fd, &j->writer.at, &copy);

	if (err == 0)
		err = add_left_over(j, &copy);
	journal_front_copy_free(&copy);
	if (err == 0)
		(void)journal_write(j);
	return err;
}

/* While what was left in the old one is nowhere else there is no new one. */
static void
begin_front(struct journal *j)
{
	int err;

	if (journal_tail_unwritten(&j->tail) > 0)
		return;
	err = journal_front_open(&j->front, j->dir_fd, &j->writer.at);
	if (err != 0)
		log_info(j->log,
			 "journal %s.%d: has no front, each commit is written "
			 "at once: %s",
			 j->writer.at.node, j->writer.at.worker,
			 err == ERR_IO ? strerror(errno) : err_text(err));
}

static void
release(struct journal *j)
{
	int saved = errno;

	journal_sync_fini(&j->sync);
	journal_front_close(&j->front);
	/* Its reserve is for whoever goes on. */
	if (j->writer.fd >= 0)
		close(j->writer.fd);
	if (j->dir_fd >= 0)
		close(j->dir_fd);
	journal_tail_fini(&j->tail);
	mem_free(j);
	errno = saved;
}

static int
open_parts(struct journal *j, const struct journal_settings *settings)
{
	int err;

	j->dir_fd =
	    open(settings->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->dir_fd < 0)
		return ERR_IO;
	err = resume(j, settings->directory);
	if (err == 0)
		err = adopt_front(j);
	if (err == 0 && settings->has_front)
		begin_front(j);
	return err;
}

int
journal_open(const struct journal_settings *settings, struct log *log,
	     struct journal **out)
{
	struct journal *j;
	int err;

	if (!journal_node_is_valid(settings->node) || settings->worker < 0)
		return ERR_INVAL;
	j = mem_zalloc(1, sizeof(*j));
	if (j == NULL)
		return ERR_NOMEM;
	j->log = j->writer.log = log;
	strcpy(j->writer.at.node, settings->node);
	j->writer.at.worker = settings->worker;
	j->writer.segment_bytes = settings->segment_bytes > 0
				      ? settings->segment_bytes
				      : DEFAULT_SEGMENT_BYTES;
	j->writer.reserve.wanted = settings->reserve_bytes;
	j->writer.fd = -1;
	clock_init_system(&j->clock);
	journal_tail_init(&j->tail, settings->is_synced ? MAX_KEPT : 0);
	journal_sync_init(&j->sync, -1, &j->writer.at);
	err = open_parts(j, settings);
	if (err != 0) {
		release(j);
		return err;
	}
	*out = j;
	return 0;
}

/* The last chance of what is in doubt. */
static void
sync_finally(struct journal *j)
{
	if (journal_sync(j) == 0)
		return;
	j->restart_at_ms = 0;
	if (journal_write(j) != 0 || journal_sync(j) != 0)
		log_error(j->log,
			  "journal: closed in doubt: records %lld to %lld may "
			  "not be on the disk",
			  (long long)journal_tail_first(&j->tail, j->next_seq),
			  (long long)j->next_seq - 1);
}

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	journal_write(j);
	sync_finally(j);
	if (journal_tail_unwritten(&j->tail) == 0)
		journal_front_remove(j->dir_fd, &j->writer.at);
	release(j);
}
