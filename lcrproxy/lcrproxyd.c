/* lcrproxyd.c - the daemon's command line */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cli.h"
#include "base/err.h"
#include "lcrproxy/app.h"

struct arguments {
	const char *config;
	bool check, foreground;
};

static int
parse(const struct cli *cli, int argc, char **argv)
{
	size_t n_words;
	int status = cli_parse(cli, argc, argv, NULL, 0, &n_words);

	if (status < 0 && n_words > 0)
		return cli_usage(cli, "takes no words");
	return status;
}

static int
serve(const struct cli *cli, const char *config, struct log *log, int ready)
{
	struct app *app;
	char byte = 1;

	if (app_new(config, log, &app) != 0)
		return cli_fail(cli, "not started, see above");
	if (ready >= 0 && write(ready, &byte, 1) == 1)
		close(ready);
	app_run(app);
	app_free(app);
	return CLI_OK;
}

/* In the background: the first process waits until the second one serves, so
 * that its exit status tells whether it does. */
static int
serve_detached(const struct cli *cli, const char *config, struct log *log)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) != 0)
		return cli_fail(cli, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		return cli_fail(cli, "fork: %s", strerror(errno));
	if (pid == 0) {
		close(ready[0]);
		setsid();
		return serve(cli, config, log, ready[1]);
	}
	close(ready[1]);
	return read(ready[0], &byte, 1) == 1 ? CLI_OK : CLI_FAILED;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = {
		.config = SYSCONFDIR "/lcrproxy/lcrproxy.conf",
	};
	const struct cli_option options[] = {
		{ .name = "config", .letter = 'c', .argument = "FILE",
		  .help = "configuration (default " SYSCONFDIR
			  "/lcrproxy/lcrproxy.conf)",
		  .value = &arguments.config },
		{ .name = "check", .letter = 't',
		  .help = "check configuration and tables, then exit",
		  .given = &arguments.check },
		{ .name = "foreground", .letter = 'f',
		  .help = "stay in the foreground and log to stderr",
		  .given = &arguments.foreground },
	};
	const struct cli cli = {
		.program = "lcrproxyd",
		.synopsis = "[-c FILE] [-t] [-f]",
		.about = "Least-cost routing SIP proxy with accounting.",
		.options = options,
		.n_options = sizeof(options) / sizeof(options[0]),
	};
	struct log log;
	int status = parse(&cli, argc, argv);

	if (status >= 0)
		return status;
	mem_settle();
	log_init(&log, STDERR_FILENO, LOG_LEVEL_INFO);
	log.with_time = true;
	if (arguments.check)
		return app_check(arguments.config, &log) == 0 ? CLI_OK
							      : CLI_FAILED;
	return arguments.foreground
		   ? serve(&cli, arguments.config, &log, -1)
		   : serve_detached(&cli, arguments.config, &log);
}
