"""preload - functions of the C library as a test wants them: a clock that is set, a disk that fails"""
import os
import subprocess
import tempfile

STEPPING = """
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int
clock_gettime(clockid_t id, struct timespec *out)
{
	int result = (int)syscall(SYS_clock_gettime, id, out), fd;
	int64_t us = 0;

	if (id != CLOCK_REALTIME || result != 0)
		return result;
	fd = open(getenv("LCR_TEST_FILE"), O_RDONLY);
	if (fd >= 0 && read(fd, &us, sizeof(us)) == sizeof(us)) {
		us += (int64_t)out->tv_sec * 1000000 + out->tv_nsec / 1000;
		out->tv_sec = us / 1000000;
		out->tv_nsec = us % 1000000 * 1000;
	}
	close(fd);
	return result;
}
time_t
time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
"""


def set_clock(path, us):
    """From now on the clock of the programs whose file this is, is ahead by so many microseconds (STEPPING)."""
    with open(path + ".new", "wb") as file:
        file.write(int(us).to_bytes(8, "little", signed=True))
    os.replace(path + ".new", path)


class Preload:
    """The C library's functions in the programs started inside, as `source` has them; `path` is its file LCR_TEST_FILE. With for_all = False
    only for programs that are started with env(): each may have a file of its own."""

    def __init__(self, source, for_all=True):
        self.for_all = for_all
        self.folder = tempfile.TemporaryDirectory()
        code, library, self.path = (os.path.join(self.folder.name, name) for name in ("code.c", "code.so", "file"))
        with open(code, "w", encoding="utf-8") as file:
            file.write("#define _GNU_SOURCE\n" + source)
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-o", library, code], check=True)
        self.library = library

    def __enter__(self):
        self.before = dict(os.environ)
        if self.for_all:
            os.environ.update(self.env(self.path))
        return self

    def env(self, path):
        return dict(os.environ, LD_PRELOAD=self.library, LCR_TEST_FILE=path, ASAN_OPTIONS="verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", ""))

    def __exit__(self, *_):
        os.environ.clear()
        os.environ.update(self.before)
        self.folder.cleanup()
