/* trip.c - how long a table of external routes takes, and what it costs
 *
 * Usage: bench/trip N    a receiver at 127.0.0.2:6069 (ITAD 302) for one peer
 * at 127.0.0.1 (ITAD 301) that announces N routes and withdraws them. One line
 * of figures; bench/trip-bird runs both sides. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trip/speaker.h"

struct bench {
	uv_loop_t loop;
	uv_timer_t timer;
	struct clock clock;
	struct log log;
	struct trip_speaker *speaker;
	size_t wanted, n;
	long base_kb;
	int64_t first_ms, full_ms, drop_ms, empty_ms;
	double cpu_full_s;
};

static long
rss_kb(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size, rss = 0;

	if (file == NULL || fscanf(file, "%ld %ld", &size, &rss) != 2)
		rss = 0;
	if (file != NULL)
		fclose(file);
	return rss * (sysconf(_SC_PAGESIZE) / 1024);
}

static double
cpu_s(void)
{
	uv_rusage_t usage;

	uv_getrusage(&usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
report(struct bench *bench)
{
	double drop_s = (double)(bench->empty_ms - bench->drop_ms) / 1000;

	printf(" withdrawn in %.2f s (%.2f s CPU)\n", drop_s,
	       cpu_s() - bench->cpu_full_s);
	exit(0);
}

static void
on_full(struct bench *bench)
{
	long kb = rss_kb() - bench->base_kb;

	bench->cpu_full_s = cpu_s();
	printf("trip: %zu routes decided in %.2f s (%.2f s CPU), %ld bytes "
	       "resident per route,",
	       bench->wanted,
	       (double)(bench->full_ms - bench->first_ms) / 1000,
	       bench->cpu_full_s, kb * 1024 / (long)bench->wanted);
	fflush(stdout);
}

static void
on_change(void *arg, enum trip_change_kind kind, const struct trip_view *view)
{
	struct bench *bench = arg;
	int64_t now_ms = clock_mono_ms(&bench->clock);

	(void)view;
	if (kind == TRIP_ADDED && ++bench->n == 1)
		bench->first_ms = now_ms;
	if (kind == TRIP_ADDED && bench->n == bench->wanted) {
		bench->full_ms = now_ms;
		on_full(bench);
	}
	if (kind != TRIP_GONE)
		return;
	if (bench->n-- == bench->wanted)
		bench->drop_ms = now_ms;
	if (bench->n == 0) {
		bench->empty_ms = now_ms;
		report(bench);
	}
}

int
main(int argc, char **argv)
{
	static const char text[] =
	    "itad = 302; id = \"127.0.0.2\"; listen = \"127.0.0.2:6069\";"
	    "timers = { min_route_advertisement_s = 0; };"
	    "peers = ( { address = \"127.0.0.1\"; itad = 301; passive = true; "
	    "} );";
	static struct bench bench;
	struct trip_speaker_events events = { .on_change = on_change,
					      .arg = &bench };
	struct trip_settings settings;
	struct conf_errors errors;

	bench.wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
	clock_init_system(&bench.clock);
	log_init(&bench.log, STDERR_FILENO, LOG_LEVEL_WARNING);
	uv_loop_init(&bench.loop);
	if (conf_read_text("bench", text, &trip_settings_table, &settings,
			   &errors) != 0 ||
	    trip_speaker_new(&bench.loop, &settings, &bench.clock, &bench.log,
			     &events, &bench.speaker) != 0 ||
	    trip_speaker_start(bench.speaker) != 0)
		return 1;
	bench.base_kb = rss_kb();
	uv_run(&bench.loop, UV_RUN_DEFAULT);
	return 0;
}
