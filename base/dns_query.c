/* dns_query.c - one question: which server next, and until when */
#include "base/dns_private.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"

#define TRIES_PER_SERVER 3 /* of one query, silence in between */

static void
unlink_query(struct dns_query *query)
{
	*query->link = query->next;
	if (query->next != NULL)
		query->next->link = query->link;
}

static void
link_query(struct dns_query *query)
{
	struct dns *dns = query->dns;

	query->link = &dns->queries;
	query->next = dns->queries;
	if (query->next != NULL)
		query->next->link = &query->next;
	dns->queries = query;
}

/* Nobody waits any more; the wires end the attempts in their time. */
static void
leave(struct dns_query *query)
{
	struct dns_attempt *attempt;

	unlink_query(query);
	wheel_cancel(&query->dns->wheel, &query->timer);
	while ((attempt = query->attempts) != NULL) {
		query->attempts = attempt->next;
		attempt->query = NULL;
	}
}

static void
free_query(struct dns_query *query)
{
	mem_free(query->held);
	mem_free(query);
}

static void
finish(struct dns_query *query, struct dns_reply *reply)
{
	leave(query);
	reply->n_tries = query->n_tries;
	reply->latency_us = dns_now_us() - query->started_us;
	query->done(query->arg, reply);
	free_query(query);
}

static void
finish_with(struct dns_query *query, enum dns_result result)
{
	struct dns_reply reply = { .result = result };

	if (query->n_tries > 0) {
		reply.server = query->slots[query->last_slot].server->seen.addr;
		reply.transport = query->last_transport;
	}
	finish(query, &reply);
}

/* Everything has been tried: the answer that is none, or the reason why there
 * is nothing. */
static void
finish_tried(struct dns_query *query, enum dns_result result)
{
	struct dns_message message;
	struct dns_reply reply = { .result = DNS_MALFORMED };

	if (query->held == NULL) {
		finish_with(query, result);
		return;
	}
	reply.data = query->held;
	reply.len = query->held_len;
	reply.server = query->held_server;
	reply.transport = query->held_transport;
	if (dns_message_parse(query->held, query->held_len, &message) == 0 &&
	    message.is_response) {
		reply.result = DNS_ANSWER;
		reply.message = &message;
	}
	finish(query, &reply);
}

/* Keep an answer that is none; a readable one is better than garbage. */
static void
hold(struct dns_query *query, const struct dns_attempt *attempt,
     const uint8_t *data, size_t len, bool readable)
{
	uint8_t *copy;

	if (query->held != NULL && !readable)
		return;
	copy = mem_alloc(len);
	if (copy == NULL)
		return; /* then the reason alone is told */
	memcpy(copy, data, len);
	mem_free(query->held);
	query->held = copy;
	query->held_len = len;
	query->held_server = attempt->server->seen.addr;
	query->held_transport = attempt->transport;
}

/* Ask one server, and once more when it cannot EDNS. False when nothing is on
 * its way after that. */
static bool
ask(struct dns_query *query, uint8_t index, enum dns_transport transport)
{
	struct dns_slot *slot = &query->slots[index];
	struct dns_attempt *attempt = dns_attempt_new(query->dns, slot->server);

	query->failure = DNS_UNAVAILABLE;
	slot->n_tries++;
	if (attempt == NULL)
		return false;
	attempt->query = query;
	attempt->slot = index;
	attempt->transport = (uint8_t)transport;
	attempt->next = query->attempts;
	query->attempts = attempt;
	query->last_slot = index;
	query->last_transport = (uint8_t)transport;
	query->n_tries++;
	query->is_sending = true;
	if (dns_attempt_post(attempt, query, !slot->no_edns) != 0) {
		query->attempts = attempt->next;
		dns_attempt_free(attempt);
		slot->is_done = true;
	}
	query->is_sending = false;
	return query->attempts != NULL && !slot->is_done;
}

/* The next to ask: the first of those that were asked least and may still
 * answer. */
static bool
choose(struct dns_query *query, uint8_t *index)
{
	bool found = false;

	for (uint8_t i = 0; i < query->n_slots; i++) {
		const struct dns_slot *slot = &query->slots[i];

		if (slot->is_done || slot->server->breaker.is_open ||
		    slot->n_tries >= TRIES_PER_SERVER)
			continue;
		if (!found || slot->n_tries < query->slots[*index].n_tries)
			*index = i;
		found = true;
	}
	return found;
}

/* Whether something is on its way from a server that is alive. */
static bool
may_still_come(const struct dns_query *query)
{
	const struct dns_attempt *attempt = query->attempts;

	while (attempt != NULL && attempt->server->breaker.is_open)
		attempt = attempt->next;
	return attempt != NULL;
}

/* Until when to wait before going on. */
static void
set_timer(struct dns_query *query, int64_t due_ms)
{
	if (due_ms > query->deadline_ms)
		due_ms = query->deadline_ms;
	wheel_start(&query->dns->wheel, &query->timer, due_ms);
}

/* Ask the next server; false when nothing can come any more. */
static bool
advance(struct dns_query *query)
{
	enum dns_result failure = query->failure;
	uint8_t index;

	while (choose(query, &index)) {
		if (ask(query, index,
			query->slots[index].by_tcp ? DNS_TCP : DNS_UDP)) {
			set_timer(query,
				  dns_now_ms() + query->dns->settings.try_ms);
			return true;
		}
		failure = query->failure;
	}
	query->failure = failure;
	if (!may_still_come(query))
		return false;
	set_timer(query, query->deadline_ms);
	return true;
}

static void
advance_or_finish(struct dns_query *query)
{
	if (!advance(query))
		finish_tried(query, query->failure);
}

static void
on_query_timer(struct timer *timer, void *arg)
{
	struct dns_query *query = arg;
	struct dns_attempt *attempt = query->attempts;
	int64_t now = dns_now_ms();

	(void)timer;
	if (attempt != NULL) {
		dns_attempt_blame(attempt);
		query->failure = DNS_TIMEOUT;
	}
	if (now >= query->deadline_ms)
		finish_tried(query, query->failure);
	else
		advance_or_finish(query);
}

/* A response that does not answer but leads to another message to the same
 * server. */
static bool
leads_back(const struct dns_attempt *attempt, const struct dns_message *message,
	   struct dns_slot *slot)
{
	if (message->is_truncated && attempt->transport == DNS_UDP) {
		slot->by_tcp = true;
		return true;
	}
	if ((message->rcode == DNS_FORMERR || message->rcode == DNS_NOTIMP) &&
	    !message->has_edns && !slot->no_edns) {
		slot->no_edns = true;
		return true;
	}
	return false;
}

static void
ask_again(struct dns_query *query, uint8_t index)
{
	enum dns_transport transport =
	    query->slots[index].by_tcp ? DNS_TCP : DNS_UDP;

	if (ask(query, index, transport))
		set_timer(query, dns_now_ms() + query->dns->settings.try_ms);
	else
		advance_or_finish(query);
}

static bool
is_answer_to(const struct dns_message *message, const struct dns_query *query)
{
	return message->is_response && message->type == query->type &&
	       dns_name_eq(&message->name, &query->name);
}

static void
take_answer(struct dns_query *query, const struct dns_attempt *attempt,
	    const uint8_t *data, size_t len)
{
	struct dns_slot *slot = &query->slots[attempt->slot];
	struct dns_message message;
	struct dns_reply reply = { .result = DNS_ANSWER,
				   .data = data,
				   .len = len,
				   .message = &message,
				   .server = attempt->server->seen.addr,
				   .transport = attempt->transport };
	bool readable = dns_message_parse(data, len, &message) == 0 &&
			is_answer_to(&message, query);

	if (readable && leads_back(attempt, &message, slot)) {
		ask_again(query, attempt->slot);
		return;
	}
	if (readable &&
	    (message.rcode == DNS_NOERROR || message.rcode == DNS_NXDOMAIN)) {
		finish(query, &reply);
		return;
	}
	hold(query, attempt, data, len, readable);
	slot->is_done = true;
	query->failure = readable ? DNS_UNAVAILABLE : DNS_MALFORMED;
	advance_or_finish(query);
}

static void
remove_attempt(struct dns_query *query, const struct dns_attempt *attempt)
{
	struct dns_attempt **at = &query->attempts;

	while (*at != attempt)
		at = &(*at)->next;
	*at = attempt->next;
}

/* No answer comes from this attempt. Silence has been dealt with by the
 * query's own timer. */
static void
take_failure(struct dns_query *query, const struct dns_attempt *attempt,
	     enum dns_wire_event event)
{
	struct dns_slot *slot = &query->slots[attempt->slot];

	if (event == DNS_WIRE_SILENCE)
		return;
	slot->is_done = true;
	query->failure =
	    event == DNS_WIRE_REFUSED ? DNS_UNREACHABLE : DNS_UNAVAILABLE;
	if (!query->is_sending)
		advance_or_finish(query);
}

void
dns_attempt_done(void *arg, enum dns_wire_event event, const uint8_t *data,
		 size_t len)
{
	struct dns_attempt *attempt = arg;
	struct dns_query *query = attempt->query;

	dns_attempt_judge(attempt, event);
	if (query != NULL) {
		remove_attempt(query, attempt);
		if (event == DNS_WIRE_ANSWER)
			take_answer(query, attempt, data, len);
		else
			take_failure(query, attempt, event);
	}
	dns_attempt_free(attempt);
}

/* The servers of a question, or the usual ones. */
static int
take_servers(struct dns_query *query, const struct dns_question *question)
{
	struct dns *dns = query->dns;
	const struct addr *servers = question->servers;
	size_t n = question->n_servers;
	struct addr addr;
	int err;

	if (n == 0) {
		servers = dns->defaults;
		n = dns->settings.n_servers;
	}
	for (size_t i = 0; i < n; i++) {
		addr = servers[i];
		if (addr.port == 0)
			addr.port = DNS_PORT;
		err = dns_servers_get(&dns->servers, &addr,
				      &query->slots[i].server);
		if (err != 0)
			return err;
	}
	query->n_slots = (uint8_t)n;
	return 0;
}

static int
query_new(struct dns *dns, const struct dns_question *question,
	  struct dns_query **out)
{
	struct dns_query *query = mem_zalloc(1, sizeof(*query));
	int err;

	if (query == NULL)
		return ERR_NOMEM;
	query->dns = dns;
	query->name = question->name;
	query->type = question->type;
	query->failure = DNS_UNAVAILABLE;
	timer_init(&query->timer, on_query_timer, query);
	query->started_us = dns_now_us();
	query->deadline_ms = query->started_us / 1000 + question->timeout_ms;
	err = take_servers(query, question);
	if (err != 0) {
		mem_free(query);
		return err;
	}
	for (size_t i = 0; i < query->n_slots; i++)
		query->slots[i].by_tcp = question->tcp;
	*out = query;
	return 0;
}

int
dns_query_start(struct dns *dns, const struct dns_question *question,
		dns_done *done, void *arg, struct dns_query **out)
{
	struct dns_query *query;
	int err;

	if (dns->is_closing || question->timeout_ms <= 0 ||
	    question->name.len == 0 || question->n_servers > DNS_SERVERS_MAX)
		return ERR_INVAL;
	err = query_new(dns, question, &query);
	if (err != 0)
		return err;
	query->done = done;
	query->arg = arg;
	link_query(query);
	for (size_t i = 0; i < query->n_slots; i++)
		dns_probe(query, &query->slots[i]);
	if (!advance(query)) /* told in the loop's next turn */
		set_timer(query, 0);
	dns_tend_start(dns);
	*out = query;
	return 0;
}

void
dns_query_drop(struct dns_query *query)
{
	finish_with(query, DNS_CANCELLED);
}

void
dns_query_cancel(struct dns_query *query)
{
	if (query == NULL)
		return;
	leave(query);
	free_query(query);
}
