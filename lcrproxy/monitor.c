/* monitor.c - /metrics, /healthz and /readyz */
#include "lcrproxy/monitor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/gather.h"
#include "lcrproxy/http.h"
#include "lcrproxy/metrics.h"

#define TICK_MS 500
#define BODY_MAX 8192

/* A letter to a thread and back; is_out: it has not come back yet. */
struct pulse {
	struct mail mail; /* first */
	struct monitor *monitor;
	int64_t sent_ms;
	bool is_out;
};

/* Who waits for metrics. */
struct scrape {
	struct http_request *request;
	int64_t asked_ms;
};

struct monitor {
	struct app *app;
	struct node *node;
	struct http *http;
	size_t max_accounts;
	struct clock clock;
	bool is_started; /* the control thread's */
	uv_sem_t hushed;

	/* The HTTP thread's own. */
	struct mailbox *mailbox;
	uv_timer_t tick;
	bool is_hushed;
	struct pulse control, workers[SETTINGS_MAX_WORKERS];
	struct scrape scrapes[HTTP_MAX_CONNECTIONS];
	size_t n_scrapes;
	struct mail hush;

	/* Of the thread that has the letter: there, and home again. */
	struct mail order;
	bool is_ordered; /* the HTTP thread's */
	struct harvest harvest;
	int harvest_err;
};

/* --- whether the threads turn --- */

static void
open_pulse_home(struct mail *mail, void *owner)
{
	(void)owner;
	((struct pulse *)(void *)mail)->is_out = false;
}

static void
open_pulse(struct mail *mail, void *owner)
{
	struct pulse *pulse = (struct pulse *)(void *)mail;

	(void)owner;
	mail->open = open_pulse_home;
	mailbox_post(pulse->monitor->mailbox, mail);
}

/* False while the last one is still out. */
static bool
arm(struct monitor *monitor, struct pulse *pulse)
{
	if (pulse->is_out)
		return false;
	pulse->is_out = true;
	pulse->monitor = monitor;
	pulse->sent_ms = clock_mono_ms(&monitor->clock);
	pulse->mail.open = open_pulse;
	return true;
}

static void
feel_pulses(struct monitor *monitor)
{
	for (int i = 0; i < monitor->node->n_workers; i++) {
		if (arm(monitor, &monitor->workers[i]))
			worker_post(monitor->node->workers[i],
				    &monitor->workers[i].mail);
	}
	if (arm(monitor, &monitor->control))
		mailbox_post(app_mailbox(monitor->app), &monitor->control.mail);
}

/* How long a thread has not answered, 0 while it does. */
static int64_t
silence_ms(const struct monitor *monitor, const struct pulse *pulse)
{
	int64_t ms = clock_mono_ms(&monitor->clock) - pulse->sent_ms;

	return pulse->is_out && ms >= MONITOR_STUCK_MS ? ms : 0;
}

/* --- pages --- */

/* Lines, and whether all is well. */
struct body {
	char text[BODY_MAX];
	size_t len;
	bool is_good;
};

static void add_line(struct body *body, bool good, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
add_line(struct body *body, bool good, const char *format, ...)
{
	size_t room = sizeof(body->text) - body->len;
	va_list args;
	int n;

	body->is_good = body->is_good && good;
	va_start(args, format);
	n = vsnprintf(body->text + body->len, room, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < room)
		body->len += (size_t)n;
}

static void
add_thread(struct body *body, const char *name, int64_t ms)
{
	if (ms == 0)
		add_line(body, true, "%s: turns\n", name);
	else
		add_line(body, false, "%s: has not answered for %lld s\n", name,
			 (long long)(ms / 1000));
}

static void
add_threads(struct body *body, const struct monitor *monitor)
{
	char name[32];

	add_thread(body, "control", silence_ms(monitor, &monitor->control));
	for (int i = 0; i < monitor->node->n_workers; i++) {
		snprintf(name, sizeof(name), "worker %d", i);
		add_thread(body, name,
			   silence_ms(monitor, &monitor->workers[i]));
	}
}

static void
send_body(struct http_request *request, const struct body *body)
{
	struct http_answer *answer =
	    http_answer_text(body->is_good ? 200 : 503, body->text);

	http_send(request, answer);
	http_answer_unref(answer);
}

static void
serve_health(void *arg, struct http_request *request)
{
	struct body body = { .is_good = true };

	add_threads(&body, arg);
	send_body(request, &body);
}

static void
add_journal(struct body *body, const struct node *node)
{
	bool carries_on =
	    node->settings->journal.when_full == WHEN_FULL_CARRY_ON;

	if (!acct_is_full(node->acct))
		add_line(body, true, "journal: takes events\n");
	else
		add_line(body, carries_on,
			 "journal: full or not writable, new calls are %s\n",
			 carries_on ? "carried on" : "refused");
}

static void
serve_readiness(void *arg, struct http_request *request)
{
	const struct monitor *monitor = arg;
	const struct node *node = monitor->node;
	struct body body = { .is_good = true };
	const char *what = node->stopping ? "is stopping" : "drains";
	bool is_closed = node->stopping || node->draining;

	add_line(&body, !is_closed, "daemon: %s%s\n",
		 is_closed ? what : "takes calls",
		 is_closed ? ", new calls are refused" : "");
	add_journal(&body, node);
	add_threads(&body, monitor);
	send_body(request, &body);
}

/* --- metrics --- */

static struct http_answer *
write_answer(const struct monitor *monitor, bool is_openmetrics)
{
	struct exposition text;

	exposition_init(&text, is_openmetrics);
	metrics_write(&text, &monitor->harvest, monitor->max_accounts);
	if (text.err == 0)
		return http_answer_new(200,
				       exposition_content_type(is_openmetrics),
				       text.text, text.len);
	exposition_fini(&text);
	return http_answer_text(500, text.err == ERR_LIMIT
					 ? "too many metrics\n"
					 : "out of memory\n");
}

/* All who wait, in the two formats. */
static void
answer_scrapes(struct monitor *monitor)
{
	struct http_answer *answers[2] = { NULL, NULL };

	for (size_t i = 0; i < monitor->n_scrapes; i++) {
		struct http_request *request = monitor->scrapes[i].request;
		bool is_open = http_wants_openmetrics(request);

		if (answers[is_open] == NULL)
			answers[is_open] = write_answer(monitor, is_open);
		http_send(request, answers[is_open]);
	}
	monitor->n_scrapes = 0;
	http_answer_unref(answers[0]);
	http_answer_unref(answers[1]);
}

/* The first n of them. */
static void
refuse_scrapes(struct monitor *monitor, size_t n, const char *why)
{
	struct http_answer *answer = http_answer_text(503, why);

	for (size_t i = 0; i < n; i++)
		http_send(monitor->scrapes[i].request, answer);
	monitor->n_scrapes -= n;
	memmove(monitor->scrapes, monitor->scrapes + n,
		monitor->n_scrapes * sizeof(monitor->scrapes[0]));
	http_answer_unref(answer);
}

static void
open_harvest(struct mail *mail, void *owner)
{
	struct monitor *monitor = owner;

	(void)mail;
	monitor->is_ordered = false;
	if (monitor->harvest_err == 0)
		answer_scrapes(monitor);
	else
		refuse_scrapes(monitor, monitor->n_scrapes,
			       monitor->harvest_err == ERR_NOMEM
				   ? "out of memory\n"
				   : "the daemon is stopping\n");
	harvest_fini(&monitor->harvest);
}

/* In the control thread. */
static void
send_home(struct monitor *monitor, int err)
{
	monitor->harvest_err = err;
	monitor->order.open = open_harvest;
	mailbox_post(monitor->mailbox, &monitor->order);
}

static void
on_gathered(void *arg, void **answers, int n)
{
	struct monitor *monitor = arg;

	send_home(monitor, harvest_add_workers(&monitor->harvest, answers, n));
}

/* The workers end once the daemon is stopping: nothing is asked of them. */
static void
open_order(struct mail *mail, void *owner)
{
	struct app *app = owner;
	struct monitor *monitor =
	    (struct monitor *)(void *)((char *)mail -
				       offsetof(struct monitor, order));

	if (monitor->node->stopping) {
		send_home(monitor, ERR_BUSY);
		return;
	}
	harvest_begin(&monitor->harvest, app);
	if (gather_start(monitor->node, app_mailbox(app), counted_take,
			 on_gathered, monitor) != 0)
		send_home(monitor, ERR_NOMEM);
}

static void
serve_metrics(void *arg, struct http_request *request)
{
	struct monitor *monitor = arg;

	monitor->scrapes[monitor->n_scrapes++] =
	    (struct scrape){ request, clock_mono_ms(&monitor->clock) };
	if (monitor->is_hushed) {
		refuse_scrapes(monitor, monitor->n_scrapes,
			       "the daemon is stopping\n");
	} else if (!monitor->is_ordered) {
		monitor->is_ordered = true;
		monitor->order.open = open_order;
		mailbox_post(app_mailbox(monitor->app), &monitor->order);
	}
}

/* Those who have waited too long for a thread that does not answer. */
static void
give_up_scrapes(struct monitor *monitor)
{
	int64_t due_ms = clock_mono_ms(&monitor->clock) - MONITOR_SCRAPE_MS;
	size_t n = 0;

	while (n < monitor->n_scrapes && monitor->scrapes[n].asked_ms <= due_ms)
		n++;
	if (n > 0)
		refuse_scrapes(monitor, n,
			       "a thread does not answer, see /healthz\n");
}

/* --- the thread --- */

static void
on_tick(uv_timer_t *tick)
{
	struct monitor *monitor = tick->data;

	give_up_scrapes(monitor);
	if (!monitor->is_hushed)
		feel_pulses(monitor);
}

static int
begin(void *arg, uv_loop_t *loop)
{
	struct monitor *monitor = arg;
	int err = mailbox_new(loop, monitor, &monitor->mailbox);

	if (err != 0)
		return err;
	uv_timer_init(loop, &monitor->tick);
	monitor->tick.data = monitor;
	uv_timer_start(&monitor->tick, on_tick, TICK_MS, TICK_MS);
	return 0;
}

static void
end(void *arg)
{
	struct monitor *monitor = arg;

	monitor->n_scrapes = 0; /* http.h has answered them */
	mailbox_close(monitor->mailbox);
	uv_close((uv_handle_t *)&monitor->tick, NULL);
}

static void
open_hush(struct mail *mail, void *owner)
{
	struct monitor *monitor = owner;

	(void)mail;
	monitor->is_hushed = true;
	uv_sem_post(&monitor->hushed);
}

/* --- from beginning to end --- */

static const struct http_page pages[] = {
	{ "/metrics", serve_metrics },
	{ "/healthz", serve_health },
	{ "/readyz", serve_readiness },
};

static int
open_http(struct monitor *monitor, const struct addr *addr)
{
	const struct http_settings settings = {
		.addr = *addr,
		.pages = pages,
		.n_pages = sizeof(pages) / sizeof(pages[0]),
		.arg = monitor,
		.begin = begin,
		.end = end,
	};

	return http_open(&settings, monitor->node->log, &monitor->http);
}

int
monitor_open(struct app *app, const struct settings_control *settings,
	     struct monitor **out)
{
	struct monitor *monitor;
	struct addr addr;
	int err = settings_http_parse(settings, &addr);

	*out = NULL;
	if (err != 0 || addr.family == 0)
		return err;
	monitor = mem_zalloc(1, sizeof(*monitor));
	if (monitor == NULL)
		return ERR_NOMEM;
	monitor->app = app;
	monitor->node = app_node(app);
	monitor->max_accounts = (size_t)settings->http_accounts;
	clock_init_system(&monitor->clock);
	uv_sem_init(&monitor->hushed, 0);
	err = open_http(monitor, &addr);
	if (err == 0) {
		*out = monitor;
		return 0;
	}
	log_error(monitor->node->log, "control.http %s: %s", settings->http,
		  err == ERR_IO ? strerror(errno) : err_text(err));
	monitor_close(monitor);
	return err;
}

int
monitor_start(struct monitor *monitor)
{
	int err = monitor != NULL ? http_start(monitor->http) : 0;

	if (err != 0)
		log_error(monitor->node->log, "control.http: %s",
			  err == ERR_IO ? strerror(errno) : err_text(err));
	else if (monitor != NULL)
		monitor->is_started = true;
	return err;
}

void
monitor_hush(struct monitor *monitor)
{
	if (monitor == NULL || !monitor->is_started)
		return;
	monitor->hush.open = open_hush;
	mailbox_post(monitor->mailbox, &monitor->hush);
	uv_sem_wait(&monitor->hushed);
}

void
monitor_close(struct monitor *monitor)
{
	if (monitor == NULL)
		return;
	http_close(monitor->http);
	uv_sem_destroy(&monitor->hushed);
	mem_free(monitor);
}
