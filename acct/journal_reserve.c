/* journal_reserve.c - fallocate, all of it or what there is */
#include "acct/journal_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define LEAST 4096  /* less is no block */
#define STAT_BLOCK 512 /* bytes that st_blocks counts in */

static int
allocate(int fd, int64_t from, int64_t len)
{
	int failed;

	do
		failed = fallocate(fd, FALLOC_FL_KEEP_SIZE, from, len);
	while (failed != 0 && errno == EINTR);
	return failed != 0 ? ERR_IO : 0;
}

int64_t
journal_reserve_left(const struct journal_reserve *reserve, int64_t size)
{
	return reserve->to > size ? reserve->to - size : 0;
}

int
journal_reserve_make(struct journal_reserve *reserve, int fd, int64_t size)
{
	if (journal_reserve_left(reserve, size) >= reserve->wanted)
		return 0;
	for (int times = 2; times > 0; times--) {
		int64_t len = times * reserve->wanted;

		if (allocate(fd, size, len) != 0)
			continue;
		reserve->to = size + len;
		return 0;
	}
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return ERR_IO;
	reserve->wanted = 0;
	return 0;
}

void
journal_reserve_extend(struct journal_reserve *reserve, int fd, int64_t size)
{
	int64_t most = 2 * reserve->wanted;
	int saved = errno;

	if (reserve->to < size)
		reserve->to = size;
	for (int64_t len = reserve->wanted; len >= LEAST; len /= 2) {
		if (journal_reserve_left(reserve, size) + len <= most &&
		    allocate(fd, reserve->to, len) == 0)
			reserve->to += len;
	}
	errno = saved;
}

static void
note_low(const struct journal_reserve *reserve, bool is_low, int64_t left,
	 const char *name, struct log *log)
{
	if (is_low)
		log_error(log,
			  "journal %s: the disk is full, %s; calls in progress "
			  "are written into the last %lld bytes, of %lld that "
			  "are to be kept for them",
			  name, strerror(errno), (long long)left,
			  (long long)reserve->wanted);
	else
		log_info(log, "journal %s: the disk has room again", name);
}

void
journal_reserve_seek(struct journal_reserve *reserve, int fd, int64_t size,
		     const struct journal_segment *segment, struct log *log)
{
	int64_t wanted = reserve->wanted;
	bool was_low = atomic_load(&reserve->is_low);
	bool is_low = journal_reserve_make(reserve, fd, size) != 0;
	char name[JOURNAL_NAME_MAX];

	if (reserve->wanted != wanted)
		log_warning(log, "journal: this file system keeps no reserve");
	if (is_low == was_low)
		return;
	atomic_store(&reserve->is_low, is_low);
	if (is_low)
		journal_reserve_extend(reserve, fd, size);
	journal_segment_name(segment, name);
	note_low(reserve, is_low, journal_reserve_left(reserve, size), name,
		 log);
}

int64_t
journal_reserve_found(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? (int64_t)st.st_blocks * STAT_BLOCK : 0;
}

int
journal_reserve_cut(int fd, int64_t size)
{
	int64_t had = journal_reserve_found(fd);

	if (ftruncate(fd, size) != 0)
		return ERR_IO;
	if (had > size)
		(void)allocate(fd, size, had - size);
	return 0;
}
