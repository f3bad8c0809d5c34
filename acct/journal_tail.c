/* journal_tail.c - records in memory until they are safe */
#include "acct/journal_tail.h"

#include <endian.h>
#include <string.h>

#include "acct/journal_format.h"
#include "base/alloc.h"
#include "base/err.h"

#define FIRST_SIZE ((size_t)64 << 10)
#define MAX_UNWRITTEN ((size_t)256 << 20) /* while commits fail */

void
journal_tail_init(struct journal_tail *tail, size_t max_kept)
{
	*tail = (struct journal_tail){ .max_kept = max_kept };
}

void
journal_tail_fini(struct journal_tail *tail)
{
	mem_free(tail->bytes);
	*tail = (struct journal_tail){ 0 };
}

/* The first n bytes, which are written. */
static void
drop_bytes(struct journal_tail *tail, size_t n)
{
	if (n < tail->len)
		memmove(tail->bytes, tail->bytes + n, tail->len - n);
	tail->len -= n;
	tail->written -= n;
	tail->start += n;
}

static int
grow(struct journal_tail *tail, size_t needed)
{
	size_t cap = tail->cap > 0 ? tail->cap : FIRST_SIZE;
	uint8_t *bytes;

	while (cap < needed)
		cap *= 2;
	bytes = mem_realloc(tail->bytes, cap);
	if (bytes == NULL)
		return ERR_NOMEM;
	tail->bytes = bytes;
	tail->cap = cap;
	return 0;
}

static int
make_room(struct journal_tail *tail, size_t len)
{
	if (tail->len - tail->written + len > MAX_UNWRITTEN)
		return ERR_LIMIT;
	if (tail->len + len <= tail->cap)
		return 0;
	if (grow(tail, tail->len + len) == 0)
		return 0;
	drop_bytes(tail, tail->written);
	return tail->len + len <= tail->cap ? 0 : ERR_NOMEM;
}

int
journal_tail_add(struct journal_tail *tail, const void *data, size_t len,
		 int64_t seq)
{
	const struct journal_record record = { data, len, seq };
	int err = make_room(tail, JOURNAL_RECORD_HEAD + len);

	if (err != 0)
		return err;
	journal_record_head(&record, tail->bytes + tail->len);
	memcpy(tail->bytes + tail->len + JOURNAL_RECORD_HEAD, data, len);
	tail->len += JOURNAL_RECORD_HEAD + len;
	return 0;
}

/* Behind the record at offset `at`. */
static size_t
end_of(const struct journal_tail *tail, size_t at)
{
	uint32_t len;

	memcpy(&len, tail->bytes + at, sizeof(len));
	return at + JOURNAL_RECORD_HEAD + be32toh(len);
}

void
journal_tail_note_written(struct journal_tail *tail)
{
	size_t n = 0;

	tail->written = tail->len;
	if (tail->len <= tail->max_kept)
		return;
	/* Half of it at a time: each move takes in as much as it moves. */
	while (tail->len - n > tail->max_kept / 2)
		n = end_of(tail, n);
	drop_bytes(tail, n);
}

void
journal_tail_drop(struct journal_tail *tail, uint64_t position)
{
	size_t n;

	if (position <= tail->start)
		return;
	n = (size_t)(position - tail->start);
	/* Small pieces wait until moving the rest is worth it. */
	if (n == tail->len || n >= tail->len / 2)
		drop_bytes(tail, n);
}

int64_t
journal_tail_first(const struct journal_tail *tail, int64_t next)
{
	uint64_t seq;

	if (tail->len == 0)
		return next;
	memcpy(&seq, tail->bytes + JOURNAL_RECORD_HEAD - sizeof(seq),
	       sizeof(seq));
	return (int64_t)be64toh(seq);
}
