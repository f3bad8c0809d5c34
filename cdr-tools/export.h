/*
 * export.h - call records and attempts as CSV or JSON lines
 *
 * Columns are the fields of struct cdr or struct cdr_attempt (tel/cdr.h) and the
 * fees of attempts, all in the order of their tables, or some in the order asked for. What is not known is an empty field or null; times
 * are RFC 3339 in UTC or a zone, money decimal strings, durations microseconds.
 */
#ifndef CDR_TOOLS_EXPORT_H
#define CDR_TOOLS_EXPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/cli.h"
#include "base/zone.h"
#include "db/store.h"

#define EXPORT_MAX_COLUMNS 64

/* Where the record of a call that came in at setup goes: 0 with *out, which gets
 * a header when it is new, or an error. */
typedef int export_file_fn(void *arg, time_us setup, FILE **out, bool *is_new);

struct export_options {
	bool attempts;       /* cdr_attempt instead of cdr */
	bool open;           /* only calls that have no end; not of attempts */
	bool json;           /* JSON lines instead of CSV */
	time_us from, until; /* calls whose INVITE came in [from, until) */
	const char *account; /* NULL = all; likewise: */
	const char *carrier, *gateway, *status; /* status: of calls only */
	const char *columns; /* names with commas between; NULL = all */
	const struct zone *zone;       /* of times; NULL = UTC, as Z */
	struct cli_progress *progress; /* or NULL */
	export_file_fn *next_file;     /* or NULL: all into one */
	void *arg;
};

/*
 * Write the records of a store in the order of their INVITEs, from one
 * consistent view when it is open STORE_READ_ONLY; out is not looked at when
 * there is next_file. Returns 0 and how many,
 * ERR_CORRUPT (all are written, but values that do not have their column's type
 * are left empty, and told to stderr), ERR_IO (out cannot be written; errno), ERR_INVAL (no such column, or more than
 * EXPORT_MAX_COLUMNS), a store error, ERR_NOMEM or what next_file returned.
 */
int export_records(struct store *store, const struct export_options *options,
		   FILE *out, uint64_t *n_out);

#endif
