/* worker.c - the thread around one transaction layer, and the hand-over */
#include "lcrproxy/worker.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/call.h"
#include "lcrproxy/enum_worker.h"
#include "lcrproxy/handover.h"
#include "lcrproxy/mend.h"
#include "lcrproxy/registrants.h"
#include "lcrproxy/transports.h"
#include "lcrproxy/worker_parts.h"

/* A response may repeat all that a request says, and must fit a datagram with
 * what we add to it. A request that has no answer would be kept for ever. */
#define DATAGRAM_MAX (65507 - 2048)
#define STOP_GRACE_MS 300 /* for the last CANCELs and final responses */
#define STOP_LEAVING_MS 3000 /* for registrars to let go, ... */
#define STOP_LOOK_MS 20	     /* ... looked at so often */
#define ARENA_FIRST 32768
#define ARENA_LIMIT (1 << 20)

struct worker_io {
	uv_loop_t loop;
	pthread_t thread;
	bool started;
	struct transports *transports;
	uv_prepare_t turn;
	uv_timer_t tick;
	int64_t tick_due_ms; /* 0 = not armed */
	uv_async_t bell;
	struct mailbox *mailbox;
	struct mail stop;
	uint64_t starts_synced; /* counters.starts at the last flush */
	uv_timer_t grace;
	int64_t stop_by_ms; /* registrations are given up then */
	struct mend mend;
	char arena_first[ARENA_FIRST];
	char scratch[SIP_MSG_MAX + 1];
};

struct uv_loop_s *
worker_loop(struct worker *worker)
{
	return &worker->io->loop;
}

int
worker_send(struct worker *worker, struct sip_flow *to, const char *data,
	    size_t len)
{
	struct transports *transports = worker->io->transports;

	if ((to->conn == 0 || to->worker == worker->index) &&
	    !transports_elsewhere(transports, to, data, len))
		return transports_send(transports, to, data, len);
	return handover_send(worker, to, data, len);
}

uint32_t
worker_name(struct worker *worker, struct str host)
{
	return transports_name(worker->io->transports, host);
}

void
worker_set_ctx(struct worker *worker, uint8_t listener,
	       struct tls_ctx *ctx)
{
	transports_set_ctx(worker->io->transports, listener, ctx);
}

void
worker_learn(struct worker *worker, const struct sip_tcp_offer *offer)
{
	transports_learn(worker->io->transports, offer);
}

void
worker_unlearn(struct worker *worker, const struct sip_flow *gone)
{
	transports_unlearn(worker->io->transports, gone);
}

bool
worker_has_conn(const struct worker *worker, uint32_t conn)
{
	return transports_has_conn(worker->io->transports, conn);
}

int
worker_owner(const struct node *node, struct str call_id)
{
	return (int)(hash_bytes(&node->hash_key, call_id.p, call_id.len) %
		     (uint64_t)node->n_workers);
}

bool
worker_is_owner(const struct worker *worker, struct str call_id)
{
	return worker->node->n_workers == 1 ||
	       worker_owner(worker->node, call_id) == worker->index;
}

void
worker_receive(struct worker *worker, const char *data, size_t len,
	       const struct sip_flow *from)
{
	clock_hold(&worker->clock);
	sip_txns_receive(worker->txns, data, len, from);
	clock_let_go(&worker->clock);
	arena_reset(&worker->arena);
}

/* Over UDP a message that finds no room comes again; else who sent it would
 * wait for half a minute. */
static void
pass_on(struct worker *worker, int owner, const char *data, size_t len,
	const struct sip_flow *from)
{
	if (handover_message(worker, owner, data, len, from) == 0 ||
	    !sip_transport_is_reliable((enum sip_transport)from->transport))
		return;
	sip_txns_refuse(worker->txns, data, len, from, 503, NULL);
	arena_reset(&worker->arena);
}

void
worker_take(struct worker *worker, const char *data, size_t len,
	    const struct sip_flow *from)
{
	int owner;

	if (len > DATAGRAM_MAX) {
		worker->counters.too_large++;
		return;
	}
	if (worker->node->n_workers > 1) {
		owner =
		    worker_owner(worker->node, sip_find_call_id(data, len));
		if (owner != worker->index) {
			pass_on(worker, owner, data, len, from);
			return;
		}
	}
	worker_receive(worker, data, len, from);
}

/* Nothing leaves before what it tells is on record; with sync = answer, before
 * an answer is on the disk. */
void
worker_before_flush(struct worker *worker)
{
	journal_commit(worker->journal);
	worker->has_news = false;
	if (worker->io->starts_synced == worker->counters.starts)
		return;
	worker->io->starts_synced = worker->counters.starts;
	if (worker->node->settings->journal.sync == ACCT_SYNC_ANSWER &&
	    journal_sync(worker->journal) != 0 &&
	    journal_commit(worker->journal) == 0)
		journal_sync(worker->journal); /* of another segment */
}

static void
on_bell(uv_async_t *bell)
{
	if (handover_take(bell->data))
		uv_async_send(bell);
}

void
worker_wake(struct worker *worker)
{
	uv_async_send(&worker->io->bell);
}

static void arm_tick(struct worker *worker);

static void
on_tick(uv_timer_t *tick)
{
	struct worker *worker = tick->data;

	worker->io->tick_due_ms = 0;
	timers_run(&worker->timers, clock_mono_ms(&worker->clock));
	arena_reset(&worker->arena);
}

static void
arm_tick(struct worker *worker)
{
	struct worker_io *io = worker->io;
	int64_t now, wait;

	if (worker->timers.n == 0 ||
	    (io->tick_due_ms != 0 &&
	     io->tick_due_ms <= worker->timers.soonest_ms))
		return;
	now = clock_mono_ms(&worker->clock);
	wait = timers_next_ms(&worker->timers, now);
	worker->timers.soonest_ms = INT64_MAX;
	io->tick_due_ms = now + wait;
	uv_timer_start(&io->tick, on_tick, (uint64_t)wait, 0);
}

/* The end of a loop turn: what happened goes on record, also when nothing is sent
 * because of it (a BYE that nobody answers); wake whom we gave work, and set the
 * alarm. */
static void
on_turn(uv_prepare_t *turn)
{
	struct worker *worker = turn->data;

	if (worker->has_news || handover_has_answers(worker))
		worker_before_flush(worker);
	handover_ring(worker);
	arm_tick(worker);
	mend_arm(&worker->io->mend);
}

static int
open_loop(struct worker *worker)
{
	struct worker_io *io = worker->io;
	uv_prepare_init(&io->loop, &io->turn);
	uv_timer_init(&io->loop, &io->tick);
	uv_timer_init(&io->loop, &io->grace);
	mend_init(&io->mend, &io->loop, worker->journal);
	io->turn.data = io->tick.data = io->grace.data = worker;
	if (uv_async_init(&io->loop, &io->bell, on_bell) != 0)
		return ERR_IO;
	io->bell.data = worker;
	uv_prepare_start(&io->turn, on_turn);
	return transports_open(worker, &io->loop, &io->transports);
}

int
worker_new(struct node *node, int index, struct worker **out)
{
	struct worker *worker = mem_zalloc(1, sizeof(*worker));
	struct worker_io *io = mem_zalloc(1, sizeof(*io));
	int err;

	if (worker == NULL || io == NULL || uv_loop_init(&io->loop) != 0) {
		mem_free(worker);
		mem_free(io);
		return ERR_NOMEM;
	}
	worker->node = node;
	worker->index = index;
	worker->log = node->log;
	worker->io = io;
	worker->scratch = io->scratch;
	worker->journal = acct_journal(node->acct, index);
	clock_init_system(&worker->clock);
	arena_init(&worker->arena, io->arena_first, ARENA_FIRST, ARENA_LIMIT);
	err = worker_parts_open(worker);
	if (err == 0)
		err = handover_new(worker, &worker->handover);
	if (err == 0)
		err = mailbox_new(&io->loop, worker, &io->mailbox);
	if (err == 0)
		err = open_loop(worker);
	*out = worker;
	return err;
}

static void *
run(void *arg)
{
	struct worker *worker = arg;
	char name[16]; /* for top, gdb and others; all that the system takes */

	snprintf(name, sizeof(name), "sip-%d", worker->index);
	(void)pthread_setname_np(pthread_self(), name);
	uv_run(&worker->io->loop, UV_RUN_DEFAULT);
	return NULL;
}

int
worker_start(struct worker *worker)
{
	if (pthread_create(&worker->io->thread, NULL, run, worker) != 0)
		return ERR_IO;
	worker->io->started = true;
	return 0;
}

void
worker_post(struct worker *worker, struct mail *mail)
{
	mailbox_post(worker->io->mailbox, mail);
}

static void
close_handles(struct worker *worker)
{
	struct worker_io *io = worker->io;

	if (io->mailbox != NULL)
		mailbox_close(io->mailbox);
	worker_parts_drop_calls(worker);
	enum_worker_free(worker);
	transports_close(io->transports);
	io->transports = NULL;
	if (io->bell.data != NULL)
		uv_close((uv_handle_t *)&io->bell, NULL);
	if (io->turn.data != NULL) {
		uv_close((uv_handle_t *)&io->turn, NULL);
		uv_close((uv_handle_t *)&io->tick, NULL);
		uv_close((uv_handle_t *)&io->grace, NULL);
		mend_close(&io->mend);
	}
	io->mailbox = NULL;
	io->bell.data = io->turn.data = NULL;
}

static void
on_grace(uv_timer_t *grace)
{
	struct worker *worker = grace->data;

	if (registrants_are_leaving(worker->registrants) &&
	    clock_mono_ms(&worker->clock) < worker->io->stop_by_ms)
		uv_timer_start(grace, on_grace, STOP_LOOK_MS, 0);
	else
		close_handles(worker);
}

static void
open_stop(struct mail *mail, void *owner)
{
	struct worker *worker = owner;

	(void)mail;
	calls_give_up(worker);
	registrants_leave(worker->registrants);
	worker->io->stop_by_ms =
	    clock_mono_ms(&worker->clock) + STOP_LEAVING_MS;
	arena_reset(&worker->arena);
	uv_timer_start(&worker->io->grace, on_grace, STOP_GRACE_MS, 0);
}

void
worker_stop(struct worker *worker)
{
	if (!worker->io->started)
		return;
	worker->io->stop.open = open_stop;
	worker_post(worker, &worker->io->stop);
}

void
worker_join(struct worker *worker)
{
	if (worker == NULL || !worker->io->started)
		return;
	pthread_join(worker->io->thread, NULL);
	worker->io->started = false;
}

void
worker_free(struct worker *worker)
{
	if (worker == NULL)
		return;
	worker_join(worker);
	close_handles(worker);
	uv_run(&worker->io->loop, UV_RUN_DEFAULT);
	uv_loop_close(&worker->io->loop);
	worker_parts_free(worker);
	arena_fini(&worker->arena);
	handover_free(worker->handover);
	mem_free(worker->io);
	mem_free(worker);
}

void
worker_count(const struct worker *worker, struct sip_udp_counters *udp,
	     struct sip_tcp_counters *tcp)
{
	if (worker->io->transports != NULL)
		transports_count(worker->io->transports, udp, tcp);
}
