/* pack.c - whole files, compressed and back, a frame for each megabyte */
#include "base/pack.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/alloc.h"
#include "base/err.h"

#define CHUNK ((size_t)1 << 20)
#define LEVEL 1 /* for speed: higher ones save little of such records */

static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

static int
write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Up to len bytes at offset, fewer only at the end of the file: how many, or -1
 * and errno. */
static ssize_t
read_at(int fd, uint8_t *out, size_t len, off_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, out + done, len - done,
				  offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* --- there --- */

static int
pack_chunks(ZSTD_CCtx *context, int in_fd, int out_fd, uint8_t *plain,
	    uint8_t *packed, size_t cap)
{
	off_t at = 0;

	for (;;) {
		ssize_t n = read_at(in_fd, plain, CHUNK, at);
		size_t len;
		int err;

		if (n < 0)
			return ERR_IO;
		if (n == 0)
			return 0;
		len = ZSTD_compress2(context, packed, cap, plain, (size_t)n);
		if (ZSTD_isError(len))
			return ERR_NOMEM;
		err = write_all(out_fd, packed, len);
		if (err != 0)
			return err;
		at += n;
	}
}

int
pack_file(int in_fd, int out_fd)
{
	size_t cap = ZSTD_compressBound(CHUNK);
	uint8_t *plain = mem_alloc(CHUNK), *packed = mem_alloc(cap);
	ZSTD_CCtx *context = ZSTD_createCCtx();
	int err = ERR_NOMEM;

	if (plain != NULL && packed != NULL && context != NULL) {
		ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
		err = pack_chunks(context, in_fd, out_fd, plain, packed, cap);
	}
	ZSTD_freeCCtx(context);
	mem_free(plain);
	mem_free(packed);
	return err;
}

/* --- and back --- */

struct unpacking {
	ZSTD_DCtx *context;
	const uint8_t *in;
	size_t n, at;
	uint8_t *plain; /* CHUNK */
	int64_t max, written, damaged;
	int out_fd;
};

/* Where the next frame may begin, at `at` or behind it. */
static size_t
next_magic(const struct unpacking *u, size_t at)
{
	const uint8_t *found = NULL;

	if (at < u->n)
		found = memmem(u->in + at, u->n - at, magic, sizeof(magic));
	return found != NULL ? (size_t)(found - u->in) : u->n;
}

/* The frame at u->at: its content's length, or 0 when it is damaged. */
static size_t
decode_frame(struct unpacking *u, size_t *len_out)
{
	const uint8_t *frame = u->in + u->at;
	size_t len = ZSTD_findFrameCompressedSize(frame, u->n - u->at);
	size_t content;

	if (ZSTD_isError(len))
		return 0;
	content = ZSTD_decompressDCtx(u->context, u->plain, CHUNK, frame, len);
	*len_out = len;
	return ZSTD_isError(content) ? 0 : content;
}

static int
unpack_all(struct unpacking *u)
{
	while (u->at < u->n) {
		size_t next = next_magic(u, u->at), len = 0, content;
		int err;

		u->damaged += (int64_t)(next - u->at);
		u->at = next;
		if (next == u->n)
			break;
		content = decode_frame(u, &len);
		if (content == 0) {
			u->damaged++;
			u->at++;
			continue;
		}
		u->written += (int64_t)content;
		if (u->written > u->max)
			return ERR_LIMIT;
		err = write_all(u->out_fd, u->plain, content);
		if (err != 0)
			return err;
		u->at += len;
	}
	return 0;
}

/* All of a file; *out yours to free. */
static int
read_file(int fd, uint8_t **out, size_t *n_out)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return ERR_IO;
	*out = mem_alloc((size_t)st.st_size + 1);
	if (*out == NULL)
		return ERR_NOMEM;
	n = read_at(fd, *out, (size_t)st.st_size, 0);
	*n_out = n > 0 ? (size_t)n : 0;
	return n < 0 ? ERR_IO : 0;
}

int
unpack_file(int in_fd, int out_fd, int64_t max, int64_t *damaged_out)
{
	struct unpacking u = { .max = max, .out_fd = out_fd };
	uint8_t *in = NULL;
	int err = read_file(in_fd, &in, &u.n);

	u.in = in;
	u.plain = mem_alloc(CHUNK);
	u.context = ZSTD_createDCtx();
	if (err == 0 && (u.plain == NULL || u.context == NULL))
		err = ERR_NOMEM;
	if (err == 0)
		err = unpack_all(&u);
	*damaged_out = u.damaged;
	ZSTD_freeDCtx(u.context);
	mem_free(u.plain);
	mem_free(in);
	return err;
}
