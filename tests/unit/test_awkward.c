/* test_awkward.c - the sets of tests/enum/awkward.zone, from memory */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "enum/enum.h"
#include "enum/zone.h"
#include "tests/unit/harness.h"

#define SUFFIX "e164.arpa."

struct awkward {
	char what[128], outcome[16], uris[800], options[64];
	char zone[16384];
	size_t zone_len;
};

struct end {
	uv_loop_t *loop;
	bool is_over;
	char outcome[16], uris[2048];
};

static char *
field(char **rest)
{
	char *begin = *rest, *bar = strstr(begin, " |");

	*rest = begin + strlen(begin);
	if (bar != NULL) {
		*rest = bar + 2;
		*bar = '\0';
	}
	while (*begin == ' ')
		begin++;
	return begin;
}

/* "= what | outcome | URIs | options"; %N is the number's end. */
static void
take_head(struct awkward *it, char *line, unsigned n)
{
	char *rest = line + 2, *uris, *to;

	memset(it, 0, sizeof(*it));
	snprintf(it->what, sizeof(it->what), "%s", field(&rest));
	if (strcmp(it->what, "delimiter") == 0) /* the bar is its name */
		field(&rest);
	snprintf(it->outcome, sizeof(it->outcome), "%s", field(&rest));
	uris = field(&rest);
	snprintf(it->options, sizeof(it->options), "%s", field(&rest));
	to = it->uris;
	for (; *uris != '\0'; uris++) {
		if (uris[0] == '%' && uris[1] == 'N')
			to += sprintf(to, "%02u", n), uris++;
		else if (uris[0] == '%' && uris[1] == '%')
			*to++ = *uris++;
		else
			*to++ = *uris;
	}
	while (to > it->uris && to[-1] == ' ')
		*--to = '\0';
}

static void
put(struct awkward *it, const char *text)
{
	size_t len = strlen(text);

	if (it->zone_len + len < sizeof(it->zone))
		memcpy(it->zone + it->zone_len, text, len + 1);
	it->zone_len += len;
}

static void
take_line(struct awkward *it, const char *line, unsigned n)
{
	char owner[80], own[40], one[2] = { 0 };

	snprintf(owner, sizeof(owner), "%u.%u.0.0.6.9.2.3.6.1.4.4." SUFFIX,
		 n % 10, n / 10);
	snprintf(own, sizeof(own), "c%u." SUFFIX, n);
	for (; *line != '\0'; line++) {
		if (line[0] == '@' && (line[1] == ' ' || line[1] == '\0')) {
			put(it, owner);
		} else if (line[0] == '$' && line[1] == 'C') {
			put(it, own);
			line++;
		} else if (line[0] == '$' && line[1] == 'W') {
			put(it, owner + 2);
			line++;
		} else {
			one[0] = *line;
			put(it, one);
		}
	}
}

static void
on_done(void *arg, const struct enum_answer *answer)
{
	struct end *end = arg;
	size_t len = 0;

	end->is_over = true;
	uv_stop(end->loop);
	snprintf(end->outcome, sizeof(end->outcome), "%s",
		 enum_outcome_text(answer->outcome));
	for (size_t i = 0; i < answer->n_uris; i++)
		len += (size_t)snprintf(
		    end->uris + len, sizeof(end->uris) - len, "%s%.*s",
		    i > 0 ? " " : "", STR_ARG(answer->uris[i].text));
}

static void
set_options(struct enum_settings *settings, struct enum_tree *tree,
	    const char *options)
{
	const char *services = strstr(options, "services=");

	settings->lenient = strstr(options, "lenient") != NULL;
	settings->follow_all = true;
	tree->is_private = strstr(options, "private") != NULL;
	enum_services_parse(
	    str_of(services != NULL ? services + 9 : "sip,pstn:sip,pstn:tel"),
	    &tree->services);
}

static void
ask(const struct awkward *it, struct enum_zone *zone, unsigned n,
    struct end *end)
{
	struct enum_tree tree = { 0 };
	struct enum_settings settings = { .trees = &tree, .n_trees = 1 };
	struct enum_zone_server *server = NULL;
	struct enum_client *client = NULL;
	struct enum_lookup *lookup;
	struct enum_source source;
	struct enum_number number;
	char digits[20];
	uv_loop_t loop;

	set_options(&settings, &tree, it->options);
	dns_name_parse(str_of(SUFFIX), &tree.suffix);
	snprintf(digits, sizeof(digits), "+4416329600%02u", n);
	enum_number_parse(str_of(digits), &number);
	uv_loop_init(&loop);
	end->loop = &loop;
	if (OK(enum_zone_server_new(&loop, zone, &server))) {
		source = enum_source_zone(server);
		if (OK(enum_client_new(&loop, &source, &settings, &client)) &&
		    OK(enum_start(client, &number, NULL, on_done, end,
				  &lookup))) {
			while (!end->is_over)
				uv_run(&loop, UV_RUN_ONCE);
		}
	}
	enum_client_close(client);
	enum_zone_server_close(server);
	uv_run(&loop, UV_RUN_DEFAULT);
	CHECK(uv_loop_close(&loop) == 0);
}

static void
check(const struct awkward *it, unsigned n)
{
	struct enum_zone_error error;
	struct enum_zone *zone;
	struct dns_name origin;
	struct end end = { 0 };

	test_row(it->what);
	dns_name_parse(str_of(SUFFIX), &origin);
	/* So that the tree is there where a case has no record. */
	if (!OK(enum_zone_parse(str_make(it->zone, it->zone_len), &origin,
				&zone, &error)))
		return;
	ask(it, zone, n, &end);
	if (end.is_over) {
		if (!CHECK(strcmp(end.outcome, it->outcome) == 0))
			fprintf(stderr, "%s: %s, expected %s\n", it->what,
				end.outcome, it->outcome);
		if (!CHECK(strcmp(end.uris, it->uris) == 0))
			fprintf(stderr, "%s: %s, expected %s\n", it->what,
				end.uris, it->uris);
	}
	enum_zone_free(zone);
	test_row(NULL);
}

static void
test_cases(void)
{
	static struct awkward it;
	char path[512], line[1024];
	FILE *file = fopen(
	    test_file("tests/enum/awkward.zone", path, sizeof(path)), "re");
	unsigned n = 0;

	if (!CHECK(file != NULL))
		return;
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '=') {
			if (n > 0)
				check(&it, n);
			take_head(&it, line, ++n);
		} else if (n > 0) {
			take_line(&it, line, n);
			put(&it, "\n");
		}
	}
	check(&it, n);
	CHECK(n > 80 && n < 100);
	fclose(file);
}

static const struct test tests[] = {
	{ "awkward sets come to what they must", test_cases, true },
};

const struct test_suite suite_awkward = TEST_SUITE("awkward", tests);
