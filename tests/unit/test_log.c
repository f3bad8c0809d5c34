/* test_log.c - one event, one line */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "tests/unit/harness.h"

#define N_THREADS 4
#define N_LINES 500

struct capture {
	int read_fd;
	struct log log;
	char text[4096];
};

static bool
begin(struct capture *capture, enum log_level level)
{
	int fds[2];

	if (!CHECK(pipe(fds) == 0))
		return false;
	capture->read_fd = fds[0];
	log_init(&capture->log, fds[1], level);
	return true;
}

/* Everything written since begin; ends the capture. */
static const char *
end(struct capture *capture)
{
	size_t len = 0;
	ssize_t n;

	close(capture->log.fd);
	while ((n = read(capture->read_fd, capture->text + len,
			 sizeof(capture->text) - 1 - len)) > 0)
		len += (size_t)n;
	close(capture->read_fd);
	capture->text[len] = '\0';
	return capture->text;
}

static void
a_line_has_a_level_and_an_end(void)
{
	struct capture c;

	if (!begin(&c, LOG_LEVEL_DEBUG))
		return;
	log_error(&c.log, "store sqlite:%s: cannot open, errno=%d", "x", 2);
	log_warning(&c.log, "w");
	log_info(&c.log, "i");
	log_debug(&c.log, "d");
	CHECK(strcmp(end(&c), "error store sqlite:x: cannot open, errno=2\n"
			      "warning w\ninfo i\ndebug d\n") == 0);
}

static int
count(int *n)
{
	return ++*n;
}

static void
lines_above_the_level_are_dropped(void)
{
	struct log *none = NULL;
	struct capture c;
	int n = 0;

	if (!begin(&c, LOG_LEVEL_WARNING))
		return;
	log_error(&c.log, "e");
	log_warning(&c.log, "w");
	log_info(&c.log, "i");
	log_debug(&c.log, "d%d", count(&n));
	CHECK(n == 0); /* the arguments were not evaluated */
	c.log.level = LOG_LEVEL_DEBUG;
	log_debug(&c.log, "d%d", count(&n));
	log_debug(none, "d%d", count(&n));
	log_error(none, "e");
	CHECK(n == 1);
	CHECK(strcmp(end(&c), "error e\nwarning w\ndebug d1\n") == 0);
}

static void
lines_cannot_be_forged(void)
{
	struct capture c;

	if (!begin(&c, LOG_LEVEL_INFO))
		return;
	log_info(&c.log, "from %s", "a\nerror b\r\x1b[1m\x7f\xc3\xa4 ~");
	CHECK(strcmp(end(&c), "info from a\\x0aerror b\\x0d\\x1b[1m\\x7f"
			      "\\xc3\\xa4 ~\n") == 0);
}

static void
long_lines_are_cut_between_characters(void)
{
	struct capture c;

	if (!begin(&c, LOG_LEVEL_INFO))
		return;
	log_info(&c.log, "%03000d", 0);
	CHECK(strlen(end(&c)) == 2001 && c.text[2000] == '\n');
	if (!begin(&c, LOG_LEVEL_INFO))
		return;
	log_info(&c.log, "%01992d\n\n", 0); /* "info " and 1992: 3 left */
	CHECK(strlen(end(&c)) == 1998 && c.text[1996] == '0');
	if (!begin(&c, LOG_LEVEL_INFO))
		return;
	log_info(&c.log, "%01991d\n\n", 0);
	CHECK(strlen(end(&c)) == 2001 && strcmp(c.text + 1996, "\\x0a\n") == 0);
}

static void
the_time_stands_in_front_when_asked_for(void)
{
	struct capture c;
	const char *text;

	if (!begin(&c, LOG_LEVEL_INFO))
		return;
	c.log.with_time = true;
	log_info(&c.log, "x");
	text = end(&c); /* 2026-11-23T07:11:00.250000Z info x */
	CHECK(strlen(text) == 35);
	CHECK(text[4] == '-' && text[10] == 'T' && text[19] == '.');
	CHECK(strcmp(text + 26, "Z info x\n") == 0);
}

static void
logging_leaves_errno_alone(void)
{
	struct log log;

	log_init(&log, -1, LOG_LEVEL_INFO);
	errno = ERANGE;
	log_info(&log, "to nowhere");
	CHECK(errno == ERANGE);
}

static void
levels_have_names(void)
{
	static const char *const names[] = { "error", "warning", "info",
					     "debug" };
	enum log_level level;

	for (int i = 0; i < 4; i++) {
		test_row(names[i]);
		CHECK(log_level_parse(str_of(names[i]), &level) == 0);
		CHECK((int)level == i);
		CHECK(strcmp(log_level_text(level), names[i]) == 0);
	}
	CHECK(log_level_parse(str_of("Info"), &level) == ERR_SYNTAX);
	CHECK(log_level_parse(str_of(""), &level) == ERR_SYNTAX);
	CHECK(strcmp(log_level_text((enum log_level)4), "unknown") == 0);
}

static void
numbers_are_masked_unless_allowed(void)
{
	static const struct {
		const char *in, *masked;
		size_t cap;
	} rows[] = {
		{ "+4930123456", "+4930123xxx", 32 },
		{ "4930-12-34", "4930-1x-xx", 32 },
		{ "110", "xxx", 32 },
		{ "12", "xx", 32 },
		{ "alice", "alice", 32 },
		{ "", "", 32 },
		{ "+4930123456", "+4930123x", 10 }, /* cut, still masked */
		{ "123", "", 1 },
	};
	struct log log;
	char out[32];

	log_init(&log, -1, LOG_LEVEL_INFO);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct str number = str_of(rows[i].in);

		test_row(rows[i].in);
		log_number(&log, number, out, rows[i].cap);
		CHECK(strcmp(out, rows[i].masked) == 0);
		log_number(NULL, number, out, rows[i].cap);
		CHECK(strcmp(out, rows[i].masked) == 0);
	}
	log.full_numbers = true;
	CHECK(strcmp(log_number(&log, str_of("+4930123456"), out, 32),
		     "+4930123456") == 0);
	CHECK(strcmp(log_number(&log, str_of("1"), out, 0), "") == 0);
}

static void *
write_lines(void *arg)
{
	struct log *log = arg;

	for (int i = 0; i < N_LINES; i++)
		log_info(log, "%0100d", i);
	return NULL;
}

/* How often each of the lines 0..N_LINES - 1 stands whole in path. */
static void
count_lines(const char *path, int counts[N_LINES])
{
	FILE *file = fopen(path, "r");
	char line[300];
	int i;

	if (!CHECK(file != NULL) || file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (!CHECK(strlen(line) == 106) ||
		    !CHECK(sscanf(line, "info %d\n", &i) == 1) ||
		    !CHECK(i >= 0 && i < N_LINES))
			break;
		counts[i]++;
	}
	fclose(file);
}

static void
threads_do_not_tear_lines(void)
{
	int counts[N_LINES] = { 0 };
	pthread_t threads[N_THREADS];
	char path[300];
	struct log log;
	int fd;

	snprintf(path, sizeof(path), "%s/log", test_dir());
	fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_APPEND, 0600);
	if (!CHECK(fd >= 0))
		return;
	log_init(&log, fd, LOG_LEVEL_INFO);
	for (int i = 0; i < N_THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, write_lines, &log) ==
		      0);
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	close(fd);
	count_lines(path, counts);
	for (int i = 0; i < N_LINES; i++)
		CHECK(counts[i] == N_THREADS);
}

static void
strangers_fill_no_log(void)
{
	struct log_quota quota = { 0 };
	uint64_t left_out = 99;

	for (int i = 0; i < LOG_QUOTA; i++)
		CHECK(log_quota_take(&quota, 7000 + i, &left_out) &&
		      left_out == 0);
	for (int i = 0; i < 5; i++)
		CHECK(!log_quota_take(&quota, 7999, &left_out));
	CHECK(log_quota_take(&quota, 8000, &left_out) && left_out == 5);
	CHECK(log_quota_take(&quota, 8001, &left_out) && left_out == 0);
}

static const struct test tests[] = {
	{ "strangers fill no log", strangers_fill_no_log, false },
	{ "a line has a level and an end", a_line_has_a_level_and_an_end,
	  true },
	{ "lines above the level are dropped",
	  lines_above_the_level_are_dropped, true },
	{ "lines cannot be forged", lines_cannot_be_forged, true },
	{ "long lines are cut between characters",
	  long_lines_are_cut_between_characters, true },
	{ "the time stands in front when asked for",
	  the_time_stands_in_front_when_asked_for, true },
	{ "logging leaves errno alone", logging_leaves_errno_alone, true },
	{ "levels have names", levels_have_names, true },
	{ "numbers are masked unless allowed",
	  numbers_are_masked_unless_allowed, true },
	{ "threads do not tear lines", threads_do_not_tear_lines, true },
};

const struct test_suite suite_log = TEST_SUITE("log", tests);
