/* heal.c - the tables of answered calls, and what the store knows of them */
#include "lcrproxy/heal.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/brakes.h"

#define FEW 256		    /* calls that one step looks at, some 50 us */
#define STEP_MS 20	    /* between two steps */
#define AGE_INTERVAL_MS 10000 /* between two looks for calls over their age */

/* An open call of before the start, to be counted in; texts "" if unknown. */
struct heal_call {
	struct heal_call *next;
	struct str call_id, from_tag, to_tag;
	time_us setup, answer;
	const char *account, *source, *dialled, *number, *class, *carrier,
	    *gateway;
};

struct heal {
	struct worker *worker;
	struct timer timer;
	struct heal_report *report; /* that is being compared with; or NULL */
	bool is_first; /* step, of the table that is looked at: */
	bool is_second_table;
	size_t n_out;
};

/* --- reports; any thread --- */

struct heal_report *
heal_report_new(int64_t as_of_us)
{
	struct heal_report *report = mem_zalloc(1, sizeof(*report));

	if (report == NULL)
		return NULL;
	report->as_of_us = as_of_us;
	arena_init(&report->texts, NULL, 0, 0);
	return report;
}

void
heal_report_free(struct heal_report *report)
{
	if (report == NULL)
		return;
	arena_fini(&report->texts);
	mem_free(report->names);
	mem_free(report);
}

static const char *
keep(struct heal_report *report, struct str text)
{
	return arena_strndup(&report->texts, text.p != NULL ? text.p : "",
			     text.len);
}

static bool
keep_ids(struct heal_report *report, const struct open_call *call,
	 struct heal_call *out)
{
	const struct str ids[] = { call->call_id, call->from_tag,
				   call->to_tag };
	struct str *places[] = { &out->call_id, &out->from_tag, &out->to_tag };

	for (int i = 0; i < 3; i++) {
		const char *copy = keep(report, ids[i]);

		if (copy == NULL)
			return false;
		*places[i] = str_make(copy, ids[i].len);
	}
	return true;
}

static int
keep_call(struct heal_report *report, const struct open_call *call)
{
	const struct str texts[] = { call->account, call->source,
				     call->dialled, call->number,
				     call->destination_class, call->carrier,
				     call->gateway };
	struct heal_call *out = arena_zalloc(&report->texts, sizeof(*out));
	const char **places[7];

	if (out == NULL || !keep_ids(report, call, out))
		return ERR_NOMEM;
	places[0] = &out->account;
	places[1] = &out->source;
	places[2] = &out->dialled;
	places[3] = &out->number;
	places[4] = &out->class;
	places[5] = &out->carrier;
	places[6] = &out->gateway;
	for (int i = 0; i < 7; i++) {
		*places[i] = keep(report, texts[i]);
		if (*places[i] == NULL)
			return ERR_NOMEM;
	}
	out->setup = call->setup;
	out->answer = call->answer;
	if (report->last != NULL)
		report->last->next = out;
	else
		report->first = out;
	report->last = out;
	return 0;
}

int
heal_report_add(struct heal_report *report, const struct hash_key *key,
		const struct open_call *call, bool counts)
{
	if (mem_grow((void **)&report->names, &report->cap, report->n,
		     sizeof(report->names[0])) != 0)
		return ERR_NOMEM;
	report->names[report->n++] =
	    live_name(key, call->call_id, call->to_tag);
	return counts ? keep_call(report, call) : 0;
}

static int
compare_names(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* --- the worker's thread --- */

/* Its name, or NULL: what the record does not tell is found by the address. */
static const char *
trunk_of(const struct worker *worker, const struct heal_call *call,
	 const struct account *account)
{
	static const char *const transports[] = { "udp", "tcp", "tls" };
	struct addr from;

	if (addr_parse(str_of(call->source), 0, &from) != 0)
		return NULL;
	for (int i = 0; i < 3; i++) {
		const char *tech_prefix, *trunk;

		if (snapshot_account_by_call(worker->snapshot, &from, 0,
					     transports[i],
					     str_of(call->dialled),
					     &tech_prefix, &trunk) == account)
			return trunk;
	}
	return NULL;
}

/* Emergency calls count in no limit. */
static void
count_in_limits(struct worker *worker, const struct heal_call *call,
		const struct number *number, struct limit_use *use)
{
	const struct account *account = snapshot_account_by_name(
	    worker->snapshot, str_of(call->account));
	struct call_intake intake = { .account = account, .number = *number };

	if (account == NULL || str_eq_text(str_of(call->class), "emergency"))
		return;
	intake.national = str_eq_text(str_of(call->class), "national");
	intake.trunk = trunk_of(worker, call, account);
	brakes_resume(worker, &intake, use);
}

static int
count_in(struct worker *worker, const struct heal_call *call)
{
	static const char no_token[TOKEN_LEN];
	const struct clock *clock = &worker->clock;
	const struct gateway *gateway = snapshot_gateway_by_name(
	    worker->snapshot, str_of(call->gateway));
	struct number number = { .len = 0 };
	struct limit_use use = { .n = 0 };
	const struct live_fact fact = {
		.call_id = call->call_id,
		.from_tag = call->from_tag,
		.to_tag = call->to_tag,
		.setup = call->setup,
		.answer = call->answer,
		.answer_mono_us = clock->mono_us(clock) -
				  (clock_wall(clock) - call->answer),
		.token = no_token,
		.number = &number,
		.account = call->account,
		.carrier = call->carrier,
		.gateway_name = call->gateway,
		.gateway = gateway != NULL ? gateway->state : NULL,
		.use = &use,
	};
	int err;

	if (number_parse(str_of(call->number), &number) != 0)
		number.len = 0;
	count_in_limits(worker, call, &number, &use);
	err = live_add(&worker->resumed, &fact);
	limit_leave(&use); /* of one that was not taken over */
	return err;
}

static void
count_in_all(struct worker *worker, const struct heal_report *report)
{
	uint64_t before = worker->counters.calls_resumed;

	for (const struct heal_call *call = report->first; call != NULL;
	     call = call->next) {
		const struct live_id id = { call->call_id, call->from_tag,
					    call->to_tag, call->setup };
		int err = ERR_EXISTS;

		if (worker->snapshot != NULL &&
		    live_find(&worker->live, &id) == NULL)
			err = count_in(worker, call);
		worker->counters.calls_resumed += err == 0;
		worker->counters.out_of_memory += err == ERR_NOMEM;
	}
	if (worker->counters.calls_resumed > before)
		log_info(worker->log,
			 "%llu calls of before the start are counted on",
			 (unsigned long long)(worker->counters.calls_resumed -
					      before));
}

static void
set_alarm(struct heal *heal, int64_t in_ms)
{
	struct worker *worker = heal->worker;

	timer_start(&worker->timers, &heal->timer,
		    clock_mono_ms(&worker->clock) + in_ms);
}

static void
drop_report(struct heal *heal)
{
	struct worker *worker = heal->worker;

	worker->counters.calls_healed += heal->n_out;
	if (heal->n_out > 0)
		log_info(worker->log,
			 "%zu calls are counted no more, their records have "
			 "ended",
			 heal->n_out);
	heal->n_out = 0;
	heal_report_free(heal->report);
	heal->report = NULL;
}

static void
open_report(struct mail *mail, void *owner)
{
	struct heal_report *report = (struct heal_report *)(void *)mail;
	struct worker *worker = owner;
	struct heal *heal = worker->heal;

	count_in_all(worker, report);
	drop_report(heal);
	/* While answers are not written, the store does not know of them. */
	if (journal_is_failing(worker->journal)) {
		heal_report_free(report);
		return;
	}
	heal->report = report;
	heal->is_first = true;
	heal->is_second_table = false;
	set_alarm(heal, STEP_MS);
}

void
heal_report_finish(struct heal_report *report)
{
	if (report->n > 1)
		qsort(report->names, report->n, sizeof(report->names[0]),
		      compare_names);
	report->mail.open = open_report;
}

/* A few calls; of those of before the start, then of the others. */
static void
step(struct heal *heal)
{
	struct worker *worker = heal->worker;
	struct heal_report *report = heal->report;
	const struct live_known known = { report->names, report->n,
					  report->as_of_us };
	struct live *live =
	    heal->is_second_table ? &worker->live : &worker->resumed;
	size_t n_out;
	bool more = live_keep(live, &known, heal->is_first, FEW, &n_out);

	heal->n_out += n_out;
	heal->is_first = !more;
	if (more)
		return;
	if (heal->is_second_table)
		drop_report(heal);
	heal->is_second_table = true;
}

static void
on_timer(struct timer *timer, void *arg)
{
	struct heal *heal = arg;
	struct worker *worker = heal->worker;
	time_us now = clock_wall(&worker->clock);

	(void)timer;
	live_age(&worker->resumed, now);
	live_age(&worker->live, now);
	if (heal->report != NULL)
		step(heal);
	set_alarm(heal, heal->report != NULL ? STEP_MS : AGE_INTERVAL_MS);
}

int
heal_new(struct worker *worker, struct heal **out)
{
	struct heal *heal = mem_zalloc(1, sizeof(*heal));

	if (heal == NULL)
		return ERR_NOMEM;
	heal->worker = worker;
	timer_init(&heal->timer, on_timer, heal);
	set_alarm(heal, AGE_INTERVAL_MS);
	*out = heal;
	return 0;
}

void
heal_free(struct heal *heal)
{
	if (heal == NULL)
		return;
	timer_cancel(&heal->worker->timers, &heal->timer);
	heal_report_free(heal->report);
	mem_free(heal);
}

void
heal_stop(struct worker *worker, const struct live_id *id, time_us now)
{
	if (worker->resumed.map.n > 0)
		(void)live_remove(&worker->resumed, id, now);
}
