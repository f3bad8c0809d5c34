/* test_pack.c - whole files, compressed and back */
#include "base/pack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"

#define MB (1 << 20)

/* A file in memory of n bytes that compress a little, each saying where. */
static int
make_file(size_t n)
{
	int fd = memfd_create("plain", MFD_CLOEXEC);
	char line[32];
	size_t done = 0;

	while (done < n) {
		size_t len = (size_t)snprintf(line, sizeof(line), "%zu,", done);

		if (len > n - done)
			len = n - done;
		CHECK(write(fd, line, len) == (ssize_t)len);
		done += len;
	}
	return fd;
}

static bool
is_same(int a, off_t a_from, int b, size_t n)
{
	char *x = malloc(n + 1), *y = malloc(n + 1);
	bool same = pread(a, x, n, a_from) == (ssize_t)n &&
		    pread(b, y, n + 1, 0) == (ssize_t)n &&
		    memcmp(x, y, n) == 0;

	free(x);
	free(y);
	return same;
}

static void
files_come_back(void)
{
	static const size_t sizes[] = { 0, 1, 1000, MB - 1, MB, MB + 1 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		int plain = make_file(sizes[i]);
		int packed = memfd_create("packed", MFD_CLOEXEC);
		int back = memfd_create("back", MFD_CLOEXEC);
		int64_t damaged = -1;

		if (OK(pack_file(plain, packed)) &&
		    OK(unpack_file(packed, back, MB + 1, &damaged))) {
			CHECK(damaged == 0);
			CHECK(is_same(plain, 0, back, sizes[i]));
			CHECK(lseek(packed, 0, SEEK_END) <
			      (off_t)sizes[i] * 3 / 4 + 32);
		}
		close(plain);
		close(packed);
		close(back);
	}
}

/* Three frames, and a byte of the second one is wrong. */
static void
damage_costs_one_frame(void)
{
	int plain = make_file(3 * MB);
	int packed = memfd_create("packed", MFD_CLOEXEC);
	int64_t damaged = 0;
	off_t n;

	if (!OK(pack_file(plain, packed)))
		goto out;
	n = lseek(packed, 0, SEEK_END);
	for (int i = 0; i < 40; i++) {
		off_t at = n / 3 + n / 12 + i * (n / 400);
		int back = memfd_create("back", MFD_CLOEXEC);
		uint8_t byte = 0;

		CHECK(pread(packed, &byte, 1, at) == 1);
		byte ^= (uint8_t)(1 << i % 8);
		CHECK(pwrite(packed, &byte, 1, at) == 1);
		if (OK(unpack_file(packed, back, 3 * MB, &damaged))) {
			CHECK(damaged > 0 && damaged < n);
			CHECK(lseek(back, 0, SEEK_END) == 2 * MB);
		}
		byte ^= (uint8_t)(1 << i % 8);
		CHECK(pwrite(packed, &byte, 1, at) == 1);
		close(back);
	}
out:
	close(plain);
	close(packed);
}

static void
a_cut_file_gives_what_is_whole(void)
{
	int plain = make_file(2 * MB);
	int packed = memfd_create("packed", MFD_CLOEXEC);
	int back = memfd_create("back", MFD_CLOEXEC);
	int64_t damaged = 0;

	if (OK(pack_file(plain, packed)) &&
	    CHECK(ftruncate(packed, lseek(packed, 0, SEEK_END) - 10) == 0) &&
	    OK(unpack_file(packed, back, 2 * MB, &damaged))) {
		CHECK(damaged > 0);
		CHECK(is_same(plain, 0, back, MB));
	}
	close(plain);
	close(packed);
	close(back);
}

static void
the_content_is_bounded(void)
{
	int plain = make_file(2 * MB);
	int packed = memfd_create("packed", MFD_CLOEXEC);
	int back = memfd_create("back", MFD_CLOEXEC);
	int64_t damaged = 0;

	if (OK(pack_file(plain, packed)))
		CHECK(unpack_file(packed, back, 2 * MB - 1, &damaged) ==
			  ERR_LIMIT ||
		      test_starved());
	CHECK(unpack_file(-1, back, MB, &damaged) == ERR_IO);
	close(plain);
	close(packed);
	close(back);
}

static const struct test tests[] = {
	{ "files come back", files_come_back, false },
	{ "damage costs one frame", damage_costs_one_frame, true },
	{ "a cut file gives what is whole", a_cut_file_gives_what_is_whole,
	  false },
	{ "the content is bounded", the_content_is_bounded, false },
};

const struct test_suite suite_pack = TEST_SUITE("pack", tests);
