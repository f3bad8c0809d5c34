/* test_gzip.c - a stream whose octets arrive compressed */
#include "base/gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N_LINES 40000 /* more than a chunk, compressed too */

static void
path_of(const char *name, char out[256])
{
	snprintf(out, 256, "%s/%s", test_dir(), name);
}

/* Lines that do not compress well, into a file. */
static int
write_lines(const char *path, int n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	unsigned long random = 88172645463325252u;
	FILE *out = NULL;
	int err = fd < 0 ? ERR_IO : gzip_open(fd, &out);

	for (int i = 0; i < n && err == 0; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		fprintf(out, "%d,%016lx\n", i, random);
	}
	if (out != NULL && fclose(out) != 0 && err == 0)
		err = ERR_IO;
	if (fd >= 0)
		close(fd);
	return err;
}

/* What gzip(1) makes of it: the number of lines, -1 when it complains. */
static int
count_lines(const char *path)
{
	char command[300];
	FILE *in;
	int n = 0, c;

	snprintf(command, sizeof(command), "gzip -dc <%s", path);
	in = popen(command, "r");
	if (in == NULL)
		return -1;
	while ((c = getc(in)) != EOF)
		n += c == '\n';
	return pclose(in) == 0 ? n : -1;
}

static void
others_can_read_it(void)
{
	char path[256];

	path_of("lines.gz", path);
	if (OK(write_lines(path, N_LINES)))
		CHECK(count_lines(path) == N_LINES);
	if (OK(write_lines(path, 0)))
		CHECK(count_lines(path) == 0);
}

static void
same_content_same_octets(void)
{
	unsigned char header[10] = { 0 };
	char path[256];
	FILE *in;

	path_of("header.gz", path);
	if (!OK(write_lines(path, 1)))
		return;
	in = fopen(path, "r");
	if (CHECK(in != NULL)) {
		CHECK(fread(header, 1, 10, in) == 10);
		fclose(in);
	}
	/* deflate, no flags, no time: RFC 1952, 2.3 */
	CHECK(memcmp(header, "\x1f\x8b\x08\0\0\0\0\0", 8) == 0);
}

static void
a_full_disk_is_told(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	FILE *out;

	if (OK(gzip_open(fd, &out))) {
		fputs("something\n", out);
		CHECK(fclose(out) != 0 && errno == ENOSPC);
	}
	close(fd);
}

static const struct test tests[] = {
	{ "gzip reads what was written", others_can_read_it, true },
	{ "no time or name is in it", same_content_same_octets, false },
	{ "a full disk is told at the end", a_full_disk_is_told, false },
};
const struct test_suite suite_gzip = TEST_SUITE("gzip", tests);
