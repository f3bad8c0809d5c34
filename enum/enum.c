/* enum.c - telephone numbers to URIs */
#include "enum/enum.h"

#include "base/alloc.h"
#include "base/err.h"
#include "enum/lookup.h"

#define GRACE_MS 5 /* the question's own deadline comes first */

/* A look-up that waits, with the answer it makes. */
struct running {
	struct enum_lookup lookup; /* first */
	bool is_over;
	struct enum_answer answer;
};

static int
start_dns(void *arg, const struct dns_question *question, dns_done *done,
	  void *done_arg, void **handle)
{
	struct dns_query *query;
	int err = dns_query_start(arg, question, done, done_arg, &query);

	if (err == 0)
		*handle = query;
	return err;
}

static void
cancel_dns(void *arg, void *handle)
{
	(void)arg;
	dns_query_cancel(handle);
}

struct enum_source
enum_source_dns(struct dns *dns)
{
	return (struct enum_source){ dns, start_dns, cancel_dns };
}

static void
take_settings(struct enum_client *client, const struct enum_settings *settings)
{
	struct enum_settings *own = &client->settings;

	*own = *settings;
	if (own->timeout_ms <= 0)
		own->timeout_ms = 1500;
	if (own->max_ttl_s == 0)
		own->max_ttl_s = 86400;
	if (own->negative_max_s == 0)
		own->negative_max_s = 300;
	if (own->failure_s == 0)
		own->failure_s = 2;
	if (own->cache_size == 0)
		own->cache_size = (size_t)64 << 20;
	if (own->max_lookups == 0)
		own->max_lookups = 20000;
	memcpy(client->trees, own->trees, own->n_trees * sizeof(*own->trees));
	own->trees = client->trees;
}

int
enum_client_new(struct uv_loop_s *loop, const struct enum_source *source,
		const struct enum_settings *settings, struct enum_client **out)
{
	struct enum_client *client;
	int err;

	if (settings->n_trees == 0 || settings->n_trees > ENUM_TREES_MAX)
		return ERR_INVAL;
	client = mem_zalloc(1, sizeof(*client));
	if (client == NULL)
		return ERR_NOMEM;
	client->source = *source;
	take_settings(client, settings);
	err = enum_cache_init(&client->cache, client->settings.cache_size,
			      client->settings.stale_s);
	if (err == 0)
		err = map_init(&client->fetches, 0);
	if (err != 0) {
		enum_cache_fini(&client->cache);
		mem_free(client);
		return err;
	}
	wheel_init(&client->wheel, loop);
	*out = client;
	return 0;
}

static void
on_closed(uv_handle_t *clock)
{
	mem_free(clock->data);
}

void
enum_client_close(struct enum_client *client)
{
	if (client == NULL)
		return;
	enum_fetch_stop_all(client);
	map_fini(&client->fetches);
	enum_cache_fini(&client->cache);
	wheel_close(&client->wheel, on_closed, client);
}

static void
count(struct enum_client *client, const struct enum_answer *answer)
{
	struct enum_counters *counters = &client->counters;

	counters->n_lookups[answer->outcome]++;
	counters->n_cached += answer->is_cached;
	counters->n_stale += answer->is_stale;
}

bool
enum_cached(struct enum_client *client, const struct enum_number *number,
	    struct enum_answer *answer)
{
	struct enum_lookup lookup;
	bool is_over;

	enum_lookup_init(&lookup, client, number, answer);
	is_over = enum_lookup_run(&lookup);
	enum_lookup_fini(&lookup);
	if (is_over)
		count(client, answer);
	return is_over;
}

static void
release(struct running *running)
{
	struct enum_client *client = running->lookup.client;

	wheel_cancel(&client->wheel, &running->lookup.timer);
	enum_lookup_fini(&running->lookup);
	client->counters.n_running--;
	mem_free(running);
}

static int64_t
now_us(void)
{
	return (int64_t)(uv_hrtime() / 1000);
}

static void
on_ended(struct enum_lookup *lookup)
{
	struct running *running = (struct running *)(void *)lookup;
	struct enum_answer *answer = &running->answer;

	answer->latency_us = now_us() - lookup->started_us;
	count(lookup->client, answer);
	wheel_cancel(&lookup->client->wheel, &lookup->timer);
	lookup->done(lookup->arg, answer);
	release(running);
}

static void
on_deadline(struct timer *timer, void *arg)
{
	struct running *running = arg;

	(void)timer;
	if (!running->is_over)
		enum_lookup_give_up(&running->lookup);
	on_ended(&running->lookup);
}

static bool
has_tree_for(const struct enum_client *client, const struct enum_number *number)
{
	for (size_t i = 0; i < client->settings.n_trees; i++) {
		if (enum_number_fits(number, client->trees[i].form))
			return true;
	}
	return false;
}

int
enum_start(struct enum_client *client, const struct enum_number *number,
	   const struct enum_trace *trace, enum_done *done, void *arg,
	   struct enum_lookup **out)
{
	struct running *running;
	struct enum_lookup *lookup;

	if (!has_tree_for(client, number))
		return ERR_INVAL;
	if (client->counters.n_running >= client->settings.max_lookups) {
		client->counters.n_refused++;
		return ERR_BUSY;
	}
	running = mem_alloc(sizeof(*running));
	if (running == NULL)
		return ERR_NOMEM;
	lookup = &running->lookup;
	enum_lookup_init(lookup, client, number, &running->answer);
	lookup->ended = on_ended;
	lookup->done = done;
	lookup->arg = arg;
	lookup->walk.trace = trace;
	lookup->started_us = now_us();
	lookup->deadline_ms = wheel_now_ms() + client->settings.timeout_ms;
	timer_init(&lookup->timer, on_deadline, running);
	client->counters.n_running++;
	running->is_over = enum_lookup_run(lookup);
	wheel_start(&client->wheel, &lookup->timer,
		    running->is_over ? 0 : lookup->deadline_ms + GRACE_MS);
	*out = lookup;
	return 0;
}

void
enum_cancel(struct enum_lookup *lookup)
{
	if (lookup != NULL)
		release((struct running *)(void *)lookup);
}

void
enum_counters(const struct enum_client *client, struct enum_counters *out)
{
	*out = client->counters;
	out->n_sets = client->cache.map.n;
	out->cache_size = enum_cache_total(&client->cache);
}

void
enum_flush(struct enum_client *client)
{
	enum_cache_clear(&client->cache);
}
