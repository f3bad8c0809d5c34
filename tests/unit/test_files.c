/* test_files.c - connections, as far as the system lets files be open */
#include "lcrproxy/files.h"

#include <stdint.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/wait.h>

#include "tests/unit/harness.h"

#define OWN (128 + 32)

/* What becomes of wanted where so many may be, in a process of its own, as
 * there is no way back: the number, and the limit then. */
static void
ask(rlim_t soft, rlim_t hard, size_t wanted, size_t got, rlim_t then)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0) {
		struct rlimit limit = { soft, hard };
		struct log log;

		log_init(&log, -1, LOG_LEVEL_ERROR);
		setrlimit(RLIMIT_NOFILE, &limit);
		got -= files_for_connections(wanted, 1, &log);
		getrlimit(RLIMIT_NOFILE, &limit);
		_exit(got == 0 && limit.rlim_cur == then ? 0 : 1);
	}
	CHECK(waitpid(child, &status, 0) == child && status == 0);
}

static void
there_are_as_many_as_there_is_room_for(void)
{
	ask(500, 500, 300, 300, 500); /* enough: nothing is changed */
	ask(100, 500, 300, 300, 300 + OWN);
	ask(100, 500, 340, 340, 500);
	ask(100, 500, 341, 340, 500);
	ask(100, 500, SIZE_MAX / 2, 340, 500);
	ask(64, 64, 300, 32, 64); /* not even enough for the rest */
}

static const struct test tests[] = {
	{ "there are as many as there is room for",
	  there_are_as_many_as_there_is_room_for, true },
};

const struct test_suite suite_files = TEST_SUITE("files", tests);
