/* journal_writer.c - one segment after the other, one write at a time */
#include "acct/journal_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"

const char *
journal_writer_name(const struct journal_writer *writer,
		    char out[JOURNAL_NAME_MAX])
{
	journal_segment_name(&writer->at, out);
	return out;
}

int
journal_writer_cut(struct journal_writer *writer)
{
	if (ftruncate(writer->fd, writer->size) != 0)
		return ERR_IO;
	writer->reserve.to = writer->size;
	writer->needs_cut = false;
	return 0;
}

/* Close it, and give its reserve back. */
static void
end_segment(struct journal_writer *writer)
{
	if (writer->fd < 0)
		return;
	if (journal_reserve_left(&writer->reserve, writer->size) > 0 &&
	    !writer->needs_cut && journal_writer_cut(writer) != 0)
		log_warning(writer->log,
			    "journal: a reserve stays allocated: %s",
			    strerror(errno));
	close(writer->fd);
	writer->fd = -1;
}

void
journal_writer_seek_room(struct journal_writer *writer)
{
	journal_reserve_seek(&writer->reserve, writer->fd, writer->size,
			     &writer->at, writer->log);
}

int
journal_writer_begin(struct journal_writer *writer, int64_t number,
		     bool needs_reserve)
{
	struct journal_reserve reserve = { .wanted = writer->reserve.wanted };
	struct journal_segment next = writer->at;
	int fd;

	next.number = number;
	fd = journal_segment_open(writer->dir_fd, &next,
				  O_WRONLY | O_APPEND | O_CREAT | O_EXCL);
	if (fd < 0)
		return ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0 ||
	    (journal_reserve_make(&reserve, fd, 0) != 0 && needs_reserve)) {
		char name[JOURNAL_NAME_MAX];
		int saved = errno;

		journal_segment_name(&next, name);
		unlinkat(writer->dir_fd, name, 0);
		close(fd);
		errno = saved;
		return ERR_IO;
	}
	end_segment(writer);
	journal_reserve_extend(&reserve, fd, 0);
	writer->fd = fd;
	writer->reserve.to = reserve.to;
	writer->at.number = number;
	writer->size = 0;
	writer->roll_at = writer->segment_bytes;
	writer->needs_cut = false;
	return 0;
}

bool
journal_writer_is_long(const struct journal_writer *writer)
{
	return writer->size >= writer->roll_at && !writer->needs_cut;
}

bool
journal_writer_roll(struct journal_writer *writer)
{
	char name[JOURNAL_NAME_MAX];

	if (journal_writer_begin(writer, writer->at.number + 1, true) == 0)
		return true;
	log_warning(writer->log,
		    "journal %s: grows on, the next segment cannot be made: "
		    "%s",
		    journal_writer_name(writer, name), strerror(errno));
	writer->roll_at = writer->size + writer->segment_bytes;
	return false;
}

/* After a write that failed or came through in part: 0 octets of it stay. */
static int
take_back(struct journal_writer *writer, ssize_t n)
{
	int saved = n < 0 ? errno : ENOSPC;

	writer->needs_cut = n > 0;
	if (writer->needs_cut)
		journal_writer_cut(writer);
	errno = saved;
	return ERR_IO;
}

int
journal_writer_write(struct journal_writer *writer, const void *bytes,
		     size_t len)
{
	uint8_t header[JOURNAL_HEADER_LEN];
	struct iovec parts[2] = { { header, 0 },
				  { (void *)(uintptr_t)bytes, len } };
	ssize_t n;

	if (writer->needs_cut && journal_writer_cut(writer) != 0)
		return ERR_IO;
	if (writer->size == 0) {
		journal_header_encode(&writer->at, header);
		parts[0].iov_len = sizeof(header);
	}
	do
		n = writev(writer->fd, parts, 2);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)(parts[0].iov_len + len))
		return take_back(writer, n);
	writer->size += n;
	atomic_fetch_add(&writer->written, (uint64_t)n);
	return 0;
}
