/*
 * log.h - one line per event
 *
 * "LEVEL subject: fact, key=value" to a file descriptor, one write per line,
 * safe from any thread. error = a person must act; warning = odd but handled;
 * info = a change an operator wants to see; debug = per message. Octets that
 * are not printable ASCII are written as \xHH, so nobody can forge a line.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO,
		 LOG_LEVEL_DEBUG };

struct log {
	int fd;		       /* borrowed */
	_Atomic int level;     /* enum log_level; lines above it are dropped */
	bool with_time;	       /* RFC 3339 UTC in front (not under journald) */
	bool full_numbers;     /* telephone numbers unmasked */
};

void log_init(struct log *log, int fd, enum log_level level);
/* "error", "warning", "info", "debug": 0 or ERR_SYNTAX. */
int log_level_parse(struct str text, enum log_level *out);
const char *log_level_text(enum log_level level);
/* A NULL log drops the line. Lines over 2,000 bytes are cut. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(log, ...) log_write(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(log, ...) log_write(log, LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(log, ...) log_write(log, LOG_LEVEL_INFO, __VA_ARGS__)
/* Checked before the arguments are evaluated: debug lines are on hot paths. */
#define log_debug(log, ...)                                                   \
	(((log) != NULL && (log)->level >= LOG_LEVEL_DEBUG)                   \
	     ? log_write(log, LOG_LEVEL_DEBUG, __VA_ARGS__)                   \
	     : (void)0)

/* Lines that strangers can cause, of one kind: so many a second and no more.
 * Zeroed to begin with; of one thread. */
#define LOG_QUOTA 20
struct log_quota {
	int64_t second;
	unsigned n;
	uint64_t n_left_out;
};

/* Whether one may be written at now_ms, a monotonic clock; then *left_out gets
 * how many were not since the last one. */
bool log_quota_take(struct log_quota *quota, int64_t now_ms,
		    uint64_t *left_out);

/* A number as it may be logged: whole with full_numbers, else the last three
 * digits replaced by 'x'. out[cap] gets a NUL. */
const char *log_number(const struct log *log, struct str number, char *out,
		       size_t cap);

#endif
