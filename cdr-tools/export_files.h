/*
 * export_files.h - where exported records go: one file, or a row of files
 *
 * A row of files has one for each hour, day or month of a zone in which calls
 * came in, or for each so many records. Each file appears whole or not at all.
 */
#ifndef CDR_TOOLS_EXPORT_FILES_H
#define CDR_TOOLS_EXPORT_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/str.h"
#include "base/zone.h"
#include "cdr-tools/outfile.h"

enum export_rotation {
	EXPORT_ONE,
	EXPORT_HOUR,
	EXPORT_DAY,
	EXPORT_MONTH,
	EXPORT_RECORDS,
};

#define EXPORT_PART_MAX 32

struct export_files {
	/* as asked for; texts are borrowed */
	const char *path; /* "calls.csv": "calls-2026-10-31.csv" for a day */
	enum export_rotation rotation;
	uint64_t max_records; /* of a file, with EXPORT_RECORDS: 1.. */
	bool compress;	      /* with ".gz" behind the name, if not there */
	const struct zone *zone; /* NULL = UTC */
	/* the file that is written to */
	struct outfile file;
	char part[EXPORT_PART_MAX]; /* of its name; "" = none yet */
	uint64_t n_records, n_files;
};

/* "hour", "day", "month", or a number of records: 0 or ERR_SYNTAX. */
int export_rotation_parse(struct str text, struct export_files *out);
/* An export_file_fn (export.h); arg is a struct export_files. */
int export_files_next(void *arg, time_us setup, FILE **out, bool *is_new);
/* The last file is complete, or with err != 0 thrown away: err, or ERR_IO
 * (errno). In any case export_files can go. */
int export_files_end(struct export_files *files, int err);

#endif
