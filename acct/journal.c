/* journal.c - appending: a queue, one write per commit, syncing beside it */
#include "acct/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include "acct/journal_format.h"
#include "acct/journal_recover.h"
#include "acct/journal_reserve.h"
#include "acct/journal_sync.h"
#include "acct/journal_tail.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"

#define DEFAULT_SEGMENT_BYTES (INT64_C(64) << 20)
#define MAX_KEPT ((size_t)64 << 20) /* written, but not known to be safe */
#define FIRST_RETRY_MS 1000
#define MAX_RETRY_MS 60000

struct journal {
	struct log *log;
	int dir_fd, fd;
	struct journal_segment at; /* first_seq: of the next record written */
	int64_t segment_bytes;
	int64_t size;    /* of the segment, as far as committed */
	int64_t roll_at; /* a new segment from this size on */
	bool needs_cut;  /* something not committed is behind size */
	struct journal_reserve reserve;
	int64_t next_seq;
	struct journal_tail tail;
	struct clock clock;
	bool was_in_doubt;  /* and that was logged */
	bool restarting;    /* a segment was begun for what is in doubt */
	int64_t doubt_from; /* sequence number: all before is safe */
	int64_t kept_from;  /* the first that is written again */
	int64_t restart_at_ms, retry_ms;

	/* Written by the worker, read by others. */
	_Atomic uint64_t written, unwritten;
	_Atomic bool failing;

	struct journal_sync sync;
};

static const char *
name_of(const struct journal_segment *segment, char out[JOURNAL_NAME_MAX])
{
	journal_segment_name(segment, out);
	return out;
}

/* --- writing --- */

static bool
is_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

/* Take back what a failed write has left behind the last commit, or what is
 * reserved there. */
static int
cut_back(struct journal *j)
{
	if (ftruncate(j->fd, j->size) != 0)
		return ERR_IO;
	j->reserve.to = j->size;
	j->needs_cut = false;
	return 0;
}

/* Close it, and give its reserve back. */
static void
end_segment(struct journal *j)
{
	if (j->fd < 0)
		return;
	if (journal_reserve_left(&j->reserve, j->size) > 0 && !j->needs_cut &&
	    cut_back(j) != 0)
		log_warning(j->log, "journal: a reserve stays allocated: %s",
			    strerror(errno));
	close(j->fd);
	j->fd = -1;
}

static void
seek_room(struct journal *j)
{
	journal_reserve_seek(&j->reserve, j->fd, j->size, &j->at, j->log);
}

/* Create the segment j->at is to be; the old one stays when that fails, and
 * when only that one has a reserve. Otherwise the new one gets what the old one
 * had. */
static int
begin_segment(struct journal *j, int64_t number, bool needs_reserve)
{
	struct journal_reserve reserve = { .wanted = j->reserve.wanted };
	char name[JOURNAL_NAME_MAX];
	struct journal_segment next = j->at;
	int fd;

	next.number = number;
	fd = journal_segment_open(j->dir_fd, &next,
				  O_WRONLY | O_APPEND | O_CREAT | O_EXCL);
	if (fd < 0)
		return ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 ||
	    (journal_reserve_make(&reserve, fd, 0) != 0 && needs_reserve)) {
		int saved = errno;

		unlinkat(j->dir_fd, name_of(&next, name), 0);
		close(fd);
		errno = saved;
		return ERR_IO;
	}
	end_segment(j);
	journal_reserve_extend(&reserve, fd, 0);
	j->fd = fd;
	j->reserve.to = reserve.to;
	j->at.number = number;
	j->size = 0;
	j->roll_at = j->segment_bytes;
	j->needs_cut = false;
	return 0;
}

static void
roll_over(struct journal *j)
{
	char name[JOURNAL_NAME_MAX];

	if (begin_segment(j, j->at.number + 1, true) == 0) {
		atomic_store(&j->sync.segment, j->at.number);
		return;
	}
	log_warning(j->log,
		    "journal %s: grows on, the next segment cannot be made: "
		    "%s",
		    name_of(&j->at, name), strerror(errno));
	j->roll_at = j->size + j->segment_bytes;
}

/* What is not written of the tail, and before it the header of a segment that
 * has none yet, in one write: 0 or ERR_IO (errno). */
static int
write_tail(struct journal *j)
{
	const struct journal_tail *tail = &j->tail;
	uint8_t header[JOURNAL_HEADER_LEN];
	struct iovec parts[2] = { { header, j->size == 0 ? sizeof(header) : 0 },
				  { tail->bytes, tail->len - tail->written } };
	size_t total = parts[0].iov_len + parts[1].iov_len;
	ssize_t n;
	int saved;

	if (tail->written > 0)
		parts[1].iov_base = tail->bytes + tail->written;
	if (j->needs_cut && cut_back(j) != 0)
		return ERR_IO;
	journal_header_encode(&j->at, header);
	do
		n = writev(j->fd, parts, 2);
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)total) {
		j->size += n;
		atomic_fetch_add(&j->written, (uint64_t)n);
		return 0;
	}
	saved = n < 0 ? errno : ENOSPC;
	j->needs_cut = n > 0;
	if (j->needs_cut)
		cut_back(j);
	errno = saved;
	return ERR_IO;
}

static void
note_outcome(struct journal *j, int err)
{
	char name[JOURNAL_NAME_MAX];
	bool was_failing = atomic_exchange(&j->failing, err != 0);

	if (err != 0 && !was_failing)
		log_error(j->log,
			  "journal %s: cannot be written: %s; events wait in "
			  "memory until it can",
			  name_of(&j->at, name), strerror(errno));
	if (err == 0 && was_failing)
		log_info(j->log, "journal %s: can be written again",
			 name_of(&j->at, name));
}

/* --- what a failed sync may have lost --- */

static void
log_doubt(struct journal *j)
{
	char name[JOURNAL_NAME_MAX];

	log_error(j->log,
		  "journal %s: cannot be synced: %s; records %lld to %lld may "
		  "not be on the disk, and go into another segment again",
		  name_of(&j->at, name), strerror(j->sync.error),
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
	int64_t next_written = j->at.first_seq;

	if (!j->was_in_doubt)
		log_doubt(j);
	if (j->restarting || now_ms < j->restart_at_ms)
		return;
	wait_longer(j, now_ms);
	j->kept_from = journal_tail_first(&j->tail, j->next_seq);
	j->at.first_seq = j->kept_from;
	if (begin_segment(j, j->at.number + 1, false) != 0) {
		j->at.first_seq = next_written;
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
			  name_of(&j->at, name), (long long)j->doubt_from,
			  (long long)j->kept_from - 1);
	log_info(j->log, "journal %s: synced; records from %lld on are safe",
		 name_of(&j->at, name), (long long)j->kept_from);
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
		journal_sync_restart(&j->sync, j->at.number, j->tail.start);
	j->restarting = false;
	journal_tail_note_written(&j->tail);
	journal_sync_note_written(
	    &j->sync, journal_tail_position(&j->tail), j->next_seq);
	j->at.first_seq = j->next_seq;
}

static int
write_on(struct journal *j)
{
	int err;

	if (j->size >= j->roll_at && !j->needs_cut)
		roll_over(j);
	seek_room(j);
	err = write_tail(j);
	note_outcome(j, err);
	if (err == 0)
		note_written(j);
	return err;
}

int
journal_commit(struct journal *j)
{
	int err = 0;

	settle(j);
	if (j->tail.written < j->tail.len || j->restarting ||
	    journal_is_failing(j))
		err = write_on(j);
	else if (journal_is_low(j))
		seek_room(j);
	/* What a crash or a power cut could cost. */
	atomic_store(&j->unwritten, atomic_load(&j->sync.in_doubt)
					? j->tail.len
					: j->tail.len - j->tail.written);
	return err;
}

int
journal_add(struct journal *j, const void *data, size_t len)
{
	int err;

	if (len == 0 || len > JOURNAL_RECORD_MAX)
		return ERR_LIMIT;
	err = journal_tail_add(&j->tail, data, len, j->next_seq);
	if (err == ERR_NOMEM && journal_commit(j) == 0)
		err = journal_tail_add(&j->tail, data, len, j->next_seq);
	if (err == 0)
		j->next_seq++;
	return err;
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
	return atomic_load(&j->reserve.is_low);
}

uint64_t
journal_unwritten(const struct journal *j)
{
	return atomic_load(&j->unwritten);
}

uint64_t
journal_bytes(const struct journal *j)
{
	return atomic_load(&j->written);
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

/* --- opening --- */

/* The segment after the last one, and its header at once: what cannot work is
 * better known now. A full disk may have no room for its name before the last one
 * has given back its reserve, nor for a header before the first record. */
static int
begin_first(struct journal *j)
{
	int64_t number = j->at.number + 1;
	int err = begin_segment(j, number, false);

	if (err != 0 && j->fd >= 0 && is_full(errno) && cut_back(j) == 0)
		err = begin_segment(j, number, false);
	if (err != 0)
		return err;
	seek_room(j);
	err = write_tail(j);
	if (err != 0 && is_full(errno)) {
		note_outcome(j, err);
		return 0;
	}
	return err;
}

/* Take over the numbers and the reserve of the last segment, which stays locked
 * until the new one is. */
static int
resume(struct journal *j, const char *directory)
{
	struct journal_recovered last;
	int err = journal_recover(j->dir_fd, directory, j->log, &j->at, &last);

	j->fd = last.fd;
	j->size = last.size;
	j->reserve.to = last.allocated_to;
	j->next_seq = j->doubt_from = j->at.first_seq;
	if (err == 0)
		err = begin_first(j);
	journal_sync_fini(&j->sync);
	journal_sync_init(&j->sync, j->dir_fd, &j->at);
	return err;
}

static void
release(struct journal *j)
{
	int saved = errno;

	journal_sync_fini(&j->sync);
	/* Its reserve is for whoever goes on. */
	if (j->fd >= 0)
		close(j->fd);
	if (j->dir_fd >= 0)
		close(j->dir_fd);
	journal_tail_fini(&j->tail);
	mem_free(j);
	errno = saved;
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
	j->log = log;
	strcpy(j->at.node, settings->node);
	j->at.worker = settings->worker;
	j->segment_bytes = settings->segment_bytes > 0 ? settings->segment_bytes
						       : DEFAULT_SEGMENT_BYTES;
	j->reserve.wanted = settings->reserve_bytes;
	j->fd = -1;
	clock_init_system(&j->clock);
	journal_tail_init(&j->tail, settings->is_synced ? MAX_KEPT : 0);
	journal_sync_init(&j->sync, -1, &j->at);
	j->dir_fd =
	    open(settings->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	err = j->dir_fd >= 0 ? resume(j, settings->directory) : ERR_IO;
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
	if (journal_commit(j) != 0 || journal_sync(j) != 0)
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
	journal_commit(j);
	sync_finally(j);
	release(j);
}
