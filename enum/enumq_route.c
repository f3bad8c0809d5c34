/* enumq_route.c - what the running daemon would do with a call */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/err.h"
#include "enum/enumq.h"

/* A stream to the daemon's control socket, or NULL with errno. */
static FILE *
connect_to(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	FILE *stream = NULL;
	int fd, saved;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NULL;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0)
		stream = fdopen(fd, "r+");
	if (stream == NULL) {
		saved = errno;
		close(fd);
		errno = saved;
	}
	return stream;
}

/* The request of lcrproxy/control.h. */
static int
send_request(FILE *stream, const struct enumq *enumq, const char *command,
	     bool json)
{
	json_t *request =
	    json_pack("{s:[s,s] s:{} s:b}", "words", command, enumq->number,
		      "options", "json", (int)json);
	int err = ERR_NOMEM;

	if (request != NULL && json_dumpf(request, stream, JSON_COMPACT) == 0)
		err = fputc('\n', stream) != EOF && fflush(stream) == 0
			  ? 0
			  : ERR_IO;
	json_decref(request);
	return err;
}

/* All behind the first line, which says whether it went well. */
static char *
read_answer(FILE *stream, const struct enumq *enumq)
{
	char *line = NULL, *text = NULL;
	size_t size = 0, len = 0;
	bool ok =
	    getline(&line, &size, stream) > 0 && strcmp(line, "ok\n") == 0;
	FILE *out = open_memstream(&text, &len);

	while (out != NULL && getline(&line, &size, stream) > 0)
		fputs(line, out);
	if (out != NULL)
		fclose(out);
	free(line);
	if (ok && text != NULL)
		return text;
	if (text != NULL && len > 0 && text[len - 1] == '\n')
		text[len - 1] = '\0';
	cli_fail(enumq->cli, "the daemon says: %s",
		 text != NULL && len > 0 ? text : "nothing");
	free(text);
	return NULL;
}

static char *
ask(const struct enumq *enumq, const char *command, bool json)
{
	FILE *stream = connect_to(enumq->socket);
	char *text = NULL;

	if (stream == NULL) {
		cli_fail(enumq->cli, "%s: %s (is lcrproxyd running?)",
			 enumq->socket, strerror(errno));
		return NULL;
	}
	if (send_request(stream, enumq, command, json) == 0)
		text = read_answer(stream, enumq);
	else
		cli_fail(enumq->cli, "%s: %s", enumq->socket, strerror(errno));
	fclose(stream);
	return text;
}

char *
enumq_daemon_text(const struct enumq *enumq, const char *command)
{
	return ask(enumq, command, false);
}

json_t *
enumq_daemon_json(const struct enumq *enumq, const char *command)
{
	char *text = ask(enumq, command, true);
	json_t *json = text != NULL ? json_loads(text, 0, NULL) : NULL;

	free(text);
	return json;
}
