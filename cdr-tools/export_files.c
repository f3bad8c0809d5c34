/* export_files.c - where exported records go: one file, or a row of files */
#include "cdr-tools/export_files.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"

#define GZ ".gz"

static const struct {
	const char *name;
	enum export_rotation rotation;
	size_t len; /* of "2026-10-31T13", as much as the name shows */
} rotations[] = {
	{ "hour", EXPORT_HOUR, 13 },
	{ "day", EXPORT_DAY, 10 },
	{ "month", EXPORT_MONTH, 7 },
};
#define N_ROTATIONS (sizeof(rotations) / sizeof(rotations[0]))

int
export_rotation_parse(struct str text, struct export_files *out)
{
	for (size_t i = 0; i < N_ROTATIONS; i++) {
		if (str_eq_text(text, rotations[i].name)) {
			out->rotation = rotations[i].rotation;
			return 0;
		}
	}
	if (str_parse_u64(text, INT64_MAX, &out->max_records) != 0 ||
	    out->max_records == 0)
		return ERR_SYNTAX;
	out->rotation = EXPORT_RECORDS;
	return 0;
}

static bool
ends_in(const char *text, const char *end)
{
	size_t len = strlen(text), n = strlen(end);

	return len >= n && strcmp(text + len - n, end) == 0;
}

/* The piece of the name for a record: an hour with its offset from UTC, since
 * there are two of one name when summer time ends. */
static void
make_part(const struct export_files *files, time_us setup,
	  char out[EXPORT_PART_MAX])
{
	char text[TIMEFMT_MAX];

	if (files->rotation == EXPORT_RECORDS) {
		snprintf(out, EXPORT_PART_MAX, "%06" PRIu64,
			 files->n_files + 1);
		return;
	}
	setup -= ((setup % US_PER_S) + US_PER_S) % US_PER_S;
	time_format_offset(setup, zone_offset_s(files->zone, setup), text);
	for (size_t i = 0; i < N_ROTATIONS; i++) {
		if (rotations[i].rotation == files->rotation)
			snprintf(out, EXPORT_PART_MAX, "%.*s",
				 (int)rotations[i].len, text);
	}
	if (files->rotation == EXPORT_HOUR)
		snprintf(out + 13, EXPORT_PART_MAX - 13, "%.3s%.2s", text + 19,
			 text + 23);
}

/* Whether the record belongs behind the file that is open. Local dates may go
 * back by an hour at midnight; the day that had begun goes on then. */
static bool
is_next(const struct export_files *files, const char *part)
{
	switch (files->rotation) {
	case EXPORT_RECORDS:
		return files->n_records == files->max_records;
	case EXPORT_HOUR:
		return strcmp(part, files->part) != 0;
	case EXPORT_DAY:
	case EXPORT_MONTH:
	case EXPORT_ONE:
		break;
	}
	return strcmp(part, files->part) > 0;
}

/* "DIR/calls.csv" with "-PART" before its last '.', if that is in the name
 * itself, and ".gz" behind. */
static char *
make_path(const struct export_files *files, const char *part)
{
	const char *path = files->path, *slash = strrchr(path, '/'), *dot;
	bool has_gz = ends_in(path, GZ);
	size_t len = strlen(path) - (has_gz ? strlen(GZ) : 0), stem = len;
	size_t cap = strlen(path) + strlen(part) + sizeof(GZ) + 1;
	char *out = mem_alloc(cap);

	dot = memrchr(path, '.', len);
	if (dot != NULL && dot > path && (slash == NULL || dot > slash + 1))
		stem = (size_t)(dot - path);
	if (out != NULL)
		snprintf(out, cap, "%.*s%s%s%.*s%s", (int)stem, path,
			 *part != '\0' ? "-" : "", part, (int)(len - stem),
			 path + stem, files->compress || has_gz ? GZ : "");
	return out;
}

static int
open_part(struct export_files *files, const char *part)
{
	char *path = make_path(files, part);
	int err = ERR_NOMEM;

	if (path != NULL)
		err = outfile_open(&files->file, NULL, path);
	if (err == 0 && (files->compress || ends_in(files->path, GZ)))
		err = outfile_compress(&files->file);
	mem_free(path);
	if (err != 0)
		return err;
	snprintf(files->part, sizeof(files->part), "%s", part);
	files->n_records = 0;
	files->n_files++;
	return 0;
}

int
export_files_next(void *arg, time_us setup, FILE **out, bool *is_new)
{
	struct export_files *files = arg;
	char part[EXPORT_PART_MAX] = "";
	bool is_open = files->file.file != NULL;
	int err = 0;

	if (files->rotation != EXPORT_ONE)
		make_part(files, setup, part);
	if (is_open && is_next(files, part)) {
		err = outfile_commit(&files->file);
		is_open = false;
	}
	*is_new = !is_open;
	if (err == 0 && !is_open)
		err = open_part(files, part);
	if (err == 0) {
		files->n_records++;
		*out = files->file.file;
	}
	return err;
}

int
export_files_end(struct export_files *files, int err)
{
	if (err == 0 && files->file.file != NULL)
		return outfile_commit(&files->file);
	outfile_abort(&files->file);
	return err;
}
