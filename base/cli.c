/* cli.c - what all command lines share */
#include "base/cli.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#ifdef HAVE_CONFIG_H
#include "config.h"
#else
#define PACKAGE_VERSION "(built by hand)"
#endif

#define HELP_COLUMN 28 /* where the text about an option begins */
#define BAR_LEN 30     /* characters of a full progress bar */
#define DRAW_EVERY_MS 100

static const struct cli_option own_options[] = {
	{ .name = "help", .letter = 'h', .help = "show this help" },
	{ .name = "version", .letter = 'V', .help = "show the version" },
};

#define N_OWN (sizeof(own_options) / sizeof(own_options[0]))

/* A command line under way. */
struct parsing {
	const struct cli *cli;
	char **argv;
	int argc;
	int at; /* the argument looked at */
	struct cli_list *lists;
	size_t n_lists;
};

/* The i-th option, the program's before our own; NULL behind the last. */
static const struct cli_option *
option_at(const struct cli *cli, size_t i)
{
	if (i < cli->n_options)
		return &cli->options[i];
	i -= cli->n_options;
	return i < N_OWN ? &own_options[i] : NULL;
}

static int
fail(const struct cli *cli, int status, const char *format, va_list args)
{
	fprintf(stderr, "%s: ", cli->program);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	if (status == CLI_USAGE)
		fprintf(stderr, "Try '%s --help'.\n", cli->program);
	return status;
}

int
cli_fail(const struct cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(cli, CLI_FAILED, format, args);
	va_end(args);
	return CLI_FAILED;
}

int
cli_usage(const struct cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fail(cli, CLI_USAGE, format, args);
	va_end(args);
	return CLI_USAGE;
}

/* The lines of text, each begun with the words it is given. */
static void
print_lines(const char *text, const char *first, const char *later)
{
	const char *begin = first;

	for (;;) {
		size_t n = strcspn(text, "\n");

		printf("%s%.*s\n", begin, (int)n, text);
		if (text[n] == '\0' || text[n + 1] == '\0')
			return;
		text += n + 1;
		begin = later;
	}
}

static void
print_option(const struct cli_option *option)
{
	char indent[HELP_COLUMN + 1];
	int n;

	if (option->letter != '\0')
		n = printf("  -%c, --%s", option->letter, option->name);
	else
		n = printf("      --%s", option->name);
	if (option->argument != NULL)
		n += printf(" %s", option->argument);
	if (n < HELP_COLUMN - 1)
		printf("%*s", HELP_COLUMN - n, "");
	else
		printf("\n%*s", HELP_COLUMN, "");
	snprintf(indent, sizeof(indent), "%*s", HELP_COLUMN, "");
	print_lines(option->help, "", indent);
}

static int
print_help(const struct cli *cli)
{
	char first[128], later[128];
	const struct cli_option *option;

	snprintf(first, sizeof(first), "usage: %s ", cli->program);
	snprintf(later, sizeof(later), "       %s ", cli->program);
	print_lines(cli->synopsis, first, later);
	printf("\n");
	print_lines(cli->about, "", "");
	printf("\nOptions:\n");
	for (size_t i = 0; (option = option_at(cli, i)) != NULL; i++)
		print_option(option);
	fflush(stdout);
	return CLI_OK;
}

static int
print_version(const struct cli *cli)
{
	printf("%s (lcrproxy) %s\n", cli->program, PACKAGE_VERSION);
	fflush(stdout);
	return CLI_OK;
}

static int
add_to_list(struct parsing *parsing, const struct cli_option *option,
	    const char *value)
{
	for (size_t i = 0; i < parsing->n_lists; i++) {
		struct cli_list *list = &parsing->lists[i];

		if (value == NULL || strcmp(list->name, option->name) != 0)
			continue;
		if (list->n == list->max)
			return cli_usage(parsing->cli,
					 "option --%s is given more than %zu "
					 "times",
					 option->name, list->max);
		list->item[list->n++] = value;
	}
	return -1;
}

/* An option was recognised; value is NULL when it takes none. -1 to go on. */
static int
apply(struct parsing *parsing, const struct cli_option *option,
      const char *value)
{
	const struct cli *cli = parsing->cli;

	if (option == &own_options[0])
		return print_help(cli);
	if (option == &own_options[1])
		return print_version(cli);
	if (option->value != NULL && value != NULL)
		*option->value = value;
	if (option->given != NULL)
		*option->given = true;
	return add_to_list(parsing, option, value);
}

static bool
has_prefix(const struct cli_option *option, const char *name, size_t len)
{
	return strncmp(option->name, name, len) == 0;
}

/* The option of that name, or the only one that begins so. Otherwise NULL
 * after a message. */
static const struct cli_option *
find_long(const struct cli *cli, const char *name, size_t len)
{
	const struct cli_option *found = NULL, *option;

	for (size_t i = 0; (option = option_at(cli, i)) != NULL; i++) {
		if (!has_prefix(option, name, len))
			continue;
		if (option->name[len] == '\0')
			return option;
		if (found != NULL) {
			cli_usage(cli,
				  "option --%.*s is ambiguous, expected --%s "
				  "or --%s",
				  (int)len, name, found->name, option->name);
			return NULL;
		}
		found = option;
	}
	if (found == NULL)
		cli_usage(cli, "option --%.*s is unknown", (int)len, name);
	return found;
}

static const struct cli_option *
find_letter(const struct cli *cli, char letter)
{
	const struct cli_option *option;

	for (size_t i = 0; (option = option_at(cli, i)) != NULL; i++) {
		if (option->letter == letter)
			return option;
	}
	cli_usage(cli, "option -%c is unknown", letter);
	return NULL;
}

/* The argument behind the option, which is used up by that; or NULL. */
static const char *
next_argument(struct parsing *parsing)
{
	if (parsing->at + 1 >= parsing->argc)
		return NULL;
	return parsing->argv[++parsing->at];
}

/* "--name", "--name=value" or "--name value". */
static int
parse_long(struct parsing *parsing)
{
	const struct cli *cli = parsing->cli;
	const char *name = parsing->argv[parsing->at] + 2;
	const char *equals = strchr(name, '=');
	size_t len = equals != NULL ? (size_t)(equals - name) : strlen(name);
	const struct cli_option *option = find_long(cli, name, len);
	const char *value = equals != NULL ? equals + 1 : NULL;

	if (option == NULL)
		return CLI_USAGE;
	if (option->argument == NULL && value != NULL)
		return cli_usage(cli,
				 "option --%s is given '%s', expected no "
				 "value",
				 option->name, value);
	if (option->argument != NULL && value == NULL)
		value = next_argument(parsing);
	if (option->argument != NULL && value == NULL)
		return cli_usage(cli, "option --%s has no value, expected %s",
				 option->name, option->argument);
	return apply(parsing, option, value);
}

/* "-j", "-jq", "-f value", "-fvalue" or "-jfvalue". */
static int
parse_letters(struct parsing *parsing)
{
	const struct cli *cli = parsing->cli;
	const char *letters = parsing->argv[parsing->at] + 1;
	int status = -1;

	for (; *letters != '\0' && status == -1; letters++) {
		const struct cli_option *option = find_letter(cli, *letters);
		const char *value = NULL;

		if (option == NULL)
			return CLI_USAGE;
		if (option->argument == NULL) {
			status = apply(parsing, option, NULL);
			continue;
		}
		value =
		    letters[1] != '\0' ? letters + 1 : next_argument(parsing);
		if (value == NULL)
			return cli_usage(cli,
					 "option -%c has no value, expected %s",
					 *letters, option->argument);
		return apply(parsing, option, value);
	}
	return status;
}

int
cli_parse(const struct cli *cli, int argc, char **argv, const char **words,
	  size_t max_words, size_t *n_words)
{
	return cli_parse_lists(cli, NULL, 0, argc, argv, words, max_words,
			       n_words);
}

int
cli_parse_lists(const struct cli *cli, struct cli_list *lists, size_t n_lists,
		int argc, char **argv, const char **words, size_t max_words,
		size_t *n_words)
{
	struct parsing parsing = { cli, argv, argc, 1, lists, n_lists };
	bool only_words = false;
	int status = -1;

	*n_words = 0;
	for (; parsing.at < argc && status == -1; parsing.at++) {
		const char *text = argv[parsing.at];

		if (only_words || text[0] != '-' || text[1] == '\0') {
			if (*n_words == max_words)
				return cli_usage(cli,
						 "'%s' is one word too many, "
						 "expected at most %zu",
						 text, max_words);
			words[(*n_words)++] = text;
		} else if (strcmp(text, "--") == 0) {
			only_words = true;
		} else if (text[1] == '-') {
			status = parse_long(&parsing);
		} else {
			status = parse_letters(&parsing);
		}
	}
	return status;
}

static int64_t
now_ms(void)
{
	struct clock clock;

	clock_init_system(&clock);
	return clock_mono_ms(&clock);
}

void
cli_progress_init(struct cli_progress *progress, const char *what,
		  uint64_t total)
{
	memset(progress, 0, sizeof(*progress));
	progress->what = what;
	progress->total = total;
	progress->on = isatty(STDERR_FILENO) == 1;
	if (progress->on)
		progress->started_ms = now_ms();
	progress->drawn_ms = progress->started_ms - DRAW_EVERY_MS;
}

/* done of total in parts, 0..parts. */
static unsigned
share(uint64_t done, uint64_t total, unsigned parts)
{
	if (done >= total)
		return parts;
	if (total > UINT64_MAX / parts)
		return (unsigned)(done / (total / parts));
	return (unsigned)(done * parts / total);
}

/* "rates [#####     ]  50 % 500 of 1000, 250/s, 0:02 left", over the line before. */
static void
draw(const struct cli_progress *progress, uint64_t done, int64_t at_ms)
{
	uint64_t ms = (uint64_t)(at_ms - progress->started_ms);
	uint64_t per_s = ms > 0 ? done / ms * 1000 + done % ms * 1000 / ms : 0;
	uint64_t total = progress->total;
	char bar[BAR_LEN + 1];

	if (total == 0) {
		fprintf(stderr, "\r%s %" PRIu64 ", %" PRIu64 "/s\033[K",
			progress->what, done, per_s);
		return;
	}
	memset(bar, ' ', BAR_LEN);
	memset(bar, '#', share(done, total, BAR_LEN));
	bar[BAR_LEN] = '\0';
	fprintf(stderr,
		"\r%s [%s] %3u %% %" PRIu64 " of %" PRIu64 ", %" PRIu64 "/s",
		progress->what, bar, share(done, total, 100), done, total,
		per_s);
	if (per_s > 0 && done < total)
		fprintf(stderr, ", %" PRIu64 ":%02" PRIu64 " left",
			(total - done) / per_s / 60,
			(total - done) / per_s % 60);
	fputs("\033[K", stderr);
}

void
cli_progress_at(struct cli_progress *progress, uint64_t done)
{
	int64_t at_ms;

	if (!progress->on)
		return;
	at_ms = now_ms();
	if (at_ms - progress->drawn_ms < DRAW_EVERY_MS)
		return;
	progress->drawn_ms = at_ms;
	draw(progress, done, at_ms);
}

void
cli_progress_end(struct cli_progress *progress)
{
	if (!progress->on)
		return;
	fputs("\r\033[K", stderr);
	progress->on = false;
}
