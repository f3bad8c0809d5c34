/* gateway_names.c - asking for the names of gateways, before anybody needs it */
#include "lcrproxy/gateway_names.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/place.h"
#include "lcrproxy/told.h"

#define TICK_MS 200
/* An answer is looked at again so soon; DNS is asked when its TTL is over. */
#define AGAIN_MS 1000
#define ASKED_MAX 256 /* names in one tick */

struct name {
	struct gateway_names *names;
	const struct gateway *gateway; /* of names' snapshot */
	struct sip_look_up *look_up;   /* NULL = none runs */
	int64_t due_ms;
	bool has_failed; /* and it was said */
	struct told told;
};

struct gateway_names {
	struct worker *worker;
	struct timer timer;
	struct snapshot *snapshot; /* counted */
	struct name **at;	   /* n, of the snapshot's named gateways */
	size_t n;
	bool has_changed; /* since the last set was handed out */
};

/* --- handing out --- */

struct news {
	struct mail mail; /* first */
	struct addr_set **place; /* in the receiver's thread */
	struct addr_set *set;	 /* counted */
};

static void
open_news(struct mail *mail, void *owner)
{
	struct news *news = (struct news *)(void *)mail;

	(void)owner;
	addr_set_unref(*news->place);
	*news->place = news->set;
	mem_free(news);
}

static struct news *
make_news(struct addr_set **place, struct addr_set *set)
{
	struct news *news = mem_zalloc(1, sizeof(*news));

	if (news == NULL)
		return NULL;
	news->mail.open = open_news;
	news->place = place;
	news->set = addr_set_ref(set);
	return news;
}

static int
tell_all(struct node *node, struct addr_set *set)
{
	struct news *news = make_news(&node->gateway_addrs, set);

	if (news == NULL)
		return ERR_NOMEM;
	mailbox_post(node->home, &news->mail);
	for (int i = 0; i < node->n_workers; i++) {
		struct worker *worker = node->workers[i];

		news = make_news(&worker->gateway_addrs, set);
		if (news == NULL)
			return ERR_NOMEM;
		worker_post(worker, &news->mail);
	}
	return 0;
}

static int
make_set(const struct gateway_names *names, struct addr_set **out)
{
	struct addr *addrs;
	size_t n = 0;
	int err;

	for (size_t i = 0; i < names->n; i++)
		n += names->at[i]->told.n;
	addrs = mem_zalloc(n, sizeof(*addrs));
	if (addrs == NULL)
		return ERR_NOMEM;
	n = 0;
	for (size_t i = 0; i < names->n; i++) {
		const struct told *told = &names->at[i]->told;

		for (size_t k = 0; k < told->n; k++)
			addrs[n++] = told->at[k].addr;
	}
	err = addr_set_new(&names->worker->node->hash_key, addrs, n, out);
	mem_free(addrs);
	return err;
}

/* Without memory the next tick tries again. Workers that stop take no mail. */
static void
hand_out(struct gateway_names *names)
{
	struct addr_set *set;

	if (names->worker->node->stopping || make_set(names, &set) != 0)
		return;
	names->has_changed = tell_all(names->worker->node, set) != 0;
	addr_set_unref(set);
}

/* --- asking --- */

static void
say(struct name *name, int err)
{
	struct log *log = name->names->worker->log;

	if (err == 0 && name->has_failed)
		log_info(log, "gateway %s: its name is found again",
			 name->gateway->name);
	else if (err != 0 && !name->has_failed)
		log_warning(log,
			    "gateway %s: its name is not found, its last "
			    "addresses stay known, addresses=%zu "
			    "reason=\"%s\"",
			    name->gateway->name, name->told.n, err_text(err));
	name->has_failed = err != 0;
}

static void
on_located(void *arg, int err, const struct sip_places *places)
{
	struct name *name = arg;
	struct gateway_names *names = name->names;
	int64_t now = clock_mono_ms(&names->worker->clock);

	name->look_up = NULL;
	name->due_ms = now + AGAIN_MS;
	if (err == ERR_NOMEM)
		return;
	say(name, err);
	names->has_changed |= err == 0 ? told_note(&name->told, places, now)
				       : told_fail(&name->told, now);
}

static void
ask(struct name *name)
{
	struct sip_places places = { .n = 0 };
	struct sip_target target;
	int err = place_of_gateway(name->gateway, &target);

	if (err == 0)
		err = place_find(name->names->worker, &target, &places,
				 on_located, name, &name->look_up);
	if (err != ERR_BUSY)
		on_located(name, err, &places);
}

static void
on_tick(struct timer *timer, void *arg)
{
	struct gateway_names *names = arg;
	struct worker *worker = names->worker;
	int64_t now = clock_mono_ms(&worker->clock);
	size_t n_asked = 0;

	for (size_t i = 0; i < names->n && n_asked < ASKED_MAX; i++) {
		if (names->at[i]->look_up != NULL || now < names->at[i]->due_ms)
			continue;
		ask(names->at[i]);
		n_asked++;
	}
	if (names->has_changed)
		hand_out(names);
	if (names->n > 0)
		timer_start(&worker->timers, timer, now + TICK_MS);
}

/* --- following the tables --- */

static void
free_name(struct name *name)
{
	if (name == NULL)
		return;
	sip_look_up_cancel(name->look_up);
	mem_free(name);
}

/* The same gateway in another snapshot, if its URI leads where it did; else
 * NULL. */
static const struct gateway *
same_in(const struct snapshot *snapshot, const struct gateway *before)
{
	const struct gateway *now = snapshot_gateway_by_id(snapshot, before->id);

	return now != NULL && strcmp(now->uri, before->uri) == 0 ? now : NULL;
}

/* Those that are there still, by their index in the snapshot. */
static void
keep(struct gateway_names *names, const struct snapshot *snapshot,
     struct name **by_index)
{
	for (size_t i = 0; i < names->n; i++) {
		struct name *name = names->at[i];
		const struct gateway *now = same_in(snapshot, name->gateway);

		names->has_changed |= now == NULL && name->told.n > 0;
		if (now == NULL) {
			free_name(name);
			continue;
		}
		name->gateway = now;
		by_index[now - snapshot_gateway(snapshot, 0)] = name;
	}
	names->n = 0;
}

static struct name *
make_name(struct gateway_names *names, const struct gateway *gateway)
{
	struct name *name = mem_zalloc(1, sizeof(*name));

	if (name == NULL)
		return NULL;
	name->names = names;
	name->gateway = gateway;
	return name;
}

/* Names behind each other at the front of at, as many as there is memory for:
 * 0 or ERR_NOMEM. */
static int
collect(struct gateway_names *names, const struct snapshot *snapshot,
	struct name **at)
{
	size_t n_gateways = snapshot_n_gateways(snapshot);
	int err = 0;

	for (size_t i = 0; i < n_gateways; i++) {
		const struct gateway *gateway =
		    snapshot_gateway(snapshot, (uint32_t)i);
		struct name *name = at[i];

		if (gateway->addr.family != 0)
			continue;
		if (name == NULL)
			name = make_name(names, gateway);
		if (name == NULL)
			err = ERR_NOMEM;
		else
			at[names->n++] = name;
	}
	return err;
}

static int
follow(struct gateway_names *names)
{
	struct snapshot *snapshot = names->worker->snapshot;
	struct name **at =
	    mem_zalloc(snapshot_n_gateways(snapshot) + 1, sizeof(*at));
	int err;

	if (at == NULL)
		return ERR_NOMEM;
	keep(names, snapshot, at);
	err = collect(names, snapshot, at);
	mem_free(names->at);
	names->at = at;
	snapshot_unref(names->snapshot);
	names->snapshot = snapshot_ref(snapshot);
	on_tick(&names->timer, names);
	return err;
}

int
gateway_names_follow(struct worker *worker)
{
	struct gateway_names *names = worker->gateway_names;

	if (names == NULL) {
		names = mem_zalloc(1, sizeof(*names));
		if (names == NULL)
			return ERR_NOMEM;
		names->worker = worker;
		timer_init(&names->timer, on_tick, names);
		worker->gateway_names = names;
	}
	return follow(names);
}

void
gateway_names_free(struct gateway_names *names)
{
	if (names == NULL)
		return;
	timer_cancel(&names->worker->timers, &names->timer);
	for (size_t i = 0; i < names->n; i++)
		free_name(names->at[i]);
	mem_free(names->at);
	snapshot_unref(names->snapshot);
	mem_free(names);
}
