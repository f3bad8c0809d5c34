/* lcrctl.c - asks the running daemon over its socket */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cli.h"
#include "base/err.h"
#include "lcrproxy/settings.h"

#define MAX_WORDS 8
#define DEFAULT_SOCKET "/run/lcrproxy/control.sock"

struct arguments {
	const char *socket, *config, *account, *caller, *at, *duration, *rn,
	    *media;
	const char *method, *from, *source, *transport, *header;
	bool json;
};

static int
connect_to(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int
send_all(int fd, const char *text)
{
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0)
			return ERR_IO;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

static json_t *
make_request(const struct arguments *arguments, const char *const *words,
	     size_t n_words)
{
	const struct {
		const char *name, *value;
	} options[] = {
		{ "account", arguments->account },
		{ "caller", arguments->caller },
		{ "at", arguments->at },
		{ "duration", arguments->duration },
		{ "method", arguments->method },
		{ "from", arguments->from },
		{ "source", arguments->source },
		{ "transport", arguments->transport },
		{ "header", arguments->header },
		{ "rn", arguments->rn },
		{ "media", arguments->media },
	};
	json_t *list = json_array(), *object = json_object();

	for (size_t i = 0; i < n_words; i++)
		json_array_append_new(list, json_string(words[i]));
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].value != NULL)
			json_object_set_new(object, options[i].name,
					    json_string(options[i].value));
	}
	return json_pack("{s:o s:o s:b}", "words", list, "options", object,
			 "json", (int)arguments->json);
}

/* Copy the answer: its first line is the verdict. */
static int
print_answer(const struct cli *cli, FILE *from)
{
	char *line = NULL;
	size_t size = 0;
	bool ok;

	if (getline(&line, &size, from) < 0) {
		free(line);
		return cli_fail(cli, "the daemon closed the connection");
	}
	ok = strcmp(line, "ok\n") == 0;
	setvbuf(stdout, NULL, _IOLBF, 0); /* events are for now */
	while (getline(&line, &size, from) >= 0 && !ferror(stdout))
		fprintf(ok ? stdout : stderr, "%s%s", ok ? "" : "lcrctl: ",
			line);
	free(line);
	return ok ? CLI_OK : CLI_FAILED;
}

static int
ask(const struct cli *cli, const char *path, json_t *request)
{
	char *text = json_dumps(request, JSON_COMPACT);
	int fd = connect_to(path), status;
	FILE *file;

	if (fd < 0) {
		free(text);
		return cli_fail(cli, "%s: %s (is lcrproxyd running?)", path,
				strerror(errno));
	}
	if (text == NULL || send_all(fd, text) != 0 || send_all(fd, "\n") != 0) {
		free(text);
		close(fd);
		return cli_fail(cli, "%s: %s", path, strerror(errno));
	}
	free(text);
	file = fdopen(fd, "r");
	if (file == NULL) {
		close(fd);
		return cli_fail(cli, "%s: %s", path, strerror(errno));
	}
	status = print_answer(cli, file);
	fclose(file);
	return status;
}

static const char about[] =
    "Commands:\n"
    "  status                         the daemon, its snapshot, accounting\n"
    "  reload                         read configuration and tables again\n"
    "  route NUMBER|URI               explain where a request would go\n"
    "  gateways                       the gateways and what they did\n"
    "  gateway NAME enable|disable    offer calls to it, or not\n"
    "  calls                          pending and answered calls\n"
    "  counters                       what was counted since the start\n"
    "  enum [NUMBER|flush]            what ENUM knows of a number; of servers\n"
    "  events                         events of calls from now on, as JSON "
    "lines\n"
    "  limits [ACCOUNT]               what accounts may use, and what is used\n"
    "  log [LEVEL]                    error, warning, info or debug\n"
    "  trip peers                     sessions of TRIP and their counters\n"
    "  trip routes [PREFIX]           what is learnt, and what is announced\n"
    "  trip peer ADDRESS [reset|stop|start]\n"
    "                                 one of them; begin anew, end, begin\n"
    "  drain [off]                    refuse new calls, or take them again\n"
    "  stop                           end pending calls, sync, exit";

static int
run(const struct cli *cli, const struct arguments *arguments,
    const char *const *words, size_t n_words)
{
	const char *path = arguments->socket;
	struct settings settings;
	json_t *request;
	struct log log;
	int status;

	log_init(&log, STDERR_FILENO, LOG_LEVEL_ERROR);
	memset(&settings, 0, sizeof(settings));
	if (path == NULL && arguments->config != NULL) {
		if (settings_read(&settings, arguments->config, &log) != 0)
			return CLI_FAILED;
		path = settings.control.socket;
	}
	request = make_request(arguments, words, n_words);
	status = ask(cli, path != NULL ? path : DEFAULT_SOCKET, request);
	json_decref(request);
	if (settings.node != NULL)
		settings_fini(&settings);
	return status;
}

int
main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const struct cli_option options[] = {
		{ .name = "socket", .letter = 's', .argument = "PATH",
		  .help = "the daemon's control socket",
		  .value = &arguments.socket },
		{ .name = "config", .letter = 'c', .argument = "FILE",
		  .help = "take control.socket from this configuration",
		  .value = &arguments.config },
		{ .name = "account", .letter = 'a', .argument = "NAME",
		  .help = "route: who calls; events: only of this one", .value = &arguments.account },
		{ .name = "caller", .argument = "NUMBER",
		  .help = "route: the caller's number",
		  .value = &arguments.caller },
		{ .name = "at", .argument = "TIME",
		  .help = "route: when (RFC 3339; default now)",
		  .value = &arguments.at },
		{ .name = "duration", .argument = "SECONDS",
		  .help = "route: of the expected call",
		  .value = &arguments.duration },
		{ .name = "method", .argument = "METHOD",
		  .help = "route: of the request (INVITE)",
		  .value = &arguments.method },
		{ .name = "from", .argument = "ADDRESS[:PORT]",
		  .help = "route: where it comes from",
		  .value = &arguments.from },
		{ .name = "source", .argument = "KIND",
		  .help = "route: trunk, login, gateway or unknown",
		  .value = &arguments.source },
		{ .name = "transport", .argument = "NAME",
		  .help = "route: udp, tcp or tls",
		  .value = &arguments.transport },
		{ .name = "header", .argument = "\"NAME: VALUE\"",
		  .help = "route: that it has", .value = &arguments.header },
		{ .name = "rn", .argument = "NUMBER", .value = &arguments.rn,
		  .help = "route: where it was ported to (\"\" = nowhere)" },
		{ .name = "media", .argument = "WORDS", .value = &arguments.media,
		  .help = "route: what is offered (rtp ip4 pcma ...)" },
		{ .name = "json", .help = "machine-readable answers",
		  .given = &arguments.json },
	};
	const struct cli cli = {
		.program = "lcrctl",
		.synopsis = "[OPTIONS] COMMAND [WORDS]",
		.about = about,
		.options = options,
		.n_options = sizeof(options) / sizeof(options[0]),
	};
	const char *words[MAX_WORDS];
	size_t n_words;
	int status =
	    cli_parse(&cli, argc, argv, words, MAX_WORDS, &n_words);

	if (status >= 0)
		return status;
	if (n_words == 0)
		return cli_usage(&cli, "a command is expected");
	return run(&cli, &arguments, words, n_words);
}
