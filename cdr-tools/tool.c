/* tool.c - what the programs over call records share on their command lines */
#include "cdr-tools/tool.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/timefmt.h"
#include "db/schema.h"

#define STATEMENT_TIMEOUT_MS (10 * 60 * 1000)

void
tool_init(void)
{
	json_set_alloc_funcs(mem_alloc, mem_free);
}

static int
open_url(const struct cli *cli, const char *url, unsigned flags,
	 struct store **out)
{
	char error[STORE_ERROR_MAX];
	int err = store_open(url, flags, out, error);

	if (err != 0)
		return cli_fail(cli, "%s%s", error,
				err == ERR_NOTFOUND ? ": run lcrdb init" : "");
	store_set_timeout(*out, STATEMENT_TIMEOUT_MS);
	if (schema_check(*out, error) == 0)
		return 0;
	store_close(*out);
	*out = NULL;
	return cli_fail(cli, "%s", error);
}

int
tool_open_store(const struct cli *cli, const struct tool_store *options,
		unsigned flags, struct store **out)
{
	char error[STORE_ERROR_MAX];
	char *url;
	int status;

	if (store_url_find(options->url, options->config, &url, error) != 0)
		return cli_fail(cli, "%s", error);
	status = open_url(cli, url, flags, out);
	mem_free(url);
	return status;
}

int
tool_instant_parse(struct str text, const struct zone *zone, time_us *out)
{
	int year, month, day;
	int err = date_parse(text, &year, &month, &day);

	if (err == ERR_SYNTAX)
		return time_parse(text, out);
	if (err == 0)
		*out = zone_instant(zone, days_from_date(year, month, day), 0);
	return err;
}

static int
span_end(const struct cli *cli, const char *name, const char *text,
	 const struct zone *zone, time_us *out)
{
	if (text == NULL)
		return 0;
	if (tool_instant_parse(str_of(text), zone, out) == 0 &&
	    *out >= TOOL_TIME_MIN && *out <= TOOL_TIME_MAX)
		return 0;
	return cli_usage(cli,
			 "--%s is \"%s\", expected a time such as "
			 "2026-11-23T07:11:00Z or a date",
			 name, text);
}

int
tool_span_parse(const struct cli *cli, struct tool_span *span)
{
	int status;

	span->from_us = TOOL_TIME_MIN;
	span->until_us = TOOL_TIME_MAX;
	status = span_end(cli, "from", span->from, span->zone, &span->from_us);
	if (status == 0)
		status = span_end(cli, "until", span->until, span->zone,
				  &span->until_us);
	if (status == 0 && span->from_us > span->until_us)
		status = cli_usage(cli,
				   "--from is \"%s\", expected a time not "
				   "after --until, which is \"%s\"",
				   span->from, span->until);
	return status;
}

int
tool_flush(const struct cli *cli)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return cli_fail(cli, "standard output: cannot be written: %s",
			strerror(errno));
}

int
tool_print_json(const struct cli *cli, json_t *object, bool is_whole)
{
	bool failed = object == NULL || !is_whole;

	if (!failed)
		failed = json_dumpf(object, stdout, JSON_INDENT(2)) != 0 &&
			 !ferror(stdout);
	json_decref(object);
	if (failed)
		return cli_fail(cli, "%s", err_text(ERR_NOMEM));
	printf("\n");
	return tool_flush(cli);
}
