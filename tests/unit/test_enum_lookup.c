/* test_enum_lookup.c - one whole look-up when memory is short, and durations */
#include <string.h>

#include "base/err.h"
#include "enum/enum.h"
#include "enum/histogram.h"
#include "enum/zone.h"
#include "tests/unit/harness.h"

static const char zone_text[] =
    "3.2.1 NAPTR 10 10 \"\" \"\" \"\" other\n"
    "3.2.1 NAPTR 20 10 \"u\" \"E2U+sip\" \"!^\\\\+(.*)$!sip:\\\\1@b!\" .\n"
    "other NAPTR 10 10 \"u\" \"E2U+sip\" \"!^.*$!sip:a@b!\" .\n";

struct end {
	uv_loop_t loop;
	unsigned n_called, n_asked, n_judged;
	size_t n_uris;
};

static void
on_done(void *arg, const struct enum_answer *answer)
{
	struct end *end = arg;

	end->n_called++;
	end->n_uris = answer->n_uris;
	uv_stop(&end->loop);
}

static void
on_asked(void *arg, const struct enum_asked *asked)
{
	struct end *end = arg;

	CHECK(asked->query == end->n_asked);
	end->n_asked++;
}

static void
on_judged(void *arg, const struct enum_judged *judged)
{
	struct end *end = arg;

	CHECK(judged->query < end->n_asked);
	end->n_judged++;
}

static void
look_up(struct end *end, struct enum_client *client)
{
	struct enum_trace trace = { end, on_asked, on_judged };
	struct enum_number number;
	struct enum_lookup *lookup;

	enum_number_parse(str_of("+123"), &number);
	if (!OK(enum_start(client, &number, &trace, on_done, end, &lookup)))
		return;
	CHECK(end->n_called == 0);
	while (end->n_called == 0)
		uv_run(&end->loop, UV_RUN_ONCE);
	CHECK(end->n_called == 1 && end->n_uris == 2);
	CHECK(end->n_asked == 2 && end->n_judged == 3);
}

static void
test_memory(void)
{
	struct enum_tree tree = { 0 };
	struct enum_settings settings = { .trees = &tree,
					  .n_trees = 1,
					  .follow_all = true };
	struct enum_zone *zone = NULL;
	struct enum_zone_error error;
	struct enum_zone_server *server = NULL;
	struct enum_client *client = NULL;
	struct enum_source source;
	struct end end = { 0 };

	dns_name_parse(str_of("x"), &tree.suffix);
	enum_services_parse(str_of("sip"), &tree.services);
	CHECK(uv_loop_init(&end.loop) == 0);
	if (OK(enum_zone_parse(str_of(zone_text), &tree.suffix, &zone,
			       &error)) &&
	    OK(enum_zone_server_new(&end.loop, zone, &server))) {
		source = enum_source_zone(server);
		if (OK(enum_client_new(&end.loop, &source, &settings, &client)))
			look_up(&end, client);
	}
	enum_client_close(client);
	enum_zone_server_close(server);
	CHECK(uv_run(&end.loop, UV_RUN_DEFAULT) == 0);
	CHECK(uv_loop_close(&end.loop) == 0);
	enum_zone_free(zone);
}

static void
test_settings(void)
{
	struct enum_settings settings = { 0 };
	struct enum_source source = { 0 };
	struct enum_client *client;

	CHECK(enum_client_new(NULL, &source, &settings, &client) == ERR_INVAL);
	settings.n_trees = 17;
	CHECK(enum_client_new(NULL, &source, &settings, &client) == ERR_INVAL);
	enum_client_close(NULL);
}

static void
test_histogram(void)
{
	static struct histogram histogram;
	int64_t at;

	CHECK(histogram_at(&histogram, 500) == 0);
	for (int64_t us = 1; us <= 1000; us++)
		histogram_add(&histogram, us * 100);
	histogram_add(&histogram, -5);
	at = histogram_at(&histogram, 500);
	CHECK(at >= 50000 && at < 50000 * 17 / 16);
	at = histogram_at(&histogram, 990);
	CHECK(at >= 99000 && at <= 100000);
	CHECK(histogram_at(&histogram, 1000) == 100000);
	CHECK(histogram_at(&histogram, 1) >= 0 && histogram.n == 1001);
	histogram_add(&histogram, INT64_MAX); /* in the last bucket */
	CHECK(histogram.max_us == INT64_MAX);
}

static const struct test tests[] = {
	{ "a look-up costs itself when memory is short", test_memory, false },
	{ "clients need trees", test_settings, true },
	{ "durations come back as percentiles", test_histogram, true },
};

const struct test_suite suite_enum_lookup = TEST_SUITE("enum_lookup", tests);
