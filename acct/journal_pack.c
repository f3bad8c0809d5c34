/* journal_pack.c - segments that nobody writes any more, compressed */
#include "acct/journal_pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/pack.h"

#define MAX_CONTENT (INT64_C(1) << 30)
#define TEMPORARY ".packing" /* behind the name, until it is whole */

static int
to_errno(int err)
{
	if (err == ERR_NOMEM)
		return ENOMEM;
	return err == ERR_LIMIT ? EFBIG : errno;
}

int
journal_unpack(int dir_fd, const struct journal_segment *segment)
{
	struct journal_segment packed = *segment;
	char name[JOURNAL_NAME_MAX];
	int64_t damaged;
	int in, out, err;

	packed.packed = true;
	journal_segment_name(&packed, name);
	in = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return -1;
	out = memfd_create(name, MFD_CLOEXEC);
	/* What is damaged is missed by whoever reads the records. */
	err = out < 0 ? ERR_IO : unpack_file(in, out, MAX_CONTENT, &damaged);
	if (err != 0)
		err = to_errno(err);
	close(in);
	if (err == 0)
		return out;
	if (out >= 0)
		close(out);
	errno = err;
	return -1;
}

/* The content of in to a new file, which is on the disk when this returns. */
static int
write_packed(int dir_fd, int in, const char *name)
{
	struct stat st;
	int err, out = openat(dir_fd, name,
			      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	if (out < 0)
		return ERR_IO;
	err = pack_file(in, out);
	if (err == 0 && fstat(in, &st) == 0) {
		const struct timespec times[2] = { st.st_atim, st.st_mtim };

		futimens(out, times);
	}
	if (err == 0 && fdatasync(out) != 0)
		err = ERR_IO;
	close(out);
	return err;
}

static int
pack_one(int dir_fd, const struct journal_segment *segment)
{
	struct journal_segment packed = *segment;
	char name[JOURNAL_NAME_MAX], packed_name[JOURNAL_NAME_MAX];
	char temporary[JOURNAL_NAME_MAX + sizeof(TEMPORARY)];
	int err, in;

	packed.packed = true;
	journal_segment_name(segment, name);
	journal_segment_name(&packed, packed_name);
	snprintf(temporary, sizeof(temporary), "%s" TEMPORARY, packed_name);
	in = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return ERR_IO;
	err = write_packed(dir_fd, in, temporary);
	close(in);
	if (err == 0 &&
	    (renameat(dir_fd, temporary, dir_fd, packed_name) != 0 ||
	     fsync(dir_fd) != 0 || unlinkat(dir_fd, name, 0) != 0))
		err = ERR_IO;
	if (err != 0) {
		int saved = errno;

		unlinkat(dir_fd, temporary, 0);
		errno = saved;
	}
	return err;
}

int
journal_pack(const char *directory, const struct journal_source *source,
	     int64_t keep, int *n_out)
{
	struct journal_segment segment = { .worker = source->worker };
	int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	*n_out = 0;
	if (dir_fd < 0)
		return ERR_IO;
	memcpy(segment.node, source->node, sizeof(segment.node));
	err = journal_segment_plain(dir_fd, &segment, &segment.number);
	if (err == 0 && segment.number < keep) {
		err = pack_one(dir_fd, &segment);
		*n_out = err == 0;
	}
	close(dir_fd);
	return err == ERR_NOTFOUND ? 0 : err;
}
