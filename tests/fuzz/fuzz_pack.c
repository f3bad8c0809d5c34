/* fuzz_pack.c - any bytes as a compressed file: reading ends, within bounds */
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/err.h"
#include "base/pack.h"
#include "tests/fuzz/fuzz.h"

#define MAX (4 << 20)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int in = memfd_create("in", MFD_CLOEXEC);
	int out = memfd_create("out", MFD_CLOEXEC);
	int64_t damaged = 0;
	int err;

	if (in < 0 || out < 0 || write(in, data, size) != (ssize_t)size)
		abort();
	err = unpack_file(in, out, MAX, &damaged);
	assert(err == 0 || err == ERR_LIMIT);
	assert(damaged >= 0 && damaged <= (int64_t)size);
	assert(lseek(out, 0, SEEK_END) <= MAX);
	close(in);
	close(out);
	return 0;
}
