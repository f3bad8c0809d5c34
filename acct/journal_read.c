/* journal_read.c - reading a journal's segments, past whatever is damaged */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "acct/journal.h"
#include "acct/journal_format.h"
#include "acct/journal_front.h"
#include "base/alloc.h"
#include "base/err.h"

#define BUFFER_LEN ((size_t)256 << 10)

_Static_assert(BUFFER_LEN >= JOURNAL_RECORD_HEAD + JOURNAL_RECORD_MAX,
	       "a record fits the buffer");

struct journal_reader {
	int dir_fd;
	struct journal_segment like; /* node and worker */
	struct journal_position at;
	int fd;          /* of segment at.segment; -1 = not open */
	bool sealed;     /* there is a later segment: this one has its end */
	int64_t scanned; /* no record begins between at.offset and this */
	uint8_t *buffer;
	size_t buffer_len;
	int64_t buffer_at; /* its offset in the segment */
	struct journal_front_copy front;
	bool in_front; /* all segments are read */
};

int
journal_reader_open(const char *directory, const struct journal_source *source,
		    const struct journal_position *position,
		    struct journal_reader **out)
{
	struct journal_reader *r = mem_zalloc(1, sizeof(*r));

	if (r == NULL)
		return ERR_NOMEM;
	memcpy(r->like.node, source->node, sizeof(r->like.node));
	r->like.worker = source->worker;
	r->at = *position;
	r->fd = -1;
	r->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r->buffer = mem_alloc(BUFFER_LEN);
	if (r->dir_fd < 0 || r->buffer == NULL) {
		int err = r->dir_fd < 0 ? ERR_IO : ERR_NOMEM;

		journal_reader_close(r);
		return err;
	}
	*out = r;
	return 0;
}

void
journal_reader_close(struct journal_reader *r)
{
	int saved = errno;

	if (r == NULL)
		return;
	if (r->fd >= 0)
		close(r->fd);
	if (r->dir_fd >= 0)
		close(r->dir_fd);
	journal_front_copy_free(&r->front);
	mem_free(r->buffer);
	mem_free(r);
	errno = saved;
}

/* What is written into a segment while the others are read comes twice, and is
 * passed over here: it has been in the front before. */
int
journal_reader_add_front(struct journal_reader *r)
{
	return journal_front_read(r->dir_fd, &r->like, &r->front);
}

/* Whether the buffer has `want` bytes from offset on. */
static bool
is_buffered(const struct journal_reader *r, int64_t offset, size_t want)
{
	return offset >= r->buffer_at &&
	       offset + (int64_t)want <= r->buffer_at + (int64_t)r->buffer_len;
}

/*
 * Have want bytes from offset on in the buffer, or all there are: *out is
 * where, *n_out how many (also more than want). 0 or ERR_IO.
 */
static int
look_at(struct journal_reader *r, int64_t offset, size_t want,
	const uint8_t **out, size_t *n_out)
{
	if (!is_buffered(r, offset, want)) {
		ssize_t n;

		r->buffer_at = offset;
		r->buffer_len = 0;
		do {
			n = pread(r->fd, r->buffer + r->buffer_len,
				  BUFFER_LEN - r->buffer_len,
				  offset + (int64_t)r->buffer_len);
			if (n > 0)
				r->buffer_len += (size_t)n;
		} while (r->buffer_len < want &&
			 (n > 0 || (n < 0 && errno == EINTR)));
		if (n < 0)
			return ERR_IO;
	}
	*out = r->buffer + (offset - r->buffer_at);
	*n_out = r->buffer_len - (size_t)(offset - r->buffer_at);
	return 0;
}

/* Whether a record is at offset: 0, ERR_CORRUPT, ERR_TRUNCATED or ERR_IO. */
static int
try_record(struct journal_reader *r, int64_t offset, struct journal_record *out)
{
	const uint8_t *p;
	size_t n;
	int err = look_at(r, offset, JOURNAL_RECORD_HEAD, &p, &n);

	if (err != 0)
		return err;
	err = journal_record_decode(p, n, r->at.seq, out);
	if (err != ERR_TRUNCATED || n < JOURNAL_RECORD_HEAD)
		return err;
	err = look_at(r, offset, JOURNAL_RECORD_HEAD + out->len, &p, &n);
	return err != 0 ? err : journal_record_decode(p, n, r->at.seq, out);
}

/* Where to search from when there is no record at at.offset. */
static int64_t
first_after(const struct journal_reader *r)
{
	int64_t at = r->at.offset + 1;

	if (at < JOURNAL_HEADER_LEN)
		at = JOURNAL_HEADER_LEN;
	return at < r->scanned ? r->scanned : at;
}

/*
 * Look for a record behind at.offset: 0 and where it is, ERR_END when there is
 * none (yet), or ERR_IO. What may be a record whose rest is still on its way
 * does not end the search: between the bytes of a damaged one much looks so.
 */
static int
search(struct journal_reader *r, int64_t *offset, struct journal_record *out)
{
	int64_t at = first_after(r), first_half = 0;
	const uint8_t *p;
	size_t n = 1;
	int err = 0;

	for (; n > 0; at++) {
		err = try_record(r, at, out);
		if (err == 0 || err == ERR_IO)
			break;
		if (err == ERR_TRUNCATED && first_half == 0)
			first_half = at;
		err = look_at(r, at, 1, &p, &n);
		if (err != 0)
			break;
		err = ERR_END;
	}
	*offset = at;
	if (err == ERR_END)
		r->scanned = first_half;
	return err;
}

/* A header that is damaged has no record in its place. */
static int
try_here(struct journal_reader *r, struct journal_record *out)
{
	if (r->at.offset < JOURNAL_HEADER_LEN)
		return ERR_CORRUPT;
	return try_record(r, r->at.offset, out);
}

/* The record at at.offset, or the first one behind it. */
static int
find_record(struct journal_reader *r, int64_t *offset,
	    struct journal_record *out)
{
	int err = try_here(r, out);

	*offset = r->at.offset;
	if (err == 0 || err == ERR_IO)
		return err;
	err = search(r, offset, out);
	if (err != 0)
		return err;
	/* The writer may have been at work between the two looks. Now that
	 * something is behind it, what is at at.offset is all there. */
	r->buffer_len = 0;
	if (try_here(r, out) == 0)
		*offset = r->at.offset;
	else
		err = try_record(r, *offset, out);
	return err;
}

/* --- segments --- */

static void
enter(struct journal_reader *r, int64_t number, int fd)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = fd;
	if (r->at.segment != number) {
		r->at.segment = number;
		r->at.offset = 0;
	}
	r->sealed = false;
	r->scanned = 0;
	r->buffer_len = 0;
	r->buffer_at = 0;
}

/* Open the lowest segment over `above`: 0, ERR_END when there is none, or
 * ERR_IO. */
static int
open_above(struct journal_reader *r, int64_t above)
{
	struct journal_segment segment = r->like;
	int err, fd;

	err =
	    journal_segment_lowest(r->dir_fd, &r->like, above, &segment.number);
	if (err != 0)
		return err == ERR_NOTFOUND ? ERR_END : err;
	fd = journal_segment_open(r->dir_fd, &segment, O_RDONLY);
	if (fd < 0)
		return ERR_IO;
	enter(r, segment.number, fd);
	return 0;
}

static int
see_if_sealed(struct journal_reader *r)
{
	int64_t next;
	int err =
	    journal_segment_lowest(r->dir_fd, &r->like, r->at.segment, &next);

	if (err != 0)
		return err == ERR_NOTFOUND ? ERR_END : err;
	r->sealed = true;
	r->buffer_len = 0;
	return 0;
}

/*
 * Go behind the header, when at its place: 0 also when it is damaged (then it
 * is a bad stretch like any other); ERR_END (not there yet), ERR_CORRUPT
 * (records are missing before it) or ERR_IO.
 */
static int
pass_header(struct journal_reader *r)
{
	struct journal_segment header;
	int64_t expected = r->at.seq;
	const uint8_t *p;
	size_t n;
	int err;

	if (r->at.offset >= JOURNAL_HEADER_LEN)
		return 0;
	r->at.offset = 0;
	err = look_at(r, 0, JOURNAL_HEADER_LEN, &p, &n);
	if (err != 0)
		return err;
	if (n < JOURNAL_HEADER_LEN)
		return r->sealed ? 0 : ERR_END;
	if (journal_header_decode(p, &header) != 0)
		return 0;
	r->at.offset = JOURNAL_HEADER_LEN;
	/* It is lower than expected when a tail was lost with the power. */
	r->at.seq = header.first_seq;
	return expected != 0 && header.first_seq > expected ? ERR_CORRUPT : 0;
}

/* What is left of a sealed segment is no record: go to the next one. */
static int
leave(struct journal_reader *r, size_t *len)
{
	off_t end = lseek(r->fd, 0, SEEK_END);
	int64_t offset = r->at.offset;
	int err;

	if (end < 0)
		return ERR_IO;
	err = open_above(r, r->at.segment);
	if (err != 0 || end <= offset)
		return err;
	*len = (size_t)(end - offset);
	/* Records that the next header finds missing were in these bytes: one
	 * report. Whatever else is wrong with it shows again. */
	pass_header(r);
	return ERR_CORRUPT;
}

/* One look at the current segment; ERR_END when all of it is read. */
static int
read_on(struct journal_reader *r, const void **data, size_t *len)
{
	struct journal_record record;
	int64_t offset;
	int err = pass_header(r);

	*len = 0;
	if (err != 0)
		return err;
	err = find_record(r, &offset, &record);
	if (err != 0)
		return err;
	if (offset != r->at.offset ||
	    (r->at.seq != 0 && record.seq != r->at.seq)) {
		*len = (size_t)(offset - r->at.offset);
		r->at.offset = offset;
		r->at.seq = record.seq;
		return ERR_CORRUPT;
	}
	*data = record.data;
	*len = record.len;
	r->at.offset = offset + JOURNAL_RECORD_HEAD + (int64_t)record.len;
	r->at.seq = record.seq + 1;
	return 0;
}

/* A segment that the disk does not give back: what has not been read of it may
 * have been written again into the next one (journal_sync.h). Whether that is
 * so, and the reader there; errno stays. */
static bool
pass_over(struct journal_reader *r)
{
	struct journal_segment next = r->like, header;
	uint8_t bytes[JOURNAL_HEADER_LEN];
	int saved = errno, fd = -1;
	bool covers = false;

	if (r->at.seq > 0 &&
	    journal_segment_lowest(r->dir_fd, &r->like, r->at.segment,
				   &next.number) == 0)
		fd = journal_segment_open(r->dir_fd, &next, O_RDONLY);
	if (fd >= 0 &&
	    pread(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes) &&
	    journal_header_decode(bytes, &header) == 0)
		covers = header.first_seq <= r->at.seq;
	if (covers)
		enter(r, next.number, fd);
	else if (fd >= 0)
		close(fd);
	errno = saved;
	return covers;
}

/* The next record of the segments, or ERR_END and so on. */
static int
next_of_segments(struct journal_reader *r, const void **data, size_t *len)
{
	int err = 0;

	if (r->fd < 0)
		err = open_above(r, r->at.segment > 0 ? r->at.segment - 1 : 0);
	while (err == 0) {
		err = read_on(r, data, len);
		if (err == ERR_IO && pass_over(r)) {
			err = 0;
			continue;
		}
		if (err != ERR_END)
			break;
		/* Once a later segment was seen nothing is added to this one:
		 * look again at what there is, then leave it. */
		err = r->sealed ? leave(r, len) : see_if_sealed(r);
	}
	return err;
}

/* Records that are missing before the first one are told of once. */
static int
next_of_front(struct journal_reader *r, const void **data, size_t *len)
{
	size_t before = r->front.at;
	struct journal_record record;

	if (!journal_front_next(&r->front, r->at.seq, &record))
		return ERR_END;
	if (r->at.seq != 0 && record.seq != r->at.seq) {
		r->at.seq = record.seq;
		r->front.at = before;
		return ERR_CORRUPT;
	}
	*data = record.data;
	*len = record.len;
	r->at.seq = record.seq + 1;
	return 0;
}

int
journal_reader_next(struct journal_reader *r, const void **data, size_t *len,
		    struct journal_position *position_out)
{
	int err = ERR_END;

	*data = NULL;
	*len = 0;
	if (!r->in_front)
		err = next_of_segments(r, data, len);
	if (err == ERR_END && r->front.bytes != NULL) {
		r->in_front = true;
		err = next_of_front(r, data, len);
	}
	*position_out = r->at;
	return err;
}
