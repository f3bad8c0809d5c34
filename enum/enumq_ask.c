/* enumq_ask.c - one number, asked for once or again and again */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "enum/enumq.h"
#include "enum/report.h"

#define ZONE_FILE_MAX ((size_t)64 << 20)

enum enumq_exit
enumq_exit_of(enum enum_outcome outcome)
{
	switch (outcome) {
	case ENUM_FOUND:
		return ENUMQ_FOUND;
	case ENUM_NXDOMAIN:
	case ENUM_NODATA:
	case ENUM_VOID:
		return ENUMQ_NOT_FOUND;
	case ENUM_UNUSABLE:
	case ENUM_LOOP:
		return ENUMQ_UNUSABLE;
	default:
		return ENUMQ_DNS_FAILED;
	}
}

/* All of a file, yours to free; NULL after a message. */
static char *
read_file(const struct enumq *enumq, const char *path, size_t *len)
{
	FILE *file = fopen(path, "re");
	char *text = NULL;
	struct stat st;

	if (file != NULL && fstat(fileno(file), &st) == 0 &&
	    (size_t)st.st_size < ZONE_FILE_MAX)
		text = mem_alloc((size_t)st.st_size + 1);
	if (text != NULL)
		*len = fread(text, 1, (size_t)st.st_size, file);
	else
		cli_fail(enumq->cli, "%s: cannot be read", path);
	if (file != NULL)
		fclose(file);
	return text;
}

static int
open_zone(struct enumq_world *world, const struct enumq *enumq)
{
	struct enum_zone_error error;
	size_t len;
	char *text = read_file(enumq, enumq->zone_file, &len);
	int err;

	if (text == NULL)
		return ENUMQ_DNS_FAILED;
	err = enum_zone_parse(str_make(text, len), &enumq->trees[0].suffix,
			      &world->zone, &error);
	mem_free(text);
	if (err == ERR_SYNTAX)
		cli_fail(enumq->cli, "%s:%u: %s", enumq->zone_file, error.line,
			 error.why);
	else if (err != 0)
		cli_fail(enumq->cli, "%s: %s", enumq->zone_file, err_text(err));
	if (err == 0)
		err = enum_zone_server_new(&world->loop, world->zone,
					   &world->zone_server);
	return err == 0 ? 0 : ENUMQ_DNS_FAILED;
}

static int
open_dns(struct enumq_world *world, const struct enumq *enumq)
{
	struct dns_settings settings = {
		.servers = enumq->trees[0].servers,
		.n_servers = enumq->trees[0].n_servers,
		.max_queries = 100000,
		.dead_after = UINT32_MAX, /* a tester wants to know */
	};
	int err = dns_new(&world->loop, &settings, &world->dns);

	if (err == ERR_NOTFOUND)
		cli_fail(enumq->cli, "the system names no DNS server");
	else if (err != 0)
		cli_fail(enumq->cli, "%s", err_text(err));
	return err == 0 ? 0 : ENUMQ_DNS_FAILED;
}

int
enumq_world_open(struct enumq_world *world, const struct enumq *enumq)
{
	struct enum_source source;
	int status;

	memset(world, 0, sizeof(*world));
	if (uv_loop_init(&world->loop) != 0) {
		cli_fail(enumq->cli, "no event loop");
		return ENUMQ_DNS_FAILED;
	}
	status = enumq->zone_file != NULL ? open_zone(world, enumq)
					  : open_dns(world, enumq);
	if (status != 0)
		return status;
	source = enumq->zone_file != NULL ? enum_source_zone(world->zone_server)
					  : enum_source_dns(world->dns);
	if (enum_client_new(&world->loop, &source, &enumq->settings,
			    &world->client) == 0)
		return 0;
	cli_fail(enumq->cli, "out of memory");
	return ENUMQ_DNS_FAILED;
}

void
enumq_world_close(struct enumq_world *world)
{
	enum_client_close(world->client);
	enum_zone_server_close(world->zone_server);
	dns_close(world->dns);
	uv_run(&world->loop, UV_RUN_DEFAULT);
	uv_loop_close(&world->loop);
	enum_zone_free(world->zone);
}

/* One round. */
struct asking {
	const struct enumq *enumq;
	uv_loop_t *loop;
	struct report report;
	bool is_over;
	int status;
	json_t *json; /* with --json: to be printed in the end */
	char *uris[ENUM_URIS_MAX]; /* for --resolve */
	size_t n_uris;
};

static void
set_or_null(json_t *json, const char *key, json_t *value)
{
	json_object_set_new(json, key, value != NULL ? value : json_null());
}

static void
finish_json(struct asking *asking)
{
	const struct enumq *enumq = asking->enumq;
	json_t *places = NULL;

	if (asking->json == NULL) {
		asking->status = cli_fail(enumq->cli, "out of memory");
		return;
	}
	if (enumq->resolve) {
		(void)enumq_resolve(enumq, asking->uris, asking->n_uris,
				    &places);
		set_or_null(asking->json, "resolved", places);
	}
	if (enumq->route) {
		set_or_null(asking->json, "daemon",
			    enumq_daemon_json(enumq, "enum"));
		set_or_null(asking->json, "route",
			    enumq_daemon_json(enumq, "route"));
	}
	json_dumpf(asking->json, stdout,
		   enumq->watch_s > 0 ? JSON_COMPACT : JSON_INDENT(2));
	printf("\n");
	json_decref(asking->json);
}

static void
print_daemon(const struct enumq *enumq, const char *command, const char *title)
{
	char *text = enumq_daemon_text(enumq, command);

	if (text != NULL)
		printf("\n%s, by the daemon\n%s", title, text);
	free(text);
}

static void
finish_text(const struct asking *asking)
{
	const struct enumq *enumq = asking->enumq;

	if (enumq->watch_s > 0)
		return;
	if (enumq->resolve)
		(void)enumq_resolve(enumq, asking->uris, asking->n_uris, NULL);
	if (!enumq->route)
		return;
	fflush(stdout); /* what the daemon does not say goes to stderr */
	print_daemon(enumq, "enum", "ENUM");
	print_daemon(enumq, "route", "Route");
}

/* What else was asked for, once the look-up is over. */
static void
finish(struct asking *asking)
{
	if (asking->enumq->json)
		finish_json(asking);
	else
		finish_text(asking);
	fflush(stdout);
	while (asking->n_uris > 0)
		mem_free(asking->uris[--asking->n_uris]);
}

static void
keep_uris(struct asking *asking, const struct enum_answer *answer)
{
	for (size_t i = 0; i < answer->n_uris; i++) {
		char *copy = str_dup(answer->uris[i].text);

		if (copy != NULL)
			asking->uris[asking->n_uris++] = copy;
	}
}

/* One line per round of a watch. */
static void
print_line(const struct enum_answer *answer)
{
	char time[TIMEFMT_MAX];
	struct clock clock;

	clock_init_system(&clock);
	time_format(clock_wall(&clock), time);
	printf("%s  %s  %" PRId64 ".%03" PRId64 " ms%s", time,
	       enum_outcome_text(answer->outcome), answer->latency_us / 1000,
	       answer->latency_us % 1000,
	       answer->is_cached ? "  from memory" : "");
	for (size_t i = 0; i < answer->n_uris; i++)
		printf("  %.*s", STR_ARG(answer->uris[i].text));
	printf("\n");
}

static void
print_text(const struct asking *asking, const struct enum_answer *answer)
{
	if (asking->enumq->watch_s > 0)
		print_line(answer);
	else
		report_print(stdout, &asking->report, asking->enumq->number,
			     answer);
}

static void
on_done(void *arg, const struct enum_answer *answer)
{
	struct asking *asking = arg;

	asking->is_over = true;
	uv_stop(asking->loop);
	asking->status = (int)enumq_exit_of(answer->outcome);
	if (asking->enumq->json)
		asking->json = report_json(&asking->report,
					   asking->enumq->number, answer);
	else
		print_text(asking, answer);
	if (asking->enumq->resolve)
		keep_uris(asking, answer);
}

static int
ask_once(struct enumq_world *world, const struct enumq *enumq)
{
	struct asking asking = { .enumq = enumq, .loop = &world->loop };
	struct enum_lookup *lookup;
	struct enum_number number;
	int err;

	report_init(&asking.report, enumq->trees, enumq->settings.n_trees,
		    enumq->zone_file != NULL);
	enum_number_parse(str_of(enumq->number), &number);
	err = enum_start(world->client, &number, &asking.report.trace, on_done,
			 &asking, &lookup);
	while (err == 0 && !asking.is_over)
		uv_run(&world->loop, UV_RUN_ONCE);
	if (err != 0) {
		cli_fail(enumq->cli, "%s", err_text(err));
		asking.status = ENUMQ_DNS_FAILED;
	} else {
		finish(&asking);
	}
	report_fini(&asking.report);
	return asking.status;
}

static void
on_second(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Let the loop live for so long: what it waits for may come. */
static void
wait_s(struct enumq_world *world, unsigned seconds)
{
	bool is_over = false;
	uv_timer_t timer;

	uv_timer_init(&world->loop, &timer);
	timer.data = &is_over;
	uv_timer_start(&timer, on_second, (uint64_t)seconds * 1000, 0);
	while (!is_over)
		uv_run(&world->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&world->loop, UV_RUN_NOWAIT);
}

static int
ask_rounds(struct enumq_world *world, const struct enumq *enumq)
{
	int status = ask_once(world, enumq);

	if (enumq->watch_s == 0)
		return status;
	for (unsigned n = 1; enumq->count == 0 || n < enumq->count; n++) {
		wait_s(world, enumq->watch_s);
		status = ask_once(world, enumq);
	}
	return status;
}

int
enumq_ask(const struct enumq *enumq)
{
	struct enumq_world world;
	int status = enumq_world_open(&world, enumq);

	if (status == 0)
		status = ask_rounds(&world, enumq);
	enumq_world_close(&world);
	return status;
}
