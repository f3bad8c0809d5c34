/* journal_front.c - a mapping that outlives its process */
#include "acct/journal_front.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"

#define MAX_FRONTS 256
#define NO_SLOT (-1)
#define XFS_MAGIC 0x58465342 /* of <linux/magic.h> in later kernels only */

/* --- SIGBUS --- */

/* A signal's handler can only look at what is global. */
struct slot {
	_Atomic(uint8_t *) start; /* NULL = free */
	_Atomic bool is_lost;
};

static struct slot slots[MAX_FRONTS];
static struct sigaction handled_before;
static pthread_once_t handling = PTHREAD_ONCE_INIT;
static pthread_mutex_t slots_lock = PTHREAD_MUTEX_INITIALIZER;

/* Returning tries the store again: into what is there now. */
static void
on_sigbus(int number, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	(void)context;
	for (size_t i = 0; i < MAX_FRONTS; i++) {
		uint8_t *start = atomic_load(&slots[i].start);

		if (start == NULL || at < (uintptr_t)start ||
		    at - (uintptr_t)start >= JOURNAL_FRONT_SIZE)
			continue;
		if (mmap(start, JOURNAL_FRONT_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) != start)
			break;
		atomic_store(&slots[i].is_lost, true);
		return;
	}
	sigaction(number, &handled_before, NULL);
	/* A store comes again by itself; what somebody has sent does not. */
	if (info->si_code <= 0)
		raise(number);
}

static void
handle_sigbus(void)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

	action.sa_sigaction = on_sigbus;
	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, &handled_before);
}

static int
take_slot(uint8_t *start)
{
	int found = NO_SLOT;

	pthread_once(&handling, handle_sigbus);
	pthread_mutex_lock(&slots_lock);
	for (int i = 0; i < MAX_FRONTS && found == NO_SLOT; i++) {
		if (atomic_load(&slots[i].start) == NULL)
			found = i;
	}
	if (found != NO_SLOT) {
		atomic_store(&slots[found].is_lost, false);
		atomic_store(&slots[found].start, start);
	}
	pthread_mutex_unlock(&slots_lock);
	return found;
}

/* --- the file --- */

static const char *
front_name(const struct journal_segment *like, char out[JOURNAL_NAME_MAX])
{
	snprintf(out, JOURNAL_NAME_MAX, "%.*s.%d.front", JOURNAL_NODE_MAX,
		 like->node, like->worker);
	return out;
}

/* Others put a block that is written again somewhere else, and may find no room
 * there. */
static bool
keeps_blocks(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	       (fs.f_type == EXT4_SUPER_MAGIC || fs.f_type == XFS_MAGIC ||
		fs.f_type == TMPFS_MAGIC);
}

static int
write_zeros(int fd)
{
	static const uint8_t zeros[4096];

	for (size_t at = 0; at < JOURNAL_FRONT_SIZE; at += sizeof(zeros)) {
		ssize_t n = pwrite(fd, zeros, sizeof(zeros), (off_t)at);

		if (n == (ssize_t)sizeof(zeros))
			continue;
		if (n >= 0)
			errno = ENOSPC;
		return ERR_IO;
	}
	return ftruncate(fd, (off_t)JOURNAL_FRONT_SIZE) == 0 ? 0 : ERR_IO;
}

static int
map(struct journal_front *front, int fd)
{
	uint8_t *bytes = mmap(NULL, JOURNAL_FRONT_SIZE, PROT_READ | PROT_WRITE,
			      MAP_SHARED, fd, 0);
	int err;

	if (bytes == MAP_FAILED)
		return ERR_IO;
	err = mlock(bytes, JOURNAL_FRONT_SIZE) == 0 ? 0 : ERR_IO;
	front->slot = err == 0 ? take_slot(bytes) : NO_SLOT;
	if (err == 0 && front->slot == NO_SLOT)
		err = ERR_UNSUPPORTED;
	if (err != 0) {
		int saved = errno;

		munmap(bytes, JOURNAL_FRONT_SIZE);
		errno = saved;
		return err;
	}
	front->bytes = bytes;
	front->fd = fd;
	return 0;
}

int
journal_front_open(struct journal_front *front, int dir_fd,
		   const struct journal_segment *like)
{
	char name[JOURNAL_NAME_MAX];
	int fd = openat(dir_fd, front_name(like, name),
			O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	int err, saved;

	*front = (struct journal_front){ .slot = NO_SLOT };
	if (fd < 0)
		return ERR_IO;
	err = keeps_blocks(fd) ? write_zeros(fd) : ERR_UNSUPPORTED;
	if (err == 0)
		err = map(front, fd);
	if (err == 0)
		return 0;
	saved = errno;
	close(fd);
	unlinkat(dir_fd, name, 0);
	errno = saved;
	return err;
}

void
journal_front_close(struct journal_front *front)
{
	if (front->bytes == NULL)
		return;
	atomic_store(&slots[front->slot].start, NULL);
	munmap(front->bytes, JOURNAL_FRONT_SIZE);
	close(front->fd);
	*front = (struct journal_front){ .slot = NO_SLOT };
}

bool
journal_front_exists(int dir_fd, const struct journal_segment *like)
{
	char name[JOURNAL_NAME_MAX];

	return faccessat(dir_fd, front_name(like, name), F_OK, 0) == 0;
}

void
journal_front_remove(int dir_fd, const struct journal_segment *like)
{
	char name[JOURNAL_NAME_MAX];

	unlinkat(dir_fd, front_name(like, name), 0);
}

/* --- putting --- */

bool
journal_front_is_lost(const struct journal_front *front)
{
	return front->bytes != NULL &&
	       atomic_load_explicit(&slots[front->slot].is_lost,
				    memory_order_relaxed);
}

bool
journal_front_is_gone(const struct journal_front *front)
{
	struct stat st;

	return front->bytes != NULL && fstat(front->fd, &st) == 0 &&
	       (st.st_nlink == 0 || st.st_size < (off_t)JOURNAL_FRONT_SIZE);
}

bool
journal_front_put(struct journal_front *front, const void *bytes, size_t len)
{
	if (front->bytes == NULL || len > JOURNAL_FRONT_SIZE - front->len)
		return false;
	memcpy(front->bytes + front->len, bytes, len);
	/* The stores come before the look at what they have led to. */
	atomic_signal_fence(memory_order_seq_cst);
	if (journal_front_is_lost(front))
		return false;
	front->len += len;
	return true;
}

void
journal_front_empty(struct journal_front *front)
{
	front->len = 0;
}

/* --- reading --- */

/* Up to the end of the file or of the room; how many, -1 and errno. */
static ssize_t
read_whole(int fd, uint8_t *to, size_t room)
{
	size_t len = 0;
	ssize_t n;

	do {
		n = pread(fd, to + len, room - len, (off_t)len);
		if (n > 0)
			len += (size_t)n;
	} while ((n > 0 && len < room) || (n < 0 && errno == EINTR));
	return n < 0 ? -1 : (ssize_t)len;
}

int
journal_front_read(int dir_fd, const struct journal_segment *like,
		   struct journal_front_copy *out)
{
	char name[JOURNAL_NAME_MAX];
	int fd = openat(dir_fd, front_name(like, name), O_RDONLY | O_CLOEXEC);
	ssize_t n;

	*out = (struct journal_front_copy){ 0 };
	if (fd < 0)
		return errno == ENOENT ? 0 : ERR_IO;
	out->bytes = mem_alloc(JOURNAL_FRONT_SIZE);
	n = out->bytes != NULL ? read_whole(fd, out->bytes, JOURNAL_FRONT_SIZE)
			       : 0;
	close(fd);
	if (out->bytes == NULL)
		return ERR_NOMEM;
	if (n < 0) {
		journal_front_copy_free(out);
		return ERR_IO;
	}
	out->len = (size_t)n;
	return 0;
}

void
journal_front_copy_free(struct journal_front_copy *copy)
{
	mem_free(copy->bytes);
	*copy = (struct journal_front_copy){ 0 };
}

bool
journal_front_next(struct journal_front_copy *copy, int64_t min_seq,
		   struct journal_record *out)
{
	while (copy->at < copy->len) {
		int err = journal_record_decode(copy->bytes + copy->at,
						copy->len - copy->at, 0, out);

		copy->at += err == 0 ? JOURNAL_RECORD_HEAD + out->len : 1;
		if (err == 0 && out->seq >= min_seq)
			return true;
	}
	return false;
}
