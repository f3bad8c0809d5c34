/* gzip.c - a stream whose octets arrive compressed */
#include "base/gzip.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/err.h"

#define CHUNK 65536
#define WITH_GZIP_HEADER (15 + 16) /* the largest window, RFC 1952 around it \
				    */
#define MEMORY_LEVEL 8             /* zlib's own preset */

struct gzip {
	z_stream stream;
	int fd;
	unsigned char out[CHUNK];
};

static void *
take_memory(void *arg, unsigned n, unsigned size)
{
	(void)arg;
	return mem_zalloc(n, size);
}

static void
give_memory(void *arg, void *memory)
{
	(void)arg;
	mem_free(memory);
}

static int
write_out(struct gzip *gzip)
{
	const unsigned char *at = gzip->out;
	size_t left = CHUNK - gzip->stream.avail_out;

	while (left > 0) {
		ssize_t n = write(gzip->fd, at, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_IO;
		at += n;
		left -= (size_t)n;
	}
	gzip->stream.next_out = gzip->out;
	gzip->stream.avail_out = CHUNK;
	return 0;
}

/* Compress what is waiting; with Z_FINISH up to the very end. */
static int
work(struct gzip *gzip, int flush)
{
	int result;

	do {
		result = deflate(&gzip->stream, flush);
		if (gzip->stream.avail_out == 0 || flush == Z_FINISH) {
			if (write_out(gzip) != 0)
				return ERR_IO;
		}
	} while (gzip->stream.avail_in > 0 ||
		 (flush == Z_FINISH && result == Z_OK));
	return 0;
}

static ssize_t
on_write(void *cookie, const char *data, size_t len)
{
	struct gzip *gzip = cookie;

	if (len > CHUNK)
		len = CHUNK; /* the rest is offered again */
	gzip->stream.next_in = (unsigned char *)(size_t)data;
	gzip->stream.avail_in = (unsigned)len;
	return work(gzip, Z_NO_FLUSH) == 0 ? (ssize_t)len : 0;
}

static int
on_close(void *cookie)
{
	struct gzip *gzip = cookie;
	int err, saved;

	gzip->stream.avail_in = 0;
	err = work(gzip, Z_FINISH);
	saved = errno;
	deflateEnd(&gzip->stream);
	mem_free(gzip);
	errno = saved;
	return err == 0 ? 0 : -1;
}

int
gzip_open(int fd, FILE **out)
{
	const cookie_io_functions_t functions = { .write = on_write,
						  .close = on_close };
	struct gzip *gzip = mem_zalloc(1, sizeof(*gzip));

	if (gzip == NULL)
		return ERR_NOMEM;
	gzip->fd = fd;
	gzip->stream.zalloc = take_memory;
	gzip->stream.zfree = give_memory;
	gzip->stream.next_out = gzip->out;
	gzip->stream.avail_out = CHUNK;
	if (deflateInit2(&gzip->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED,
			 WITH_GZIP_HEADER, MEMORY_LEVEL,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		mem_free(gzip);
		return ERR_NOMEM;
	}
	*out = fopencookie(gzip, "w", functions);
	if (*out != NULL)
		return 0;
	deflateEnd(&gzip->stream);
	mem_free(gzip);
	return ERR_IO;
}
