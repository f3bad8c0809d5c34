/* metrics_node.c - the daemon itself: version, snapshot, threads, process */
#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "config.h"
#include "lcrproxy/metrics.h"

/* --- what was loaded --- */

static void
put_rows(struct exposition *out, const struct snapshot_report *report)
{
	const struct {
		const char *table;
		size_t n;
	} rows[] = {
		{ "accounts", report->accounts }, { "blocks", report->blocks },
		{ "carriers", report->carriers },
		{ "gateways", report->gateways }, { "limits", report->limits },
		{ "logins", report->logins },	  { "ported", report->ported },
		{ "rates", report->rates },	  { "tariffs", report->tariffs },
		{ "trunks", report->trunks },	  { "users", report->users },
	};

	exposition_family(out, "snapshot_rows", METRIC_GAUGE,
			  "Rows of the snapshot in use, by table");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct metric_label label = { "table", rows[i].table };

		exposition_add(out, "", &label, 1, (int64_t)rows[i].n);
	}
}

static void
put_snapshot(struct exposition *out, const struct harvest *harvest)
{
	const struct snapshot_report *report =
	    snapshot_report(harvest->snapshot);

	metrics_one(out, "snapshot_generation", METRIC_GAUGE,
		    "Number of the snapshot in use",
		    snapshot_generation(harvest->snapshot));
	metrics_one_us(out, "snapshot_age_seconds", METRIC_GAUGE,
		       "Since it was loaded",
		       harvest->now - harvest->reloads.loaded_at);
	metrics_one_us(out, "snapshot_load_seconds", METRIC_GAUGE,
		       "How long its loading took",
		       report->load_ms * US_PER_MS);
	metrics_one(out, "snapshot_bytes", METRIC_GAUGE, "Its memory",
		    (int64_t)report->bytes);
	metrics_one(out, "snapshot_warnings", METRIC_GAUGE,
		    "Rows that were left out or are odd; the log has them",
		    report->warnings);
	put_rows(out, report);
}

static void
put_reloads(struct exposition *out, const struct app_reloads *reloads)
{
	const struct metric_label good = { "result", "good" };
	const struct metric_label failed = { "result", "failed" };

	exposition_family(out, "reloads", METRIC_COUNTER,
			  "Reloads; after one that failed all was kept");
	exposition_add(out, "", &good, 1, (int64_t)reloads->good);
	exposition_add(out, "", &failed, 1, (int64_t)reloads->failed);
}

/* --- its threads --- */

static const struct worker_row {
	const char *family;
	enum metric_type type;
	const char *help;
	size_t offset;
} worker_rows[] = {
	{ "worker_calls_pending", METRIC_GAUGE,
	  "Calls without an answer yet, by SIP thread",
	  offsetof(struct counted, pending) },
	{ "worker_calls", METRIC_COUNTER, "New calls, by SIP thread",
	  offsetof(struct counted, calls.calls) },
	{ "worker_server_transactions", METRIC_GAUGE,
	  "Requests under way, by SIP thread",
	  offsetof(struct counted, txns.servers) },
	{ "worker_handovers", METRIC_COUNTER,
	  "Messages that a SIP thread has handed to another",
	  offsetof(struct counted, calls.handed_over) },
};

static void
put_workers(struct exposition *out, const struct harvest *harvest)
{
	metrics_one(out, "workers", METRIC_GAUGE, "SIP threads",
		    harvest->n_workers);
	for (size_t i = 0; i < sizeof(worker_rows) / sizeof(worker_rows[0]);
	     i++) {
		const struct worker_row *row = &worker_rows[i];

		exposition_family(out, row->family, row->type, row->help);
		for (int k = 0; k < harvest->n_workers; k++) {
			const char *at = (const char *)harvest->workers[k];
			char number[16];
			const struct metric_label label = { "worker", number };

			snprintf(number, sizeof(number), "%d", k);
			exposition_add(out, "", &label, 1,
				       *(const int64_t *)(const void *)(at +
					       row->offset));
		}
	}
}

void
metrics_node(struct exposition *out, const struct harvest *harvest)
{
	const struct metric_label labels[] = { { "version", PACKAGE_VERSION },
					       { "node", harvest->node } };

	exposition_family(out, "build_info", METRIC_GAUGE,
			  "Always 1; what runs here");
	exposition_add(out, "", labels, 2, 1);
	metrics_one_us(out, "start_time_seconds", METRIC_GAUGE,
		       "When the daemon was started, since 1970",
		       harvest->started);
	metrics_one_us(out, "uptime_seconds", METRIC_GAUGE, "Since then",
		       harvest->now - harvest->started);
	put_snapshot(out, harvest);
	put_reloads(out, &harvest->reloads);
	put_workers(out, harvest);
}

/* --- what the system knows --- */

static int64_t
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long long pages = 0;

	if (file == NULL)
		return -1;
	if (fscanf(file, "%*s %lld", &pages) != 1)
		pages = -1;
	fclose(file);
	return pages < 0 ? -1 : pages * sysconf(_SC_PAGESIZE);
}

static int64_t
count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int64_t n = -3; /* ".", ".." and this one */

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

void
metrics_process(struct exposition *out)
{
	int64_t bytes = resident_bytes(), files = count_files();
	struct timespec cpu = { 0 };
	struct rlimit limit = { 0 };

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	metrics_one_us(out, "process_cpu_seconds", METRIC_COUNTER,
		       "CPU time of the process, all threads",
		       cpu.tv_sec * US_PER_S + cpu.tv_nsec / 1000);
	if (bytes >= 0)
		metrics_one(out, "process_resident_memory_bytes", METRIC_GAUGE,
			    "Memory of the process", bytes);
	if (files >= 0)
		metrics_one(out, "process_open_fds", METRIC_GAUGE,
			    "Files and sockets that are open", files);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 &&
	    limit.rlim_cur != RLIM_INFINITY)
		metrics_one(out, "process_max_fds", METRIC_GAUGE,
			    "How many may be", (int64_t)limit.rlim_cur);
}
