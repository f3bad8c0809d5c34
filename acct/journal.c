/* journal.c - appending: a queue, one write per commit, syncing beside it */
#include "acct/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include "acct/journal_format.h"
#include "acct/journal_recover.h"
#include "base/alloc.h"
#include "base/err.h"

#define DEFAULT_SEGMENT_BYTES (INT64_C(64) << 20)
#define FIRST_QUEUE ((size_t)64 << 10)
#define MAX_QUEUE ((size_t)256 << 20) /* while commits fail */

struct journal {
	struct log *log;
	int dir_fd;
	struct journal_segment at; /* first_seq: of the first record in queue */
	int64_t segment_bytes;
	int fd;
	int64_t size;    /* of the segment, as far as committed */
	int64_t roll_at; /* a new segment from this size on */
	bool needs_cut;  /* something not committed is behind size */
	int64_t reserve_bytes;
	int64_t reserved_to; /* allocated on the disk up to this offset */
	int64_t next_seq;
	uint8_t *queue;
	size_t queue_len, queue_cap;

	/* Written by the worker, read by others. segment is stored before the
	 * bytes in it count as written. */
	_Atomic int64_t segment;
	_Atomic uint64_t written;
	_Atomic bool failing, low;
	_Atomic uint64_t unwritten;

	pthread_mutex_t sync_lock; /* for what follows */
	int sync_fd;               /* -1 = not open */
	int64_t sync_segment;
	uint64_t synced;
};

static const char *
name_of(const struct journal_segment *segment, char out[JOURNAL_NAME_MAX])
{
	journal_segment_name(segment, out);
	return out;
}

/* --- writing --- */

/* Close it, and give its reserve back. */
static void
end_segment(struct journal *j)
{
	if (j->fd < 0)
		return;
	if (j->reserved_to > j->size && !j->needs_cut &&
	    ftruncate(j->fd, j->size) != 0)
		log_warning(j->log, "journal: a reserve stays allocated: %s",
			    strerror(errno));
	close(j->fd);
	j->fd = -1;
}

static void
set_low(struct journal *j, bool low)
{
	char name[JOURNAL_NAME_MAX];

	if (atomic_exchange(&j->low, low) == low)
		return;
	if (low)
		log_error(j->log,
			  "journal %s: the disk is full, %s; calls in progress "
			  "are written into the last %lld bytes",
			  name_of(&j->at, name), strerror(errno),
			  (long long)(j->reserved_to - j->size));
	else
		log_info(j->log, "journal %s: the disk has room again",
			 name_of(&j->at, name));
}

/* Have blocks allocated behind offset size of fd, which are not part of the
 * file until they are written: up to *end. 0, or ERR_IO when there is no room.
 * Twice as much as needed is asked for first, so that it is not asked for
 * often. */
static int
reserve(struct journal *j, int fd, int64_t size, int64_t *end)
{
	if (j->reserve_bytes == 0 || size + j->reserve_bytes <= *end)
		return 0;
	for (int times = 2; times > 0; times--) {
		int64_t len = times * j->reserve_bytes;

		if (fallocate(fd, FALLOC_FL_KEEP_SIZE, size, len) != 0)
			continue;
		*end = size + len;
		return 0;
	}
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return ERR_IO;
	log_warning(j->log, "journal: this file system keeps no reserve");
	j->reserve_bytes = 0;
	return 0;
}

/* Create the segment j->at is to be; the old one stays when that fails, and
 * when only that one has a reserve. */
static int
begin_segment(struct journal *j, int64_t number, bool needs_reserve)
{
	char name[JOURNAL_NAME_MAX];
	struct journal_segment next = j->at;
	int64_t reserved_to = 0;
	int fd;

	next.number = number;
	fd = journal_segment_open(j->dir_fd, &next,
				  O_WRONLY | O_APPEND | O_CREAT | O_EXCL);
	if (fd < 0)
		return ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 ||
	    (reserve(j, fd, 0, &reserved_to) != 0 && needs_reserve)) {
		int saved = errno;

		unlinkat(j->dir_fd, name_of(&next, name), 0);
		close(fd);
		errno = saved;
		return ERR_IO;
	}
	end_segment(j);
	j->fd = fd;
	j->reserved_to = reserved_to;
	j->at.number = number;
	j->size = 0;
	j->roll_at = j->segment_bytes;
	j->needs_cut = false;
	atomic_store(&j->segment, number);
	return 0;
}

static void
roll_over(struct journal *j)
{
	char name[JOURNAL_NAME_MAX];

	if (begin_segment(j, j->at.number + 1, true) == 0)
		return;
	log_warning(j->log,
		    "journal %s: grows on, the next segment cannot be made: "
		    "%s",
		    name_of(&j->at, name), strerror(errno));
	j->roll_at = j->size + j->segment_bytes;
}

/* Take back what a failed write has left behind the last commit. */
static int
cut_back(struct journal *j)
{
	if (ftruncate(j->fd, j->size) != 0)
		return ERR_IO;
	j->reserved_to = j->size; /* it went too */
	j->needs_cut = false;
	return 0;
}

/* The queue, and before it the header of a segment that has none yet, in one
 * write: 0 or ERR_IO (errno). */
static int
write_queue(struct journal *j)
{
	uint8_t header[JOURNAL_HEADER_LEN];
	struct iovec parts[2] = { { header, j->size == 0 ? sizeof(header) : 0 },
				  { j->queue, j->queue_len } };
	size_t total = parts[0].iov_len + parts[1].iov_len;
	ssize_t n;
	int saved;

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

int
journal_commit(struct journal *j)
{
	int err;

	if (j->queue_len == 0)
		return 0;
	if (j->size >= j->roll_at && !j->needs_cut)
		roll_over(j);
	set_low(j, reserve(j, j->fd, j->size, &j->reserved_to) != 0);
	err = write_queue(j);
	note_outcome(j, err);
	atomic_store(&j->unwritten, err != 0 ? j->queue_len : 0);
	if (err != 0)
		return err;
	j->queue_len = 0;
	j->at.first_seq = j->next_seq;
	return 0;
}

static int
make_room(struct journal *j, size_t len)
{
	size_t needed = j->queue_len + len;
	size_t cap = j->queue_cap > 0 ? j->queue_cap : FIRST_QUEUE;
	uint8_t *queue;

	if (needed <= j->queue_cap)
		return 0;
	if (needed > MAX_QUEUE)
		return ERR_LIMIT;
	while (cap < needed)
		cap *= 2;
	queue = mem_realloc(j->queue, cap);
	if (queue == NULL)
		return ERR_NOMEM;
	j->queue = queue;
	j->queue_cap = cap;
	return 0;
}

int
journal_add(struct journal *j, const void *data, size_t len)
{
	struct journal_record record = { data, len, j->next_seq };
	int err;

	if (len == 0 || len > JOURNAL_RECORD_MAX)
		return ERR_LIMIT;
	err = make_room(j, JOURNAL_RECORD_HEAD + len);
	if (err != 0)
		return err;
	journal_record_head(&record, j->queue + j->queue_len);
	memcpy(j->queue + j->queue_len + JOURNAL_RECORD_HEAD, data, len);
	j->queue_len += JOURNAL_RECORD_HEAD + len;
	j->next_seq++;
	return 0;
}

bool
journal_is_failing(const struct journal *j)
{
	return atomic_load(&j->failing);
}

bool
journal_is_low(const struct journal *j)
{
	return atomic_load(&j->low);
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

/* --- syncing, in another thread than the worker's --- */

/* Have a descriptor of the segment to sync, and its name on the disk: 0,
 * ERR_NOTFOUND (it was pruned) or ERR_IO. */
static int
open_to_sync(struct journal *j)
{
	struct journal_segment segment = { .worker = j->at.worker,
					   .number = j->sync_segment };

	if (j->sync_fd >= 0)
		return 0;
	/* The rest of j->at is the worker's. */
	memcpy(segment.node, j->at.node, sizeof(segment.node));
	j->sync_fd = journal_segment_open(j->dir_fd, &segment, O_RDONLY);
	if (j->sync_fd < 0)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	return fsync(j->dir_fd) == 0 ? 0 : ERR_IO;
}

static int
sync_one(struct journal *j)
{
	int err = open_to_sync(j);

	if (err != 0)
		return err;
	return fdatasync(j->sync_fd) == 0 ? 0 : ERR_IO;
}

/* All segments from the last one that was synced up to this one. */
static int
sync_up_to(struct journal *j, int64_t last)
{
	int err = sync_one(j);

	while ((err == 0 || err == ERR_NOTFOUND) && j->sync_segment < last) {
		if (j->sync_fd >= 0)
			close(j->sync_fd);
		j->sync_fd = -1;
		j->sync_segment++;
		err = sync_one(j);
	}
	return err;
}

int
journal_sync(struct journal *j)
{
	uint64_t written;
	int err = 0;

	pthread_mutex_lock(&j->sync_lock);
	written = atomic_load(&j->written);
	if (written != j->synced)
		err = sync_up_to(j, atomic_load(&j->segment));
	if (err == 0)
		j->synced = written;
	pthread_mutex_unlock(&j->sync_lock);
	return err == ERR_NOTFOUND ? ERR_IO : err; /* errno is ENOENT */
}

/* --- opening --- */

/* Take over the numbers of the last segment, which stays locked until the new
 * one is. The new header is written at once: what cannot work is better known
 * now. */
static int
resume(struct journal *j, const char *directory)
{
	int err = journal_recover(j->dir_fd, directory, j->log, &j->at, &j->fd);

	j->next_seq = j->at.first_seq;
	if (err == 0)
		err = begin_segment(j, j->at.number + 1, false);
	j->sync_segment = j->at.number;
	return err != 0 ? err : write_queue(j);
}

static void
release(struct journal *j)
{
	int saved = errno;

	if (j->sync_fd >= 0)
		close(j->sync_fd);
	end_segment(j);
	if (j->dir_fd >= 0)
		close(j->dir_fd);
	pthread_mutex_destroy(&j->sync_lock);
	mem_free(j->queue);
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
	j->reserve_bytes = settings->reserve_bytes;
	j->fd = j->sync_fd = -1;
	pthread_mutex_init(&j->sync_lock, NULL);
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

void
journal_close(struct journal *j)
{
	if (j == NULL)
		return;
	journal_commit(j);
	journal_sync(j);
	release(j);
}
