/* fuzz_journal.c - any bytes as a segment of a journal: reading ends, and what
 * it gives is in order; who goes on writing cuts off nothing that can be read
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acct/journal.h"
#include "acct/journal_recover.h"
#include "base/err.h"
#include "tests/fuzz/fuzz.h"

static char dir[40];

static const char *const names[] = { "fuzz.0.0000000001.journal",
				     "fuzz.0.0000000002.journal" };

static void
remove_dir(void)
{
	for (size_t i = 0; i < 2; i++) {
		char path[100];

		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

static void
make_dir(void)
{
	if (dir[0] != '\0')
		return;
	snprintf(dir, sizeof(dir), "%s/lcrproxy-fuzz-XXXXXX",
		 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(dir) == NULL)
		abort();
	atexit(remove_dir);
}

static void
write_segment(const char *name, const uint8_t *data, size_t size)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* Read it all: no byte is given twice, and the end comes. How many records
 * there are. */
static size_t
read_all(size_t size)
{
	const struct journal_source source = { .node = "fuzz" };
	const struct journal_position beginning = { 0 };
	struct journal_position at, last = { 0 };
	struct journal_reader *reader;
	const void *data;
	size_t len, total = 0, n = 0;
	int err;

	assert(journal_reader_open(dir, &source, &beginning, &reader) == 0);
	do {
		err = journal_reader_next(reader, &data, &len, &at);
		assert(err == 0 || err == ERR_END || err == ERR_CORRUPT);
		assert(err != 0 || len > 0);
		assert(
		    at.segment > last.segment ||
		    (at.segment == last.segment && at.offset >= last.offset));
		total += len;
		n += err == 0;
		last = at;
	} while (err != ERR_END);
	assert(total <= 2 * size);
	journal_reader_close(reader);
	return n;
}

/* As a daemon that is started again: how long the last segment is then, -1 when
 * its header is damaged. */
static int64_t
recover(void)
{
	struct journal_segment at = { .node = "fuzz" };
	int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct journal_recovered last;
	int err = journal_recover(dir_fd, dir, NULL, &at, &last);

	assert(err == 0 || err == ERR_CORRUPT);
	if (last.fd >= 0)
		close(last.fd);
	close(dir_fd);
	return err == 0 ? last.size : -1;
}

/* The bytes with themselves as the segment behind, alone, and adopted. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[100];
	int64_t end;
	size_t n;

	make_dir();
	write_segment(names[0], data, size);
	write_segment(names[1], data, size);
	(void)read_all(size);
	snprintf(path, sizeof(path), "%s/%s", dir, names[1]);
	unlink(path);
	n = read_all(size);
	end = recover();
	assert(end <= (int64_t)size && (end < 0 || read_all(size) == n));
	assert(recover() == end);
	return 0;
}
