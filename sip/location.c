/* location.c - look-ups that wait for DNS, and those that need not */
#include "sip/location.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "sip/location_private.h"

static void
put(struct sip_look_up *look_up, struct sip_look_up **list)
{
	look_up->next = *list;
	look_up->link = list;
	if (look_up->next != NULL)
		look_up->next->link = &look_up->next;
	*list = look_up;
}

static void
take_out(struct sip_look_up *look_up)
{
	*look_up->link = look_up->next;
	if (look_up->next != NULL)
		look_up->next->link = look_up->link;
}

/* --- what a look-up waits for --- */

static void
forget_awaits(struct sip_look_up *look_up)
{
	for (size_t i = 0; i < look_up->n_awaits; i++) {
		struct location_await *await = &look_up->awaits[i];

		*await->link = await->next;
		if (await->next != NULL)
			await->next->link = await->link;
	}
	look_up->n_awaits = 0;
}

static void
note_awaits(struct sip_look_up *look_up, const struct location_walk *walk)
{
	look_up->n_awaits = walk->n_awaits;
	for (size_t i = 0; i < walk->n_awaits; i++) {
		struct location_await *await = &look_up->awaits[i];
		struct location_await **list = &walk->awaits[i]->awaits;

		await->look_up = look_up;
		await->next = *list;
		await->link = list;
		if (await->next != NULL)
			await->next->link = &await->next;
		*list = await;
	}
}

void
sip_look_up_cancel(struct sip_look_up *look_up)
{
	if (look_up == NULL)
		return;
	timer_cancel(look_up->location->env.timers, &look_up->deadline);
	forget_awaits(look_up);
	take_out(look_up);
	mem_free(look_up);
}

/* Walk for a look-up that waits; tell when there is nothing to wait for. */
static void
walk_again(struct sip_look_up *look_up, bool is_final)
{
	sip_location_done *done = look_up->done;
	void *arg = look_up->arg;
	struct sip_places places;
	struct location_walk walk = { .location = look_up->location,
				      .target = &look_up->target,
				      .places = &places,
				      .is_final = is_final };
	int err = location_walk(&walk);

	if (err == ERR_BUSY) {
		forget_awaits(look_up);
		note_awaits(look_up, &walk);
		return;
	}
	sip_look_up_cancel(look_up);
	done(arg, err, &places);
}

static void
on_deadline(struct timer *timer, void *arg)
{
	struct sip_look_up *look_up = arg;

	(void)timer;
	look_up->location->counters.timeouts++;
	walk_again(look_up, true);
}

/* Callbacks may start and cancel any: those to be walked for are set aside
 * first. Who waits for others is not looked at. */
void
location_wake(struct sip_location *location, struct location_entry *entry)
{
	struct sip_look_up *look_up;

	while (entry->awaits != NULL) {
		look_up = entry->awaits->look_up;
		forget_awaits(look_up);
		take_out(look_up);
		put(look_up, &location->ready);
	}
	while ((look_up = location->ready) != NULL) {
		take_out(look_up);
		put(look_up, &location->waiting);
		walk_again(look_up, false);
	}
}

static int
wait_for(struct location_walk *walk, sip_location_done *done, void *arg,
	 struct sip_look_up **out)
{
	struct sip_location *location = walk->location;
	struct str host = walk->target->host;
	struct sip_look_up *look_up = mem_alloc(sizeof(*look_up) + host.len);

	if (look_up == NULL)
		return ERR_NOMEM;
	look_up->location = location;
	look_up->done = done;
	look_up->arg = arg;
	look_up->target = *walk->target;
	memcpy(look_up->text, host.p, host.len);
	look_up->target.host.p = look_up->text;
	note_awaits(look_up, walk);
	timer_init(&look_up->deadline, on_deadline, look_up);
	timer_start(location->env.timers, &look_up->deadline,
		    clock_mono_ms(location->env.clock) +
			location->env.timeout_ms);
	put(look_up, &location->waiting);
	location->counters.waited++;
	*out = look_up;
	return ERR_BUSY;
}

int
sip_location_find(struct sip_location *location,
		  const struct sip_target *target, struct sip_places *places,
		  sip_location_done *done, void *arg,
		  struct sip_look_up **look_up)
{
	struct location_walk walk = { .location = location,
				      .target = target,
				      .places = places };
	int err;

	location->counters.look_ups++;
	err = location_walk(&walk);
	return err == ERR_BUSY ? wait_for(&walk, done, arg, look_up) : err;
}

int
sip_location_new(const struct sip_location_env *env, struct sip_location **out)
{
	struct sip_location *location = mem_zalloc(1, sizeof(*location));

	if (location == NULL)
		return ERR_NOMEM;
	if (map_init(&location->entries, 256) != 0) {
		mem_free(location);
		return ERR_NOMEM;
	}
	location->env = *env;
	location->random = env->seed | 1;
	*out = location;
	return 0;
}

void
sip_location_free(struct sip_location *location)
{
	if (location == NULL)
		return;
	while (location->waiting != NULL)
		sip_look_up_cancel(location->waiting);
	while (location->ready != NULL)
		sip_look_up_cancel(location->ready);
	location_cache_fini(location);
	mem_free(location);
}

const struct sip_location_counters *
sip_location_counters(const struct sip_location *location)
{
	return &location->counters;
}
