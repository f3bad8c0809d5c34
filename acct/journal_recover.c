/* journal_recover.c - adopt the last segment of an earlier run */
#include "acct/journal_recover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "acct/journal.h"
#include "acct/journal_front.h"
#include "acct/journal_reserve.h"
#include "base/alloc.h"
#include "base/err.h"

struct recovery {
	int dir_fd;
	const char *directory;
	struct log *log;
	struct journal_segment *at;
	int fd;                      /* of the segment, locked */
	char name[JOURNAL_NAME_MAX]; /* of its file */
};

/* Read through the segment to the end of its last whole record, which is put
 * into *end; the sequence number that comes next goes into at->first_seq. */
static int
find_end(const struct recovery *r, int64_t *end)
{
	struct journal_position at = { .segment = r->at->number };
	struct journal_source source = { .worker = r->at->worker };
	struct journal_reader *reader;
	const void *data;
	size_t len;
	int err;

	memcpy(source.node, r->at->node, sizeof(source.node));
	source.first_segment = source.last_segment = at.segment;
	err = journal_reader_open(r->directory, &source, &at, &reader);
	if (err != 0)
		return err;
	do {
		err = journal_reader_next(reader, &data, &len, &at);
		if (err == ERR_CORRUPT)
			log_error(r->log,
				  "journal %s: %zu bytes before offset %lld "
				  "are corrupt",
				  r->name, len, (long long)at.offset);
	} while (err == 0 || err == ERR_CORRUPT);
	journal_reader_close(reader);
	*end = at.offset;
	r->at->first_seq = at.seq;
	return err == ERR_END ? 0 : err;
}

static int
cut_tail(const struct recovery *r, int64_t end)
{
	struct stat st;

	if (fstat(r->fd, &st) != 0)
		return ERR_IO;
	if (st.st_size != end)
		log_warning(r->log,
			    "journal %s: a torn tail of %lld bytes is cut off",
			    r->name, (long long)(st.st_size - end));
	/* What is reserved behind the end stays: somebody who fills the disk
	 * would take it. */
	if (st.st_size != end && journal_reserve_cut(r->fd, end) != 0)
		return ERR_IO;
	/* Whoever wrote it may not have come to do so. */
	if (fdatasync(r->fd) == 0)
		return 0;
	if (st.st_size != end)
		return ERR_IO;
	log_error(r->log,
		  "journal %s: cannot be synced: %s; its last records, up to "
		  "%lld, may not be on the disk",
		  r->name, strerror(errno), (long long)r->at->first_seq - 1);
	return 0;
}

/* The header of the segment: 0, ERR_NOTFOUND (the writer died before it was
 * whole: nothing can be behind it), ERR_CORRUPT or ERR_IO. */
static int
check_header(const struct recovery *r)
{
	uint8_t header[JOURNAL_HEADER_LEN];
	struct journal_segment found;
	ssize_t n = pread(r->fd, header, sizeof(header), 0);

	if (n < 0)
		return ERR_IO;
	if (n < (ssize_t)sizeof(header))
		return ERR_NOTFOUND;
	if (journal_header_decode(header, &found) == 0 &&
	    strcmp(found.node, r->at->node) == 0 &&
	    found.worker == r->at->worker && found.number == r->at->number)
		return 0;
	log_error(r->log,
		  "journal %s: the header is corrupt; move the file away to "
		  "start without it",
		  r->name);
	return ERR_CORRUPT;
}

static int
open_locked(struct recovery *r)
{
	journal_segment_name(r->at, r->name);
	r->fd = journal_segment_open(r->dir_fd, r->at, O_RDWR);
	if (r->fd < 0)
		return ERR_IO;
	if (flock(r->fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	log_error(r->log, "journal %s: another process is writing it", r->name);
	return ERR_IO;
}

static int
drop(struct recovery *r)
{
	log_warning(r->log, "journal %s: has no whole header, removed",
		    r->name);
	close(r->fd);
	r->fd = -1;
	return unlinkat(r->dir_fd, r->name, 0) == 0 ? ERR_NOTFOUND : ERR_IO;
}

/* ERR_NOTFOUND when the segment was nothing and is gone now. */
static int
adopt(struct recovery *r, int64_t *end)
{
	int err = open_locked(r);

	if (err == 0)
		err = check_header(r);
	if (err == ERR_NOTFOUND)
		return drop(r);
	if (err == 0)
		err = find_end(r, end);
	if (err == 0)
		err = cut_tail(r, *end);
	return err;
}

int
journal_recover(int dir_fd, const char *directory, struct log *log,
		struct journal_segment *at, struct journal_recovered *out)
{
	struct recovery r = { .dir_fd = dir_fd,
			      .directory = directory,
			      .log = log,
			      .at = at,
			      .fd = -1 };
	int err;

	*out = (struct journal_recovered){ .fd = -1 };
	do {
		err = journal_segment_highest(dir_fd, at, 0, &at->number);
		if (err == ERR_NOTFOUND) {
			at->number = (int64_t)time(NULL);
			at->first_seq = 1;
			break;
		}
		if (err == 0)
			err = adopt(&r, &out->size);
	} while (err == ERR_NOTFOUND);
	out->fd = r.fd;
	if (err == 0)
		out->allocated_to = journal_reserve_found(r.fd);
	return err == ERR_NOTFOUND ? 0 : err;
}

/* Nobody else may be writing it: nobody who is older than this process is. */
static int
release_reserve(struct recovery *r)
{
	struct stat st;
	int err = open_locked(r);

	if (err == 0 && (fstat(r->fd, &st) != 0 ||
			 ftruncate(r->fd, st.st_size) != 0))
		err = ERR_IO;
	if (r->fd >= 0)
		close(r->fd);
	return err;
}

/* What was left in a front goes into a segment, as in any journal. */
static void
write_front(struct recovery *r)
{
	const struct journal_settings settings = { .directory = r->directory,
						   .node = r->at->node,
						   .worker = r->at->worker };
	struct journal *journal;

	if (!journal_front_exists(r->dir_fd, r->at))
		return;
	if (journal_open(&settings, r->log, &journal) != 0)
		log_error(r->log,
			  "journal %s.%d: what is in its front waits for who "
			  "opens it: %s",
			  r->at->node, r->at->worker, strerror(errno));
	else
		journal_close(journal);
}

void
journal_release_others(const char *directory, const char *node, int n_workers,
		       struct log *log)
{
	struct journal_segment at = { 0 };
	struct recovery r = { .directory = directory, .log = log, .at = &at };
	struct journal_source *sources = NULL;
	size_t n = 0;

	r.dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.dir_fd < 0 || journal_list(directory, &sources, &n) != 0)
		n = 0;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(sources[i].node, node) != 0 ||
		    sources[i].worker < n_workers)
			continue;
		strcpy(at.node, sources[i].node);
		at.worker = sources[i].worker;
		write_front(&r);
		if (journal_segment_highest(r.dir_fd, &at, 0, &at.number) != 0 ||
		    release_reserve(&r) != 0)
			log_warning(log, "journal %s.%d: its reserve stays: %s",
				    at.node, at.worker, strerror(errno));
	}
	mem_free(sources);
	if (r.dir_fd >= 0)
		close(r.dir_fd);
}
