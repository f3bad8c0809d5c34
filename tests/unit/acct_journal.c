/* acct_journal.c - see acct_journal.h */
#include "tests/unit/acct_journal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "tests/unit/harness.h"

void
fresh_dir(char out[PATH_LEN])
{
	snprintf(out, PATH_LEN, "%s/XXXXXX", test_dir());
	if (mkdtemp(out) == NULL) {
		perror("mkdtemp");
		exit(1);
	}
}

void
segment_path(const char *dir, int64_t number, char out[2 * PATH_LEN])
{
	struct journal_segment segment = { .node = "pop1", .number = number };
	char name[JOURNAL_NAME_MAX];

	journal_segment_name(&segment, name);
	snprintf(out, 2 * (size_t)PATH_LEN, "%s/%s", dir, name);
}

static bool
find_source(const char *dir, struct journal_source *out)
{
	struct journal_source *sources;
	size_t n;
	bool found = false;

	if (!OK(journal_list(dir, &sources, &n)))
		return false;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(sources[i].node, "pop1") == 0 &&
		    sources[i].worker == 0) {
			*out = sources[i];
			found = true;
		}
	}
	mem_free(sources);
	return found;
}

int64_t
first_segment(const char *dir)
{
	struct journal_source source;

	return find_source(dir, &source) ? source.first_segment : 0;
}

int64_t
last_segment(const char *dir)
{
	struct journal_source source;

	return find_source(dir, &source) ? source.last_segment : 0;
}

int
open_journal(const char *dir, int64_t segment_bytes, struct journal **out)
{
	const struct journal_settings settings = {
		.directory = dir,
		.node = "pop1",
		.segment_bytes = segment_bytes,
	};

	return journal_open(&settings, NULL, out);
}

int
write_records(struct journal *journal, int first, int n)
{
	char text[50];

	for (int i = first; i < first + n; i++) {
		int len = snprintf(text, sizeof(text), "record %d", i);
		int err = journal_add(journal, text, (size_t)len);

		if (err != 0)
			return err;
	}
	return journal_commit(journal);
}

int
make_journal(const char *dir, int first, int n)
{
	struct journal *journal;
	int err = open_journal(dir, 0, &journal);

	if (err != 0)
		return err;
	err = write_records(journal, first, n);
	journal_close(journal);
	return err;
}

static void
take_record(struct reading *reading, const void *data, size_t len)
{
	char text[100];
	int number, end = 0;

	snprintf(text, sizeof(text), "%.*s", (int)len, (const char *)data);
	if (sscanf(text, "record %d%n", &number, &end) != 1 ||
	    (size_t)end != len)
		number = -1;
	reading->seqs[reading->n] = reading->at.seq - 1;
	reading->numbers[reading->n++] = number;
}

void
read_journal(const char *dir, const struct journal_position *position,
	     struct reading *out)
{
	const struct journal_position beginning = { 0 };
	const struct journal_source source = { .node = "pop1" };
	struct journal_reader *reader;
	const void *data;
	size_t len;

	memset(out, 0, sizeof(*out));
	if (position == NULL)
		position = &beginning;
	out->err = journal_reader_open(dir, &source, position, &reader);
	if (out->err != 0)
		return;
	while (out->n < 200 && out->n_corrupt < 200) {
		out->err = journal_reader_next(reader, &data, &len, &out->at);
		if (out->err == 0) {
			take_record(out, data, len);
		} else if (out->err == ERR_CORRUPT) {
			out->n_corrupt++;
			out->lost += len;
		} else {
			break;
		}
	}
	journal_reader_close(reader);
}

bool
is_exactly(const struct reading *reading, int first, int n)
{
	if (reading->err != ERR_END || reading->n_corrupt != 0 ||
	    reading->n != n)
		return false;
	for (int i = 0; i < n; i++) {
		if (reading->numbers[i] != first + i)
			return false;
		if (i > 0 && reading->seqs[i] != reading->seqs[i - 1] + 1)
			return false;
	}
	return true;
}

void
kill_after(void (*run)(const char *dir), const char *dir, unsigned us)
{
	pid_t pid = fork();

	if (pid == 0) {
		run(dir);
		_exit(0);
	}
	if (!CHECK(pid > 0))
		return;
	usleep(us);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

bool
dies_well(bool (*run)(const char *dir, const void *arg), const char *dir,
	  const void *arg)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (run(dir, arg))
			kill(getpid(), SIGKILL);
		_exit(1);
	}
	return CHECK(pid > 0 && waitpid(pid, &status, 0) == pid &&
		     WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

void
bound_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

void
load_file(const char *path, uint8_t out[FILE_MAX], size_t *len_out)
{
	FILE *file = fopen(path, "rb");

	*len_out = 0;
	if (!CHECK(file != NULL))
		return;
	*len_out = fread(out, 1, FILE_MAX, file);
	CHECK(*len_out < FILE_MAX);
	fclose(file);
}

void
save_file(const char *path, const uint8_t *data, size_t len)
{
	FILE *file = fopen(path, "wb");

	if (!CHECK(file != NULL))
		return;
	CHECK(fwrite(data, 1, len, file) == len);
	CHECK(fclose(file) == 0);
}
