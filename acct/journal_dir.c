/* journal_dir.c - which segments there are in a directory */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "acct/journal.h"
#include "acct/journal_format.h"
#include "acct/journal_pack.h"
#include "base/alloc.h"
#include "base/err.h"

/* For each segment of the directory; a return value that is not 0 ends the
 * walk. */
typedef int visit_fn(void *arg, const struct journal_segment *segment);

/* 0, what visit returned, ERR_IO or ERR_NOMEM. The directory is opened anew,
 * so that walks do not share a position. */
static int
walk(int dir_fd, visit_fn *visit, void *arg)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct journal_segment segment;
	struct dirent *entry;
	int err = 0;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return ERR_IO;
	}
	while (err == 0 && (errno = 0, entry = readdir(dir)) != NULL) {
		if (journal_segment_parse(entry->d_name, &segment))
			err = visit(arg, &segment);
	}
	if (err == 0 && errno != 0)
		err = ERR_IO;
	closedir(dir);
	return err;
}

static bool
is_like(const struct journal_segment *a, const struct journal_segment *b)
{
	return a->worker == b->worker && strcmp(a->node, b->node) == 0;
}

struct search {
	const struct journal_segment *like;
	int64_t above;
	bool highest, plain_only;
	int64_t found; /* 0 = none */
};

static int
search_visit(void *arg, const struct journal_segment *segment)
{
	struct search *search = arg;

	if (!is_like(segment, search->like) ||
	    segment->number <= search->above ||
	    (search->plain_only && segment->packed))
		return 0;
	if (search->found == 0 ||
	    (segment->number > search->found) == search->highest)
		search->found = segment->number;
	return 0;
}

static int
run_search(int dir_fd, struct search *search, int64_t *out)
{
	int err = walk(dir_fd, search_visit, search);

	if (err != 0)
		return err;
	if (search->found == 0)
		return ERR_NOTFOUND;
	*out = search->found;
	return 0;
}

int
journal_segment_lowest(int dir_fd, const struct journal_segment *like,
		       int64_t above, int64_t *out)
{
	struct search search = { .like = like, .above = above };

	return run_search(dir_fd, &search, out);
}

int
journal_segment_highest(int dir_fd, const struct journal_segment *like,
			int64_t above, int64_t *out)
{
	struct search search = { .like = like,
				 .above = above,
				 .highest = true };

	return run_search(dir_fd, &search, out);
}

int
journal_segment_plain(int dir_fd, const struct journal_segment *like,
		      int64_t *out)
{
	struct search search = { .like = like, .plain_only = true };

	return run_search(dir_fd, &search, out);
}

int
journal_segment_open(int dir_fd, const struct journal_segment *segment,
		     int flags)
{
	char name[JOURNAL_NAME_MAX];
	int fd;

	journal_segment_name(segment, name);
	fd = openat(dir_fd, name, flags | O_CLOEXEC, 0640);
	if (fd < 0 && errno == ENOENT && (flags & O_CREAT) == 0)
		return journal_unpack(dir_fd, segment);
	return fd;
}

struct listing {
	struct journal_source *sources;
	size_t n, cap;
};

static int
list_visit(void *arg, const struct journal_segment *segment)
{
	struct listing *list = arg;
	struct journal_source *source;

	for (size_t i = 0; i < list->n; i++) {
		source = &list->sources[i];
		if (source->worker != segment->worker ||
		    strcmp(source->node, segment->node) != 0)
			continue;
		if (segment->number < source->first_segment)
			source->first_segment = segment->number;
		if (segment->number > source->last_segment)
			source->last_segment = segment->number;
		return 0;
	}
	if (mem_grow((void **)&list->sources, &list->cap, list->n,
		     sizeof(*source)) != 0)
		return ERR_NOMEM;
	source = &list->sources[list->n++];
	memcpy(source->node, segment->node, sizeof(source->node));
	source->worker = segment->worker;
	source->first_segment = source->last_segment = segment->number;
	return 0;
}

static int
compare_sources(const void *a, const void *b)
{
	const struct journal_source *x = a, *y = b;
	int order = strcmp(x->node, y->node);

	return order != 0 ? order
			  : (x->worker > y->worker) - (x->worker < y->worker);
}

int
journal_list(const char *directory, struct journal_source **out, size_t *n_out)
{
	struct listing list = { 0 };
	int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (dir_fd < 0)
		return ERR_IO;
	err = walk(dir_fd, list_visit, &list);
	close(dir_fd);
	if (err != 0) {
		mem_free(list.sources);
		return err;
	}
	if (list.n > 0)
		qsort(list.sources, list.n, sizeof(list.sources[0]),
		      compare_sources);
	*out = list.sources;
	*n_out = list.n;
	return 0;
}

/* Whether the segment of position begins with a later record; one that is not
 * there, or damaged, does not. */
static bool
begins_later(int dir_fd, const struct journal_segment *like,
	     const struct journal_position *position)
{
	struct journal_segment segment = *like, header;
	uint8_t bytes[JOURNAL_HEADER_LEN];
	bool later = false;
	int fd;

	segment.number = position->segment;
	fd = journal_segment_open(dir_fd, &segment, O_RDONLY);
	if (fd < 0)
		return false;
	if (pread(fd, bytes, sizeof(bytes), 0) == (ssize_t)sizeof(bytes) &&
	    journal_header_decode(bytes, &header) == 0)
		later = header.first_seq > position->seq;
	close(fd);
	return later;
}

int
journal_holds(const char *directory, const struct journal_source *source,
	      const struct journal_position *position, bool *out)
{
	struct journal_segment like = { .worker = source->worker };
	int dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t highest;
	int err;

	*out = true;
	if (dir_fd < 0)
		return ERR_IO;
	memcpy(like.node, source->node, sizeof(like.node));
	err = journal_segment_highest(dir_fd, &like, 0, &highest);
	if (err == 0 && position->segment > 0)
		*out = position->segment <= highest &&
		       !begins_later(dir_fd, &like, position);
	close(dir_fd);
	return err == ERR_NOTFOUND ? 0 : err;
}

/* The Unix time up to which a file has changed that is min_age_s old. A file may
 * seem to be of the next second: time() is some milliseconds behind. */
static int64_t
changed_before(int64_t min_age_s)
{
	return min_age_s > 0 ? time(NULL) - min_age_s : INT64_MAX;
}

struct measuring {
	int dir_fd;
	const struct journal_segment *like; /* its number is the first */
	int64_t before_s;                   /* last change, Unix time */
	int64_t bytes;
};

static int
measure_visit(void *arg, const struct journal_segment *segment)
{
	struct measuring *measuring = arg;
	char name[JOURNAL_NAME_MAX];
	struct stat st;

	if (!is_like(segment, measuring->like) ||
	    segment->number < measuring->like->number)
		return 0;
	journal_segment_name(segment, name);
	if (fstatat(measuring->dir_fd, name, &st, 0) == 0 &&
	    st.st_mtime <= measuring->before_s)
		measuring->bytes += st.st_size;
	return 0;
}

int64_t
journal_bytes_from(const char *directory, const struct journal_source *source,
		   const struct journal_position *position, int64_t min_age_s)
{
	struct journal_segment like = { .worker = source->worker,
					.number = position->segment };
	struct measuring measuring = { .like = &like,
				       .before_s = changed_before(min_age_s) };

	memcpy(like.node, source->node, sizeof(like.node));
	measuring.dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (measuring.dir_fd < 0)
		return 0;
	walk(measuring.dir_fd, measure_visit, &measuring);
	close(measuring.dir_fd);
	if (measuring.bytes < position->offset)
		return 0;
	return measuring.bytes - position->offset;
}

struct pruning {
	int dir_fd;
	const struct journal_segment *like; /* its number is kept */
	int64_t before_s;                   /* last change, Unix time */
	int n;
};

static int
prune_visit(void *arg, const struct journal_segment *segment)
{
	struct pruning *pruning = arg;
	char name[JOURNAL_NAME_MAX];
	struct stat st;

	if (!is_like(segment, pruning->like) ||
	    segment->number >= pruning->like->number)
		return 0;
	journal_segment_name(segment, name);
	if (fstatat(pruning->dir_fd, name, &st, 0) == 0 &&
	    st.st_mtime <= pruning->before_s &&
	    unlinkat(pruning->dir_fd, name, 0) == 0)
		pruning->n++;
	return 0;
}

int
journal_prune(const char *directory, const struct journal_source *source,
	      int64_t keep, int64_t min_age_s)
{
	struct journal_segment like = { .worker = source->worker,
					.number = keep };
	struct pruning pruning = { .like = &like,
				   .before_s = changed_before(min_age_s) };

	memcpy(like.node, source->node, sizeof(like.node));
	pruning.dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pruning.dir_fd < 0)
		return 0;
	walk(pruning.dir_fd, prune_visit, &pruning);
	close(pruning.dir_fd);
	return pruning.n;
}
