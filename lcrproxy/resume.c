/* resume.c - the store's open calls on their way to the workers */
#include "lcrproxy/resume.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/heal.h"

/* An answer that was given before a look at the store was written to the
 * journal within a turn of its worker's loop. */
#define TURN_US (2 * US_PER_S)

struct resume {
	struct node *node;
	struct open_calls_listener listener;
	struct heal_report **reports; /* one of each worker, being filled */
	int err;		      /* of filling them */
	bool counts;		      /* the first time */

	pthread_mutex_t lock; /* for what follows */
	pthread_cond_t told;
	bool is_told; /* the first report is there, or could not be */
	bool is_open; /* workers take mail */
	bool has_waiting;
	struct heal_report **waiting; /* likewise, for when they do */
};

static void
free_reports(const struct resume *resume, struct heal_report **reports)
{
	for (int i = 0; i < resume->node->n_workers; i++) {
		heal_report_free(reports[i]);
		reports[i] = NULL;
	}
}

/* The lock is held; reports become the workers'. */
static void
post(struct resume *resume, struct heal_report **reports)
{
	for (int i = 0; i < resume->node->n_workers; i++) {
		worker_post(resume->node->workers[i], &reports[i]->mail);
		reports[i] = NULL;
	}
}

static void
on_begin(void *arg, int64_t as_of_us)
{
	struct resume *resume = arg;

	resume->err = 0;
	for (int i = 0; i < resume->node->n_workers; i++) {
		resume->reports[i] = heal_report_new(as_of_us - TURN_US);
		if (resume->reports[i] == NULL)
			resume->err = ERR_NOMEM;
	}
}

static void
on_each(void *arg, const struct open_call *call)
{
	struct resume *resume = arg;
	const struct node *node = resume->node;
	bool counts = resume->counts && call->answer < node->started_us;

	if (resume->err == 0)
		resume->err = heal_report_add(
		    resume->reports[worker_owner(node, call->call_id)],
		    &node->hash_key, call, counts);
}

static void
on_end(void *arg, int err)
{
	struct resume *resume = arg;

	if (err != 0)
		resume->err = err;
	for (int i = 0; i < resume->node->n_workers && resume->err == 0; i++)
		heal_report_finish(resume->reports[i]);
	pthread_mutex_lock(&resume->lock);
	if (resume->err == 0 && resume->is_open) {
		post(resume, resume->reports);
	} else if (resume->err == 0 && !resume->is_told) {
		for (int i = 0; i < resume->node->n_workers; i++) {
			resume->waiting[i] = resume->reports[i];
			resume->reports[i] = NULL;
		}
		resume->has_waiting = true;
	}
	resume->is_told = true;
	pthread_cond_signal(&resume->told);
	pthread_mutex_unlock(&resume->lock);
	if (resume->err == 0)
		resume->counts = false;
	free_reports(resume, resume->reports);
}

int
resume_new(struct node *node, struct resume **out)
{
	struct resume *resume = mem_zalloc(1, sizeof(*resume));
	size_t n = (size_t)node->n_workers;
	pthread_condattr_t attr;

	if (resume == NULL)
		return ERR_NOMEM;
	resume->node = node;
	resume->counts = true;
	resume->listener = (struct open_calls_listener){
		.arg = resume,
		.begin = on_begin,
		.each = on_each,
		.end = on_end,
	};
	pthread_mutex_init(&resume->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&resume->told, &attr);
	pthread_condattr_destroy(&attr);
	resume->reports = mem_zalloc(n, sizeof(resume->reports[0]));
	resume->waiting = mem_zalloc(n, sizeof(resume->waiting[0]));
	if (resume->reports == NULL || resume->waiting == NULL) {
		resume_free(resume);
		return ERR_NOMEM;
	}
	*out = resume;
	return 0;
}

void
resume_free(struct resume *resume)
{
	if (resume == NULL)
		return;
	if (resume->reports != NULL)
		free_reports(resume, resume->reports);
	if (resume->waiting != NULL)
		free_reports(resume, resume->waiting);
	mem_free(resume->reports);
	mem_free(resume->waiting);
	pthread_cond_destroy(&resume->told);
	pthread_mutex_destroy(&resume->lock);
	mem_free(resume);
}

const struct open_calls_listener *
resume_listener(struct resume *resume)
{
	return &resume->listener;
}

static void
wait_for_first(struct resume *resume, int64_t wait_ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	while (!resume->is_told &&
	       pthread_cond_timedwait(&resume->told, &resume->lock, &until) !=
		   ETIMEDOUT)
		continue;
}

void
resume_open(struct resume *resume, int64_t wait_ms)
{
	pthread_mutex_lock(&resume->lock);
	wait_for_first(resume, wait_ms);
	if (!resume->is_told)
		log_warning(resume->node->log,
			    "calls of before the start are not counted until "
			    "the store has all events of them");
	if (resume->has_waiting)
		post(resume, resume->waiting);
	resume->has_waiting = false;
	resume->is_open = true;
	pthread_mutex_unlock(&resume->lock);
}

void
resume_close(struct resume *resume)
{
	if (resume == NULL)
		return;
	pthread_mutex_lock(&resume->lock);
	resume->is_open = false;
	pthread_mutex_unlock(&resume->lock);
}
