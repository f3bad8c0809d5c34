/* enum_worker.c - ENUM at one worker */
#include "lcrproxy/enum_worker.h"

#include "base/alloc.h"
#include "base/err.h"
#include "lcrproxy/enum_call.h"

struct enum_worker {
	struct enum_rules *rules; /* counted */
	struct dns *dns;
	struct enum_client *client;
	struct enum_ask *asks;
};

struct enum_client *
enum_worker_client(const struct worker *worker)
{
	return worker->enums != NULL ? worker->enums->client : NULL;
}

const struct enum_rules *
enum_worker_rules(const struct worker *worker)
{
	return worker->enums != NULL ? worker->enums->rules : NULL;
}

bool
enum_worker_server(const struct worker *worker, size_t i,
		   struct dns_server_state *out)
{
	return worker->enums != NULL &&
	       dns_server_state(worker->enums->dns, i, out);
}

void
enum_worker_hold(struct worker *worker, struct enum_ask *ask)
{
	struct enum_ask **list = &worker->enums->asks;

	ask->next = *list;
	ask->link = list;
	if (ask->next != NULL)
		ask->next->link = &ask->next;
	*list = ask;
}

void
enum_ask_over(struct enum_ask *ask)
{
	*ask->link = ask->next;
	if (ask->next != NULL)
		ask->next->link = ask->link;
}

static void
drop_asks(struct enum_worker *enums)
{
	struct enum_ask *ask;

	while ((ask = enums->asks) != NULL) {
		enum_cancel(ask->lookup);
		enum_ask_over(ask);
		ask->dropped(ask);
	}
}

static void
release(struct enum_worker *enums)
{
	if (enums == NULL)
		return;
	drop_asks(enums);
	enum_client_close(enums->client);
	dns_close(enums->dns);
	enum_rules_unref(enums->rules);
	mem_free(enums);
}

/* A system that names no server needs none when each tree has its own. */
static int
open_dns(struct worker *worker, struct enum_worker *enums)
{
	const struct enum_rules *rules = enums->rules;
	struct dns_settings settings = {
		.servers = rules->servers,
		.n_servers = rules->n_servers,
		.max_queries = rules->client.max_lookups,
	};

	for (size_t i = 0; settings.n_servers == 0 && i < rules->client.n_trees;
	     i++) {
		settings.servers = rules->trees[i].servers;
		settings.n_servers = rules->trees[i].n_servers;
		if (settings.n_servers == 0)
			break; /* this one wants the system's */
	}
	return dns_new(worker_loop(worker), &settings, &enums->dns);
}

/* Takes over rules. */
static int
make(struct worker *worker, struct enum_rules *rules, struct enum_worker **out)
{
	struct enum_worker *enums = mem_zalloc(1, sizeof(*enums));
	struct enum_source source;
	int err;

	if (enums == NULL) {
		enum_rules_unref(rules);
		return ERR_NOMEM;
	}
	enums->rules = rules;
	err = open_dns(worker, enums);
	source = enum_source_dns(enums->dns);
	if (err == 0)
		err = enum_client_new(worker_loop(worker), &source,
				      &rules->client, &enums->client);
	if (err != 0) {
		release(enums);
		return err;
	}
	*out = enums;
	return 0;
}

int
enum_worker_set(struct worker *worker, struct enum_rules *rules)
{
	struct enum_worker *before = worker->enums, *now = NULL;
	int err = 0;

	if (enum_rules_equal(rules, enum_worker_rules(worker))) {
		enum_rules_unref(rules);
		return 0;
	}
	if (rules != NULL)
		err = make(worker, rules, &now);
	if (err != 0)
		log_error(worker->log, "enum: calls go on without, %s",
			  err == ERR_NOTFOUND ? "the system names no server"
					      : err_text(err));
	enum_calls_stop(worker);
	worker->enums = now;
	release(before);
	enum_calls_resume(worker);
	return err;
}

void
enum_worker_free(struct worker *worker)
{
	release(worker->enums);
	worker->enums = NULL;
}
