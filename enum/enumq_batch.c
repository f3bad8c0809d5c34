/* enumq_batch.c - every number of a file, at a given rate */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/err.h"
#include "enum/enumq.h"
#include "enum/histogram.h"
#include "enum/report.h"

#define AT_A_TIME 256 /* look-ups under way */

struct batch {
	const struct enumq *enumq;
	struct enumq_world world;
	FILE *file;
	char *line;
	size_t line_size;
	struct cli_progress progress;
	uint64_t n_bytes, n_started, n_done, n_bad;
	unsigned n_running;
	bool is_read; /* nothing more in the file */
	int64_t started_us;
	uint64_t n_outcomes[ENUM_N_OUTCOMES];
	struct histogram latencies;
	uv_timer_t pace;
};

/* One look-up. */
struct item {
	struct batch *batch;
	char *number;
	struct report report;
};

static void
item_free(struct item *item)
{
	report_fini(&item->report);
	mem_free(item->number);
	mem_free(item);
}

static void
print_bad(struct batch *batch, const char *number, const char *why)
{
	json_t *text = json_string(number);
	json_t *json = json_pack(
	    "{s:o s:s}", "number",
	    text != NULL ? text : json_string("(not UTF-8)"), "error", why);

	batch->n_bad++;
	if (json != NULL)
		json_dumpf(json, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(json);
}

static void
on_done(void *arg, const struct enum_answer *answer)
{
	struct item *item = arg;
	struct batch *batch = item->batch;
	json_t *json = report_json(&item->report, item->number, answer);

	uv_stop(&batch->world.loop); /* start the next at once */
	batch->n_running--;
	batch->n_done++;
	batch->n_outcomes[answer->outcome]++;
	histogram_add(&batch->latencies, answer->latency_us);
	if (json != NULL)
		json_dumpf(json, stdout, JSON_COMPACT);
	printf("\n");
	json_decref(json);
	item_free(item);
	cli_progress_at(&batch->progress, batch->n_bytes);
}

static int
start(struct batch *batch, const char *text)
{
	const struct enumq *enumq = batch->enumq;
	struct item *item;
	struct enum_lookup *lookup;
	struct enum_number number;
	int err = enum_number_parse(str_of(text), &number);

	if (err != 0)
		return err;
	item = mem_zalloc(1, sizeof(*item));
	if (item == NULL)
		return ERR_NOMEM;
	item->batch = batch;
	item->number = mem_strdup(text);
	report_init(&item->report, enumq->trees, enumq->settings.n_trees,
		    enumq->zone_file != NULL);
	if (item->number == NULL)
		err = ERR_NOMEM;
	if (err == 0)
		err = enum_start(batch->world.client, &number,
				 &item->report.trace, on_done, item, &lookup);
	if (err != 0)
		item_free(item);
	else
		batch->n_running++;
	return err;
}

/* The next line that says something; false at the end of the file. */
static bool
next_line(struct batch *batch, struct str *out)
{
	ssize_t len;

	while ((len = getline(&batch->line, &batch->line_size, batch->file)) >
	       0) {
		batch->n_bytes += (uint64_t)len;
		*out = str_trim(str_make(batch->line, (size_t)len));
		if (out->len > 0 && out->p[0] != '#')
			return true;
	}
	batch->is_read = true;
	return false;
}

static void
take_line(struct batch *batch)
{
	struct str text;
	char *end;
	int err;

	if (!next_line(batch, &text))
		return;
	end = batch->line + (text.p - batch->line) + text.len;
	*end = '\0';
	batch->n_started++;
	err = start(batch, text.p);
	if (err != 0)
		print_bad(batch, text.p,
			  err == ERR_SYNTAX ? "not a number" : err_text(err));
}

/* How many may have been started by now. */
static uint64_t
due(const struct batch *batch)
{
	int64_t us = (int64_t)(uv_hrtime() / 1000) - batch->started_us;

	if (batch->enumq->rate == 0)
		return UINT64_MAX;
	return (uint64_t)us * batch->enumq->rate / 1000000 + 1;
}

static void
on_pace(uv_timer_t *timer)
{
	(void)timer; /* it only has to end the loop's sleep */
}

static void
run(struct batch *batch)
{
	while (!batch->is_read || batch->n_running > 0) {
		while (!batch->is_read && batch->n_running < AT_A_TIME &&
		       batch->n_started < due(batch))
			take_line(batch);
		if (batch->is_read && batch->n_running == 0)
			return;
		uv_run(&batch->world.loop, UV_RUN_ONCE);
	}
}

static void
print_summary(const struct batch *batch)
{
	static const unsigned percentiles[] = { 500, 900, 990, 999 };
	int64_t us = (int64_t)(uv_hrtime() / 1000) - batch->started_us;
	struct enum_counters counters;

	enum_counters(batch->world.client, &counters);
	fprintf(stderr, "%" PRIu64 " numbers in %" PRId64 ".%03" PRId64 " s",
		batch->n_done, us / 1000000, us / 1000 % 1000);
	if (us > 0)
		fprintf(stderr, ", %" PRIu64 " per second",
			batch->n_done * 1000000 / (uint64_t)us);
	fprintf(stderr, "; %" PRIu64 " questions, %" PRIu64 " from memory\n",
		counters.n_asked, counters.n_cached);
	for (int i = 0; i < ENUM_N_OUTCOMES; i++) {
		if (batch->n_outcomes[i] > 0)
			fprintf(stderr, "  %-10s %" PRIu64 "\n",
				enum_outcome_text((enum enum_outcome)i),
				batch->n_outcomes[i]);
	}
	if (batch->n_bad > 0)
		fprintf(stderr, "  %-10s %" PRIu64 "\n", "not asked",
			batch->n_bad);
	fprintf(stderr, "latency ms:");
	for (int i = 0; i < 4; i++) {
		int64_t at = histogram_at(&batch->latencies, percentiles[i]);

		fprintf(stderr, " p%u.%u %" PRId64 ".%03" PRId64,
			percentiles[i] / 10, percentiles[i] % 10, at / 1000,
			at % 1000);
	}
	fprintf(stderr, " max %" PRId64 ".%03" PRId64 "\n",
		batch->latencies.max_us / 1000, batch->latencies.max_us % 1000);
}

static int
open_file(struct batch *batch, uint64_t *size)
{
	const char *path = batch->enumq->batch_file;
	struct stat st;

	*size = 0;
	batch->file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	if (batch->file == NULL) {
		cli_fail(batch->enumq->cli, "%s: cannot be read", path);
		return ERR_IO;
	}
	if (fstat(fileno(batch->file), &st) == 0 && S_ISREG(st.st_mode))
		*size = (uint64_t)st.st_size;
	return 0;
}

int
enumq_batch(const struct enumq *enumq)
{
	struct batch *batch = mem_zalloc(1, sizeof(*batch));
	int status = ENUMQ_DNS_FAILED;
	uint64_t size;

	if (batch == NULL)
		return cli_fail(enumq->cli, "out of memory");
	batch->enumq = enumq;
	if (open_file(batch, &size) != 0)
		goto out;
	status = enumq_world_open(&batch->world, enumq);
	if (status == 0) {
		uv_timer_init(&batch->world.loop, &batch->pace);
		if (enumq->rate > 0)
			uv_timer_start(&batch->pace, on_pace, 1, 1);
		cli_progress_init(&batch->progress, "asking", size);
		batch->started_us = (int64_t)(uv_hrtime() / 1000);
		run(batch);
		cli_progress_end(&batch->progress);
		print_summary(batch);
		uv_close((uv_handle_t *)&batch->pace, NULL);
		status = batch->n_bad > 0;
	}
	enumq_world_close(&batch->world);
	if (batch->file != stdin)
		fclose(batch->file);
	free(batch->line);
out:
	mem_free(batch);
	return status;
}
