/* journal_sync.c - fdatasync, and what to make of it when it fails */
#include "acct/journal_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"

void
journal_sync_init(struct journal_sync *sync, int dir_fd,
		  const struct journal_segment *first)
{
	sync->dir_fd = dir_fd;
	sync->like = *first;
	sync->fd = -1;
	sync->opened_seq = first->first_seq;
	atomic_store(&sync->seq, first->first_seq);
	atomic_store(&sync->is_new, true);
	atomic_store(&sync->segment, first->number);
	pthread_mutex_init(&sync->lock, NULL);
}

static void
close_segment(struct journal_sync *sync)
{
	if (sync->fd >= 0)
		close(sync->fd);
	sync->fd = -1;
}

void
journal_sync_fini(struct journal_sync *sync)
{
	close_segment(sync);
	pthread_mutex_destroy(&sync->lock);
}

/* Have a descriptor of the segment to sync, and its name on the disk: 0,
 * ERR_NOTFOUND (it was pruned) or ERR_IO. */
static int
open_segment(struct journal_sync *sync)
{
	if (sync->fd >= 0)
		return 0;
	sync->fd = journal_segment_open(sync->dir_fd, &sync->like, O_RDONLY);
	if (sync->fd < 0)
		return errno == ENOENT ? ERR_NOTFOUND : ERR_IO;
	return fsync(sync->dir_fd) == 0 ? 0 : ERR_IO;
}

/* Whether the file being written has no name any more: somebody has deleted it,
 * and what comes into it is gone with the last who has it open. */
static bool
is_deleted(const struct journal_sync *sync)
{
	struct stat st;

	return fstat(sync->fd, &st) == 0 && st.st_nlink == 0 &&
	       sync->like.number == atomic_load(&sync->segment);
}

static int
sync_one(struct journal_sync *sync)
{
	int err = open_segment(sync);

	if (err != 0)
		return err;
	if (is_deleted(sync)) {
		errno = ENOENT;
		return ERR_IO;
	}
	return fdatasync(sync->fd) == 0 ? 0 : ERR_IO;
}

/* All segments from the last one that was synced up to this one. */
static int
sync_up_to(struct journal_sync *sync, int64_t last)
{
	int err = sync_one(sync);

	while ((err == 0 || err == ERR_NOTFOUND) && sync->like.number < last) {
		close_segment(sync);
		sync->like.number++;
		err = sync_one(sync);
	}
	return err == ERR_NOTFOUND ? ERR_IO : err; /* errno is ENOENT */
}

/* The same, counted. */
static int
sync_counted(struct journal_sync *sync, int64_t last)
{
	struct clock clock;
	int64_t began_us;
	int err, saved;

	clock_init_system(&clock);
	began_us = clock.mono_us(&clock);
	err = sync_up_to(sync, last);
	saved = errno;
	atomic_fetch_add(&sync->n_syncs, 1);
	atomic_fetch_add(&sync->spent_us,
			 (uint64_t)(clock.mono_us(&clock) - began_us));
	if (err != 0)
		atomic_fetch_add(&sync->n_failures, 1);
	errno = saved;
	return err;
}

static int
sync_locked(struct journal_sync *sync)
{
	uint64_t position = atomic_load(&sync->position);

	if (atomic_load(&sync->in_doubt)) {
		errno = sync->error;
		return ERR_IO;
	}
	if (position == atomic_load(&sync->safe) &&
	    !atomic_load(&sync->is_new))
		return 0;
	if (sync_counted(sync, atomic_load(&sync->segment)) != 0) {
		sync->error = errno;
		atomic_store(&sync->in_doubt, true);
		return ERR_IO;
	}
	atomic_store(&sync->is_new, false);
	atomic_store(&sync->safe, position);
	return 0;
}

int
journal_sync_run(struct journal_sync *sync)
{
	int err;

	pthread_mutex_lock(&sync->lock);
	err = sync_locked(sync);
	pthread_mutex_unlock(&sync->lock);
	return err;
}

void
journal_sync_note_written(struct journal_sync *sync, uint64_t position,
			  int64_t next_seq)
{
	atomic_store(&sync->position, position);
	atomic_store_explicit(&sync->seq, next_seq, memory_order_relaxed);
}

void
journal_sync_add_figures(const struct journal_sync *sync,
			 struct journal_figures *sum)
{
	int64_t seq = atomic_load_explicit(&sync->seq, memory_order_relaxed);

	sum->next_seqs += seq;
	sum->events += (uint64_t)(seq - sync->opened_seq);
	sum->syncs += atomic_load(&sync->n_syncs);
	sum->sync_failures += atomic_load(&sync->n_failures);
	sum->sync_us += atomic_load(&sync->spent_us);
}

/* While there is doubt nobody is inside fdatasync, so the lock is not waited
 * for. */
void
journal_sync_restart(struct journal_sync *sync, int64_t segment, uint64_t from)
{
	pthread_mutex_lock(&sync->lock);
	close_segment(sync);
	sync->like.number = segment;
	atomic_store(&sync->is_new, true);
	atomic_store(&sync->segment, segment);
	atomic_store(&sync->position, from);
	atomic_store(&sync->safe, from);
	atomic_store(&sync->in_doubt, false);
	pthread_mutex_unlock(&sync->lock);
}
