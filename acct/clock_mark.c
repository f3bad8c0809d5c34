/* clock_mark.c - whether the wall clock was set, also while nobody looked */
#include "acct/clock_mark.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define SUFFIX ".clock"
/* Two numbers, small enough to be added up, and what is behind them. */
#define PAIR "%17" SCNd64 "%*[ ]%17" SCNd64 "%c"
#define STEP_US (US_PER_S / 2)
#define WRITE_US (10 * US_PER_S)

void
clock_reading_take(struct clock_reading *out)
{
	FILE *file = fopen(BOOT_ID, "re");
	struct timespec up;
	struct clock clock;

	*out = (struct clock_reading){ 0 };
	if (file != NULL) {
		if (fgets(out->boot, sizeof(out->boot), file) == NULL)
			out->boot[0] = '\0';
		fclose(file);
	}
	clock_init_system(&clock);
	clock_gettime(CLOCK_BOOTTIME, &up);
	out->wall = clock_wall(&clock);
	out->up_us = (int64_t)up.tv_sec * US_PER_S + up.tv_nsec / 1000;
}

/* --- the file --- */

static void
write_mark(struct clock_mark *mark)
{
	char temporary[4096];
	FILE *file;
	bool good;

	if ((size_t)snprintf(temporary, sizeof(temporary), "%s.new",
			     mark->path) >= sizeof(temporary))
		return;
	file = fopen(temporary, "we");
	if (file == NULL)
		return; /* a full disk: the journal says so */
	fprintf(file, "boot %s\nlook %" PRId64 " %" PRId64 "\n",
		mark->last.boot, mark->last.wall, mark->last.up_us);
	for (int i = 0; i < mark->n_steps; i++)
		fprintf(file, "step %" PRId64 " %" PRId64 "\n",
			mark->steps[i].wall, mark->steps[i].by_us);
	good = ferror(file) == 0;
	good = fclose(file) == 0 && good;
	if (!good || rename(temporary, mark->path) != 0)
		remove(temporary);
	else
		mark->written_us = mark->last.up_us;
}

static void
add_step(struct clock_mark *mark, time_us wall, int64_t by_us)
{
	pthread_mutex_lock(&mark->lock);
	if (mark->n_steps == CLOCK_MARK_STEPS) {
		memmove(&mark->steps[0], &mark->steps[1],
			(CLOCK_MARK_STEPS - 1) * sizeof(mark->steps[0]));
		mark->n_steps--;
	}
	mark->steps[mark->n_steps++] = (struct clock_step){ wall, by_us };
	pthread_mutex_unlock(&mark->lock);
}

/* Whether there was one. What is no line of ours is passed over. */
static bool
read_mark(struct clock_mark *mark)
{
	FILE *file = fopen(mark->path, "re");
	char line[128], boot[CLOCK_BOOT_LEN + 1] = "";
	bool found = false;
	int64_t a, b;
	char end;

	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (sscanf(line, "boot %36s", boot) == 1)
			continue;
		if (sscanf(line, "look " PAIR, &a, &b, &end) == 3 &&
		    end == '\n') {
			mark->last.wall = a;
			mark->last.up_us = b;
			found = a > 0 && b >= 0;
		} else if (sscanf(line, "step " PAIR, &a, &b, &end) == 3 &&
			   end == '\n') {
			add_step(mark, a, b);
		}
	}
	fclose(file);
	strcpy(mark->last.boot, boot);
	return found;
}

/* --- looks --- */

static bool
is_same_boot(const struct clock_reading *a, const struct clock_reading *b)
{
	return a->boot[0] != '\0' && strcmp(a->boot, b->boot) == 0;
}

/* What the wall clock should say now, as far as can be told. */
static time_us
expected_at(const struct clock_reading *last, const struct clock_reading *now)
{
	if (is_same_boot(last, now))
		return last->wall + (now->up_us - last->up_us);
	return now->wall > last->wall ? now->wall : last->wall;
}

static void
count_step(struct clock_mark *mark)
{
	pthread_mutex_lock(&mark->lock);
	mark->n_seen++;
	pthread_mutex_unlock(&mark->lock);
}

uint64_t
clock_mark_count(struct clock_mark *mark)
{
	uint64_t n;

	pthread_mutex_lock(&mark->lock);
	n = mark->n_seen;
	pthread_mutex_unlock(&mark->lock);
	return n;
}

void
clock_mark_look(struct clock_mark *mark, const struct clock_reading *now,
		struct log *log)
{
	time_us expected = expected_at(&mark->last, now);
	int64_t by_us = now->wall - expected;
	bool is_step = by_us >= STEP_US || by_us <= -STEP_US;

	if (is_step) {
		log_warning(log,
			    "clock: it was set by %" PRId64 " ms; calls "
			    "answered before are marked unless they are known "
			    "here",
			    by_us / US_PER_MS);
		add_step(mark, expected, by_us);
		count_step(mark);
	}
	mark->last = *now;
	if (is_step || now->up_us - mark->written_us >= WRITE_US ||
	    now->up_us < mark->written_us)
		write_mark(mark);
}

int
clock_mark_open(struct clock_mark *mark, const char *directory,
		const char *node, const struct clock_reading *now,
		struct log *log)
{
	size_t size = strlen(directory) + strlen(node) + sizeof(SUFFIX) + 1;

	*mark = (struct clock_mark){ 0 };
	pthread_mutex_init(&mark->lock, NULL);
	mark->path = mem_alloc(size);
	if (mark->path == NULL)
		return ERR_NOMEM;
	snprintf(mark->path, size, "%s/%s" SUFFIX, directory, node);
	if (!read_mark(mark))
		mark->last = *now;
	mark->written_us = now->up_us - WRITE_US;
	clock_mark_look(mark, now, log);
	return 0;
}

void
clock_mark_close(struct clock_mark *mark)
{
	if (mark->path == NULL)
		return;
	mem_free(mark->path);
	mark->path = NULL;
	pthread_mutex_destroy(&mark->lock);
}

int64_t
clock_mark_since(struct clock_mark *mark, time_us wall)
{
	int64_t by_us = 0;

	pthread_mutex_lock(&mark->lock);
	for (int i = 0; i < mark->n_steps; i++) {
		if (mark->steps[i].wall >= wall)
			by_us += mark->steps[i].by_us;
	}
	pthread_mutex_unlock(&mark->lock);
	return by_us;
}

int
clock_mark_steps(struct clock_mark *mark,
		 struct clock_step out[CLOCK_MARK_STEPS])
{
	int n;

	pthread_mutex_lock(&mark->lock);
	n = mark->n_steps;
	memcpy(out, mark->steps, (size_t)n * sizeof(out[0]));
	pthread_mutex_unlock(&mark->lock);
	return n;
}
