/* dns_attempt.c - one message to one server, and what it says about it */
#include "base/dns_private.h"

#include "base/alloc.h"
#include "base/err.h"

#define BLAME_MIN_MS 100 /* silence shorter than this is no failure */

struct dns_attempt *
dns_attempt_new(struct dns *dns, struct dns_server *server)
{
	struct dns_attempt *attempt;

	if (dns->n_attempts >= dns->settings.max_queries)
		return NULL;
	attempt = mem_zalloc(1, sizeof(*attempt));
	if (attempt == NULL)
		return NULL;
	attempt->dns = dns;
	attempt->server = server;
	attempt->started_ms = dns_now_ms();
	dns->n_attempts++;
	return attempt;
}

void
dns_attempt_free(struct dns_attempt *attempt)
{
	attempt->dns->n_attempts--;
	mem_free(attempt);
}

/* The attempt is the wire's if this succeeds, and may be over already. */
int
dns_attempt_post(struct dns_attempt *attempt, const struct dns_query *query,
		 bool edns)
{
	struct dns *dns = attempt->dns;
	uint8_t data[DNS_QUERY_MAX];
	uint16_t id =
	    (uint16_t)hash_bytes(&dns->id_key, &dns->n_ids, sizeof(dns->n_ids));
	struct str message;

	dns->n_ids++;
	message = str_make(
	    (const char *)data,
	    dns_query_encode(id, &query->name, query->type, edns, data));
	attempt->server->seen.n_sent++;
	return dns_server_send(&dns->servers, attempt->server,
			       attempt->transport, message, dns_attempt_done,
			       attempt);
}

/* The server has been silent for too long; counted once per attempt. */
void
dns_attempt_blame(struct dns_attempt *attempt)
{
	struct dns *dns = attempt->dns;

	if (attempt->is_blamed)
		return;
	if (dns_now_ms() - attempt->started_ms < BLAME_MIN_MS)
		return;
	attempt->is_blamed = true;
	attempt->server->seen.n_timeouts++;
	if (!attempt->is_probe)
		dns_breaker_bad(&attempt->server->breaker, &dns->rule,
				dns_now_ms());
}

/* What an event says about the server. */
void
dns_attempt_judge(struct dns_attempt *attempt, enum dns_wire_event event)
{
	struct dns *dns = attempt->dns;
	struct dns_server *server = attempt->server;

	if (event == DNS_WIRE_ANSWER) {
		server->seen.n_received++;
		dns_breaker_good(&server->breaker);
	} else if (event == DNS_WIRE_SILENCE) {
		dns_attempt_blame(attempt);
	} else if (event == DNS_WIRE_REFUSED) {
		server->seen.n_refused++;
		if (!attempt->is_probe)
			dns_breaker_bad(&server->breaker, &dns->rule,
					dns_now_ms());
	}
	if (attempt->is_probe && event != DNS_WIRE_ANSWER)
		dns_breaker_probe_failed(&server->breaker, &dns->rule,
					 dns_now_ms());
}

/* Send a copy of the question to a dead server whose time has come. */
void
dns_probe(struct dns_query *query, const struct dns_slot *slot)
{
	struct dns *dns = query->dns;
	struct dns_attempt *attempt;

	if (!dns_breaker_take_probe(&slot->server->breaker, dns_now_ms()))
		return;
	attempt = dns_attempt_new(dns, slot->server);
	if (attempt != NULL) {
		attempt->is_probe = true;
		if (dns_attempt_post(attempt, query, true) == 0)
			return;
		dns_attempt_free(attempt);
	}
	dns_breaker_probe_failed(&slot->server->breaker, &dns->rule,
				 dns_now_ms());
}
