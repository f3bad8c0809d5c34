/*
 * cli.h - what all command lines share
 *
 * GNU long options before or after the command words, --help, --version, exit
 * status 0 done, 1 failed, 2 wrong usage; errors as "program: subject: reason"
 * on standard error.
 */
#ifndef BASE_CLI_H
#define BASE_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cli_exit { CLI_OK = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct cli_option {
	const char *name;     /* long, without dashes */
	char letter;          /* short form, or 0 */
	const char *argument; /* name of its argument in the help, or NULL */
	const char *help;
	const char **value; /* set when given (borrowed from argv) */
	bool *given;        /* set when given; may be NULL */
};

struct cli {
	const char *program;
	const char *synopsis; /* lines after "usage: program " */
	const char *about;    /* what it does, and the commands if any */
	const struct cli_option *options; /* --help and --version are added */
	size_t n_options;
};

/*
 * Parse argv; what is not an option is collected in words (up to max_words,
 * order kept). "--" ends the options. Long options may be shortened as far as
 * they stay unique; the last of several values counts. Returns -1 to go on,
 * or the exit status to leave with: 0 after --help or --version, 2 after a
 * message about wrong usage.
 */
int cli_parse(const struct cli *cli, int argc, char **argv, const char **words,
	      size_t max_words, size_t *n_words);
/* Values of an option that may be given more than once. */
struct cli_list {
	const char *name;  /* of the option */
	const char **item; /* borrowed from argv */
	size_t n, max;
};

/* The same; each value of an option that a list names is added to it. More
 * than fit are wrong usage. */
int cli_parse_lists(const struct cli *cli, struct cli_list *lists,
		    size_t n_lists, int argc, char **argv, const char **words,
		    size_t max_words, size_t *n_words);
/* "program: message" on stderr; returns CLI_FAILED. */
int cli_fail(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with a hint at --help; returns CLI_USAGE. */
int cli_usage(const struct cli *cli, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A progress bar on stderr, drawn only when that is a terminal and at most
 * ten times a second. */
struct cli_progress {
	const char *what;
	int64_t started_ms, drawn_ms;
	uint64_t total; /* 0 = not known */
	bool on;
};

void cli_progress_init(struct cli_progress *progress, const char *what,
		       uint64_t total);
void cli_progress_at(struct cli_progress *progress, uint64_t done);
void cli_progress_end(struct cli_progress *progress);

#endif
