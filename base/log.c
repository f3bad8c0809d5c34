/* log.c - lines that cannot be forged or torn */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/timefmt.h"

#define LINE_MAX_BYTES 2000 /* without the LF */
#define MASKED_DIGITS 3

static const char *const level_texts[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

#define N_LEVELS (sizeof(level_texts) / sizeof(level_texts[0]))

struct line {
	char text[LINE_MAX_BYTES + 1]; /* with room for the LF */
	size_t len;
};

void
log_init(struct log *log, int fd, enum log_level level)
{
	log->fd = fd;
	atomic_init(&log->level, (int)level);
	log->with_time = false;
	log->full_numbers = false;
}

int
log_level_parse(struct str text, enum log_level *out)
{
	for (size_t i = 0; i < N_LEVELS; i++) {
		if (str_eq_text(text, level_texts[i])) {
			*out = (enum log_level)i;
			return 0;
		}
	}
	return ERR_SYNTAX;
}

const char *
log_level_text(enum log_level level)
{
	return (size_t)level < N_LEVELS ? level_texts[level] : "unknown";
}

/* Append text, escaped; what does not fit is dropped. */
static void
append(struct line *line, const char *text)
{
	static const char hex[] = "0123456789abcdef";

	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;
		const char escape[] = { '\\', 'x', hex[c >> 4], hex[c & 15] };
		bool is_plain = c >= 0x20 && c <= 0x7e;
		size_t n = is_plain ? 1 : sizeof(escape);

		if (line->len + n > LINE_MAX_BYTES)
			return;
		memcpy(line->text + line->len, is_plain ? text : escape, n);
		line->len += n;
	}
}

static void
append_time(struct line *line)
{
	struct clock clock;
	char text[TIMEFMT_MAX];

	clock_init_system(&clock);
	time_format_us(clock_wall(&clock), text);
	append(line, text);
	append(line, " ");
}

/* Nobody is left to tell when this fails. */
static void
write_line(int fd, struct line *line)
{
	ssize_t n;

	line->text[line->len++] = '\n';
	do {
		n = write(fd, line->text, line->len);
	} while (n < 0 && errno == EINTR);
}

static bool
is_wanted(const struct log *log, enum log_level level)
{
	return log != NULL &&
	       atomic_load_explicit(&log->level, memory_order_relaxed) >=
		   (int)level;
}

void
log_write(struct log *log, enum log_level level, const char *format, ...)
{
	int saved_errno = errno;
	char text[LINE_MAX_BYTES + 1];
	struct line line;
	va_list args;

	if (!is_wanted(log, level))
		return;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	va_end(args);
	line.len = 0;
	if (log->with_time)
		append_time(&line);
	append(&line, log_level_text(level));
	append(&line, " ");
	append(&line, text);
	write_line(log->fd, &line);
	errno = saved_errno;
}

bool
log_quota_take(struct log_quota *quota, int64_t now_ms, uint64_t *left_out)
{
	if (quota->second != now_ms / 1000) {
		quota->second = now_ms / 1000;
		quota->n = 0;
	}
	if (quota->n >= LOG_QUOTA) {
		quota->n_left_out++;
		return false;
	}
	quota->n++;
	*left_out = quota->n_left_out;
	quota->n_left_out = 0;
	return true;
}

/* Where the digits to be masked begin. */
static size_t
mask_start(struct str number)
{
	size_t at = number.len;

	for (int n = 0; at > 0 && n < MASKED_DIGITS; at--)
		n += number.p[at - 1] >= '0' && number.p[at - 1] <= '9';
	return at;
}

const char *
log_number(const struct log *log, struct str number, char *out, size_t cap)
{
	bool is_full = log != NULL && log->full_numbers;
	size_t from = is_full ? number.len : mask_start(number);
	size_t i;

	if (cap == 0)
		return "";
	for (i = 0; i < number.len && i + 1 < cap; i++) {
		bool is_digit = number.p[i] >= '0' && number.p[i] <= '9';

		out[i] = i >= from && is_digit ? 'x' : number.p[i];
	}
	out[i] = '\0';
	return out;
}
